"""A few weeks of a home's life in virtual time; the long runs are `python -m bench.nights`.

Belongs here: that the bench finds what it looks for, and a short seeded run of it. Does not: any one rule.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from bench.nights.__main__ import KILLED, judged, one_year
from bench.nights.life import World, command, first_world, forked, refresh
from bench.nights.tiny import EXTRA, FIRST_YEAR, TITLES, YEARS, tiny_warehouse
from bench.nights.watch import Seen, look

CLEAN = {(YEARS, FIRST_YEAR): 1_002_020, (EXTRA, FIRST_YEAR): 2_002_020, (TITLES, None): 3_000_000}


def test_some_weeks_of_a_seeded_year(tmp_path: Path) -> None:
    wrong, ends, nights = one_year(tmp_path, 7, 10, verbose=False, until=float("inf"))
    assert wrong == []
    assert nights == 10
    assert ends["0"] >= 5


@pytest.fixture
def world(tmp_path: Path) -> World:
    return first_world(tmp_path, 1)


def night(world: World, **limits: float) -> int:
    world.write()
    world.night += 1
    return refresh(world, **limits)


def test_a_spell_with_the_clock_ahead_loses_nothing(world: World) -> None:
    with tiny_warehouse(world.code):
        assert night(world) == 0
        first = look(world.home)
        world.ahead = timedelta(days=400)
        world.offer(TITLES, None, 3_000_001)
        assert night(world) == 0
        of_the_future = look(world.home)
        world.ahead = timedelta()
        world.offer(TITLES, None, 3_000_002)
        assert night(world) == 0
        now = look(world.home)
    assert now.figures[TITLES, None] == 3_000_002
    assert str(first.release) < str(of_the_future.release) < str(now.release)
    assert now.releases == {first.release, of_the_future.release, now.release}
    (told,) = (world.home / "alerts.jsonl").read_text(encoding="utf-8").splitlines()
    assert "days after the clock of this machine" in told


def test_an_update_in_the_middle_is_made_anew_the_next_night(world: World) -> None:
    with tiny_warehouse(world.code):
        world.code[:] = ["1", "2"]
        assert night(world) == 0
        first = look(world.home)
        assert night(world) == 0
        second = look(world.home)
        assert night(world) == 0
        assert second.release != first.release, "by the code of after"
        assert look(world.home).release == second.release, "and then nothing is new"


def test_a_failure_that_dagster_raises_is_recorded(world: World) -> None:
    """Where the disk takes nothing more, Dagster's own record fails before any step does."""
    with tiny_warehouse(world.code):
        assert night(world) == 0
        before = look(world.home)
        code = night(world, file_limit=4_096)
        assert code == 1
        assert judged(world, before, look(world.home), code, {"file_limit": 4_096}) == []


def test_what_is_wrong_is_found(world: World) -> None:
    """A bench that finds nothing may look at nothing."""
    with tiny_warehouse(world.code):
        assert night(world) == 0
        now = look(world.home)
        assert judged(world, Seen(), now, 0, {}) == []
        world.offer(TITLES, None, 3_000_009)
        assert any("not what is offered" in text for text in judged(world, now, now, 0, {}))
        assert any("status says 0" in text for text in judged(world, now, now, 2, {}))
        assert any("0 alerts tell of it" in text for text in judged(world, now, now, 2, {}))
        gone = Seen(**vars(now) | {"figures": now.figures | {(YEARS, 1999): 1}})
        assert any("are lost" in text for text in judged(world, gone, now, 0, {}))
        older = Seen(**vars(now) | {"release": "20200101T000000Z"})
        assert any("is gone" in text for text in judged(world, older, now, KILLED, {"die_after": 1.0}))
        assert judged(world, now, now, KILLED, {"die_after": 1.0}) == []
        assert any("hung" in text for text in judged(world, now, now, KILLED, {}))
        assert forked(world, command(world, "status")) == 0
    assert Counter(now.figures.keys() & CLEAN.keys()).total() == len(CLEAN)
