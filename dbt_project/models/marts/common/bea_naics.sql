SELECT DISTINCT
    {{ bea_industry_id("i.naics", "i.bea_code") }} AS industry_id,
    k.naics_prefix,
    i.naics::INTEGER AS naics,
    count(*) OVER (PARTITION BY k.naics_prefix)::INTEGER AS industries
FROM {{ ref("int_io_industries") }} AS i
INNER JOIN {{ ref("stg_bea_industries") }} AS k ON i.year = k.year AND i.bea_code = k.bea_code
WHERE k.naics_prefix IS NOT NULL
