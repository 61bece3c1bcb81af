"""One reader for each format: bytes of a known format in, a typed relation out.

Belongs here: formats. Does not: any one publisher's layout (declarations say that), HTTP (see `landing`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb

from orchestration.sources.readers import delimited, eurostat, html_table, json_rows, workbook
from orchestration.sources.readers.fields import Field

# (connection, dataset, files, fields, options) to a relation with exactly the fields, typed, in their order.
Reader = Callable[
    [duckdb.DuckDBPyConnection, str, Sequence[Path], Sequence[Field], Mapping[str, Any]], duckdb.DuckDBPyRelation
]

READERS: dict[str, Reader] = {
    "delimited": delimited.read,
    "workbook": workbook.read,
    "json": json_rows.read,
    "html_table": html_table.read,
    "eurostat": eurostat.read,
}

__all__ = ["READERS", "Field", "Reader"]
