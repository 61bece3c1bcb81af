"""Patents and research of the real counties, areas and states: figures that a person can look up.

Belongs here: what is made of the publishers' real files without any year of jobs. Does not: the files themselves (see
`tests/sources`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.landing.unpack import unpacked
from orchestration.layout import link_partitions
from orchestration.quality.checklist import findings, of_own_years, tidy_checks
from orchestration.quality.profiles import profile_of
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked, Edition, Format
from orchestration.sources.staging import write_staging
from orchestration.sources.tidy import connect, write_partition
from tests.marts.hidden_cells import built
from tests.sources.reading import TODAY

READ = (
    *("bls_qcew_areas", "census_population", "census_delineation", "census_gazetteer"),
    *("uspto_county", "uspto_metro", "herd_spending", "ipeds_institutions"),
)
MADE = ("region_innovation", "research_institution")
Con = duckdb.DuckDBPyConnection


def lay_out(home: Settings, mirror: Path, sources: Collection[str]) -> None:
    """The tidy tables of these sources, of whatever editions the mirror has; the others without a row."""
    write_staging()
    link_partitions([], home)
    for source in SOURCES.values():
        folder = home.work / "tidy" / source.table
        for edition in source.editions(Asked((), TODAY, {name: [] for name in source.needs})):
            if source.source_id in sources and (form := offered(edition, mirror)):
                read(home, mirror, folder, edition, form)


def offered(edition: Edition, mirror: Path) -> Format | None:
    return next((f for f in edition.formats if place(mirror, f).exists()), None)


def place(mirror: Path, form: Format) -> Path:
    resource = form.resources[0]
    return mirror / (resource.mirror or resource.url.removeprefix("https://"))


def read(home: Settings, mirror: Path, folder: Path, edition: Edition, form: Format) -> None:
    files = unpacked(place(mirror, form), form.resources[0].kind, home.work / "files" / folder.name, "test", 1 << 30)
    with connect("1GB", 1, home.work / "spill") as con:
        write_partition(
            form.parse(con, files, edition), folder / f"{edition.name}.parquet", "test", files[0].name, edition, None
        )


@pytest.fixture(scope="module")
def build(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Con]:
    """A build of the two tables over the real files."""
    with duckdb.connect(made(tmp_path_factory.mktemp("innovation"), mirror, READ), read_only=True) as con:
        yield con


def made(folder: Path, mirror: Path, sources: Collection[str]) -> str:
    home = Settings(home=folder, profile="mirror")
    (home.work / "spill").mkdir(parents=True)
    lay_out(home, mirror, sources)
    return str(built(home, "+region_innovation", "+dim_region") / "build.duckdb")


def tidy_of(build: Con) -> Path:
    """The folder of the tidy tables that a build is made of."""
    path = build.execute("SELECT path FROM duckdb_databases() WHERE database_name = 'build'").fetchall()[0][0]
    return Path(path).parent / "tidy"


def offending(con: Con, names: Collection[str], docs: Path) -> list[tuple[str, str, str]]:
    """What the gates find wrong with these tables."""
    tables = {name: contracts()[name] for name in names}
    profiles = [profile for contract in tables.values() for profile in profile_of(con, contract)]
    checks = [check for check in tidy_checks() if check.table in tables]
    found = findings(con, tables, checks, profiles, [], docs, empty=of_own_years(tables))
    return [(f.table_name, f.check_name, f.observed) for f in found if not f.passed]


def test_the_real_files_pass_the_gates(build: Con, tmp_path: Path) -> None:
    tidy = tidy_of(build)
    tables = [SOURCES[source].table for source in READ[4:]]
    with duckdb.connect() as con:
        for table in tables:
            con.execute(f"CREATE VIEW stg_{table} AS FROM read_parquet('{tidy}/{table}/*.parquet')")
        assert offending(con, [f"stg_{table}" for table in tables], tmp_path / "tidy") == []
    assert offending(build, MADE, tmp_path / "marts") == []


@pytest.mark.parametrize(
    ("missing", "kept"),
    [("uspto_county", "r_and_d_spending"), ("herd_spending", "patents"), ("ipeds_institutions", "patents")],
)
def test_without_one_source_the_rest_is_there(mirror: Path, tmp_path: Path, missing: str, kept: str) -> None:
    path = made(tmp_path / "home", mirror, [source for source in READ if source != missing])
    with duckdb.connect(path, read_only=True) as con:
        counts = f"SELECT count(*), count({kept}), count(patents) + count(r_and_d_spending) FROM region_innovation"
        rows, there, figures = con.execute(counts).fetchall()[0]
        assert rows > there - 1 > 10_000
        # Without a directory no region's research is known, be it nothing or much.
        assert figures == there
        assert offending(con, MADE, tmp_path / "docs") == []


def figures(build: Con, region: str, year: int) -> dict[str, Any]:
    found = build.execute("SELECT * FROM region_innovation WHERE region_id = ? AND year = ?", [region, year])
    names = [column[0] for column in found.description or []]
    (row,) = found.fetchall()
    return dict(zip(names, row, strict=True))


def test_santa_clara_is_first_in_the_nation(build: Con) -> None:
    patents = {
        (code, year): figures(build, f"county:{code}", year)["patents"]
        for code in ("06085", "06081")
        for year in (2012, 2015)
    }
    assert patents["06085", 2015] == 14_571
    assert patents["06085", 2012] == 11_490
    assert patents["06085", 2012] + patents["06081", 2012] == 14_556
    ranked = (
        "SELECT region_id FROM region_innovation WHERE region_id LIKE 'county:%' AND year = 2015 ORDER BY patents DESC"
    )
    assert build.execute(ranked).fetchone() == ("county:06085",)


def test_growth_and_people_of_an_area_are_those_of_its_counties(build: Con) -> None:
    """San Jose is Santa Clara and San Benito, in both years."""
    by_county = (
        "SELECT sum(patents) FROM region_innovation WHERE region_id IN ('county:06085', 'county:06069') AND year = ?"
    )
    now, before = (build.execute(by_county, [year]).fetchall()[0][0] for year in (2015, 2010))
    area = figures(build, "cbsa:41940", 2015)
    assert area["patents"] == now == 14_618
    assert area["patents_growth_5y"] == pytest.approx((now / before) ** 0.2 - 1)
    assert area["patents_per_100k"] == pytest.approx(740.5, abs=0.1)


def test_areas_are_the_publishers_where_both_name_the_same_counties(build: Con) -> None:
    """Its page has the delineation of 2009; three areas of four are the same in that of today."""
    compared = """
        SELECT count(*), count(*) FILTER (i.patents = m.patents)
        FROM read_parquet(?) AS m
        INNER JOIN region_innovation AS i ON i.region_id = 'cbsa:' || right(m.area_code, 5) AND i.year = m.year
        WHERE m.area_kind = 'metropolitan' AND m.year = 2015
    """
    pages = str(tidy_of(build) / "patents_metro" / "*.parquet")
    assert build.execute(compared, [pages]).fetchone() == (360, 279)


def test_states_make_the_nation(build: Con) -> None:
    """Which is 32 more than the publisher prints: its parts add up to more than its whole."""
    states = "SELECT sum(patents) FROM region_innovation WHERE region_id SIMILAR TO 'state:[0-5].' AND year = 2015"
    assert build.execute(states).fetchone() == (140_960,)
    assert figures(build, "nation:US", 2015)["patents"] == 140_960


def test_a_county_that_is_not_listed_has_none_but_where_another_map_was_used(build: Con) -> None:
    """For 2010 the page gives a patent to one that Alaska did not have then: it may be of any that are not listed."""
    unknown = "SELECT region_id FROM region_innovation WHERE patents IS NULL AND year = 2015"
    assert build.execute(unknown).fetchall() == []
    one = "SELECT year, patents FROM region_innovation WHERE region_id = 'county:02016' AND year IN (2009, 2010, 2011)"
    assert sorted(build.execute(one).fetchall()) == [(2009, 0), (2011, 0)]
    none = "SELECT count(*) FROM region_innovation WHERE patents = 0 AND year = 2015 AND region_id LIKE 'county:%'"
    assert build.execute(none).fetchall()[0][0] > 500


def test_every_region_is_known(build: Con) -> None:
    found = "SELECT region_id FROM region_innovation WHERE region_id NOT IN (SELECT region_id FROM dim_region)"
    assert build.execute(found).fetchall() == []
    found = "SELECT county_region_id FROM research_institution ANTI JOIN dim_region ON county_region_id = region_id"
    assert build.execute(f"{found} WHERE county_region_id IS NOT NULL").fetchall() == []


def test_mit_is_counted_once_in_its_county(build: Con) -> None:
    of_2016 = "FROM research_institution WHERE year = 2016 AND"
    mit = f"SELECT county_region_id, r_and_d_spending, placed_by {of_2016} unit_id = '166683'"
    assert build.execute(mit).fetchall() == [("county:25017", 946_159_000, "campus")]
    there = f"SELECT sum(r_and_d_spending), count(*) {of_2016} county_region_id = 'county:25017'"
    middlesex = figures(build, "county:25017", 2016)
    assert build.execute(there).fetchone() == (middlesex["r_and_d_spending"], middlesex["research_institutions"])
    assert (middlesex["research_institutions"], middlesex["patents"]) == (7, None)


def test_what_no_county_could_be_given_is_said(build: Con) -> None:
    share = figures(build, "nation:US", 2016)["r_and_d_unplaced_share"]
    assert share == pytest.approx(0.01536, abs=0.0001)
    total, nowhere = build.execute(
        "SELECT sum(r_and_d_spending), sum(r_and_d_spending) FILTER (placed_by = 'none') FROM research_institution "
        "WHERE year = 2016"
    ).fetchall()[0]
    # Of 71,833 million dollars; what Puerto Rico's spend is not the nation's.
    assert total == 71_833_308_000
    assert nowhere / total == pytest.approx(share, abs=0.0005)
    assert figures(build, "state:25", 2016)["r_and_d_unplaced_share"] < share
