-- All cells of all regions, in the industry classification edition of their year.
WITH cells AS (
    SELECT * FROM {{ ref("int_published_cells") }}
    UNION ALL BY NAME
    SELECT * FROM {{ ref("int_cbsa_sums") }}
)

SELECT
    *,
    {{ naics_edition("year") }}::INTEGER AS naics
FROM cells
