"""Columns of a declaration: what a shared reader reads of the publisher's, and what is made of it.

Belongs here: a column's part of `source.yml`, and SQL between what is read and what is tidy. Does not: the rest of the
declaration (`declaration`), formats (`readers`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from duckdb import DuckDBPyRelation
from pydantic import BaseModel, ConfigDict, model_validator

from orchestration.sources.readers import Field
from orchestration.sources.source import Edition
from orchestration.sources.tidy import quoted
from orchestration.table_contract import ColumnContract

# The parts of a column that decide what is read.
READ = {"type", "header", "unknown", "width", "sql", "widths"}
NAMED = re.compile(r'"([^"]+)"')


class Strict(BaseModel):
    """Refuses what it does not know: a misspelt field would be passed over without a word."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ColumnDeclaration(Strict):
    """A column: what its contract says, and where a shared reader finds it.

    `sql` makes the column of others, in double quotes: columns as they are read, or headers of the publisher's that are
    no column (texts). `{year}` in it is the edition's year. `widths` are the lengths of such headers' codes, as `width`
    is of a column's.
    """

    type: str
    meaning: str
    unit: str
    citation: str | None = None
    nullable: bool = True
    minimum: float | None = None
    maximum: float | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    header: str | None = None
    unknown: tuple[str, ...] = ()
    width: int | None = None
    sql: str | None = None
    widths: dict[str, int] = {}

    @model_validator(mode="after")
    def _has_widths_of_what_it_is_made_of(self) -> ColumnDeclaration:
        if strange := set(self.widths) - set(NAMED.findall(self.sql or "")):
            raise ValueError(f"widths has {', '.join(sorted(strange))}, which sql does not name")
        return self

    def contract(self, name: str, citation: str) -> ColumnContract:
        """The column's contract, by the table's citation if it has none of its own."""
        said = self.model_dump(exclude={*READ, "citation"})
        return ColumnContract(name=name, data_type=self.type, citation=self.citation or citation, **said)

    @property
    def is_read(self) -> bool:
        """Whether a column of the publisher's stands for it."""
        return self.sql is None or self.header is not None


def fields_read(columns: Mapping[str, ColumnDeclaration], headers: Mapping[str, str]) -> list[Field]:
    """What a reader must find: the columns, by the headers of a format where it has its own, and what `sql` names.

    Example:
        >>> county = ColumnDeclaration(type="varchar", meaning="County", unit="code", sql='"state" || "county"')
        >>> [field.header for field in fields_read({"county_fips": county}, {})]
        ['state', 'county']
    """
    read = {name: column for name, column in columns.items() if column.is_read}
    fields = [
        Field(name, c.type.upper(), headers.get(name, c.header or name), c.unknown, c.width) for name, c in read.items()
    ]
    named = dict.fromkeys(name for column in columns.values() for name in NAMED.findall(column.sql or ""))
    widths = {name: width for column in columns.values() for name, width in column.widths.items()}
    return fields + [Field(name, "VARCHAR", name, width=widths.get(name)) for name in named if name not in read]


def columns_made(
    read: DuckDBPyRelation, columns: Mapping[str, ColumnDeclaration], edition: Edition
) -> DuckDBPyRelation:
    """The columns in their order and types, of what a reader read."""
    made = []
    for name, column in columns.items():
        sql = column.sql or quoted(name)
        sql = sql.replace("{year}", str(edition.year)) if "{year}" in sql else sql
        made.append(f"CAST({sql} AS {column.type}) AS {quoted(name)}")
    return read.project(", ".join(made))
