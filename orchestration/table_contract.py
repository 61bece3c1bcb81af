"""The shape of a table's contract: what is said once of a table and of each of its columns.

Belongs here: the shape. Does not: where contracts are written (beside dbt models, in sources' declarations), what is
made of them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

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

    `needs_years` is how many years a release must hold before the table has rows: 2 where it compares years; 0 where
    its years are those of optional sources, be there none or others than employment's. `is_view`: it shows rows of
    another table and stores none.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    layer: Literal["staging", "intermediate", "marts", "meta"]
    meaning: str
    grain: tuple[str, ...]
    citation: str
    columns: tuple[ColumnContract, ...]
    needs_years: int = 1
    is_view: bool = False

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
    def is_of_spans(self) -> bool:
        """Whether its rows compare two years. Which two is the warehouse's choice, and changes with the newest year."""
        return {"from_year", "to_year"} <= set(self.grain)

    @property
    def comment(self) -> str:
        """The table's comment in a release: meaning, grain and source."""
        return f"{self.meaning.rstrip('.')}. Grain: {', '.join(self.grain)}. Source: {self.citation}."
