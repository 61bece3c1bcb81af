-- Leontief's inverse explains total output by final uses, through backward linkages: what is used of each product in the
-- end, weighed by them, is all that is made; in the same way forward linkages explain all there is by primary inputs. An
-- industry without a linkage passes nothing on, and counts once.
WITH flows AS (
    SELECT
        l.seller_industry_id, l.buyer_industry_id,
        CASE WHEN b.backward IS NOT NULL THEN l.flow ELSE 0 END AS sold,
        CASE WHEN s.forward IS NOT NULL THEN l.flow ELSE 0 END AS bought
    FROM {{ ref("industry_linkage") }} AS l
    INNER JOIN {{ ref("industry_multiplier") }} AS s ON l.seller_industry_id = s.industry_id
    INNER JOIN {{ ref("industry_multiplier") }} AS b ON l.buyer_industry_id = b.industry_id
),

industries AS (
    SELECT
        industry_id,
        coalesce(backward, 1) AS backward,
        coalesce(forward, 1) AS forward,
        CASE WHEN backward IS NOT NULL THEN output ELSE 0 END AS output,
        CASE WHEN forward IS NOT NULL THEN total_use ELSE 0 END AS total_use
    FROM {{ ref("industry_multiplier") }}
),

final_uses AS (
    SELECT i.industry_id, i.backward * (any_value(i.output) - coalesce(sum(f.sold), 0)) AS needed
    FROM industries AS i
    LEFT JOIN flows AS f ON i.industry_id = f.seller_industry_id
    GROUP BY i.industry_id, i.backward
),

primary_inputs AS (
    SELECT i.industry_id, i.forward * (any_value(i.total_use) - coalesce(sum(f.bought), 0)) AS fed
    FROM industries AS i
    LEFT JOIN flows AS f ON i.industry_id = f.buyer_industry_id
    GROUP BY i.industry_id, i.forward
)

SELECT sum(i.output) AS output, sum(u.needed) AS needed, sum(i.total_use) AS total_use, sum(p.fed) AS fed
FROM industries AS i
INNER JOIN final_uses AS u ON i.industry_id = u.industry_id
INNER JOIN primary_inputs AS p ON i.industry_id = p.industry_id
HAVING abs(sum(i.output) - sum(u.needed)) > 1e-9 * sum(i.output)
    OR abs(sum(i.total_use) - sum(p.fed)) > 1e-9 * sum(i.total_use)
