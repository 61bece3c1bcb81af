-- Both directions of every pair between which anything flows, so that a pair's link stands with each.
WITH directed AS (
    SELECT year, seller, buyer, flow FROM {{ ref("int_io_flows") }}
    UNION ALL
    SELECT f.year, f.buyer, f.seller, 0 AS flow
    FROM {{ ref("int_io_flows") }} AS f
    ANTI JOIN {{ ref("int_io_flows") }} AS b ON f.seller = b.buyer AND f.buyer = b.seller
),

shares AS (
    SELECT
        d.*,
        s.naics,
        CASE WHEN s.total_use > 0 THEN d.flow / s.total_use END AS sale_share,
        CASE WHEN b.output > 0 THEN d.flow / b.output END AS purchase_share
    FROM directed AS d
    INNER JOIN {{ ref("int_io_industries") }} AS s ON d.seller = s.bea_code
    INNER JOIN {{ ref("int_io_industries") }} AS b ON d.buyer = b.bea_code
)

SELECT
    {{ bea_industry_id("s.naics", "s.seller") }} AS seller_industry_id,
    {{ bea_industry_id("s.naics", "s.buyer") }} AS buyer_industry_id,
    s.year::INTEGER AS year,
    s.flow,
    s.sale_share,
    s.purchase_share,
    greatest(s.sale_share, s.purchase_share, r.sale_share, r.purchase_share) AS link
FROM shares AS s
INNER JOIN shares AS r ON s.seller = r.buyer AND s.buyer = r.seller
