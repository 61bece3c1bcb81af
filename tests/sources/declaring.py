"""Declarations made up for tests: a publisher's folder whose one table has a code, a number, and editions as told."""

from __future__ import annotations

from copy import deepcopy
from pathlib import Path
from typing import Any

import yaml

from orchestration.sources.declaration import FILE, read_sources
from orchestration.sources.source import Source

HOST = "https://stats.example.org"
TABLE: dict[str, Any] = {
    "source_id": "towns_people",
    "title": "People of towns",
    "cadence": "yearly",
    "tried": "documented layout",
    "meaning": "People who live in a town",
    "citation": "Office of Towns, people",
    "grain": ["period", "town"],
    "editions": [{"period": "{year}", "each": 2024, "kind": "csv", "url": HOST + "/people_{year}.csv"}],
    "columns": {
        "town": {"type": "varchar", "unit": "code", "nullable": False, "meaning": "Town"},
        "people": {"type": "bigint", "unit": "persons", "minimum": 0, "meaning": "People", "header": "n"},
    },
}
PUBLISHER = {"publisher": "Office of Towns", "homepage": HOST, "licence": "public domain"}


def declaration(**changed: Any) -> dict[str, Any]:
    """A whole declaration, its one table with other fields; a field that is None is left out."""
    table = deepcopy(TABLE)
    for edition in changed.get("editions", table["editions"]):
        if "formats" not in edition:
            edition.setdefault("reader", "delimited")
    table |= changed
    return PUBLISHER | {"tables": {"people": {name: value for name, value in table.items() if value is not None}}}


def written(folder: Path, said: dict[str, Any] | str, name: str = "towns") -> Path:
    """The publisher's folder, with this declaration in it."""
    (folder / name).mkdir(parents=True, exist_ok=True)
    text = said if isinstance(said, str) else yaml.safe_dump(said, sort_keys=False)
    (folder / name / FILE).write_text(text, encoding="utf-8")
    return folder / name


def source(folder: Path, **changed: Any) -> Source:
    """The one source of such a declaration."""
    (found,) = read_sources(written(folder, declaration(**changed)))
    return found
