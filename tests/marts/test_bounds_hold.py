"""Bounds against the truth: published cells of original files are hidden, then looked for within their bounds.

Belongs here: whether bounds of cells and of clusters hold, and intervals of estimates, whether these beat plain
guesses, and whether patterns over regions come through. Does not: how narrow bounds are (`bench/bounds.py`), how
estimates were fitted (`bench/estimates.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pytest
from scipy.stats import spearmanr

from bench import estimates, pay
from orchestration.indicators.complexity import complexity, proximity, relatedness_density
from orchestration.indicators.spatial import getis_ord, local_moran, pooled
from orchestration.indicators.spatial import numbered as map_of
from tests.marts.conftest import HIDDEN, PUBLISHED
from tests.marts.hidden_cells import COUNTIES, RULES, Trial, Year, add_counties, built, linked

STATES = (2019, 2020)


@pytest.fixture(scope="module")
def numbered(mirror: Path, mirror_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scratch file with the numbered cells of all years of the mirror, and of the original counties."""
    home = linked(mirror_home, tmp_path_factory.mktemp("numbered") / "home")
    add_counties(mirror, home)
    return built(home, "+int_sum_cells") / "scratch.duckdb"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("year", [*STATES, COUNTIES])
def test_hidden_cells_of_original_files_lie_within_their_bounds(
    numbered: Path, record_property: Callable[[str, object], None], year: int, rule: str
) -> None:
    trial = Trial.of(Year.read(numbered, year), rule)
    found = f"{len(trial.true) - trial.outside:,} of {len(trial.true):,}"
    record_property("hidden cells within their bounds", found)
    print(f"\n{year}, {rule}: {found} hidden cells lie within their bounds")
    # The publisher's own rule has been applied to these files, so that it hides little that it has not.
    assert len(trial.true) > (1000 if rule.endswith("at random") else 0) or year == COUNTIES
    assert trial.outside == 0
    ours, *plain = trial.errors().values()
    for guess in plain:
        assert ours["weighted_percentage"] <= guess["weighted_percentage"], (ours, guess)


@pytest.mark.parametrize("rule", ["30 % at random", "under 20"])
def test_hidden_cells_of_a_whole_nation_lie_within_their_bounds(numbered: Path, rule: str) -> None:
    """The national file of 2016, annualised from original files but for the nation, California and Texas."""
    trial = Trial.of(Year.read(numbered, 2016), rule)
    found = f"{len(trial.true) - trial.outside:,} of {len(trial.true):,}"
    print(f"\n2016, {rule}: {found} hidden cells lie within their bounds")
    assert len(trial.true) > 200_000
    assert trial.outside == 0


@pytest.fixture(scope="module")
def traded(mirror_home: Path) -> dict[str, str]:
    """The cluster of each traded industry of six digits."""
    with duckdb.connect(str(mirror_home / "warehouse" / "current.duckdb"), read_only=True) as con:
        members = con.sql(
            "SELECT split_part(industry_id, ':', 2) AS code, cluster_id FROM cluster_industry "
            "JOIN dim_cluster USING (cluster_id) "
            "WHERE kind = 'traded' AND industry_id LIKE 'naics2012:%' AND weight >= 0.5"
        )
        return dict(members.fetchall())


@pytest.fixture(scope="module")
def trial(numbered: Path, traded: dict[str, str]) -> estimates.Trial:
    """The cells of 2016, those of less than twenty establishments hidden beyond what the publisher withholds."""
    return estimates.Trial.of(numbered, 2016, np.array(list(traded)))


def test_intervals_of_hidden_cells_hold_in_every_class(
    trial: estimates.Trial, record_property: Callable[[str, object], None]
) -> None:
    """The seed's errors are those of 2015; of the cells of 2016 four in five lie within what is made of them."""
    classes = list(estimates.held(trial, estimates.seeded()))
    shares = [row["held"] for row in classes]
    record_property("intervals of hidden cells hold", f"{min(shares)} to {max(shares)} in {len(classes)} classes")
    print(
        f"\nintervals hold {min(shares):.1%} to {max(shares):.1%} of the truth in {len(classes)} classes of 500 cells"
    )
    assert len(classes) >= 50
    assert min(shares) >= 0.77
    assert max(shares) <= 0.86


def test_intervals_of_average_pay_hold_in_every_class(
    trial: estimates.Trial, record_property: Callable[[str, object], None]
) -> None:
    """Of wages over jobs of the same cells, with the seed's errors of 2015."""
    judged, errors = pay.of_pay(pay.by_usual_pay(trial)), estimates.seeded(pay.SEED_FILE)
    classes = list(pay.held_cells(judged, errors))
    shares = [row["held"] for row in classes]
    record_property("intervals of average pay hold", f"{min(shares)} to {max(shares)} in {len(classes)} classes")
    print(f"\nintervals of pay hold {min(shares):.1%} to {max(shares):.1%} of the truth in {len(classes)} classes")
    assert len(classes) >= 50
    assert min(shares) >= 0.75
    assert max(shares) <= 0.85
    # Intervals are made of the estimate's own errors, so they would hold of any; and each is better than the mean.
    assert all(row["misplaced"] < pay.MOST_OF_PLAIN * row["of the mean"] for row in classes)


def test_average_pay_lies_where_printed_wages_leave_it(trial: estimates.Trial) -> None:
    judged = pay.of_pay(pay.by_usual_pay(trial))
    assert len(judged.truth) > 200_000
    assert pay.possible(judged)
    assert ((judged.lower <= judged.estimate) & (judged.estimate <= judged.upper)).all()
    # Mostly they leave much, of large cells little.
    width = (judged.upper - judged.lower) / judged.estimate
    assert np.median(width[judged.establishments >= 200]) < 0.2 < np.median(width)


def test_an_estimate_far_from_its_industrys_mean_has_the_doubt_of_such(trial: estimates.Trial) -> None:
    """What sums drive far off errs by more, which classes of size alone do not show."""
    rows = list(pay.held_by_ratio(pay.of_pay(pay.by_usual_pay(trial)), estimates.seeded(pay.SEED_FILE)))
    assert min(row["held"] for row in rows if row["cells"] >= estimates.JUDGED) >= 0.7


def test_intervals_of_average_pay_of_clusters_hold(
    trial: estimates.Trial, traded: dict[str, str], record_property: Callable[[str, object], None]
) -> None:
    """Of traded clusters with hidden cells, whose wages no printed branch settles."""
    clusters = sorted(set(traded.values()))
    of_code = {code: 1 + clusters.index(cluster) for code, cluster in traded.items()}
    errors = estimates.seeded(pay.SEED_FILE)
    inside = {
        name: pay.Clusters.of(pay.by_usual_pay(trial), errors, of_code, kind).inside(factor)
        for kind, (name, factor) in enumerate(zip(estimates.TYPES, pay.seeded_factors(), strict=True))
    }
    told = ", ".join(f"{name} {values.mean():.3f} of {len(values)}" for name, values in inside.items())
    record_property("intervals of average pay of clusters hold", told)
    print(f"\nintervals of clusters' pay hold: {told}")
    for values in inside.values():
        assert len(values) > 100
        assert 0.75 <= values.mean() <= 0.88


@pytest.fixture(scope="module")
def told(numbered: Path, mirror_home: Path) -> estimates.Trial:
    """States' hidden cells of 2020, beside what County Business Patterns of the same year tell of them."""
    with duckdb.connect(str(mirror_home / "warehouse" / "current.duckdb"), read_only=True) as con:
        codes = con.sql(
            "SELECT DISTINCT split_part(industry_id, ':', 2) AS code FROM cluster_industry "
            "JOIN dim_cluster USING (cluster_id) WHERE kind = 'traded' AND weight >= 0.5 ORDER BY code"
        ).fetchall()
    year = estimates.Trial.of(numbered, 2020, np.array([code for (code,) in codes]), told=True)
    return year.only(year.kind == estimates.TYPES.index("state"))


def test_intervals_hold_of_cells_that_another_source_tells_of(
    told: estimates.Trial, record_property: Callable[[str, object], None]
) -> None:
    """With errors of their own: the seed's other ones are too wide for them."""
    errors, told = estimates.seeded(), told.told_of()
    classes = list(estimates.held(told, errors))
    shares = [row["held"] for row in classes]
    record_property("intervals of told cells hold", f"{min(shares)} to {max(shares)} in {len(classes)} classes")
    assert sum(row["cells"] for row in classes) > 2000
    assert min(shares) >= 0.75
    assert max(shares) <= 0.88
    judged = told.is_open & ~np.isnan(told.truth)
    own, others = (told.inside(each)[judged].mean() for each in (errors, errors[[0, 0]]))
    assert abs(own - 0.8) < 0.03
    assert own < others


def test_intervals_hold_of_cells_beside_those_that_another_source_tells_of(
    told: estimates.Trial, record_property: Callable[[str, object], None]
) -> None:
    """What is told of one cell is missing in, or added to, its neighbours in a sum."""
    classes = list(estimates.held(told.only(told.evidence == 0), estimates.seeded()))
    shares = [row["held"] for row in classes]
    record_property("intervals beside told cells hold", f"{min(shares)} to {max(shares)} in {len(classes)} classes")
    assert len(classes) >= 8
    assert min(shares) >= 0.75
    assert max(shares) <= 0.88


def quotients(
    trial: estimates.Trial, traded: dict[str, str], region_type: str
) -> tuple[np.ndarray, np.ndarray, list[np.ndarray]]:
    """The regions of a type by number, their jobs, and their quotients by the whole year and where cells are hidden.

    Shares of clusters over the same shares of all regions together in the whole year.
    """
    clusters, of_type = sorted(set(traded.values())), trial.kind == estimates.TYPES.index(region_type)
    totals = of_type & trial.is_total & (trial.whole > 0)
    order = np.argsort(trial.region[totals])
    regions, total = trial.region[totals][order], trial.whole[totals][order]
    mine = of_type & (trial.detail == estimates.DETAILS.index("traded")) & np.isin(trial.region, regions)
    column = np.array([clusters.index(traded[code]) for code in trial.code[mine].tolist()])
    place = np.searchsorted(regions, trial.region[mine]) * len(clusters) + column
    whole, hidden = (
        np.bincount(place, jobs[mine], len(regions) * len(clusters)).reshape(len(regions), -1)
        for jobs in (trial.whole, trial.estimate)
    )
    nation = whole.sum(axis=0) / total.sum()
    return regions, total[:, None], [jobs / total[:, None] / nation for jobs in (whole, hidden)]


def neighbours(numbered: Path, con: duckdb.DuckDBPyConnection, regions: np.ndarray) -> tuple[np.ndarray, Any]:
    """The order of the names of counties or states, and who borders whom in that order."""
    with duckdb.connect(str(numbered), read_only=True) as scratch:
        rows = scratch.sql("SELECT region_no, region_id FROM intermediate.int_sum_regions WHERE year = 2016").fetchall()
    of_number = dict(rows)
    names = np.array([of_number[number] for number in regions.tolist()])
    pairs = np.array(con.sql("SELECT region_id, neighbour_region_id FROM county_adjacency").fetchall())
    if names[0].startswith("state:"):
        pairs = np.char.replace(pairs.astype("<U9"), "county:", "state:")
        pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    order = np.argsort(names)
    return order, map_of(names[order], *pairs.T)


def alike(one: np.ndarray, other: np.ndarray) -> float:
    """Spearman's rank correlation of all cells that both have."""
    return float(spearmanr(one.ravel(), other.ravel(), nan_policy="omit").statistic)


@pytest.mark.parametrize(
    ("region_type", "least"),
    [
        ("state", {"eci": 0.96, "pci": 0.96, "density": 0.96, "local Moran": 0.93, "Gi*": 0.97, "pooled": 0.95}),
        ("county", {"eci": 0.7, "pci": 0.88, "density": 0.9, "local Moran": 0.75, "Gi*": 0.88, "pooled": 0.92}),
        ("cbsa", {"eci": 0.87, "pci": 0.95, "density": 0.88}),
    ],
)
def test_patterns_over_regions_come_through_hiding(
    numbered: Path,
    trial: estimates.Trial,
    traded: dict[str, str],
    warehouse: duckdb.DuckDBPyConnection,
    record_property: Callable[[str, object], None],
    region_type: str,
    least: dict[str, float],
) -> None:
    """Rank correlations of what estimates give where cells are hidden with what they give of the whole year.

    Indices are compared up to their sign, which is another matter. The whole year has estimates too, where the
    publisher withholds.
    """
    regions, total, (whole, hidden) = quotients(trial, traded, region_type)
    presence = whole >= 1, hidden >= 1
    one, other = (complexity(present) for present in presence)
    found = {
        "eci": abs(alike(one.eci, other.eci)),
        "pci": abs(alike(one.pci, other.pci)),
        "density": alike(*(relatedness_density(present, proximity(present)) for present in presence)),
    }
    if "Gi*" in least:
        order, borders = neighbours(numbered, warehouse, regions)
        maps, jobs = (whole[order], hidden[order]), total[order]
        found |= {
            "local Moran": alike(*(local_moran(borders, values, permutations=0).value for values in maps)),
            "Gi*": alike(*(getis_ord(borders, values) for values in maps)),
            "pooled": alike(*(pooled(borders, values * jobs) / pooled(borders, jobs) for values in maps)),
        }
    told = ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    record_property(f"patterns over {region_type} with cells hidden", told)
    print(f"\n{region_type}: {told}")
    assert {name: found[name] for name, value in least.items() if found[name] < value} == {}


@pytest.mark.parametrize(("figure", "slack"), [("employment", 5), ("lq", 0)])
def test_every_known_cluster_lies_within_its_bounds(
    twice: Path, record_property: Callable[[str, object], None], figure: str, slack: float
) -> None:
    """What all published cells settle must lie within what the remaining ones leave open.

    A cluster's figure is the sum of its rounded industries; where one of those is hidden, their printed parent takes
    its place, which is rounded once. The two may be off by half a job for each industry: five jobs are allowed.
    """
    with duckdb.connect(str(twice / "scratch.duckdb"), read_only=True) as con:
        known, opened, outside, most = con.sql(
            f"""
            WITH pairs AS (
                SELECT
                    h.{figure}_lower AS least, h.{figure}_upper AS most,
                    t.{figure}_lower AS true_least, t.{figure}_upper AS true_most
                FROM intermediate.int_cluster_quotients AS h
                INNER JOIN intermediate.int_cluster_quotients AS t
                    ON h.region_id = t.region_id AND h.cluster_id = t.cluster_id
                        AND h.year = {HIDDEN} AND t.year = {PUBLISHED}
                WHERE t.{figure} IS NOT NULL AND h.region_type = 'state'
            )
            SELECT
                count(*),
                count(*) FILTER (most > least * 1.0001),
                count(*) FILTER (true_most < least - {slack} - 1e-9 OR true_least > most + {slack} + 1e-9),
                max(greatest(least - true_most, true_least - most))
            FROM pairs
            """
        ).fetchall()[0]
    found = f"{known - outside} of {known} known, {opened} of them opened by hiding"
    record_property(f"{figure} of clusters within bounds", found)
    print(f"\n{figure} of clusters within bounds: {found}; the worst is beyond by {most}")
    assert opened > 200
    assert outside == 0
