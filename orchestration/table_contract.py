"""The shape of a table's contract: what is said once of a table and of each of its columns.

Belongs here: the shape. Does not: where contracts are written (beside dbt models, in sources' declarations), what is
made of them.
"""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

DATES = ("from_year", "to_year", "year", "period", "vintage")
"""Columns of a grain that say of when a row is: of a year, of a span of two, or of an edition of its source."""

PARTS = {
    "point": ("",),
    "lower": ("_lower", "_best"),
    "upper": ("_upper", "_worst"),
    "estimate": ("_estimate", "_on_estimates", "_probability"),
    "p10": ("_p10",),
    "p90": ("_p90",),
    "likely": ("_likely",),
    "establishments": ("_establishments",),
}
"""What the end of a column's name says of its part in a measure. The macro `measures_of` reads names so, too."""


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

    `needs_years` is how many years a release must hold before the table has rows: 2 where it compares years. `is_view`:
    it shows rows of another table and stores none. `own_years`: it has the years of sources of which a release needs
    none, so that it may lack some of the release's years, or be empty.
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
    own_years: bool = False

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
    def measures(self) -> dict[str, dict[str, str]]:
        """The columns beside the grain that say one thing together, by its name and then by their part in it.

        A measure `lq` may have the parts point (`lq`), lower (`lq_lower`), upper, estimate, p10, p90, likely (a verdict
        on estimates) and establishments. A column that stands alone is a measure of one part.
        """
        found: dict[str, dict[str, str]] = {}
        for column in self.columns:
            if column.name not in self.grain:
                name, part = _part(column.name)
                found.setdefault(name, {})[part] = column.name
        return {name: dict(sorted(parts.items(), key=lambda p: [*PARTS].index(p[0]))) for name, parts in found.items()}

    @property
    def is_of_spans(self) -> bool:
        """Whether its rows compare two years. Which two is the warehouse's choice, and changes with the newest year."""
        return {"from_year", "to_year"} <= set(self.grain)

    @property
    def comment(self) -> str:
        """The table's comment in a release: meaning, grain and source."""
        return f"{self.meaning.rstrip('.')}. Grain: {', '.join(self.grain)}. Source: {self.citation}."


def _part(column: str) -> tuple[str, str]:
    """The measure that a column belongs to, and its part in it.

    >>> _part("lq_upper"), _part("stars")
    (('lq', 'upper'), ('stars', 'point'))
    """
    ends = {end: part for part, some in PARTS.items() for end in some if end}
    end = next((end for end in ends if column.endswith(end)), "")
    return column.removesuffix(end), ends.get(end, "point")
