"""Small build files for tests: a region table, an employment table and the full catalogue."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb

from orchestration.contracts import ColumnContract, TableContract
from orchestration.quality.verdict import CheckResult
from orchestration.release.manifest import Manifest
from orchestration.release.meta import write_catalogue
from orchestration.release.publish import Warehouse
from orchestration.release.records import Catalogue, ReleaseRow, SourceFile, SourceSnapshot, TableProfile

MOMENT = datetime(2026, 11, 22, 2, 30, tzinfo=UTC)
RELEASE_ID = "20261122T023000Z"

TABLES = {
    "dim_region": """
        SELECT * FROM (VALUES
            ('county:06085', 'county', 'Santa Clara County'),
            ('county:90001', 'county', 'Upper "Quote" County'),
            ('state:06', 'state', 'California')) AS t(region_id, region_type, name)""",
    "dim_cluster": """
        SELECT * FROM (VALUES
            ('automotive', 'Automotive', 'traded'),
            ('local_health', 'Local Health', 'local'),
            ('tools', 'Metalworking [tools]', 'traded')) AS t(cluster_id, name, kind)""",
    "cluster_specialisation": """
        SELECT region_id, cluster_id, year::INTEGER AS year, employment::BIGINT AS employment,
               lq::DOUBLE AS lq, hc_employment::DOUBLE AS hc_employment, ucm_strong, stars::INTEGER AS stars
        FROM (VALUES
            ('county:06085', 'automotive', 2016, 900, 3.25, 600, 'yes', 3),
            ('county:06085', 'tools', 2016, 500, 2.5, 700, 'yes', 2),
            ('county:90001', 'tools', 2016, NULL, NULL, NULL, 'undetermined', NULL),
            ('county:90001', 'local_health', 2016, 80, 4.0, 900, 'yes', 1),
            ('county:90001', 'automotive', 2016, NULL, NULL, NULL, 'yes', NULL),
            ('state:06', 'automotive', 2016, 5000, 1.5, 2000, 'yes', 2),
            ('county:90001', 'automotive', 2015, 5000, 9.5, 4000, 'yes', 2))
            AS t(region_id, cluster_id, year, employment, lq, hc_employment, ucm_strong, stars)""",
    "cluster_profile": """
        SELECT s.region_id, r.name AS region_name, r.region_type, s.cluster_id, c.name AS cluster_name, c.kind, s.year,
               coalesce(s.employment, 300)::DOUBLE AS jobs, 100.0::DOUBLE AS jobs_low, 9000.0::DOUBLE AS jobs_high,
               CASE WHEN s.employment IS NULL THEN 'rough' ELSE 'published' END AS jobs_quality,
               coalesce(s.lq, 2)::DOUBLE AS lq, coalesce(s.hc_employment, 150)::DOUBLE AS above_norm,
               CASE WHEN s.ucm_strong = 'undetermined' THEN 'unlikely' ELSE s.ucm_strong END AS strong, s.stars
        FROM cluster_specialisation AS s LEFT JOIN dim_region AS r USING (region_id)
        JOIN dim_cluster AS c USING (cluster_id)""",
}


def contract(name: str, columns: dict[str, str], grain: tuple[str, ...], layer: str = "marts") -> TableContract:
    """A contract with made-up texts; `lq` gets a formula, so that `meta.indicator` has a row."""
    return TableContract(
        name=name,
        layer=layer,
        meaning=f"The {name} of the test's 'own' economy",
        grain=grain,
        citation="made up",
        columns=tuple(
            ColumnContract(
                name=column,
                data_type=data_type,
                meaning=f'What "{column}" says; it\'s quoted',
                unit="ratio" if column == "lq" else "text",
                citation="made up",
                formula="(e_ri/E_r)/(E_i/E)" if column == "lq" else None,
            )
            for column, data_type in columns.items()
        ),
    )


MARTS = {
    c.name: c
    for c in (
        contract(
            "dim_region",
            {"region_id": "varchar", "region_type": "varchar", "name": "varchar"},
            ("region_id",),
        ),
        contract("dim_cluster", {"cluster_id": "varchar", "name": "varchar", "kind": "varchar"}, ("cluster_id",)),
        contract(
            "cluster_specialisation",
            {
                "region_id": "varchar",
                "cluster_id": "varchar",
                "year": "integer",
                "employment": "bigint",
                "lq": "double",
                "hc_employment": "double",
                "ucm_strong": "varchar",
                "stars": "integer",
            },
            ("region_id", "cluster_id", "year"),
        ),
        contract(
            "cluster_profile",
            dict.fromkeys(("region_id", "region_name", "region_type", "cluster_id", "cluster_name", "kind"), "varchar")
            | {"year": "integer"}
            | dict.fromkeys(("jobs", "jobs_low", "jobs_high"), "double")
            | {"jobs_quality": "varchar", "lq": "double", "above_norm": "double", "strong": "varchar"}
            | {"stars": "integer"},
            ("region_id", "cluster_id", "year"),
        ),
    )
}


def manifest_of(release_id: str = RELEASE_ID, **of: Any) -> Manifest:
    """A manifest that says as little as one can; `of` are fields that a test cares about."""
    given = {"release": catalogue(release_id).release, "engine": duckdb.__version__, "code_hash": "ab"} | of
    return Manifest(**{"partitions": [], "contents": [], "accepted": []} | given)


def published(house: Warehouse, release_id: str = RELEASE_ID, profile: str = "mirror", year: int = 2016) -> Path:
    """A release of the test's tables."""
    build = make_build(house.build_path(release_id), release_id, profile, year=year)
    return house.publish(build, release_id, manifest_of(release_id))


def catalogue(release_id: str = RELEASE_ID, profile: str = "mirror", year: int = 2016) -> Catalogue:
    """A catalogue with one or two rows a table; `year` is that of the source."""
    sha = "ab" * 32
    url = f"https://data.bls.gov/cew/{year}.zip"
    return Catalogue(
        release=ReleaseRow(release_id, MOMENT, MOMENT, "0.1.0", None, profile, "cd" * 32, MOMENT, MOMENT, 0),
        snapshots=[
            SourceSnapshot(
                f"bls_qcew:{year}",
                "BLS",
                "QCEW 'annual'; DROP TABLE x",
                str(year),
                url,
                MOMENT,
                None,
                None,
                10,
                sha,
                "public domain",
                3,
            )
        ],
        files=[SourceFile(f"bls_qcew:{year}", url, MOMENT, '"tag"', None, 10, sha)],
        checks=[
            CheckResult("rows", "dim_region", "dbt", "error", True, "3", "more than 0"),
            CheckResult("names", "dim_region", "great_expectations", "warning", False, "1 odd", "none"),
        ],
        profiles=[
            TableProfile("dim_region", None, 3, None, 0.0),
            TableProfile("cluster_specialisation", 2016, 2, 5400.0, 0.0, 1, "state"),
            TableProfile("cluster_specialisation", 2016, 3, 1080.0, 0.3, 2, "county"),
        ],
    )


def make_build(
    path: Path, release_id: str = RELEASE_ID, profile: str = "mirror", storage: str = "v1.2.0", year: int = 2016
) -> Path:
    """A complete build file at `path`, written with the given storage version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with duckdb.connect() as con:
        con.execute(f"ATTACH '{path}' AS build (STORAGE_VERSION '{storage}')")
        con.execute("USE build")
        for name, sql in TABLES.items():
            con.execute(f"CREATE TABLE main.{name} AS {sql}")
        write_catalogue(con, catalogue(release_id, profile, year), MARTS)
    return path
