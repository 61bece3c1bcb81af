"""The shapes of dbt tests that contracts declare: each finds what breaks its rule, row by row, and nothing else.

Belongs here: the shapes, on tables of a few rows. Does not: what contracts declare with them, which mutations of whole
marts try (`tests/corruption`).
"""

from __future__ import annotations

from typing import Any

import duckdb
import jinja2
import pytest

from orchestration.settings import PROJECT_ROOT

SHAPES = (PROJECT_ROOT / "dbt_project" / "macros" / "generic_tests.sql").read_text(encoding="utf-8")
# A figure of 5 from 4 to 6, an estimate of 5 from 4.5 to 5.5.
FITS = {"lower": 4.0, "x": 5.0, "upper": 6.0, "p10": 4.5, "estimate": 5.0, "p90": 5.5}


def failing(shape: str, rows: str, **arguments: Any) -> list[tuple[Any, ...]]:
    """What a shape finds in a table `t` of these rows (SQL)."""
    macros = SHAPES.replace("{% test ", "{% macro ").replace("{% endtest %}", "{% endmacro %}")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    sql = environment.from_string(f"{macros}{{{{ {shape}(model, **arguments) }}}}").render(
        model="t", arguments=arguments
    )
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE t AS {rows}")
        con.execute("CREATE TABLE kinds AS FROM (VALUES ('a', 'traded'), ('b', 'local')) AS v(id, kind)")
        return con.execute(sql).fetchall()


def a_figure(**instead: float | None) -> str:
    values = FITS | instead
    shown = ", ".join(
        f"{'NULL' if value is None else value}::DOUBLE AS {name if name == 'x' else f'x_{name}'}"
        for name, value in values.items()
    )
    return f"SELECT {shown}"


@pytest.mark.parametrize(
    ("instead", "fails"),
    [
        ({}, False),
        ({"x": None}, False),
        ({"lower": None, "upper": None}, False),
        ({"x": 3.0}, True),
        ({"x": 7.0}, True),
        ({"lower": None, "x": 7.0}, True),
        ({"lower": 7.0}, True),
        ({"lower": 5.0, "upper": 4.9, "x": None}, True),
        ({"estimate": 4.0}, True),
        ({"estimate": 6.0}, True),
        ({"p10": 3.0}, True),
        ({"p90": 7.0}, True),
    ],
)
def test_lies_within_bounds(instead: dict[str, float | None], fails: bool) -> None:
    found = failing("lies_within_bounds", a_figure(**instead), measures=["x"], estimates=["x"])
    assert bool(found) is fails


@pytest.mark.parametrize(
    ("instead", "options", "fails"),
    [
        ({"x": 6.05}, {}, True),
        ({"x": 6.05}, {"slack": 0.1}, False),
        ({"x": 3.85}, {"slack": 0.1}, True),
        ({"x": 6.05}, {"relative_slack": 0.01}, False),
        ({"x": 6.07}, {"relative_slack": 0.01}, True),
        ({"x": None, "lower": 6.05}, {"slack": 0.1}, True),
        ({"x": None, "lower": 6.05}, {"slack_of_bounds": 0.1}, False),
        ({"x": None}, {"given_where_narrow": True}, False),
        ({"x": None, "lower": 5.0, "upper": 5.04}, {"given_where_narrow": True}, True),
        ({"lower": 4.99, "upper": 5.03}, {"given_where_narrow": True}, False),
        ({}, {"given_where_narrow": True}, True),
        ({"lower": None, "upper": None}, {"given_where_narrow": True}, True),
        ({"estimate": None}, {"estimates": ["x"]}, False),
        ({"estimate": None}, {"estimates": ["x"], "estimates_where_bounded": True}, True),
        ({"x": None, "lower": None}, {"estimates": ["x"], "estimates_where_bounded": True}, True),
    ],
)
def test_lies_within_bounds_as_asked(instead: dict[str, float | None], options: dict[str, Any], fails: bool) -> None:
    assert bool(failing("lies_within_bounds", a_figure(**instead), measures=["x"], **options)) is fails


def test_never_holds() -> None:
    rows = "SELECT unnest([1, 2, 3, NULL]) AS n"
    assert failing("never_holds", rows, conditions=["n > 2", "n = 1 OR FALSE"]) == [(1,), (3,)]
    assert failing("never_holds", rows, conditions=["n > 2 AND n < 3"]) == []
    assert failing("never_holds", rows, conditions=["n IS NULL"]) == [(None,)]


def test_adds_up() -> None:
    rows = "FROM (VALUES (3, 1, 2), (4, 1, 2), (NULL, 1, 2), (3, NULL, 2)) AS v(total, a, b)"
    wants = {"sums": [{"total": "total", "parts": ["a", "b"]}]}
    assert failing("adds_up", rows, slack=0.5, **wants) == [(4, 1, 2)]
    assert failing("adds_up", rows, slack=1, **wants) == []
    wants["sums"].append({"total": "total", "parts": ["b"]})
    assert failing("adds_up", rows, slack=1, **wants) == [(4, 1, 2)]


def test_is_mutual() -> None:
    wants = {"one": "a", "other": "b"}
    both = "FROM (VALUES (1, 2, 2020), (2, 1, 2021)) AS v(a, b, year)"
    assert failing("is_mutual", both, **wants) == []
    assert len(failing("is_mutual", both, **wants, within=["year"])) == 2
    assert failing("is_mutual", "SELECT 1 AS a, 2 AS b", **wants) == [(1, 2)]
    assert failing("is_mutual", "SELECT 1 AS a, 1 AS b", **wants) == [(1, 1)]


def test_agrees_with() -> None:
    wants = {"column_name": "over", "to": "kinds", "key": ["id"], "of": "kind"}
    rows = "FROM (VALUES ('a', 'traded'), ('b', 'traded'), ('c', 'local'), ('a', NULL)) AS v(id, over)"
    assert sorted(failing("agrees_with", rows, **wants), key=str) == [
        ("a", None, "traded"), ("b", "traded", "local"), ("c", "local", None)
    ]  # fmt: skip
    assert failing("agrees_with", "SELECT 'a' AS id, 'traded' AS over", **wants) == []
