"""Landed files become one tidy partition: archives unpacked, the format's parser run, the table written whole.

Belongs here: that step. Does not: which files and which format (`ingest`), what the bytes mean (`sources`).
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from orchestration.errors import SourceError
from orchestration.landing.content import content_problem
from orchestration.landing.origin import file_name
from orchestration.landing.store import Landed
from orchestration.landing.unpack import unpacked
from orchestration.settings import Settings
from orchestration.sources.source import Edition, Format, Kind, Resource, Source
from orchestration.sources.tidy import connect, write_partition

ARCHIVES = ("zip", "gz")
MEMBER_KINDS: dict[str, Kind] = {".csv": "text", ".txt": "text", ".xlsx": "xlsx"}


def parse(
    source: Source,
    form: Format,
    edition: Edition,
    landed: Sequence[tuple[Resource, Landed]],
    settings: Settings,
    target: Path,
) -> None:
    """Writes an edition's tidy table to `target`.

    Raises:
        SourceError: if the files cannot be understood; nothing is written then.
    """
    settings.work.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="parse-", dir=settings.work))
    try:
        files: list[Path] = []
        for number, (resource, item) in enumerate(landed):
            files += _opened(source, resource, item, scratch / f"{number:04d}", settings)
        if not files:
            raise SourceError(source.source_id, file_name(landed[0][0].url), "the archive is empty", "pull again later")
        with connect(settings.memory_limit, settings.threads, scratch / "spill") as con:
            relation = form.parse(con, files, edition)
            year = edition.year if source.by_year else None
            write_partition(relation, target, source.source_id, files[0].name, edition, year)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _opened(source: Source, resource: Resource, item: Landed, into: Path, settings: Settings) -> list[Path]:
    """The files that a landed one holds, under the publisher's names, so that an error names those."""
    name = file_name(resource.url)
    if resource.kind in ARCHIVES:
        members = unpacked(item.path, resource.kind, into, source.source_id, settings.max_unpacked_bytes, name)
        _check_members(members, source.source_id)
        return members
    into.mkdir()
    (into / name).symlink_to(item.path)
    return [into / name]


def _check_members(members: Sequence[Path], dataset: str) -> None:
    """Refuses texts and workbooks out of an archive that are none, as they are refused where they come without one."""
    for member in members:
        kind = MEMBER_KINDS.get(member.suffix.lower())
        if kind and (problem := content_problem(member, kind)):
            raise SourceError(dataset, member.name, f"in the archive the publisher {problem}", "pull again later")
