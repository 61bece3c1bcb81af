"""The index of editions, held against what releases were made from, before a refresh begins.

Belongs here: what of the index is doubtful, and what takes its place. Does not: the index itself (`partitions`), making
a partition again whose file is gone (`ingest`).
"""

from __future__ import annotations

import logging
from collections.abc import Sequence
from contextlib import suppress

from orchestration.errors import SetupError
from orchestration.partitions import Partition, TidyIndex, dated
from orchestration.quality.verdict import CheckResult
from orchestration.release.manifest import read_manifest
from orchestration.release.publish import Warehouse
from orchestration.settings import Settings

log = logging.getLogger("clusters.ingest")

CHECK = "index_is_whole"


def settle_index(of: Settings, released: Sequence[Partition], gates_stopped: bool) -> CheckResult | None:
    """Mends the index; call it under the lock. Returns what a person should know of that.

    Where the gates stopped the last run, what no release holds is taken out: a file that the publisher has taken back
    would stop every night to come. Where the index is damaged, gone, or lacks what the current release holds
    (`released`), as one from a backup does, that is put in: years that nobody asks for tonight would be lost.

    Example:
        >>> settle_index(settings(), [], gates_stopped=False)                   # doctest: +SKIP
    """
    index, current = TidyIndex(of), Warehouse(of).current()
    found = index.set_aside_if_damaged()
    if current is not None and current.profile != of.profile:
        return _told(found) if found else None
    held = dated(released)
    if is_new := not index.path.exists():
        held = dated(ever_released(of))
    elif gates_stopped:
        for partition in index.put_back(held):
            log.info("%s: the gates stopped it; it is taken again where it is offered", partition.name)
    missing = sorted(partition.name for partition in index.complete(held))
    for name in missing:
        log.info("%s: put into the index again, from the manifest of a release", name)
    # A tidy folder may be deleted: that is no fault.
    if missing and not is_new:
        found = f"{index.path}: it lacked what the release was made from, like one of a backup: {', '.join(missing)}"
    return _told(found) if found else None


def ever_released(of: Settings) -> list[Partition]:
    """What all releases of the profile were made from, also those whose files are gone; damaged manifests left out."""
    found: list[Partition] = []
    for path in sorted((of.warehouse / "manifests").glob("*.json")):
        with suppress(SetupError):
            manifest = read_manifest(path)
            found += map(Partition.of, manifest.partitions if manifest.release.profile == of.profile else ())
    return found


def _told(found: str) -> CheckResult:
    return CheckResult(CHECK, "tidy", "refresh", "warning", False, found, "the index as the last refresh left it")
