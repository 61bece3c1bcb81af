"""Delimited text with a header line."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import BLANKS, Field, refuse, rules
from orchestration.sources.readers.typed import typed
from orchestration.sources.tidy import (
    LAYOUT_REMEDY,
    TEXT_REMEDY,
    errors_named,
    literal,
    quoted,
    read_delimited,
    read_header,
)

# What DuckDB reads without an extension; the rest is written anew in UTF-8.
AS_IT_IS = ("utf-8", "latin-1")
CHUNK = 1 << 20


def read(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Sequence[Path],
    fields: Sequence[Field],
    options: Mapping[str, Any],
) -> duckdb.DuckDBPyRelation:
    """The fields of delimited files, one relation over all of them.

    Options: those of `Rules`, `delimiter` (","), `encoding` ("utf-8"; a byte-order mark does no harm), `quote` ('"',
    "" for none), `only` (by a field's name the text that the wanted rows have in it).

    Raises:
        SourceError: if a file is not text, lacks a column or all rows that are wanted, or holds text that does not fit
            its field (the line is named).

    Example:
        >>> fields = [Field("county", "VARCHAR", "FIPS", width=5), Field("jobs", "BIGINT", "EMP", ("(D)",))]
        >>> read(con, "cbp", [Path("cbp.txt")], fields, {"encoding": "latin-1"}).columns  # doctest: +SKIP
        ['county', 'jobs']
    """
    declared = rules(dataset, fields, options, "delimiter", "encoding", "quote", "only")
    delimiter, quote = options.get("delimiter", ","), options.get("quote", '"')
    encoding = _plain_name(options.get("encoding", "utf-8"))
    if encoding not in AS_IT_IS:
        spill = Path(con.execute("SELECT current_setting('temp_directory')").fetchall()[0][0])
        files = [_in_utf8(dataset, file, encoding, spill / f"utf-8-{n}") for n, file in enumerate(files)]
        encoding = "utf-8"
    for file in files:
        refuse(dataset, file, "text")
    headers = dict.fromkeys((field.header for field in fields), "VARCHAR")
    wide = read_delimited(con, dataset, files, headers, delimiter=delimiter, encoding=encoding, quote=quote)
    raw = wide.project(", ".join(f"{quoted(f.header)} AS {quoted(f.name)}" for f in fields))
    for name, text in options.get("only", {}).items():
        raw = _only(dataset, files[0].name, raw, name, text)

    def place(row: Mapping[str, Any], field: Field, value: str | None) -> tuple[str, str]:
        for file in files if row else ():
            header = read_header(dataset, file, delimiter, encoding)
            at = [(header.index(f.header), (row[f.name] or "").strip(BLANKS)) for f in fields]
            for line, cells in _lines(file, delimiter, encoding, quote):
                if len(cells) == len(header) and all(cells[i].strip(BLANKS) == text for i, text in at):
                    return file.name, f"line {line}"
        return files[0].name, ""

    return typed(dataset, raw, fields, place, declared)


def _only(dataset: str, file: str, raw: duckdb.DuckDBPyRelation, name: str, text: str) -> duckdb.DuckDBPyRelation:
    """The rows that have this text in a field; if all rows have others, these are named."""
    found = f"trim({quoted(name)}, {literal(BLANKS)})"
    with errors_named(dataset, file):
        others = [other for (other,) in raw.project(f"{found} AS other").distinct().order("other").fetchall()]
    if others and text not in others:
        problem = f"no row has the {name} {text!r}; there is {', '.join(map(repr, others[:5]))}"
        raise SourceError(dataset, file, problem, LAYOUT_REMEDY)
    return raw.filter(f"{found} = {literal(text)}")


def _plain_name(encoding: str) -> str:
    name = encoding.lower().replace("_", "-")
    return {"utf8": "utf-8", "utf-8-sig": "utf-8", "latin1": "latin-1", "iso-8859-1": "latin-1"}.get(name, name)


def _in_utf8(dataset: str, file: Path, encoding: str, folder: Path) -> Path:
    """The file written anew in UTF-8, under its own name, among what DuckDB spills: it is read again and again."""
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / file.name
    try:
        with file.open(encoding=encoding, newline="") as old, target.open("w", encoding="utf-8", newline="") as new:
            while chunk := old.read(CHUNK):
                new.write(chunk)
    except (UnicodeError, LookupError) as error:
        raise SourceError(dataset, file.name, f"it is not {encoding} text ({error})", TEXT_REMEDY) from error
    return target


def _lines(file: Path, delimiter: str, encoding: str, quote: str) -> Iterator[tuple[int, list[str]]]:
    with file.open(encoding=encoding, errors="replace", newline="") as stream:
        if quote:
            reader = csv.reader(stream, delimiter=delimiter, quotechar=quote)
        else:
            reader = csv.reader(stream, delimiter=delimiter, quoting=csv.QUOTE_NONE)
        before = 1
        for cells in reader:
            # The line where the row begins: a text in quotes may run over several.
            yield before, cells
            before = reader.line_num + 1
