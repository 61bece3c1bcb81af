"""From a publisher's delimited text to typed columns, and from a relation to one Parquet partition.

Belongs here: what every parser shares (reading by header name, translating DuckDB's errors into ours, writing).
Does not: any one publisher's layout.
"""

from __future__ import annotations

import csv
import hashlib
import mmap
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pyarrow as pa
from pyarrow import csv as arrow_csv

from orchestration.errors import SourceError
from orchestration.sources.source import Edition

LAYOUT_REMEDY = (
    "compare the file's header with the dataset's declaration in orchestration/sources; if the publisher changed its "
    "layout, adapt the declaration or the parser"
)
MOST_SPILLED = 8_000_000_000
WHOLE = {"BIGINT", "INTEGER", "SMALLINT"}
# Arrow reads 0x10 as 16, and trims tabs.
NOT_TOLD_BY_ARROW = (b"0x", b"0X", b"\t")
TEXT_REMEDY = "look at that line; if the publisher has re-issued the file, run `clusters refresh` again"
YEAR_REMEDY = "pull again later; the publisher serves another year's file at this address"


def connect(
    memory_limit: str, threads: int, temp_directory: Path, most_spilled: int = MOST_SPILLED
) -> duckdb.DuckDBPyConnection:
    """A private in-memory DuckDB with bounded memory that spills to `temp_directory` and fetches nothing.

    `most_spilled` are bytes.
    """
    con = duckdb.connect(
        config={
            "memory_limit": memory_limit,
            "max_temp_directory_size": f"{most_spilled}B",
            "threads": threads,
            "temp_directory": str(temp_directory),
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
        }
    )
    con.execute("SET enable_progress_bar = false")
    return con


def read_delimited(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    files: Sequence[Path],
    columns: Mapping[str, str],
    *,
    delimiter: str = ",",
    encoding: str = "utf-8",
    quote: str = '"',
) -> duckdb.DuckDBPyRelation:
    """The named columns of delimited files with a header, in the given DuckDB types, one relation over all files.

    Columns are found by name, so reordered and additional ones do no harm. Blanks round a header name and a
    byte-order mark are ignored. `quote` is what stands round texts that hold the delimiter, "" if nothing does.

    Raises:
        SourceError: if a file is empty or lacks a column, or a column of whole numbers holds others. Text in a number
            column is found when the relation is read: read it inside `errors_named`.

    Example:
        >>> read_delimited(duckdb.connect(), "bls_qcew", [path], {"year": "SMALLINT"})  # doctest: +SKIP
    """
    if not files:
        raise SourceError(dataset, "(no file)", "the archive holds no file to read", LAYOUT_REMEDY)
    groups: dict[tuple[str, ...], list[str]] = {}
    for file in files:
        header = read_header(dataset, file, delimiter, encoding)
        missing = [name for name in columns if name not in header]
        if missing:
            found = ", ".join(header[:8]) + (" …" if len(header) > 8 else "")
            raise SourceError(
                dataset,
                file.name,
                f"column {', '.join(missing)} is missing (the header has {found})",
                LAYOUT_REMEDY,
            )
        groups.setdefault(tuple(header), []).append(str(file))
    _require_whole_numbers(con, dataset, groups, columns, delimiter, encoding, quote)
    # Literals, not parameters: a relation with parameters is evaluated at once, in memory.
    wanted = ", ".join(map(quoted, columns))
    relations = [
        con.sql(f"SELECT {wanted} FROM {_scan(header, paths, columns, delimiter, encoding, quote)}")
        for header, paths in groups.items()
    ]
    whole = relations[0]
    for relation in relations[1:]:
        whole = whole.union(relation)
    return whole


def only(dataset: str, files: Sequence[Path]) -> Path:
    """The one file that an archive should hold.

    Raises:
        SourceError: if it holds more.
    """
    if len(files) > 1:
        names = ", ".join(file.name for file in files[:5])
        raise SourceError(
            dataset, files[0].name, f"the archive holds {len(files)} files for one: {names}", LAYOUT_REMEDY
        )
    return files[0]


def _scan(
    header: Sequence[str],
    paths: Sequence[str],
    columns: Mapping[str, str],
    delimiter: str,
    encoding: str,
    quote: str,
    options: str = "",
) -> str:
    return (
        f"read_csv([{', '.join(map(literal, paths))}], header = true, auto_detect = false, "
        f"delim = {literal(delimiter)}, quote = {literal(quote)}, escape = {literal(quote)}, "
        f"encoding = {literal(encoding)}, "
        f"columns = {_column_types(header, columns)}{options})"
    )


def _require_whole_numbers(
    con: duckdb.DuckDBPyConnection,
    dataset: str,
    groups: Mapping[tuple[str, ...], Sequence[str]],
    columns: Mapping[str, str],
    delimiter: str,
    encoding: str,
    quote: str,
) -> None:
    """DuckDB reads 1.234 (thousands, as half of Europe writes them) as the whole number 1, and 1e3 as 1000: a wrong
    number that looks right. Text that it cannot read at all is left to it, since it also knows the line.
    """
    whole = [name for name, kind in columns.items() if kind in WHOLE]
    odd = " OR ".join(
        f"(NOT regexp_full_match({name}, '[-+0-9 ]*') AND TRY_CAST({name} AS BIGINT) IS NOT NULL)"
        for name in map(quoted, whole)
    )
    for header, every in groups.items() if whole else ():
        paths = [path for path in every if not _surely_whole(Path(path), whole, delimiter, encoding, quote)]
        if not paths:
            continue
        texts = dict.fromkeys(columns, "VARCHAR")
        scan = _scan(header, paths, texts, delimiter, encoding, quote, ", filename = 'a file of'")
        with errors_named(dataset, Path(paths[0]).name):
            row = con.sql(
                f'SELECT "a file of", {", ".join(map(quoted, whole))} FROM {scan} WHERE {odd} LIMIT 1'
            ).fetchone()
        for name, value in zip(whole, (row or ())[1:], strict=False):
            if row and value and not re.fullmatch(r"[-+0-9 ]*", value):
                problem = f"column {name} holds the text {value!r} where a whole number belongs"
                raise SourceError(dataset, Path(row[0]).name, problem, TEXT_REMEDY)


def _surely_whole(file: Path, columns: Sequence[str], delimiter: str, encoding: str, quote: str) -> bool:
    """Whether the columns hold whole numbers and nothing that only passes for one.

    Arrow's reader takes nothing else, and a third of the time; what it does not like may be right all the same.
    """
    with file.open("rb") as opened, mmap.mmap(opened.fileno(), 0, access=mmap.ACCESS_READ) as text:
        if any(text.find(mark) >= 0 for mark in NOT_TOLD_BY_ARROW):
            return False
    try:
        batches = arrow_csv.open_csv(
            file,
            arrow_csv.ReadOptions(encoding=encoding),
            arrow_csv.ParseOptions(delimiter=delimiter, quote_char=quote or False),
            arrow_csv.ConvertOptions(
                include_columns=columns, column_types=dict.fromkeys(columns, pa.int64()), null_values=[""]
            ),
        )
        for _ in batches:
            pass
    except (pa.ArrowException, ValueError):
        return False
    return True


def quoted(name: str) -> str:
    """A column's name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def read_header(dataset: str, file: Path, delimiter: str, encoding: str) -> list[str]:
    """The header's column names, stripped.

    Raises:
        SourceError: if the file is empty.
    """
    with file.open(encoding=encoding.replace("utf-8", "utf-8-sig"), errors="replace", newline="") as stream:
        header = next(csv.reader(stream, delimiter=delimiter), [])
    names = [name.strip() for name in header]
    if not any(names):
        raise SourceError(dataset, file.name, "the file is empty", "run `clusters refresh` again later")
    return names


def _column_types(header: Sequence[str], columns: Mapping[str, str]) -> str:
    # What nobody asks for is called by its place: its name may be none, or one that DuckDB takes for another's.
    names = [name if name in columns and header.index(name) == at else f"#{at}" for at, name in enumerate(header)]
    return "{" + ", ".join(f"{literal(name)}: '{columns.get(name, 'VARCHAR')}'" for name in names) + "}"


def literal(text: str) -> str:
    """A text as an SQL literal.

    Example:
        >>> literal("Queen Anne's County")
        "'Queen Anne''s County'"
    """
    return "'" + text.replace("'", "''") + "'"


@contextmanager
def errors_named(dataset: str, file: str) -> Iterator[None]:
    """Turns what DuckDB says about a bad file into a `SourceError` that names dataset, line and column."""
    try:
        yield
    except (
        duckdb.ConversionException,
        duckdb.InvalidInputException,
        duckdb.InternalException,  # raised on some input that is not CSV, and then
        duckdb.FatalException,  # raised by every later statement of the connection
    ) as error:
        # The line as it stands in the file is on the same line, or on the next.
        text = re.sub(r"Original Line: *\n?.*\n", "", str(error))
        place = re.search(r"CSV Error on Line: (\d+)", text)
        value = re.search(r'Error when converting column "([^"]+)"\. Could not convert string "([^"]*)"', text)
        if value:
            problem = f"column {value[1]} holds the text {value[2]!r} where a number belongs"
        else:
            problem = next((s for s in text.splitlines()[1:] if s.strip()), text).strip()
            if isinstance(error, duckdb.InternalException | duckdb.FatalException):
                problem = f"it cannot be read as delimited text ({text.splitlines()[0]})"
        named = re.search(r"^\s*file\s*=\s*(\S.*?)\s*$", text, re.MULTILINE)
        name = Path(named[1]).name if named else file
        line = f"line {place[1]}: " if place else ""
        raise SourceError(dataset, name, line + problem, TEXT_REMEDY) from error


def partition_name(source_id: str, format_name: str, fingerprint: str, checksums: Sequence[str]) -> str:
    """Name of a partition: the hash of what it is made from, so unchanged inputs are never parsed twice.

    `fingerprint` stands for the code and the declaration that read them (see `Source`).

    Example:
        >>> partition_name("bls_qcew", "singlefile", "9c", ["ab"])[:8]
        '6e5aa0ad'
    """
    made_from = "\n".join([source_id, format_name, fingerprint, *sorted(checksums)])
    return hashlib.sha256(made_from.encode()).hexdigest()[:32]


def write_partition(
    relation: duckdb.DuckDBPyRelation,
    target: Path,
    dataset: str,
    file: str,
    edition: Edition,
    year: int | None = None,
) -> None:
    """Writes a relation as one Parquet file, whole or not at all, with the columns `period` and `vintage` at the end.

    Raises:
        SourceError: if the relation has no rows, its text cannot be read in its types, or (where `year` is given) its
            column `year` holds any other.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    half = target.with_suffix(f".{os.getpid()}.half")
    vintage = "NULL" if edition.vintage is None else literal(edition.vintage)
    dated = relation.project(f"*, {literal(edition.period)}::VARCHAR AS period, {vintage}::VARCHAR AS vintage")
    try:
        with errors_named(dataset, file):
            dated.write_parquet(str(half), compression="zstd")
        if not count_rows(half):
            raise SourceError(dataset, file, "the file has a header but no rows", "run `clusters refresh` again later")
        if year is not None:
            _require_year(half, year, dataset, file)
        half.replace(target)
    finally:
        half.unlink(missing_ok=True)


def count_rows(partition: Path) -> int:
    """Rows of a Parquet file, from its footer."""
    with duckdb.connect() as con:
        return con.execute("SELECT count(*) FROM read_parquet(?)", [str(partition)]).fetchall()[0][0]


def _require_year(partition: Path, year: int, dataset: str, file: str) -> None:
    with duckdb.connect() as con:
        found = con.execute("SELECT DISTINCT year FROM read_parquet(?) ORDER BY ALL", [str(partition)]).fetchall()
    if found != [(year,)]:
        years = ", ".join(str(row[0]) for row in found)
        raise SourceError(dataset, file, f"the rows are of {years}, not of {year}", YEAR_REMEDY)
