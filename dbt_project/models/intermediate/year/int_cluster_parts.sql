-- Of each cluster in each region: what is known of its private jobs, the estimate of the rest, its bounds, and the
-- private jobs of the region.
WITH parts AS (
    SELECT
        region_type,
        region_id,
        region_no,
        year,
        cluster_no,
        sum(CASE WHEN NOT is_open THEN {{ addable("estimate * weight") }} ELSE 0 END) AS known,
        sum(CASE WHEN is_open THEN {{ addable("estimate * weight") }} ELSE 0 END) AS open_estimate,
        sum(round(wages * weight)) AS wages,
        -- Errors of the pay of cells are about independent: they add up in quadrature, by the wages that they are of. Whole
        -- numbers add up to the same in any order.
        sum(round(wages * weight * pay_middle)) / nullif(sum(round(wages * weight)), 0) AS pay_middle,
        {% for half in ("below", "above") -%}
        {%- set off = "round(wages * weight * pay_" ~ half ~ ")::HUGEINT" -%}
        sqrt(sum({{ off }} * {{ off }})) / nullif(sum(round(wages * weight)), 0)
            AS pay_{{ half }}{{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ ref("int_cluster_leaves") }}
    GROUP BY region_type, region_id, region_no, year, cluster_no
),

private_jobs AS (
    SELECT region_id, year, coalesce(employment, employment_estimate) AS jobs
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'private'
),

all_jobs AS (
    SELECT region_id, year, coalesce(employment, employment_estimate) AS jobs
    FROM {{ ref("int_cells") }}
    WHERE level = 'total' AND ownership = 'total'
)

SELECT
    p.region_type,
    p.region_id,
    p.region_no,
    p.year,
    p.cluster_no,
    coalesce(c.cluster_id, '') AS cluster_id,
    coalesce(c.kind, 'none') AS kind,
    coalesce(o.ucm_peer, FALSE) AS is_peer,
    s.establishments,
    p.known,
    p.open_estimate,
    p.wages,
    p.wages / nullif(p.known + p.open_estimate, 0) AS average_wage,
    p.pay_middle,
    p.pay_below,
    p.pay_above,
    s.employment_lower AS lower,
    coalesce(s.employment_upper, 'infinity'::DOUBLE) AS upper,
    floor(s.wages_lower / nullif(coalesce(s.employment_upper, 'infinity'::DOUBLE), 0)) AS average_wage_lower,
    ceil(s.wages_upper / nullif(s.employment_lower, 0)) AS average_wage_upper,
    j.jobs AS private_jobs,
    a.jobs AS all_jobs
FROM parts AS p
LEFT JOIN {{ ref("clusters") }} AS c ON p.cluster_no = c.ucm_code::SMALLINT
INNER JOIN {{ ref("int_cluster_sizes") }} AS s
    ON p.region_id = s.region_id AND p.year = s.year AND coalesce(c.cluster_id, '') = s.cluster_id
LEFT JOIN {{ ref("int_region_roles") }} AS o ON p.region_id = o.region_id
LEFT JOIN private_jobs AS j ON p.region_id = j.region_id AND p.year = j.year
LEFT JOIN all_jobs AS a ON p.region_id = a.region_id AND p.year = a.year
