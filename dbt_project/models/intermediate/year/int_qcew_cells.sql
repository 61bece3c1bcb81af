-- QCEW rows of the regions and ownerships that the warehouse publishes. Combined areas (CSA, "all metropolitan"),
-- size classes and the UI-covered total (ownership 8) overlap them and are left out.
WITH typed AS (
    SELECT
        *,
        {{ qcew_region_type("agglvl_code", "area_fips") }} AS region_type,
        {{ qcew_industry_level("agglvl_code") }} AS level,
        {{ qcew_ownership("own_code") }} AS ownership
    FROM {{ ref("stg_qcew") }}
    WHERE size_code = '0'
)

SELECT
    {{ qcew_region_id("t.region_type", "t.area_fips", "k.cbsa_code") }} AS region_id,
    region_type,
    industry_code,
    level,
    {{ parent_industry_code("industry_code", "level") }} AS parent_code,
    ownership,
    year,
    annual_avg_estabs AS establishments,
    annual_avg_emplvl AS employment,
    total_annual_wages AS wages,
    avg_annual_pay AS average_pay,
    CASE WHEN oty_disclosure_code IS NULL THEN oty_annual_avg_emplvl_chg END AS employment_change
FROM typed AS t
LEFT JOIN {{ ref("int_cbsa_codes") }} AS k ON t.area_fips = k.area_fips
WHERE region_type IS NOT NULL AND ownership IS NOT NULL
