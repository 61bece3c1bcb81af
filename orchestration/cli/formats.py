"""The result of a query in the form that was asked for: table, CSV, JSON, Parquet.

Belongs here: streaming rows into a format, a row or a bounded batch at a time. Does not: running the query, what it may
do (see `query`).
"""

from __future__ import annotations

import csv
import json
import math
import re
import sys
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Literal, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from orchestration.cli.stopping import Stopped
from orchestration.cli.terminal import PIPE_WIDTH, PlainConsole, stdout, table
from orchestration.wording import plain, spreadsheet_safe

if TYPE_CHECKING:
    import duckdb
    import pyarrow

Format = Literal["table", "csv", "json", "parquet"]
SHOWN_ROWS = 100
# Of one value in a table; whoever wants more of it takes another format.
SHOWN_CHARACTERS = 10_000
# DuckDB holds 2,048 rows at a time, however wide they are. What is copied out of them is kept small.
BATCH_ROWS = 256
GROUP_ROWS, GROUP_BYTES = 100_000, 32_000_000
NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL\(\d+,\d+\)|DOUBLE|FLOAT")
PLAIN = re.compile(rf"{NUMBER.pattern}|DATE|TIME|TIMESTAMP")


class Answer:
    """A running query: its columns, and its rows as they are fetched, one at a time.

    Example:
        >>> list(Answer(con.execute("SELECT 1 AS a, 2 AS a"), Stopped()).rows())    # doctest: +SKIP
        [(1, 2)]
    """

    def __init__(self, con: duckdb.DuckDBPyConnection, stopped: Stopped) -> None:
        self._con, self._stopped = con, stopped
        columns = con.description or []
        self.names = unique([column[0] for column in columns])
        self.kinds = [str(column[1]) for column in columns]

    def rows(self) -> Iterator[tuple]:
        """The rows that were not fetched yet.

        Raises:
            KeyboardInterrupt, SetupError: between two rows, if the query was stopped.
        """
        while (row := self._con.fetchone()) is not None:
            self._stopped.tell()
            yield row

    def groups(self) -> Iterator[pyarrow.Table]:
        """The rows as Arrow tables of some 100,000 rows or 32 MB at most; an empty one is the last."""
        import duckdb
        import pyarrow as pa

        reader = self._con.to_arrow_reader(BATCH_ROWS)
        schema = pa.schema([field.with_name(name) for field, name in zip(reader.schema, self.names, strict=True)])
        held: list[pyarrow.RecordBatch] = []
        rows = size = 0
        try:
            for batch in reader:
                self._stopped.tell()
                held.append(pa.record_batch(batch.columns, schema=schema))
                rows, size = rows + batch.num_rows, size + batch.nbytes
                if rows >= GROUP_ROWS or size >= GROUP_BYTES:
                    yield _handed_over(held)
                    rows = size = 0
        except OSError as error:
            # Arrow knows no DuckDB errors, only that its source broke off.
            if "Out of Memory" in str(error):
                raise MemoryError from error
            raise duckdb.InterruptException(str(error)) from error
        if held:
            yield _handed_over(held)
        yield schema.empty_table()


def _handed_over(held: list[pyarrow.RecordBatch]) -> pyarrow.Table:
    """The batches as a table, and none of them kept: the next group is read while nobody holds this one."""
    import pyarrow as pa

    table = pa.Table.from_batches(held)
    held.clear()
    return table


def unique(names: Sequence[str]) -> list[str]:
    """Names of columns; one that occurs again gets a number, since JSON would lose its column.

    Example:
        >>> unique(["a", "b", "a"])
        ['a', 'b', 'a_1']
    """
    taken: dict[str, int] = {}
    for name in names:
        chosen, number = name, taken.get(name, 0)
        while chosen in taken:
            number += 1
            chosen = f"{name}_{number}"
        taken[chosen] = 0
        taken[name] = number
    return list(taken)


def write_text(answer: Answer, form: Format, stream: IO[str] | None) -> None:
    """Write an answer as a table, CSV or JSON to `stream`, or to standard output if that is None."""
    if stream is None and form != "table" and sys.stdout.isatty():
        stream = cast("IO[str]", _Plain())
    if form == "table":
        _write_table(answer, stdout() if stream is None else PlainConsole(file=stream, width=PIPE_WIDTH))
    elif form == "csv":
        writer = csv.writer(stream or sys.stdout, lineterminator="\n")
        writer.writerow([spreadsheet_safe(name) for name in answer.names])
        # The writer is several times faster where it may turn plain values into text by itself.
        plain = all(PLAIN.fullmatch(kind) for kind in answer.kinds)
        for row in answer.rows():
            writer.writerow(row if plain else [_csv_text(value) for value in row])
    else:
        _write_json(answer, stream or sys.stdout)


def write_parquet(answer: Answer, path: Path) -> None:
    """Write an answer as a Parquet file."""
    from pyarrow.parquet import ParquetWriter

    groups = answer.groups()
    group = next(groups)
    with ParquetWriter(path, group.schema) as writer:
        while group.num_rows:
            writer.write_table(group)
            # Not held while the next one is read.
            del group
            group = next(groups)


class _Plain:
    """Standard output where it is a terminal, which would obey what stands in a name."""

    def write(self, text: str) -> int:
        return sys.stdout.write(plain(text))


def _write_table(answer: Answer, console: Console) -> None:
    numeric = {name for name, kind in zip(answer.names, answer.kinds, strict=True) if NUMBER.fullmatch(kind)}
    rows = answer.rows()
    shown = [[_shortened(_table_text(value)) for value in row] for row in islice(rows, SHOWN_ROWS)]
    made = table("", answer.names, shown, numeric)
    if console.measure(made, options=console.options.update(width=PIPE_WIDTH)).minimum <= console.width:
        console.print(made)
    else:
        console.print(_records(answer.names, shown))
    hidden = sum(1 for _ in rows)
    if hidden:
        console.print(f"{hidden:,} more rows are not shown; LIMIT the query, or take all: --format csv --output FILE")


def _records(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """Each row as lines of a name and a value, where columns beside one another would be cut in the middle of words."""
    made = Table.grid(padding=(0, 2))
    made.add_column()
    made.add_column(overflow="fold")
    for number, row in enumerate(rows, start=1):
        made.add_row(Text(f"row {number}", style="bold"))
        for name, value in zip(names, row, strict=True):
            made.add_row(Text(f"  {plain(name)}"), Text(plain(value)))
    return made


def _shortened(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else f"{text[:SHOWN_CHARACTERS]} … ({len(text):,} characters)"


def _write_json(answer: Answer, stream: IO[str]) -> None:
    stream.write("[")
    separator = "\n"
    for row in answer.rows():
        record = dict(zip(answer.names, map(_json_value, row), strict=True))
        stream.write(separator + json.dumps(record, ensure_ascii=False, allow_nan=False))
        separator = ",\n"
    stream.write("\n]\n")


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
