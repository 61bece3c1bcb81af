SELECT
    {{ bea_industry_id("i.naics", "i.bea_code") }} AS industry_id,
    i.year::INTEGER AS year,
    i.output,
    i.total_use,
    i.value_added,
    l.backward,
    l.forward,
    l.rasmussen_backward,
    l.rasmussen_forward,
    l.rasmussen_sensitivity,
    l.backward_domestic,
    l.value_added_multiplier,
    l.import_leakage,
    l.scrap_leakage,
    l.key_sector::BOOLEAN AS key_sector
FROM {{ ref("int_io_industries") }} AS i
INNER JOIN {{ ref("int_io_linkages") }} AS l ON i.bea_code = l.bea_code
