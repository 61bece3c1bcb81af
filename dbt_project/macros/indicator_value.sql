{#-
    The measures that a table's columns amount to, each on a basis: what is certain (with the least and the most it can be),
    estimated (with the tenth and ninetieth percentile), or counted in establishments. Which columns belong together is
    said by their names' ends.

    Arguments: columns, those of the table's contract; keys, the names in its grain.
    Returns a list of {name, basis, value, lower, upper, verdict}, each but the first two a column's name or none.
-#}
{% macro measures_of(columns, keys) -%}
    {%- set ends = {
        "certain": {"value": [""], "lower": ["_lower", "_best"], "upper": ["_upper", "_worst"], "verdict": [""]},
        "estimate": {
            "value": ["_estimate", "_on_estimates", "_probability"],
            "lower": ["_p10"],
            "upper": ["_p90"],
            "verdict": ["_likely", "_on_estimates"],
        },
        "establishments": {"value": ["_establishments"], "verdict": ["_establishments"]},
    } -%}
    {%- set tails = [] -%}
    {%- for parts in ends.values() -%}
        {%- for some in parts.values() -%}{%- do tails.extend(some) -%}{%- endfor -%}
    {%- endfor -%}
    {%- set names = [] -%}
    {%- for column in columns if column not in keys -%}
        {%- set whole = namespace(name=column) -%}
        {%- for tail in tails if tail and column.endswith(tail) -%}
            {%- set whole.name = column[: -(tail | length)] -%}
        {%- endfor -%}
        {%- if whole.name not in names -%}{%- do names.append(whole.name) -%}{%- endif -%}
    {%- endfor -%}
    {%- set found = [] -%}
    {%- for name in names -%}
        {%- for basis, parts in ends.items() -%}
            {%- set measure = {"name": name, "basis": basis} -%}
            {%- for part, some in parts.items() -%}
                {%- for tail in some if (name ~ tail) in columns -%}
                    {%- set unit = columns[name ~ tail].config.meta.unit -%}
                    {%- set is_number = columns[name ~ tail].data_type in ("double", "integer", "bigint") -%}
                    {%- set fits = unit == "verdict" if part == "verdict" else is_number and unit != "year" -%}
                    {%- if fits -%}
                        {%- do measure.update({part: name ~ tail}) -%}
                    {%- endif -%}
                {%- endfor -%}
            {%- endfor -%}
            {%- if measure | length > 2 -%}{%- do found.append(measure) -%}{%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(found) }}
{%- endmacro %}

{#-
    The rows of one measure in the long table.

    Arguments: table; measure, one of `measures_of`; entity, what the row is about beside the region: `cluster_id`,
    `industry_id` or none; year, the column with the year; chosen, which rows of the table count.
-#}
{% macro long_rows(table, measure, entity, year, chosen) -%}
    {%- set empty = {"value": "NULL::DOUBLE", "lower": "NULL::DOUBLE", "upper": "NULL::DOUBLE", "verdict": "NULL::VARCHAR"} -%}
    {%- set told = [] -%}
    SELECT
        '{{ table }}.{{ measure.name }}' AS indicator_id,
        region_id,
        {{ entity or "'region'" }} AS entity_id,
        {{ year }} AS year,
        '{{ measure.basis }}' AS basis,
        {{ "cluster_id" if entity == "cluster_id" else "NULL::VARCHAR" }} AS cluster_id,
        {{ "industry_id" if entity == "industry_id" else "NULL::VARCHAR" }} AS industry_id,
        {% for part, otherwise in empty.items() -%}
            {%- if part in measure -%}
                {%- do told.append(measure[part] ~ " IS NOT NULL") -%}
                {{ measure[part] }}::{{ "VARCHAR" if part == "verdict" else "DOUBLE" }} AS {{ part }}
            {%- else -%}
                {{ otherwise }} AS {{ part }}
            {%- endif -%}
            {{ "," if not loop.last }}
        {% endfor -%}
    FROM {{ by_name(table) }}
    WHERE ({{ told | join(" OR ") }}){{ " AND " ~ chosen if chosen }}
{%- endmacro %}
