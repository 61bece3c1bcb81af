{%- set cells -%}
(
    SELECT
        *,
        employment_lower / nullif(region_employment, 0) AS focus_lower,
        employment_upper / nullif(region_employment, 0) AS focus_upper
    FROM {{ ref("int_cluster_quotients") }}
)
{%- endset -%}

-- Where each region's cluster stands among those of its type, surely and possibly: what ranks, flags and stars rest on.
WITH figures AS (
    {{ cluster_figures(cells) | indent }}
),

standings AS (
    {{ standings("figures") | indent }}
)

SELECT * FROM standings
