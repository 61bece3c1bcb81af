"""The manifest of a release: what it was made from, in a small JSON file beside the releases, kept for ever.

Belongs here: its shape, writing and reading it. Does not: making a release from it (`orchestration.rebuild`).

Old releases are deleted, publishers' bytes never: with its manifest a release can be made again after it is gone.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import Any

from orchestration.durable import write_whole
from orchestration.errors import SetupError
from orchestration.quality.verdict import CheckResult
from orchestration.release.contents import TableContent
from orchestration.release.records import ReleaseRow


@dataclass(frozen=True)
class YearRecord:
    """What a year's tables were made from, one key a table, and which of dbt's tests failed in it (as warnings).

    `ingredients` are hashes of all that the keys are of, by name (see `orchestration.slices.ledger`), `origins` of what
    the tables that all years share were made from. `taken_over` are the tables whose rows were copied from the release
    before, `span_keys` are of what tables of spans of years are made from of this one.
    """

    year: int
    keys: Mapping[str, str]
    failed: Sequence[CheckResult] = ()
    ingredients: Mapping[str, str] = field(default_factory=dict)
    origins: Mapping[str, str] = field(default_factory=dict)
    taken_over: Sequence[str] = ()
    span_keys: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Manifest:
    """A release's row of `meta.release`, the tidy partitions (with their files) it is made from, what its tables hold.

    `accepted` are the sources whose revisions a person let pass, `engine` is the version of DuckDB, within which hashes
    of contents compare, `code_hash` is over the code that makes the numbers, `options` are the settings that reach
    them and the versions of the libraries, `years` is by what the next build knows which tables it may take over,
    `file_sha256` is the checksum of the published file, `checks_hash` is over the code of the gates; manifests made
    earlier lack these four.
    """

    release: ReleaseRow
    partitions: Sequence[Mapping[str, Any]]
    contents: Sequence[TableContent]
    accepted: Sequence[str]
    engine: str
    code_hash: str
    options: Mapping[str, str] = field(default_factory=dict)
    file_sha256: str | None = None
    years: Sequence[YearRecord] = ()
    checks_hash: str = ""

    @property
    def paths(self) -> set[str]:
        """Where its tidy partitions lie below the tidy folder; a path names the bytes and the parser it was made by."""
        return {str(partition["path"]) for partition in self.partitions}


def manifest_path(warehouse: Path, release_id: str) -> Path:
    """Where the manifest of a release is.

    Example:
        >>> manifest_path(Path("warehouse"), "20261122T023000Z").as_posix()
        'warehouse/manifests/20261122T023000Z.json'
    """
    return warehouse / "manifests" / f"{release_id}.json"


def write_manifest(manifest: Manifest, path: Path) -> None:
    """Write it, whole or not at all."""
    write_whole(path, json.dumps(asdict(manifest), indent=1, default=datetime.isoformat))


def read_manifest(path: Path) -> Manifest:
    """Read it.

    Raises:
        SetupError: if it is not there or not a manifest.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        release = found["release"]
        # Annotations are texts here: `datetime`, or one that may be missing.
        moments = [f.name for f in fields(ReleaseRow) if "datetime" in str(f.type) and release[f.name]]
        times = {name: datetime.fromisoformat(release[name]) for name in moments}
        return Manifest(
            release=ReleaseRow(**release | times),
            partitions=found["partitions"],
            contents=[TableContent(**content) for content in found["contents"]],
            accepted=found["accepted"],
            engine=found["engine"],
            code_hash=found["code_hash"],
            options=found.get("options", {}),
            file_sha256=found.get("file_sha256"),
            years=[year_record(entry) for entry in found.get("years", [])],
            checks_hash=found.get("checks_hash", ""),
        )
    except FileNotFoundError as error:
        raise SetupError(
            f"{path.name}: there is no manifest of that release in {path.parent}. Remedy: `clusters releases` lists "
            "those there are; restore a lost manifest from a backup"
        ) from error
    except (ValueError, KeyError, TypeError) as error:
        raise SetupError(f"{path}: is damaged ({error!r}). Remedy: restore it from a backup.") from error


def year_record(entry: Mapping[str, Any]) -> YearRecord:
    """A year's record from what `asdict` made of it."""
    failed = [CheckResult(**finding) for finding in entry["failed"]]
    return YearRecord(**dict(entry) | {"failed": failed})
