-- A summed area holds at least the least of each of its counties, in the same industry, ownership and year.
SELECT m.region_id, m.industry_id, m.ownership, m.year, m.employment_upper, c.region_id AS county, c.employment_lower
FROM {{ ref("employment") }} AS m
INNER JOIN {{ ref("cbsa_county") }} AS b
    ON m.region_id = b.region_id AND m.year BETWEEN b.valid_from AND coalesce(b.valid_to, m.year)
INNER JOIN {{ ref("employment") }} AS c
    ON b.county_region_id = c.region_id AND m.industry_id = c.industry_id
        AND m.ownership = c.ownership AND m.year = c.year
WHERE m.status = 'derived' AND m.employment < c.employment_lower
LIMIT 100
