"""Landed files of an earlier time, found again: what an old release is made from when it is made again.

Belongs here: giving them out like a publisher. Does not: which files those are (`orchestration.release.manifest`).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from orchestration.errors import NotPublished
from orchestration.landing.origin import Job
from orchestration.landing.store import Landed

if TYPE_CHECKING:
    from orchestration.sources.source import Kind


class Archive:
    """The files given, by dataset and address.

    Example:
        >>> Archive([landed]).get(landed.url, "csv", landed.dataset).sha256 == landed.sha256   # doctest: +SKIP
        True
    """

    def __init__(self, files: Iterable[Landed]) -> None:
        self._files = {(file.dataset, file.url): file for file in files}

    def get(self, url: str, kind: Kind, dataset: str, *, mirror: str | None = None) -> Landed:
        """The file of a URL.

        Raises:
            NotPublished: if it is not among the files.
        """
        job = Job(dataset, url, kind)
        file = self._files.get((dataset, job.public))
        if file is None:
            raise job.error("was not among the files then", "nothing to do, it is done without", NotPublished)
        return file

    def verified(self, landed: Landed, url: str, kind: Kind, *, mirror: str | None = None) -> Landed:
        """The same file, its bytes looked through.

        Raises:
            SourceError: if they are gone or damaged: nobody can be asked for them again.
        """
        if not landed.intact():
            problem = f"is gone or damaged at {landed.path}"
            raise Job(landed.dataset, url, kind).error(problem, "restore the landing folder from a backup")
        return landed

    def reject(self, landed: Landed, problem: str) -> None:
        """Nothing to remember: no other bytes will come."""
