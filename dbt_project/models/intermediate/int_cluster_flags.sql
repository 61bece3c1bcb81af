-- Regions are compared with regions of their own type; a nation has no peers.
{{ ucm_flags(
    "(SELECT * FROM " ~ ref("int_cluster_quotients") ~ " WHERE region_type IN ('county', 'cbsa', 'state'))",
    ref("int_cluster_standings")
) }}
