"""What `bench.history` runs beside refreshes: libraries that must agree with ours, readers that must notice.

Belongs here: agreement on an invented economy, and what counts as wrong. Does not: seconds (`bench/history`).
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import numpy as np
import pytest

from bench.history import kernels, libraries
from bench.history.cells import Grid
from bench.history.clock import Clock
from bench.history.peers import ALIKE, difference
from bench.history.readers import Reading, account, ask, differing, is_sound, queries

# The packages use what pandas will drop, and divide by zero.
pytestmark = pytest.mark.filterwarnings("ignore")

ROWS, COLUMNS, INDUSTRIES, CLUSTERS = 5, 8, 30, 6


@pytest.fixture(scope="module")
def grid() -> Grid:
    """Regions on a lattice, with industries of six and of four digits in three sectors; some cells are withheld."""
    rng = np.random.default_rng(1)
    regions = ROWS * COLUMNS
    place = np.arange(regions).reshape(ROWS, COLUMNS)
    sides = [(place[1:], place[:-1]), (place[:, 1:], place[:, :-1])]
    pairs = np.concatenate([np.column_stack([one.ravel(), other.ravel()]) for one, other in sides])
    codes = [f"{11 + 10 * (n % 3)}{n:0{4 if n < 20 else 2}}" for n in range(INDUSTRIES)]
    plants = rng.poisson(2, (regions, INDUSTRIES)).astype(float)
    jobs = np.floor(plants * rng.lognormal(2, 1, plants.shape)) + plants
    member = np.zeros((INDUSTRIES, CLUSTERS))
    member[np.arange(20), np.arange(20) % CLUSTERS] = 1
    quotients = []
    for cells in (jobs, plants):
        of_cluster = cells @ member
        quotients.append(of_cluster / cells.sum(axis=1, keepdims=True) / (of_cluster.sum(axis=0) / cells.sum()))
    known = np.where((rng.random(jobs.shape) < 0.05) & (plants > 0), np.nan, jobs)
    return Grid(
        "county", jobs.sum(axis=1) / jobs.sum(), jobs.sum(axis=1), plants.sum(axis=1), np.array(codes),
        np.array([code[:2] for code in codes]), known, plants, jobs @ member, *quotients, member,
        np.concatenate([pairs, pairs[:, ::-1]]),
    )  # fmt: skip


def test_libraries_and_kernels_agree(grid: Grid) -> None:
    """Else the race would be between two different things."""
    theirs, ours = libraries.of_kind(grid, Clock()), kernels.of_kind(grid, Clock())
    assert set(ALIKE) <= theirs.keys() & ours.keys()
    assert {name: difference(name, theirs[name], ours[name]) for name in ALIKE} == pytest.approx(
        dict.fromkeys(ALIKE, 0), abs=1e-9
    )
    assert not any(np.isnan(ours[name]).all() for name in ALIKE)


def test_the_readers_ask_twenty_different_queries() -> None:
    assert len(set(queries())) == 20


def test_a_release_that_answers_in_two_ways_is_noticed() -> None:
    quiet, busy = (Reading([(3, 0.1, "a", answer), (3, 0.2, "b", "same")]) for answer in ("one", "other"))
    assert differing(quiet, quiet) == []
    assert differing(quiet, busy) == ["a answered query 3 in 2 ways"]
    assert is_sound(account(1, quiet, quiet))
    assert not is_sound(account(1, quiet, busy))


def test_reading_of_one_release_alone_proves_nothing() -> None:
    one = Reading([(0, 0.1, "a", "same")])
    assert not is_sound(account(1, one, one))


def test_a_release_that_was_never_published_is_noticed(tmp_path: Path) -> None:
    current = tmp_path / "current.duckdb"
    with duckdb.connect(str(current)) as con:
        con.execute("CREATE SCHEMA meta")
        con.execute("CREATE TABLE meta.release AS SELECT 'half' AS release_id")
    with pytest.raises(ValueError, match="'half' was never published"):
        ask(current, "SELECT 1")
    (tmp_path / "releases").mkdir()
    (tmp_path / "releases" / "half.duckdb").touch()
    assert ask(current, "SELECT 1") == ask(current, "SELECT 1")
