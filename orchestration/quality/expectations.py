"""Suites of expectations made from contracts: layout, types, NULLs, ranges, value sets, patterns, keys, rows.

Belongs here: what a contract promises, said as expectations. Does not: running them (see `gate`), promises
learned from earlier releases (see `history`).

One query answers all NULL, range and set expectations of a table (see `counted_values`), and each stays an expectation
of its own and reads well in Data Docs. Keys, types, patterns and infinities are queries for offending rows: Great
Expectations' compound-key expectation took 3.5 s where ours takes 0.6 s, and patterns and DuckDB's types it does not
support.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.contracts import ColumnContract, TableContract
from orchestration.errors import SetupError
from orchestration.quality.checks import SqlCheck, ValueCheck
from orchestration.quality.engine import literal, quoted
from orchestration.wording import OBEYED

if TYPE_CHECKING:
    from great_expectations.expectations.expectation import Expectation

FLOATS = {"DOUBLE", "FLOAT"}
INTEGERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT"} | {
    "UTINYINT",
    "USMALLINT",
    "UINTEGER",
    "UBIGINT",
    "UHUGEINT",
}


def column_types(con: duckdb.DuckDBPyConnection, contract: TableContract) -> dict[str, str]:
    """The contract's column types as DuckDB names them (`text` is `VARCHAR`, `int` is `INTEGER`).

    Raises:
        SetupError: if the contract names a type that DuckDB doesn't know.
    """
    types: dict[str, str] = {}
    for column in contract.columns:
        try:
            row = con.execute(f"SELECT typeof(CAST(NULL AS {column.data_type}))").fetchone()
        except duckdb.Error as error:
            raise SetupError(
                f"{contract.name}.{column.name}: DuckDB has no type {column.data_type!r}. "
                "Remedy: correct data_type in the YAML beside the model."
            ) from error
        types[column.name] = row[0] if row else ""
    return types


def contract_suite(
    contract: TableContract, types: Mapping[str, str], present: Mapping[str, str], empty: str = ""
) -> list[Expectation]:
    """All expectations of a contract; `types` as from `column_types`, `present` those that the table has in fact.

    `empty` is why the table may have no rows.

    Each one's meta holds `check` (its name within the table), `expected` (for a person), `severity` and
    `columns` (the columns it reads, which must be there in their types before it can be asked).

    Example:
        >>> contract_suite(contracts()["dim_region"], types, types)[0].meta["check"]  # doctest: +SKIP
        'row_count'
    """
    suite = [*_layout(contract, types, empty)]
    suite.extend(_values(contract, types, present))
    suite.extend(query_expectation(check, columns) for check, columns in _queries(contract, types))
    return suite


def query_expectation(check: SqlCheck, columns: Sequence[str] = ()) -> Expectation:
    """A query for offending rows as an expectation; `columns` are those it reads of its table, if known."""
    from orchestration.quality.offending_rows import ExpectNoOffendingRows, counted

    return ExpectNoOffendingRows(
        unexpected_rows_query=counted(check.sql),
        **_told(check.name, check.expected, columns, check.severity),
    )


def _told(name: str, expected: str, columns: Iterable[str] = (), severity: str = "error") -> dict[str, Any]:
    # Great Expectations' own severity shows in its results; ours, in meta, is what the verdict reads.
    return {
        # Its pages show a description as HTML.
        "description": escape(f"{name}: {expected}"),
        "severity": "warning" if severity == "warning" else "critical",
        "meta": {"check": name, "expected": expected, "columns": list(columns), "severity": severity},
    }


def _layout(contract: TableContract, types: Mapping[str, str], empty: str) -> Iterator[Expectation]:
    import great_expectations.expectations as gxe

    expected = f"at least one row, or none: {empty}" if empty else "at least one row"
    yield gxe.ExpectTableRowCountToBeBetween(min_value=0 if empty else 1, **_told("row_count", expected))
    # Exact: a column that no contract describes would be published without a comment or a unit.
    names = ", ".join(types)
    yield gxe.ExpectTableColumnsToMatchSet(
        column_set=list(types), exact_match=True, **_told("layout_columns", f"the columns {names}")
    )
    values = ", ".join(f"({literal(name)}, {literal(kind)})" for name, kind in types.items())
    yield query_expectation(
        SqlCheck(
            "layout_types",
            contract.name,
            "error",
            f"SELECT column_name, column_type AS found, wanted\nFROM (DESCRIBE {quoted(contract.name)})\n"
            f"JOIN (VALUES {values}) AS contract(column_name, wanted) USING (column_name)\n"
            "WHERE column_type <> wanted",
            "every column in the type its contract states",
        )
    )


def _values(contract: TableContract, types: Mapping[str, str], present: Mapping[str, str]) -> Iterator[Expectation]:
    from orchestration.quality.counted_values import KINDS, counting

    checks = [check for column in contract.columns for check in _value_checks(column, types[column.name])]
    # What is not there in its type would spoil the answer about all others, and is not asked.
    query = counting(contract.name, [c for c in checks if present.get(c.column) == types[c.column]])
    for check in checks:
        told = _told(check.name, check.expected, [check.column])
        yield KINDS[check.kind](column=check.column, unexpected_rows_query=query, **check.rules, **told)


def _value_checks(column: ColumnContract, kind: str) -> Iterator[ValueCheck]:
    name, sql = column.name, quoted(column.name)
    if not column.nullable:
        yield ValueCheck("not_null", name, "no NULL", f"{sql} IS NULL")
    if column.minimum is not None or column.maximum is not None:
        low, high = _whole(column.minimum), _whole(column.maximum)
        beyond = [f"{sql} {sign} {bound!r}" for sign, bound in (("<", low), (">", high)) if bound is not None]
        rules = {"min_value": low, "max_value": high}
        yield ValueCheck("range", name, _range(low, high), " OR ".join(beyond), rules)
    if column.values:
        values: list[Any] = [int(v) for v in column.values] if kind in INTEGERS else list(column.values)
        listed = ", ".join(str(v) if kind in INTEGERS else literal(v) for v in values)
        expected = f"one of {', '.join(column.values)}"
        yield ValueCheck("values", name, expected, f"{sql} NOT IN ({listed})", {"value_set": values})


def _queries(contract: TableContract, types: Mapping[str, str]) -> Iterator[tuple[SqlCheck, Sequence[str]]]:
    table = quoted(contract.name)
    for column in contract.columns:
        if column.unit == "text" and contract.layer == "staging":
            yield _plain_text(table, contract.name, column.name), [column.name]
        if column.pattern is not None:
            name = quoted(column.name)
            # Over distinct values: the finding then counts bad codes, not the rows that carry them.
            sql = (
                f"SELECT DISTINCT {name}\nFROM {table}\nWHERE NOT regexp_full_match({name}, {literal(column.pattern)})"
            )
            expected = f"values that are wholly {column.pattern}"
            yield SqlCheck(f"pattern__{column.name}", contract.name, "error", sql, expected), [column.name]
    floats = [name for name, kind in types.items() if kind in FLOATS]
    if floats:
        # NaN passes every lower bound, because DuckDB sorts it above all numbers.
        bad = "\n   OR ".join(f"NOT isfinite({quoted(name)})" for name in floats)
        sql = f"SELECT {_listed(contract.grain)}, {_listed(floats)}\nFROM {table}\nWHERE {bad}"
        check = SqlCheck("finite", contract.name, "error", sql, "no NaN and no infinity: not known is NULL")
        yield check, [*contract.grain, *floats]
    if contract.grain:
        yield _unique(contract), contract.grain


def _plain_text(table: str, name: str, column: str) -> SqlCheck:
    """Names go to terminals, pages, spreadsheets and other people's programs, and come from whoever sent the file."""
    obeyed = "".join(f"\\x{{{first:x}}}-\\x{{{last:x}}}" for first, last in OBEYED)
    sql = f"SELECT DISTINCT {quoted(column)}\nFROM {table}\nWHERE regexp_matches({quoted(column)}, '[{obeyed}]')"
    return SqlCheck(
        f"plain__{column}", name, "error", sql, "text without control characters or marks that turn its direction"
    )


def _unique(contract: TableContract) -> SqlCheck:
    grain, table = _listed(contract.grain), quoted(contract.name)
    # As many different hashes as rows proves the keys unique, in half the time of grouping by the keys; only
    # a table that fails it (a duplicate, or two hashes that collide) is grouped, so the answer is exact.
    sql = (
        f"SELECT {grain}, count(*) AS rows_with_this_key\nFROM {table}\n"
        f"WHERE (SELECT count(*) <> count(DISTINCT hash({grain})) FROM {table})\n"
        "GROUP BY ALL\nHAVING count(*) > 1\nORDER BY ALL"
    )
    return SqlCheck("unique_grain", contract.name, "error", sql, f"one row per {', '.join(contract.grain)}")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(quoted(name) for name in names)


def _whole(value: float | None) -> float | int | None:
    return int(value) if value is not None and float(value).is_integer() else value


def _range(low: float | None, high: float | None) -> str:
    if low is None:
        return f"at most {high}"
    return f"at least {low}" if high is None else f"{low} to {high}"
