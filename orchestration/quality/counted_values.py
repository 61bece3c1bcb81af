"""Great Expectations' expectations of a column's values, all those of a table answered by one query.

Belongs here: these expectations and their query. Does not: which a contract makes. Import it inside functions: Great
Expectations takes seconds to import.

Asked by itself, each of them takes Great Expectations some ten milliseconds of its own work and a query for examples,
which is most of what a gate over small tables costs. Here it is handed the counts, and judges and shows them as ever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, ClassVar

import great_expectations.expectations as gxe
from great_expectations.expectations.expectation import ColumnMapExpectation

from orchestration.quality.checks import ValueCheck
from orchestration.quality.engine import quoted
from orchestration.quality.offending_rows import SHOWN, ToldOnce, formatted

ROWS = "rows"


class _Counted(ToldOnce, ColumnMapExpectation):
    """An expectation of values that finds its counts in the one row of its table's `counting`, under its check."""

    unexpected_rows_query: str

    # How it is answered is no part of what is expected.
    runtime_keys: ClassVar[tuple[str, ...]] = (*ColumnMapExpectation.runtime_keys, "unexpected_rows_query")
    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    def get_validation_dependencies(self, *args: Any, **named: Any) -> Any:
        # Past the parent, which wants a dozen metrics of its own.
        return super(ColumnMapExpectation, self).get_validation_dependencies(*args, **named)

    def _validate(self, metrics: dict, runtime_configuration: dict | None = None, execution_engine: Any = None) -> Any:
        row = metrics["unexpected_rows_query.table"][0]
        counts = row[(self.meta or {})["check"]]
        found = {
            "table.row_count": row[ROWS],
            "column_values.nonnull.unexpected_count": counts["nulls"],
            f"{self.map_metric}.unexpected_count": counts["offending"],
            # Of NULLs, none is the least.
            f"{self.map_metric}.unexpected_values": counts["shown"] or [None] * min(counts["offending"], SHOWN),
        }
        return super()._validate(found, runtime_configuration, execution_engine)


class ExpectCountedNotNull(_Counted, gxe.ExpectColumnValuesToNotBeNull):
    """No NULL in a column."""


class ExpectCountedBetween(_Counted, gxe.ExpectColumnValuesToBeBetween):
    """Values within bounds."""


class ExpectCountedInSet(_Counted, gxe.ExpectColumnValuesToBeInSet):
    """Values of a list."""


KINDS: Mapping[str, type[_Counted]] = {
    "not_null": ExpectCountedNotNull,
    "range": ExpectCountedBetween,
    "values": ExpectCountedInSet,
}
"""By the kind of a `ValueCheck`."""


def counting(table: str, checks: Iterable[ValueCheck]) -> str:
    """The query that answers all checks of a table's values: one row, with a structure of counts per check.

    Example:
        >>> print(counting("t", [ValueCheck("range", "a", "at least 0", '"a" < 0')]))
        SELECT count(*) AS rows,
            struct_pack(nulls := count(*) - count("a"), offending := count(*) FILTER ("a" < 0),
                shown := min("a", 20) FILTER ("a" < 0)) AS "range__a"
        FROM "t"
    """
    counts = [f"count(*) AS {ROWS}"]
    for check in checks:
        column, only = quoted(check.column), f"FILTER ({check.broken})"
        counts.append(
            f"struct_pack(nulls := count(*) - count({column}), offending := count(*) {only},\n"
            f"        shown := min({column}, {SHOWN}) {only}) AS {quoted(check.name)}"
        )
    listed = ",\n    ".join(counts)
    return formatted(f"SELECT {listed}\nFROM {quoted(table)}")
