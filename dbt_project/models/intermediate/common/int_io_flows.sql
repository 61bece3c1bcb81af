-- What industries buy of each other's commodity, in million USD; a pair without a row buys nothing. What a
-- government sells from its stocks stands as a purchase below zero: that is no purchase.
SELECT
    u.year,
    u.commodity_code AS seller,
    u.industry_code AS buyer,
    u.value AS flow
FROM {{ ref("stg_bea_use") }} AS u
INNER JOIN {{ ref("int_io_industries") }} AS s ON u.year = s.year AND u.commodity_code = s.bea_code
INNER JOIN {{ ref("int_io_industries") }} AS b ON u.year = b.year AND u.industry_code = b.bea_code
WHERE u.value > 0
