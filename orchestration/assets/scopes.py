"""What each gate has to look at tonight.

Belongs here: which years of which tables are new, by the partitions and by the ledger, and with which earlier versions
what is replaced is compared. Does not: what follows for a check (see `orchestration.quality.scope`).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable

from orchestration.assets.resources import Refresh, place_of
from orchestration.contracts import mart_contracts
from orchestration.partitions import Partition
from orchestration.quality.scope import EVERYTHING, Scope, with_neighbours
from orchestration.release.manifest import Manifest, manifest_path, read_manifest
from orchestration.sources.catalogue import SOURCES


def tidy_scope(refresh: Refresh) -> Scope:
    """Of the tidy tables: the years whose partitions the current release does not have, and their neighbours."""
    passed = refresh.passed()
    if passed is None:
        return EVERYTHING
    now, before = _by_table(refresh.partitions), _by_table(refresh.released())
    years = {
        source.contract.name: _years(now.get(source.table, []), before.get(source.table, []))
        for source in SOURCES.values()
    }
    return Scope(years, passed)


def _by_table(partitions: Collection[Partition]) -> dict[str, list[Partition]]:
    found: dict[str, list[Partition]] = {}
    for partition in partitions:
        found.setdefault(partition.table, []).append(partition)
    return found


def _years(now: Collection[Partition], before: Collection[Partition]) -> Collection[int] | None:
    known = {p.path for p in before}
    if known == {p.path for p in now}:
        return []
    if not all(p.source_id in SOURCES and SOURCES[p.source_id].by_year for p in [*now, *before]):
        return None
    new = {int(p.period) for p in now if p.path not in known}
    return with_neighbours(new, {int(p.period) for p in now}, {int(p.period) for p in before})


def marts_scope(refresh: Refresh) -> Scope:
    """Of the marts: all years but those whose rows were copied from the current release."""
    passed, records = refresh.passed(), refresh.recorded_years()
    if passed is None:
        return EVERYTHING
    new = {name: [r.year for r in records if name not in r.taken_over] for name in mart_contracts()}
    return Scope({name: years if len(years) < len(records) else None for name, years in new.items()}, passed)


def first_versions(refresh: Refresh) -> list[Partition]:
    """Of what is replaced tonight, the versions with which many small revisions are compared as one: see `oldest`."""
    replaced = refresh.replaced()
    if not replaced:
        return []
    of, profile = refresh.settings, refresh.settings.profile
    kept = sorted(of.releases.glob("*.duckdb"), reverse=True)
    paths = [path for file in kept if (path := manifest_path(of.warehouse, file.stem)).exists()]
    manifests = [m for m in map(read_manifest, paths) if m.release.profile == profile]
    return oldest(replaced, manifests, lambda part: (of.tidy / part.path).exists())


def oldest(
    replaced: Collection[Partition], manifests: Iterable[Manifest], is_there: Callable[[Partition], bool]
) -> list[Partition]:
    """The oldest versions of partitions in releases, from which on nobody has accepted a revision of their source.

    Args:
        replaced: the current release's own.
        manifests: those of kept releases, newest first. A release that was made with a revision accepted is where the
            look back ends: what a person has let pass is the new measure.
        is_there: whether the file of a version is still kept.

    Returns:
        None of those for which the current release's own is the oldest: that is what a gate looks at anyway.

    Example:
        >>> oldest([], [], lambda part: True)
        []
    """
    own, found = {place_of(part): part for part in replaced}, {}
    accepted: set[str] = set()
    for manifest in manifests:
        for part in map(Partition.of, manifest.partitions):
            if place_of(part) in own and part.source_id not in accepted and is_there(part):
                found[place_of(part)] = part
        accepted.update(manifest.accepted)
    return [part for place, part in found.items() if part.path != own[place].path]
