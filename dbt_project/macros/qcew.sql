{#- What QCEW's aggregation levels and ownership codes mean.
    Source: BLS, "QCEW aggregation level codes" and "QCEW ownership codes". -#}

{#- Aggregation levels 1x nation, 4x metropolitan and 80 micropolitan area, 5x state, 7x county. -#}
{% macro qcew_region_type(agglvl_code, area_fips) -%}
    CASE
        WHEN {{ agglvl_code }} BETWEEN 10 AND 18 THEN 'nation'
        WHEN {{ agglvl_code }} BETWEEN 40 AND 48 OR {{ agglvl_code }} = 80 THEN 'cbsa'
        WHEN {{ agglvl_code }} BETWEEN 50 AND 58 THEN 'state'
        WHEN {{ agglvl_code }} BETWEEN 70 AND 78
            THEN CASE WHEN right({{ area_fips }}, 3) >= '995' THEN 'unallocated' ELSE 'county' END
    END
{%- endmacro %}

{#- The five digits of an area that QCEW names by C and the first four; `listed` is what int_cbsa_codes says, if it does. -#}
{% macro cbsa_code_of(area_fips, listed) -%}
    coalesce({{ listed }}, substr({{ area_fips }}, 2) || '0')
{%- endmacro %}

{#- County codes xx995 to xx999 hold jobs that a state could not place in a county. -#}
{% macro qcew_region_id(region_type, area_fips, cbsa_code) -%}
    {{ region_type }} || ':' || CASE {{ region_type }}
        WHEN 'cbsa' THEN {{ cbsa_code_of(area_fips, cbsa_code) }}
        WHEN 'county' THEN {{ area_fips }}
        WHEN 'unallocated' THEN {{ area_fips }}
        ELSE left({{ area_fips }}, 2)
    END
{%- endmacro %}

{#- The last digit of an aggregation level is the industry detail. -#}
{% macro qcew_industry_level(agglvl_code) -%}
    CASE {{ agglvl_code }} % 10
        WHEN 0 THEN 'total'
        WHEN 1 THEN 'total'
        WHEN 2 THEN 'domain'
        WHEN 3 THEN 'supersector'
        WHEN 4 THEN 'sector'
        WHEN 5 THEN 'subsector'
        WHEN 6 THEN 'industry_group'
        WHEN 7 THEN 'naics_industry'
        WHEN 8 THEN 'national_industry'
    END
{%- endmacro %}

{% macro qcew_ownership(own_code) -%}
    CASE {{ own_code }}
        WHEN '0' THEN 'total'
        WHEN '1' THEN 'federal'
        WHEN '2' THEN 'state'
        WHEN '3' THEN 'local'
        WHEN '5' THEN 'private'
    END
{%- endmacro %}

{#- Ownerships by number; the others are parts of the first. -#}
{% macro ownership_no(ownership) -%}
    (list_position(['total', 'federal', 'state', 'local', 'private'], {{ ownership }}) - 1)::TINYINT
{%- endmacro %}

{#- QCEW rows, in the columns of its tidy table, of the regions and ownerships that the warehouse publishes. Combined areas
    (CSA, "all metropolitan"), size classes and the UI-covered total (ownership 8) overlap them and are left out. -#}
{% macro qcew_cells(rows) -%}
WITH typed AS (
    SELECT
        *,
        {{ qcew_region_type("agglvl_code", "area_fips") }} AS region_type,
        {{ qcew_industry_level("agglvl_code") }} AS level,
        {{ qcew_ownership("own_code") }} AS ownership
    FROM {{ rows }}
    WHERE size_code = '0'
)

SELECT
    {{ qcew_region_id("t.region_type", "t.area_fips", "k.cbsa_code") }} AS region_id,
    region_type,
    industry_code,
    level,
    {{ parent_industry_code("industry_code", "level") }} AS parent_code,
    ownership,
    year,
    annual_avg_estabs AS establishments,
    annual_avg_emplvl AS employment,
    total_annual_wages AS wages,
    avg_annual_pay AS average_pay,
    CASE WHEN oty_disclosure_code IS NULL THEN oty_annual_avg_emplvl_chg END AS employment_change
FROM typed AS t
LEFT JOIN {{ ref("int_cbsa_codes") }} AS k ON t.area_fips = k.area_fips
WHERE region_type IS NOT NULL AND ownership IS NOT NULL
{%- endmacro %}

{#- A title as it was meant: UTF-8 that somebody has taken for Latin-1 and encoded once more ("DoÃ±a Ana" in BLS's list of
    areas) gives itself away, since a lead byte and what must follow it stand there as characters, and is decoded again. -#}
{% macro mended_title(title) -%}
    CASE
        WHEN regexp_matches({{ title }}, '[ÂÃ][\x{80}-\x{BF}]') AND NOT regexp_matches({{ title }}, '[^\x{00}-\x{FF}]')
            THEN coalesce(
                TRY(decode(unhex(array_to_string(
                    [printf('%02x', ord(letter)) FOR letter IN string_split({{ title }}, '')], ''
                )))),
                {{ title }}
            )
        ELSE {{ title }}
    END
{%- endmacro %}
