"""What every source declares: publisher, files, cadence, licence and how bytes become a tidy table.

Belongs here: the shape of a declaration. Does not: HTTP (see `landing`), Dagster (see `assets`), any one publisher.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

Kind = Literal["csv", "text", "zip", "gz", "xls", "xlsx", "json", "html"]
Parser = Callable[[duckdb.DuckDBPyConnection, Sequence[Path], int], duckdb.DuckDBPyRelation]


@dataclass(frozen=True)
class Resource:
    """One file at a publisher's.

    `kind` is what the bytes must be. A missing optional file (a territory's slice, say) is not an error.
    """

    url: str
    kind: Kind
    optional: bool = False


@dataclass(frozen=True)
class Layout:
    """One way in which a publisher offers a dataset for a period: its files and their parser.

    `parse(con, files, period)` gets a DuckDB connection and the landed files (archives already unpacked, in the
    order of `resources`, missing optional ones left out) and returns the tidy table as a relation. It raises
    `SourceError` on a layout it does not know.
    """

    name: str
    resources: tuple[Resource, ...]
    parse: Parser


@dataclass(frozen=True)
class Dataset:
    """A dataset of a publisher.

    `layouts(period, areas)` lists the layouts for a period in order of preference; a place offers a layout if it has
    the layout's first file, and the first one offered is taken. `areas` are the area codes known from the publisher's
    own list, for layouts with a file an area.
    A dataset that is not `yearly` has one period, 0. `cadence` is for people; `news_within_days` is how many days may
    pass without new bytes before a person should look whether a new edition stands at another address: by default a
    year and five weeks' grace, None where the publisher promises nothing.
    """

    source_id: str
    table: str
    publisher: str
    title: str
    homepage: str
    cadence: str
    licence: str
    yearly: bool
    parser_version: int
    layouts: Callable[[int, Sequence[str]], Sequence[Layout]]
    news_within_days: int | None = 400
