{#- NAICS edition in which QCEW, or another programme, publishes a reference year. The years stand in dbt_project.yml. -#}
{% macro naics_edition(year, of="qcew") -%}
    {%- set editions = var(of ~ "_naics_editions") -%}
    CASE
        {%- for edition in editions[1:] | reverse %}
        WHEN {{ year }} >= {{ edition.first_year }} THEN {{ edition.naics }}
        {%- endfor %}
        ELSE {{ editions[0].naics }}
    END
{%- endmacro %}

{#- Whether County Business Patterns count establishments of governments too under a code, or under a part of it. -#}
{% macro cbp_counts_government(code) -%}
    (
        {{ code }} IN ('00'
        {%- for code in var("cbp_with_government") -%}
            {%- for range in var("naics_sector_ranges") if code[:2] in range.digits %}, '{{ range.sector }}'{% endfor -%}
        {%- endfor %})
        {%- for part in var("cbp_with_government") %}
        OR starts_with({{ code }}, '{{ part }}') OR starts_with('{{ part }}', {{ code }})
        {%- endfor %}
    )
{%- endmacro %}

{#- Whether a code means the same industry in two editions, as far as it is in both. -#}
{% macro naics_same(code, one, other) -%}
    (
        {{ code }} NOT IN (SELECT code FROM {{ ref("naics_changed_codes") }})
        OR EXISTS (
            SELECT 1 FROM {{ ref("naics_changed_codes") }} AS changed
            WHERE changed.code = {{ code }}
                AND {{ one }} BETWEEN changed.naics_from AND changed.naics_to
                AND {{ other }} BETWEEN changed.naics_from AND changed.naics_to
        )
    )
{%- endmacro %}

{#- All editions, as a relation with the column naics. -#}
{% macro naics_editions() -%}
    (VALUES
        {%- for edition in var("qcew_naics_editions") %} ({{ edition.naics }}){{ "," if not loop.last }}{% endfor %}
    ) AS editions (naics)
{%- endmacro %}

{#- The sector of a NAICS code of two digits or more: 31-33 for 334413. -#}
{% macro naics_sector(code) -%}
    CASE left({{ code }}, 2)
        {%- for range in var("naics_sector_ranges") %}{% for digits in range.digits %}
        WHEN '{{ digits }}' THEN '{{ range.sector }}'
        {%- endfor %}{% endfor %}
        ELSE left({{ code }}, 2)
    END
{%- endmacro %}

{#- The code one level up in QCEW's industry tree: national industry, NAICS industry, industry group, subsector,
    sector, total. Domains and supersectors (101, 1011) group sectors across that tree: their parent is the total. -#}
{% macro parent_industry_code(code, level) -%}
    CASE
        WHEN {{ level }} IN ('domain', 'supersector', 'sector') THEN '10'
        WHEN {{ level }} = 'subsector' THEN {{ naics_sector(code) }}
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

{#- The edition of NAICS that an industry's key names, and the code in it. -#}
{% macro naics_of(industry_id) -%}
    substr(split_part({{ industry_id }}, ':', 1), 6)::INTEGER
{%- endmacro %}

{% macro naics_code_of(industry_id) -%}
    split_part({{ industry_id }}, ':', 2)
{%- endmacro %}

{#- The level of a code in QCEW's industry tree, which its form says: no NAICS code begins with 10. -#}
{% macro industry_level_of(code) -%}
    CASE
        WHEN {{ code }} = '10' THEN 'total'
        WHEN {{ code }} LIKE '10_' THEN 'domain'
        WHEN {{ code }} LIKE '10__' THEN 'supersector'
        WHEN {{ code }} LIKE '__-__' OR length({{ code }}) = 2 THEN 'sector'
        WHEN length({{ code }}) = 3 THEN 'subsector'
        WHEN length({{ code }}) = 4 THEN 'industry_group'
        WHEN length({{ code }}) = 5 THEN 'naics_industry'
        WHEN length({{ code }}) = 6 THEN 'national_industry'
    END
{%- endmacro %}
