"""Table contracts, read from the YAML beside each dbt model: the one place where a column is described.

From them come Great Expectations suites, Dagster column metadata, comments in the release, `meta.column_dictionary`
and `meta.indicator`. Belongs here: reading and validating the YAML. Does not: what is made of it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

from orchestration.settings import PROJECT_ROOT

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MODELS = PROJECT_ROOT / "dbt_project" / "models"


class ColumnContract(BaseModel):
    """One column: `data_type`, unit, range and where the definition comes from."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    data_type: str
    meaning: str
    unit: str
    citation: str
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    formula: str | None = None
    threshold: str | None = None
    authority: str | None = None

    @property
    def comment(self) -> str:
        """The column's comment in a release: meaning, unit and source."""
        return f"{self.meaning.rstrip('.')}. Unit: {self.unit}. Source: {self.citation}."


class TableContract(BaseModel):
    """One table: its grain (the columns that identify a row) and its columns."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    layer: Literal["staging", "intermediate", "marts", "meta"]
    meaning: str
    grain: tuple[str, ...]
    citation: str
    columns: tuple[ColumnContract, ...]

    @property
    def comment(self) -> str:
        """The table's comment in a release: meaning, grain and source."""
        return f"{self.meaning.rstrip('.')}. Grain: {', '.join(self.grain)}. Source: {self.citation}."


@lru_cache
def contracts(models: Path = MODELS) -> dict[str, TableContract]:
    """All contracts below a dbt models folder, by model name.

    Raises:
        ValueError: if a model lacks a grain, or a column a unit, a type or a citation.

    Example:
        >>> contracts()["dim_region"].grain
        ('region_id',)
    """
    found: dict[str, TableContract] = {}
    for path in sorted(models.rglob("*.yml")):
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}  # noqa: S506  (both are safe)
        for model in document.get("models", []):
            layer = path.relative_to(models).parts[0]
            if model["name"] in found:
                raise ValueError(f"{path}: model {model['name']} is described twice")
            found[model["name"]] = _table(model, layer, path)
    return found


def mart_contracts() -> dict[str, TableContract]:
    """The contracts of the tables that a release publishes in schema `main`."""
    return {name: c for name, c in contracts().items() if c.layer == "marts"}


def published_contracts() -> dict[str, TableContract]:
    """The contracts of all tables that dbt builds into a release: schema `main`, and of `meta` what it knows."""
    return {name: c for name, c in contracts().items() if c.layer in {"marts", "meta"}}


def _table(model: dict[str, Any], layer: str, path: Path) -> TableContract:
    meta = model.get("config", {}).get("meta", {})
    try:
        return TableContract(
            name=model["name"],
            layer=layer,  # type: ignore[arg-type]
            meaning=_one_line(model["description"]),
            grain=meta["grain"],
            citation=meta["citation"],
            columns=tuple(_column(column) for column in model.get("columns", [])),
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path}: the contract of {model.get('name')} is incomplete: {error!r}") from error


def _column(column: dict[str, Any]) -> ColumnContract:
    meta = column.get("config", {}).get("meta", {})
    return ColumnContract(
        name=column["name"],
        data_type=column["data_type"],
        meaning=_one_line(column["description"]),
        **meta,
    )


def _one_line(text: str) -> str:
    return " ".join(text.split())
