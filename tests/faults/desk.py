"""What a pull of one dataset is driven and looked at with, in a house that holds yesterday's release.

Belongs here: pulling through the same code as a refresh, against a publisher of ours, and what lies on disk before and
after. Does not: the faults (see the tests) and the publisher (see `publisher`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import duckdb

from orchestration.ingest import Partition, TidyIndex, ingest
from orchestration.landing.fetch import Fetcher
from orchestration.landing.origin import Origin
from orchestration.landing.store import Store
from orchestration.settings import Settings
from orchestration.sources.bea import BASE as BEA
from orchestration.sources.bea import USE
from orchestration.sources.bls import BASE, QCEW, QCEW_AREAS
from orchestration.sources.oews import BASE as OEWS
from orchestration.sources.oews import INDUSTRY
from orchestration.sources.source import Dataset
from tests.faults.conftest import House
from tests.faults.publisher import Publisher

ATTEMPTS = 3


@dataclass(frozen=True)
class Subject:
    """A file that is pulled: of which dataset and period, and at which address the fault is played.

    `absent` is a better layout's file, which would be pulled instead if it were there.
    """

    dataset: Dataset
    period: int
    url: str
    areas: tuple[str, ...] = ()
    absent: str | None = None


LIST = Subject(QCEW_AREAS, 0, f"{BASE}/doc/titles/area/area_titles.csv")
TABLES = f"{BEA}/release/zip/MAKE-USE-IMPORTS%20(AFTER%20REDEFINITIONS).zip"
STAFFING = Subject(INDUSTRY, 0, f"{OEWS}/oesm25in4.zip")
SUBJECTS: dict[str, dict[str, Subject]] = {
    "sample": {
        "list": LIST,
        "archive": Subject(QCEW, 2021, f"{BASE}/data/files/2021/csv/2021_annual_singlefile.zip"),
        "slice": Subject(QCEW, 2019, f"{BASE}/data/api/2019/a/area/91000.csv", ("ZZ000", "91000")),
        "table": Subject(USE, 0, TABLES),
        "staffing": STAFFING,
    },
    "mirror": {
        "list": LIST,
        "archive": Subject(
            QCEW,
            2016,
            f"{BASE}/data/files/2016/csv/2016_qtrly_by_area.zip",
            absent=f"{BASE}/data/files/2016/csv/2016_annual_singlefile.zip",
        ),
        "slice": Subject(QCEW, 2019, f"{BASE}/data/api/2019/a/area/01000.csv", ("US000", "01000")),
        "table": Subject(USE, 0, TABLES),
        "older table": Subject(
            # By itself: where the zip has landed, no older layout takes its place.
            replace(USE, layouts=lambda period, areas: USE.layouts(period, areas)[-1:]),
            2007,
            f"{BEA}/xls/io-annual/IOUse_Before_Redefinitions_PRO_2007_Detail.xlsx",
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
        """The dataset's period, as a refresh pulls and parses it."""
        self.waits.clear()
        origin = origin or Origin("mirror", self.publisher.url)
        with (
            Store(self.settings.landing) as store,
            Fetcher(store, origin, self.settings, sleep=self.waits.append) as fetcher,
        ):
            return ingest(subject.dataset, subject.period, fetcher, self.settings, subject.areas)

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
