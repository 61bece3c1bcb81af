"""How a source is declared: `source.yml` in a publisher's folder, read, validated and made into `Source` objects.

Belongs here: the YAML's shape and what its templates mean. Does not: what a source is at run time (`source`), any one
publisher. docs/adding-a-source.md explains each field by an example.
"""

from __future__ import annotations

import hashlib
import importlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Literal

import yaml
from duckdb import DuckDBPyConnection, DuckDBPyRelation
from pydantic import Field, model_validator

from orchestration.sources.columns import READ, ColumnDeclaration, Strict, columns_made, fields_read
from orchestration.sources.readers import READERS
from orchestration.sources.source import PERIOD, Asked, Edition, Format, Kind, Parser, Resource, Source, Tried
from orchestration.table_contract import ColumnContract, TableContract

FILE = "source.yml"
PACKAGE = Path(__file__).parent
# What decides how bytes become a table, beside a publisher's own parsers.
SHARED_CODE = (PACKAGE / "columns.py", PACKAGE / "tidy.py", PACKAGE / "workbook.py", PACKAGE / "readers")
EDITION_COLUMNS = {
    "period": "Period of the edition that the row comes from, such as 2016, 2023-07, 2010s or series",
    "vintage": "Vintage of that edition, where the publisher restates it; NULL where it does not",
}


class FormatDeclaration(Strict):
    """One way in which an edition is offered: an address (or a function that lists them), a kind, what reads it.

    `headers` are the publisher's names of columns that it names otherwise here than the columns say.
    """

    url: str | None = None
    resources: str | None = None
    kind: Kind
    name: str = "file"
    mirror: str | None = None
    parse: str | None = None
    reader: str | None = None
    options: dict[str, Any] = Field(default_factory=dict)
    headers: dict[str, str] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _one_of_each(self) -> FormatDeclaration:
        if (self.url is None) == (self.resources is None):
            raise ValueError(f"format {self.name} needs either url or resources")
        if (self.parse is None) == (self.reader is None):
            raise ValueError(f"format {self.name} needs either parse or reader")
        if self.reader is not None and self.reader not in READERS:
            raise ValueError(f"format {self.name}: there is no reader {self.reader}, only {', '.join(sorted(READERS))}")
        return self


class EditionDeclaration(Strict):
    """Editions by a template: one, or one for each year asked for (`each: asked`) or since a year (`each: 2020`).

    `{year}`, `{yy}` (its two digits) and `{before}` (the year before) may stand in period, vintage and addresses. Years
    since a year go to the current one, newest first. To those asked for come as many years before each as `earlier`
    says, and `since` and `until` keep a part, so that a source whose layout changed has an edition template for each
    layout.
    """

    period: str
    vintage: str | None = None
    each: Literal["asked"] | int | None = None
    earlier: int = 0
    since: int | None = None
    until: int | None = None
    formats: tuple[FormatDeclaration, ...]

    @model_validator(mode="before")
    @classmethod
    def _one_format(cls, said: Any) -> Any:
        """Where there is one format its fields may stand in the edition itself."""
        if not isinstance(said, dict) or "formats" in said:
            return said
        own = {name: said[name] for name in ("period", "vintage", "each", "earlier", "since", "until") if name in said}
        return own | {"formats": [{name: value for name, value in said.items() if name not in own}]}

    @model_validator(mode="after")
    def _can_be_filled_in(self) -> EditionDeclaration:
        if self.earlier and self.each != "asked":
            raise ValueError("earlier years are those before the ones asked for, so it needs `each: asked`")
        said = [self.period, self.vintage, *(text for f in self.formats for text in (f.url, f.mirror))]
        words = _words(None if self.each is None else 2020)
        try:
            period, *_ = [text.format(**words) for text in said if text is not None]
        except (KeyError, IndexError) as error:
            known = ", ".join(words) or "nothing without `each`"
            raise ValueError(f"{{{error.args[0]}}} cannot be filled in, only {known}") from error
        if not PERIOD.fullmatch(period):
            raise ValueError(f"{period!r} is not a period such as 2016, 2023-07, 2016Q4, 2010s or series")
        return self

    def years(self, asked: Asked) -> Iterable[int | None]:
        if self.each is None:
            return [None]
        if self.each != "asked":
            return range(asked.today.year, self.each - 1, -1)
        before = {year - n for year in asked.years for n in range(1, self.earlier + 1)} - set(asked.years)
        years = [*asked.years, *sorted(before, reverse=True)]
        return [year for year in years if (self.since or year) <= year <= (self.until or year)]


class TableDeclaration(Strict):
    """A table of the publisher; see `Source` for what the fields mean."""

    source_id: str
    title: str
    meaning: str
    citation: str
    cadence: str
    tried: Tried
    required: bool = False
    max_age_days: int | None = None
    due_days: int | None = None
    keeps_vintages: bool = False
    needs: tuple[str, ...] = ()
    grain: tuple[str, ...]
    editions: tuple[EditionDeclaration, ...]
    columns: dict[str, ColumnDeclaration]

    @model_validator(mode="after")
    def _fits_together(self) -> TableDeclaration:
        if any(edition.each == "asked" for edition in self.editions) and "year" not in self.columns:
            raise ValueError("editions for each year asked need a column year, which says of which year the rows are")
        for form in (form for edition in self.editions for form in edition.formats):
            if strange := set(form.headers) - set(self.columns):
                raise ValueError(
                    f"format {form.name} has headers of {', '.join(sorted(strange))}, which are no columns"
                )
        return self


class SourceDeclaration(Strict):
    """A publisher's folder: who publishes, on which terms, and the tables.

    `defaults` are fields that all tables have, unless they say otherwise themselves. `{table}` in their texts is the
    table's name, `{TABLE}` the same in capitals. A table's own columns stand before those of the defaults.
    """

    publisher: str
    homepage: str
    licence: str
    tables: dict[str, TableDeclaration] = Field(min_length=1)

    @model_validator(mode="before")
    @classmethod
    def _with_defaults(cls, said: Any) -> Any:
        if not isinstance(said, dict) or "defaults" not in said:
            return said
        tables = {n: _merged(_named(said["defaults"], n), own or {}) for n, own in said.get("tables", {}).items()}
        return {name: value for name, value in said.items() if name != "defaults"} | {"tables": tables}


def _named(said: Any, table: str) -> Any:
    """A part of the defaults with a table's name put in."""
    if isinstance(said, str):
        return said.replace("{table}", table).replace("{TABLE}", table.upper())
    if isinstance(said, dict):
        return {key: _named(value, table) for key, value in said.items()}
    return [_named(value, table) for value in said] if isinstance(said, list) else said


def _merged(defaults: dict[str, Any], table: dict[str, Any]) -> dict[str, Any]:
    columns = dict(table.get("columns", {}))
    for name, column in defaults.get("columns", {}).items():
        columns[name] = column | columns.get(name, {})
    return defaults | table | {"columns": columns}


def read_sources(folder: Path) -> list[Source]:
    """The sources that a publisher's folder declares.

    Raises:
        ValueError: naming the file, if a field is missing, unknown or of the wrong form.

    Example:
        >>> [source.table for source in read_sources(PACKAGE / "census")][:2]
        ['county_adjacency', 'county_gazetteer']
    """
    path = folder / FILE
    try:
        declared = SourceDeclaration.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
        return [_source(folder, declared, name, table) for name, table in declared.tables.items()]
    except (ValueError, AttributeError, ImportError, yaml.YAMLError) as error:
        raise ValueError(f"{shown(path)}: {error}") from error


def shown(declaration: Path) -> str:
    """A declaration's place, as an error names it."""
    return f"{declaration.parent.parent.name}/{declaration.parent.name}/{declaration.name}"


def _source(folder: Path, publisher: SourceDeclaration, name: str, table: TableDeclaration) -> Source:
    by_year = any(edition.each == "asked" for edition in table.editions)
    hook = partial(_hook, folder)
    return Source(
        table=name,
        publisher=publisher.publisher,
        homepage=publisher.homepage,
        licence=publisher.licence,
        by_year=by_year,
        contract=_contract(name, table),
        fingerprint=_fingerprint(folder, table),
        earlier=max(edition.earlier for edition in table.editions),
        editions=lambda asked: list(_editions(table, asked, hook)),
        **{field: getattr(table, field) for field in ("source_id", "title", "cadence", "tried", "required")},
        **{field: getattr(table, field) for field in ("max_age_days", "due_days", "keeps_vintages", "needs")},
    )


def _contract(name: str, table: TableDeclaration) -> TableContract:
    columns = [column.contract(key, table.citation) for key, column in table.columns.items()]
    # Never NULL where each edition has it: then it may be part of the grain.
    unknown = {"period": False, "vintage": any(edition.vintage is None for edition in table.editions)}
    columns += [
        ColumnContract(
            name=key,
            data_type="varchar",
            meaning=meaning,
            unit="period",
            citation=table.citation,
            nullable=unknown[key],
        )
        for key, meaning in EDITION_COLUMNS.items()
    ]
    return TableContract(
        name=f"stg_{name}",
        layer="staging",
        meaning=table.meaning,
        grain=table.grain,
        citation=table.citation,
        columns=tuple(columns),
    )


def _editions(table: TableDeclaration, asked: Asked, hook: Callable[[str], Any]) -> Iterator[Edition]:
    for declared in table.editions:
        for year in declared.years(asked):
            words = _words(year)
            period = declared.period.format(**words)
            vintage = declared.vintage and declared.vintage.format(**words)
            formats = tuple(_formats(table, declared, year, asked, hook, words))
            if formats:
                yield Edition(period, vintage, formats)


def _words(year: int | None) -> dict[str, Any]:
    """What may stand in braces in a template."""
    return {} if year is None else {"year": year, "yy": f"{year % 100:02}", "before": year - 1}


def _formats(
    table: TableDeclaration,
    declared: EditionDeclaration,
    year: int | None,
    asked: Asked,
    hook: Callable[[str], Any],
    words: Mapping[str, Any],
) -> Iterator[Format]:
    for each in declared.formats:
        if each.url is not None:
            mirror = each.mirror and each.mirror.format(**words)
            resources: tuple[Resource, ...] = (Resource(each.url.format(**words), each.kind, mirror=mirror),)
        else:
            resources = tuple(hook(each.resources or "")(year, asked.needs))
        if resources:
            yield Format(each.name, resources, _parser(table, each, hook))


def _parser(table: TableDeclaration, declared: FormatDeclaration, hook: Callable[[str], Any]) -> Parser:
    if declared.parse is not None:
        return hook(declared.parse)
    return partial(_read, table, declared)


def _read(
    table: TableDeclaration,
    declared: FormatDeclaration,
    con: DuckDBPyConnection,
    files: Sequence[Path],
    edition: Edition,
) -> DuckDBPyRelation:
    """What a shared reader and the columns' `sql` make of a format: a parser, once the first two are given."""
    read, fields = READERS[declared.reader or ""], fields_read(table.columns, declared.headers)
    return columns_made(read(con, table.source_id, files, fields, declared.options), table.columns, edition)


def _hook(folder: Path, name: str) -> Any:
    """A function of the folder's `parse.py`, or of another module of it written `module.function`."""
    module, _, function = name.rpartition(".")
    return getattr(importlib.import_module(f"orchestration.sources.{folder.name}.{module or 'parse'}"), function)


def _fingerprint(folder: Path, table: TableDeclaration) -> str:
    """A hash of what decides how bytes become the table: parsers, readers, columns' types and headers, options."""
    digest = hashlib.sha256()
    for place in (folder, *SHARED_CODE):
        for path in sorted(_modules(place)):
            digest.update(f"{path.relative_to(place.parent)}\n".encode() + path.read_bytes())
    columns = {name: column.model_dump(include=READ) for name, column in table.columns.items()}
    decisive = {"name", "parse", "reader", "options", "headers"}
    formats = [form.model_dump(include=decisive) for edition in table.editions for form in edition.formats]
    digest.update(json.dumps([columns, formats], sort_keys=True).encode())
    return digest.hexdigest()


def _modules(place: Path) -> Iterable[Path]:
    return [place] if place.is_file() else (p for p in place.glob("*.py") if p.name != "sample.py")
