"""Whether a published file is still, byte for byte, what was published.

Belongs here: the checksum of a release's file and the comparison with the one its manifest keeps. Does not: what a
refresh or a command does about a difference.

Releases are write-protected. That stops everybody but root, and root is who most containers run as.
"""

from __future__ import annotations

from pathlib import Path

from orchestration.checksums import known_checksum
from orchestration.errors import SetupError
from orchestration.release.manifest import manifest_path, read_manifest

CHECK = "release_is_as_published"
REMEDY = "`clusters refresh` publishes the data anew, `clusters rollback` goes back to the release before"


def alteration(warehouse: Path, release: Path) -> str | None:
    """What has happened to a release's file since it was published, as one clause; None if nothing has.

    `warehouse` is the folder that holds the manifests. Of a release whose manifest keeps no checksum (made before
    manifests did) nothing but a write-ahead log beside it can be said. A file of 1 GB takes some 0.7 s, once a process.

    Raises:
        SetupError: if its manifest is damaged.

    Example:
        >>> alteration(house.folder, house.current().path)                      # doctest: +SKIP
        'its bytes are not those that were published; some program has written into it'
    """
    if problem := log_beside(release):
        return problem
    published = read_manifest(manifest_path(warehouse, release.stem)).file_sha256
    if published is None or published == known_checksum(release):
        return None
    return "its bytes are not those that were published; some program has written into it"


def require_unaltered(warehouse: Path, release: Path, remedy: str = REMEDY) -> None:
    """Stops before anybody reads what is no longer what was published.

    Raises:
        SetupError: naming the release, what has happened to it, and the remedy.
    """
    if problem := alteration(warehouse, release):
        raise SetupError(f"release {release.stem} is no longer what was published: {problem}. Remedy: {remedy}")


def log_beside(release: Path) -> str | None:
    """The clause about a write-ahead log beside a release, which DuckDB would apply to what it reads; None without."""
    log = release.with_name(f"{release.name}.wal")
    if log.exists() or log.is_symlink():
        return f"a write-ahead log, {log.name}, stands beside it; some program has opened it for writing"
    return None
