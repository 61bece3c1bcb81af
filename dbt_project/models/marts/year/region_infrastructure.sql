-- What a cluster leans on, kind by kind as the seed says, over all who own it: universities are mostly a state's. Where a
-- region has no cell of an industry it has none of it, and a kind that the nation has no cell of has no rows. Some files
-- have governments' industries in no region: then all figures are of private owners, and say so.
{%- set ends = ["lower", "upper", "estimate", "p10", "p90"] %}
WITH cells AS (
    SELECT
        k.kind,
        c.region_id,
        c.year,
        sum(c.establishments)::BIGINT AS establishments,
        {% for end in ends -%}
        CASE WHEN count(*) = count(c.employment_{{ end }}) THEN sum({{ addable("c.employment_" ~ end) }}) END
            AS employment_{{ end }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ ref("int_estimated_cells") }} AS c
    INNER JOIN {{ ref("infrastructure_kinds") }} AS k ON c.industry_code = k.code
    WHERE c.ownership <> 'total'
    GROUP BY k.kind, c.region_id, c.year
),

nation AS (
    SELECT c.*
    FROM cells AS c
    INNER JOIN {{ ref("int_totals") }} AS t ON c.region_id = t.region_id AND c.year = t.year
    WHERE t.region_type = 'nation'
),

-- Where a sector is published without its industries, a lacking cell does not say that there is none.
unknown AS (
    SELECT DISTINCT g.region_id, g.year, k.kind
    FROM {{ ref("int_structure_gaps") }} AS g
    INNER JOIN {{ ref("infrastructure_kinds") }} AS k ON g.sector = {{ naics_sector("k.code") }} AND g.sector <> k.code
    ANTI JOIN {{ ref("int_cells") }} AS c
        ON g.region_id = c.region_id AND g.year = c.year AND k.code = c.industry_code AND c.ownership = 'private'
),

governments AS (
    SELECT DISTINCT c.year
    FROM {{ ref("int_cells") }} AS c
    INNER JOIN {{ ref("infrastructure_kinds") }} AS k ON c.industry_code = k.code
    WHERE c.ownership NOT IN ('total', 'private')
),

beside AS (
    SELECT
        t.region_id,
        n.kind,
        t.year,
        coalesce(c.establishments, 0) AS establishments,
        {% for end in ends -%}
        CASE WHEN c.kind IS NULL THEN 0 ELSE c.employment_{{ end }} END AS employment_{{ end }},
        {% endfor -%}
        t.establishments AS region_establishments,
        t.employment AS region_employment,
        t.in_reference,
        t.reference_region_id,
        t.reference_establishments,
        t.reference_employment,
        n.establishments AS nation_establishments,
        n.employment_estimate AS nation_estimate,
        n.employment_lower AS nation_lower,
        n.employment_upper AS nation_upper
    FROM {{ ref("int_totals") }} AS t
    INNER JOIN nation AS n ON t.year = n.year
    LEFT JOIN cells AS c ON t.region_id = c.region_id AND t.year = c.year AND n.kind = c.kind
    ANTI JOIN unknown AS u ON t.region_id = u.region_id AND t.year = u.year AND n.kind = u.kind
    WHERE t.region_type <> 'unallocated'
),

measured AS (
    SELECT
        *,
        {{ whole_beside_most("employment_upper", "nation_lower", "nation_upper", "in_reference") }} AS nation_at_most,
        {{ location_quotient("employment_lower", "region_employment", "nation_upper", "reference_employment") }}
            AS least,
        {{ location_quotient("employment_upper", "region_employment", "nation_at_most", "reference_employment") }}
            AS most,
        -- The nation beside itself is one, whatever it holds; nothing is nothing, whatever it is beside.
        CASE WHEN region_id = reference_region_id THEN most ELSE least END AS lq_lower,
        CASE WHEN employment_upper = 0 THEN least ELSE most END AS lq_upper,
        {% for end in ("estimate", "p10", "p90") -%}
        {{ location_quotient("employment_" ~ end, "region_employment", "nation_estimate", "reference_employment") }}
            AS lq_{{ end }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM beside
)

SELECT
    m.region_id,
    m.kind,
    m.year::INTEGER AS year,
    m.establishments,
    CASE WHEN m.employment_lower = m.employment_upper THEN m.employment_lower END AS employment,
    m.employment_lower,
    m.employment_upper,
    m.employment_estimate,
    m.employment_p10,
    m.employment_p90,
    {{ estimate_quality(
        "m.employment_lower = m.employment_upper", "m.employment_estimate", "m.employment_p10", "m.employment_p90"
    ) }} AS estimate_quality,
    10000 * m.establishments / nullif(m.region_employment, 0) AS per_10000_jobs,
    {{ if_narrow("m.lq") }} AS lq,
    m.lq_lower,
    m.lq_upper,
    {{ fenced("m.lq", "m.lq", if_narrow("m.lq")) }},
    {{ location_quotient(
        "m.establishments", "m.region_establishments", "m.nation_establishments", "m.reference_establishments"
    ) }} AS lq_establishments,
    NULL::BIGINT AS institutions,
    CASE WHEN g.year IS NULL THEN 'private' ELSE 'all' END AS owners
FROM measured AS m
LEFT JOIN governments AS g ON m.year = g.year
