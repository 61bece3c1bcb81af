SELECT
    {{ bea_industry_id("i.naics", "i.bea_code") }} AS industry_id,
    i.year::INTEGER AS year,
    i.output,
    i.total_use,
    l.backward,
    l.forward,
    l.rasmussen_backward,
    l.rasmussen_forward,
    l.rasmussen_sensitivity,
    l.value_added AS value_added_multiplier,
    l.key_sector::BOOLEAN AS key_sector
FROM {{ ref("int_io_industries") }} AS i
INNER JOIN {{ ref("int_io_linkages") }} AS l ON i.bea_code = l.bea_code
