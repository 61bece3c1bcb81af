"""How Great Expectations reaches an open DuckDB connection: a SQLAlchemy dialect without transactions.

Belongs here: the dialect. Does not: opening databases, Great Expectations. Import it inside functions:
SQLAlchemy and the dialect it extends take a second.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import duckdb
import sqlalchemy
from duckdb_sqlalchemy import ConnectionWrapper, Dialect

URL = "duckdb+gate://"


class GateDialect(Dialect):
    """DuckDB's dialect without transactions.

    Great Expectations fetches rows after it has handed the connection back, and SQLAlchemy rolls back what is
    handed back, which in DuckDB discards the rows still to be fetched (`list index out of range`). A gate
    only reads, so there is nothing to roll back.
    """

    supports_statement_cache = True

    def do_begin(self, dbapi_connection: Any) -> None:
        """Nothing to begin."""

    def do_rollback(self, dbapi_connection: Any) -> None:
        """Nothing to undo, and rows to keep."""

    def do_commit(self, dbapi_connection: Any) -> None:
        """Nothing to write."""


def creator(con: duckdb.DuckDBPyConnection) -> Callable[[], ConnectionWrapper]:
    """What SQLAlchemy calls for its connection: a cursor over `con`, so that closing it leaves `con` open.

    Example:
        >>> from sqlalchemy import create_engine, text
        >>> engine = create_engine(URL, creator=creator(duckdb.connect()))
        >>> with engine.connect() as connection:
        ...     connection.execute(text("SELECT 42")).scalar()
        42
    """
    return lambda: ConnectionWrapper(con.cursor())


sqlalchemy.dialects.registry.register("duckdb.gate", __name__, GateDialect.__name__)
