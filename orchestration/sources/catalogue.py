"""Every source that a refresh pulls: those that the folders beside this file declare.

Belongs here: finding them, and their order. Does not: any one of them.
"""

from __future__ import annotations

from graphlib import TopologicalSorter
from pathlib import Path

from orchestration.sources.declaration import FILE, PACKAGE, read_sources, shown
from orchestration.sources.source import Source


def discovered(package: Path = PACKAGE) -> dict[str, Source]:
    """The sources that the folders of a package declare, by id: each after those that it needs, otherwise by folder and
    as they stand in its declaration.

    Raises:
        ValueError: naming the file, if two share an id or a table, or one needs a source that there is not.
    """
    found: dict[str, Source] = {}
    declared: dict[str, str] = {}
    for path in sorted(package.glob(f"*/{FILE}")):
        for source in read_sources(path.parent):
            if source.source_id in found or source.table in {other.table for other in found.values()}:
                raise ValueError(f"{shown(path)}: source {source.source_id} or table {source.table} is declared twice")
            found[source.source_id] = source
            declared[source.source_id] = shown(path)
    for source in found.values():
        if missing := set(source.needs) - set(found):
            named = ", ".join(sorted(missing))
            raise ValueError(f"{declared[source.source_id]}: {source.source_id} needs {named}, which is not declared")
    order = TopologicalSorter({name: source.needs for name, source in found.items()}).static_order()
    return {name: found[name] for name in order}


SOURCES: dict[str, Source] = discovered()
