"""The landing store: publishers' bytes once by content, and the manifest of what was pulled when.

Belongs here: content-addressed files and the manifest. Does not: HTTP (see `fetch`), what the bytes mean.
Nothing is ever deleted except a half-finished download, so any release can be rebuilt from here.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from orchestration.errors import SetupError
from orchestration.landing.partial import Partial, sweep
from orchestration.landing.pulls import APPEND, RECORD, SCHEMA, SENT_AGAIN, Event, Landed

# A half-finished download nobody went on with for so long belongs to a URL nobody asks for any more.
PARTIALS_LAST = timedelta(days=14)


class Store:
    """Files below `root/blobs`, named by their digest, and `root/manifest.sqlite`, which says what they are.

    One refresh at a time writes (the refresh lock sees to that); readers may look on from other threads and
    processes.

    Raises:
        SetupError: if the folder can't be written or the manifest can't be read.

    Example:
        >>> with Store(settings().landing) as store:
        ...     landed = store.latest("live", "https://data.bls.gov/cew/doc/titles/area/area_titles.csv")
    """

    def __init__(self, root: Path) -> None:
        self.root = root
        self._manifest = root / "manifest.sqlite"
        self._lock = threading.Lock()
        try:
            for folder in (root / "blobs", root / "partial"):
                folder.mkdir(parents=True, exist_ok=True)
            sweep(root / "partial", PARTIALS_LAST)
            self._db = self._open()
        except (OSError, sqlite3.Error) as error:
            raise SetupError(
                f"landing: {self._manifest}: cannot be opened ({error}). Remedy: make the folder writable, "
                "or move the damaged manifest away; stored files stay, and pulling records them again."
            ) from error

    def _open(self) -> sqlite3.Connection:
        db = sqlite3.connect(self._manifest, timeout=30, isolation_level=None, check_same_thread=False)
        db.row_factory = lambda cursor, row: dict(zip([c[0] for c in cursor.description], row, strict=True))
        try:
            db.execute("PRAGMA journal_mode = WAL")
            # NORMAL never leaves a torn manifest, and kill -9 loses nothing. A power cut may lose the last
            # rows: asking again for their files costs less than a disk flush for each of hundreds of files.
            db.execute("PRAGMA synchronous = NORMAL")
            db.executescript(SCHEMA)
        except sqlite3.Error:
            db.close()
            raise
        return db

    def __enter__(self) -> Store:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Close the manifest; the store can't be used afterwards."""
        with self._lock:
            self._db.close()

    def blob(self, sha256: str) -> Path:
        """Where the file with this digest is, or would be.

        Example:
            >>> Store(root).blob("ab12...").relative_to(root).as_posix()
            'blobs/ab/ab12...'
        """
        return blob_path(self.root, sha256)

    def partial(self, origin: str, url: str) -> Partial:
        """The half-finished download of a file (empty if there is none)."""
        key = hashlib.sha256(f"{origin} {url}".encode()).hexdigest()[:32]
        return Partial(self.root / "partial" / f"{key}.part")

    def latest(self, origin: str, url: str) -> Landed | None:
        """The newest stored file of a URL, or None if there is none or it is missing or of another size.

        None makes the caller pull it again, which mends the store.
        """
        row = self._row(origin, url)
        if row is None:
            return None
        try:
            whole = row.path.stat().st_size == row.bytes
        except OSError:
            whole = False
        return row if whole else None

    def add(
        self, file: Path, dataset: str, origin: str, url: str, etag: str | None, last_modified: str | None
    ) -> Landed:
        """Move a complete, checked file into the store and make it the latest of its URL.

        `file` must be on the store's file system, as a `partial` is. The outcome is `new`, `changed`, or
        `unchanged` where the bytes are those already recorded.
        """
        with file.open("rb") as stream:
            sha256 = hashlib.file_digest(stream, "sha256").hexdigest()
            size = stream.seek(0, os.SEEK_END)
        blob = self.blob(sha256)
        _move_durably(file, blob)
        before = self._row(origin, url)
        if before is not None and before.sha256 == sha256:
            return self.touch(replace(before, dataset=dataset), etag, last_modified, SENT_AGAIN)
        landed = Landed(
            dataset,
            origin,
            url,
            "changed" if before else "new",
            blob,
            sha256,
            size,
            etag,
            last_modified,
            _now(),
        )
        if before is not None:
            landed = replace(landed, doubt=self._doubt(before, landed))
        self._record(landed, landed.fetched_at, landed.doubt)
        return landed

    def touch(
        self, landed: Landed, etag: str | None = None, last_modified: str | None = None, note: str | None = None
    ) -> Landed:
        """Record that the publisher still has these bytes; newer validators replace the recorded ones."""
        same = replace(
            landed,
            outcome="unchanged",
            etag=etag or landed.etag,
            last_modified=last_modified or landed.last_modified,
        )
        self._record(same, _now(), note)
        return same

    def keep(self, landed: Landed, note: str) -> Landed:
        """Record that an earlier file stays in use because nothing better was to be had; `note` says why."""
        kept = replace(landed, outcome="kept")
        self._record(kept, _now(), note)
        return kept

    def failed(self, dataset: str, origin: str, url: str, outcome: Literal["absent", "failed"], note: str) -> None:
        """Record that nothing was landed; the latest file of the URL stays what it was."""
        event = {"dataset": dataset, "origin": origin, "url": url, "outcome": outcome, "note": note}
        with self._transaction() as db:
            db.execute(APPEND, event | {"at": _now().isoformat(), "sha256": None, "bytes": None})

    def reject(self, landed: Landed, note: str) -> None:
        """Record that a landed file failed to parse: the next pull asks for all of it (see `last_full_download`)."""
        values = {"dataset": landed.dataset, "origin": landed.origin, "url": landed.url, "sha256": landed.sha256}
        with self._transaction() as db:
            db.execute(
                APPEND, values | {"bytes": landed.bytes, "outcome": "rejected", "note": note, "at": _now().isoformat()}
            )

    def last_full_download(self, landed: Landed) -> datetime | None:
        """When the file was last downloaded in full; None if it was flagged or failed to parse since.

        A 304 only repeats what the publisher believes of its own file, so it does not count.
        """
        row = self._last(landed, f"(outcome IN ('new', 'changed', 'rejected') OR note = '{SENT_AGAIN}')")
        if row is None or row["outcome"] == "rejected" or landed.doubt:
            return None
        return datetime.fromisoformat(row["at"])

    def history(self, origin: str, url: str) -> list[Event]:
        """Everything that happened to a URL, oldest first."""
        columns = "at, dataset, outcome, sha256, bytes, note"
        with self._lock:
            rows = self._db.execute(
                f"SELECT {columns} FROM history WHERE origin = ? AND url = ? ORDER BY id", (origin, url)
            ).fetchall()
        return [Event(**{**row, "at": datetime.fromisoformat(row["at"])}) for row in rows]

    def _row(self, origin: str, url: str) -> Landed | None:
        with self._lock:
            row = self._db.execute("SELECT * FROM latest WHERE origin = ? AND url = ?", (origin, url)).fetchone()
        if row is None:
            return None
        at = datetime.fromisoformat(row["fetched_at"])
        landed = Landed(**{**row, "fetched_at": at}, path=self.blob(row["sha256"]))
        arrival = self._last(landed, "outcome IN ('new', 'changed')")
        return replace(landed, doubt=arrival["note"] if arrival else None)

    def _last(self, landed: Landed, which: str) -> dict[str, Any] | None:
        """The last event of a file's URL among those of a condition."""
        query = f"SELECT at, outcome, note FROM history WHERE origin = ? AND url = ? AND {which} ORDER BY id DESC"
        with self._lock:
            return self._db.execute(query, (landed.origin, landed.url)).fetchone()

    def _doubt(self, before: Landed, now: Landed) -> str | None:
        """What is odd about bytes that replace others: older than those, or under the same validators.

        Nothing is, where the others could not be understood: any edition is better.
        """
        last = self._last(before, "sha256 IS NOT NULL")
        if last is not None and last["outcome"] == "rejected":
            return None
        query = "SELECT min(at) AS at FROM history WHERE origin = ? AND url = ? AND sha256 = ?"
        with self._lock:
            first, other = (
                self._db.execute(query, (x.origin, x.url, x.sha256)).fetchone()["at"] for x in (now, before)
            )
        if first and other and first < other:
            return f"an older edition is served again, which first came on {first[:10]} and has been replaced since"
        if now.etag and now.etag == before.etag:
            return f"the bytes changed although the publisher's ETag {now.etag} stayed the same"
        if now.last_modified and before.last_modified and _earlier(now.last_modified, before.last_modified):
            return f"dated {now.last_modified}, earlier than the edition it replaces ({before.last_modified})"
        return None

    def _record(self, landed: Landed, at: datetime, note: str | None = None) -> None:
        values = {name: value for name, value in asdict(landed).items() if name != "path"}
        values |= {"fetched_at": landed.fetched_at.isoformat()}
        with self._transaction() as db:
            db.execute(RECORD, values)
            db.execute(APPEND, values | {"at": at.isoformat(), "note": note})

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield self._db
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
                raise


def blob_path(root: Path, sha256: str) -> Path:
    """Where a landing folder keeps the file with this digest."""
    return root / "blobs" / sha256[:2] / sha256


def _earlier(one: str, other: str) -> bool:
    """Whether an HTTP date lies before another; False where either is none."""
    try:
        return parsedate_to_datetime(one) < parsedate_to_datetime(other)
    except (ValueError, TypeError):
        return False


def _move_durably(file: Path, blob: Path) -> None:
    """Put the file in place, so that the manifest, written afterwards, never names bytes a power cut took.

    A blob of that name is replaced too: if it was damaged, this mends it.
    """
    # A flush takes milliseconds and there are hundreds of files: outer folder only when it is new.
    folders = [blob.parent] if blob.parent.exists() else [blob.parent, blob.parent.parent]
    blob.parent.mkdir(exist_ok=True)
    file.chmod(0o444)
    _flush(file)
    file.replace(blob)
    for folder in folders:
        _flush(folder)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _now() -> datetime:
    return datetime.now(UTC)
