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

{#- Key of an industry: its edition of NAICS and its code. -#}
{% macro industry_id(naics, code) -%}
    'naics' || {{ naics }} || ':' || {{ code }}
{%- endmacro %}
