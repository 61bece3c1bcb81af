"""One sample for all tests of this folder, and the model behind it."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path

import duckdb
import pytest

from orchestration.sample.economy import Economy, simulate
from orchestration.sample.write import DEFAULT_SEED, write_sample

SHARED = Path(os.environ.get("CLUSTERS_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
QCEW = Path("data.bls.gov/cew")


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_sample(tmp_path_factory.mktemp("publishers") / "sample")


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
    codes = (
        "area_fips",
        "own_code",
        "industry_code",
        "qtr",
        *(f"{k}disclosure_code" for k in ("", "lq_", "oty_")),
    )
    types = ", ".join(f"'{name}': 'VARCHAR'" for name in codes)
    con = duckdb.connect()
    for table, files in {
        "slices": sample / QCEW / "data" / "api" / "2017" / "a" / "area" / "*.csv",
        "quarters": unpacked / "2018.q1-q4.by_area" / "*.csv",
        "years": unpacked / "*.annual.singlefile.csv",
    }.items():
        con.execute(f"create table {table} as select * from read_csv('{files}', types = {{{types}}})")
    return con
