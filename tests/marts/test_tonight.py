"""Tonight's files: a year in today's form beside an old one publishes, each year in the geography of its time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from orchestration.ingest import ingest, publishers
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked
from tests.conftest import linked_copy, refresh
from tests.corruption.workspace import NATIONAL_YEARS, SLICE_YEARS
from tests.marts.tonight import MADE_FROM, REGION_OF, YEAR, linked, write_2025

OLD, NEW = "2015-07", "2023-07"
REAL_YEARS = (*NATIONAL_YEARS, *SLICE_YEARS)


@pytest.fixture(scope="module")
def tonight(
    mirror_home: Path, mirror: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A release of the real files' years and 2025, of which there is a file tonight."""
    folder = tmp_path_factory.mktemp("tonight")
    files = linked(mirror, folder / "mirror")
    write_2025(mirror, files, delineation(folder / "lists", mirror))
    linked_copy(mirror_home, folder / "home")
    refresh(folder / "home", files, years="2015-")
    with duckdb.connect(str(folder / "home" / "warehouse" / "current.duckdb"), read_only=True) as con:
        yield con


def delineation(home: Path, mirror: Path) -> Path:
    """The tidy list of July 2023."""
    settings, source = Settings(home=home, profile="mirror", mirror=mirror), SOURCES["census_delineation"]
    with publishers(settings) as fetcher:
        partitions, _ = ingest(source, Asked([], date(2026, 11, 28), {}), fetcher, settings)
    return next(settings.tidy / p.path for p in partitions if p.period == NEW)


def test_each_year_has_the_delineation_of_its_time(tonight: duckdb.DuckDBPyConnection) -> None:
    used = tonight.execute(
        "SELECT year, period, why FROM meta.edition_used WHERE source_id = 'census_delineation' ORDER BY year"
    ).fetchall()
    assert [(year, period) for year, period, _ in used] == [(year, OLD) for year in REAL_YEARS] + [(YEAR, NEW)]
    # Of the others the mirror has states alone.
    assert all("are the sum of their counties" in why for year, _, why in used if year in (*NATIONAL_YEARS, YEAR))


def test_no_county_lies_in_two_areas_of_a_year(tonight: duckdb.DuckDBPyConnection) -> None:
    twice = tonight.execute(
        """
        SELECT year, county_region_id, count(*)
        FROM cbsa_county, (SELECT DISTINCT year FROM employment) AS years
        WHERE year BETWEEN coalesce(valid_from, 0) AND coalesce(valid_to, 9999)
        GROUP BY ALL HAVING count(*) > 1
        """
    ).fetchall()
    assert twice == []


def test_areas_without_printed_industries_have_their_counties_sums(tonight: duckdb.DuckDBPyConnection) -> None:
    areas, parts = tonight.execute(
        """
        SELECT count(DISTINCT region_id) FILTER (WHERE industry_id LIKE 'naics____:10'),
            count(DISTINCT region_id) FILTER (WHERE industry_id NOT LIKE 'naics____:10%')
        FROM employment WHERE year = ? AND region_id LIKE 'cbsa:%'
        """,
        [YEAR],
    ).fetchone()
    assert areas > 900
    assert parts > 0.97 * areas
    # And no area of 2025 holds other jobs than its counties do.
    odd = tonight.execute(
        """
        SELECT m.region_id, any_value(a.employment), sum(c.employment)
        FROM cbsa_county AS m
        JOIN employment AS a ON a.region_id = m.region_id AND a.year = $year AND a.industry_id LIKE 'naics____:10'
        JOIN employment AS c ON c.region_id = m.county_region_id AND c.year = $year AND c.ownership = 'total'
            AND c.industry_id = a.industry_id
        WHERE a.ownership = 'total' AND $year BETWEEN coalesce(valid_from, 0) AND coalesce(valid_to, 9999)
        GROUP BY m.region_id HAVING abs(any_value(a.employment) - sum(c.employment)) > 0.005 * sum(c.employment) + 20
        """,
        {"year": YEAR},
    ).fetchall()
    assert odd == []


def test_connecticut_has_counties_then_regions(tonight: duckdb.DuckDBPyConnection) -> None:
    found = tonight.execute(
        "SELECT DISTINCT year, region_id FROM employment WHERE region_id SIMILAR TO 'county:09[01].*' "
        "AND region_id NOT LIKE 'county:0999%'"
    ).fetchall()
    regions = {f"county:{new}" for old, new in REGION_OF.items() if old.startswith("09")}
    counties = {f"county:{old}" for old in REGION_OF if old.startswith("09")}
    assert {region for year, region in found if year == YEAR} == regions
    assert {region for year, region in found if year == MADE_FROM} == counties
    ends = tonight.execute(
        "SELECT region_id, valid_from, valid_to FROM dim_region WHERE region_id IN ('county:09001', 'county:09190')"
    ).fetchall()
    assert sorted(ends) == [("county:09001", None, 2023), ("county:09190", 2024, None)]
    assert tonight.execute(
        "SELECT min(neighbours) FROM cluster_neighbourhood WHERE region_id = 'county:09001'"
    ).fetchone()
