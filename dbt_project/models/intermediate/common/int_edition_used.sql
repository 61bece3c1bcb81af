-- Which edition of each dated source a year of data is read by, and why. One SELECT a source.
WITH years AS (
    SELECT DISTINCT year::INTEGER AS year FROM {{ ref("stg_qcew") }}
),

printed AS (
    SELECT DISTINCT year::INTEGER AS year, area_fips AS county_fips
    FROM {{ ref("stg_qcew") }}
    WHERE agglvl_code = 70 AND right(area_fips, 3) < '995'
),

adjacency AS (
    SELECT
        year,
        arg_min(period, place) AS period,
        any_value(counties) AS counties,
        string_agg(lonely || ' in the list of ' || period, ', ' ORDER BY place) AS lonely
    FROM {{ ref("int_adjacency_years") }}
    GROUP BY year
),

population AS (
    SELECT
        y.year, p.period, p.vintage,
        count(*) FILTER (WHERE (y.year, p.area_fips) IN (SELECT (year, county_fips) FROM printed)) AS counties
    FROM years AS y
    INNER JOIN {{ ref("int_population") }} AS p ON y.year = p.year
    GROUP BY y.year, p.period, p.vintage
),

gazetteer AS (
    SELECT
        y.year, g.period,
        count(p.county_fips) AS counties,
        count(p.county_fips) FILTER (WHERE (g.period, p.county_fips) NOT IN (
            SELECT (period, county_fips) FROM {{ ref("stg_county_gazetteer") }}
        )) AS absent
    FROM years AS y
    CROSS JOIN (SELECT DISTINCT period FROM {{ ref("stg_county_gazetteer") }}) AS g
    LEFT JOIN printed AS p ON y.year = p.year
    GROUP BY y.year, g.period
),

-- Codes that the year prints, and how many of them its edition of NAICS has a title for.
codes AS (
    SELECT DISTINCT year::INTEGER AS year, {{ naics_edition("year") }} AS naics, industry_code
    FROM {{ ref("stg_qcew") }}
),

classification AS (
    SELECT c.year, c.naics, count(*) AS codes, count(t.title) AS titled
    FROM codes AS c
    LEFT JOIN {{ ref("int_industry_titles") }} AS t ON c.naics = t.naics AND c.industry_code = t.industry_code
    GROUP BY c.year, c.naics
),

-- What has one edition for all years: the newest.
lasting AS (
    SELECT
        'bls_qcew_areas' AS source_id, period, vintage,
        'the newest list; earlier ones name areas it no longer has' AS why
    FROM {{ ref("stg_qcew_areas") }}
    UNION ALL
    SELECT 'bls_qcew_industries', period, vintage, 'the newest list; earlier ones have titles of their NAICS edition'
    FROM {{ ref("stg_qcew_industries") }}
    UNION ALL
    SELECT 'bea_use', period, vintage, 'the newest benchmark, for all years' FROM {{ ref("stg_bea_use") }}
    UNION ALL
    SELECT 'bea_make', period, vintage, 'the benchmark of the Use table, for all years' FROM {{ ref("stg_bea_make") }}
    WHERE year IN (SELECT year FROM {{ ref("int_io_industries") }})
    UNION ALL
    SELECT 'bea_imports', period, vintage, 'the benchmark of the Use table, for all years'
    FROM {{ ref("stg_bea_imports") }}
    WHERE year IN (SELECT year FROM {{ ref("int_io_industries") }})
    UNION ALL
    SELECT 'oews_industry', period, vintage, 'the newest May, for all years' FROM {{ ref("stg_oews_industry") }}
),

used AS (
    SELECT
        'naics' AS source_id, year, naics::VARCHAR AS period, NULL::VARCHAR AS vintage,
        'BLS publishes this year in NAICS ' || naics || '; of ' || codes || ' codes printed ' || titled
        || ' are known there' AS why
    FROM classification
    UNION ALL
    SELECT l.source_id, y.year, l.period, l.vintage, l.why
    FROM years AS y
    CROSS JOIN (
        SELECT * FROM lasting
        QUALIFY row_number() OVER (PARTITION BY source_id ORDER BY period DESC, vintage DESC NULLS LAST) = 1
    ) AS l
    UNION ALL
    SELECT 'census_delineation', year, period, NULL, why
    FROM {{ ref("int_delineation_years") }}
    WHERE is_built
    UNION ALL
    SELECT
        'census_adjacency', year, period, NULL,
        CASE
            WHEN counties = 0 THEN 'QCEW prints no counties this year; this list is nearest to it'
            ELSE 'of ' || counties || ' counties without neighbours: ' || lonely
        END
    FROM adjacency
    UNION ALL
    SELECT
        'census_population', year, period, vintage,
        'the newest vintage with figures for this year; of ' || (
            SELECT count(*) FROM printed AS o WHERE o.year = p.year
        ) || ' counties it has ' || counties
    FROM population AS p
    QUALIFY row_number() OVER (PARTITION BY year ORDER BY counties DESC, vintage DESC) = 1
    UNION ALL
    SELECT
        'census_population', y.year, p.period, p.vintage,
        'no vintage has figures for this year; the newest ends with ' || p.year
    FROM years AS y
    CROSS JOIN (
        SELECT period, vintage, year FROM {{ ref("int_population") }} ORDER BY vintage DESC, year DESC LIMIT 1
    ) AS p
    WHERE y.year NOT IN (SELECT year FROM population)
    UNION ALL
    SELECT
        'census_gazetteer', year, period, NULL,
        CASE
            WHEN counties = 0 THEN 'the newest; QCEW prints no counties this year'
            ELSE 'the newest; of ' || counties || ' counties it lacks ' || absent || ', which older ones may have'
        END
    FROM gazetteer
    QUALIFY period = max(period) OVER (PARTITION BY year)
    UNION ALL
    SELECT
        'cbp_county', y.year, max(c.period), NULL,
        'estimates: the newest that is no later; where a cell has no figure there, one up to '
        || '{{ var("cbp_years_back") }} years older'
    FROM years AS y
    INNER JOIN (SELECT DISTINCT year, period FROM {{ ref("stg_cbp_county") }}) AS c
        ON c.year BETWEEN y.year - {{ var("cbp_years_back") }} AND y.year
    GROUP BY y.year
)

SELECT source_id, year, period || coalesce('@' || vintage, '') AS edition, period, vintage, why
FROM used
