-- Where the publisher's figures contradict each other they bound nothing, and somebody should know of it.
SELECT *
FROM {{ ref("bound_evidence") }}
WHERE set_aside OR unused_sums > 0
