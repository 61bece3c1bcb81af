-- County Business Patterns of each year that is built and of the years before it that its estimates heed. From a folder
-- of its own, as with the year after (int_qcew_next).
{{ config(materialized="view") }}
SELECT * FROM read_parquet('{{ tidy_folder() }}/cbp_county_recent/*.parquet')
