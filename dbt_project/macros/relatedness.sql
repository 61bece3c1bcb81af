{#- When indicators of relatedness on jobs are given. The indicators themselves are in
    orchestration/indicators/complexity.py. -#}

{#- Whether enough is settled: nine tenths of all cells of the region type, and four fifths of the region's or cluster's
    own. Where establishments are hidden in the pattern in which jobs are withheld, indices with 10 percent hidden are
    correlated at 0.92 and more with the true ones, and with 15 percent hidden their sign can turn. -#}
{% macro is_well_covered(of_type, own) -%}
    {{ of_type }} >= 0.9 AND {{ own }} >= 0.8
{%- endmacro %}

{#- The place of a lacking cluster among those of its region, by relatedness and complexity with equal weight, as Balland
    et al. 2019 lay them out. The places that are summed are ranks from the best; NULL where a cluster has not both. On
    estimates relatedness alone decides: over metropolitan areas the sign of their complexity is in doubt. -#}
{% macro opportunity_rank(basis) -%}
    CASE
        WHEN is_ranked{{ basis }}
            THEN row_number() OVER (
                PARTITION BY region_id, year, is_ranked{{ basis }}
                ORDER BY
                    {% if basis != "_on_estimates" %}density_place{{ basis }} + complexity_place{{ basis }},{% endif %}
                    density_place{{ basis }}, cluster_id
            )
    END::INTEGER
{%- endmacro %}
