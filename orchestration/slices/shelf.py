"""Finished slices on disk, until the release that they are made for is published.

Belongs here: putting a slice away with what dbt's tests found in it, and finding it whole. Does not: making one.

A refresh that ends before it publishes, killed or stopped by a gate, leaves its finished slices here. The next one
takes those whose keys are still right: a first build of many years goes on where it was.
"""

from __future__ import annotations

import json
import logging
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from orchestration.checksums import checksum
from orchestration.quality.verdict import CheckResult
from orchestration.slices.code import digest

log = logging.getLogger("clusters.build")


def name_of(keys: Mapping[int, Mapping[str, str]]) -> str:
    """The name of a slice: a hash of the keys, by year and table, of all that it holds.

    Example:
        >>> name_of({2016: {"employment": "a"}}) == name_of({2016: {"employment": "b"}})
        False
    """
    return digest(sorted((year, sorted(of_year.items())) for year, of_year in keys.items()))


@dataclass(frozen=True)
class Shelf:
    """A folder of finished slices: of each its file, and beside it the file's checksum and the tests' findings."""

    folder: Path

    def path(self, name: str) -> Path:
        """Where the file of a slice is, or would be."""
        return self.folder / f"{name}.duckdb"

    def put(self, name: str, file: Path, findings: Sequence[CheckResult]) -> None:
        """Moves a finished slice here. It counts as here once its note is written, which is last."""
        self.folder.mkdir(parents=True, exist_ok=True)
        # From a scratch folder on another disk it is copied, which must not be seen half done.
        half = self.folder / f"{name}.{uuid4().hex}.half"
        shutil.move(file, half)
        half.replace(self.path(name))
        note = {"sha256": checksum(self.path(name)), "findings": [asdict(finding) for finding in findings]}
        half.write_text(json.dumps(note), encoding="utf-8")
        half.replace(self._note(name))

    def findings(self, name: str) -> list[CheckResult] | None:
        """What dbt's tests found in a slice; None where it is not here and must be made. A damaged one is deleted."""
        try:
            note = json.loads(self._note(name).read_text(encoding="utf-8"))
            found = [CheckResult(**finding) for finding in note["findings"]]
            whole = checksum(self.path(name)) == note["sha256"]
        except FileNotFoundError:
            return None
        except (ValueError, KeyError, TypeError):
            whole = False
        if not whole:
            log.warning("the slice %s is damaged on disk; it is made again", self.path(name))
            for path in (self._note(name), self.path(name)):
                path.unlink(missing_ok=True)
            return None
        return found

    def keep_only(self, names: Collection[str]) -> None:
        """Deletes everything here but these slices."""
        for path in self.folder.glob("*"):
            if path.stem not in names or path.suffix == ".half":
                path.unlink()

    def clear(self) -> None:
        """Deletes everything here."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _note(self, name: str) -> Path:
        return self.folder / f"{name}.json"
