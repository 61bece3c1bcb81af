"""A warehouse with one good release of two years, and copies of it and of its publishers to do damage to.

The good release is made once a session from the sample's files, served as a mirror; each test gets its own copy
(links, where nothing writes), so a fault costs a few seconds: the refresh stops before anything is built.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import shutil
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pytest
from filelock import FileLock
from typer.testing import CliRunner, Result

from orchestration.cli import app
from orchestration.settings import Settings, settings
from tests.conftest import SHARED, linked_copy, shared_folder

if TYPE_CHECKING:
    from tests.faults.desk import Desk

# Single files, of one edition of NAICS and one delineation; a county is split between them.
YEARS = "2022-2023"
QCEW = "data.bls.gov/cew"
AREAS = f"{QCEW}/doc/titles/area/area_titles.csv"
INDUSTRIES = f"{QCEW}/doc/titles/industry/industry_titles.csv"
WAGES = ("total_annual_wages", "avg_annual_pay", "annual_avg_wkly_wage")
CHANGE, PERCENT = "oty_total_annual_wages_chg", "oty_total_annual_wages_pct_chg"
MADE_BY_REFRESH = (
    "CLUSTERS_BUILD_MEMORY_LIMIT",
    "CLUSTERS_DBT",
    "CLUSTERS_MODELS_AT_ONCE",
    "CLUSTERS_SLICE",
    "CLUSTERS_THREADS",
    "CLUSTERS_TIDY",
    "DBT_SEND_ANONYMOUS_USAGE_STATS",
    "DBT_LOG_LEVEL_FILE",
    "DBT_LOG_FILE_MAX_BYTES",
    "DO_NOT_TRACK",
)


def paying(times: float) -> Callable[[list[str]], list[str]]:
    """Wages times a factor in every cell, and pay with them: the publisher's own arithmetic still holds."""

    def edit(lines: list[str]) -> list[str]:
        names = next(csv.reader(lines[:1]))
        edited = [lines[0]]
        for fields in csv.reader(lines[1:]):
            row = dict(zip(names, fields, strict=True))
            before = int(row["total_annual_wages"])
            wages, jobs = round(before * times), int(row["annual_avg_emplvl"])
            pay = wages / jobs if jobs else 0.0
            row |= dict(zip(WAGES, (str(round(x)) for x in (wages, pay, pay / 52)), strict=True))
            if "N" not in (row["disclosure_code"], row["oty_disclosure_code"]):
                change = int(row[CHANGE]) + int(row["total_annual_wages"]) - before
                year_before = int(row["total_annual_wages"]) - change
                row |= {CHANGE: str(change), PERCENT: f"{100 * change / year_before if year_before else 0:.1f}"}
            edited.append(",".join(f'"{field}"' for field in row.values()))
        return edited

    return edit


def singlefile(year: int) -> str:
    """Where a year's annual singlefile lies in a mirror."""
    return f"{QCEW}/data/files/{year}/csv/{year}_annual_singlefile.zip"


@dataclass(frozen=True)
class House:
    """A home with a release, and the mirror it is refreshed from."""

    home: Path
    mirror: Path

    @property
    def environment(self) -> dict[str, str]:
        """What the command reads, also in a process of its own."""
        return {
            "CLUSTERS_HOME": str(self.home),
            "CLUSTERS_PROFILE": "mirror",
            "CLUSTERS_MIRROR": str(self.mirror),
            "CLUSTERS_YEARS": YEARS,
            "DAGSTER_HOME": str(self.home / "dagster"),
        }

    @property
    def current(self) -> Path:
        return self.home / "warehouse" / "current.duckdb"

    def refresh(self, *arguments: str) -> Result:
        """`clusters refresh`, in this process."""
        settings.cache_clear()
        return CliRunner().invoke(app, ["refresh", *arguments])

    def status(self) -> dict[str, Any]:
        """What `clusters status --json` says."""
        result = CliRunner().invoke(app, ["status", "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def write(self, path: str, content: bytes) -> None:
        """Puts a file in place of a mirror's; never through a link, which others share."""
        target = self.mirror / path
        target.unlink(missing_ok=True)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)

    def remove(self, path: str) -> None:
        (self.mirror / path).unlink()

    def read(self, path: str) -> bytes:
        return (self.mirror / path).read_bytes()

    def edit_year(self, year: int, edit: Callable[[list[str]], list[str]]) -> None:
        """Changes the lines of a year's singlefile; the first is the header."""
        self.write(singlefile(year), zipped(year, edit(self.year_lines(year))))

    def year_lines(self, year: int) -> list[str]:
        with zipfile.ZipFile(self.mirror / singlefile(year)) as archive:
            return archive.read(archive.namelist()[0]).decode("utf-8").splitlines()

    def released(self) -> tuple[str, str, list[str]]:
        """What must not change when a refresh fails: the link's target, its checksum, and which releases there are."""
        digest = hashlib.sha256(self.current.read_bytes()).hexdigest()
        releases = sorted(path.name for path in (self.home / "warehouse" / "releases").iterdir())
        return str(self.current.readlink()), digest, releases

    def answers(self) -> bool:
        """Whether the published file opens and holds both years."""
        with duckdb.connect(str(self.current), read_only=True) as con:
            years = con.execute("SELECT DISTINCT year FROM employment ORDER BY 1").fetchall()
        return years == [(2022,), (2023,)]


def zipped(year: int, lines: list[str]) -> bytes:
    """An annual singlefile of these lines."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{year}.annual.singlefile.csv", "\n".join(lines) + "\n")
    return buffer.getvalue()


@pytest.fixture(scope="session")
def good_house(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> House:
    """The house with its first release; not to be changed. Made once a session for all workers."""
    base = shared_folder(tmp_path_factory) / "good"
    house = House(base / "home", sample)
    with FileLock(base.with_suffix(".lock")):
        if not (base / "done").exists():
            base.mkdir()
            with house_environment(house):
                result = house.refresh()
            assert result.exit_code == 0, result.output
            (base / "done").touch()
    return house


@pytest.fixture
def house(good_house: House, tmp_path: Path) -> Iterator[House]:
    """A copy of the good house, in whose environment the test runs."""
    copy = House(tmp_path / "home", tmp_path / "mirror")
    linked_copy(good_house.home, copy.home)
    linked_copy(good_house.mirror, copy.mirror)
    with house_environment(copy):
        yield copy


class house_environment:
    """The environment of a house while the block lasts, whatever a refresh puts into it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._patch = pytest.MonkeyPatch()

    def __enter__(self) -> None:
        for name, value in self._house.environment.items():
            self._patch.setenv(name, value)
        for name in MADE_BY_REFRESH:
            # set and unset, so that what a refresh sets is taken back
            self._patch.setenv(name, "1")
            self._patch.delenv(name)
        settings.cache_clear()

    def __exit__(self, *error: object) -> None:
        self._patch.undo()
        settings.cache_clear()


@pytest.fixture
def house_settings(house: House) -> Settings:
    return settings()


@pytest.fixture(scope="session", params=["mirror"] if (SHARED / "mirror").exists() else ["sample", "mirror"])
def yesterday(request: pytest.FixtureRequest, good_house: House, tmp_path_factory: pytest.TempPathFactory) -> Desk:
    """The good house after a night in which a publisher of ours had everything right; not to be changed.

    With real files; where there is no mirror of them that is skipped, and the sample's stand in for them.
    """
    from tests.faults.desk import Desk
    from tests.faults.publisher import Publisher

    root = good_house.mirror if request.param == "sample" else request.getfixturevalue("mirror")
    home = tmp_path_factory.mktemp(f"yesterday_{request.param}") / "home"
    linked_copy(good_house.home, home)
    desk = Desk(House(home, root), Publisher(root), hasty(home), request.param)
    # These files are the first of their addresses, not the successors of the sample's.
    shutil.rmtree(home / "landing")
    with desk.publisher:
        for subject in desk.subjects.values():
            desk.pull(subject)
    return desk


@pytest.fixture
def desk(yesterday: Desk, tmp_path: Path) -> Iterator[Desk]:
    """A copy of yesterday, and a publisher that is asked today."""
    from tests.faults.desk import Desk
    from tests.faults.publisher import Publisher

    house = House(tmp_path / "home", yesterday.house.mirror)
    linked_copy(yesterday.house.home, house.home)
    with Publisher(house.mirror) as publisher:
        yield Desk(house, publisher, hasty(house.home), yesterday.files)


def hasty(home: Path) -> Settings:
    """Settings under which nothing is waited for long."""
    return Settings(
        home=home,
        profile="mirror",
        attempts=3,
        longest_wait=60,
        connect_timeout=2,
        read_timeout=0.4,
        download_timeout=3,
        max_download_bytes=50_000_000,
    )
