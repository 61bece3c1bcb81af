-- Shares and location quotients of clusters in both denominators, with bounds.
WITH bases AS (
    SELECT
        b.*,
        t.region_type,
        t.employment AS region_employment,
        t.in_reference,
        t.reference_region_id,
        t.reference_employment
    FROM {{ ref("int_cluster_bases") }} AS b
    INNER JOIN {{ ref("int_totals") }} AS t ON b.region_id = t.region_id AND b.year = t.year
),

nation AS (
    SELECT *, {{ share_of_sum("employment_upper", "others_lower") }} AS share_upper
    FROM bases
    WHERE region_type = 'nation'
),

-- No region holds more of a cluster than the nation that counts it.
capped AS (
    SELECT
        b.* REPLACE (
            CASE
                WHEN b.in_reference THEN greatest(least(b.employment_upper, n.employment_upper), b.employment_lower)
                ELSE b.employment_upper
            END AS employment_upper
        ),
        n.employment_lower AS nation_lower,
        n.employment_upper AS nation_upper,
        n.others_upper AS nation_others_upper,
        n.share_upper AS nation_share_upper
    FROM bases AS b
    INNER JOIN nation AS n ON b.cluster_id = n.cluster_id AND b.year = n.year
),

-- Where the nation's cluster is open, a quotient over a kind is greatest where the region holds all that the nation
-- has at its least: with fewer jobs it is less of the same, with more of them the nation's share grows faster.
beside AS (
    SELECT
        *,
        {{ whole_beside_most("employment_lower", "nation_lower", "nation_upper", "in_reference") }} AS nation_least,
        CASE
            WHEN in_reference THEN greatest(least(employment_upper, nation_least), employment_lower)
            ELSE employment_upper
        END AS within_nation,
        CASE WHEN region_type = 'nation' THEN employment_lower ELSE nation_upper END AS nation_at_least,
        {{ whole_beside_most("employment_upper", "nation_lower", "nation_upper", "in_reference") }} AS nation_at_most
    FROM capped
)

SELECT
    region_id,
    region_type,
    cluster_id,
    kind,
    year,
    establishments,
    wages,
    employment_lower,
    employment_upper,
    CASE WHEN employment_lower = employment_upper THEN employment_lower END AS employment,
    region_employment,
    reference_region_id,
    reference_employment,
    -- The nation's cluster: where it is known, and what it can hold at most and at least where the region's own part of
    -- it is at its least and at its most.
    CASE WHEN nation_lower = nation_upper THEN nation_lower END AS reference_cluster_employment,
    nation_at_least,
    nation_at_most,
    -- Out of the clusters of its kind in the region.
    {{ share_of_sum("employment_lower", "others_upper") }} AS share_lower,
    {{ share_of_sum("employment_upper", "others_lower") }} AS share_upper,
    CASE WHEN region_type = 'nation' THEN 1 ELSE share_lower / nullif(nation_share_upper, 0) END AS lq_lower,
    CASE
        WHEN region_type = 'nation' THEN 1
        ELSE
            {{ share_of_sum("within_nation", "others_lower") }}
            / nullif({{ share_of_sum("nation_least", "nation_others_upper") }}, 0)
    END AS lq_upper,
    {% for end, nation in (
        ("", "reference_cluster_employment"), ("_lower", "nation_at_least"), ("_upper", "nation_at_most")
    ) -%}
    {{ location_quotient("employment" ~ end, "region_employment", nation, "reference_employment") }}
        AS lq_all{{ end }},
    {% endfor -%}
    -- A few withheld jobs somewhere in the nation leave every quotient open by a hair: within one percent it is known.
    CASE WHEN lq_upper <= 1.01 * lq_lower THEN (lq_lower + lq_upper) / 2 END AS lq
FROM beside
