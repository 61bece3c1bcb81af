-- Shares of n industries have squares that sum to 1/n or more and an entropy of log2(n) or less, and by Jensen's
-- inequality an entropy of no less than - log2 of the sum of squares. There are 20 sectors.
SELECT region_id, year, COLUMNS('^(industries|herfindahl|krugman|hachman|.*variety)')
FROM {{ ref("region_structure") }}
WHERE herfindahl_lower < 1 / industries - 1e-12
    OR herfindahl_establishments < 1 / industries - 1e-12
    OR variety_establishments NOT BETWEEN -log2(herfindahl_establishments) - 1e-9 AND log2(industries) + 1e-9
    OR variety_upper < -log2(herfindahl_upper) - 1e-9
    OR variety_upper > log2(industries) + log2(20)
    OR unrelated_variety_upper > log2(20) + 1e-9
    OR unrelated_variety_establishments > log2(20) + 1e-9
    -- Within groups there is no more to tell apart than within them and between them.
    OR herfindahl_4digit_upper < herfindahl_lower - 1e-12
    -- The nation is what regions are compared with.
    {%- for ending in ("", "_4digit", "_establishments") %}
    OR (region_id LIKE 'nation:%' AND coalesce(krugman{{ ending }} <> 0 OR hachman{{ ending }} <> 1, TRUE))
    {%- endfor %}
    OR (region_id LIKE 'nation:%') <> (krugman_establishments = 0)
LIMIT 100
