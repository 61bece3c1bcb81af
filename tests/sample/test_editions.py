"""What changes with the years: industries, counties, areas, and which edition of each reference list has them."""

from __future__ import annotations

import csv
import json
import zipfile
from pathlib import Path

import duckdb
import pytest

from orchestration.sample.boundaries import REGION_STATE, RENAMED, SPLIT
from orchestration.sample.census import DELINEATION_COLUMNS, MISSING_NEIGHBOUR
from orchestration.sample.economy import Economy
from orchestration.sample.industries import industries, titles
from orchestration.settings import PROJECT_ROOT
from tests.sample.conftest import Landed

SEEDS = PROJECT_ROOT / "dbt_project" / "seeds"
CENSUS = "www2.census.gov"
REFERENCE = f"{CENSUS}/geo/docs/reference"
GAZETTEER = f"{CENSUS}/geo/docs/maps-data/data/gazetteer"
POPEST = f"{CENSUS}/programs-surveys/popest/datasets"
LISTS = f"{CENSUS}/programs-surveys/metro-micro/geographies/reference-files"


def codes_of(economy: Economy, year: int) -> set[str]:
    return {c.code for c in economy.geography.counties(year)}


def test_industries_changed_as_in_the_concordance(reference: Path) -> None:
    real: dict[str, set[str]] = {}
    with (reference / "naics_concordance_2017_to_2022.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            real.setdefault(row["code_from"], set()).add(row["code_to"])
    ours: dict[str, set[str]] = {}
    for industry in industries():
        ours.setdefault(industry.code, set()).add(industry.code_2022)
    # BLS divides the building trades, and has one code for what is not classified.
    for code in [c for c in ours if c.startswith(("238", "999"))]:
        assert ours.pop(code) == {code}
    assert {code for code, to in ours.items() if not to <= real[code]} == set()
    assert {code for code, to in ours.items() if len(real[code]) == 1 and to != real[code]} == set()
    assert {code for code, to in ours.items() if len(real[code]) > 1 and len(to) == 1} == set()
    joined = {code for to in ours.values() for code in to if sum(code in other for other in ours.values()) > 1}
    assert joined == {"315250", "336110", "455211", "458110", "516210", "523150", "523940"}
    assert sum(to != {code} for code, to in ours.items()) > 30


def test_a_renamed_industry_stays_in_its_cluster_or_is_divided_by_the_taxonomy() -> None:
    with (SEEDS / "cluster_rules.csv").open(encoding="utf-8") as file:
        rules = list(csv.DictReader(file))
    with (SEEDS / "cluster_splits.csv").open(encoding="utf-8") as file:
        divided = {row["code"] for row in csv.DictReader(file) if row["naics"] == "2022"}

    def cluster(naics: int, code: str) -> str:
        fitting = [r for r in rules if int(r["naics_from"]) <= naics <= int(r["naics_to"])]
        matches = [r for r in fitting if code.startswith(r["prefix"])]
        return max(matches, key=lambda r: len(r["prefix"]))["cluster_id"] if matches else ""

    moved = {
        (i.code, i.code_2022)
        for i in industries()
        if i.code_2022 not in divided and cluster(2017, i.code) != cluster(2022, i.code_2022)
    }
    assert moved == set()
    assert cluster(2022, "516110") == cluster(2017, "515112") != cluster(2002, "516110")


def test_rows_are_in_the_edition_of_their_year(published: duckdb.DuckDBPyConnection) -> None:
    query = "select year, count_if(industry_code = '511210') > 0, count_if(industry_code = '516110') > 0 from years"
    found = published.execute(f"{query} group by year order by year").fetchall()
    assert found == [(2021, True, False), *((year, False, True) for year in range(2022, 2026))]


def test_retired_codes_are_marked_in_the_list_of_titles(reference: Path) -> None:
    with (reference / "naics_titles_2022.csv").open(encoding="utf-8") as file:
        current = {row[0] for row in csv.reader(file)}
    marked = {code for code, title in titles().items() if title.startswith(f"NAICS17 {code} ")}
    assert {"511", "5112", "511210", "515112", "454110"} <= marked
    assert not marked & current
    assert titles()["513210"] == "NAICS 513210 Software publishers"
    assert titles()["516110"] == "NAICS 516110 Radio broadcasting stations"


def test_counties_change_in_their_years(economy: Economy, published: duckdb.DuckDBPyConnection) -> None:
    printed = "select distinct area_fips from years where year = ? and agglvl_code = 70 and area_fips[3:] <> '999'"
    by_year = {}
    for year in range(2021, 2026):
        by_year[year] = {code for (code,) in published.execute(printed, [year]).fetchall()}
        assert by_year[year] == codes_of(economy, year)
    assert by_year[2021] - by_year[2022] == {RENAMED[0]}
    assert by_year[2022] - by_year[2021] == {RENAMED[1]}
    assert by_year[2022] - by_year[2023] == {SPLIT[0]}
    assert by_year[2023] - by_year[2022] == set(SPLIT[1])
    gone, come = by_year[2023] - by_year[2024], by_year[2024] - by_year[2023]
    assert gone == {f"{REGION_STATE}{n:03d}" for n in range(1, 16, 2)}
    assert come == {f"{REGION_STATE}{n}" for n in range(110, 191, 10)}
    assert by_year[2024] == by_year[2025]


def test_no_planning_region_can_be_put_together_from_counties(economy: Economy) -> None:
    old, new = (
        [set(c.parcels) for c in economy.geography.counties(year) if c.state.code == REGION_STATE]
        for year in (2023, 2024)
    )
    assert set().union(*old) == set().union(*new)
    assert all(not county <= region for county in old for region in new)


def test_a_renamed_or_split_county_is_the_same_land(economy: Economy, published: duckdb.DuckDBPyConnection) -> None:
    query = "select annual_avg_emplvl from years where year = ? and area_fips = ? and own_code = '0'"
    for year, old, new in ((2022, [RENAMED[0]], [RENAMED[1]]), (2023, [SPLIT[0]], list(SPLIT[1]))):
        places = economy.geography.places(old[0])
        assert sorted(p for code in new for p in economy.geography.places(code)) == list(places)
        for when, codes in ((year - 1, old), (year, new)):
            printed = sum(published.execute(query, [when, code]).fetchone()[0] for code in codes)
            assert printed == economy.employment[economy.years.index(when)][list(places)].sum()


def test_the_last_year_has_no_industries_of_metropolitan_areas(published: duckdb.DuckDBPyConnection) -> None:
    query = "select year, count(*) from years where agglvl_code between 41 and 49 group by 1 order by 1"
    assert [year for year, _ in published.execute(query).fetchall()] == [2021, 2022, 2023, 2024]
    totals = "select year, count(*) from years where agglvl_code = 40 group by 1 order by 1"
    assert published.execute(totals).fetchall() == [(year, 15) for year in range(2021, 2026)]


def test_the_year_under_way_is_not_published(landed: Landed) -> None:
    assert [(p.period, p.format) for p in landed.partitions["qcew"]] == [("2019", "area_slices")]


def test_each_edition_lands_beside_the_others(landed: Landed) -> None:
    editions = {table: sorted(p.edition for p in partitions) for table, partitions in landed.partitions.items()}
    assert editions["cbsa_delineation"] == ["2015-07", "2020-03", "2023-07"]
    assert editions["county_adjacency"] == ["2010", "2023", "2024"]
    assert editions["county_gazetteer"] == ["2010", "2020", "2025"]
    assert editions["county_population"] == ["2010s@2020", "2020s@2024"]
    assert editions["oews_metro"] == editions["oews_industry"] == ["2024-05", "2025-05"]
    assert editions["bea_use"] == ["2017"]


def test_each_delineation_has_the_areas_of_its_time(economy: Economy, landed: Landed) -> None:
    country, kinds = economy.geography, {True: "metropolitan", False: "micropolitan"}
    wanted = {"2015-07": country.cbsas(2021), "2020-03": country.skipped, "2023-07": country.cbsas(2024)}
    members = {}
    for period, cbsas in wanted.items():
        rows = landed.rows("cbsa_code, county_fips, cbsa_kind", f"cbsa_delineation WHERE period = '{period}'")
        assert rows == {(a.code, c, kinds[a.metropolitan]) for a in cbsas for c in a.codes}
        members[period] = {(area, county) for area, county, _ in rows}
    redrawn, areas = country.redrawn, {period: {area for area, _ in pairs} for period, pairs in members.items()}
    assert areas["2015-07"] - areas["2023-07"] == {redrawn.renamed[0], redrawn.vanished}
    assert areas["2023-07"] - areas["2015-07"] == {redrawn.renamed[1], redrawn.new}
    assert set(redrawn.lost) <= members["2015-07"] - members["2023-07"]
    assert set(redrawn.gained) <= members["2023-07"] - members["2015-07"]
    assert areas["2020-03"] == areas["2023-07"]


def test_qcew_prints_the_areas_of_the_delineation(economy: Economy, published: duckdb.DuckDBPyConnection) -> None:
    printed = "select distinct area_fips from years where year = ? and area_fips like 'C%'"
    for year in range(2021, 2026):
        areas = {code for (code,) in published.execute(printed, [year]).fetchall()}
        assert areas == {a.area_code for a in economy.geography.cbsas(year)}


def test_both_delineations_have_the_publishers_columns(mirror: Path) -> None:
    calamine = pytest.importorskip("python_calamine", reason="python-calamine reads the real workbook")
    for path in ("2015/delineation-files/list1.xls", "2023/delineation-files/list1_2023.xlsx"):
        real = calamine.CalamineWorkbook.from_path(str(mirror / LISTS / path))
        assert tuple(real.get_sheet_by_index(0).to_python()[2]) == DELINEATION_COLUMNS
        assert real.sheet_names == ["List 1"]


def test_lists_of_neighbours_have_the_counties_of_their_time(economy: Economy, landed: Landed) -> None:
    one_way = {}
    for year in (2010, 2023, 2024):
        pairs = landed.rows("county_fips, neighbour_fips", f"county_adjacency WHERE period = '{year}'")
        assert {a for a, b in pairs if a == b} == codes_of(economy, year)
        assert {code for pair in pairs for code in pair} == codes_of(economy, year)
        one_way[year] = {(b, a) for a, b in pairs} - pairs
    assert one_way == {2010: set(), 2023: set(), 2024: {MISSING_NEIGHBOUR}}
    assert RENAMED[0] in codes_of(economy, 2010)
    assert {RENAMED[1], *SPLIT[1]} <= codes_of(economy, 2023)


def test_lists_of_neighbours_look_as_the_real_ones(sample: Path, economy: Economy, mirror: Path) -> None:
    path = Path(REFERENCE) / "county_adjacency/county_adjacency2023.txt"
    ours, real = ((root / path).read_text("utf-8").splitlines()[0] for root in (sample, mirror))
    assert ours == real
    ragged = (sample / REFERENCE / "county_adjacency.txt").read_text("latin-1").splitlines()
    name = f'"{economy.geography.counties(2010)[0].name}, AQ (synthetic)"'
    assert ragged[0] == f"{name}\t90001\t{name}\t90001"
    assert sum(not line.startswith("\t\t") for line in ragged) == len(codes_of(economy, 2010))


def test_gazetteers_have_the_counties_of_their_time(economy: Economy, landed: Landed) -> None:
    land = landed.rows("period, sum(land_area_m2)", "county_gazetteer GROUP BY ALL")
    assert len({area for _, area in land}) == 1
    for year in (2010, 2020, 2025):
        codes = landed.rows("county_fips", f"county_gazetteer WHERE period = '{year}'")
        assert {code for (code,) in codes} == codes_of(economy, year)


def test_gazetteer_columns_are_the_real_ones(sample: Path, mirror: Path) -> None:
    path = Path(GAZETTEER) / "2010_Gazetteer/Gaz_counties_national.txt"
    ours, real = ((root / path).read_bytes().splitlines()[0].split(b"\t") for root in (sample, mirror))
    assert [name.strip() for name in ours] == [name.strip() for name in real]


def test_populations_have_the_counties_of_their_last_year(economy: Economy, landed: Landed) -> None:
    people = {}
    for period, since, to in (("2010s", 2010, 2020), ("2020s", 2020, 2024)):
        rows = landed.rows("area_fips, year, population", f"county_population WHERE period = '{period}'")
        people[period] = {(area, year): count for area, year, count in rows}
        assert {area for area, _ in people[period] if not area.endswith("000")} == codes_of(economy, to)
        assert {year for _, year in people[period]} == set(range(since, to + 1))
        counties = sum(n for (a, y), n in people[period].items() if a[:2] == "94" and a != "94000" and y == to)
        assert people[period]["94000", to] == counties
    # Both series have 2020, and do not agree on it.
    assert 0.97 < people["2010s"]["90000", 2020] / people["2020s"]["90000", 2020] < 1


def test_population_columns_are_the_real_ones(sample: Path, mirror: Path) -> None:
    for since, to in ((2010, 2020), (2020, 2024)):
        path = Path(POPEST) / f"{since}-{to}/counties/totals/co-est{to}-alldata.csv"
        ours, real = ((root / path).read_text("latin-1").splitlines()[0].split(",") for root in (sample, mirror))
        assert ours == real[: len(ours)]


def test_the_truth_says_what_changes(sample: Path, economy: Economy) -> None:
    changes = json.loads((sample / "truth.json").read_text(encoding="utf-8"))["changes"]
    assert changes["county_renamed"] == {"from_year": 2022, "old": RENAMED[0], "new": RENAMED[1]}
    assert changes["county_split"] == {"from_year": 2023, "old": SPLIT[0], "new": list(SPLIT[1])}
    regions = changes["planning_regions"]
    assert set(regions["old"]) | set(regions["new"]) == {
        c for year in (2023, 2024) for c in codes_of(economy, year) if c.startswith(regions["state"])
    }
    assert changes["delineation"]["renamed"] == list(economy.geography.redrawn.renamed)
    assert (changes["delineation"]["from_year"], regions["from_year"]) == (2024, 2024)


def test_the_seed_of_county_changes_knows_the_samples(economy: Economy) -> None:
    with (SEEDS / "county_changes.csv").open(encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if "Talvenia" in r["source"]]
    named = {c.code: f"{c.name}, {c.state.name}" for year in (2022, 2024) for c in economy.geography.counties(year)}
    assert all(r["new_name"] == named.get(r["new_code"], "") for r in rows)
    told = {(r["old_code"], r["new_code"], r["kind"], int(r["first_year"])) for r in rows}
    old, new = ({c for c in codes_of(economy, year) if c.startswith(REGION_STATE)} for year in (2023, 2024))
    assert told == {
        (*RENAMED, "rename", 2022),
        *((SPLIT[0], code, "split", 2023) for code in SPLIT[1]),
        *((code, "", "replaced", 2024) for code in old),
        *(("", code, "replaced", 2024) for code in new),
    }


def test_what_changes_with_every_seed_is_the_same(sample: Path) -> None:
    from orchestration.sample.geography import build_geography

    for seed in range(20):
        country = build_geography(seed)
        assert [len(country.counties(year)) for year in (2021, 2022, 2023, 2024)] == [207, 207, 208, 209]
        metros = {c.code for c in country.cbsas(2021) if c.metropolitan}
        assert {"97300"} <= metros
        assert not {RENAMED[0], SPLIT[0]} & {code for c in country.cbsas(2021) for code in c.codes}
        assert not {RENAMED[1], *SPLIT[1]} & {code for c in country.cbsas(2024) for code in c.codes}


def test_archives_of_quarters_are_named_by_the_quarters_in_them(sample: Path) -> None:
    folder = sample / "data.bls.gov/cew/data/files"
    for year, quarters in ((2020, "q1-q4"), (2026, "q1-q2")):
        with zipfile.ZipFile(folder / f"{year}/csv/{year}_qtrly_by_area.zip") as archive:
            prefix = f"{year}.{quarters}"
            assert all(name.startswith(f"{prefix}.by_area/{prefix} ") for name in archive.namelist())
