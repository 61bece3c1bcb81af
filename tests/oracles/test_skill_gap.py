"""Skills of real places beside the staffing of clusters that everybody knows, by the marts' own SQL on real files.

Belongs here: what the survey of May 2025 says of San Jose, Boston and Detroit. Does not: jobs of clusters in areas,
which rest on estimates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml

from orchestration.landing.unpack import unpacked
from orchestration.sources.bls.parse import parse_slices
from orchestration.sources.oews.parse import parse_industry, parse_metro
from orchestration.sources.source import Edition

PROJECT = Path(__file__).parents[2] / "dbt_project"
FOLDER = Path("www.bls.gov") / "oes" / "special-requests"
QCEW = Path("data.bls.gov") / "cew" / "data" / "api" / "2020" / "a" / "area" / "US000.csv"
MACROS = ("bounds", "editions", "estimates", "naics", "specialisation", "staffing", "taxonomy")
MODELS = (
    "marts/common/region_skills",
    "marts/whole/cluster_industry",
    "intermediate/whole/int_cluster_staffing",
    "intermediate/whole/int_skill_areas",
    "marts/whole/cluster_occupation",
    "marts/whole/cluster_skill_gap",
)
PLACES = {
    "information_technology_and_analytical_instruments": "cbsa:41940",  # San Jose
    "biopharmaceuticals": "cbsa:14460",  # Boston
    "automotive": "cbsa:19820",  # Detroit
}
Con = duckdb.DuckDBPyConnection
Record = Callable[[str, object], None]


def model(path: str) -> str:
    """A model with the project's macros; another model is the table of its name."""
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    macros = "".join((PROJECT / "macros" / f"{name}.sql").read_text(encoding="utf-8") for name in MACROS)
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    sql = (PROJECT / "models" / f"{path}.sql").read_text(encoding="utf-8")
    return environment.from_string(macros + sql).render(ref=lambda name: name, var=variables.__getitem__)


def read_survey(con: Con, mirror: Path, place: Path) -> None:
    for table, archive, parse in (("metro", "oesm25ma", parse_metro), ("industry", "oesm25in4", parse_industry)):
        files = unpacked(mirror / FOLDER / f"{archive}.zip", "zip", place / table, f"oews_{table}", 1_000_000_000)
        parse(con, files, Edition("2025-05", None, ())).project("*, '2025-05' AS period").create(f"stg_oews_{table}")


def read_jobs(con: Con, mirror: Path) -> None:
    """Private jobs of the nation's industries in 2020; no area has a cluster."""
    private = "own_code = '5' AND agglvl_code = 18"
    parse_slices(con, [mirror / QCEW], Edition("2020", None, ())).filter(private).create("tidy")
    con.execute(
        "CREATE TABLE employment AS SELECT 'nation:US' AS region_id, 'naics2017:' || industry_code AS industry_id, "
        "'private' AS ownership, 2020 AS year, annual_avg_emplvl::DOUBLE AS employment_estimate FROM tidy"
    )


@pytest.fixture(scope="module")
def gaps(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Con]:
    """`cluster_skill_gap` of May 2025."""
    place = tmp_path_factory.mktemp("skills")
    with duckdb.connect() as con:
        read_survey(con, mirror, place)
        read_jobs(con, mirror)
        con.execute(
            "CREATE TABLE dim_region AS SELECT DISTINCT 'cbsa:' || area_code AS region_id, 'cbsa' AS region_type, "
            "area_code AS code FROM stg_oews_metro"
        )
        con.execute(
            "CREATE TABLE cluster_specialisation AS SELECT 'cbsa:0' AS region_id, '' AS cluster_id, 2020 AS year, "
            "0::DOUBLE AS employment_estimate, 0::DOUBLE AS employment_p10, 0::DOUBLE AS employment_p90, "
            "'' AS estimate_quality"
        )
        con.execute("CREATE TABLE cbsa_county (region_id TEXT, county_region_id TEXT, valid_from INT, valid_to INT)")
        for seed, code in (("cluster_rules", "prefix"), ("cluster_splits", "code"), ("oews_industries", "prefix")):
            types = f"types = {{'{code}': 'VARCHAR'}}"
            con.execute(f"CREATE TABLE {seed} AS FROM read_csv('{PROJECT / 'seeds' / seed}.csv', {types})")
        for path in MODELS:
            con.execute(f"CREATE TABLE {path.split('/')[-1]} AS {model(path)}")
        yield con


def test_older_codes_are_looked_for_where_the_concordances_put_them(gaps: Con, reference: Path) -> None:
    """And nothing else is: a code that went to several groups, or that is still the survey's, has no row."""
    seed = dict(gaps.execute("SELECT prefix, surveyed_as FROM oews_industries").fetchall())
    assert not [p for p in seed for q in seed if p != q and q.startswith(p)]
    groups = {
        row[0]
        for row in gaps.execute("SELECT DISTINCT left(code_to, 4) FROM " + concordance(reference, 2017)).fetchall()
    }
    later: dict[str, set[str]] = {}
    for edition in (2017, 2012, 2007):
        rows = gaps.execute(f"SELECT code_from, code_to FROM {concordance(reference, edition)}").fetchall()
        now: dict[str, set[str]] = {}
        for old, new in rows:
            now.setdefault(old, set()).update(later.get(new, set()) if later else {new[:4]})
        later = now
        for code, became in later.items():
            said = next((to for prefix, to in seed.items() if code.startswith(prefix)), None)
            if said != "none" and code[:4] not in groups:
                assert (said in became and len(became) == 1) if said else len(became) > 1, (edition, code, said, became)
    assert set(seed.values()) - {"none"} <= groups


def concordance(reference: Path, edition: int) -> str:
    path = reference / f"naics_concordance_{edition}_to_{edition + 5}.csv"
    return f"read_csv('{path}', all_varchar = true)"


def test_what_the_survey_leaves_out_is_in_none_of_its_figures(gaps: Con) -> None:
    """Agriculture is the sum of logging and of support for crops and animals; households are no part of services."""
    jobs = "SELECT sum(employment) FROM stg_oews_industry WHERE occupation_group = 'total' AND naics_code IN "
    for sector, parts in (("('11')", "('1133', '1151', '1152')"), ("('81')", "('811', '812', '813')")):
        whole, told = gaps.execute(jobs + sector).fetchall(), gaps.execute(jobs + parts).fetchall()
        assert abs(whole[0][0] - told[0][0]) <= 20


def fit(gaps: Con, cluster: str) -> list[tuple[object, ...]]:
    """Place of its area among those of a million jobs by similarity, and its scarce and unknown occupations."""
    return gaps.execute(
        """
        SELECT place, round(similarity, 3), scarce_occupations, unknown_occupations
        FROM (
            SELECT g.*, rank() OVER (ORDER BY g.similarity DESC) AS place
            FROM cluster_skill_gap AS g
            INNER JOIN region_skills AS s USING (region_id, year)
            WHERE g.cluster_id = ? AND s.level = 'total' AND s.employment >= 1_000_000
        )
        WHERE region_id = ?
        """,
        [cluster, PLACES[cluster]],
    ).fetchall()


def test_san_jose_and_detroit_fit_best_what_they_are_known_for(gaps: Con) -> None:
    assert fit(gaps, "information_technology_and_analytical_instruments") == [(1, 0.742, 4, 0)]
    assert fit(gaps, "automotive") == [(1, 0.413, 0, 0)]


def test_boston_has_those_who_find_medicines_and_lacks_those_who_pack_them(gaps: Con) -> None:
    """The nation's cluster is mostly factories, so that Boston does not fit it by all of its occupations."""
    [(place, *found)] = fit(gaps, "biopharmaceuticals")
    assert place > 10
    assert found == [0.253, 9, 0]
    stands = dict(
        gaps.execute(
            "SELECT title, standing FROM cluster_occupation WHERE region_id = ? AND cluster_id = 'biopharmaceuticals'",
            [PLACES["biopharmaceuticals"]],
        ).fetchall()
    )
    assert [stands[title] for title in ("Chemists", "Biological Technicians", "Biochemists and Biophysicists")] == [
        "present"
    ] * 3
    quotient = "SELECT lq FROM cluster_occupation WHERE region_id = ? AND title = 'Biochemists and Biophysicists'"
    assert set(gaps.execute(quotient, [PLACES["biopharmaceuticals"]]).fetchall()) == {(22.73,)}
    assert stands["Chemical Equipment Operators and Tenders"] == "scarce"
    assert stands["Packaging and Filling Machine Operators and Tenders"] == "scarce"


def test_how_much_is_known(gaps: Con, record_property: Record) -> None:
    """An occupation that is not published nearly always has no row at all, and so no mark that it is withheld."""
    rows, with_similarity, median, staffing = gaps.sql(
        "SELECT count(*), count(similarity), round(median(coverage), 3), round(min(staffing_coverage), 3) "
        "FROM cluster_skill_gap"
    ).fetchall()[0]
    standing = dict(gaps.sql("SELECT standing, count(*) FROM cluster_occupation GROUP BY standing").fetchall())
    record_property("skill gaps of May 2025", f"{rows}, with similarity {with_similarity}; {standing}")
    assert (rows, with_similarity, median, staffing) == (393 * 67, 24544, 0.841, 0.649)
    assert standing == {"scarce": 161955, "present": 281338, "unknown": 83327}
    marked = gaps.sql(
        "SELECT count(*) FROM cluster_occupation SEMI JOIN region_skills USING (region_id, occupation, year) "
        "WHERE standing = 'unknown'"
    ).fetchall()
    assert marked == [(2029,)]
