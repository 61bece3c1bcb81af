-- Which industries of the input-output accounts a six-digit industry belongs to: those whose key to NAICS names the
-- longest beginning of its code, in equal parts where several share it. The key is in the accounts' edition of NAICS; a
-- code of another edition that no key begins belongs to none.
WITH matches AS (
    SELECT DISTINCT
        i.naics, i.industry_no, b.industry_id,
        rank() OVER (PARTITION BY i.naics, i.code ORDER BY length(b.naics_prefix) DESC) AS nth_longest
    FROM {{ ref("int_linkage_industries") }} AS i
    INNER JOIN {{ ref("bea_naics") }} AS b ON starts_with(i.code, b.naics_prefix)
)

SELECT
    naics,
    industry_no,
    industry_id,
    1 / count(*) OVER (PARTITION BY naics, industry_no) AS weight
FROM matches
WHERE nth_longest = 1
