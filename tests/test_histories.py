"""How a warehouse may come to its years: one alone, with gaps, more before and after, another classification.

Belongs here: whole refreshes on the sample, from an empty home and on top of each other. Does not: any one rule (see
`tests/quality`). Years and layouts are those of the sample's files, so that the tests hold for every sample.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations, pairwise
from pathlib import Path

import duckdb
import pytest

from orchestration.contracts import mart_contracts
from orchestration.naics import first_years
from orchestration.quality.checklist import of_own_years
from tests.conftest import linked_copy
from tests.faults.conftest import YEARS, House, good_house, house_environment
from tests.faults.conftest import house as house_of_two

__all__ = ["good_house", "house_of_two"]

# The last year whose areas are of the older delineation, in the sample as at the publisher.
LAST_OF_THE_OLDER = 2023
DELINEATIONS = "www2.census.gov/programs-surveys/metro-micro"
QCEW = "data.bls.gov/cew/data"


@dataclass(frozen=True)
class Offer:
    """What the sample's publishers offer: years whose file holds the nation's counties, and years of states alone."""

    mirror: Path
    whole: tuple[int, ...]
    states: tuple[int, ...]

    def archives(self, year: int) -> list[str]:
        """Where a year's archives lie in the mirror."""
        found = (self.mirror / QCEW / "files" / str(year)).rglob("*.zip")
        return [path.relative_to(self.mirror).as_posix() for path in found]

    def alike(self) -> tuple[int, int, int]:
        """Three years in a row within one edition of NAICS."""
        rows = zip(self.whole, self.whole[1:], self.whole[2:], strict=False)
        return next(row for row in rows if not set(row[1:]) & set(first_years()))


def offer(mirror: Path) -> Offer:
    """The years of a sample, by what their files are; a year still under way counts for nothing."""
    whole = {int(path.parts[-3]) for path in mirror.glob(f"{QCEW}/files/*/csv/*_annual_singlefile.zip")}
    states = {int(path.name) for path in mirror.glob(f"{QCEW}/api/*")} - whole
    return Offer(mirror, tuple(sorted(whole)), tuple(sorted(states)))


@pytest.fixture(scope="module")
def offered(sample: Path) -> Offer:
    found = offer(sample)
    assert len(found.whole) >= 3, "the matrix needs three years in a row"
    assert [b - a for a, b in zip(found.whole, found.whole[1:], strict=False)] == [1] * (len(found.whole) - 1)
    return found


@pytest.fixture
def house(offered: Offer, tmp_path: Path) -> Iterator[House]:
    """An empty home, and a copy of the mirror from which a test may take files."""
    linked_copy(offered.mirror, tmp_path / "mirror")
    empty = House(tmp_path / "home", tmp_path / "mirror")
    with house_environment(empty):
        yield empty


def refreshed(house: House, years: str, holds: tuple[int, ...], outcome: str = "published") -> None:
    """A refresh that asks for `years` ends well and leaves `holds`, each year in each table."""
    result = house.refresh("--years", years)
    assert result.exit_code == 0, result.output
    assert house.status()["last_run"]["outcome"] == outcome
    with duckdb.connect(str(house.current), read_only=True) as con:
        found = con.execute("SELECT DISTINCT year FROM employment ORDER BY 1").fetchall()
        assert found == [(year,) for year in holds]
        spans = con.execute("SELECT DISTINCT from_year, to_year FROM cluster_dynamics ORDER BY ALL").fetchall()
        assert spans == spans_of(holds)
        stopped = con.execute(
            "SELECT table_name, check_name FROM meta.check_result WHERE NOT passed AND severity = 'error'"
        )
        assert stopped.fetchall() == []
        profiled = {row[0] for row in con.execute("SELECT DISTINCT table_name FROM meta.table_profile").fetchall()}
        tables = {
            row[0]
            for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE schema_name = 'main'").fetchall()
        }
        # Optional sources may have none of these years.
        empty = tables - profiled - of_own_years(mart_contracts()).keys()
        assert empty == ({"cluster_dynamics"} if len(holds) == 1 else set())


def spans_of(years: tuple[int, ...]) -> list[tuple[int, int]]:
    """The spans in `cluster_dynamics` where all types of regions report in all years: of neighbours, of five and ten
    years, and up to the newest from the first year of its classification, for areas also of its delineation."""
    newest = years[-1]
    edition = max(year for year in first_years() if year <= newest)
    delineation = LAST_OF_THE_OLDER + 1 if newest > LAST_OF_THE_OLDER else edition
    firsts = [min(year for year in years if year >= begins) for begins in (edition, max(edition, delineation))]
    decades = [(a, b) for a, b in combinations(years, 2) if b - a in (5, 10)]
    return sorted({*pairwise(years), *decades, *((first, newest) for first in firsts if first < newest)})


def expected_of(house: House, table: str, check: str) -> tuple[str, str]:
    """What a check of the current release observed and expected."""
    with duckdb.connect(str(house.current), read_only=True) as con:
        question = "SELECT observed, expected FROM meta.check_result WHERE table_name = ? AND check_name = ?"
        return con.execute(question, [table, check]).fetchall()[0]


def test_one_year_then_the_next_then_the_one_before_then_fewer(house: House, offered: Offer) -> None:
    before, year, after = offered.whole[:3]
    refreshed(house, f"{year}", (year,))
    observed, expected = expected_of(house, "cluster_dynamics", "row_count")
    assert observed == "0 rows"
    assert f"it needs 2 years and there is 1 ({year})" in expected
    refreshed(house, f"{year}-{after}", (year, after))
    refreshed(house, f"{before}-{after}", (before, year, after))
    refreshed(house, f"{after}", (before, year, after), outcome="nothing new")


def test_a_gap_and_what_fills_it(house: House, offered: Offer) -> None:
    first, gap, last = offered.alike()
    kept = {path: house.read(path) for path in offered.archives(gap)}
    for path in kept:
        house.remove(path)
    refreshed(house, f"{first}-{last}", (first, last))
    with duckdb.connect(str(house.current), read_only=True) as con:
        bridged = con.execute("SELECT count(growth), count(national_share_dynamic) FROM cluster_dynamics").fetchone()
    # The change over the gap is known, year by year it is not.
    assert bridged is not None
    assert bridged[0] > 0
    assert bridged[1] == 0
    for path, content in kept.items():
        house.write(path, content)
    refreshed(house, f"{first}-{last}", (first, gap, last))


def test_states_alone_then_everything(house: House, offered: Offer) -> None:
    """Years in another layout, with fewer kinds of regions, before what is released and after."""
    if not offered.states:
        pytest.skip("the sample has no year of states alone")
    year = offered.states[-1]
    refreshed(house, f"{year}", (year,))
    others = (*offered.states, *offered.whole)
    first, last = min(others), max(others)
    assert house.refresh("--years", f"{first}-{last}").exit_code == 0
    with duckdb.connect(str(house.current), read_only=True) as con:
        held = {row[0] for row in con.execute("SELECT DISTINCT year FROM employment").fetchall()}
    assert set(others) <= held


def test_the_first_year_of_another_classification(house: House, offered: Offer) -> None:
    begins = [y for y in first_years() if y in offered.whole and y - 1 in (*offered.states, *offered.whole)]
    if not begins:
        pytest.skip("the sample's years are all in one edition of NAICS")
    year = begins[0]
    refreshed(house, f"{year - 1}", (year - 1,))
    refreshed(house, f"{year}", (year - 1, year))
    with duckdb.connect(str(house.current), read_only=True) as con:
        compared = con.execute("SELECT bool_or(comparable) FROM cluster_dynamics").fetchone()
    assert compared == (False,)


def test_a_new_delineation_comes_with_the_year_that_uses_it(house: House, offered: Offer) -> None:
    newest = newest_delineation(house)
    kept = house.read(newest)
    house.remove(newest)
    last, first = LAST_OF_THE_OLDER, LAST_OF_THE_OLDER + 1
    refreshed(house, f"{last}", (last,))
    house.write(newest, kept)
    refreshed(house, f"{last}-{first}", (last, first))


def test_a_delineation_that_comes_after_its_year_needs_a_person(house: House, offered: Offer) -> None:
    """Areas of a released year turn out to have had other counties: that is no growth, and a person lets it pass."""
    newest = newest_delineation(house)
    kept = house.read(newest)
    house.remove(newest)
    year = offered.whole[-1]
    refreshed(house, f"{year}", (year,))
    house.write(newest, kept)
    released = house.released()
    stopped = house.refresh("--years", f"{year}")
    assert stopped.exit_code == 3
    assert "cbsa_county.history_keys_kept failed (error)" in stopped.output
    assert house.released() == released
    passed = house.refresh("--years", f"{year}", "--accept-revision", "census_delineation")
    assert passed.exit_code == 0, passed.output


def newest_delineation(house: House) -> str:
    """The newest list of the mirror; they lie below folders named by the year."""
    lists = sorted(p for p in (house.mirror / DELINEATIONS).rglob("*") if p.suffix in {".xls", ".xlsx"})
    assert len(lists) > 1
    return lists[-1].relative_to(house.mirror).as_posix()


def test_a_year_that_the_index_has_lost_comes_back(house_of_two: House) -> None:
    """As from a backup of the folder: no release may be made without it, whatever a person accepts."""
    house = house_of_two
    first, last = (int(year) for year in YEARS.split("-"))
    index = house.home / "tidy" / "editions-mirror.json"
    entries = json.loads(index.read_text(encoding="utf-8"))
    index.write_text(json.dumps([e for e in entries if str(e["period"]) != str(first)]), encoding="utf-8")
    released = house.released()
    done = house.refresh("--years", f"{last}", "--accept-revision", "bls_qcew")
    assert done.exit_code == 0, done.output
    assert "Nothing new" in done.stdout
    assert f"bls_qcew:{first}" in done.stdout, "told"
    assert house.released() == released
