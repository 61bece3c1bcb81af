"""Places and their editions in the warehouse made from the mirror.

Belongs here: which real delineation, list of adjacency and population each real year is read by, and what follows for
real places. Does not: invented cases (dbt's unit tests of places).
"""

from __future__ import annotations

import duckdb

Con = duckdb.DuckDBPyConnection


def test_each_year_has_the_delineation_that_its_areas_fit(warehouse: Con) -> None:
    """Of the areas printed in 2015 and 2016 nearly all are sums of their counties in the list of July 2015; later lists
    stand beside it in the mirror. State slices print no areas and have what BLS says."""
    used = warehouse.sql(
        "SELECT year, edition, why FROM meta.edition_used WHERE source_id = 'census_delineation' ORDER BY year"
    ).fetchall()
    assert [(year, edition) for year, edition, _ in used] == [(y, "2015-07") for y in (2015, 2016, 2019, 2020)]
    assert used[1][2].startswith("of 929 areas with printed jobs 929 are the sum of their counties")
    assert used[3][2].startswith("QCEW prints no areas this year")


def test_no_metropolitan_area_stands_twice(warehouse: Con) -> None:
    """Cleveland is 17460 up to 2023, and 17410 only from 2024 on."""
    held = "SELECT DISTINCT region_id FROM employment WHERE region_id IN ('cbsa:17460', 'cbsa:17410') AND year = 2016"
    assert warehouse.sql(held).fetchall() == [("cbsa:17460",)]
    shared = """
        SELECT b.county_region_id, e.year FROM (SELECT DISTINCT region_id, year FROM employment) AS e
        JOIN cbsa_county AS b
            ON e.region_id = b.region_id AND e.year BETWEEN b.valid_from AND coalesce(b.valid_to, e.year)
        GROUP BY ALL HAVING count(*) > 1
    """
    assert warehouse.sql(shared).fetchall() == []


def test_a_micropolitan_areas_industries_come_from_the_counties_of_its_total(warehouse: Con) -> None:
    """Nowhere do the private sectors of an area surely hold more jobs than the area."""
    more = """
        SELECT t.region_id, t.year, t.employment, sum(s.employment_lower) AS sectors
        FROM employment AS t
        JOIN employment AS s ON t.region_id = s.region_id AND t.year = s.year AND s.ownership = 'private'
        JOIN dim_industry AS i ON s.industry_id = i.industry_id AND i.level = 'sector'
        WHERE t.region_id LIKE 'cbsa:%' AND t.ownership = 'total' AND t.employment IS NOT NULL
        GROUP BY ALL HAVING sectors > 1.005 * t.employment + 20
    """
    assert warehouse.sql(more).fetchall() == []


def test_counties_that_changed_have_neighbours(warehouse: Con) -> None:
    """Oglala Lakota and Kusilvak stand under their older names in the list of 2010, and Connecticut's counties and
    Valdez-Cordova in that list only."""
    counties = ["46102", "02158", "02261", "09001", "09003", "09005", "09007", "09009", "09011", "09013", "09015"]
    found = warehouse.execute(
        "SELECT count(DISTINCT region_id) FROM cluster_neighbourhood WHERE year = 2016 AND neighbours > 1 "
        "AND region_id IN (SELECT 'county:' || unnest(?))",
        [counties],
    ).fetchall()
    assert found == [(len(counties),)]


def test_territories_are_no_peers_and_not_in_the_nation(warehouse: Con) -> None:
    """Neither Puerto Rico's areas, nor the District of Columbia among states, have U.S. Cluster Mapping's flags."""
    compared = """
        SELECT count(DISTINCT region_id), count(DISTINCT region_id) FILTER (WHERE ucm_qualifying IS NOT NULL)
        FROM cluster_specialisation WHERE year = 2016 AND region_id LIKE 'state:%'
    """
    assert warehouse.sql(compared).fetchall() == [(53, 50)]
    areas = """
        SELECT count(DISTINCT region_id), count(ucm_qualifying) FROM cluster_specialisation
        JOIN dim_region USING (region_id) WHERE region_type = 'cbsa' AND name SIMILAR TO '.*, PR (MSA|MicroSA)'
    """
    found, flagged = warehouse.sql(areas).fetchall()[0]
    assert found > 5
    assert flagged == 0
    outside = "SELECT count(*) FROM region_structure WHERE split_part(region_id, ':', 2) SIMILAR TO '72...|78...|72|78'"
    assert warehouse.sql(outside).fetchall() == [(0,)]


def test_retired_codes_keep_what_was_last_known_of_them(warehouse: Con) -> None:
    """Name, land, position and people with their year."""
    known = """
        SELECT code, valid_to, population_year FROM dim_region
        WHERE region_id IN ('county:09001', 'county:02261', 'cbsa:17460')
            AND name IS NOT NULL AND land_area_km2 > 0 AND latitude IS NOT NULL AND population > 0
        ORDER BY code
    """
    found = warehouse.sql(known).fetchall()
    assert [(code, valid_to) for code, valid_to, _ in found] == [("02261", 2019), ("09001", 2023), ("17460", 2023)]
    assert all(year >= 2019 for _, _, year in found)


def test_areas_of_the_survey_of_occupations_have_the_jobs_of_their_counties_in_it(warehouse: Con) -> None:
    """The survey of 2025 has the areas of 2023, the jobs of 2016 those of 2015: Salisbury has lost the county that most
    of its jobs were in, and Cleveland has another code. An area's own estimates and its counties' differ a little."""
    jobs = {
        area: (found, counties, own)
        for area, found, counties, own in warehouse.sql(
            """
            WITH found AS (SELECT region_id, jobs_year, sum(jobs) AS jobs FROM cluster_skill_gap GROUP BY ALL),
            held AS (
                SELECT region_id, year, sum(employment_estimate) AS jobs FROM cluster_specialisation GROUP BY ALL
            )
            SELECT f.region_id, any_value(f.jobs), sum(h.jobs), any_value(o.jobs)
            FROM found AS f
            JOIN cbsa_county AS b ON f.region_id = b.region_id AND b.valid_to IS NULL
            LEFT JOIN held AS h ON b.county_region_id = h.region_id AND f.jobs_year = h.year
            LEFT JOIN held AS o ON f.region_id = o.region_id AND f.jobs_year = o.year
            GROUP BY f.region_id
            """
        ).fetchall()
    }
    assert len(jobs) == 393
    unknown = {area for area, (found, _, _) in jobs.items() if found is None}
    assert unknown == {f"cbsa:{code}" for code in (14860, 25540, 35300, 35980, 47930)}, "Connecticut's"
    assert [a for a, (found, counties, _) in jobs.items() if found and abs(found / counties - 1) > 0.002] == []
    assert jobs["cbsa:41540"][0] < 0.4 * jobs["cbsa:41540"][2]
    assert jobs["cbsa:17410"][0] > 800_000
    assert jobs["cbsa:17410"][2] is None
