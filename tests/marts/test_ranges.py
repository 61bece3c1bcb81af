"""Ranges and verdicts against the truth: with published cells of real states hidden, none may contradict them.

Belongs here: the marts of a year made twice, as published and with some of its cells hidden. Does not: bounds of cells
and clusters before they become indicators (`test_bounds_hold`), the rules on small cases (`oracles/test_ucm_flags`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from tests.marts.conftest import HIDDEN, PUBLISHED

# A cluster's figure is a sum of rounded cells or, where one is hidden, what their parent gives, which is rounded once:
# the two may be off by half a job for each industry. Ten jobs are allowed; six are the most that occur.
ROUNDING = 10
FLAGS = ("ucm_qualifying", "ucm_significant", "ucm_strong", "ucm_strong10")
STARS = ("star_size", "star_specialisation", "star_focus")


@pytest.fixture(scope="module")
def marts(twice: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """`industries`, `clusters` and `regions`: pairs of rows, h with a third of the states' cells hidden, t with all."""
    with duckdb.connect(str(twice / "build.duckdb"), read_only=True) as con:
        for pairs, table, keys in (
            ("clusters", "cluster_specialisation", "region_id, cluster_id"),
            ("industries", "employment", "region_id, industry_id, ownership"),
            ("regions", "region_structure", "region_id"),
        ):
            con.execute(
                f"""
                CREATE TEMP VIEW {pairs} AS
                SELECT h, t
                FROM (SELECT * FROM {table} WHERE year = {HIDDEN} AND region_id LIKE 'state:%') AS h
                INNER JOIN (SELECT * FROM {table} WHERE year = {PUBLISHED}) AS t USING ({keys})
                """
            )
        yield con


@pytest.mark.parametrize("figure", ["share_of_region", "share_of_nation", "lq_all", "hc_employment"])
def test_a_range_holds_what_is_published(
    marts: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None], figure: str
) -> None:
    a_job = "1" if figure == "hc_employment" else f"(t.{figure} / greatest(t.employment, 1))"
    known, opened, outside = marts.sql(
        f"""
        SELECT
            count(*),
            count(*) FILTER (h.{figure} IS NULL),
            count(*) FILTER (
                t.{figure} < h.{figure}_lower - {ROUNDING} * {a_job}
                OR t.{figure} > h.{figure}_upper + {ROUNDING} * {a_job}
                OR h.{figure}_lower IS NULL
            )
        FROM clusters
        WHERE t.{figure} IS NOT NULL
        """
    ).fetchall()[0]
    record_property(f"{figure} within its range", f"{known - outside} of {known}, {opened} of them opened by hiding")
    assert opened > 200
    assert outside == 0


def test_an_industry_quotient_lies_within_its_range(marts: duckdb.DuckDBPyConnection) -> None:
    """No tolerance but the last digits: cells, not sums of them."""
    opened, outside = marts.sql(
        """
        SELECT
            count(*) FILTER (h.lq IS NULL),
            count(*) FILTER (t.lq < h.lq_lower * (1 - 1e-9) OR t.lq > h.lq_upper * (1 + 1e-9) OR h.lq_lower IS NULL)
        FROM industries
        WHERE t.lq IS NOT NULL
        """
    ).fetchall()[0]
    assert opened > 10_000
    assert outside == 0


@pytest.mark.parametrize(
    ("pairs", "verdict", "least_kept"),
    [
        ("industries", "specialised", 0.8),
        *(("clusters", flag, 0.65) for flag in FLAGS),
        *(("clusters", star, 0.8) for star in STARS),
    ],
)
def test_no_verdict_changes_by_hiding_but_to_undetermined(
    marts: duckdb.DuckDBPyConnection,
    record_property: Callable[[str, object], None],
    pairs: str,
    verdict: str,
    least_kept: float,
) -> None:
    """Stars are verdicts too: 1, 0 or unknown."""
    h, t = (f"nullif({row}.{verdict}::VARCHAR, 'undetermined')" for row in "ht")
    given, kept, yes_kept, contradicted = marts.sql(
        f"""
        SELECT
            count({t}), count(*) FILTER ({h} = {t}), count(*) FILTER ({h} = {t} AND {t} IN ('yes', '1')),
            count(*) FILTER ({h} <> {t})
        FROM {pairs}
        """
    ).fetchall()[0]
    found = f"{kept} of {given} kept, {yes_kept} of them yes"
    record_property(f"{verdict} with a third of the cells hidden", found)
    print(f"\n{verdict}: {found}")
    assert contradicted == 0
    assert least_kept * given < kept < given
    assert yes_kept > 50


@pytest.mark.parametrize("rank", ["rank_employment", "rank_lq"])
def test_ranges_of_ranks_have_room_for_each_other(marts: duckdb.DuckDBPyConnection, rank: str) -> None:
    opened, apart = marts.sql(
        f"""
        SELECT
            count(*) FILTER (h.{rank} IS NULL AND t.{rank} IS NOT NULL),
            count(*) FILTER (h.{rank}_best > t.{rank}_worst OR t.{rank}_best > h.{rank}_worst)
        FROM clusters
        """
    ).fetchall()[0]
    assert opened > 200
    assert apart == 0


STRUCTURE = ("herfindahl", "krugman", "hachman", "variety", "unrelated_variety", "related_variety")


@pytest.mark.parametrize("ending", ["", "_4digit"])
def test_what_a_state_is_made_up_of_lies_in_its_range(
    marts: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None], ending: str
) -> None:
    """What is published leaves a range itself: the two hold the same truth, and hiding makes none narrower."""
    for measure in STRUCTURE if not ending else (m for m in STRUCTURE if m != "unrelated_variety"):
        name = measure + ending
        states, known, apart, narrower = marts.sql(
            f"""
            SELECT
                count(*), count(t.{name}),
                count(*) FILTER (
                    h.{name}_lower > t.{name}_upper + 1e-9 OR h.{name}_upper < t.{name}_lower - 1e-9
                    OR h.{name}_lower IS NULL
                ),
                count(*) FILTER (h.{name}_upper - h.{name}_lower < t.{name}_upper - t.{name}_lower - 1e-9)
            FROM regions
            """
        ).fetchall()[0]
        told = f"{states - apart} of {states} hold what is published, {known} of them a figure"
        record_property(f"{name} with a third of the cells hidden", told)
        print(f"\n{name}: {told}; {narrower} narrower")
        assert states == 51
        assert apart == 0
        assert narrower == 0


def test_the_strength_of_a_states_clusters_lies_in_its_range(marts: duckdb.DuckDBPyConnection) -> None:
    states, apart, wider = marts.sql(
        """
        SELECT
            count(*),
            count(*) FILTER (
                h.cluster_strength_lower > t.cluster_strength_upper
                OR h.cluster_strength_upper < t.cluster_strength_lower
            ),
            count(*) FILTER (h.cluster_strength_upper - h.cluster_strength_lower
                > t.cluster_strength_upper - t.cluster_strength_lower)
        FROM regions
        """
    ).fetchall()[0]
    assert (states, apart) == (51, 0)
    assert wider > 40
