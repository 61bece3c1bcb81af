"""Landed files of an earlier time, found again: what an old release is made from when it is made again.

Belongs here: giving them out like a publisher. Does not: which files those are (`orchestration.release.manifest`).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestration.errors import NotPublished
from orchestration.landing.origin import Job
from orchestration.landing.store import Landed

if TYPE_CHECKING:
    from orchestration.sources.dataset import Kind


class Archive:
    """The files given, by dataset and address; each is checked against its digest before it is handed out.

    Example:
        >>> Archive([landed]).get(landed.url, "csv", landed.dataset).sha256 == landed.sha256   # doctest: +SKIP
        True
    """

    def __init__(self, files: Iterable[Landed]) -> None:
        self._files = {(file.dataset, file.url): file for file in files}

    def get(self, url: str, kind: Kind, dataset: str) -> Landed:
        """The file of a URL.

        Raises:
            NotPublished: if it is not among the files.
            SourceError: if its bytes are gone or damaged.
        """
        job, file = Job(dataset, url, kind), self._files.get((dataset, url))
        if file is None:
            raise job.error("was not among the files then", "nothing to do, it is done without", NotPublished)
        try:
            with file.path.open("rb") as stream:
                whole = hashlib.file_digest(stream, "sha256").hexdigest() == file.sha256
        except FileNotFoundError:
            whole = False
        if not whole:
            raise job.error(f"is gone or damaged at {file.path}", "restore the landing folder from a backup")
        return file
