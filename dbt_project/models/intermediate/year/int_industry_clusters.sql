-- The cluster of every national (six-digit) industry that occurs in the data.
{{ cluster_of(
    "(SELECT naics, industry_code AS code FROM " ~ ref("int_industries") ~ " WHERE level = 'national_industry')"
) }}
