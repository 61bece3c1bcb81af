"""U.S. Cluster Mapping's flags, by the code that fills `cluster_specialisation`, and what that says in doubt.

Belongs here: the macro `ucm_flags` against published flags, and against every completion of bounded figures. Does
not: how the bounds come about.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from functools import cache
from itertools import product
from pathlib import Path
from runpy import run_path
from types import SimpleNamespace

import duckdb
import jinja2
import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

DBT = Path(__file__).parents[2] / "dbt_project"
MACRO = DBT / "macros" / "specialisation.sql"
STANDINGS = SimpleNamespace(**run_path(str(DBT / "models" / "intermediate" / "year" / "int_cluster_standings.py")))
FLAGS = ("qualifying", "significant", "strong", "strong10")
# Quotients of one cluster and year are shares over one and the same share of the nation, which is 1 here.
WITH_SHARES = """
    SELECT *, lq_lower AS share_lower, lq_upper AS share_upper, lq_lower AS focus_lower, lq_upper AS focus_upper FROM {}
"""

Flags = tuple[str, str, str, str]
Cell = tuple[int, float, float, float, float]
"""Establishments, then least and most employment, then least and greatest quotient."""


@cache
def rendered(sql: str) -> str:
    """SQL with the project's macros."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    return environment.from_string(MACRO.read_text(encoding="utf-8") + sql).render()


FLAGS_SQL = "{{ ucm_flags('compared', 'stood') }}"
QUANTILES = (25, 50, 75, 90)
QUANTILES_SQL = """
    SELECT
        c.region_id,
        {% for percent in (25, 50, 75, 90) -%}
        {{ above_quantile("s", percent) }} AS above_{{ percent }},
        {{ reaches_quantile("s", percent) }} AS reached_{{ percent }},
        {{ all_of([verdict("employment_lower", "employment_upper", "0", "0", ">"), "reached_" ~ percent]) }}
            AS reaches_{{ percent }},
        {% endfor %}
    FROM compared AS c
    INNER JOIN stood AS s ON c.region_id = s.region_id AND s.figure = 'employment'
"""


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "CREATE TABLE cells (region_type VARCHAR, cluster_id VARCHAR, year INTEGER, region_id VARCHAR, "
            "establishments DOUBLE, employment_lower DOUBLE, employment_upper DOUBLE, lq_lower DOUBLE, lq_upper DOUBLE)"
        )
        connection.execute(f"CREATE VIEW compared AS {WITH_SHARES.format('cells')}")
        yield connection


def stand(con: duckdb.DuckDBPyConnection) -> None:
    """Where the regions of the relation `compared` stand, into the table `stood`."""
    cells = con.table("compared").to_arrow_table()
    con.register("found", pa.concat_tables([STANDINGS.compare(cells, "ucm", name) for name in STANDINGS.FIGURES]))
    con.execute("CREATE OR REPLACE TABLE stood AS SELECT * FROM found")
    con.unregister("found")


def fill(con: duckdb.DuckDBPyConnection, groups: list[list[Cell]]) -> None:
    """Every group is one cluster, and a cell's place in it names the region; with where these stand."""
    con.execute("DELETE FROM cells")
    rows = [("state", str(g), 2016, str(r), *cell) for g, cells in enumerate(groups) for r, cell in enumerate(cells)]
    columns = list(zip(*rows, strict=True))
    con.execute(f"INSERT INTO cells SELECT {', '.join(f'unnest(${i + 1})' for i in range(9))}", columns)
    stand(con)


def flags_of(con: duckdb.DuckDBPyConnection, groups: list[list[Cell]]) -> dict[tuple[int, int], Flags]:
    """The macro's verdicts as {(group, region): flags}."""
    fill(con, groups)
    found = con.execute(rendered(FLAGS_SQL)).fetchall()
    return {(int(cluster), int(region)): flags for region, cluster, _, *flags in found}  # type: ignore[misc]


def test_published_flags_of_all_states(reference: Path) -> None:
    """All four flags of all 51 traded clusters in all 50 states; no tolerance."""
    path = reference / "ucm_states_2016.csv"
    with duckdb.connect() as con:
        con.execute(
            f"""
            CREATE TABLE published AS SELECT * FROM read_csv('{path}', types = {{'region_code': 'VARCHAR'}});
            CREATE TABLE cells AS
            SELECT
                'state' AS region_type, cluster_code AS cluster_id, 2016 AS year, region_code AS region_id,
                est AS establishments, emp AS employment_lower, emp AS employment_upper, lq AS lq_lower, lq AS lq_upper
            FROM published WHERE traded;
            CREATE VIEW compared AS {WITH_SHARES.format("cells")}
            """
        )
        stand(con)
        con.execute(f"CREATE TABLE ours AS {rendered(FLAGS_SQL)}")
        differing = " OR ".join(
            f"coalesce(ucm_{flag}, 'no') <> CASE WHEN {flag} THEN 'yes' ELSE 'no' END" for flag in FLAGS
        )
        both = "published AS p LEFT JOIN ours AS o ON p.region_code = o.region_id AND p.cluster_code = o.cluster_id"
        assert con.sql(f"SELECT count(*) FROM {both} WHERE traded").fetchall() == [(2550,)]
        assert con.sql(f"SELECT * FROM {both} WHERE traded AND ({differing})").fetchall() == []
        counts = con.sql(
            f"SELECT {', '.join(f'count(*) FILTER ({flag})' for flag in FLAGS)} FROM published WHERE traded"
        )
        assert counts.fetchall() == [(1454, 1014, 512, 209)]


def flags_by_definition(cells: list[tuple[int, float, float]]) -> list[Flags]:
    """The published rule on known figures, written a second time, with numpy: a region without jobs has no flag."""
    members = [c for c in cells if c[1] > 0]
    if not members:
        return [("no",) * 4 for _ in cells]  # type: ignore[misc]
    est, emp, lq = (np.array(values, dtype=float) for values in zip(*members, strict=True))
    q25, q50, q75, q90 = np.quantile(lq, [0.25, 0.5, 0.75, 0.9])
    found = []
    for plants, jobs, quotient in cells:
        large = jobs > 0 and plants > np.quantile(est, 0.25) and jobs > np.quantile(emp, 0.25)
        strong = large and quotient >= 1
        flags = (
            large and quotient > q25,
            large and quotient > q50,
            strong and quotient >= q75,
            strong and quotient >= q90,
        )
        found.append(tuple("yes" if flag else "no" for flag in flags))
    return found  # type: ignore[return-value]


def interval(most: int) -> st.SearchStrategy[tuple[float, float]]:
    known = st.integers(0, most).map(lambda value: (float(value), float(value)))
    open_ = st.tuples(st.integers(0, most), st.integers(0, most)).map(lambda p: (float(min(p)), float(max(p))))
    withheld = st.integers(1, most).map(lambda value: (0.0, float(value)))
    return st.one_of(known, known, open_, withheld)


@st.composite
def bounded_cells(draw: st.DrawFn) -> Cell:
    least, most = draw(interval(12))
    low, high = draw(interval(6))
    # A quotient is nought exactly where employment is.
    if most == 0:
        low, high = 0.0, 0.0
    elif least > 0:
        low, high = max(low, 0.5), max(high, 0.5)
    else:
        low, high = 0.0, max(high, 0.5)
    return draw(st.integers(0, 5)), least, most, low / 2, high / 2


def completions(cells: list[Cell], seed: int) -> Iterator[list[tuple[int, float, float]]]:
    """Figures inside the bounds: all at one end or at the other, and at random, ends being likelier than the middle."""
    rng = random.Random(seed)
    for number in range(40):
        completion = []
        for plants, least, most, low, high in cells:
            share = (0.0, 1.0)[number] if number < 2 else rng.choice((0.0, 1.0, rng.random()))
            other = share if number < 2 else rng.choice((0.0, 1.0, rng.random()))
            jobs = least + share * (most - least)
            quotient = max(low + other * (high - low), 1e-6) if jobs > 0 else 0.0
            completion.append((plants, jobs, min(quotient, high)))
        yield completion


def contradictions(verdicts: dict[tuple[int, int], Flags], cells: list[Cell], seed: int, group: int = 0) -> list[str]:
    """Verdicts that some completion of the cells refutes."""
    found = []
    for completion in completions(cells, seed):
        for region, true_flags in enumerate(flags_by_definition(completion)):
            verdict = verdicts.get((group, region), ("no",) * 4)
            found += [
                f"region {region}: {flag} {said}, yet {true} in {completion}"
                for flag, said, true in zip(FLAGS, verdict, true_flags, strict=True)
                if said not in (true, "undetermined")
            ]
    return found


@settings(max_examples=100, deadline=None)
@given(cells=st.lists(bounded_cells(), min_size=1, max_size=14), seed=st.integers(0, 2**32))
def test_a_verdict_holds_in_every_completion(con: duckdb.DuckDBPyConnection, cells: list[Cell], seed: int) -> None:
    assert contradictions(flags_of(con, [cells]), cells, seed) == []


def every_completion(jobs: list[tuple[float, float]]) -> Iterator[tuple[float, ...]]:
    """Every region at its least and at its most, and what may be none also next to none."""
    return product(*[{least, most} | ({0.5} if least < 0.5 < most else set()) for least, most in jobs])


@settings(max_examples=100, deadline=None)
@given(jobs=st.lists(interval(4), min_size=1, max_size=5))
def test_a_verdict_on_a_quantile_is_open_exactly_if_completions_differ(
    con: duckdb.DuckDBPyConnection, jobs: list[tuple[float, float]]
) -> None:
    """Not only sound but as decided as can be; the true verdicts are numpy's, which interpolates linearly as well."""
    outcomes: list[list[set[bool]]] = [[set() for _ in range(2 * len(QUANTILES))] for _ in jobs]
    for completion in every_completion(jobs):
        members = [value for value in completion if value > 0]
        places = np.quantile(members, [percent / 100 for percent in QUANTILES]) if members else [np.inf] * 4
        for region, value in enumerate(completion):
            for number, place in enumerate(places):
                outcomes[region][2 * number].add(bool(value > place))
                outcomes[region][2 * number + 1].add(bool(value > 0 and value >= place))
    fill(con, [[(1, least, most, least, most) for least, most in jobs]])
    names = [f"{test}_{percent}" for percent in QUANTILES for test in ("above", "reaches")]
    said = con.sql(f"SELECT {', '.join(names)} FROM ({rendered(QUANTILES_SQL)}) ORDER BY region_id").fetchall()
    words = {frozenset({True}): "yes", frozenset({False}): "no"}
    assert said == [tuple(words.get(frozenset(o), "undetermined") for o in region) for region in outcomes]


def economy(rng: random.Random, withheld: float) -> list[Cell]:
    """Fifty regions of one cluster, of which a share prints establishments only and bounds the rest."""
    cells = []
    for _ in range(50):
        plants = rng.randint(1, 400)
        jobs, quotient = plants * rng.lognormvariate(3, 1), rng.lognormvariate(0, 0.7)
        if rng.random() >= withheld:
            cells.append((plants, jobs, jobs, quotient, quotient))
        elif rng.random() < 0.5:
            cells.append((plants, 0.0, jobs * rng.uniform(1, 2), 0.0, quotient * rng.uniform(1, 2)))
        else:
            cells.append((plants, jobs * 0.9, jobs * 1.2, quotient * 0.9, quotient * 1.2))
    return cells


@pytest.mark.parametrize(("withheld", "least_determined"), [(0.0, 1.0), (0.05, 0.96), (0.2, 0.84), (0.5, 0.67)])
def test_most_verdicts_are_determined_and_none_is_wrong(
    con: duckdb.DuckDBPyConnection,
    record_property: Callable[[str, object], None],
    withheld: float,
    least_determined: float,
) -> None:
    rng = random.Random(2016)
    groups = [economy(rng, withheld) for _ in range(20)]
    verdicts = flags_of(con, groups)
    for number, cells in enumerate(groups):
        assert contradictions(verdicts, cells, number, number) == []
    said = [flag for flags in verdicts.values() for flag in flags]
    determined = 1 - said.count("undetermined") / len(said)
    print(f"\n{withheld:.0%} of cells withheld: {determined:.1%} of verdicts determined")
    record_property("determined", f"{withheld:.0%} withheld: {determined:.1%}")
    assert determined >= least_determined


def test_an_unknown_upper_bound_is_unbounded(con: duckdb.DuckDBPyConnection) -> None:
    """A region without an upper bound may lie above the others, may lie below, or may not count at all."""
    known = [(10 + n, 100.0 + n, 100.0 + n, 1 + n / 10, 1 + n / 10) for n in range(4)]
    settled = flags_of(con, [known])
    assert settled[0, 3] == ["yes"] * 4
    opened = flags_of(con, [[*known, (12, 0.0, None, 0.0, None)]])  # type: ignore[list-item]
    assert opened[0, 3] == ["yes", "yes", "yes", "undetermined"]
    assert opened[0, 4] == ["undetermined"] * 4
