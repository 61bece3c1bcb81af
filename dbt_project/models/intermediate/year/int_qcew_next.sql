-- QCEW of the year after each year that is built, which may print what a year withholds. From a folder of its own: a year
-- that is built apart has no other rows of the year after.
{{ config(materialized="view") }}
SELECT * FROM read_parquet('{{ tidy_folder() }}/qcew_after/*.parquet')
