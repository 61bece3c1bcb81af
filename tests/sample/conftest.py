"""What the sample publishes, as tables, and the model behind it."""

from __future__ import annotations

import os
import re
import zipfile
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest import ingest, publishers
from orchestration.layout import write_empty
from orchestration.partitions import Partition
from orchestration.sample.economy import Economy, simulate
from orchestration.sample.qcew import ANNUAL, QUARTERLY, header
from orchestration.sample.write import DEFAULT_SEED
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked

SHARED = Path(os.environ.get("CLUSTERS_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
QCEW = Path("data.bls.gov/cew")
TEXT = re.compile("_title$|^area_fips$|^own_code$|^industry_code$|^qtr$")


@pytest.fixture(scope="session")
def economy() -> Economy:
    return simulate(DEFAULT_SEED)


@pytest.fixture(scope="session")
def mirror() -> Path:
    folder = SHARED / "mirror"
    if not folder.is_dir():
        pytest.skip(f"no mirror of publishers' files at {folder}: set CLUSTERS_SHARED")
    return folder


@pytest.fixture(scope="session")
def reference() -> Path:
    folder = SHARED / "reference"
    if not folder.is_dir():
        pytest.skip(f"no reference tables at {folder}: set CLUSTERS_SHARED")
    return folder


@pytest.fixture(scope="session")
def published(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """What the sample publishes: tables `slices`, `quarters`, `years`; an empty code is NULL."""
    unpacked = tmp_path_factory.mktemp("unpacked")
    for archive in (sample / QCEW / "data" / "files").rglob("*.zip"):
        with zipfile.ZipFile(archive) as opened:
            opened.extractall(unpacked)
    con = duckdb.connect()
    for table, files, titled in (
        ("slices", sample / QCEW / "data" / "api" / "2019" / "a" / "area" / "*.csv", False),
        ("quarters", unpacked / "2020.q1-q4.by_area" / "*.csv", True),
        ("years", unpacked / "*.annual.singlefile.csv", False),
    ):
        names = header(QUARTERLY if titled else ANNUAL, titled).replace('"', "").split(",")
        types = {name: "VARCHAR" if TEXT.search(name) else "BIGINT" for name in names}
        types |= {name: "DOUBLE" for name in names if name.startswith("lq_") or name.endswith("pct_chg")}
        types |= {name: "VARCHAR" for name in names if name.endswith("disclosure_code")}
        read = f"read_csv('{files}', columns = {types}, auto_detect = false, header = true, quote = '\"')"
        con.execute(f"create table {table} as select * from {read}")
    return con


@dataclass(frozen=True)
class Landed:
    """What a refresh lands of the sample: a table a source, and how each partition came about."""

    con: duckdb.DuckDBPyConnection
    partitions: dict[str, list[Partition]]

    def rows(self, columns: str, source: str) -> set[tuple]:
        """Distinct rows of some columns (SQL) of a table or a part of it."""
        return set(self.con.execute(f"select {columns} from {source}").fetchall())


@pytest.fixture(scope="session")
def landed(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Landed:
    """All sources landed from the sample by the code of a refresh; of QCEW the years 2019 and 2026."""
    settings = Settings(home=tmp_path_factory.mktemp("landed"), profile="mirror", mirror=sample)
    found: dict[str, list[Partition]] = {}
    con, nothing = duckdb.connect(), write_empty([], settings.work / "empty")
    with publishers(settings) as fetcher:
        for source in SOURCES.values():
            needs = {n: [settings.tidy / p.path for p in found[SOURCES[n].table]] for n in source.needs}
            partitions, failures = ingest(source, Asked((2019, 2026), date(2026, 11, 28), needs), fetcher, settings)
            assert failures == []
            found[source.table] = partitions
            files = [settings.tidy / p.path for p in partitions] or [nothing[source.table]]
            con.read_parquet([str(file) for file in files]).create(source.table)
    return Landed(con, found)
