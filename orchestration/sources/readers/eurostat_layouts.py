"""The layouts of Eurostat's tables, each made into one row a cell: dimensions, TIME_PERIOD and the cell's text.

Belongs here: TSV in the old and in today's layout, SDMX-CSV. Does not: what a cell's text means (see `eurostat`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.tidy import (
    LAYOUT_REMEDY,
    TEXT_REMEDY,
    errors_named,
    literal,
    quoted,
    read_delimited,
    read_header,
)

TIME, VALUE, FLAGS, STATUS = "TIME_PERIOD", "OBS_VALUE", "OBS_FLAG", "CONF_STATUS"
ABOUT = {"DATAFLOW", "STRUCTURE", "STRUCTURE_ID", "ACTION", "LAST UPDATE", TIME, VALUE, FLAGS, STATUS}
A_TIME = re.compile(r"\d{4}(-?(Q[1-4]|S[12]|M?\d\d|W\d\d)(-\d\d)?)?")


def of_tsv(
    con: duckdb.DuckDBPyConnection, dataset: str, file: Path, dimensions: Sequence[str]
) -> duckdb.DuckDBPyRelation:
    """Dimensions, TIME_PERIOD and cell, one row a cell; the dimensions' codes stand together in the first column."""
    key, *times = read_header(dataset, file, "\t", "utf-8")
    odd = [name for name in times if not A_TIME.fullmatch(name)]
    if odd or not times or len(set(times)) < len(times):
        problem = f"the columns behind the first are not one a period ({', '.join((odd or times)[:5])})"
        raise SourceError(dataset, file.name, problem, LAYOUT_REMEDY)
    raw = read_delimited(
        con, dataset, [file], dict.fromkeys([key, *times], "VARCHAR"), delimiter="\t", quote=""
    ).project(f"string_split({quoted(key)}, ',') AS codes, * EXCLUDE ({quoted(key)})")
    with errors_named(dataset, file.name):
        short = raw.filter(f"codes IS NULL OR len(codes) <> {len(dimensions)}").limit(1).fetchone()
    if short:
        problem = f"a row has the codes {','.join(short[0] or [])}, not one for each of {', '.join(dimensions)}"
        raise SourceError(dataset, file.name, problem, TEXT_REMEDY)
    codes = [f"trim(codes[{n}]) AS {quoted(name)}" for n, name in enumerate(dimensions, start=1)]
    periods = f"unnest([{', '.join(map(literal, times))}]) AS {TIME}"
    cells = f"unnest([{', '.join(f'trim({quoted(name)})' for name in times)}]) AS cell"
    return raw.project(", ".join([*codes, periods, cells]))


def of_csv(
    con: duckdb.DuckDBPyConnection, dataset: str, file: Path, dimensions: Sequence[str]
) -> duckdb.DuckDBPyRelation:
    """The same of SDMX-CSV, which has a row a cell; a blank value there is what ":" is in TSV."""
    header = read_header(dataset, file, ",", "utf-8")
    optional = [name for name in (FLAGS, STATUS) if name in header]
    raw = read_delimited(con, dataset, [file], dict.fromkeys([*dimensions, TIME, VALUE, *optional], "VARCHAR"))
    flags = f"coalesce({FLAGS}, '')" if FLAGS in header else "''"
    status = f"coalesce('@' || {STATUS}, '')" if STATUS in header else "''"
    cell = f"trim(coalesce(nullif(trim({VALUE}), ''), ':') || ' ' || trim({flags}) || trim({status})) AS cell"
    return raw.project(", ".join([*map(quoted, dimensions), TIME, cell]))
