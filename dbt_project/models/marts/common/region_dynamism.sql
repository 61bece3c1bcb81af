-- How many businesses begin and end in a region, and the jobs that go with them. Each source has years of its own, so a
-- row has what there is of its year. Areas are sums of the counties that the year's delineation lists, the nation of its
-- states: known where each part is. Rates are over the mean of this year and the year before (Davis, Haltiwanger & Schuh),
-- made again from sums, since a mean of rates is not the rate of the whole.
{%- set flows = [
    "establishments", "births", "deaths", "mean_employment", "job_creation", "job_creation_births",
    "job_creation_continuers", "job_destruction", "job_destruction_deaths", "job_destruction_continuers",
] %}
{%- set figures = ["applications", "population"] + flows %}

WITH counties AS (
    SELECT
        'county:' || county_fips AS region_id, county_fips, year::INTEGER AS year,
        a.county_fips IS NOT NULL AS has_applications,
        {{ figures | join(", ") }}
    FROM {{ ref("stg_business_applications") }} AS a
    FULL JOIN {{ ref("stg_bds_county") }} USING (county_fips, year)
    LEFT JOIN {{ ref("int_population") }} AS p ON county_fips = p.area_fips AND year = p.year
),

members AS (
    SELECT
        'cbsa:' || d.cbsa_code AS region_id, d.county_fips, s.valid_from, s.valid_to,
        count(*) OVER (PARTITION BY d.cbsa_code, s.period, s.valid_from) AS parts
    FROM {{ ref("stg_cbsa_delineation") }} AS d
    INNER JOIN {{ ref("int_delineation_spans") }} AS s ON d.period = s.period
),

areas AS (
    SELECT
        m.region_id, c.year
        {%- for figure in figures %},
        CASE WHEN count(c.{{ figure }}) = any_value(m.parts) THEN sum(c.{{ figure }}) END AS {{ figure }}
        {%- endfor %}
    FROM counties AS c
    INNER JOIN members AS m
        ON c.county_fips = m.county_fips AND c.year BETWEEN m.valid_from AND coalesce(m.valid_to, c.year)
    GROUP BY m.region_id, c.year
),

applied AS (
    SELECT
        left(county_fips, 2) AS state_fips, year,
        CASE WHEN count(applications) = count(*) THEN sum(applications) END AS applications
    FROM counties
    WHERE has_applications
    GROUP BY left(county_fips, 2), year
),

states AS (
    SELECT 'state:' || state_fips AS region_id, year::INTEGER AS year, {{ figures | join(", ") }}
    FROM applied
    FULL JOIN {{ ref("stg_bds_state") }} USING (state_fips, year)
    LEFT JOIN {{ ref("int_population") }} AS p ON state_fips || '000' = p.area_fips AND year = p.year
),

nations AS (
    SELECT
        r.parent_region_id AS region_id, y.year
        {%- for figure in figures %},
        CASE WHEN count(s.{{ figure }}) = count(*) THEN sum(s.{{ figure }}) END AS {{ figure }}
        {%- endfor %}
    FROM {{ ref("dim_region") }} AS r
    CROSS JOIN (SELECT DISTINCT year FROM states) AS y
    LEFT JOIN states AS s ON r.region_id = s.region_id AND y.year = s.year
    -- Territories have no population in the series, and are no part of the nation's figures.
    WHERE r.region_type = 'state' AND r.code || '000' IN (SELECT area_fips FROM {{ ref("int_population") }})
    GROUP BY r.parent_region_id, y.year
),

regions AS (
    {%- for kind in ("counties", "areas", "states", "nations") %}
    SELECT region_id, year, {{ figures | join(", ") }} FROM {{ kind }}
    {{- " UNION ALL" if not loop.last }}
    {%- endfor %}
),

shares AS (
    SELECT
        *,
        nullif(establishments - (births - deaths) / 2, 0) AS mean_establishments,
        job_creation / nullif(mean_employment, 0) AS job_creation_rate,
        job_destruction / nullif(mean_employment, 0) AS job_destruction_rate
    FROM regions
    WHERE coalesce(applications, establishments) IS NOT NULL
)

SELECT
    s.region_id,
    s.year,
    s.applications::BIGINT AS business_applications,
    1000 * s.applications / nullif(s.population, 0) AS applications_per_1000,
    s.births::BIGINT AS births,
    s.deaths::BIGINT AS deaths,
    (s.births + s.deaths) / s.mean_establishments AS churn,
    s.births / s.mean_establishments AS birth_rate,
    s.deaths / s.mean_establishments AS death_rate,
    s.establishments::BIGINT AS establishments,
    {%- for figure in flows[4:] %}
    s.{{ figure }}::BIGINT AS {{ figure }},
    {%- endfor %}
    s.mean_employment::DOUBLE AS mean_employment,
    s.job_creation_rate,
    s.job_destruction_rate,
    s.job_creation_rate - s.job_destruction_rate AS net_job_creation_rate,
    s.job_creation_rate + s.job_destruction_rate AS reallocation_rate,
    s.job_creation_rate + s.job_destruction_rate - abs(s.job_creation_rate - s.job_destruction_rate)
        AS excess_reallocation_rate
FROM shares AS s
INNER JOIN {{ ref("dim_region") }} AS r ON s.region_id = r.region_id
