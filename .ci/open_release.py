"""Reads a release as an analyst with an old DuckDB would: every table and comment, one join, its macro.

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

NEWEST_SPAN = """
    SELECT from_year, to_year, count(*)
    FROM cluster_dynamics
    GROUP BY from_year, to_year
    ORDER BY to_year DESC, from_year DESC
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
    span = con.execute(NEWEST_SPAN).fetchone()
    if span is None:
        sys.exit("the release compares no two years")
    given = con.execute("SELECT count(*) FROM cluster_dynamics_between(?, ?)", span[:2]).fetchone()
    if given != span[2:]:
        sys.exit(f"of {span[0]} to {span[1]} the table has {span[2]} rows, the macro {given}")
    print(f"DuckDB {duckdb.__version__} reads {len(tables)} tables, {rows:,} rows; strongest: {strongest}")
