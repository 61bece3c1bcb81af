"""Editions side by side, what stays in use where a publisher fails, and that one table is read by one parser."""

from __future__ import annotations

import io
import shutil
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration import checksums, editions, parsing, partitions
from orchestration.assets.release import snapshot, source_files
from orchestration.assets.tidy import CURRENT, pull
from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.ingest import ingest
from orchestration.landing import store
from orchestration.landing.fetch import Fetcher
from orchestration.landing.origin import Origin
from orchestration.landing.store import Store
from orchestration.layout import link_partitions
from orchestration.partitions import Partition, TidyIndex
from orchestration.quality.verdict import CheckResult
from orchestration.release.retention import partitions_in_use, prune_tidy
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked, Edition, Format, Parser, Resource, Source
from tests.faults.publisher import Behaviour, Publisher, answer
from tests.sources.declaring import HOST, TABLE, source
from tests.sources.reading import TODAY

PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Come back later</body></html>\n"


def csv(people: int, other: int = 0, year: int = 0) -> bytes:
    """A table of one town; `other` is a second figure, in the column `m`."""
    return f"town,n,m,y\n01,{people},{other},{year}\n".encode()


def zipped(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("people.csv", content)
    return buffer.getvalue()


class House:
    """A home, a publisher on loopback, and the day it is."""

    def __init__(self, folder: Path, publisher: Publisher, patch: pytest.MonkeyPatch) -> None:
        self.folder, self.publisher, self.patch = folder, publisher, patch
        self.settings = Settings(home=folder / "home", profile="mirror", attempts=1, bound_programmes=0)
        self.index = TidyIndex(self.settings)
        self.day = TODAY
        self.findings: list[CheckResult] = []
        house = self

        class Clock(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime(house.day.year, house.day.month, house.day.day, 3, tzinfo=tz)

        patch.setattr(store, "_now", lambda: Clock.now(UTC))
        patch.setattr(editions, "datetime", Clock)

    def declares(self, **changed: Any) -> Source:
        """From now on this source is declared, and no other."""
        made = source(self.folder / "declared", **changed)
        for name in list(SOURCES):
            self.patch.delitem(SOURCES, name)
        self.patch.setitem(SOURCES, made.source_id, made)
        return made

    def offers(self, **files: bytes | None) -> None:
        """The publisher's files, by name without ending; None where there is none (any more)."""
        for name, content in files.items():
            self.publisher.replace(f"{HOST}/{name}.csv", content)

    def pulls(self, *years: int, after: int = 0) -> tuple[list[Partition], list[str]]:
        """A night's pull of the declared source, so many days later."""
        self.day += timedelta(days=after)
        (made,) = SOURCES.values()
        with self.fetcher() as fetcher:
            return ingest(made, Asked(years, self.day, {}), fetcher, self.settings)

    def fetcher(self) -> Fetcher:
        opened = Store(self.settings.landing)
        return Fetcher(opened, Origin("mirror", self.publisher.url), self.settings, sleep=lambda _: None)

    def night(self) -> list[Partition]:
        """The same as an asset does it, findings recorded."""
        (made,) = SOURCES.values()
        with self.fetcher() as fetcher:
            return pull(made, [], self.refresh(fetcher))

    def refresh(self, fetcher: Fetcher) -> Any:
        house = self

        class Tonight:
            settings, only = house.settings, ()
            partitions = property(lambda _: house.index.active())

            def record_checks(self, _: str, found: Sequence[CheckResult]) -> None:
                house.findings = list(found)

        tonight = Tonight()
        tonight.fetcher = fetcher  # type: ignore[attr-defined]
        return tonight

    def people(self) -> dict[str, int]:
        """What a build sees: people by edition."""
        files = sorted((link_partitions(self.index.active(), self.settings) / "people").iterdir())
        with duckdb.connect() as con:
            rows = con.read_parquet([str(f) for f in files]).project("period, vintage, people").fetchall()
        return {f"{period}@{vintage}" if vintage else period: people for period, vintage, people in rows}

    def disk(self) -> dict[str, bytes]:
        """The tidy folder."""
        tidy = self.settings.tidy
        return {str(p.relative_to(tidy)): p.read_bytes() for p in sorted(tidy.rglob("*")) if p.is_file()}


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with Publisher(tmp_path / "nothing") as publisher:
        yield House(tmp_path, publisher, monkeypatch)


def file(period: str, vintage: str | None = None, name: str = "list", **said: Any) -> dict[str, Any]:
    """An edition in one file."""
    dated = {} if vintage is None else {"vintage": vintage}
    return {"period": period, "kind": "csv", "url": f"{HOST}/{name}.csv", "reader": "delimited"} | dated | said


VINTAGES = [file("2020s", "{year}", "v{year}", each=2024), file("2010s", "2020", "v2020")]
LISTS = [file("series", "landed")]
ASKED = [file("{year}", name="people_{year}", each="asked")]
FINE_AND_COARSE = [
    {
        "period": "2020",
        "formats": [
            {"name": name, "kind": "csv", "url": f"{HOST}/{name}.csv", "reader": "delimited"}
            for name in ("fine", "coarse")
        ],
    }
]


def outcomes(found: Sequence[Partition]) -> dict[str, str]:
    return {p.edition: p.outcome for p in found}


# --- editions -----------------------------------------------------------------------------------------------------


def test_periods_stand_side_by_side(house: House) -> None:
    house.declares()
    house.offers(people_2025=csv(25), people_2024=csv(24))
    found, failures = house.pulls()
    assert (outcomes(found), failures) == ({"2025": "new", "2024": "new"}, [])
    assert house.people() == {"2024": 24, "2025": 25}
    house.offers(people_2026=csv(26), people_2024=csv(240))
    assert outcomes(house.pulls()[0]) == {"2026": "new", "2025": "unchanged", "2024": "changed"}
    assert house.people() == {"2024": 240, "2025": 25, "2026": 26}


def test_the_newest_vintage_of_a_period_wins_and_the_older_stays(house: House) -> None:
    house.declares(editions=VINTAGES)
    house.offers(v2025=csv(25), v2024=csv(24), v2020=csv(20))
    house.pulls()
    assert house.people() == {"2010s@2020": 20, "2020s@2025": 25}
    house.offers(v2026=csv(26))
    assert outcomes(house.pulls()[0]) == {"2020s@2026": "changed", "2010s@2020": "unchanged"}
    assert house.people() == {"2010s@2020": 20, "2020s@2026": 26}
    assert [p.edition for p in house.index.all()] == ["2010s@2020", "2020s@2025", "2020s@2026"]
    assert prune_tidy(house.settings.tidy, partitions_in_use(house.settings)) == []
    assert all((house.settings.tidy / p.path).exists() for p in house.index.all())


def test_a_vintage_that_vanishes_stays_in_use(house: House) -> None:
    house.declares(editions=VINTAGES)
    house.offers(v2026=csv(26), v2025=csv(25))
    house.pulls()
    house.offers(v2026=None)
    assert outcomes(house.pulls()[0]) == {"2020s@2026": "kept"}
    assert house.people() == {"2020s@2026": 26}
    house.offers(v2025=None)
    assert outcomes(house.pulls()[0]) == {"2020s@2026": "kept"}


def test_every_list_that_ever_came_is_kept(house: House) -> None:
    house.declares(editions=LISTS, keeps_vintages=True)
    house.offers(list=csv(1))
    assert outcomes(house.pulls()[0]) == {"series@2026-11-28": "new"}
    assert outcomes(house.pulls(after=1)[0]) == {"series@2026-11-28": "unchanged"}, "dated when its bytes came"
    house.offers(list=csv(2))
    assert outcomes(house.pulls(after=1)[0]) == {"series@2026-11-30": "changed"}
    assert house.people() == {"series@2026-11-28": 1, "series@2026-11-30": 2}
    house.offers(list=None)
    assert outcomes(house.pulls(after=1)[0]) == {"series@2026-11-30": "kept"}
    assert house.people() == {"series@2026-11-28": 1, "series@2026-11-30": 2}


def test_two_lists_of_one_day_are_both_kept(house: House) -> None:
    house.declares(editions=LISTS, keeps_vintages=True)
    house.offers(list=csv(1))
    house.pulls()
    house.offers(list=csv(2))
    house.pulls()
    assert sorted(house.people().values()) == [1, 2]
    found = outcomes(house.pulls(after=1)[0])
    assert list(found.values()) == ["unchanged"]
    assert sorted(house.people().values()) == [1, 2]


def test_of_a_list_that_is_not_kept_the_newest_is_used(house: House) -> None:
    house.declares(editions=LISTS)
    for number in (1, 2):
        house.offers(list=csv(number))
        house.pulls(after=1)
    assert house.people() == {"series@2026-11-30": 2}
    assert len(house.index.all()) == 2


def test_a_coarser_format_takes_no_better_ones_place(house: House) -> None:
    house.declares(editions=FINE_AND_COARSE)
    house.offers(coarse=csv(1))
    assert [p.format for p in house.pulls()[0]] == ["coarse"]
    house.offers(fine=csv(2))
    assert [(p.format, p.outcome) for p in house.pulls()[0]] == [("fine", "changed")]
    house.offers(fine=None, coarse=csv(3))
    assert [(p.format, p.outcome) for p in house.pulls()[0]] == [("fine", "kept")]
    assert house.people() == {"2020": 2}


# --- a publisher that fails ---------------------------------------------------------------------------------------

FAULTS = {
    "503": (answer(503, b"busy"), "could not be pulled in 1 attempts; the last one: HTTP 503"),
    "a page": (answer(200, PAGE), "answered with an HTML page instead of a zip file"),
    "a damaged archive": (answer(200, zipped(csv(9))[:-30]), "truncated or damaged"),
}
NOTHING = "0 editions as the publisher offers them tonight"
ARCHIVE = [file("series", "landed", "list", kind="zip")]


@pytest.mark.parametrize(("fault", "said"), FAULTS.values(), ids=FAULTS)
def test_without_an_optional_source_the_refresh_goes_on(house: House, fault: Behaviour, said: str) -> None:
    house.declares(editions=ARCHIVE)
    house.publisher.misbehave(f"{HOST}/list.csv", fault)
    assert house.night() == []
    (finding,) = house.findings
    assert (finding.check_name, finding.table_name, finding.severity, finding.passed) == (
        CURRENT, "stg_people", "warning", False,
    )  # fmt: skip
    assert finding.observed.startswith("towns_people: list.csv: ")
    assert said in finding.observed
    assert house.people() == {}, "a table without rows, and not no table"
    house.publisher.behave()
    house.offers(list=zipped(csv(1)))
    assert outcomes(house.night()) == {"series@2026-11-28": "new"}
    assert [f.passed for f in house.findings] == [True]
    house.publisher.misbehave(f"{HOST}/list.csv", fault)
    assert outcomes(house.night()) == {"series@2026-11-28": "late"}
    assert [(f.passed, f.severity, said in f.observed) for f in house.findings] == [(False, "warning", True)]
    assert house.people() == {"series@2026-11-28": 1}
    house.publisher.behave()
    assert outcomes(house.night()) == {"series@2026-11-28": "unchanged"}


def test_what_an_optional_source_does_not_offer_is_no_failure(house: House) -> None:
    house.declares()
    assert house.night() == []
    assert [(f.passed, f.observed) for f in house.findings] == [(True, NOTHING)]
    assert house.people() == {}


def test_a_table_of_which_nothing_is_landed_has_its_columns_and_types(house: House) -> None:
    made = house.declares()
    (empty,) = (link_partitions([], house.settings) / "people").iterdir()
    with duckdb.connect() as con:
        relation = con.read_parquet(str(empty))
        assert relation.columns == [c.name for c in made.contract.columns]
        assert [str(t).lower() for t in relation.types] == [c.data_type for c in made.contract.columns]
        assert relation.fetchall() == []


def test_what_an_optional_source_falls_back_on_may_be_too_old(house: House) -> None:
    house.declares(max_age_days=10)
    house.offers(people_2025=csv(25))
    house.pulls()
    house.publisher.misbehave(f"{HOST}/people_2025.csv", answer(503))
    assert outcomes(house.pulls(after=10)[0]) == {"2025": "late"}
    before = house.disk()
    with pytest.raises(SourceError, match="last offered 11 days ago, is older than the 10 days allowed") as caught:
        house.pulls(after=1)
    assert (caught.value.dataset, caught.value.file) == ("towns_people", "people_2025.csv")
    assert caught.value.remedy.endswith("or raise max_age_days of people in its source.yml")
    assert house.disk() == before


@pytest.mark.parametrize(("fault", "said"), FAULTS.values(), ids=FAULTS)
def test_a_required_source_that_fails_stops_and_touches_nothing(house: House, fault: Behaviour, said: str) -> None:
    house.declares(editions=ARCHIVE, required=True)
    house.offers(list=zipped(csv(1)))
    house.pulls()
    before = house.disk()
    house.publisher.misbehave(f"{HOST}/list.csv", fault)
    with pytest.raises(SourceError, match=said) as caught:
        house.night()
    assert (caught.value.exit_code, caught.value.file) == (2, "list.csv")
    assert house.disk() == before


def test_a_required_source_that_offers_nothing_stops(house: House) -> None:
    house.declares(required=True)
    with pytest.raises(SourceError, match="the publisher offers none of its known formats"):
        house.night()


# --- several files of one edition ---------------------------------------------------------------------------------


def both(
    parse: Parser, con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition
) -> duckdb.DuckDBPyRelation:
    """Two files as one table; of the module, so that another process can be told of it."""
    one, other = (parse(con, [each], edition) for each in files)
    return one.union(other)


def declares_parts(house: House) -> None:
    """A required source of one period, in two files or in a coarser one."""
    declared = house.declares(editions=[file("2020", name="coarse")], required=True)
    (edition,) = declared.editions(Asked((), house.day, {}))
    (coarse,) = edition.formats

    parts = Format("parts", tuple(Resource(f"{HOST}/{name}.csv", "csv") for name in "ab"), partial(both, coarse.parse))
    several = replace(edition, formats=(parts, coarse))
    house.patch.setitem(SOURCES, declared.source_id, replace(declared, editions=lambda _: [several]))


@pytest.mark.parametrize("withdrawn", ["a", "b"])
def test_where_one_of_several_files_is_withdrawn_all_are_kept(
    house: House, withdrawn: str, caplog: pytest.LogCaptureFixture
) -> None:
    """As they were landed together: another edition of the other file would not fit beside it."""
    declares_parts(house)
    house.offers(a=csv(1), b=b"town,n,m,y\n02,2,0,0\n", coarse=csv(3))
    (before,), _ = house.pulls()
    house.offers(**{"a": csv(10), "b": csv(20), withdrawn: None})
    for _ in range(2):
        (kept,), failures = house.pulls(after=1)
        assert (kept.outcome, kept.path, failures) == ("kept", before.path, [])
    assert "2020: no longer offered, the copy landed earlier is used" in caplog.text
    house.offers(**{withdrawn: csv(30)})
    assert outcomes(house.pulls(after=1)[0]) == {"2020": "changed"}


def test_where_one_of_several_files_never_came_it_is_named(house: House) -> None:
    declares_parts(house)
    house.offers(a=csv(1), coarse=csv(3))
    with pytest.raises(NotPublished, match=r"b\.csv"):
        house.pulls()


# --- one table, one parser ----------------------------------------------------------------------------------------

OTHERWISE: dict[str, Any] = TABLE["columns"] | {"people": TABLE["columns"]["people"] | {"header": "m"}}


def test_a_table_read_otherwise_is_another_partition(house: House) -> None:
    house.declares()
    house.offers(people_2025=csv(25, 250))
    (before,), _ = house.pulls()
    house.declares(columns=OTHERWISE)
    (after,), _ = house.pulls()
    assert before.path != after.path
    assert (after.outcome, house.people()) == ("changed", {"2025": 250})


def test_years_not_asked_for_are_read_anew_too(house: House) -> None:
    year = {"year": {"type": "smallint", "unit": "year", "meaning": "Year", "header": "y"}}
    house.declares(editions=ASKED, required=True, columns=TABLE["columns"] | year)
    house.offers(people_2024=csv(24, 240, 2024), people_2025=csv(25, 250, 2025))
    house.pulls(2024, 2025)
    house.declares(editions=ASKED, required=True, columns=OTHERWISE | year)
    found, _ = house.pulls(2025)
    assert [p.period for p in found] == ["2025"]
    assert house.people() == {"2024": 240, "2025": 250}


def test_lists_kept_and_editions_no_longer_offered_are_read_anew_too(house: House) -> None:
    editions = [*LISTS, file("2020", name="old")]
    house.declares(editions=editions, keeps_vintages=True)
    house.offers(list=csv(1, 10), old=csv(5, 50))
    house.pulls()
    house.offers(list=csv(2, 20), old=None)
    house.pulls(after=1)
    house.declares(editions=editions, keeps_vintages=True, columns=OTHERWISE)
    found, failures = house.pulls(after=1)
    assert (outcomes(found), failures) == ({"series@2026-11-29": "changed", "2020": "kept"}, [])
    assert house.people() == {"2020": 50, "series@2026-11-28": 10, "series@2026-11-29": 20}


def test_a_lost_partition_is_made_again_from_what_was_landed(house: House) -> None:
    house.declares(editions=[file("2020")], required=True)
    house.offers(list=csv(1))
    (made,), _ = house.pulls()
    house.offers(list=None)
    (house.settings.tidy / made.path).unlink()
    assert outcomes(house.pulls(after=1)[0]) == {"2020": "kept"}
    assert house.people() == {"2020": 1}


def test_a_partition_that_was_cut_is_made_again(house: House) -> None:
    house.declares(editions=[file("2020")], required=True)
    house.offers(list=csv(1))
    (made,), _ = house.pulls()
    path = house.settings.tidy / made.path
    path.write_bytes(path.read_bytes()[:-40])
    house.pulls(after=1)
    assert house.people() == {"2020": 1}


@pytest.mark.parametrize("offered", [True, False])
def test_a_partition_with_a_damaged_byte_is_made_again(house: House, offered: bool) -> None:
    """Its end is whole, so nothing but its checksum tells; also where the publisher has withdrawn the file."""
    house.declares(editions=[file("2020")], required=True)
    house.offers(list=csv(1))
    (made,), _ = house.pulls()
    path, whole = house.settings.tidy / made.path, (house.settings.tidy / made.path).read_bytes()
    path.write_bytes(whole[:20] + bytes([whole[20] ^ 1]) + whole[21:])
    house.offers(list=csv(1) if offered else None)
    (again,), _ = house.pulls(after=1)
    assert (again.outcome, again.path) == ("unchanged" if offered else "kept", made.path)
    assert path.read_bytes() == whole
    assert again.tidy_sha256 == made.tidy_sha256


def test_a_night_reads_each_partition_and_the_index_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each edition asks for both several times: of many years that was most of a night with nothing new."""
    house.declares()
    house.offers(people_2024=csv(24), people_2025=csv(25))
    made, _ = house.pulls()
    # As a process knows it that has just begun.
    checksums._checksum_of.cache_clear()
    partitions._KNOWN.clear()
    read: list[Path] = []
    entries: list[Any] = []
    whole, entry = checksums.checksum, Partition.of
    monkeypatch.setattr(checksums, "checksum", lambda path: read.append(path) or whole(path))
    monkeypatch.setattr(Partition, "of", lambda said: entries.append(said) or entry(said))
    again, _ = house.pulls(after=1)
    assert outcomes(again) == dict.fromkeys(("2024", "2025"), "unchanged")
    assert sorted(read) == sorted(house.settings.tidy / partition.path for partition in made)
    assert len(entries) == 2


def test_a_list_made_again_stays_the_list_of_its_day(house: House) -> None:
    """Of two that came on one day the later has the time of day in its name."""
    house.declares(editions=LISTS, keeps_vintages=True)
    house.offers(list=csv(1))
    house.pulls()
    house.offers(list=csv(2))
    house.pulls()
    before = house.index.all()
    shutil.rmtree(house.settings.tidy / "people")
    house.pulls(after=1)
    assert [p.edition for p in house.index.all()] == [p.edition for p in before]
    assert sorted(house.people().values()) == [1, 2]


def test_an_index_from_an_older_backup_is_brought_up_to_the_release(house: House) -> None:
    """A year that it lacks would be lost, and one in the state of then would take back a correction."""
    house.declares()
    house.offers(people_2024=csv(24))
    house.pulls()
    backup = house.index.path.read_bytes()
    house.offers(people_2024=csv(240), people_2025=csv(25))
    house.pulls(after=1)
    released = house.index.all()
    house.index.path.write_bytes(backup)
    assert [p.period for p in house.index.complete(released)] == ["2024", "2025"]
    assert house.index.all() == released
    house.offers(people_2024=csv(2400), people_2025=None)
    house.pulls(after=1)
    now = house.index.all()
    assert house.index.complete(released) == [], "what came after the release stays"
    assert (house.index.all(), house.people()) == (now, {"2024": 2400, "2025": 25})


def test_a_damaged_index_is_named_with_what_to_do(house: House) -> None:
    house.declares(editions=[file("2020")], required=True)
    house.offers(list=csv(1))
    house.pulls()
    index = TidyIndex(house.settings)
    index.path.write_text(index.path.read_text(encoding="utf-8")[:-40], encoding="utf-8")
    with pytest.raises(SetupError, match=r"editions-\w+\.json: the index of editions is damaged .* Remedy: "):
        house.pulls(after=1)


def test_what_cannot_be_read_anew_stops_a_required_source(house: House) -> None:
    house.declares(editions=[file("2020")], required=True)
    house.offers(list=csv(1, 10))
    (made,), _ = house.pulls()
    house.offers(list=None)
    house.declares(editions=[file("2020")], required=True, columns=OTHERWISE)
    damage(house, made)
    with pytest.raises(SourceError, match=r"towns_people: list\.csv: .*Remedy: restore the landing folder"):
        house.pulls()


def test_what_cannot_be_read_anew_of_an_optional_source_is_left_out_and_comes_back(house: House) -> None:
    house.declares(editions=[file("2020")])
    house.offers(list=csv(1, 10))
    (made,), _ = house.pulls()
    house.offers(list=None)
    house.declares(editions=[file("2020")], columns=OTHERWISE)
    content = damage(house, made)
    found, failures = house.pulls()
    assert found == []
    assert "restore the landing folder from a backup" in failures[0]
    assert house.people() == {}
    store.blob_path(house.settings.landing, made.files[0].sha256).write_bytes(content)
    assert (outcomes(house.pulls()[0]), house.people()) == ({"2020": "kept"}, {"2020": 10})


def test_an_edition_that_is_declared_no_longer_is_not_mixed_in(house: House) -> None:
    house.declares(editions=[file("2020"), file("2021", name="new")], required=True)
    house.offers(list=csv(1), new=csv(2))
    house.pulls()
    house.declares(editions=[file("2021", name="new")], required=True, columns=OTHERWISE)
    with pytest.raises(SourceError, match="2020 was read by an earlier parser, and is declared no longer"):
        house.pulls()


def damage(house: House, partition: Partition) -> bytes:
    """Takes the landed bytes of a partition away; returns them."""
    blob = store.blob_path(house.settings.landing, partition.files[0].sha256)
    content = blob.read_bytes()
    blob.chmod(0o600)
    blob.unlink()
    return content


# --- sources that are declared no longer --------------------------------------------------------------------------

OLD_ENTRY = {
    "source_id": "villages",
    "table": "villages",
    "period": 0,
    "layout": "titles",
    "path": "villages/0/9c.parquet",
    "rows": 3,
    "outcome": "unchanged",
    "files": [
        {
            "url": f"{HOST}/villages.csv",
            "sha256": "ab" * 32,
            "bytes": 10,
            "etag": None,
            "last_modified": None,
            "fetched_at": "2026-01-01T00:00:00+00:00",
        }
    ],
    "warning": None,
}


@pytest.mark.parametrize(("period", "shown"), [(0, "series"), (2016, "2016")])
def test_entries_of_before_editions_had_vintages_are_read(period: int, shown: str) -> None:
    found = Partition.of(OLD_ENTRY | {"period": period})
    assert (found.edition, found.format, found.vintage, found.name) == (shown, "titles", None, f"villages:{shown}")
    assert found.landed_on == date(2026, 1, 1)


def test_what_an_entry_says_that_nobody_knows_is_passed_over() -> None:
    assert Partition.of(OLD_ENTRY | {"of_tomorrow": 1}) == Partition.of(OLD_ENTRY)


@pytest.mark.parametrize("synthetic", [False, True])
def test_a_source_declared_no_longer_still_says_where_it_came_from(house: House, synthetic: bool) -> None:
    house.declares()
    for entry in (Partition.of(OLD_ENTRY), replace(Partition.of(OLD_ENTRY), publisher="Office", licence="free")):
        row = snapshot(entry, TODAY, synthetic=synthetic)
        assert (row.source_id, row.url, row.rows) == ("villages:series", f"{HOST}/villages.csv", 3)
        assert [f.sha256 for f in source_files(entry)] == ["ab" * 32]
        assert synthetic or row.publisher == entry.publisher


def test_a_source_declared_no_longer_is_in_no_release_and_in_nobodys_way(house: House) -> None:
    house.declares()
    house.offers(people_2025=csv(25))
    house.index.put(Partition.of(OLD_ENTRY))
    house.index.put(replace(Partition.of(OLD_ENTRY), source_id="towns_people", table="townsfolk"))
    assert house.pulls()[1] == []
    assert len(house.index.all()) == 3
    assert [p.name for p in house.index.active()] == ["towns_people:2025"]
    assert house.people() == {"2025": 25}


def test_a_partition_says_on_what_its_parser_was_tried(house: House) -> None:
    house.declares(tried="documented layout")
    house.offers(people_2025=csv(25))
    (made,), _ = house.pulls()
    assert snapshot(made, TODAY, synthetic=False).tried == "documented layout"
    house.declares(tried="real file")
    (made,), _ = house.pulls()
    assert (made.outcome, snapshot(made, TODAY, synthetic=False).tried) == ("unchanged", "real file")
    assert snapshot(Partition.of(OLD_ENTRY), TODAY, synthetic=False).tried is None


def test_what_nobody_was_asked_for_tonight_is_held(house: House) -> None:
    house.declares()
    house.offers(people_2025=csv(25))
    (made,), _ = house.pulls()
    assert [snapshot(made, house.day + timedelta(days=n), synthetic=False).outcome for n in (0, 1)] == ["new", "held"]
    late = replace(made, outcome="late")
    assert snapshot(late, house.day + timedelta(days=1), synthetic=False).outcome == "late"


def test_a_required_source_that_is_under_way_says_so(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    house.declares(required=True)
    house.offers(people_2025=csv(25))

    def under_way(*_: object) -> None:
        raise NotPublished("towns", "people_2025.csv", "has two quarters of four", "wait for the others")

    with monkeypatch.context() as patch:
        patch.setattr(editions, "parse", under_way)
        with pytest.raises(NotPublished, match="has two quarters of four"):
            house.pulls()
    assert house.pulls()[1] == []


def test_bytes_that_do_not_hold_the_edition_yet_are_read_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A benchmark of five years hence would start the process that reads files every night."""
    house.declares(required=True)
    house.offers(people_2025=csv(25))
    read: list[str] = []

    def under_way(*told: Any) -> None:
        read.append(told[-1].edition.period)
        raise NotPublished("towns_people", "people_2025.csv", "has two quarters of four", "wait for the others")

    with monkeypatch.context() as patch:
        patch.setattr(parsing, "caged", under_way)
        for _ in range(3):
            with pytest.raises(NotPublished, match=r"people_2025\.csv: has two quarters of four\. Remedy: wait"):
                house.pulls(after=1)
        assert read == ["2025"]
        house.offers(people_2025=csv(26))
        with pytest.raises(NotPublished):
            house.pulls(after=1)
        assert read == ["2025", "2025"], "other bytes are read"
    house.declares(required=True, columns=OTHERWISE)
    assert outcomes(house.pulls()[0]) == {"2025": "new"}, "and so they are by another parser"


def at(period: str, vintage: str | None, path: str) -> Partition:
    return replace(
        Partition.of(OLD_ENTRY), source_id="towns_people", table="people", period=period, vintage=vintage, path=path
    )


def test_what_no_release_holds_gives_its_place_back(house: House) -> None:
    """A newer vintage and another year go, an older vintage stays, a file read anew is as it was."""
    house.declares()
    released = [at("2020s", "2024", "b"), at("2019", None, "d")]
    for entry in (at("2020s", "2023", "a"), *released, at("2018", None, "f")):
        house.index.put(entry)
    before = [p for p in house.index.all() if p.path != "f"]
    for entry in (at("2020s", "2025", "c"), at("2020s", "2026", "g"), at("2019", None, "e")):
        house.index.put(entry)
    assert house.index.put_back(released, "villages") == []
    assert {p.path for p in house.index.put_back(released, "towns_people")} == {"c", "e", "f", "g"}
    assert house.index.all() == before
    house.index.path.unlink()
    assert house.index.put_back(released) == []
    assert house.index.active() == sorted(released, key=lambda p: p.period)


OF_YEARS = ("2019", "2020", "2023")


@pytest.mark.parametrize(
    ("years", "own", "after", "recent"),
    [
        ([2022], [], ["2023"], ["2019", "2020"]),
        ([2023], ["2023"], [], ["2020", "2023"]),
        ([2019, 2026], ["2019"], ["2020"], ["2019", "2023"]),
        ([2018], [], ["2019"], []),
        ([2027], [], [], []),
        (None, ["2019", "2020", "2023"], ["2019", "2020", "2023"], ["2019", "2020", "2023"]),
    ],
)
def test_a_year_finds_its_own_file_that_of_the_year_after_and_those_of_three_years_before(
    years: list[int] | None, own: list[str], after: list[str], recent: list[str], tmp_path: Path
) -> None:
    table = "cbp_county"
    there = [Partition(table, table, year, None, "csv", f"{year}.parquet", 1, "new", ()) for year in OF_YEARS]
    tidy = link_partitions(there, Settings(home=tmp_path), years)
    for ending, expected in (("", own), ("_after", after), ("_recent", recent)):
        assert sorted(path.stem for path in (tidy / f"{table}{ending}").iterdir()) == (expected or ["none"])
