-- Values where all three are given, and bounds everywhere.
{%- set endings = ["", "_lower", "_upper"] %}
SELECT region_id, year, COLUMNS('.*variety.*')
FROM {{ ref("region_structure") }}
WHERE
    {%- for ending in endings %}
    abs(unrelated_variety{{ ending }} + related_variety{{ ending }} - variety{{ ending }}) > 1e-9
    OR abs(unrelated_variety{{ ending }} + related_variety_4digit{{ ending }} - variety_4digit{{ ending }}) > 1e-9
    OR
    {%- endfor %}
    abs(unrelated_variety_establishments + related_variety_establishments - variety_establishments) > 1e-9
    -- Where both parts are given, so is their sum.
    OR (unrelated_variety + related_variety IS NOT NULL AND variety IS NULL)
LIMIT 100
