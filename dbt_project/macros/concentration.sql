{#- What the measures of concentration are taken over, and when a range counts as a figure. The measures themselves are
    in orchestration/indicators/concentration.py. -#}

{#- Puerto Rico and the Virgin Islands: BLS publishes them, and leaves them out of the nation. -#}
{% macro outside_the_nation(region_type, region_id) -%}
    CASE {{ region_type }}
        WHEN 'cbsa' THEN {{ region_id }} IN (
            SELECT 'cbsa:' || cbsa_code FROM {{ ref("stg_cbsa_delineation") }} WHERE left(county_fips, 2) IN ('72', '78')
        )
        ELSE left(split_part({{ region_id }}, ':', 2), 2) IN ('72', '78')
    END
{%- endmacro %}

{#- Whether a range is so narrow that it is as good as known: within one percent, as for quotients. -#}
{% macro is_narrow(lower, upper) -%}
    {{ upper }} - {{ lower }} <= 0.01 * least(abs({{ lower }}), abs({{ upper }}))
{%- endmacro %}
