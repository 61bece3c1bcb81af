"""Reads a release as an analyst with an old DuckDB would: every table and comment, one join, one written value.

    python .ci/open_release.py data/warehouse/current.duckdb

Needs nothing but the `duckdb` package, so that it runs where the project is not installed.
"""

import sys

import duckdb

STRONG = """
    SELECT r.name, c.name, s.employment, s.lq
    FROM cluster_specialisation AS s
    JOIN dim_region AS r USING (region_id)
    JOIN dim_cluster AS c USING (cluster_id)
    WHERE s.ucm_strong = 'yes'
    ORDER BY s.hc_employment DESC NULLS LAST
    LIMIT 1
"""

with duckdb.connect(sys.argv[1], read_only=True) as con:
    tables = con.execute("SELECT schema_name, table_name, comment FROM duckdb_tables() ORDER BY ALL").fetchall()
    rows = 0
    for schema, table, comment in tables:
        if not comment:
            sys.exit(f"table {schema}.{table} has no comment")
        rows += len(con.execute(f'SELECT * FROM {schema}."{table}"').fetchall())
    strongest = con.execute(STRONG).fetchone()
    if strongest is None:
        sys.exit("the release has no strong cluster")
    print(f"DuckDB {duckdb.__version__} reads {len(tables)} tables, {rows:,} rows; strongest: {strongest}")
