"""Our quotients against those BLS publishes, for every row of the 102 original state slices of 2019 and 2020.

Belongs here: `industry_specialisation` of a real release against `lq_annual_avg_emplvl`. Does not: the clusters' own
quotients, which BLS does not publish.

Three roundings stand between the two, and none is ours. BLS prints quotients with two decimals, takes them from
unrounded twelve-month means, and prints those means as whole jobs; a state's five jobs may have been 4.5 or 5.5. And
the national slice beside the states is derived, as the middle of what the states' own quotients allow: 99.9 % of all
rows is what it allows. The rest are government's, above all federal: industries of a few jobs in a few states, whose
quotients (1 job, 157.38) leave the national figure open by several percent.

So each level's share is reported twice: within half a cent (0.005), and within that and half a job. And since the
derived slice is no publisher's figure, the last test does without it: where our formula is right, one national figure
must agree with every state's published quotient at once.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

LEVELS = (
    "total", "domain", "supersector", "sector", "subsector", "industry_group", "naics_industry", "national_industry",
)  # fmt: skip
HALF_A_CENT = "0.005 + 1e-9"
OWNERSHIPS = "MAP {'0': 'total', '1': 'federal', '2': 'state', '3': 'local', '5': 'private'}"
APART = f"abs(lq - published) > {HALF_A_CENT} + lq * 0.5 / greatest(employment, 0.5)"


@pytest.fixture
def compared(warehouse: duckdb.DuckDBPyConnection, mirror: Path) -> duckdb.DuckDBPyConnection:
    """A table `compared`: BLS's rows, as text in its files, beside the rows that the release holds for them."""
    slices = mirror / "data.bls.gov" / "cew" / "data" / "api" / "*" / "a" / "area" / "[0-9]*.csv"
    warehouse.execute(
        f"""
        CREATE TEMP TABLE compared AS
        WITH bls AS (
            SELECT
                'state:' || left(area_fips, 2) AS region_id, year::INTEGER AS year, industry_code,
                {OWNERSHIPS}[own_code] AS ownership,
                annual_avg_emplvl::BIGINT AS jobs, lq_annual_avg_emplvl::DOUBLE AS published
            FROM read_csv('{slices}', all_varchar = true, header = true)
            -- Ownership 8, the total covered by unemployment insurance, overlaps the others and is not published here.
            WHERE coalesce(lq_disclosure_code, '') <> 'N' AND own_code <> '8'
        )
        SELECT b.*, i.level, s.employment, s.lq, t.employment AS region_jobs
        FROM bls AS b
        LEFT JOIN industry_specialisation AS s
            ON b.region_id = s.region_id AND b.year = s.year AND b.ownership = s.ownership
                AND s.industry_id = 'naics2017:' || b.industry_code
        LEFT JOIN dim_industry AS i ON s.industry_id = i.industry_id
        LEFT JOIN employment AS t
            ON b.region_id = t.region_id AND b.year = t.year AND t.ownership = 'total'
                AND t.industry_id = 'naics2017:10'
        """
    )
    return warehouse


def test_every_published_quotient_has_its_row(compared: duckdb.DuckDBPyConnection) -> None:
    rows, areas, absent, other_jobs = compared.sql(
        "SELECT count(*), count(DISTINCT (region_id, year)), count(*) FILTER (WHERE level IS NULL), "
        "count(*) FILTER (WHERE jobs IS DISTINCT FROM employment) FROM compared"
    ).fetchall()[0]
    assert (rows, areas, absent, other_jobs) == (208_711, 102, 0, 0)
    # No quotient only where the nation has no job in the industry: BLS prints 0.00 there.
    assert compared.sql("SELECT DISTINCT published, jobs FROM compared WHERE lq IS NULL").fetchall() == [(0.0, 0)]
    assert compared.sql("SELECT count(*) FROM compared WHERE lq IS NULL").fetchall()[0][0] < 50


def test_quotients_equal_those_of_bls(
    compared: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None]
) -> None:
    """All private quotients agree, and 99.9 % of all: the rest are government's, whose derived nation is unsure."""
    shares = compared.sql(
        f"""
        SELECT
            ownership IN ('private', 'total') AS is_private, level, count(*) AS quotients,
            100 * avg((abs(lq - published) <= {HALF_A_CENT})::INTEGER) AS within_half_a_cent,
            count(*) FILTER ({APART}) AS apart
        FROM compared
        WHERE lq IS NOT NULL
        GROUP BY ALL
        """
    ).fetchall()
    shares.sort(key=lambda row: (row[0], LEVELS.index(row[1])))
    print("\nownership   level              quotients  within 0.005  within that and half a job")
    for is_private, level, quotients, strictly, apart in shares:
        ownership = "private" if is_private else "government"
        within = 100 * (1 - apart / quotients)
        print(f"{ownership:11} {level:18} {quotients:9,} {strictly:12.2f}% {within:12.3f}%")
        record_property(f"{ownership} {level}", f"{quotients} rows, {strictly:.3f} %, {within:.3f} %")
    assert sum(row[4] for row in shares) <= 0.001 * sum(row[2] for row in shares)
    assert [row for row in shares if row[0] and row[4]] == []
    assert {row[1]: row[3] for row in shares if row[0] and row[3] < 98.9} == {}


def test_one_national_figure_agrees_with_all_states(
    compared: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None]
) -> None:
    """Without the derived slice: the national shares that each state's row allows have one in common, in every
    industry, ownership and year. A wrong base, even of a single state, would leave none."""
    by_industry = compared.sql(
        """
        SELECT
            count(*) AS states,
            max((jobs - 0.5) / region_jobs / (published + 0.005)) AS least,
            min((jobs + 0.5) / region_jobs / greatest(published - 0.005, 1e-12)) AS most
        FROM compared
        GROUP BY ownership, year, industry_code
        """
    )
    total, disagreeing, shared = by_industry.aggregate(
        "count(*), count(*) FILTER (WHERE least > most), count(*) FILTER (WHERE states >= 10)"
    ).fetchall()[0]
    print(
        f"\n{total:,} industries by ownership and year, {shared:,} of them in ten states or more; {disagreeing} apart"
    )
    record_property("industries with one national figure", f"{total - disagreeing} of {total}")
    assert disagreeing == 0
    assert shared > 4_000
