"""`clusters query`: SQL on the current release, which can neither write nor reach outside the file.

Belongs here: opening the release safely, what a query may do. Does not: what the tables hold, in which form the rows
are written (see `formats`), what ends a query (see `stopping`).
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from orchestration.cli.formats import Answer, Format, write_parquet, write_text
from orchestration.cli.stopping import Stopped, ctrl_c_held_back, memory_held_to, stoppable
from orchestration.cli.terminal import current_release, load_settings, require_outside_home
from orchestration.errors import SetupError

if TYPE_CHECKING:
    import duckdb

    from orchestration.settings import Settings

DEFAULT_TIMEOUT = 3600.0
LONGEST_TIMEOUT = 7 * 24 * 3600.0
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
# The progress bar would go among the rows. Of rows that wait to be fetched DuckDB does not count the texts: a buffer of
# 1 MB held gigabytes of wide rows. Locked last: from here on no SQL changes a setting.
LOCK = "SET enable_progress_bar = false; SET streaming_buffer_size = '1KB'; SET lock_configuration = true"
# DuckDB carries out what EXPLAIN ANALYZE explains, and a COPY that is carried out may write the release's own file.
EXPLAIN = re.compile(
    r"\s*EXPLAIN\s+(ANALYZE\s+)?(\(\s*(ANALYZE|FORMAT\s+\w+)(\s*,\s*(ANALYZE|FORMAT\s+\w+))*\s*\)\s*)?", re.IGNORECASE
)
# Functions that change something, run a text as SQL or follow a number as an address, although they stand in a SELECT.
# Between a name and its bracket DuckDB passes over blanks of all kinds, most of which are not ASCII, and comments.
CHANGING = re.compile(
    r"\b(arrow_scan|arrow_scan_dumb|checkpoint|disable_logging|disable_profiling|enable_logging|enable_profiling|"
    r"force_checkpoint|json_execute_serialized_sql|pandas_scan|python_map_function|query|seq_scan|truncate_duckdb_logs|"
    r'write_log)"?([\s\x00-\x20\x7f-\U0010ffff]|/\*.*?\*/|--[^\n\r]*[\n\r])*\(',
    re.IGNORECASE | re.DOTALL,
)


def query(
    sql: Annotated[str, typer.Argument(help="One SELECT in DuckDB's SQL.")],
    form: Annotated[Format, typer.Option("--format", help=" or ".join(get_args(Format)) + ".")] = "table",
    output: Annotated[Path | None, typer.Option(help="File to write instead of the terminal.")] = None,
    timeout: Annotated[
        float, typer.Option(min=0, max=LONGEST_TIMEOUT, help="Seconds after which to give up; 0: never.")
    ] = DEFAULT_TIMEOUT,
) -> None:
    """Run SQL on the current release, read-only.

    Example: clusters query "SELECT count(*) FROM dim_region"
    """
    if form == "parquet" and output is None:
        raise SetupError("parquet is not for a terminal; add --output FILE")
    settings = load_settings()
    release = current_release(settings)
    output = None if output is None else _fit_to_write(output, settings)
    stopped = Stopped()
    with (
        ctrl_c_held_back(stopped),
        _answer(release.path, sql, settings.memory_limit, timeout or None, stopped) as answer,
    ):
        if output is None:
            write_text(answer, form, None)
        elif form == "parquet":
            with _replacing(output, stopped) as part:
                write_parquet(answer, part)
        else:
            with _replacing(output, stopped) as part, part.open("w", encoding="utf-8", newline="") as stream:
                write_text(answer, form, stream)


def _fit_to_write(output: Path, settings: Settings) -> Path:
    """Where `--output` leads, links followed.

    Raises:
        SetupError: if that is in the home, or no place for a file.
    """
    # Looked at as it is written too: what a shell passes as /dev/stdout may lead to a file that is open already.
    target = output.expanduser().resolve()
    require_outside_home(target, settings)
    if not target.parent.is_dir():
        raise SetupError(f"the folder {target.parent} of --output does not exist")
    devices = any(path.is_relative_to(root) for path in (output, target) for root in ("/dev", "/proc"))
    if devices or (target.exists() and not target.is_file()):
        raise SetupError(f"{output} is not a file; without --output the result goes to the terminal or pipe")
    return target


@contextmanager
def _answer(path: Path, sql: str, memory_limit: str, timeout: float | None, stopped: Stopped) -> Iterator[Answer]:
    """The running query; rows come as they are fetched, so memory stays flat.

    Raises:
        SetupError: with DuckDB's own words, also where an error shows only while rows are fetched.
        KeyboardInterrupt: if a person stopped it; what was half done is cleared away.
    """
    import duckdb

    with (
        tempfile.TemporaryDirectory(prefix="clusters-query-") as scratch,
        memory_held_to(memory_limit),
    ):
        stopped.leaves.append(Path(scratch))
        try:
            with (
                duckdb.connect(path, read_only=True, config=CONFIG | _limits(memory_limit, scratch)) as con,
                stoppable(con, timeout, stopped),
            ):
                con.execute(LOCK)
                _require_reading(con, sql)
                try:
                    yield Answer(con.execute(sql), stopped)
                except duckdb.InterruptException:
                    stopped.tell()
                    _run_to_the_error(con, sql)
                    raise
        except (duckdb.OutOfMemoryException, MemoryError) as error:
            stopped.tell()
            raise SetupError(
                f"Out of Memory: the query takes more than CLUSTERS_MEMORY_LIMIT ({memory_limit}) allows. Remedy: "
                "select fewer columns, rows or shorter values, or raise the limit"
            ) from error
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
def _replacing(output: Path, stopped: Stopped) -> Iterator[Path]:
    """A file beside `output` that takes its place only when all is written."""
    # A name nobody can foresee and lay a link at: the folder may be one that others write to.
    part = output.with_name(f".{output.name}.{token_hex(8)}.part")
    stopped.leaves.append(part)
    try:
        yield part
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)
