"""How our nearness of clusters ranks against the published one of U.S. Cluster Mapping, through the mart itself.

Belongs here: rank correlation of `cluster_linkage` with the 51 by 51 pairs of Delgado, Porter & Stern. Does not: the
kernels.

The figures cannot be equal. Theirs rest on older jobs, accounts and staffing, on 179 economic areas that cover the
country, and on the Census Bureau's County Business Patterns with withheld cells filled in. Ours are of 2016, of
accounts of 2017 and staffing of 2025, over some 930 metropolitan and micropolitan areas, and of jobs only where they
are known: too high as a rule, since large and empty regions are known more often. That the areas matter is tested:
over theirs, our correlation of establishments comes nearer. Links of accounts are few large values among many near
zero, so that small ones decide their order. Floors lie a little below what was found.
"""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np
import pytest
from scipy.stats import pearsonr, spearmanr

from orchestration.indicators.linkage import known_correlations, means_of_groups

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "clusters.csv"
# Least Spearman rank correlation over metros, counties and states, and least share of pairs that must have a value.
FLOORS = {
    ("lc_establishments", "lc_est"): (0.90, 0.90, 0.86, 1.0),
    ("lc_employment", "lc_emp"): (0.78, 0.78, 0.85, 0.15),
    ("combined", "all"): (0.87, 0.85, 0.84, 1.0),
}


@pytest.fixture(scope="module")
def published(reference: Path) -> dict[tuple[str, str], dict[str, float]]:
    """The published figures of every pair of clusters, by our names."""
    with SEED.open(encoding="utf-8", newline="") as file:
        names = {row["ucm_code"]: row["cluster_id"] for row in csv.DictReader(file) if row["kind"] == "traded"}
    with (reference / "related_clusters.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 51 * 51
    return {(names[r["code_a"]], names[r["code_b"]]): {k: float(r[k]) for k in COLUMNS} for r in rows}


COLUMNS = ("lc_emp", "lc_est", "lc", "io", "occ", "all", "related_90")


def compared(
    warehouse: duckdb.DuckDBPyConnection, published: dict[tuple[str, str], dict[str, float]], ours: str, theirs: str
) -> tuple[np.ndarray, np.ndarray]:
    """Both figures of every pair of two clusters in 2016 that ours has one of."""
    rows = warehouse.sql(
        f"""
        SELECT cluster_a, cluster_b, ({ours})::DOUBLE
        FROM cluster_linkage
        WHERE year = 2016 AND cluster_a <> cluster_b AND ({ours}) IS NOT NULL
        ORDER BY ALL
        """
    ).fetchall()
    values = np.array([(value, published[a, b][theirs]) for a, b, value in rows])
    return values[:, 0], values[:, 1]


def test_every_published_pair_is_there(
    warehouse: duckdb.DuckDBPyConnection, published: dict[tuple[str, str], dict[str, float]]
) -> None:
    pairs = warehouse.sql("SELECT cluster_a, cluster_b FROM cluster_linkage WHERE year = 2016").fetchall()
    assert sorted(pairs) == sorted(published)


@pytest.mark.parametrize(("ours", "theirs"), FLOORS)
@pytest.mark.parametrize("over", ["", "_county", "_state"])
def test_order_of_pairs_over_regions(
    warehouse: duckdb.DuckDBPyConnection,
    published: dict[tuple[str, str], dict[str, float]],
    record_property: Callable[[str, object], None],
    ours: str,
    theirs: str,
    over: str,
) -> None:
    *floors, least = FLOORS[ours, theirs]
    mine, other = compared(warehouse, published, ours + over, theirs)
    order = told(record_property, ours + over, theirs, mine, other)
    assert len(mine) >= least * 51 * 50
    assert order > floors[["", "_county", "_state"].index(over)]


@pytest.mark.parametrize(
    ("ours", "theirs", "floor"),
    [
        ("input_output", "io", 0.77),
        ("occupation", "occ", 0.90),
        # The mean of both, where jobs are known.
        ("(lc_employment + lc_establishments) / 2", "lc", 0.88),
    ],
)
def test_order_of_pairs(
    warehouse: duckdb.DuckDBPyConnection,
    published: dict[tuple[str, str], dict[str, float]],
    record_property: Callable[[str, object], None],
    ours: str,
    theirs: str,
    floor: float,
) -> None:
    mine, other = compared(warehouse, published, ours, theirs)
    assert told(record_property, ours, theirs, mine, other) > floor


def test_order_of_pairs_over_economic_areas(
    warehouse: duckdb.DuckDBPyConnection,
    published: dict[tuple[str, str], dict[str, float]],
    reference: Path,
    record_property: Callable[[str, object], None],
) -> None:
    """Establishments of counties, added up to the areas that the published correlations are over."""
    areas = str(reference / "ecoregions_bea_counties.csv")
    cells = warehouse.sql(
        f"""
        WITH areas AS (FROM read_csv('{areas}', all_varchar = true))
        SELECT
            dense_rank() OVER (ORDER BY a.ea_code) - 1 AS area,
            dense_rank() OVER (ORDER BY i.industry_id) - 1 AS industry,
            i.cluster_id, sum(e.establishments)::DOUBLE AS establishments
        FROM employment AS e
        INNER JOIN cluster_industry AS i ON e.industry_id = i.industry_id
        INNER JOIN dim_cluster AS c ON i.cluster_id = c.cluster_id AND c.kind = 'traded'
        INNER JOIN areas AS a ON e.region_id = 'county:' || a.county_fips
        WHERE e.year = 2016 AND e.ownership = 'private'
        GROUP BY a.ea_code, i.industry_id, i.cluster_id
        """
    ).fetchnumpy()
    clusters, number = np.unique(cells["cluster_id"].astype(str), return_inverse=True)
    plants = np.zeros((cells["area"].max() + 1, cells["industry"].max() + 1))
    plants[cells["area"], cells["industry"]] = cells["establishments"]
    member = np.zeros((plants.shape[1], len(clusters)))
    member[cells["industry"], number] = 1
    means, _ = means_of_groups(known_correlations(plants)[0], member)
    pairs = [(i, j) for i in range(len(clusters)) for j in range(len(clusters)) if i != j]
    mine = np.array([means[pair] for pair in pairs])
    other = np.array([published[str(clusters[i]), str(clusters[j])]["lc_est"] for i, j in pairs])
    assert len(plants) == 179
    assert told(record_property, "establishments over economic areas", "lc_est", mine, other) > 0.94


def test_related_pairs_are_mostly_the_published_ones(
    warehouse: duckdb.DuckDBPyConnection,
    published: dict[tuple[str, str], dict[str, float]],
    record_property: Callable[[str, object], None],
) -> None:
    """By chance, a tenth of them would be."""
    mine, other = compared(warehouse, published, "related", "related_90")
    shared = f"{(mine * other).sum():.0f} of {other.sum():.0f}"
    record_property("related pairs that are published as related", shared)
    print(f"\nrelated: {shared}")
    assert (mine * other).sum() > 0.55 * other.sum()


def told(
    record_property: Callable[[str, object], None], ours: str, theirs: str, mine: np.ndarray, other: np.ndarray
) -> float:
    order = float(spearmanr(mine, other).statistic)
    said = f"Spearman {order:.3f}, Pearson {pearsonr(mine, other).statistic:.3f}, {len(mine)} pairs"
    record_property(f"{ours} against {theirs}", said)
    print(f"\n{ours} against {theirs}: {said}")
    return order
