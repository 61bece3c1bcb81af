{%- set industries -%}
(SELECT {{ naics_of("industry_id") }} AS naics, {{ naics_code_of("industry_id") }} AS code
    FROM (SELECT DISTINCT industry_id FROM {{ ref("employment") }}) AS present)
{%- endset -%}
SELECT
    cluster_id,
    {{ industry_id("naics", "code") }} AS industry_id,
    weight
FROM ({{ cluster_of(industries) }})
WHERE cluster_id <> ''
