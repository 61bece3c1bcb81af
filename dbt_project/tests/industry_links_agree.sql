-- A flow is the same share of the buyer's output and of the seller's total, and a pair's link stands with both directions.
SELECT l.*, s.total_use, b.output, r.link AS link_of_other_direction
FROM {{ ref("industry_linkage") }} AS l
INNER JOIN {{ ref("industry_multiplier") }} AS s ON l.seller_industry_id = s.industry_id
INNER JOIN {{ ref("industry_multiplier") }} AS b ON l.buyer_industry_id = b.industry_id
LEFT JOIN {{ ref("industry_linkage") }} AS r
    ON l.seller_industry_id = r.buyer_industry_id AND l.buyer_industry_id = r.seller_industry_id
WHERE abs(l.purchase_share * b.output - l.flow) > 1e-6
    OR abs(l.sale_share * s.total_use - l.flow) > 1e-6
    OR (l.purchase_share IS NULL AND b.output > 0)
    OR (l.sale_share IS NULL AND s.total_use > 0)
    OR l.link IS DISTINCT FROM greatest(l.sale_share, l.purchase_share, r.sale_share, r.purchase_share)
    OR l.link IS DISTINCT FROM r.link
LIMIT 100
