"""`clusters query`: SQL on the current release, which can neither write nor reach outside the file.

Belongs here: opening the release safely, streaming rows into a format. Does not: what the tables hold.
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime, time
from decimal import Decimal
from pathlib import Path
from secrets import token_hex
from typing import IO, TYPE_CHECKING, Annotated, Any, Literal, cast, get_args

import typer
from rich.console import Console

from orchestration.cli.stopping import Stopped, stoppable
from orchestration.cli.terminal import PIPE_WIDTH, PlainConsole, current_release, load_settings, stdout, table
from orchestration.errors import SetupError
from orchestration.wording import plain, spreadsheet_safe

if TYPE_CHECKING:
    import duckdb
    import pyarrow

    from orchestration.settings import Settings

Format = Literal["table", "csv", "json", "parquet"]
SHOWN_ROWS = 100
BATCH = 10_000
SCRATCH_LIMIT = "20GB"
# Nothing but the release can be read, nothing can be loaded. Without replacements a name in the SQL can't be one of
# this program's variables.
CONFIG: dict[str, Any] = {
    "enable_external_access": "false",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "allow_persistent_secrets": "false",
    "python_enable_replacements": "false",
}
# The progress bar would go among the rows. Locked last: from here on no SQL changes a setting.
LOCK = "SET enable_progress_bar = false; SET lock_configuration = true"
# DuckDB carries out what EXPLAIN ANALYZE explains, and a COPY that is carried out may write the release's own file.
EXPLAIN = re.compile(
    r"\s*EXPLAIN\s+(ANALYZE\s+)?(\(\s*(ANALYZE|FORMAT\s+\w+)(\s*,\s*(ANALYZE|FORMAT\s+\w+))*\s*\)\s*)?", re.IGNORECASE
)
# Functions that change something, run a text as SQL or follow a number as an address, although they stand in a SELECT.
CHANGING = re.compile(
    r"\b(arrow_scan|arrow_scan_dumb|checkpoint|disable_logging|disable_profiling|enable_logging|enable_profiling|"
    r"force_checkpoint|json_execute_serialized_sql|pandas_scan|python_map_function|query|seq_scan|truncate_duckdb_logs|"
    r'write_log)"?(\s|/\*.*?\*/|--[^\n]*\n)*\(',
    re.IGNORECASE | re.DOTALL,
)
NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(\d+,\d+\)|DOUBLE|FLOAT")
PLAIN = re.compile(rf"{NUMBER.pattern}|DATE|TIME|TIMESTAMP")


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL.")],
    form: Annotated[Format, typer.Option("--format", help=" or ".join(get_args(Format)) + ".")] = "table",
    output: Annotated[Path | None, typer.Option(help="File to write instead of the terminal.")] = None,
    timeout: Annotated[
        float | None, typer.Option(min=0.001, help="Seconds after which to give up; none without.")
    ] = None,
) -> None:
    """Run SQL on the current release, read-only.

    Example: clusters query "SELECT count(*) FROM dim_region"
    """
    if form == "parquet" and output is None:
        raise SetupError("parquet is not for a terminal; add --output FILE")
    settings = load_settings()
    release = current_release(settings)
    output = None if output is None else _fit_to_write(output, settings)
    with _result(release.path, sql, settings.memory_limit, timeout) as result:
        if form == "parquet" and output is not None:
            with _replacing(output) as part:
                _write_parquet(result, part)
        elif output is not None:
            with _replacing(output) as part, part.open("w", encoding="utf-8", newline="") as stream:
                _write_text(result, form, stream)
        else:
            _write_text(result, form, None)


def _fit_to_write(output: Path, settings: Settings) -> Path:
    """Where `--output` leads, links followed.

    Raises:
        SetupError: if that is among the files that releases are or are made from, or no place for a file.
    """
    # Looked at as it is written too: what a shell passes as /dev/stdout may lead to a file that is open already.
    target = output.expanduser().resolve()
    for place in (settings.warehouse, settings.landing, settings.tidy):
        if target.is_relative_to(place.resolve()):
            raise SetupError(f"{target} lies among the releases or their sources; choose another folder for --output")
    if not target.parent.is_dir():
        raise SetupError(f"the folder {target.parent} of --output does not exist")
    devices = any(path.is_relative_to(root) for path in (output, target) for root in ("/dev", "/proc"))
    if devices or (target.exists() and not target.is_file()):
        raise SetupError(f"{output} is not a file; without --output the result goes to the terminal or pipe")
    return target


@contextmanager
def _result(
    path: Path, sql: str, memory_limit: str, timeout: float | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """The running query; rows come as they are fetched, so memory stays flat.

    Raises:
        SetupError: with DuckDB's own words, also where an error shows only while rows are fetched.
        KeyboardInterrupt: if a person stopped it; what was half done is cleared away.
    """
    import duckdb

    stopped = Stopped()
    with tempfile.TemporaryDirectory(prefix="clusters-query-") as scratch:
        try:
            with (
                duckdb.connect(path, read_only=True, config=CONFIG | _limits(memory_limit, scratch)) as con,
                stoppable(con, timeout, stopped),
            ):
                con.execute(LOCK)
                _require_reading(con, sql)
                try:
                    yield con.execute(sql)
                except duckdb.InterruptException:
                    stopped.tell()
                    _run_to_the_error(con, sql)
                    raise
        except duckdb.Error as error:
            stopped.tell()
            raise SetupError(str(error)) from error


def _limits(memory_limit: str, scratch: str) -> dict[str, Any]:
    return {"memory_limit": memory_limit, "temp_directory": scratch, "max_temp_directory_size": SCRATCH_LIMIT}


def _require_reading(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """DuckDB refuses writing by itself; this says so in the reader's words, before anything runs."""
    from duckdb import StatementType

    statements = con.extract_statements(sql)
    if not statements:
        raise SetupError("the SQL is empty; try SELECT * FROM dim_region")
    *before, last = statements
    # PIVOT is parsed as the creation of a temporary type and a SELECT.
    unfit = [statement.type for statement in before if statement.type != StatementType.CREATE]
    if last.type == StatementType.EXPLAIN:
        explained = con.extract_statements(EXPLAIN.sub("", last.query, count=1))
        unfit += [statement.type for statement in explained if statement.type != StatementType.SELECT]
    elif last.type != StatementType.SELECT:
        unfit.append(last.type)
    if unfit:
        raise SetupError(
            f"{unfit[0].name} is refused: `clusters query` runs one SELECT on a read-only release; "
            "use --format and --output to keep its result"
        )
    if found := CHANGING.search(sql):
        raise SetupError(f"{found[1]}() is refused: it does more than read the release")


def _run_to_the_error(con: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Run a query whose rows stopped coming once more: without streaming, DuckDB tells why.

    While it streams, the thread that fails stops the others, and at times their "Interrupted!" is all that
    comes through.
    """
    from duckdb import StatementType

    last = con.extract_statements(sql)[-1]
    if last.type == StatementType.SELECT:
        con.execute(f"EXPLAIN ANALYZE {last.query}").fetchall()


@contextmanager
def _replacing(output: Path) -> Iterator[Path]:
    """A file beside `output` that takes its place only when all is written."""
    # A name nobody can foresee and lay a link at: the folder may be one that others write to.
    part = output.with_name(f".{output.name}.{token_hex(8)}.part")
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _write_text(result: duckdb.DuckDBPyConnection, form: Format, stream: IO[str] | None) -> None:
    names = _unique_names(result)
    if stream is None and form != "table" and sys.stdout.isatty():
        stream = cast("IO[str]", _Plain())
    if form == "table":
        wide = PlainConsole(file=stream, width=PIPE_WIDTH)
        _write_table(result, names, stdout() if stream is None else wide)
    elif form == "csv":
        writer = csv.writer(stream or sys.stdout, lineterminator="\n")
        writer.writerow([spreadsheet_safe(name) for name in names])
        # The writer is several times faster where it may turn plain values into text by itself.
        plain = all(PLAIN.fullmatch(str(column[1])) for column in result.description or [])
        for row in _rows(result):
            writer.writerow(row if plain else [_csv_text(value) for value in row])
    else:
        _write_json(result, names, stream or sys.stdout)


class _Plain:
    """Standard output where it is a terminal, which would obey what stands in a name."""

    def write(self, text: str) -> int:
        return sys.stdout.write(plain(text))


def _write_table(result: duckdb.DuckDBPyConnection, names: Sequence[str], console: Console) -> None:
    numeric = {
        name for name, column in zip(names, result.description or [], strict=True) if NUMBER.fullmatch(str(column[1]))
    }
    shown = result.fetchmany(SHOWN_ROWS)
    console.print(table("", names, ([_table_text(value) for value in row] for row in shown), numeric))
    hidden = sum(1 for _ in _rows(result))
    if hidden:
        console.print(f"{hidden:,} more rows are not shown; LIMIT the query, or take all: --format csv --output FILE")


def _write_json(result: duckdb.DuckDBPyConnection, names: Sequence[str], stream: IO[str]) -> None:
    stream.write("[")
    separator = "\n"
    for row in _rows(result):
        record = dict(zip(names, map(_json_value, row), strict=True))
        stream.write(separator + json.dumps(record, ensure_ascii=False, allow_nan=False))
        separator = ",\n"
    stream.write("\n]\n")


def _write_parquet(result: duckdb.DuckDBPyConnection, path: Path) -> None:
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    names = _unique_names(result)
    reader = result.to_arrow_reader(BATCH)
    schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, names, strict=True)])
    with ParquetWriter(path, schema) as writer:
        for batch in _batches(reader):
            writer.write_batch(pa.record_batch(batch.columns, schema=schema))


def _batches(reader: pyarrow.RecordBatchReader) -> Iterator[pyarrow.RecordBatch]:
    import duckdb

    try:
        yield from reader
    except OSError as error:
        # Arrow knows no DuckDB errors, only that its source broke off.
        raise duckdb.InterruptException(str(error)) from error


def _rows(result: duckdb.DuckDBPyConnection) -> Iterator[tuple]:
    while batch := result.fetchmany(BATCH):
        yield from batch


def _unique_names(result: duckdb.DuckDBPyConnection) -> list[str]:
    """The result's column names; a name that occurs again gets a number, since JSON would lose its column."""
    names: list[str] = []
    for column in result.description or []:
        name, number = column[0], 1
        while name in names:
            name, number = f"{column[0]}_{number}", number + 1
        names.append(name)
    return names


def _json_value(value: Any) -> Any:
    """A value JSON can hold: what is not a number there (NaN, infinity) becomes null, the rest text."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, dict):
        return {str(key): _json_value(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_json_value(inner) for inner in value]
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    return value.hex() if isinstance(value, bytes) else str(value)


def _csv_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict | list | tuple | bytes):
        return json.dumps(_json_value(value), ensure_ascii=False)
    return spreadsheet_safe(value) if isinstance(value, str) else str(value)


def _table_text(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float) and math.isfinite(value):
        small = value != 0 and abs(value) < 0.001
        return f"{value:.4g}" if small else f"{value:.4f}".rstrip("0").rstrip(".")
    return value if isinstance(value, str) else _csv_text(value)
