SELECT * FROM {{ ref("int_edition_used") }}
