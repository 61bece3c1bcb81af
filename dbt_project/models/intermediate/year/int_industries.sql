-- Industries that occur in the data, in the classification edition of their year.
SELECT DISTINCT
    naics,
    industry_code,
    level,
    parent_code
FROM {{ ref("int_cells") }}
