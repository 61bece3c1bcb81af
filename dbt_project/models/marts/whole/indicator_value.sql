-- Every indicator of every region, cluster and industry as a row, for scorecards, charts and whoever loops over indicators.
-- A view, written by the contracts of the wide tables: what belongs together there stands in one row here.
{%- set tables = [
    {"name": "cluster_specialisation", "entity": "cluster_id"},
    {"name": "cluster_neighbourhood", "entity": "cluster_id"},
    {"name": "cluster_opportunity", "entity": "cluster_id"},
    {"name": "cluster_dynamics", "entity": "cluster_id", "year": "to_year", "chosen": "from_year = to_year - 1"},
    {"name": "region_structure"},
    {"name": "region_complexity"},
    {"name": "region_dynamism"},
    {"name": "cluster_firms", "entity": "cluster_id"},
    {"name": "region_infrastructure", "entity": "kind"},
    {"name": "region_skills", "entity": "occupation"},
    {"name": "cluster_skill_gap", "entity": "cluster_id"},
    {"name": "region_innovation"},
    {"name": "industry_specialisation", "entity": "industry_id", "chosen": "ownership = 'private'"},
] -%}
{%- set branches = [] -%}
{%- for table in tables -%}
    {%- set model = ref(table.name) -%}
    {%- if execute -%}
        {%- set node = graph.nodes["model.cluster_warehouse." ~ table.name] -%}
        {%- for measure in measures_of(node.columns, node.config.meta.grain) -%}
            {%- do branches.append(
                long_rows(table.name, measure, table.entity, table.year or "year", table.chosen)
            ) -%}
        {%- endfor -%}
    {%- endif -%}
{%- endfor %}
{{ branches | join("\nUNION ALL\n") }}
