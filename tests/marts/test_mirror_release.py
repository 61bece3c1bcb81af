"""What `clusters refresh` publishes from the mirror of real files, 2015-2016 the nation and 2019-2020 the states.

Belongs here: figures that a person can look up, and properties of the release as a whole. Does not: comparisons with
indicators that others publish (see `tests/oracles`).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from bench.opportunities import rows
from orchestration.landing.unpack import unpacked
from orchestration.sources.bls.parse import parse_annual, parse_quarterly
from orchestration.sources.source import Edition

Con = duckdb.DuckDBPyConnection
Record = Callable[[str, object], None]
QCEW_FILES = Path("data.bls.gov") / "cew" / "data" / "files"


@pytest.fixture(scope="session")
def singlefile_2016(mirror: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The unpacked singlefile of 2016."""
    archive = mirror / QCEW_FILES / "2016" / "csv" / "2016_annual_singlefile.zip"
    return unpacked(archive, "zip", tmp_path_factory.mktemp("singlefile"), "bls_qcew", 8_000_000_000)


def test_years_and_rows(warehouse: Con) -> None:
    """Some three million printed rows in each national year, and beside them the sums of micropolitan counties."""
    counts = "SELECT year, count(*), count(*) FILTER (region_id NOT LIKE 'cbsa:%') FROM employment GROUP BY year"
    rows = {year: (cells, outside_metros) for year, cells, outside_metros in warehouse.sql(counts).fetchall()}
    assert sorted(rows) == [2015, 2016, 2019, 2020]
    for year in (2015, 2016):
        assert 3_000_000 < rows[year][0] < 3_700_000
        assert 2_300_000 < rows[year][1] < 2_700_000
    for year in (2019, 2020):
        assert 130_000 < rows[year][0] < 160_000


def test_semiconductors_in_santa_clara_county(warehouse: Con) -> None:
    """BLS's own figures for 3344 in county 06085, 2016. The quotient of 334413 lies near 21.5 in the mirror's
    quarterly original; the annual one rests on a derived national figure."""
    cells = """
        SELECT establishments, employment, status FROM employment
        WHERE region_id = 'county:06085' AND industry_id = 'naics2012:3344' AND ownership = 'private' AND year = 2016
    """
    assert warehouse.sql(cells).fetchall() == [(432, 40_528, "published")]
    quotient = """
        SELECT lq FROM industry_specialisation
        WHERE region_id = 'county:06085' AND industry_id = 'naics2012:334413' AND ownership = 'private' AND year = 2016
    """
    assert warehouse.sql(quotient).fetchall()[0][0] == pytest.approx(21.5, abs=0.1)


def test_connecticut_stands_in_both_vintages(warehouse: Con) -> None:
    vintages = """
        SELECT vintage, count(*), min(code), max(code) FROM dim_region
        WHERE parent_region_id = 'state:09' AND region_type = 'county' GROUP BY vintage ORDER BY vintage
    """
    assert warehouse.sql(vintages).fetchall() == [
        ("county to 2023", 8, "09001", "09015"),
        ("planning region from 2024", 9, "09110", "09190"),
    ]


def test_no_withheld_cell_is_zero(warehouse: Con, singlefile_2016: list[Path], record_property: Record) -> None:
    """Every row that the publisher marks N has no employment and no wages, and every other row has both."""
    warehouse.execute(
        f"""
        CREATE TEMP TABLE raw AS
        SELECT area_fips, own_code, industry_code, disclosure_code = 'N' AS withheld
        FROM read_csv({[str(p) for p in singlefile_2016]}, all_varchar = true, header = true)
        WHERE area_fips SIMILAR TO '[0-9]{{5}}' AND substr(area_fips, 3) <> '000' AND substr(area_fips, 3) < '995'
            AND own_code <> '8' AND size_code = '0'
        """
    )
    counted = warehouse.sql(
        """
        SELECT
            coalesce(r.withheld, false) AS withheld, count(*) AS cells,
            count(e.region_id) AS found, count(e.employment) AS with_employment, count(e.wages) AS with_wages
        FROM raw AS r
        LEFT JOIN employment AS e
            ON e.region_id = 'county:' || r.area_fips AND e.industry_id = 'naics2012:' || r.industry_code
                AND e.year = 2016 AND e.ownership
                    = MAP {'0': 'total', '1': 'federal', '2': 'state', '3': 'local', '5': 'private'}[r.own_code]
        GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    (_, published, *in_published), (_, withheld, *in_withheld) = counted
    record_property("withheld county cells 2016", withheld)
    print(f"\n{withheld:,} withheld and {published:,} published county cells in 2016")
    assert in_published == [published] * 3
    assert in_withheld == [withheld, 0, 0]
    assert withheld > 1_000_000


def test_metros_are_the_publishers_rows_or_sums_of_counties(warehouse: Con) -> None:
    """BLS prints industry detail of metropolitan areas in 2015 and 2016; of micropolitan ones only the total.

    Enid, Oklahoma, is metropolitan in the delineation of July 2015, which BLS took up later: it is summed.
    """
    detail = """
        SELECT d.cbsa_kind, e.status, count(DISTINCT e.region_id) AS areas
        FROM employment AS e
        INNER JOIN (
            SELECT DISTINCT region_id, cbsa_kind FROM cbsa_county
            WHERE 2016 BETWEEN coalesce(valid_from, 0) AND coalesce(valid_to, 9999)
        ) AS d ON e.region_id = d.region_id
        WHERE e.year = 2016 AND e.ownership = 'private' AND e.industry_id = 'naics2012:31-33'
        GROUP BY ALL
    """
    found = {(kind, status): areas for kind, status, areas in warehouse.sql(detail).fetchall()}
    assert found.pop(("metropolitan", "derived")) == 1
    assert ("micropolitan", "published") not in found
    assert found["metropolitan", "published"] > 300
    assert found["micropolitan", "derived"] > 300


def test_summed_micropolitan_areas_agree_with_their_printed_total(warehouse: Con, record_property: Record) -> None:
    """The only cell that both have: all jobs. Each county is rounded to a whole job, so is the area."""
    compared = warehouse.sql(
        """
        SELECT a.region_id, any_value(a.employment) AS printed, sum(c.employment) AS summed, count(*) AS counties
        FROM employment AS a
        INNER JOIN cbsa_county AS m ON a.region_id = m.region_id AND m.cbsa_kind = 'micropolitan'
            AND a.year BETWEEN coalesce(m.valid_from, 0) AND coalesce(m.valid_to, 9999)
        INNER JOIN employment AS c
            ON m.county_region_id = c.region_id AND c.year = a.year AND c.ownership = 'total'
                AND c.industry_id = a.industry_id
        WHERE a.year = 2016 AND a.ownership = 'total' AND a.industry_id = 'naics2012:10' AND a.status = 'published'
        GROUP BY a.region_id
        """
    )
    areas, apart = compared.aggregate(
        "count(*), count(*) FILTER (abs(printed - summed) > 0.5 * (counties + 1))"
    ).fetchall()[0]
    record_property("micropolitan areas apart from the sum of their counties", f"{apart} of {areas}")
    print(f"\n{apart} of {areas} micropolitan areas differ from the sum of their counties")
    assert areas > 500
    assert apart <= 0.01 * areas


def test_quarterly_originals_agree_with_the_singlefile(
    mirror: Path, singlefile_2016: list[Path], tmp_path: Path, record_property: Record
) -> None:
    """BLS's own quarterly files of nine areas, annualised by our parser, against the annual file of the same areas.

    The mirror's annual file was itself annualised from these quarters, so cells agree but for the half that two
    programs round differently; detail of government, which that file drops, has no counterpart.
    """
    archive = mirror / QCEW_FILES / "2016" / "csv" / "2016_qtrly_by_area.zip"
    members = unpacked(archive, "zip", tmp_path, "bls_qcew", 8_000_000_000)
    assert len(members) == 9
    with duckdb.connect() as con:
        parse_quarterly(con, members, Edition("2016", None, ())).create("quarterly")
        annual = parse_annual(con, singlefile_2016, Edition("2016", None, ()))
        annual.filter("area_fips IN (SELECT DISTINCT area_fips FROM quarterly)").create("annual")
        cells, missing, other_disclosure, estabs, jobs, wages, areas = con.sql(
            """
            SELECT
                count(*), count(*) FILTER (q.area_fips IS NULL),
                count(*) FILTER ((q.annual_avg_emplvl IS NULL) <> (a.annual_avg_emplvl IS NULL)),
                count(*) FILTER (abs(q.annual_avg_estabs - a.annual_avg_estabs) > 0),
                count(*) FILTER (abs(q.annual_avg_emplvl - a.annual_avg_emplvl) > 0),
                count(*) FILTER (q.total_annual_wages <> a.total_annual_wages),
                count(DISTINCT a.area_fips)
            FROM annual AS a
            LEFT JOIN quarterly AS q USING (area_fips, own_code, industry_code, agglvl_code, size_code, year)
            """
        ).fetchall()[0]
        alone = con.sql(
            "SELECT DISTINCT q.own_code FROM quarterly AS q "
            "ANTI JOIN annual USING (area_fips, own_code, industry_code, agglvl_code) ORDER BY ALL"
        ).fetchall()
    found = (
        f"{cells} cells: establishments differ in {estabs}, employment in {jobs}, wages in {wages}, "
        f"disclosure in {other_disclosure}; {missing} have no quarters"
    )
    print(f"\n{found}; quarterly cells of ownership {', '.join(own for (own,) in alone)} have no annual counterpart")
    record_property("quarterly originals against the singlefile", found)
    assert (areas, missing, other_disclosure, wages) == (9, 0, 0, 0)
    assert cells > 15_000
    assert estabs + jobs <= 0.001 * cells
    assert {own for (own,) in alone} <= {"1", "2", "3"}


def test_county_quotients_against_the_quarterly_originals(
    warehouse: Con, mirror: Path, tmp_path: Path, record_property: Record
) -> None:
    """BLS's monthly quotients of nine areas, averaged over 2016, against our annual one of the same cell.

    A mean of twelve quotients is not the quotient of means, and the annual nation is derived: half a cent of
    rounding and two percent are allowed, and one in a hundred cells, highly seasonal ones, may differ by more.
    """
    archive = mirror / QCEW_FILES / "2016" / "csv" / "2016_qtrly_by_area.zip"
    members = [str(p) for p in unpacked(archive, "zip", tmp_path, "bls_qcew", 8_000_000_000)]
    compared = warehouse.sql(
        f"""
        WITH bls AS (
            SELECT
                CASE right(area_fips, 3) WHEN '000' THEN 'state:' || left(area_fips, 2) ELSE 'county:' || area_fips END
                    AS region_id,
                industry_code,
                avg((lq_month1_emplvl::DOUBLE + lq_month2_emplvl::DOUBLE + lq_month3_emplvl::DOUBLE) / 3) AS published
            FROM read_csv({members}, all_varchar = true, header = true)
            WHERE own_code = '5'
            GROUP BY ALL
            HAVING count(*) = 4 AND NOT bool_or(coalesce(lq_disclosure_code, '') || coalesce(disclosure_code, '') <> '')
        )
        SELECT b.*, s.lq, s.employment
        FROM bls AS b
        INNER JOIN industry_specialisation AS s
            ON b.region_id = s.region_id AND s.industry_id = 'naics2012:' || b.industry_code
                AND s.ownership = 'private' AND s.year = 2016
        WHERE s.lq IS NOT NULL
        """
    )
    allowed = "0.005 + 0.02 * published + lq * 0.5 / greatest(employment, 0.5)"
    cells, apart, regions = compared.aggregate(
        f"count(*), count(*) FILTER (abs(lq - published) > {allowed}), count(DISTINCT region_id)"
    ).fetchall()[0]
    record_property("county quotients against BLS's monthly ones", f"{apart} of {cells} apart")
    print(f"\n{apart} of {cells} quotients of nine areas differ from BLS's monthly mean")
    assert regions == 9
    assert cells > 5_000
    assert apart <= 0.01 * cells


def test_boston_biotechnology_is_strong_beyond_doubt(warehouse: Con) -> None:
    """Withheld for the metropolitan area: 698 establishments, no jobs printed.

    Its counties of Middlesex (23,451) and Suffolk (6,581) are printed, so it holds at least 30,032 of the nation's
    some 171,000 jobs in biotechnology R&D; the other sums it is a part of leave no more than a dozen jobs open.
    """
    key = "region_id = 'cbsa:14460' AND industry_id = 'naics2012:541711' AND ownership = 'private' AND year = 2016"
    establishments, employment, status, least, most = warehouse.sql(
        f"SELECT establishments, employment, status, employment_lower, employment_upper FROM employment WHERE {key}"
    ).fetchall()[0]
    assert (establishments, employment, status) == (698, None, "bounded")
    assert 23_451 + 6_581 <= least <= most <= least + 20
    quotient, least, verdict = warehouse.sql(
        f"SELECT lq, lq_lower, specialised FROM industry_specialisation WHERE {key}"
    ).fetchall()[0]
    assert quotient is None
    assert least > 9
    assert verdict == "yes"


def test_a_metro_s_other_counties_settle_what_a_county_withholds(warehouse: Con) -> None:
    """St. Johns County, Florida, agriculture 2016, as worked in docs/suppression.md: 480 to 482 jobs, none printed."""
    cells = dict(
        warehouse.sql(
            """
            SELECT split_part(industry_id, ':', 2), (employment, employment_lower::INTEGER, employment_upper::INTEGER)
            FROM employment
            WHERE region_id = 'county:12109' AND ownership = 'private' AND year = 2016
                AND industry_id IN ('naics2012:1011', 'naics2012:11', 'naics2012:21', 'naics2012:113')
            """
        ).fetchall()
    )
    assert cells == {"1011": (486, 486, 486), "11": (None, 480, 482), "21": (None, 4, 6), "113": (None, 9, 11)}


CLUSTERS_TOLD = """
    SELECT region_name, cluster_id, strong IN ('yes', 'likely') AS is_strong FROM cluster_profile
    WHERE year = 2016 AND region_type = 'cbsa' AND strong <> 'undetermined'
"""


def test_clusters_that_everybody_names_are_likely_strong(warehouse: Con) -> None:
    """Verdicts about them are open, since those of hundreds of tiny areas are; no completion makes them weak."""
    told = {(name.split("-")[0].split(",")[0], cluster): strong for name, cluster, strong
            in warehouse.sql(CLUSTERS_TOLD).fetchall()}  # fmt: skip
    named = {
        ("Detroit", "automotive"), ("Houston", "oil_and_gas_production_and_transportation"),
        ("Seattle", "aerospace_vehicles_and_defense"), ("Elkhart", "trailers_motor_homes_and_appliances"),
        ("San Jose", "information_technology_and_analytical_instruments"),
        ("Boston", "education_and_knowledge_creation"), ("New York", "apparel"),
        ("Los Angeles", "video_production_and_distribution"), ("Nashville", "automotive"), ("Toledo", "automotive"),
    }  # fmt: skip
    weak = {
        ("San Jose", "apparel"), ("Boston", "automotive"), ("Las Vegas", "aerospace_vehicles_and_defense"),
        ("New York", "automotive"), ("Las Vegas", "automotive"), ("Detroit", "apparel"), ("Seattle", "automotive"),
        ("Houston", "apparel"), ("San Jose", "automotive"), ("San Jose", "oil_and_gas_production_and_transportation"),
        ("Elkhart", "biopharmaceuticals"), ("Detroit", "oil_and_gas_production_and_transportation"),
    }  # fmt: skip
    assert {key: told.get(key) for key in named} == dict.fromkeys(named, True)
    assert {key: told.get(key) for key in weak} == dict.fromkeys(weak, False)


def test_detroit_leads_in_automotive(warehouse: Con) -> None:
    rows = warehouse.sql(
        "SELECT region_name, jobs, jobs_low, jobs_high, jobs_quality FROM cluster_profile "
        "WHERE cluster_id = 'automotive' AND region_type = 'cbsa' AND year = 2016 ORDER BY jobs DESC LIMIT 1"
    ).fetchall()
    (name, jobs, low, high, quality) = rows[0]
    assert name.startswith("Detroit")
    assert 100_331 <= low <= jobs <= high <= 100_986
    assert quality == "certain"


def test_every_cluster_with_establishments_has_an_estimate_within_its_bounds(warehouse: Con) -> None:
    counted = warehouse.sql(
        """
        SELECT count(*) > 300_000, count(*) FILTER (employment_estimate IS NULL OR estimate_quality IS NULL),
            count(*) FILTER (NOT employment_estimate BETWEEN employment_p10 AND employment_p90),
            count(*) FILTER (employment_p10 < employment_lower OR employment_p90 > employment_upper),
            count(*) FILTER (employment_estimate <> employment)
        FROM cluster_specialisation WHERE establishments > 0 AND region_id NOT LIKE 'unallocated:%'
        """
    ).fetchall()
    assert counted == [(True, 0, 0, 0, 0)]


def test_patterns_over_regions_are_whole_on_estimates(warehouse: Con) -> None:
    """Of 2016 on jobs they are NULL for all counties and metropolitan areas."""
    lacking = warehouse.sql(
        """
        SELECT count(*) FILTER (neighbours > 0 AND (local_moran_on_estimates IS NULL OR quadrant_on_estimates IS NULL)),
            count(*) FILTER (neighbours > 0 AND spatially_interpolated_lq_estimate IS NULL)
        FROM cluster_neighbourhood WHERE year = 2016
        UNION ALL
        SELECT count(*) FILTER ((eci_on_estimates IS NULL) <> (diversity_on_estimates = 0)),
            count(*) FILTER (diversity_on_estimates <> diversity)
        FROM region_complexity WHERE year = 2016
        UNION ALL
        SELECT count(*) FILTER (relatedness_density_on_estimates IS NULL OR complexity_on_estimates IS NULL),
            count(*) FILTER ((opportunity_rank_on_estimates IS NULL) <> (present_on_estimates = 'yes'))
        FROM cluster_opportunity WHERE year = 2016
        """
    ).fetchall()
    assert lacking == [(0, 0)] * 3


def test_the_order_of_opportunities_foresees_which_come_to_areas_and_counties(
    warehouse: Con, record_property: Record
) -> None:
    """From whatever quotient, and from far below 1, where being near to it says nothing."""
    found = [row for row in rows(warehouse) if row["of"] in ("cbsa", "county") and row["years"] == "2015-2016"]
    assert [row["quotient below"] for row in found] == [1.0, 0.5] * 2
    for row in found:
        record_property(f"{row['of']}, from below {row['quotient below']}", row["AUC of the rank"])
        assert row["regions"] > 100
        assert row["AUC of the rank"] - 5 * row["standard error"] > 0.5


def test_automotive_is_hot_from_michigan_to_alabama(warehouse: Con) -> None:
    """By estimates of jobs: among states Indiana and Ohio first; of hot counties four in five lie in seven states."""
    hot = "FROM cluster_neighbourhood WHERE cluster_id = 'automotive' AND year = 2016"
    states = warehouse.sql(
        f"SELECT region_id {hot} AND region_id LIKE 'state:%' ORDER BY getis_ord_z_on_estimates DESC LIMIT 2"
    ).fetchall()
    assert states == [("state:18",), ("state:39",)]
    belt = "region_id[8:9] IN ('26', '39', '18', '17', '21', '47', '01')"
    (share,) = warehouse.sql(
        f"SELECT avg(({belt})::INTEGER) {hot} AND region_id LIKE 'county:%' AND getis_ord_z_on_estimates > 1.96"
    ).fetchall()[0]
    assert share > 0.8


def test_flags_agree_with_published_ones_of_another_source(
    warehouse: Con, reference: Path, record_property: Record
) -> None:
    """U.S. Cluster Mapping's rest on County Business Patterns: other coverage, other imputation, the same rule."""
    warehouse.execute(f"CREATE TEMP TABLE ucm AS FROM read_csv('{reference}/ucm_states_2016.csv', all_varchar = true)")
    for flag, least in (("strong", 0.919), ("strong10", 0.958)):
        ((cells, agree),) = warehouse.sql(
            f"""
            SELECT count(*), avg(((coalesce(ucm_{flag}_probability, 0) >= 0.5) = ({flag} = 'true'))::INTEGER)
            FROM ucm JOIN dim_cluster AS c ON ucm.cluster_name = c.name
            LEFT JOIN cluster_specialisation AS s ON s.region_id = 'state:' || ucm.region_code
                AND s.cluster_id = c.cluster_id AND s.year = 2016
            WHERE traded = 'true'
            """
        ).fetchall()
        record_property(f"{flag} agrees with U.S. Cluster Mapping", f"{agree:.1%} of {cells}")
        assert cells == 2550
        assert agree >= least


def test_flags_differ_from_published_ones_where_the_sources_do(
    warehouse: Con, reference: Path, record_property: Record
) -> None:
    """Of clusters that both count alike, by figures that QCEW leaves possible, nearly all flags are the same."""
    warehouse.execute(f"CREATE TEMP TABLE ucm AS FROM read_csv('{reference}/ucm_states_2016.csv', all_varchar = true)")
    found = warehouse.sql(
        """
        WITH both_sources AS (
            SELECT c.cluster_id, emp::DOUBLE AS theirs, coalesce(s.employment_estimate, 0) AS ours,
                coalesce(theirs BETWEEN s.employment_lower AND s.employment_upper, FALSE) AS is_possible,
                (coalesce(ucm_strong_probability, 0) >= 0.5) <> (strong = 'true') AS differs
            FROM ucm JOIN dim_cluster AS c ON ucm.cluster_name = c.name
            LEFT JOIN cluster_specialisation AS s ON s.region_id = 'state:' || ucm.region_code
                AND s.cluster_id = c.cluster_id AND s.year = 2016
            WHERE traded = 'true'
        ), far AS (
            SELECT cluster_id, abs(sum(ours) / sum(theirs) - 1) > 0.1 AS is_far FROM both_sources GROUP BY cluster_id
        )
        SELECT is_far, is_possible, count(*) AS cells, count(*) FILTER (differs) AS differing
        FROM both_sources JOIN far USING (cluster_id) GROUP BY ALL ORDER BY ALL
        """
    ).fetchall()
    record_property("flags that differ, by whether sums differ and jobs are possible", str(found))
    counts = {(far, possible): (cells, differing) for far, possible, cells, differing in found}
    cells, differing = counts[False, True]
    assert cells > 300
    assert differing / cells < 0.03
    of_possible = counts[False, True][1] + counts[True, True][1]
    assert of_possible / sum(differing for _, differing in counts.values()) < 0.1


def test_no_gamma_runs_off(warehouse: Con) -> None:
    """Of industries with a few plants it came out at -1,223 and 32.6."""
    names = ("ellison_glaeser_gamma", "maurel_sedillot_gamma")
    bounds = ", ".join(f"{name}_{end}" for name in names for end in ("lower", "upper"))
    ((least, most, told),) = warehouse.sql(
        f"SELECT min(least({bounds})), max(greatest({bounds})), count(ellison_glaeser_gamma_lower) / count(*) "
        "FROM industry_concentration"
    ).fetchall()
    assert -1.05 < least <= most < 1.6
    assert told > 0.95


def test_business_dynamics_of_states_and_applications_of_all_counties(warehouse: Con) -> None:
    """Each in the years of its own source: 47 states from 1978 to 2018, 51 from 2005 to 2023."""
    years = "SELECT min(year), max(year), count(DISTINCT region_id) FROM region_dynamism WHERE region_id LIKE 'state:%'"
    assert warehouse.sql(f"{years} AND births IS NOT NULL").fetchall() == [(1978, 2018, 47)]
    assert warehouse.sql(f"{years} AND business_applications IS NOT NULL").fetchall() == [(2005, 2023, 51)]
    broken = "SELECT count(*) FROM region_dynamism WHERE job_creation <> job_creation_births + job_creation_continuers"
    assert warehouse.sql(broken).fetchall() == [(0,)]
    # Four states are missing, so the nation has applications alone.
    nation = "SELECT business_applications, births FROM region_dynamism WHERE region_id = 'nation:US' AND year = 2016"
    assert warehouse.sql(nation).fetchall() == [(2_948_578, None)]


def test_firms_of_real_counties_are_bounded_and_say_nothing_of_sizes(warehouse: Con) -> None:
    """Files of the Bureau's interface have no size classes; establishments of a county of many are known."""
    aerospace = """
        SELECT establishments, establishments_lower, establishments_upper, anchors_upper, size_classes
        FROM cluster_firms
        WHERE region_id = ? AND cluster_id = 'aerospace_vehicles_and_defense' AND year = 2019
    """
    found = [warehouse.execute(aerospace, [region]).fetchall() for region in ("county:04013", "cbsa:38060")]
    assert found == [[(69, 69, 69, None, "not in the file")], [(None, 72, 74, None, "not in the file")]]
    sizes = "SELECT DISTINCT size_classes, year FROM cluster_firms ORDER BY year"
    assert warehouse.sql(sizes).fetchall() == [("not in the file", 2019), ("not in the file", 2020)]
