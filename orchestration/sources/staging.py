"""Staging views, made from the sources' declarations: dbt's sources, one view a tidy table, and their contracts.

Belongs here: what dbt reads of a declaration. Does not: the declarations.

dbt needs files, so the views are written into `dbt_project/models/staging` before dbt parses the project. They are not
kept in git: the declaration is the one place to change.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from orchestration.settings import PROJECT_ROOT
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Source
from orchestration.table_contract import TableContract

FOLDER = PROJECT_ROOT / "dbt_project" / "models" / "staging"
TIDY = '{{ env_var("CLUSTERS_TIDY", env_var("CLUSTERS_HOME", "../data") ~ "/work/tidy") }}'
LOCATION = f"read_parquet('{TIDY}/{{name}}/*.parquet')"


@lru_cache
def staging_contracts() -> dict[str, TableContract]:
    """The contracts of the tidy tables, by the names of their staging views.

    Example:
        >>> staging_contracts()["stg_county_adjacency"].grain
        ('period', 'county_fips', 'neighbour_fips')
    """
    return {source.contract.name: source.contract for source in SOURCES.values()}


def write_staging(folder: Path = FOLDER, sources: Iterable[Source] | None = None) -> None:
    """Writes the staging views and dbt's list of sources into a folder, and removes what is no longer declared.

    A file that is right already is left alone, so that dbt parses nothing anew.
    """
    declared = list(SOURCES.values() if sources is None else sources)
    files = {f"{s.contract.name}.sql": _view(s) for s in declared} | {"_staging.yml": _properties(declared)}
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.name not in files and path.suffix in (".sql", ".yml"):
            path.unlink()
    for name, text in files.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            half = path.with_suffix(".half")
            half.write_text(text, encoding="utf-8")
            half.replace(path)


def _view(source: Source) -> str:
    columns = ",\n".join(f"    {column.name}" for column in source.contract.columns)
    return f'SELECT\n{columns}\nFROM {{{{ source("tidy", "{source.table}") }}}}\n'


def _properties(sources: Iterable[Source]) -> str:
    """dbt's properties as JSON, which is YAML."""
    tidy = {
        "name": "tidy",
        "description": "Typed Parquet made from publishers' files; a refresh links the partitions it builds from into "
        "one folder.",
        "config": {"meta": {"external_location": LOCATION}},
        "tables": [{"name": source.table} for source in sources],
    }
    models = [
        {
            "name": source.contract.name,
            "description": source.contract.meaning,
            "columns": [{"name": c.name, "description": c.comment} for c in source.contract.columns],
        }
        for source in sources
    ]
    return json.dumps({"version": 2, "sources": [tidy], "models": models}, indent=1, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    write_staging()
