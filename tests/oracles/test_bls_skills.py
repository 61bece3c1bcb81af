"""BLS's own quotients of occupations, by the model of `region_skills` on BLS's real workbooks.

Belongs here: how many of the published figures come out again. Does not: how the workbooks are read (tests/sources).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import jinja2
import pytest

from orchestration.landing.unpack import unpacked
from orchestration.sources.oews.parse import parse_industry, parse_metro
from orchestration.sources.source import Edition

PROJECT = Path(__file__).parents[2] / "dbt_project"
FOLDER = Path("www.bls.gov") / "oes" / "special-requests"
Record = Callable[[str, object], None]


def rendered(sql: str) -> str:
    """A piece of the dbt project's SQL, with its macros; a model is the table of its name."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    macros = (PROJECT / "macros" / "specialisation.sql").read_text(encoding="utf-8")
    return environment.from_string(macros + sql).render(ref=lambda name: name)


@pytest.fixture(scope="module")
def skills(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """`region_skills` of May 2025."""
    place = tmp_path_factory.mktemp("oews")
    with duckdb.connect() as con:
        for table, archive, parse in (("metro", "oesm25ma", parse_metro), ("industry", "oesm25in4", parse_industry)):
            files = unpacked(mirror / FOLDER / f"{archive}.zip", "zip", place / table, f"oews_{table}", 1_000_000_000)
            parse(con, files, Edition("2025-05", None, ())).project("*, '2025-05' AS period").create(
                f"stg_oews_{table}"
            )
        con.execute(
            "CREATE TABLE dim_region AS SELECT DISTINCT 'cbsa:' || area_code AS region_id, 'cbsa' AS region_type, "
            "area_code AS code FROM stg_oews_metro"
        )
        model = PROJECT / "models" / "marts" / "common" / "region_skills.sql"
        con.execute("CREATE TABLE region_skills AS " + rendered(model.read_text(encoding="utf-8")))
        yield con


def test_nearly_all_published_quotients_come_out_again(
    skills: duckdb.DuckDBPyConnection, record_property: Record
) -> None:
    """Jobs are rounded to tens, quotients to hundredths; some sectors have jobs that are too few to be listed."""
    sql = rendered((PROJECT / "tests" / "skills_quotients_are_the_publishers.sql").read_text(encoding="utf-8"))
    assert skills.execute(sql).fetchall() == []
    compared = re.split(r"\n\)\n", sql)[0] + "\n)"
    found = skills.execute(
        compared.replace("s.year,", "s.year, s.level,", 1)
        + " SELECT level, count(*), round(avg(agrees::INTEGER), 3) FROM compared GROUP BY level ORDER BY level"
    ).fetchall()
    record_property("published quotients of occupations that come out again", str(found))
    assert found == [("detailed", 76018, 0.983), ("major", 7451, 1.0), ("total", 393, 1.0)]


def test_a_quotient_stands_wherever_jobs_do(skills: duckdb.DuckDBPyConnection) -> None:
    found = skills.sql(
        "SELECT count(*), count(DISTINCT region_id), count(*) FILTER ((lq IS NULL) <> (employment IS NULL) "
        "AND level <> 'total') FROM region_skills"
    ).fetchall()
    assert found == [(150023, 393, 0)]
