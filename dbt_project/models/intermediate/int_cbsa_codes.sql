-- QCEW names a metropolitan or micropolitan area by the first four digits of its code. The fifth is 0 but for a few that
-- the delineations tell.
SELECT 'C' || left(cbsa_code, 4) AS area_fips, max(cbsa_code) AS cbsa_code
FROM {{ ref("stg_cbsa_delineation") }}
GROUP BY left(cbsa_code, 4)
HAVING max(cbsa_code) NOT LIKE '%0'
