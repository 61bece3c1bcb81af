"""What the assets of one run share: the lock, the publishers and what this refresh has found so far.

Belongs here: Dagster resources. Does not: what is done with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from dagster import ConfigurableResource, InitResourceContext
from pydantic import PrivateAttr

from orchestration.ingest import Partition, TidyIndex, publishers
from orchestration.landing.fetch import Fetcher
from orchestration.quality.verdict import CheckResult
from orchestration.release.catalogue import code_files, inputs_hash
from orchestration.release.publish import Warehouse
from orchestration.release.records import read_release
from orchestration.settings import Settings, settings


class Refresh(ConfigurableResource):
    """One refresh: holds the warehouse's lock while it lives and pulls through one fetcher."""

    _fetcher: Fetcher = PrivateAttr()

    @contextmanager
    def yield_for_execution(self, context: InitResourceContext) -> Iterator[Refresh]:
        """Takes the lock (`LockedError` if another refresh has it) and opens the publishers."""
        with Warehouse(self.settings).lock(), publishers(self.settings) as fetcher:
            self._fetcher = fetcher
            yield self

    @property
    def settings(self) -> Settings:
        return settings()

    @property
    def fetcher(self) -> Fetcher:
        return self._fetcher

    @property
    def partitions(self) -> list[Partition]:
        """All tidy partitions of this profile: what a release is built from."""
        return TidyIndex(self.settings).all()

    @property
    def inputs_hash(self) -> str:
        """Hash of everything a release depends on: the tidy partitions and the code."""
        made_from = [(f"{p.source_id}:{p.period}", p.path) for p in self.partitions]
        return inputs_hash(made_from, code_files(), {"profile": self.settings.profile})

    def anything_new(self) -> bool:
        """Whether a release built now would differ from the current one."""
        current = Warehouse(self.settings).current()
        return current is None or read_release(current.path).inputs_hash != self.inputs_hash

    def record_checks(self, stage: str, results: Sequence[CheckResult]) -> None:
        """Keeps a stage's findings for the release step and the run's summary."""
        path = checks_folder(self.settings) / f"{stage}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps([asdict(r) for r in results], indent=1), encoding="utf-8")


def checks_folder(of: Settings) -> Path:
    """Where the findings of the refresh that runs now are kept."""
    return of.work / "checks"


def recorded_checks(of: Settings) -> list[CheckResult]:
    """The findings recorded so far in this refresh."""
    return [
        CheckResult(**entry)
        for path in sorted(checks_folder(of).glob("*.json"))
        for entry in json.loads(path.read_text(encoding="utf-8"))
    ]
