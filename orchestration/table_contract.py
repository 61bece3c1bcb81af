"""The shape of a table's contract: what is said once of a table and of each of its columns.

Belongs here: the shape. Does not: where contracts are written (beside dbt models, in sources' declarations), what is
made of them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict


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
