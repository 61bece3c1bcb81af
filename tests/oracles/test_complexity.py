"""Published figures of complexity and relatedness, by the models of `region_complexity` and `cluster_opportunity`.

Belongs here: Hidalgo & Hausmann's network S4, EconGeo's five regions, and what the marts give where little is settled.
Does not: properties of the kernel (`tests/indicators/test_complexity.py`), other packages' figures on random matrices.
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import jinja2
import numpy as np
import pytest

from orchestration.indicators.complexity import complexity, proximity, reflections, relatedness_density, together

PROJECT = Path(__file__).parents[2] / "dbt_project"
MACROS = ("specialisation", "relatedness")
# The oracle's own tolerance; it prints twelve digits.
PRINTED = 2e-6

Row = dict[str, Any]


def rendered(sql: str) -> str:
    """A piece of the dbt project's SQL, with its macros; a model is the table of its name."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    macros = "".join((PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)
    return environment.from_string(macros + sql).render(ref=lambda name: name)


def model(path: str) -> str:
    return rendered((PROJECT / "models" / f"{path}.sql").read_text(encoding="utf-8"))


def python_model(path: str) -> Any:
    spec = importlib.util.spec_from_file_location("model", PROJECT / "models" / f"{path}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.model


@pytest.fixture
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def marts(
    con: duckdb.DuckDBPyConnection, plants: np.ndarray, lower: np.ndarray | None = None, upper: np.ndarray | None = None
) -> tuple[list[Row], list[list[Row]]]:
    """The rows of both marts, regions and regions by clusters, from quotients; those of jobs are as those of plants
    where they are not given, and NaN is no bound. Estimates are as plants."""
    regions, clusters = plants.shape
    low, high = plants if lower is None else lower, plants if upper is None else upper
    con.execute(
        "CREATE OR REPLACE TABLE int_cluster_grid (region_type VARCHAR, region_id VARCHAR, cluster_id VARCHAR, "
        "year INTEGER, employment_upper DOUBLE, lq_all_lower DOUBLE, lq_all_upper DOUBLE, lq_establishments DOUBLE, "
        "lq_all_estimate DOUBLE)"
    )
    con.execute(
        "CREATE OR REPLACE TABLE int_cluster_completions (region_id VARCHAR, cluster_id VARCHAR, year INTEGER, "
        "diversity_p10 DOUBLE, diversity_p90 DOUBLE)"
    )
    for r in range(regions):
        for c in range(clusters):
            bounds = [None if np.isnan(x) else float(x) for x in (low[r, c], high[r, c], plants[r, c], plants[r, c])]
            row = ["state", f"state:{r:02}", f"c{c:02}", 2016, 0 if bounds[1] == 0 else 9, *bounds]
            con.execute("INSERT INTO int_cluster_grid VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)
    con.execute(f"CREATE OR REPLACE TABLE int_relatedness_cells AS {model('intermediate/year/int_relatedness_cells')}")
    dbt = SimpleNamespace(config=lambda **_: None, ref=con.table)
    figures = python_model("intermediate/year/int_relatedness")(dbt, None)
    con.execute("CREATE OR REPLACE TABLE int_relatedness AS SELECT * FROM figures")
    of_regions = dicts(con.sql(model("marts/year/region_complexity")).order("region_id"))
    of_cells = dicts(con.sql(model("marts/year/cluster_opportunity")).order("region_id, cluster_id"))
    assert figures.num_rows == len(of_cells) == regions * clusters
    return of_regions, [of_cells[k * clusters : (k + 1) * clusters] for k in range(regions)]


def dicts(relation: duckdb.DuckDBPyRelation) -> list[Row]:
    return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]


def oracle(reference: Path, name: str) -> tuple[Row, Row]:
    data = json.loads((reference / "oracles" / f"{name}.json").read_text(encoding="utf-8"))
    return data["inputs"], data["expected"]


def column(rows: list[Row], name: str) -> list[Any]:
    return [row[name] for row in rows]


def table(rows: list[list[Row]], name: str) -> list[list[Any]]:
    return [column(row, name) for row in rows]


def flat(rows: list[list[Any]]) -> list[Any]:
    return list(chain.from_iterable(rows))


@pytest.mark.parametrize("basis", ["", "_establishments", "_on_estimates"])
def test_indices_of_hidalgo_and_hausmann(reference: Path, con: duckdb.DuckDBPyConnection, basis: str) -> None:
    """Eigenvectors are defined up to sign, and the file says: flip both. Its ECI is oriented on diversity, with which
    it is correlated at 0.11, and its PCI apart from that on rarity, at 0.41: in it the only product of C2, the country
    of least ECI, has the greatest PCI. Ours have one sign, here that of the file's PCI, since 0.11 settles nothing;
    the kernel, before that is looked at, has that of the file's ECI."""
    given, told = oracle(reference, "eci_hidalgo_hausmann_s4")
    regions, cells = marts(con, np.array(given["M"], dtype=float))
    assert column(regions, f"diversity{basis}") == told["diversity"]
    assert column(regions, f"connected{basis}") == [True] * 4
    assert column(regions, f"oriented_on{basis}") == ["rarity"] * 4
    assert column(regions, f"eci{basis}") == pytest.approx([-eci for eci in told["eci_zscore_ddof0"]], abs=PRINTED)
    assert complexity(np.array(given["M"]) == 1).eci == pytest.approx(told["eci_zscore_ddof0"], abs=PRINTED)
    for row in table(cells, f"complexity{basis}"):
        assert row == pytest.approx(told["pci_zscore_ddof0"], abs=PRINTED)
    assert [v == "yes" for v in flat(table(cells, f"present{basis}"))] == [m == 1 for m in flat(given["M"])]
    density = np.array(table(cells, f"relatedness_density{basis}"))
    np.testing.assert_allclose(density, told["density_without_diagonal"], atol=PRINTED)


def test_proximity_and_reflections_of_hidalgo_and_hausmann(reference: Path, con: duckdb.DuckDBPyConnection) -> None:
    """The marts publish densities without the diagonal, and of the reflections the first of regions."""
    given, told = oracle(reference, "eci_hidalgo_hausmann_s4")
    present = np.array(given["M"]) == 1
    phi = proximity(present)
    with_diagonal = np.array(told["proximity_min_conditional"])
    np.testing.assert_allclose(phi, with_diagonal - np.eye(4), atol=PRINTED)
    np.testing.assert_allclose(
        relatedness_density(present, phi + np.eye(4)), told["density_with_diagonal"], atol=PRINTED
    )
    for step, name in ((1, "k1"), (2, "k2")):
        for found, side in zip(reflections(present, step), ("country", "product"), strict=True):
            np.testing.assert_allclose(found, told[f"reflections_{side}_{name}"], atol=PRINTED)
    of_products = reflections(present, 0)[1]
    assert of_products.tolist() == told["ubiquity"]
    regions, _ = marts(con, present.astype(float))
    expected = pytest.approx(told["reflections_country_k1"], abs=PRINTED)
    assert column(regions, "average_ubiquity_establishments") == expected
    assert column(regions, "average_ubiquity_on_estimates") == expected


def test_quotients_presence_and_cooccurrence_of_econgeo(reference: Path, con: duckdb.DuckDBPyConnection) -> None:
    """EconGeo counts quotients above 1 as present, we those of 1 as well: two industries of region 3."""
    given, told = oracle(reference, "econgeo_5x5")
    jobs = np.array(given["matrix"])
    con.execute("CREATE TABLE cells (r INTEGER, i INTEGER, jobs DOUBLE)")
    con.executemany("INSERT INTO cells VALUES (?, ?, ?)", [[r, i, float(jobs[r, i])] for r, i in np.ndindex(5, 5)])
    quotient = rendered(
        "{{ location_quotient('jobs', 'sum(jobs) OVER (PARTITION BY r)', 'sum(jobs) OVER (PARTITION BY i)', "
        "'sum(jobs) OVER ()') }}"
    )
    lq = np.array([q for (q,) in con.sql(f"SELECT {quotient} FROM cells ORDER BY r, i").fetchall()]).reshape(5, 5)
    np.testing.assert_allclose(lq, told["location_quotient"], atol=1e-9)
    _, cells = marts(con, lq)
    present = np.array(table(cells, "present")) == "yes"
    above = np.array(told["binary_lq_gt_1"]) == 1
    assert np.argwhere(present != above).tolist() == [[2, 1], [2, 3]]
    counted = together(above, above)
    np.testing.assert_array_equal(counted - np.diag(np.diag(counted)), told["cooccurrence"])


def test_density_of_econgeo(reference: Path) -> None:
    """Its relatedness is another (by probability, which no mart publishes); its density is ours on that, in percent."""
    _, told = oracle(reference, "econgeo_5x5")
    related = np.array(told["relatedness_binary_prob_ge_1"], dtype=float)
    found = relatedness_density(np.array(told["binary_lq_gt_1"]) == 1, related)
    np.testing.assert_allclose(100 * found, np.array(told["relatedness_density_percent_prob"], dtype=float), atol=1e-9)


NESTED = np.tril(np.ones((10, 10)), 2)[:, ::-1]


@pytest.mark.parametrize(("count", "given"), [(0, True), (10, True), (11, False)])
def test_indices_on_jobs_need_nine_tenths_settled(con: duckdb.DuckDBPyConnection, count: int, given: bool) -> None:
    """Of ten by ten cells; those on establishments and on estimates do not mind."""
    low, high = NESTED.copy(), NESTED.copy()
    for k in range(count):
        low[k % 10, (3 * k + k // 10) % 10], high[k % 10, (3 * k + k // 10) % 10] = 0, np.nan
    regions, cells = marts(con, NESTED, low, high)
    assert {row["type_coverage"] for row in regions} == {1 - count / 100}
    assert {row["orientation"] is not None for row in regions} == {given}
    assert {row["orientation_establishments"] > 0.5 for row in regions} == {True}
    for rows, name in ((regions, "eci"), (flat(cells), "complexity"), (flat(cells), "relatedness_density")):
        assert {row[name] is not None for row in rows} == {given}, name
        assert all(row[f"{name}_{basis}"] is not None for row in rows for basis in ("establishments", "on_estimates"))
    for row in flat(cells):
        assert row["opportunity_rank"] is None or given
        assert row["present"] != "undetermined" or row["opportunity_rank"] is None
        if row["relatedness_density"] is not None:
            assert row["relatedness_density_lower"] <= row["relatedness_density"] <= row["relatedness_density_upper"]


def test_a_region_of_which_little_is_settled_has_no_index_on_jobs(con: duckdb.DuckDBPyConnection) -> None:
    low, high = NESTED.copy(), NESTED.copy()
    low[4, :3], high[4, :3] = 0, np.nan
    regions, cells = marts(con, NESTED, low, high)
    assert [k for k, row in enumerate(regions) if row["eci"] is None] == [4]
    assert [k for k, row in enumerate(cells) if row[9]["relatedness_density"] is None] == [4]
    assert regions[4]["diversity"] is None
    assert regions[4]["diversity_upper"] - regions[4]["diversity_lower"] == 3
    assert regions[4]["diversity_on_estimates"] == NESTED[4].sum()
    assert (regions[4]["diversity_p10"], regions[4]["diversity_p90"]) == (
        regions[4]["diversity_lower"], regions[4]["diversity_upper"],
    )  # fmt: skip
    assert all(row["opportunity_rank"] is None for row in cells[4])
    assert {row["complexity"] is not None for row in flat(cells)} == {True}


def test_a_cluster_of_which_little_is_settled_has_no_complexity_on_jobs(con: duckdb.DuckDBPyConnection) -> None:
    low, high = NESTED.copy(), NESTED.copy()
    low[:3, 4], high[:3, 4] = 0, np.nan
    regions, cells = marts(con, NESTED, low, high)
    assert {k for row in cells for k, cell in enumerate(row) if cell["complexity"] is None} == {4}
    assert {row["eci"] is not None for row in regions} == {True}


def test_lacking_clusters_are_ranked_by_density_and_complexity(con: duckdb.DuckDBPyConnection) -> None:
    rng = np.random.default_rng(5)
    _, cells = marts(con, NESTED + rng.uniform(0, 0.9, (10, 10)) * (NESTED == 0))
    for row in cells:
        lacking = [cell for cell in row if cell["present_establishments"] == "no"]
        assert [cell for cell in row if cell["opportunity_rank_establishments"] is not None] == lacking

        def place(cell: Row, figure: str, among: list[Row] = lacking) -> int:
            return 1 + sum(other[figure] > cell[figure] + 1e-9 for other in among)

        def key(cell: Row) -> tuple[int, int, str]:
            density = place(cell, "relatedness_density_establishments")
            return density + place(cell, "complexity_establishments"), density, cell["cluster_id"]

        ranked = sorted(lacking, key=lambda cell: cell["opportunity_rank_establishments"])
        assert ranked == sorted(lacking, key=key)
        assert column(ranked, "opportunity_rank_establishments") == list(range(1, len(lacking) + 1))


def test_what_is_nowhere_and_who_has_nothing(con: duckdb.DuckDBPyConnection) -> None:
    """A cluster that no region has, and whose quotient has no base, is absent; a region without clusters lacks all."""
    quotients = np.zeros((11, 11))
    quotients[:10, :10] = NESTED
    quotients[:, 10] = np.nan
    jobs = np.nan_to_num(quotients)
    regions, cells = marts(con, quotients, jobs, jobs)
    assert set(column([row[10] for row in cells], "present_establishments")) == {"no"}
    assert set(column([row[10] for row in cells], "present")) == {"no"}
    for name in ("complexity", "relatedness_density", "opportunity_rank", "relatedness_density_lower"):
        assert {row[10][name] for row in cells} == {None}, name
    assert (regions[10]["eci"], regions[10]["diversity"], regions[10]["connected"]) == (None, 0, True)
    assert regions[10]["average_ubiquity_establishments"] is None
    assert {cell["relatedness_density"] for cell in cells[10][:10]} == {0.0}
    assert sorted(column(cells[10][:10], "opportunity_rank")) == list(range(1, 11))
    assert None not in column(regions[:10], "eci")


def test_groups_that_share_nothing_have_no_index(con: duckdb.DuckDBPyConnection) -> None:
    quotients = np.kron(np.eye(2), NESTED)
    regions, cells = marts(con, quotients)
    for row in regions:
        assert (row["connected"], row["eci"], row["connected_establishments"], row["eci_establishments"]) == (
            False, None, False, None,
        )  # fmt: skip
    assert {cell["complexity"] for cell in flat(cells)} == {None}
    assert {cell["opportunity_rank_establishments"] for cell in flat(cells)} == {None}
    assert {cell["relatedness_density"] is None for cell in flat(cells)} == {False}


def test_a_single_region_has_no_index(con: duckdb.DuckDBPyConnection) -> None:
    regions, cells = marts(con, np.array([[1.0, 2.0, 0.5]]))
    assert (regions[0]["eci"], regions[0]["diversity"], regions[0]["connected"]) == (None, 2, True)
    assert column(cells[0], "relatedness_density") == [1.0, 1.0, None]
    assert column(cells[0], "opportunity_rank") == [None] * 3


def test_no_regions_give_no_rows(con: duckdb.DuckDBPyConnection) -> None:
    assert marts(con, np.ones((0, 3))) == ([], [])
