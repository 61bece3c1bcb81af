"""The truth: planted clusters stand out, nothing else does, and the files show it."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest

from orchestration.sample.economy import Economy, simulate
from orchestration.sample.geography import build_geography, neighbours
from orchestration.sample.planting import INDUSTRIES, decoys, planted_clusters
from orchestration.sample.truth import in_2022, quotient
from orchestration.sample.write import DEFAULT_SEED as SEED

YEARS = range(2019, 2026)


def slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")


def definitions(reference: Path, naics: int = 2017) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    with (reference / f"cluster_definitions_naics{naics}_derived.csv").open(encoding="utf-8") as file:
        for row in csv.DictReader(file):
            found.setdefault(slug(row["cluster_name"]), []).append(row["naics6"])
    return {cluster: tuple(codes) for cluster, codes in found.items()}


def test_twelve_clusters_one_a_metro(economy: Economy) -> None:
    planted = planted_clusters(SEED)
    assert len(planted) == 12
    assert len({p.cbsa for p in planted}) == 12
    for year in YEARS:
        metros = {c.code: c for c in economy.geography.cbsas(year) if c.metropolitan}
        assert all(metros[p.cbsa].codes == p.counties for p in planted)
    assert {(p.first_year, p.last_year) for p in planted} == {(2019, 2025), (2019, 2021), (2022, 2025)}
    changing = {c.code for c in economy.geography.counties(2019)} ^ {c.code for c in economy.geography.counties(2025)}
    assert not changing & {code for p in planted for code in p.counties}


@pytest.mark.parametrize("seed", [SEED, 1, 2])
def test_planted_quotients_stand_out_and_others_do_not(seed: int) -> None:
    economy = simulate(seed)
    there = {(p.cbsa, p.cluster_id): p for p in economy.planted}
    for year in YEARS:
        for metro in (c for c in economy.geography.cbsas(year) if c.metropolitan):
            for cluster_id, industries in INDUSTRIES.items():
                found = quotient(economy, metro.codes, industries, year)
                plant = there.get((metro.code, cluster_id))
                if plant is not None and plant.first_year <= year <= plant.last_year:
                    assert found > 4
                    assert found == pytest.approx(plant.strength, rel=0.3)
                else:
                    assert found < 1.5


def test_planted_clusters_meet_the_strong_rule(economy: Economy) -> None:
    """U.S. Cluster Mapping's rule over the CBSAs, on the true figures of the cluster's industries."""
    for plant in economy.planted:
        columns = [k for k, i in enumerate(economy.industries) if i.own == "5" and i.code in plant.industries]
        for year in range(plant.first_year, plant.last_year + 1):
            y = economy.years.index(year)
            table = {}
            for cbsa in economy.geography.cbsas(year):
                cells = np.ix_(cbsa.places, columns)
                jobs, estabs = economy.employment[y][cells].sum(), economy.establishments[y][cells].sum()
                table[cbsa.code] = (quotient(economy, cbsa.codes, plant.industries, year), jobs, estabs)
            values = np.array([v for v in table.values() if v[1] > 0])
            lq, jobs, estabs = table[plant.cbsa]
            assert lq >= max(1, np.quantile(values[:, 0], 0.9))
            assert jobs > np.quantile(values[:, 1], 0.25)
            assert estabs > np.quantile(values[:, 2], 0.25)


def test_planted_clusters_are_published(published, economy: Economy) -> None:
    """Withholding must not hide what is to be found: the metro's rows of its industries are there."""
    for plant in economy.planted:
        area = f"C{plant.cbsa[:4]}"
        for year, found in ((2021, list(plant.industries)), (2024, in_2022(economy, plant.industries))):
            if not plant.first_year <= year <= plant.last_year:
                continue
            codes = ", ".join(f"'{code}'" for code in found)
            rows, withheld = published.execute(
                "select count(*), count_if(disclosure_code is not distinct from 'N') from years "
                f"where area_fips = '{area}' and own_code = '5' and year = {year} and industry_code in ({codes})"
            ).fetchone()
            assert (rows, withheld) == (len(found), 0)


def test_decoys_are_what_they_are_said_to_be(economy: Economy) -> None:
    y = economy.years.index(2019)
    kinds = set()
    for decoy in decoys(SEED):
        kinds.add(decoy.single_plant)
        found = quotient(economy, decoy.counties, decoy.industries, 2019)
        columns = [k for k, i in enumerate(economy.industries) if i.own == "5" and i.code in decoy.industries]
        cells = np.ix_([p for c in decoy.counties for p in economy.geography.places(c)], columns)
        if decoy.single_plant:
            assert found > 3
            assert economy.establishments[y][cells].sum() == 1
        else:
            assert found < 1.3
            assert economy.employment[y][cells].sum() > 5_000
    assert kinds == {True, False}


def test_planted_industries_are_those_of_the_published_definitions(reference: Path, economy: Economy) -> None:
    real, later = definitions(reference), definitions(reference, 2022)
    for cluster_id, industries in INDUSTRIES.items():
        assert set(industries) <= set(real[cluster_id])
        assert set(in_2022(economy, industries)) <= set(later[cluster_id])
    for decoy in decoys(SEED):
        assert set(decoy.industries) <= set(real[decoy.cluster_id])


def test_no_whole_cluster_stands_out_unplanted(economy: Economy, reference: Path) -> None:
    """By the full published definitions, in metros of 50,000 jobs and more."""
    there = {(p.cbsa, p.cluster_id): p for p in economy.planted}
    checked = 0
    for cbsa in economy.geography.cbsas(2019):
        if economy.employment[1][list(cbsa.places)].sum() < 50_000:
            continue
        for cluster_id, codes in definitions(reference).items():
            has = any(i.own == "5" and i.code in codes for i in economy.industries)
            for year in YEARS:
                plant = there.get((cbsa.code, cluster_id))
                if not has or (plant and plant.first_year <= year <= plant.last_year):
                    continue
                checked += 1
                assert quotient(economy, cbsa.codes, codes, year) < 1.8, (cbsa.name, cluster_id, year)
    assert checked > 2_000


def test_truth_is_written_beside_the_hosts(sample: Path) -> None:
    document = json.loads((sample / "truth.json").read_text(encoding="utf-8"))
    assert document["seed"] == SEED
    assert "(synthetic)" in document["country"]
    written = [(p["cbsa"], p["cluster_id"], p["first_year"], p["last_year"]) for p in document["planted"]]
    assert written == [(p.cbsa, p.cluster_id, p.first_year, p.last_year) for p in planted_clusters(SEED)]
    assert len(document["decoys"]) == len(decoys(SEED))


def test_sizes_are_heavy_tailed(economy: Economy) -> None:
    jobs = economy.employment[economy.years.index(2019)].sum(axis=1)
    largest = max(jobs[list(cbsa.places)].sum() for cbsa in economy.geography.cbsas(2019))
    assert largest > 500_000
    assert (jobs < 2_000).sum() > 10


@pytest.mark.parametrize("year", [2019, 2024])
@pytest.mark.parametrize("seed", range(5))
def test_areas_hang_together(seed: int, year: int) -> None:
    geography = build_geography(seed)
    cbsas, counties = geography.cbsas(year), geography.counties(year)
    near = neighbours(counties)
    assert len(cbsas) == 26
    assert sum(c.metropolitan for c in cbsas) == 15
    assert len({c.code for c in cbsas}) == 26
    assert len({code for c in cbsas for code in c.codes}) == sum(len(c.codes) for c in cbsas)
    assert {code for c in cbsas for code in c.codes} <= {c.code for c in counties}
    for cbsa in cbsas:
        reached, edge = set(), [cbsa.codes[0]]
        while edge:
            code = edge.pop()
            reached.add(code)
            edge += {n.code for n in near[code]} & set(cbsa.codes) - reached
        assert reached == set(cbsa.codes)
        assert cbsa.code.endswith("0")
        assert 90_000 < int(cbsa.code) < 98_000
