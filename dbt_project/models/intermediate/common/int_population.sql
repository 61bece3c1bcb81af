-- People of a county or state in a year: the figure of the newest vintage that has it. The last year of one decade's series
-- stands in the next decade's too, restated.
SELECT area_fips, year::INTEGER AS year, population, period, vintage
FROM {{ ref("stg_county_population") }}
QUALIFY row_number() OVER (PARTITION BY area_fips, year ORDER BY vintage DESC NULLS LAST, period DESC) = 1
