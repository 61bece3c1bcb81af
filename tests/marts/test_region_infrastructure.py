"""What regions offer clusters: the mart's own SQL on a publisher's real file, and its seed.

Belongs here: figures of real places that hold whatever is withheld. Does not: bounds of cells, which the mart adds up.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml

from orchestration.landing.unpack import unpacked
from orchestration.sources.bls.parse import parse_annual
from orchestration.sources.source import Edition

PROJECT = Path(__file__).parents[2] / "dbt_project"
SEED = PROJECT / "seeds" / "infrastructure_kinds.csv"
MACROS = ("bounds", "concentration", "specialisation", "estimates", "structure", "naics", "qcew")
ARCHIVE = Path("data.bls.gov") / "cew" / "data" / "files" / "2016" / "csv" / "2016_annual_singlefile.zip"
# Of metropolitan areas with a million jobs and more, which no laboratory town joins.
LARGE = 1_000_000
# Of what is withheld this says the least that can be said.
CELLS = """
    SELECT
        *, coalesce(employment, 0)::DOUBLE AS employment_lower, employment::DOUBLE AS employment_upper,
        employment::DOUBLE AS employment_estimate, employment::DOUBLE AS employment_p10,
        employment::DOUBLE AS employment_p90
    FROM ({{ qcew_cells("tidy") }})
"""


def rendered(sql: str) -> str:
    """A piece of the dbt project's SQL, with its macros; a model is the table of its name."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    macros = "".join((PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return environment.from_string(macros + sql).render(ref=lambda name: name, var=variables.__getitem__)


def model(path: str) -> str:
    return rendered((PROJECT / "models" / f"{path}.sql").read_text(encoding="utf-8"))


def codes_by_kind() -> dict[str, list[str]]:
    """The codes of each kind."""
    codes: dict[str, list[str]] = {}
    with SEED.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            codes.setdefault(row["kind"], []).append(row["code"])
    return codes


@pytest.fixture(scope="module")
def real(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[duckdb.DuckDBPyConnection]:
    """`region_infrastructure` of 2016: the nation and the metropolitan areas that BLS prints industries of."""
    files = unpacked(mirror / ARCHIVE, "zip", tmp_path_factory.mktemp("singlefile"), "bls_qcew", 8_000_000_000)
    with duckdb.connect() as con:
        con.execute("CREATE TABLE int_cbsa_codes (area_fips VARCHAR, cbsa_code VARCHAR)")
        con.execute("CREATE TABLE int_structure_gaps (region_id VARCHAR, year INTEGER, level VARCHAR, sector VARCHAR)")
        con.execute(f"CREATE TABLE infrastructure_kinds AS FROM read_csv('{SEED}', header = true, all_varchar = true)")
        chosen = "(area_fips LIKE 'C%' OR area_fips = 'US000') AND agglvl_code <> 80"
        parse_annual(con, files, Edition("2016", None, ())).filter(chosen).create("tidy")
        con.execute("CREATE TABLE int_cells AS " + rendered(CELLS))
        con.execute("CREATE VIEW int_estimated_cells AS FROM int_cells")
        con.execute(
            "CREATE TABLE int_region_roles AS SELECT DISTINCT region_id, region_type, true AS in_nation FROM int_cells"
        )
        con.execute("CREATE TABLE int_totals AS " + model("intermediate/year/int_totals"))
        con.execute("CREATE TABLE region_infrastructure AS " + model("marts/year/region_infrastructure"))
        yield con


@pytest.mark.mirror
def test_boston_san_jose_and_san_francisco_lead_in_laboratories(real: duckdb.DuckDBPyConnection) -> None:
    """Establishments in scientific research and development (5417) for every 10,000 jobs, 2016."""
    first = real.execute(
        "SELECT i.region_id, i.establishments, round(per_10000_jobs, 2) FROM region_infrastructure AS i "
        "INNER JOIN int_totals AS t USING (region_id, year) "
        "WHERE kind = 'research_laboratory' AND region_type = 'cbsa' AND t.employment >= ? "
        "ORDER BY per_10000_jobs DESC LIMIT 5",
        [LARGE],
    ).fetchall()
    assert first == [
        ("cbsa:14460", 1576, 6.05),  # Boston
        ("cbsa:41740", 802, 5.7),  # San Diego
        ("cbsa:41940", 558, 5.25),  # San Jose
        ("cbsa:47900", 1477, 4.8),  # Washington
        ("cbsa:41860", 985, 4.25),  # San Francisco
    ]


@pytest.mark.mirror
def test_quotients_of_establishments_stand_where_jobs_are_withheld(real: duckdb.DuckDBPyConnection) -> None:
    boston = real.sql(
        "SELECT employment, lq, employment_upper, round(lq_establishments, 2) FROM region_infrastructure "
        "WHERE region_id = 'cbsa:14460' AND kind = 'research_laboratory'"
    ).fetchall()
    assert boston == [(None, None, None, 3.34)]
    regions, kinds, lacking, withheld = real.sql(
        "SELECT count(DISTINCT region_id), count(DISTINCT kind), count(*) FILTER (lq_establishments IS NULL), "
        "count(*) FILTER (employment IS NULL) FROM region_infrastructure"
    ).fetchall()[0]
    # The file has no rows of governments' industries, and so nothing of programmes for the economy.
    assert (regions, kinds, lacking) == (389, 24, 0)
    assert withheld > 2000


@pytest.mark.mirror
def test_every_code_of_a_private_kind_is_one_that_the_publisher_prints(real: duckdb.DuckDBPyConnection) -> None:
    unknown = real.sql(
        "SELECT code FROM infrastructure_kinds WHERE code NOT IN "
        "(SELECT industry_code FROM int_cells WHERE region_type = 'nation') GROUP BY code"
    ).fetchall()
    assert unknown == [("92611",)]


def test_no_code_of_a_kind_lies_within_another_of_it() -> None:
    """Or establishments would be counted twice."""
    codes = codes_by_kind()
    twice = [
        (kind, one, other)
        for kind, some in codes.items()
        for n, one in enumerate(some)
        for m, other in enumerate(some)
        if n != m and other.startswith(one)
    ]
    assert twice == []
    assert len(codes) == 25


def test_the_docs_say_which_industries_make_up_a_kind() -> None:
    text = (PROJECT.parent / "docs" / "indicators.md").read_text(encoding="utf-8")
    said = {}
    for row in re.findall(r"^\| (`.*) \| ([-\d, ;()]+) \|$", text, re.MULTILINE):
        kinds = re.findall(r"`(\w+)`", row[0])
        whole, _, parts = row[1].rstrip(")").partition(" (")
        said |= dict(zip(kinds, [whole, *parts.split("; ")], strict=False))
    assert {kind: codes.split(", ") for kind, codes in said.items()} == codes_by_kind()
