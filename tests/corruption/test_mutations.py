"""A short form of bench/corruption.py: damaged tables are stopped, and what is known to pass does pass.

Belongs here: a handful of mutations of each kind, on the sample and on the mirror's state slices. Does not: all of
them, nor the national files: `python -m bench.corruption`.

`KNOWN` lists what is not blocked, with the reason. A test fails when the list should be longer, and when it could be
shorter.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.corruption.consistent import CONSISTENT, grown_by
from tests.corruption.harness import TidyScene
from tests.corruption.mart_mutations import MARTS
from tests.corruption.marts_harness import MartsScene, build_marts
from tests.corruption.mutation import Mutation
from tests.corruption.qcew_mutations import QCEW
from tests.corruption.reference_mutations import REFERENCE
from tests.corruption.workspace import SLICE_YEARS, mirror_settings, pulled, sample_settings

YEARS = range(2021, 2024)
ALL = {m.name: m for m in [*QCEW, *REFERENCE, *MARTS, *CONSISTENT]}

ONE_CELL = "one cell of a county moves no share of anything, and the cells about it are withheld"
KNOWN = {
    "county_lost_from_adjacency": "a warning: a list may not know a new county yet",
    "small_cell_x10": "a warning: pay no longer is wages over jobs, in one cell",
    "small_cell_x10_consistently": ONE_CELL,
    "small_cell_dropped": ONE_CELL,
    "industries_lost": "a warning: a list of titles made for an earlier edition lacks as many",
    "longitude_without_sign": "distances stay as they were, and only the United States' place on the globe is known",
    "industries_exchanged_in_every_year": "in a first release nothing says how they were before",
    "half_an_industry_moved_to_its_sister_thorough": "a warning: employers are filed anew every year",
    "industry_grows_by_a_quarter_thorough": "a warning: some industries do",
    "county_renamed": "a warning: codes of counties change, and the lists that know the new one come later",
    "industry_titles_exchanged": "nobody else prints titles as fine as six digits",
}
FOUND_IN_A_REISSUE = {
    "industries_lost",
    "longitude_without_sign",
    "county_lost_from_adjacency",
    "industries_exchanged_in_every_year",
    "half_an_industry_moved_to_its_sister_thorough",
    "industry_grows_by_a_quarter_thorough",
    "county_renamed",
}
ON_THE_SAMPLE = (
    "employment_x10", "everything_drifts_3_percent", "wages_in_thousands", "two_counties_swapped",
    "industry_merged_into_its_sibling", "year_before_relabelled", "dropped_1_percent", "withheld_as_zero",
    "population_of_the_year_before", "coordinates_off_by_one_row", "area_titles_shifted",
    "small_cell_x10", "small_cell_x10_consistently", "small_cell_dropped", "longitude_without_sign",
    "county_lost_from_adjacency", "industries_lost",
    "counties_exchanged_thorough",
    "half_an_industry_moved_to_its_sister_thorough", "industry_grows_by_a_quarter_thorough",
    "industries_of_other_parents_exchanged_thorough", "county_renamed", "industry_renamed",
    "industry_titles_exchanged", "industry_titles_exchanged_in_a_new_list", "county_titles_exchanged",
)  # fmt: skip
ON_THE_SLICES = (
    "wages_and_pay_in_thousands", "ownerships_shifted", "two_states_swapped", "state_of_the_year_before",
    "first_quarter_for_the_year", "quotients_swapped",
)  # fmt: skip
ON_THE_MARTS = (
    "employment__withheld_as_zero", "employment__quotients_inverted",
    "cluster_specialisation__shares_x100", "cluster_specialisation__ranks_reversed",
    "cluster_specialisation__flags_all_yes", "cluster_specialisation__a_cluster_lost_in_counties",
    "cluster_industry__weights_halved", "dim_region__parents_lost", "dim_industry__titles_shifted",
)  # fmt: skip


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> TidyScene:
    home = tmp_path_factory.mktemp("sample")
    settings = sample_settings(home)
    return TidyScene(pulled(settings, YEARS), settings.tidy, 2023, 1, home / "docs")


@pytest.fixture(scope="module")
def slices(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> TidyScene:
    home = tmp_path_factory.mktemp("slices")
    settings = mirror_settings(home, mirror)
    return TidyScene(pulled(settings, SLICE_YEARS), settings.tidy, 2020, 1, home / "docs")


@pytest.fixture(scope="module")
def marts(sample: TidyScene) -> MartsScene:
    home = sample.docs.parent
    return MartsScene(build_marts(sample_settings(home)), sample.draw, home / "docs")


def judged(scene: TidyScene | MartsScene, mutation: Mutation) -> None:
    for outcome in scene.judge(mutation):
        assert outcome.verdict != "changes nothing", mutation.name
        blocked = outcome.verdict == "blocked"
        passes = mutation.name in KNOWN
        if outcome.scenario == "re-issued" and mutation.name in FOUND_IN_A_REISSUE:
            passes = False
        assert blocked is not passes, f"{outcome}: {KNOWN.get(mutation.name, 'not a known miss')}"
        # What stops may name the sum that moved most; whoever reads a warning has nothing but its words.
        assert outcome.named or outcome.verdict != "warned" or not mutation.touches, f"{outcome} names no one"


@pytest.mark.parametrize("name", ON_THE_SAMPLE)
def test_sample(sample: TidyScene, name: str) -> None:
    judged(sample, ALL[name])


def test_what_grows_little_by_little_is_stopped(sample: TidyScene) -> None:
    """No night's file differs by more than three percent from the one before, but from the first it does."""
    nights = (0.004, 0.02, 0.045)
    outcomes = list(sample.night_after_night(lambda night: grown_by(nights[night - 1]), len(nights)))
    assert [outcome.verdict for outcome in outcomes] == ["missed", "warned", "blocked"]
    assert any("revision_in_all_of_each_part" in name for name in outcomes[-1].by)


@pytest.mark.parametrize("name", ON_THE_SLICES)
def test_state_slices(slices: TidyScene, name: str) -> None:
    judged(slices, ALL[name])


@pytest.mark.parametrize("name", ON_THE_MARTS)
def test_marts(marts: MartsScene, name: str) -> None:
    judged(marts, ALL[name])


def test_clean_tables_of_the_sample_raise_no_alarm(sample: TidyScene) -> None:
    """Neither as re-issues of themselves nor as a new year."""
    found = [*sample.clean, *(f for year in YEARS for f in sample.as_new_year(year))]
    alarms = {(f.check_name, f.severity): str(f) for f in found if not f.passed}
    # The sample's list of neighbours of 2024 states one pair once, as the real one of 2023 does 39.
    assert "90001 90003" in alarms.pop(("every_pair_is_mutual", "warning"))
    assert alarms == {}


def test_clean_marts_of_the_sample_raise_no_alarm(marts: MartsScene) -> None:
    assert [str(f) for f in marts.clean if not f.passed] == []


def test_clean_state_slices_raise_no_alarm(slices: TidyScene) -> None:
    """But for the warnings that the mirror's list of titles is older, and a list of neighbours mended."""
    found = [*slices.clean, *(f for year in SLICE_YEARS for f in slices.as_new_year(year))]
    assert {f.check_name for f in found if not f.passed} <= {"industries_are_titled", "every_pair_is_mutual"}


def test_mutations_have_names_of_their_own() -> None:
    assert len(ALL) == len([*QCEW, *REFERENCE, *MARTS, *CONSISTENT]) >= 160
    assert set(KNOWN) <= set(ALL)
    assert {*ON_THE_SAMPLE, *ON_THE_SLICES, *ON_THE_MARTS} <= set(ALL)
