"""What the assets of one run share: the lock, the publishers and what this refresh has found so far.

Belongs here: Dagster resources. Does not: what is done with them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from dagster import ConfigurableResource, InitResourceContext
from pydantic import Field, PrivateAttr

from orchestration.editions import Place
from orchestration.errors import SetupError
from orchestration.ingest import publishers
from orchestration.landing.archive import Archive
from orchestration.partitions import Partition, TidyIndex, landed_files
from orchestration.quality.profiles import TableProfile
from orchestration.quality.verdict import CheckResult
from orchestration.release.home import odd_about
from orchestration.release.index import settle_index
from orchestration.release.inputs import Code, inputs_hash, options, read_code
from orchestration.release.integrity import alteration
from orchestration.release.manifest import Manifest, YearRecord, manifest_path, read_manifest, year_record
from orchestration.release.publish import UNREADABLE, Warehouse
from orchestration.release.records import read_checks, read_release
from orchestration.release.retention import clear_up
from orchestration.release.rollback import Hold, read_hold
from orchestration.settings import Settings, settings, year_range
from orchestration.slices.builder import Before
from orchestration.sources.catalogue import SOURCES
from orchestration.telling.run_record import Asked, gates_stopped, last_run

log = logging.getLogger("clusters.ingest")

RUN_ID = "run_id.txt"


@dataclass(frozen=True)
class ByCommand:
    """What a person may ask of a refresh at the command only: `accept_revision`, sources whose revisions pass, however
    large; `rebuild`, the manifest of a release to make again.

    Not a setting of the run: whoever reaches Dagster's interface could waive a gate then.
    """

    accept_revision: tuple[str, ...] = ()
    rebuild: str = ""


NOTHING = ByCommand()
_BY_COMMAND: ContextVar[ByCommand] = ContextVar("by_command", default=NOTHING)


@contextmanager
def asked_by_command(asked: ByCommand) -> Iterator[None]:
    """Lets the runs of this process within the block have what a person asked for."""
    token = _BY_COMMAND.set(asked)
    try:
        yield
    finally:
        _BY_COMMAND.reset(token)


class Refresh(ConfigurableResource):
    """One refresh: holds the warehouse's lock while it lives and pulls through one fetcher."""

    only: list[str] = Field(default=[], description="pull these sources; the others stay as they were landed")
    years: list[int] = Field(default=[], description="reference years to ask for; without any, those of the settings")
    from_scratch: bool = Field(default=False, description="make every table, and compare with what was taken over")
    remake: list[int] = Field(default=[], description="the same for these reference years alone")
    _fetcher: Place = PrivateAttr()
    _code: Code | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[Refresh]:
        """Takes the lock (`LockedError` if another refresh has it) and opens the publishers."""
        house = Warehouse(self.settings)
        with house.lock():
            self._code, odd = read_code(), None
            if self.manifest is None:
                odd = settle_index(self.settings, self.released(), gates_stopped(last_run(self.settings)))
            # First of all: what an earlier refresh found must not be taken for this one's findings.
            house.sweep()
            if problem := house.lost_link():
                raise SetupError(problem)
            killed: list[str] = []
            if context.instance and context.run:
                killed = clear_up(self.settings, context.instance, context.run.run_id)
            mark = findings_folder(self.settings) / RUN_ID
            mark.parent.mkdir(parents=True)
            mark.write_text(context.run.run_id if context.run else "", encoding="utf-8")
            if self.manifest is not None:
                parts = map(Partition.of, self.manifest.partitions)
                self._fetcher = Archive(landed_files(parts, self.settings, self.manifest.release.profile))
                yield self
                return
            self.record_checks("home", [*odd_about(house, killed), *([odd] if odd else [])])
            with publishers(self.settings) as fetcher:
                self._fetcher = fetcher
                yield self

    @property
    def settings(self) -> Settings:
        return settings()

    @property
    def accept_revision(self) -> list[str]:
        """The sources whose revisions pass, however large."""
        return list(_BY_COMMAND.get().accept_revision)

    @property
    def rebuild(self) -> str:
        """The manifest of the release to make again, instead of asking publishers; empty on an ordinary night."""
        return _BY_COMMAND.get().rebuild

    @property
    def asked_years(self) -> Sequence[int]:
        """The reference years to ask for, of sources that have years."""
        return self.years or year_range(self.settings.years)

    @property
    def asked(self) -> Asked:
        """What this refresh asks publishers for."""
        return Asked(tuple(self.asked_years), tuple(self.only))

    @property
    def fetcher(self) -> Place:
        return self._fetcher

    @property
    def manifest(self) -> Manifest | None:
        """The manifest of the release that is made again; None on an ordinary night."""
        return read_manifest(Path(self.rebuild)) if self.rebuild else None

    @property
    def partitions(self) -> list[Partition]:
        """The tidy partitions of this profile that a release is built from."""
        return TidyIndex(self.settings).active()

    def tidy_files(self, source_id: str) -> list[Path]:
        """The Parquet files of a source's partitions."""
        return [self.settings.tidy / p.path for p in self.partitions if p.source_id == source_id]

    @property
    def inputs_hash(self) -> str:
        """Hash of everything a release depends on: the tidy partitions, the code, settings and engines."""
        made_from = [(p.name, p.path) for p in self.partitions]
        matters = {"profile": self.settings.profile} | options(self.settings)
        return inputs_hash(made_from, self.code.numbers, matters)

    @property
    def code(self) -> Code:
        """The project's code as it was when the refresh began."""
        # Dagster copies a resource several times before it begins.
        self._code = self._code or read_code()
        return self._code

    def anything_new(self) -> bool:
        """Whether a release built now would differ from the current one and from what was rolled back.

        From one whose file was altered after it was published it does, whatever it is made from.
        """
        house = Warehouse(self.settings)
        current = house.current()
        if current is None or current.profile == UNREADABLE:
            return True
        if alteration(house.folder, current.path):
            return not self.held()
        return read_release(current.path).inputs_hash != self.inputs_hash and not self.held()

    def anything_to_make(self) -> bool:
        """Whether a release is to be built, be it only to compare it with the current one."""
        return self.anything_new() or (self.remakes and not self.held())

    @property
    def remakes(self) -> bool:
        """Whether tables are made that could be taken over."""
        return self.from_scratch or bool(self.remake)

    def held(self) -> Hold | None:
        """The rollback that keeps these inputs from being published again, if there is one."""
        hold = read_hold(self.settings.warehouse)
        paths = [p.path for p in self.partitions]
        files = [file.sha256 for p in self.partitions for file in p.files]
        return hold if hold and hold.blocks(paths, self.inputs_hash, files) else None

    def released(self) -> list[Partition]:
        """Partitions of the current release, where it is of the same profile (sample, mirror, live)."""
        manifest = self.released_manifest()
        return [Partition.of(entry) for entry in manifest.partitions] if manifest else []

    def before(self) -> Before | None:
        """The release whose tables may be taken over: the current one, where its file is what was published."""
        manifest = self.released_manifest()
        current = Warehouse(self.settings).comparable(self.settings.profile)
        if self.rebuild or self.from_scratch or manifest is None or current is None or not manifest.years:
            return None
        return Before(current.path, {r.year: r for r in manifest.years if r.year not in self.remake})

    def same_code(self) -> bool:
        """Whether the code that made the current release is that of today."""
        manifest = self.released_manifest()
        return manifest is not None and manifest.code_hash == self.code.hash

    def passed(self) -> dict[tuple[str, str], CheckResult] | None:
        """What stands for rows that the current release holds, by table and check: what passed there.

        None where that cannot stand: another code or engine checked it, or everything is to be made again.
        """
        manifest = self.released_manifest()
        current = Warehouse(self.settings).comparable(self.settings.profile)
        if self.rebuild or self.remakes or manifest is None or current is None:
            return None
        if manifest.checks_hash != self.code.checks_hash(self.settings):
            return None
        return {(f.table_name, f.check_name): f for f in read_checks(current.path) if f.passed}

    def released_manifest(self) -> Manifest | None:
        """The manifest of the current release, where it is of the same profile."""
        current = Warehouse(self.settings).current()
        path = manifest_path(self.settings.warehouse, current.id) if current else None
        if current is None or path is None or not path.exists() or current.profile != self.settings.profile:
            return None
        return read_manifest(path)

    def replaced(self) -> list[Partition]:
        """Partitions of the current release in whose place another one stands now, of a newer vintage or read anew."""
        now = {place_of(p): p.path for p in self.partitions}
        return [p for p in self.released() if now.get(place_of(p), p.path) != p.path]

    def added(self) -> list[Partition]:
        """Partitions whose edition the current release lacks; none where there is no release to compare with."""
        released = {p.key for p in self.released()}
        return [p for p in self.partitions if released and p.key not in released]

    def record_checks(self, gate: str, results: Sequence[CheckResult]) -> None:
        """Keeps a gate's findings for the release step and the run's summary."""
        self._record("checks", gate, results)

    def record_profiles(self, gate: str, profiles: Sequence[TableProfile]) -> None:
        """Keeps the profiles of a gate's tables, which the next refresh compares with."""
        self._record("profiles", gate, profiles)

    def record_years(self, records: Sequence[YearRecord]) -> None:
        """Keeps for the release step what each year was made from."""
        self._record("years", "years", records)

    def recorded_years(self) -> list[YearRecord]:
        """What `record_years` kept."""
        return [year_record(entry) for entry in _recorded(self.settings, "years")]

    def _record(self, kind: str, gate: str, items: Sequence[CheckResult | TableProfile | YearRecord]) -> None:
        path = findings_folder(self.settings) / kind / f"{gate}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(item) for item in items], indent=1), encoding="utf-8")


def place_of(partition: Partition) -> tuple[str, str, str | None]:
    """What one partition at a time stands for in a release: a period, or one vintage where a source keeps all."""
    source = SOURCES.get(partition.source_id)
    return partition.source_id, partition.period, partition.vintage if source and source.keeps_vintages else None


def findings_folder(of: Settings) -> Path:
    """Where the findings of the refresh that runs now are kept; steps may run in processes of their own."""
    return of.work / "findings"


def recorded_run(of: Settings) -> str | None:
    """Id of the run whose findings are recorded, if any run has begun since the scratch folder was made."""
    path = findings_folder(of) / RUN_ID
    return path.read_text(encoding="utf-8") if path.exists() else None


def recorded_checks(of: Settings) -> list[CheckResult]:
    """The findings recorded so far in this refresh."""
    return [CheckResult(**entry) for entry in _recorded(of, "checks")]


def recorded_profiles(of: Settings) -> list[TableProfile]:
    """The table profiles recorded so far in this refresh."""
    return [TableProfile(**entry) for entry in _recorded(of, "profiles")]


def _recorded(of: Settings, kind: str) -> list[dict[str, Any]]:
    paths = sorted((findings_folder(of) / kind).glob("*.json"))
    return [entry for path in paths for entry in json.loads(path.read_text(encoding="utf-8"))]
