-- QCEW names a metropolitan or micropolitan area by C and the first four digits of its code, of which the fifth is 0. A few
-- areas have another fifth digit; QCEW names those in its own way, and they are found by their title.
SELECT a.area_fips, max(d.cbsa_code) AS cbsa_code
FROM {{ ref("stg_qcew_areas") }} AS a
INNER JOIN {{ ref("stg_cbsa_delineation") }} AS d
    ON regexp_replace(a.area_title, ' (MSA|MicroSA)$', '') = d.cbsa_title
WHERE a.area_fips LIKE 'C%' AND d.cbsa_code NOT LIKE '%0'
    AND substr(a.area_fips, 2) || '0' NOT IN (SELECT cbsa_code FROM {{ ref("stg_cbsa_delineation") }})
GROUP BY a.area_fips
