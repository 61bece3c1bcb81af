"""The desk between a refresh and a worker: what a slice is made from is taken there, and a finished one left there.

Belongs here: the two kinds, a home that both share and a store (`CLUSTERS_STORE`) without one, as the worker sees them.
Does not: making a slice (see `slice_job`), what lies where in the store (see `slices.store`).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from filelock import FileLock

from orchestration.assets.resources import Refresh, findings_folder, recorded_run
from orchestration.errors import SetupError
from orchestration.quality.verdict import CheckResult
from orchestration.settings import Settings, settings
from orchestration.slices.shelf import Shelf
from orchestration.slices.store import Asked, Store

GONE = "the refresh that asked for this slice has ended; nothing was put on the shelf"
ELSEWHERE = "or CLUSTERS_STORE of the worker is not that of the refresh"


class Fetched(Refresh):
    """A refresh as a worker without its home sees it: what was fetched of that lies in a folder of the worker's own."""

    home: str

    @property
    def settings(self) -> Settings:
        return settings().model_copy(update={"home": Path(self.home)})


class Desk:
    """The desk in a home that refresh and worker share, for one run of a refresh."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.refresh = Refresh()

    @property
    def of(self) -> Settings:
        """The settings, whose home is where the worker finds the files."""
        return self.refresh.settings

    def require_asked_for(self) -> None:
        """Raises SetupError if the refresh has ended: what another reads is not what its slices are made from."""
        if recorded_run(self.of) != self.run_id:
            raise SetupError(GONE)

    def take(self, tidy: Path | None = None) -> None:
        """Sees to it that files are there: those of all slices, or those that a folder of links leads to."""

    def given_up(self) -> bool:
        """Whether a slice could not be made, so that no other one is begun."""
        return failed_slices(self.of).exists()

    def put(self, name: str, file: Path, findings: Sequence[CheckResult]) -> None:
        """Leaves a finished slice."""
        Shelf(self.of.slices).put(name, file, findings)

    def put_failed(self, name: str, findings: Sequence[CheckResult]) -> None:
        """Leaves what dbt found in a slice that could not be made."""
        note_failed(self.of, name, findings)


class FarDesk(Desk):
    """The desk in a store; what is taken from it lies in a folder of this machine's own."""

    def __init__(self, run_id: str, store: Store) -> None:
        super().__init__(run_id)
        self.store = store
        self.refresh = Fetched(home=str((self.of.worker_scratch or self.of.home) / "fetched"))

    def require_asked_for(self) -> None:
        self._asked()

    def take(self, tidy: Path | None = None) -> None:
        asked, home = self._asked().files, self.of.home
        if tidy is None:
            wanted = {name for name in asked if not name.endswith(".parquet")}
        else:
            wanted = {str(link.readlink().relative_to(home)) for link in tidy.rglob("*") if link.is_symlink()}
        home.mkdir(parents=True, exist_ok=True)
        # Other workers of this machine fetch into the same folder.
        with FileLock(home / "fetch.lock"):
            for path in self.of.tidy.rglob("*"):
                if path.is_file() and str(path.relative_to(home)) not in asked:
                    path.unlink()
            self.store.fetch({name: asked[name] for name in sorted(wanted)}, home)

    def given_up(self) -> bool:
        return bool(self.store.failed())

    def put(self, name: str, file: Path, findings: Sequence[CheckResult]) -> None:
        self.store.put(name, file, findings)

    def put_failed(self, name: str, findings: Sequence[CheckResult]) -> None:
        self.store.put_failed(name, findings)

    def _asked(self) -> Asked:
        asked = self.store.asked()
        if asked is None or asked.refresh != self.run_id:
            raise SetupError(f"{self.store.address}: {GONE}; {ELSEWHERE}")
        return asked


def desk_of(run_id: str) -> Desk:
    """The desk that the settings name."""
    store = store_of(settings())
    return FarDesk(run_id, store) if store else Desk(run_id)


def store_of(of: Settings) -> Store | None:
    """The store that settings name, if they do.

    Raises:
        SetupError: if what it needs is not installed.
    """
    return Store(of.store) if of.store else None


def note_failed(of: Settings, name: str, found: Sequence[CheckResult]) -> None:
    """Leaves for the refresh what dbt found in a slice that could not be made; others then begin no further one."""
    folder = failed_slices(of)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(json.dumps([asdict(finding) for finding in found]), encoding="utf-8")


def findings_of_failed(of: Settings, name: str) -> list[CheckResult]:
    """What `note_failed` left; nothing of a slice that did not fail."""
    path = failed_slices(of) / f"{name}.json"
    return [CheckResult(**entry) for entry in json.loads(path.read_text(encoding="utf-8"))] if path.exists() else []


def failed_slices(of: Settings) -> Path:
    """Where slices that could not be made are noted."""
    return findings_folder(of) / "slices"
