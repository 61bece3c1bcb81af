-- Ranges of ranks counted again from the published bounds. Among both ends of all regions of a type, those above an end
-- are as many as lie above it of its own kind and of the other kind: so a difference of two ranks counts the latter.
-- Quotients are compared where the nation's cluster is known, and within the last digits.
{%- set figures = {
    "employment": ("employment_lower", "coalesce(employment_upper, 1e300)"),
    "lq": ("coalesce(lq_lower, 0) * (1 - 1e-9)", "coalesce(lq_upper, 1e300) * (1 + 1e-9)"),
} %}
WITH settled AS (
    SELECT cluster_id, year
    FROM {{ ref("cluster_specialisation") }}
    WHERE region_id = reference_region_id AND employment IS NOT NULL
),

ends AS (
    {% for figure, ends in figures.items() -%}
    {% for end in ("best", "worst") -%}
    SELECT
        region_id, cluster_id, year, '{{ figure }}' AS figure, '{{ end }}' AS said_of,
        rank_{{ figure }}_{{ end }} AS said,
        {{ ends[1 if end == "best" else 0] }} AS place,
        {{ ends[0] }} < {{ ends[1] }} AS is_open
    FROM {{ ref("cluster_specialisation") }}
    {%- if figure == "lq" %}
    SEMI JOIN settled USING (cluster_id, year)
    {%- endif %}
    {{ "UNION ALL" if not loop.last }}
    {% endfor -%}
    {{ "UNION ALL" if not loop.last }}
    {% endfor %}
),

counted AS (
    SELECT
        *,
        1 + rank() OVER both_ends - rank() OVER own_ends AS place_among_others
    FROM ends
    WINDOW
        both_ends AS (
            PARTITION BY split_part(region_id, ':', 1), cluster_id, year, figure ORDER BY place DESC
        ),
        own_ends AS (
            PARTITION BY split_part(region_id, ':', 1), cluster_id, year, figure, said_of ORDER BY place DESC
        )
),

-- A region's own upper end lies above its lower one where it is open.
recounted AS (
    SELECT *, place_among_others - CASE WHEN said_of = 'worst' AND is_open THEN 1 ELSE 0 END AS recount
    FROM counted
)

SELECT *
FROM recounted
WHERE
    (figure = 'employment' AND said <> recount)
    OR (figure = 'lq' AND said_of = 'best' AND said < recount)
    OR (figure = 'lq' AND said_of = 'worst' AND said > recount)
LIMIT 100
