-- And is known exactly where the two ends meet.
SELECT region_id, kind, year
FROM {{ ref("region_infrastructure") }}
WHERE
    {%- for figure in ("employment", "lq") %}
    {%- for value in (figure, figure ~ "_estimate") %}
    {{ value }} < {{ figure }}_lower * (1 - 1e-12) OR {{ value }} > {{ figure }}_upper * (1 + 1e-12)
    OR {% endfor %}
    {{ figure }}_p10 > {{ figure }}_estimate OR {{ figure }}_p90 < {{ figure }}_estimate
    OR {{ figure }}_lower > {{ figure }}_upper * (1 + 1e-12)
    OR {% endfor %}
    (employment IS NOT NULL) <> coalesce(employment_lower = employment_upper, FALSE)
LIMIT 100
