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
DATES = ("from_year", "to_year", "year", "period", "vintage")
"""Columns of a grain that say of when a row is: of a year, of a span of two, or of an edition of its source."""


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
    """One table: its grain (the columns that identify a row) and its columns.

    `needs_years` is how many years a release must hold before the table has rows: 2 where it compares years.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    layer: Literal["staging", "intermediate", "marts", "meta"]
    meaning: str
    grain: tuple[str, ...]
    citation: str
    columns: tuple[ColumnContract, ...]
    needs_years: int = 1

    @property
    def dates(self) -> tuple[str, ...]:
        """The columns of the grain that say of when a row is; none for a table that is of no time."""
        return tuple(name for name in self.grain if name in DATES)

    @property
    def keys(self) -> tuple[str, ...]:
        """The columns of the grain that say what a row is about, whenever it is."""
        return tuple(name for name in self.grain if name not in DATES)

    @property
    def year(self) -> str | None:
        """The column with a row's year, the later one where it is about two; None for a table without years."""
        return next((name for name in ("year", "to_year") if name in self.grain), None)

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
            needs_years=meta.get("needs_years", 1),
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
