"""What the record of pulls holds: the tables, and their rows as values.

Belongs here: the shape of the record. Does not: reading and writing it (see `store`).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal

SENT_AGAIN = "sent again"
Outcome = Literal["new", "changed", "unchanged", "kept"]

# The history is what releases are traced back to, so the database itself refuses to rewrite it.
SCHEMA = """
CREATE TABLE IF NOT EXISTS latest (
    dataset TEXT NOT NULL, origin TEXT NOT NULL, url TEXT NOT NULL, outcome TEXT NOT NULL,
    sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, etag TEXT, last_modified TEXT, fetched_at TEXT NOT NULL,
    PRIMARY KEY (origin, url)
);
CREATE TABLE IF NOT EXISTS history (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, dataset TEXT NOT NULL, origin TEXT NOT NULL, url TEXT NOT NULL,
    outcome TEXT NOT NULL, sha256 TEXT, bytes INTEGER, note TEXT
);
CREATE INDEX IF NOT EXISTS history_of_a_file ON history (origin, url);
CREATE TRIGGER IF NOT EXISTS history_is_not_rewritten BEFORE UPDATE ON history
    BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
CREATE TRIGGER IF NOT EXISTS history_is_not_shortened BEFORE DELETE ON history
    BEGIN SELECT RAISE(ABORT, 'the history is append-only'); END;
"""
RECORD = """
INSERT OR REPLACE INTO latest (dataset, origin, url, outcome, sha256, bytes, etag, last_modified, fetched_at)
VALUES (:dataset, :origin, :url, :outcome, :sha256, :bytes, :etag, :last_modified, :fetched_at)
"""
APPEND = """
INSERT INTO history (at, dataset, origin, url, outcome, sha256, bytes, note)
VALUES (:at, :dataset, :origin, :url, :outcome, :sha256, :bytes, :note)
"""


@dataclass(frozen=True)
class Landed:
    """A publisher's file as stored: `path` holds `bytes` bytes whose digest is `sha256`.

    `outcome` is how it came to be current: `new`, `changed`, `unchanged` (asked again, the same bytes) or
    `kept` (the publisher has nothing better to offer). `fetched_at` (UTC) is when these bytes first arrived,
    so it stays the same as long as they do. `url` is the publisher's, also where a mirror served it, with keys
    masked. `doubt` says what is odd about how these bytes replaced the ones before; None if nothing is.
    """

    dataset: str
    origin: str
    url: str
    outcome: Outcome
    path: Path
    sha256: str
    bytes: int
    etag: str | None
    last_modified: str | None
    fetched_at: datetime
    doubt: str | None = field(default=None, compare=False)

    def intact(self) -> bool:
        """Whether the stored bytes are still the ones recorded, by digest. Reads the whole file."""
        try:
            with self.path.open("rb") as stream:
                return hashlib.file_digest(stream, "sha256").hexdigest() == self.sha256
        except OSError:
            return False


@dataclass(frozen=True)
class Event:
    """One line of the history: a `Landed` outcome, or `absent`, `failed` or `rejected` with the reason in `note`.

    `rejected` are bytes that landed and could not be understood. An `unchanged` file that came whole, and not as a
    304, has the note `SENT_AGAIN`; a `changed` one has its `doubt` there.
    """

    at: datetime
    dataset: str
    outcome: str
    sha256: str | None
    bytes: int | None
    note: str | None
