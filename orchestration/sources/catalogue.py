"""Every source that a refresh pulls: those that the folders beside this file declare.

Belongs here: finding them, and their order. Does not: any one of them.
"""

from __future__ import annotations

from graphlib import TopologicalSorter

from orchestration.sources.declaration import FILE, PACKAGE, read_sources
from orchestration.sources.source import Source


def _discovered() -> dict[str, Source]:
    """Sources by id, each after those that it needs, otherwise by folder and as they stand in its declaration.

    Raises:
        ValueError: if two share an id or a table, or one needs a source that there is not.
    """
    found: dict[str, Source] = {}
    for path in sorted(PACKAGE.glob(f"*/{FILE}")):
        for source in read_sources(path.parent):
            if source.source_id in found or source.table in {other.table for other in found.values()}:
                raise ValueError(f"{path}: source {source.source_id} or table {source.table} is declared twice")
            found[source.source_id] = source
    for source in found.values():
        if missing := set(source.needs) - set(found):
            raise ValueError(f"source {source.source_id} needs {', '.join(sorted(missing))}, which nobody declares")
    order = TopologicalSorter({name: source.needs for name, source in found.items()}).static_order()
    return {name: found[name] for name in order}


SOURCES: dict[str, Source] = _discovered()
