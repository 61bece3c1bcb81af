{#- NAICS edition in which QCEW publishes a reference year.
    Source: BLS, QCEW "NAICS-based data" notes: years to 2006 in NAICS 2002, then 2007, 2012, 2017, 2022. -#}
{% macro naics_edition(year) -%}
    CASE
        WHEN {{ year }} <= 2006 THEN 2002
        WHEN {{ year }} <= 2010 THEN 2007
        WHEN {{ year }} <= 2016 THEN 2012
        WHEN {{ year }} <= 2021 THEN 2017
        ELSE 2022
    END
{%- endmacro %}

{#- The code one level up in QCEW's industry tree: national industry, NAICS industry, industry group, subsector,
    sector, total. Domains and supersectors (101, 1011) group sectors across that tree: their parent is the total. -#}
{% macro parent_industry_code(code, level) -%}
    CASE
        WHEN {{ level }} IN ('domain', 'supersector', 'sector') THEN '10'
        WHEN {{ level }} = 'subsector' THEN
            CASE left({{ code }}, 2)
                WHEN '31' THEN '31-33' WHEN '32' THEN '31-33' WHEN '33' THEN '31-33'
                WHEN '44' THEN '44-45' WHEN '45' THEN '44-45'
                WHEN '48' THEN '48-49' WHEN '49' THEN '48-49'
                ELSE left({{ code }}, 2)
            END
        WHEN {{ level }} IN ('industry_group', 'naics_industry', 'national_industry')
            THEN left({{ code }}, length({{ code }}) - 1)
    END
{%- endmacro %}

{#- The supersector that BLS groups a sector in, a supersector's domain (goods, services), a domain's total.
    Source: BLS, "Industries by Supersector and NAICS Code". -#}
{% macro grouping_industry_code(code, level) -%}
    CASE {{ level }}
        WHEN 'domain' THEN '10'
        WHEN 'supersector' THEN left({{ code }}, 3)
        WHEN 'sector' THEN
            CASE
                WHEN {{ code }} IN ('11', '21') THEN '1011'
                WHEN {{ code }} = '23' THEN '1012'
                WHEN {{ code }} = '31-33' THEN '1013'
                WHEN {{ code }} IN ('22', '42', '44-45', '48-49') THEN '1021'
                WHEN {{ code }} = '51' THEN '1022'
                WHEN {{ code }} IN ('52', '53') THEN '1023'
                WHEN {{ code }} IN ('54', '55', '56') THEN '1024'
                WHEN {{ code }} IN ('61', '62') THEN '1025'
                WHEN {{ code }} IN ('71', '72') THEN '1026'
                WHEN {{ code }} = '81' THEN '1027'
                WHEN {{ code }} = '92' THEN '1028'
                WHEN {{ code }} = '99' THEN '1029'
            END
    END
{%- endmacro %}

{#- Key of an industry: its edition of NAICS and its code. -#}
{% macro industry_id(naics, code) -%}
    'naics' || {{ naics }} || ':' || {{ code }}
{%- endmacro %}
