"""Published shift-share figures, by the SQL that fills `cluster_dynamics`, and its bounds over completions.

Belongs here: the macros `shift_share` and `dynamic_shift_share`. Does not: which spans there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

PROJECT = Path(__file__).parents[2] / "dbt_project"
PARTS = ("national_share", "industry_mix", "regional_shift", "allocation_effect", "competitive_effect")
BOUNDED = ("employment_from", "employment_to", "cluster_from", "cluster_to", "nation_from", "nation_to", "region_from")
COLUMNS = [f"{name}_{bound}" for name in BOUNDED for bound in ("lower", "upper")]


def rendered(source: str) -> str:
    """A piece of the dbt project's SQL, with its macros."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, extensions=["jinja2.ext.do"], autoescape=False)
    macros = "".join(
        (PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in ("concentration", "shift_share")
    )
    return environment.from_string(macros + source).render()


SHIFT_SHARE = rendered("{{ shift_share('spans') }}")
DYNAMIC = rendered("{{ dynamic_shift_share('parts') }}")


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(
            "CREATE TABLE spans (region_id VARCHAR, cluster_id VARCHAR, from_year INTEGER, to_year INTEGER, "
            f"is_nation BOOLEAN, {', '.join(f'{c} DOUBLE' for c in COLUMNS)})"
        )
        yield connection


Row = dict[str, Any]


def shift_share(con: duckdb.DuckDBPyConnection, rows: list[Row]) -> list[Row]:
    """The macro's answer to spans, in their order; `region_id` is made their number where they name none."""
    con.execute("DELETE FROM spans")
    keys = {"cluster_id": "", "from_year": 2000, "to_year": 2001, "is_nation": False}
    full = [{"region_id": str(k)} | keys | row for k, row in enumerate(rows)]
    names = ["region_id", *keys, *COLUMNS]
    con.executemany(
        f"INSERT INTO spans ({', '.join(names)}) VALUES ({', '.join('?' * len(names))})",
        [[row[name] for name in names] for row in full],
    )
    relation = con.sql(SHIFT_SHARE)
    found = {row["region_id"] + row["cluster_id"] + str(row["from_year"]): row for row in dicts(relation)}
    return [found[row["region_id"] + row["cluster_id"] + str(row["from_year"])] for row in full]


def dicts(relation: duckdb.DuckDBPyRelation) -> list[Row]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def known(**values: float) -> Row:
    return {f"{name}_{bound}": float(value) for name, value in values.items() for bound in ("lower", "upper")}


def span(region: list[float], later: list[float], nation: list[float], after: list[float], k: int) -> Row:
    return known(
        employment_from=region[k], employment_to=later[k], cluster_from=nation[k], cluster_to=after[k],
        nation_from=sum(nation), nation_to=sum(after), region_from=sum(region),
    )  # fmt: skip


NAMES = {"national_share": "national_share", "industry_mix": "industrial_mix", "regional_shift": "regional_share"}


def agrees(sums: Row, told: Row) -> None:
    """A region's parts, summed over its industries, with what REAT says of them."""
    for ours, theirs in NAMES.items():
        assert sums[ours] == pytest.approx(told[theirs], abs=1e-8)
    assert sums["industry_mix"] + sums["regional_shift"] == pytest.approx(told["net_total_shift"], abs=1e-8)
    assert sum(sums[part] for part in NAMES) == pytest.approx(told["growth"], abs=1e-8)


def summed(rows: list[Row]) -> Row:
    return {part: sum(row[part] for row in rows) for part in PARTS}


def test_textbook_regions(reference: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Dunn's and Esteban-Marquillas's parts of three regions of four industries."""
    data = json.loads((reference / "oracles" / "reat_shift_share.json").read_text(encoding="utf-8"))
    given, told = data["inputs"], data["expected"]["static_t0_t1"]
    sums = {}
    for region in "ABC":
        ends = [given[f"{place}{t}"] for place in (region, "X") for t in (0, 1)]
        found = shift_share(con, [span(*ends, k) for k in range(4)])
        sums[region] = summed(found)
        esteban = told["Esteban"][region]
        agrees(sums[region], told["Dunn"][region])
        assert {part: esteban[part] for part in ("growth", "national_share", "industrial_mix")} == {
            part: told["Dunn"][region][part] for part in ("growth", "national_share", "industrial_mix")
        }
        assert sums[region]["competitive_effect"] == pytest.approx(esteban["regional_share"], abs=1e-8)
        assert sums[region]["allocation_effect"] == pytest.approx(esteban["allocation_effect"], abs=1e-8)
        if region == "A":
            by_industry = data["expected"]["by_industry_A_dunn"]
            for part in ("regional_share", "net_total_shift"):
                assert [row["regional_shift"] for row in found] == pytest.approx(by_industry[part], abs=1e-8)
            # What REAT calls an industry's national share is growth at the industry's national pace.
            both = [row["national_share"] + row["industry_mix"] for row in found]
            assert both == pytest.approx(by_industry["national_share"], abs=1e-8)
            growth = [sum(row[part] for part in NAMES) for row in found]
            assert growth == pytest.approx(by_industry["growth"], abs=1e-8)
    assert sum(parts["regional_shift"] for parts in sums.values()) == pytest.approx(0, abs=1e-8)


def test_dynamic_form(reference: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Two years of region A: the sum of the yearly parts, by the model that sums them; the static parts differ."""
    data = json.loads((reference / "oracles" / "reat_shift_share.json").read_text(encoding="utf-8"))
    given, told = data["inputs"], data["expected"]
    rows = [
        {"region_id": "A", "cluster_id": str(k), "from_year": 2000 + t0, "to_year": 2000 + t1}
        | span(*(given[f"{place}{t}"] for place in "AX" for t in (t0, t1)), k)
        for t0, t1 in ((0, 1), (1, 2))
        for k in range(4)
    ]
    rows += [
        {"region_id": "whole", "cluster_id": str(k), "to_year": 2002}
        | span(*(given[f"{place}{t}"] for place in "AX" for t in (0, 2)), k)
        for k in range(4)
    ]
    shift_share(con, rows)
    con.execute(f"CREATE OR REPLACE TABLE parts AS {SHIFT_SHARE}")
    con.execute("UPDATE parts SET region_id = 'A'")
    steps = dicts(con.sql(DYNAMIC))
    assert [(row["from_year"], row["to_year"]) for row in steps] == [(2000, 2002)] * 4
    agrees({part: sum(row[part] for row in steps) for part in NAMES}, told["dynamic_A_2000_2002"]["total"])
    for ours in NAMES:
        ends = [sum(row[f"{ours}{end}"] for row in steps) for end in ("_lower", "", "_upper")]
        assert ends == pytest.approx([ends[1]] * 3, abs=1e-8)
    spans = dicts(con.sql("FROM parts"))
    for from_year, to_year, expected in (
        (2000, 2001, told["dynamic_A_2000_2002"]["by_year"]["2000-2001"]),
        (2001, 2002, told["dynamic_A_2000_2002"]["by_year"]["2001-2002"]),
        (2000, 2002, told["static_A_2000_2002"]),
    ):
        agrees(summed([row for row in spans if (row["from_year"], row["to_year"]) == (from_year, to_year)]), expected)


def test_goettingen_over_nine_years(reference: Path, con: duckdb.DuckDBPyConnection) -> None:
    """Fifteen branches, whose sum is the whole here, in one span and in yearly steps."""
    data = json.loads((reference / "oracles" / "reat_goettingen_freiburg.json").read_text(encoding="utf-8"))
    columns, rows = (data["inputs"]["goettingen"][part] for part in ("columns", "rows"))
    branches, told = [dict(zip(columns, row, strict=True)) for row in rows[1:]], data["expected"]["goettingen"]
    years = range(2008, 2018)

    def of(place: str, year: int) -> list[float]:
        return [branch[f"{place}{year}"] for branch in branches]

    spans = [
        {"region_id": f"until {t1}", "cluster_id": f"{k:02}", "from_year": t0, "to_year": t1}
        | span(of("Goettingen", t0), of("Goettingen", t1), of("BRD", t0), of("BRD", t1), k)
        for t0, t1 in [*pairwise(years), (2008, 2017)]
        for k in range(len(branches))
    ]
    found = shift_share(con, spans)
    agrees(summed(found[-len(branches) :]), told["shift_share_static_2008_2017"])
    con.execute(f"CREATE OR REPLACE TABLE parts AS {SHIFT_SHARE}")
    con.execute("UPDATE parts SET region_id = 'G'")
    steps = dicts(con.sql(DYNAMIC))
    assert [(row["from_year"], row["to_year"]) for row in steps] == [(2008, 2017)] * len(branches)
    dynamic = {part: sum(row[part] for row in steps) for part in NAMES}
    agrees(dynamic, told["shift_share_dynamic_2008_2017"])


def test_freiburg_over_six_years(reference: Path, con: duckdb.DuckDBPyConnection) -> None:
    data = json.loads((reference / "oracles" / "reat_goettingen_freiburg.json").read_text(encoding="utf-8"))
    figures = [list(column) for column in zip(*data["inputs"]["freiburg"]["rows"], strict=True)][1:]
    town, later, nation, after = figures
    found = shift_share(con, [span(town, later, nation, after, k) for k in range(len(town))])
    agrees(summed(found), data["expected"]["freiburg"]["shift_share_static_2008_2014"])


@st.composite
def bounded_spans(draw: st.DrawFn) -> Row:
    row: Row = {}
    for name, most in zip(BOUNDED, (40, 40, 400, 400, 4000, 4000, 600), strict=True):
        least = draw(st.integers(0 if name.startswith("employment") else 1, most))
        row |= {f"{name}_lower": float(least), f"{name}_upper": float(least + draw(st.integers(0, most // 2)))}
    return row


def plainly(e: float, e1: float, i: float, i1: float, n: float, n1: float, r: float) -> dict[str, float]:
    """The parts as their sources write them."""
    growth, growth_i, homothetic = n1 / n - 1, i1 / i - 1, r * i / n
    lead = e1 / e - 1 - growth_i if e else np.nan
    return {
        "national_share": e * growth,
        "industry_mix": e * (growth_i - growth),
        "regional_shift": e1 - e - e * growth_i,
        "competitive_effect": homothetic * lead,
        "allocation_effect": (e - homothetic) * lead,
    }


@settings(deadline=None, max_examples=80)
@given(st.lists(bounded_spans(), min_size=1, max_size=6), st.integers(0, 2**32 - 1))
def test_every_completion_lies_within_the_bounds(con: duckdb.DuckDBPyConnection, spans: list[Row], seed: int) -> None:
    """Random completions, and those at the ends of the intervals, where extremes are."""
    rng = np.random.default_rng(seed)
    for row, found in zip(spans, shift_share(con, spans), strict=True):
        for _ in range(60):
            at = rng.uniform(0, 1, len(BOUNDED)) if rng.uniform() < 0.5 else rng.integers(0, 2, len(BOUNDED))
            drawn = [
                row[f"{name}_lower"] + a * (row[f"{name}_upper"] - row[f"{name}_lower"])
                for name, a in zip(BOUNDED, at, strict=True)
            ]
            for part, truth in plainly(*drawn).items():
                least, most = found[f"{part}_lower"], found[f"{part}_upper"]
                assert np.isnan(truth) or least is None or least <= truth + 1e-6, part
                assert np.isnan(truth) or most is None or truth <= most + 1e-6, part
        for part in PARTS:
            if found[part] is not None:
                assert found[f"{part}_lower"] - 1e-9 <= found[part] <= found[f"{part}_upper"] + 1e-9


def test_the_allocation_effect_is_greatest_between_the_ends(con: duckdb.DuckDBPyConnection) -> None:
    """With h = 25, e1 = 4 and a constant nation it is 29 - e - 100 / e: 9 at e = 10, less at 5 and 20."""
    row = known(employment_to=4, cluster_from=50, cluster_to=50, nation_from=100, nation_to=100, region_from=50)
    (found,) = shift_share(con, [row | {"employment_from_lower": 5.0, "employment_from_upper": 20.0}])
    assert found["allocation_effect_upper"] == pytest.approx(9)
    assert found["allocation_effect_lower"] == pytest.approx(4)
    assert found["allocation_effect"] is None


def test_a_cluster_that_was_not_there_has_no_effects_of_its_own_growth(con: duckdb.DuckDBPyConnection) -> None:
    around = known(cluster_from=50, cluster_to=60, nation_from=100, nation_to=100, region_from=50)
    (found,) = shift_share(con, [known(employment_from=0, employment_to=8) | around])
    assert [found[part] for part in PARTS] == [0, 0, 8, None, None]
    assert found["allocation_effect_upper"] is None


def test_the_nation_has_no_regional_part(con: duckdb.DuckDBPyConnection) -> None:
    """Even where its own figure is open: whatever it is, its growth is what regions are compared with."""
    row = known(nation_from=100, nation_to=110, region_from=100) | {"is_nation": True}
    for name in ("employment", "cluster"):
        row |= {
            f"{name}_from_lower": 40.0,
            f"{name}_from_upper": 50.0,
            f"{name}_to_lower": 60.0,
            f"{name}_to_upper": 60.0,
        }
    (found,) = shift_share(con, [row])
    assert [found[f"regional_shift{end}"] for end in ("", "_lower", "_upper")] == [0, 0, 0]
    assert (found["industry_mix_lower"], found["industry_mix_upper"]) == pytest.approx((60 - 55, 60 - 44))


def test_an_unknown_nation_leaves_everything_open(con: duckdb.DuckDBPyConnection) -> None:
    row = known(employment_from=5, employment_to=6) | {c: None for c in COLUMNS if not c.startswith("employment")}
    (found,) = shift_share(con, [row])
    assert {found[f"{part}{end}"] for part in PARTS for end in ("", "_lower", "_upper")} == {None}


@pytest.mark.parametrize("column", ["employment_from_upper", "region_from_upper", "cluster_to_upper"])
def test_what_has_no_bound_gives_none(con: duckdb.DuckDBPyConnection, column: str) -> None:
    """Greatest and least values pass over what is unknown, in SQL; a bound must not."""
    values = known(
        employment_from=5,
        employment_to=9,
        cluster_from=50,
        cluster_to=60,
        nation_from=100,
        nation_to=90,
        region_from=40,
    )
    (whole,), (open_,) = shift_share(con, [values]), shift_share(con, [values | {column: None}])
    assert whole["competitive_effect"] is not None
    assert (open_["competitive_effect_lower"], open_["allocation_effect_lower"]) == (None, None)
    assert (open_["national_share_lower"] is None) == (column == "employment_from_upper")
