-- Those that stand for the sum of their counties do so in what is published.
WITH jobs AS (
    SELECT region_id, year, employment
    FROM {{ ref("employment") }}
    WHERE ownership = 'total'
)

SELECT m.region_id, m.year, m.employment, sum(c.employment) AS of_counties
FROM jobs AS m
INNER JOIN {{ ref("int_cbsa_members") }} AS b ON m.region_id = 'cbsa:' || b.cbsa_code AND m.year = b.year AND b.is_sum
INNER JOIN jobs AS c ON 'county:' || b.county_fips = c.region_id AND m.year = c.year
GROUP BY m.region_id, m.year, m.employment
HAVING abs(m.employment - sum(c.employment)) > 0.005 * m.employment + count(*)
