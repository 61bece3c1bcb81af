"""Bounds against the truth: published cells of original files are hidden, then looked for within their bounds.

Belongs here: whether bounds of cells and of clusters hold, and intervals of estimates, and whether these beat plain
guesses. Does not: how narrow bounds are (`bench/bounds.py`), how estimates were fitted (`bench/estimates.py`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from bench import estimates
from tests.marts.conftest import HIDDEN, PUBLISHED
from tests.marts.hidden_cells import COUNTIES, RULES, Trial, Year, add_counties, built, linked

pytestmark = [pytest.mark.mirror, pytest.mark.slow]

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


@pytest.mark.parametrize("rule", [pytest.param("30 % at random", marks=pytest.mark.long), "under 20"])
def test_hidden_cells_of_a_whole_nation_lie_within_their_bounds(numbered: Path, rule: str) -> None:
    """The national file of 2016, annualised from original files but for the nation, California and Texas."""
    trial = Trial.of(Year.read(numbered, 2016), rule)
    found = f"{len(trial.true) - trial.outside:,} of {len(trial.true):,}"
    print(f"\n2016, {rule}: {found} hidden cells lie within their bounds")
    assert len(trial.true) > 200_000
    assert trial.outside == 0


def test_intervals_of_hidden_cells_hold_in_every_class(
    numbered: Path, warehouse: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None]
) -> None:
    """The seed's errors are those of 2015; of the cells of 2016 four in five lie within what is made of them."""
    traded = warehouse.sql(
        "SELECT split_part(industry_id, ':', 2) AS code FROM cluster_industry JOIN dim_cluster USING (cluster_id) "
        "WHERE kind = 'traded' AND industry_id LIKE 'naics2012:%' AND weight >= 0.5"
    ).fetchnumpy()["code"]
    trial = estimates.Trial.of(numbered, 2016, traded.astype(str))
    classes = list(estimates.held(trial, estimates.seeded()))
    shares = [row["held"] for row in classes]
    record_property("intervals of hidden cells hold", f"{min(shares)} to {max(shares)} in {len(classes)} classes")
    print(
        f"\nintervals hold {min(shares):.1%} to {max(shares):.1%} of the truth in {len(classes)} classes of 500 cells"
    )
    assert len(classes) >= 50
    assert min(shares) >= 0.77
    assert max(shares) <= 0.86


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
