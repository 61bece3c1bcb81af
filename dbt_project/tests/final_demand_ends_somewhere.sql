-- A dollar of final demand becomes income at home, goes abroad or goes to who sells scrap: the three are measured apart
-- and add up to one. The accounts round 400 figures of an industry to the million, which for the smallest is a hundredth.
-- The three are known together, and wherever imports of the year are and the industry makes anything.
SELECT *
FROM {{ ref("industry_multiplier") }} AS m
WHERE abs(value_added_multiplier + import_leakage + scrap_leakage - 1) > 0.02
    OR (value_added_multiplier IS NULL) <> (backward_domestic IS NULL)
    OR (import_leakage IS NULL) <> (backward_domestic IS NULL)
    OR (scrap_leakage IS NULL) <> (backward_domestic IS NULL)
    OR (backward_domestic IS NOT NULL AND backward IS NULL)
    OR (
        backward_domestic IS NULL AND backward IS NOT NULL
        AND EXISTS (SELECT 1 FROM {{ ref("stg_bea_imports") }} AS i WHERE i.year = m.year)
    )
LIMIT 100
