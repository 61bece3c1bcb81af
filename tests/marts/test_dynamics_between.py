"""`cluster_dynamics` and the macro `cluster_dynamics_between` of the sample's release: which spans stand, and others.

Belongs here: what both hold of the same two years, and what the macro gives of pairs that the table has not. Does not:
shift-share itself (see `tests/oracles/test_shift_share`).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, pairwise

import duckdb
import pytest

from orchestration.naics import first_years
from tests.conftest import Demo

Con = duckdb.DuckDBPyConnection
# The sample's areas change with the publisher's.
NEW_DELINEATION = 2024


@pytest.fixture(scope="module")
def con(demo: Demo) -> Iterator[Con]:
    with duckdb.connect(str(demo.home / "warehouse" / "current.duckdb"), read_only=True) as connection:
        yield connection


def years_of(con: Con) -> dict[str, list[int]]:
    """The years in which regions of each type report."""
    found = con.execute(
        "SELECT split_part(region_id, ':', 1) AS region_type, list(DISTINCT year ORDER BY year) "
        "FROM cluster_specialisation WHERE region_id NOT LIKE 'unallocated:%' GROUP BY region_type"
    )
    return dict(found.fetchall())


def kept(con: Con) -> set[tuple[str, int, int]]:
    """The spans of the table, by type of region."""
    columns = "split_part(region_id, ':', 1), from_year, to_year"
    return set(con.execute(f"SELECT DISTINCT {columns} FROM cluster_dynamics").fetchall())


def test_which_spans_stand_in_the_table(con: Con) -> None:
    years = years_of(con)
    newest = max(years["county"])
    edition = max(year for year in first_years() if year <= newest)
    expected = {
        (region_type, *pair)
        for region_type, held in years.items()
        for pair in [*pairwise(held), *(pair for pair in combinations(held, 2) if pair[1] - pair[0] in (5, 10))]
    }
    expected |= {(kind, edition, newest) for kind in ("nation", "state", "county")} | {
        ("cbsa", NEW_DELINEATION, newest)
    }
    assert kept(con) == expected
    # Otherwise the sample would not tell these kinds of spans apart.
    assert min(years["state"]) < min(years["county"]) < edition < NEW_DELINEATION < newest


def test_every_span_of_the_table_is_what_the_macro_gives(con: Con) -> None:
    spans = kept(con)
    for begin, end in sorted({span[1:] for span in spans}):
        # Of a type of region that has not this span, the macro gives it nevertheless.
        types = sorted(span[0] for span in spans if span[1:] == (begin, end))
        con.execute(
            "CREATE OR REPLACE TEMP TABLE given AS FROM cluster_dynamics_between(?, ?) "
            "WHERE list_contains(?, split_part(region_id, ':', 1))",
            [begin, end, types],
        )
        table = f"(FROM cluster_dynamics WHERE from_year = {begin} AND to_year = {end})"
        for one, other in ((table, "given"), ("given", table)):
            differing = con.execute(f"SELECT count(*) FROM (FROM {one} EXCEPT ALL FROM {other})").fetchone()
            assert differing == (0,), (begin, end)
    table_form, macro_form = con.sql("FROM cluster_dynamics"), con.sql("FROM cluster_dynamics_between(2022, 2024)")
    assert table_form.columns == macro_form.columns
    assert table_form.types == macro_form.types


def test_a_pair_that_the_table_has_not_follows_from_the_two_years(con: Con) -> None:
    """Every figure of one cluster in one state, from what is published of both years, as the sources write it."""
    begin, end = 2022, 2024
    assert not any(span[1:] == (begin, end) for span in kept(con))
    names = ["region_id", "cluster_id", "reference_region_id", "employment_from", "employment_to", "change", "growth"]
    names += ["national_share", "industry_mix", "regional_shift", "competitive_effect", "allocation_effect"]
    found = con.execute(
        f"SELECT {', '.join(names)} FROM cluster_dynamics_between(?, ?) WHERE region_id LIKE 'state:%' "
        "AND allocation_effect IS NOT NULL AND growth <> 0 ORDER BY region_id, cluster_id",
        [begin, end],
    ).fetchall()
    cells, totals = jobs(con), all_jobs(con)
    exact = 0
    for row in found:
        told = dict(zip(names, row, strict=True))
        place, cluster, nation = told["region_id"], told["cluster_id"], told["reference_region_id"]
        e, e1, i, i1 = (cells.get((of, cluster, year), 0) for of in (place, nation) for year in (begin, end))
        r, n, n1 = totals[place, begin], totals[nation, begin], totals[nation, end]
        if None in (e, e1, i, i1, r, n, n1):
            continue
        exact += 1
        growth, growth_i = n1 / n - 1, i1 / i - 1
        competitive = r * i / n * (e1 / e - 1 - growth_i)
        expected = [e, e1, e1 - e, (e1 / e) ** 0.5 - 1, e * growth, e * (growth_i - growth), e1 - e - e * growth_i]
        expected += [competitive, e1 - e - e * growth_i - competitive]
        assert list(row[3:]) == pytest.approx(expected, rel=1e-9, abs=1e-6), told
    assert exact > 20


def jobs(con: Con) -> dict[tuple[str, str, int], float | None]:
    """Private jobs by region, cluster and year; None where cells are withheld."""
    found = con.execute("SELECT region_id, cluster_id, year, employment FROM cluster_specialisation").fetchall()
    return {row[:3]: row[3] for row in found}


def all_jobs(con: Con) -> dict[tuple[str, int], float | None]:
    """All private jobs by region and year."""
    found = con.execute(
        "SELECT region_id, year, employment FROM employment WHERE industry_id LIKE '%:10' AND ownership = 'private'"
    ).fetchall()
    return {row[:2]: row[2] for row in found}


def test_a_pair_over_several_years_sums_its_yearly_steps(con: Con) -> None:
    """Neighbours stand in the table, so the sum of their parts is the macro's dynamic shift-share, bit by bit."""
    steps = """
        SELECT region_id, cluster_id, sum(regional_shift ORDER BY from_year) AS summed,
            sum(regional_shift_lower ORDER BY from_year) AS least, sum(regional_shift_upper ORDER BY from_year) AS most
        FROM cluster_dynamics
        WHERE from_year IN (2022, 2023) AND to_year = from_year + 1 AND comparable
        GROUP BY region_id, cluster_id
        HAVING count(regional_shift) = 2
    """
    compared = con.execute(
        f"""
        SELECT count(*), count(*) FILTER (
            (d.regional_shift_dynamic, d.regional_shift_dynamic_lower, d.regional_shift_dynamic_upper)
            IS DISTINCT FROM (s.summed, s.least, s.most)
        )
        FROM ({steps}) AS s
        INNER JOIN cluster_dynamics_between(2022, 2024) AS d USING (region_id, cluster_id)
        """
    ).fetchone()
    assert compared is not None
    assert compared[0] > 1000
    assert compared[1] == 0


@pytest.mark.parametrize(
    "years", [(2024, 2022), (2022, 2022), (1980, 2022), (2022, 2080), (1980, 2080), (None, 2022)], ids=str
)
def test_what_is_no_pair_of_years_of_the_release_gives_no_row(con: Con, years: tuple[int | None, int]) -> None:
    assert con.execute("SELECT count(*) FROM cluster_dynamics_between(?, ?)", years).fetchone() == (0,)


def test_the_macro_says_what_it_gives(con: Con) -> None:
    told = con.execute(
        "SELECT function_name, parameters, comment FROM duckdb_functions() WHERE NOT internal"
    ).fetchall()
    [(name, parameters, comment)] = told
    assert (name, parameters) == ("cluster_dynamics_between", ["first_year", "last_year"])
    assert "FROM cluster_dynamics_between(" in comment
    mentioned = con.execute("SELECT comment FROM duckdb_tables() WHERE table_name = 'cluster_dynamics'").fetchone()
    assert mentioned is not None
    assert name in mentioned[0]
