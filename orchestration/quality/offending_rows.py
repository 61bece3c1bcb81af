"""The expectation that a query over the database returns no rows.

Belongs here: that one expectation and how it reads in Data Docs. Does not: the queries. Import it inside
functions: Great Expectations takes seconds to import.
"""

from __future__ import annotations

from typing import Any, ClassVar

from great_expectations.compatibility import pydantic
from great_expectations.expectations import UnexpectedRowsExpectation
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration
from great_expectations.render import (
    CollapseContent,
    LegacyDiagnosticRendererType,
    LegacyRendererType,
    RenderedStringTemplateContent,
    RenderedTableContent,
)
from great_expectations.render.renderer.renderer import renderer

COUNT = "offending_rows"
SHOWN = 20
"""Rows fetched of a failing check: enough to see the pattern, few enough to read."""


class ToldOnce(Expectation):
    """An expectation that makes its configuration once: Great Expectations asks each for it some forty times a run."""

    _told: ExpectationConfiguration | None = pydantic.PrivateAttr(None)

    @property
    def configuration(self) -> ExpectationConfiguration:
        """What is expected, as Great Expectations keeps it."""
        if self._told is None:
            self._told = super().configuration
        return self._told


class ExpectNoOffendingRows(ToldOnce, UnexpectedRowsExpectation):
    """Great Expectations' `UnexpectedRowsExpectation`, with the query run once instead of twice.

    The parent runs its query for the rows and again for their number; a key check over millions of rows is
    the dearest thing a gate does, so here one run gives both (see `counted`).

    Example:
        >>> ExpectNoOffendingRows(unexpected_rows_query=counted("SELECT 1 WHERE false")).expectation_type
        'expect_no_offending_rows'
    """

    metric_dependencies: ClassVar[tuple[str, ...]] = ("unexpected_rows_query.table",)

    @pydantic.validator("unexpected_rows_query", allow_reuse=True)
    def _validate_query(cls, query: str) -> str:
        # The parent prints advice about `{batch}` to stdout; these queries name their tables instead.
        return query

    def _validate(self, metrics: dict, runtime_configuration: dict | None = None, execution_engine: Any = None) -> dict:
        rows = [dict(row) for row in metrics["unexpected_rows_query.table"]]
        count = rows[0][COUNT] if rows else 0
        shown = [{name: value for name, value in row.items() if name != COUNT} for row in rows]
        return {
            "success": count == 0,
            "result": {"observed_value": count, "details": {"unexpected_rows": shown}},
        }

    @classmethod
    @renderer(renderer_type=LegacyRendererType.PRESCRIPTIVE)
    def _prescriptive_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **kwargs: Any
    ) -> list[RenderedStringTemplateContent]:
        text = configuration.description or configuration.kwargs["unexpected_rows_query"]
        template = {"template": "$text", "params": {"text": text}}
        return [RenderedStringTemplateContent(content_block_type="string_template", string_template=template)]

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.OBSERVED_VALUE)
    def _diagnostic_observed_value_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None, **kwargs: Any
    ) -> str:
        count = result.result.get("observed_value")
        return "--" if count is None else f"{count:,} offending"

    @classmethod
    @renderer(renderer_type=LegacyDiagnosticRendererType.UNEXPECTED_TABLE)
    def _diagnostic_unexpected_table_renderer(
        cls, configuration: Any = None, result: Any = None, runtime_configuration: Any = None
    ) -> list[RenderedTableContent | CollapseContent] | None:
        rows = result.result.get("details", {}).get("unexpected_rows")
        if not rows:
            return None
        cells = [["NULL" if value is None else str(value) for value in row.values()] for row in rows]
        return [RenderedTableContent(content_block_type="table", table=cells, header_row=list(rows[0]))]


def counted(sql: str) -> str:
    """A query for offending rows as `ExpectNoOffendingRows` wants it: how many there are, and the first few.

    Example:
        >>> counted("SELECT 1 AS x")
        'SELECT count(*) OVER () AS offending_rows, * FROM (\\nSELECT 1 AS x\\n) LIMIT 20'
    """
    body = formatted(sql.strip().rstrip(";"))
    return f"SELECT count(*) OVER () AS {COUNT}, * FROM (\n{body}\n) LIMIT {SHOWN}"


def formatted(sql: str) -> str:
    """A query with its braces doubled, because Great Expectations formats the text.

    Example:
        >>> formatted("SELECT '{1}'")
        "SELECT '{{1}}'"
    """
    return sql.replace("{", "{{").replace("}", "}}")
