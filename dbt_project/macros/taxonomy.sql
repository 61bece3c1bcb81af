{#
    Which cluster an industry belongs to. Belongs here: reading the taxonomy's seeds. Does not: the definitions
    themselves, which are seeds/cluster_rules.csv and seeds/cluster_splits.csv.

    cluster_of(codes_relation): from a relation with the columns `naics` (vintage: 1997, 2002 ... 2022) and `code`
    (text) to (naics, code, cluster_id, weight), one row per code and cluster. A six-digit code goes whole (weight 1)
    to the cluster of its longest matching prefix, except where cluster_splits divides it. Codes in no cluster, and
    codes of fewer than six digits (whose jobs their six-digit children already hold), have no row. Repeated codes count once.

    Example: select * from ( {{ cluster_of(ref('industry_codes')) }} )
#}
{% macro cluster_of(codes_relation) %}
with taxonomy_codes as (
    select distinct
        naics,
        code
    from {{ codes_relation }}
    where length(code) = 6
),

taxonomy_matches as (
    select
        codes.naics,
        codes.code,
        rules.cluster_id,
        row_number() over (
            partition by codes.naics, codes.code
            order by length(rules.prefix) desc
        ) as nth_longest
    from taxonomy_codes as codes
    inner join {{ ref('cluster_rules') }} as rules
        on
            codes.naics between rules.naics_from and rules.naics_to
            and rules.prefix = substring(codes.code, 1, length(rules.prefix))
)

select
    matches.naics,
    matches.code,
    matches.cluster_id,
    cast(1 as double) as weight
from taxonomy_matches as matches
left join {{ ref('cluster_splits') }} as splits
    on
        matches.naics = splits.naics
        and matches.code = splits.code
where
    matches.nth_longest = 1
    and matches.cluster_id <> ''
    and splits.code is null

union all

select
    codes.naics,
    codes.code,
    splits.cluster_id,
    splits.weight
from taxonomy_codes as codes
inner join {{ ref('cluster_splits') }} as splits
    on
        codes.naics = splits.naics
        and codes.code = splits.code
where splits.cluster_id <> ''
{% endmacro %}
