"""Skills and clusters in the sample's release, beside the same in arrays from the survey's own workbooks.

Belongs here: figures of the invented country. Does not: those of real places (see `tests/oracles`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest

from orchestration.landing.unpack import unpacked
from orchestration.sample.industries import sector_of
from orchestration.sources.oews.parse import parse_industry
from orchestration.sources.source import Edition
from tests.conftest import Demo

ARCHIVE = Path("www.bls.gov") / "oes" / "special-requests" / "oesm25in4.zip"
SURVEY = 2025
# Farms, forestry but for logging, fishing, private households.
NOT_SURVEYED = ("111", "112", "1131", "1132", "114", "1153", "814")


@dataclass(frozen=True)
class Skills:
    """Jobs by occupation of clusters in the nation and of areas; NaN where they are not published."""

    clusters: list[str]
    areas: list[str]
    occupations: list[str]
    staffing: np.ndarray
    jobs: np.ndarray
    quotients: np.ndarray


@pytest.fixture(scope="module")
def release(demo: Demo) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(demo.home / "warehouse" / "current.duckdb"), read_only=True) as con:
        yield con


def shares_by_industry(workbooks: Path, place: Path) -> dict[str, dict[str, float]]:
    """Shares of occupations by the code of an industry at any level; what is withheld is left out."""
    files = unpacked(workbooks, "zip", place, "oews_industry", 1_000_000_000)
    with duckdb.connect() as con:
        rows = parse_industry(con, files, Edition(f"{SURVEY}-05", None, ()))
        found = rows.project("naics_code, occupation_code, occupation_group, employment").fetchall()
    totals = {code: jobs for code, _, group, jobs in found if group == "total"}
    shares: dict[str, dict[str, float]] = {code: {} for code in totals}
    for code, occupation, group, jobs in found:
        if group == "detailed" and jobs is not None and totals[code] is not None:
            shares[code][occupation] = jobs / totals[code]
    return shares


@pytest.fixture(scope="module")
def skills(sample: Path, release: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Skills:
    shares = shares_by_industry(sample / ARCHIVE, tmp_path_factory.mktemp("oews"))
    rows = release.execute(
        "SELECT occupation, region_id, employment, lq FROM region_skills WHERE level = 'detailed' AND year = ?",
        [SURVEY],
    ).fetchall()
    members = release.execute(
        "SELECT cluster_id, split_part(industry_id, ':', 2), weight * employment_estimate FROM employment "
        "INNER JOIN cluster_industry USING (industry_id) "
        "WHERE region_id LIKE 'nation:%' AND ownership = 'private' AND year = ?",
        [SURVEY],
    ).fetchall()
    members = [row for row in members if not row[1].startswith(NOT_SURVEYED)]
    occupations = sorted({row[0] for row in rows} | {o for of in shares.values() for o in of})
    areas, clusters = sorted({row[1] for row in rows}), sorted({row[0] for row in members})
    staffing = np.zeros((len(clusters), len(occupations)))
    jobs, quotients = np.full((2, len(areas), len(occupations)), np.nan)
    for cluster, code, here in members:
        nearest = next(shares[near] for near in (code[:4], code[:3], sector_of(code)) if near in shares)
        for occupation, share in nearest.items():
            staffing[clusters.index(cluster), occupations.index(occupation)] += here * share
    for occupation, area, there, quotient in rows:
        at = areas.index(area), occupations.index(occupation)
        jobs[at] = np.nan if there is None else there
        quotients[at] = np.nan if quotient is None else quotient
    return Skills(clusters, areas, occupations, np.round(staffing), jobs, quotients)


def test_fit_and_scarcity_are_those_of_arrays(release: duckdb.DuckDBPyConnection, skills: Skills) -> None:
    seen = ~np.isnan(skills.jobs)
    known = np.where(seen, skills.jobs, 0)
    of_cluster = skills.staffing[None, :, :] * seen[:, None, :]
    coverage = of_cluster.sum(axis=2) / skills.staffing.sum(axis=1)
    product = np.einsum("aco,ao->ac", of_cluster, known)
    lengths = np.linalg.norm(of_cluster, axis=2) * np.linalg.norm(known, axis=1)[:, None]
    cosine = np.divide(product, lengths, out=np.full_like(product, np.nan), where=(lengths > 0) & (coverage >= 0.5))
    # Of as many jobs the first by code comes first.
    largest = np.argsort(-skills.staffing, axis=1, kind="stable")[:, :20]
    taken = np.take_along_axis(skills.staffing, largest, axis=1) > 0
    quotients = skills.quotients[:, largest]
    scarce = ((quotients < 0.8) & taken).sum(axis=2)
    unknown = (np.isnan(quotients) & taken).sum(axis=2)

    found = release.execute(
        "SELECT region_id, cluster_id, similarity, coverage, scarce_occupations, unknown_occupations, occupations "
        "FROM cluster_skill_gap WHERE year = ? ORDER BY region_id, cluster_id",
        [SURVEY],
    ).fetchnumpy()
    shape = len(skills.areas), len(skills.clusters)
    assert [*found["region_id"]] == list(np.repeat(skills.areas, shape[1]))
    assert [*found["cluster_id"]] == skills.clusters * shape[0]
    similarity = np.ma.filled(np.ma.asarray(found["similarity"], dtype=float), np.nan).reshape(shape)
    np.testing.assert_allclose(similarity, cosine, atol=1e-4)
    assert np.isfinite(cosine).mean() > 0.5
    np.testing.assert_allclose(found["coverage"].reshape(shape), coverage, atol=1e-4)
    np.testing.assert_array_equal(found["scarce_occupations"].reshape(shape), scarce)
    np.testing.assert_array_equal(found["unknown_occupations"].reshape(shape), unknown)
    np.testing.assert_array_equal(found["occupations"].reshape(shape), np.broadcast_to(taken.sum(axis=1), shape))
    assert scarce.sum() > 100 < unknown.sum()


def test_jobs_are_those_of_the_cluster_in_the_area(release: duckdb.DuckDBPyConnection) -> None:
    """In the year nearest to the survey's; an area that has clusters and not this one has none of its jobs."""
    wrong = release.sql(
        "SELECT count(*) FROM cluster_skill_gap AS g LEFT JOIN cluster_profile AS p "
        "ON g.region_id = p.region_id AND g.cluster_id = p.cluster_id AND g.jobs_year = p.year "
        "WHERE g.jobs IS NOT NULL AND (g.jobs, g.jobs_quality) "
        "IS DISTINCT FROM (coalesce(p.jobs, 0), coalesce(p.jobs_quality, 'published'))"
    ).fetchall()
    assert wrong == [(0,)]
    years = release.sql("SELECT DISTINCT year, jobs_year FROM cluster_skill_gap ORDER BY year").fetchall()
    assert years == [(2024, 2024), (2025, 2025)]
    told = release.sql("SELECT count(*) > 0, bool_or(jobs > 0), bool_or(jobs = 0) FROM cluster_skill_gap").fetchall()
    assert told == [(True, True, True)]
