"""What a pull of one dataset is driven and looked at with, in a house that holds yesterday's release.

Belongs here: pulling through the same code as a refresh, against a publisher of ours, and what lies on disk before and
after. Does not: the faults (see the tests) and the publisher (see `publisher`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from orchestration.ingest import ingest
from orchestration.landing.fetch import Fetcher
from orchestration.landing.origin import Origin
from orchestration.landing.store import Store
from orchestration.partitions import Partition, TidyIndex
from orchestration.settings import Settings
from orchestration.sources.bls.parse import BASE
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked, Source
from tests.faults.conftest import House
from tests.faults.publisher import Publisher
from tests.sources.reading import TODAY, only

ATTEMPTS = 3


@dataclass(frozen=True)
class Subject:
    """A file that is pulled: of which source, of one period, and at which address the fault is played.

    `areas` are those that QCEW's slices are asked for. `absent` is a better format's file, which would be pulled
    instead if it were there.
    """

    source: Source
    url: str
    areas: tuple[str, ...] = ()
    absent: str | None = None


LIST = Subject(SOURCES["bls_qcew_areas"], f"{BASE}/doc/titles/area/area_titles.csv")
TABLES = "https://apps.bea.gov/industry/release/zip/MAKE-USE-IMPORTS%20(AFTER%20REDEFINITIONS).zip"
TABLE = Subject(only("bea_use", "2017"), TABLES)
STAFFING = Subject(only("oews_industry", "2025-05"), "https://www.bls.gov/oes/special-requests/oesm25in4.zip")
YEARS = range(2016, 2022)


def of_year(year: int, file: str, areas: tuple[str, ...] = (), absent: str | None = None) -> Subject:
    """A file of QCEW, by its place below BLS's data."""
    data = f"{BASE}/data"
    return Subject(only("bls_qcew", str(year)), f"{data}/{file}", areas, absent and f"{data}/{absent}")


SUBJECTS: dict[str, dict[str, Subject]] = {
    "sample": {
        "list": LIST,
        "archive": of_year(2021, "files/2021/csv/2021_annual_singlefile.zip"),
        "slice": of_year(2019, "api/2019/a/area/91000.csv", ("ZZ000", "91000")),
        "table": TABLE,
        "staffing": STAFFING,
    },
    "mirror": {
        "list": LIST,
        "archive": of_year(
            2016,
            "files/2016/csv/2016_qtrly_by_area.zip",
            absent="files/2016/csv/2016_annual_singlefile.zip",
        ),
        "slice": of_year(2019, "api/2019/a/area/01000.csv", ("US000", "01000")),
        "table": TABLE,
        "older table": Subject(
            only("bea_use", "2007"),
            "https://apps.bea.gov/industry/xls/io-annual/IOUse_Before_Redefinitions_PRO_2007_Detail.xlsx",
        ),
        "staffing": STAFFING,
    },
}


@dataclass(frozen=True)
class Disk:
    """What lies below a home: nothing here may change by accident."""

    release: tuple[str, str, list[str]]
    blobs: dict[str, str]
    partials: list[str]
    tidy: dict[str, int]
    index: str
    scratch: list[str]


@dataclass
class Desk:
    """A house, a publisher of ours with `files` in it ("sample" or "mirror"), and how long a pull would have waited."""

    house: House
    publisher: Publisher
    settings: Settings
    files: str
    waits: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        for subject in self.subjects.values():
            if subject.absent:
                self.publisher.replace(subject.absent, None)

    @property
    def subjects(self) -> dict[str, Subject]:
        """What is pulled, by what it is: a list, a slice of figures, an archive, a workbook, an archive of those."""
        return SUBJECTS[self.files]

    def pull(self, subject: Subject, origin: Origin | None = None) -> Partition | None:
        """The source's period, as a refresh pulls and parses it."""
        self.waits.clear()
        origin = origin or Origin("mirror", self.publisher.url)
        with (
            Store(self.settings.landing) as store,
            Fetcher(store, origin, self.settings, sleep=self.waits.append) as fetcher,
        ):
            asked = Asked(YEARS, TODAY, {"bls_qcew_areas": [self._areas(subject)]})
            partitions, failures = ingest(subject.source, asked, fetcher, self.settings)
        assert failures == []
        assert len(partitions) <= 1
        return partitions[0] if partitions else None

    def _areas(self, subject: Subject) -> Path:
        """A tidy list of the subject's areas, beside the house."""
        path = self.settings.home.parent / "areas.parquet"
        with duckdb.connect() as con:
            con.execute("CREATE TABLE areas (area_fips VARCHAR)")
            for area in subject.areas:
                con.execute("INSERT INTO areas VALUES (?)", [area])
            con.table("areas").write_parquet(str(path))
        return path

    def figures(self, partition: Partition | None) -> list[tuple[object, ...]]:
        """The tidy rows of a partition, in an order of their own."""
        assert partition is not None
        with duckdb.connect() as con:
            path = str(self.settings.tidy / partition.path)
            return con.execute("SELECT * FROM read_parquet(?) ORDER BY ALL", [path]).fetchall()

    def disk(self) -> Disk:
        landing, tidy = self.settings.landing, self.settings.tidy
        return Disk(
            release=self.house.released(),
            blobs={f.name: hashlib.sha256(f.read_bytes()).hexdigest() for f in below(landing / "blobs")},
            partials=[f.name for f in below(landing / "partial")],
            tidy={f.relative_to(tidy).as_posix(): f.stat().st_size for f in below(tidy) if f.suffix != ".json"},
            index=TidyIndex(self.settings).path.read_text(encoding="utf-8"),
            scratch=[f.name for f in self.settings.work.iterdir()] if self.settings.work.exists() else [],
        )


def below(folder: Path) -> list[Path]:
    """The files below a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
