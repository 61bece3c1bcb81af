-- Regions are compared with regions of their own type that the U.S. Cluster Mapping Project compares: with the 50 states,
-- with the counties and the areas of the nation. What is no peer has no flag.
{{ ucm_flags(
    "(SELECT * FROM " ~ ref("int_cluster_quotients") ~ " WHERE region_id IN (SELECT region_id FROM "
    ~ ref("int_region_roles") ~ " WHERE ucm_peer))",
    "(SELECT * FROM " ~ ref("int_cluster_standings") ~ " WHERE among = 'ucm')"
) }}
