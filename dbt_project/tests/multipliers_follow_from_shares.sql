-- What an inverse means, without inverting anything: an industry's backward linkage is itself and those of its suppliers,
-- by what it buys of them; its forward linkage itself and those of its buyers. An industry without a linkage of its own
-- ends the round, and counts once. Backward and forward linkages weigh the same flows: summed over final uses and over
-- primary inputs, both give total output.
WITH expected AS (
    SELECT
        m.industry_id,
        1 + coalesce(b.backward, 0) AS backward,
        1 + coalesce(f.forward, 0) AS forward
    FROM {{ ref("industry_multiplier") }} AS m
    LEFT JOIN (
        SELECT
            l.buyer_industry_id AS industry_id,
            sum(l.purchase_share * coalesce(s.backward, 1) ORDER BY l.seller_industry_id) AS backward
        FROM {{ ref("industry_linkage") }} AS l
        INNER JOIN {{ ref("industry_multiplier") }} AS s ON l.seller_industry_id = s.industry_id
        GROUP BY l.buyer_industry_id
    ) AS b ON m.industry_id = b.industry_id
    LEFT JOIN (
        SELECT
            l.seller_industry_id AS industry_id,
            sum(l.sale_share * coalesce(p.forward, 1) ORDER BY l.buyer_industry_id) AS forward
        FROM {{ ref("industry_linkage") }} AS l
        INNER JOIN {{ ref("industry_multiplier") }} AS p ON l.buyer_industry_id = p.industry_id
        GROUP BY l.seller_industry_id
    ) AS f ON m.industry_id = f.industry_id
)

SELECT m.*, e.backward AS expected_backward, e.forward AS expected_forward
FROM {{ ref("industry_multiplier") }} AS m
INNER JOIN expected AS e ON m.industry_id = e.industry_id
WHERE abs(m.backward - e.backward) > 1e-9
    OR abs(m.forward - e.forward) > 1e-9
    OR (m.backward IS NULL) <> (m.output <= 0)
    OR (m.forward IS NULL) <> (m.total_use <= 0)
LIMIT 100
