"""Landed files become one tidy partition: archives unpacked, the format's parser run, the table written whole.

Belongs here: that step, and which bytes have brought it down. Does not: which files and which format (`ingest`), what
the bytes mean (`sources`), the process in which it runs (`cage`).
"""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import duckdb
from pydantic import ByteSize, TypeAdapter

from orchestration.cage import Died, Limits, caged
from orchestration.errors import NotPublished, SourceError
from orchestration.landing.content import content_problem
from orchestration.landing.origin import file_name
from orchestration.landing.store import Landed
from orchestration.landing.unpack import unpacked
from orchestration.settings import Settings
from orchestration.sources.source import Edition, Format, Kind, Parser, Resource, Source
from orchestration.sources.tidy import connect, write_partition

ARCHIVES = ("zip", "gz")
MEMBER_KINDS: dict[str, Kind] = {".csv": "text", ".txt": "text", ".xlsx": "xlsx"}
# Beside the place of a partition: what happened to the process that was to make it of these bytes.
DIED = ".died"
# Likewise: that they do not hold the edition, or not all of it yet.
NOT_YET = ".notyet"
NOTES = (DIED, NOT_YET)


@dataclass(frozen=True)
class _Task:
    """What the process needs to know; `files` are kind, publisher's name and place of each."""

    dataset: str
    edition: Edition
    year: int | None
    parse: Parser
    files: list[tuple[Kind, str, Path]]
    scratch: Path
    target: Path
    memory_limit: int
    threads: int
    most_unpacked: int


def parse(
    source: Source,
    form: Format,
    edition: Edition,
    landed: Sequence[tuple[Resource, Landed]],
    settings: Settings,
    target: Path,
) -> None:
    """Writes an edition's tidy table to `target`, in a process of its own.

    Raises:
        SourceError: if the files cannot be understood, or brought down that process now or before; nothing is written.
        NotPublished: if they do not hold the edition, or not all of it yet, by what is read now or was before.
    """
    limits, files = Limits.of(settings), [(r.kind, file_name(r.url), item.path) for r, item in landed]
    note, not_yet = target.with_suffix(DIED), target.with_suffix(NOT_YET)
    _refuse_again(source.source_id, files[0][1], note, limits)
    _wait_again(not_yet)
    settings.work.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix="parse-", dir=settings.work))
    # Half of what the process may have, or less: the rest is for what holds a sheet or a page, outside DuckDB.
    memory = min(TypeAdapter(ByteSize).validate_python(settings.memory_limit), limits.memory // 2)
    task = _Task(
        dataset=source.source_id,
        edition=replace(edition, formats=()),
        year=edition.year if source.by_year else None,
        parse=form.parse,
        files=files,
        scratch=scratch,
        target=target,
        memory_limit=memory,
        threads=settings.threads,
        most_unpacked=settings.max_unpacked_bytes,
    )
    try:
        caged(limits, _parse, task)
    except Died as died:
        target.parent.mkdir(parents=True, exist_ok=True)
        note.write_text(json.dumps({"how": str(died), "limits": asdict(limits)}), encoding="utf-8")
        raise _fatal(source.source_id, files[0][1], str(died), note) from died
    except NotPublished as error:
        target.parent.mkdir(parents=True, exist_ok=True)
        not_yet.write_text(json.dumps(vars(error)), encoding="utf-8")
        raise
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        for half in target.parent.glob(f"{target.stem}.*.half"):
            half.unlink(missing_ok=True)


def _refuse_again(dataset: str, file: str, note: Path, limits: Limits) -> None:
    """Refuses bytes that have brought down the process that read them, unless it may take more now than it might then.

    The note's name is a hash of the bytes and of what reads them: other bytes, or another parser, are tried.
    """
    try:
        known = json.loads(note.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return
    if all(most <= known["limits"][name] for name, most in asdict(limits).items()):
        # Its time says when it was last needed, by which the oldest go (see `release.retention`).
        note.touch()
        raise _fatal(dataset, file, f"{known['how']} when they were tried before", note)


def _wait_again(note: Path) -> None:
    """Says again, without reading them, that bytes do not hold the edition.

    A benchmark comes out every five years, and the fourth quarter months after the third: night after night the same
    bytes would be unpacked and read to be told so. The note's name is that of a `DIED` one.
    """
    try:
        error = NotPublished(**json.loads(note.read_text(encoding="utf-8")))
    except (FileNotFoundError, ValueError, TypeError):
        return
    note.touch()
    raise error


def _fatal(dataset: str, file: str, how: str, note: Path) -> SourceError:
    return SourceError(
        dataset,
        file,
        f"the process that reads these bytes {how}; they are not tried again unchanged",
        "look at the file; if it is good and was too much, raise CLUSTERS_PARSE_MEMORY_LIMIT, CLUSTERS_PARSE_TIMEOUT "
        f"or CLUSTERS_MAX_UNPACKED_BYTES, and if it was something else, delete {note}: it is then tried again",
    )


def _parse(task: _Task) -> None:
    files: list[Path] = []
    for number, (kind, name, path) in enumerate(task.files):
        files += _opened(task, kind, name, path, task.scratch / f"{number:04d}")
    if not files:
        raise SourceError(task.dataset, task.files[0][1], "the archive is empty", "pull again later")
    try:
        memory, spill = f"{task.memory_limit}B", task.scratch / "spill"
        with connect(memory, task.threads, spill, task.most_unpacked) as con:
            relation = task.parse(con, files, task.edition)
            write_partition(relation, task.target, task.dataset, files[0].name, task.edition, task.year)
    except duckdb.OutOfMemoryException as error:
        raise MemoryError(str(error)) from error
    except duckdb.IOException as error:
        raise OSError(str(error)) from error


def _opened(task: _Task, kind: Kind, name: str, path: Path, into: Path) -> list[Path]:
    """The files that a landed one holds, under the publisher's names, so that an error names those."""
    if kind in ARCHIVES:
        members = unpacked(path, kind, into, task.dataset, task.most_unpacked, name)
        _check_members(members, task.dataset)
        return members
    into.mkdir()
    (into / name).symlink_to(path)
    return [into / name]


def _check_members(members: Sequence[Path], dataset: str) -> None:
    """Reject members of an archive whose content is not what their name says, as files without an archive are."""
    for member in members:
        kind = MEMBER_KINDS.get(member.suffix.lower())
        if kind and (problem := content_problem(member, kind)):
            raise SourceError(dataset, member.name, f"in the archive the publisher {problem}", "pull again later")
