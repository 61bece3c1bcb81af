"""The sample as a folder: the same bytes for a seed, all or nothing, quick."""

from __future__ import annotations

import hashlib
import json
import time
from pathlib import Path

import pytest

from orchestration.errors import SetupError
from orchestration.sample import write
from orchestration.sample.write import DEFAULT_SEED as SEED
from orchestration.sample.write import MARKER, write_sample


def digests(root: Path) -> dict[str, str]:
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def small(root: Path, seed: int) -> None:
    """Stands in for the slow part where only the folder is in question."""
    root.mkdir()
    (root / "truth.json").write_text(str(seed))


def test_all_publishers_files_are_there(sample: Path) -> None:
    found = set(digests(sample))
    qcew, census, eurostat = (
        "data.bls.gov/cew",
        "www2.census.gov",
        "ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data",
    )
    popest, lists = "programs-surveys/popest/datasets", "programs-surveys/metro-micro/geographies/reference-files"
    assert {
        f"{qcew}/data/api/2019/a/area/ZZ000.csv",
        *(f"{qcew}/data/api/2019/a/area/{s}000.csv" for s in (90, 91, 92, 93, 94, 96)),
        *(f"{qcew}/data/files/{y}/csv/{y}_qtrly_by_area.zip" for y in (2020, 2026)),
        *(f"{qcew}/data/files/{y}/csv/{y}_annual_singlefile.zip" for y in range(2021, 2026)),
        f"{qcew}/doc/titles/area/area_titles.csv",
        f"{qcew}/doc/titles/industry/industry_titles.csv",
        f"{census}/geo/docs/reference/county_adjacency.txt",
        *(f"{census}/geo/docs/reference/county_adjacency/county_adjacency{y}.txt" for y in (2023, 2024)),
        f"{census}/geo/docs/maps-data/data/gazetteer/2010_Gazetteer/Gaz_counties_national.txt",
        *(
            f"{census}/geo/docs/maps-data/data/gazetteer/{y}_Gazetteer/{y}_Gaz_counties_national.zip"
            for y in (2020, 2025)
        ),
        f"{census}/{popest}/2010-2020/counties/totals/co-est2020-alldata.csv",
        f"{census}/{popest}/2020-2024/counties/totals/co-est2024-alldata.csv",
        f"{census}/{lists}/2015/delineation-files/list1.xls",
        f"{census}/{lists}/2020/delineation-files/list1_2020.xls",
        f"{census}/{lists}/2023/delineation-files/list1_2023.xlsx",
        "apps.bea.gov/industry/release/zip/MAKE-USE-IMPORTS (AFTER REDEFINITIONS).zip",
        *(f"www.bls.gov/oes/special-requests/oesm{may}{part}.zip" for may in (24, 25) for part in ("ma", "in4")),
        *(f"{census}/programs-surveys/cbp/datasets/20{y}/cbp{y}co.zip" for y in (22, 23)),
        *(f"{census}/programs-surveys/bds/tables/time-series/2023/bds2023_{by}.csv" for by in ("st", "st_cty")),
        "www.census.gov/econ/bfs/xlsx/bfs_county_apps_annual.xlsx",
        *(f"nces.ed.gov/ipeds/datacenter/data/HD{y}.zip" for y in (2023, 2024)),
        *(f"ncses.nsf.gov/821/assets/0/files/higher_education_r_and_d_{y}.zip" for y in range(2019, 2025)),
        "www.uspto.gov/web/offices/ac/ido/oeip/taf/cls_cbsa/allcbsa_gd.htm",
        "www.uspto.gov/web/offices/ac/ido/oeip/taf/countyall/usa_county_gd.htm",
        *(f"{eurostat}/{table}.tsv.gz" for table in ("demo_r_d3area", "nama_10r_3gdp")),
        "truth.json",
        MARKER,
    } == found


def test_a_seed_gives_the_same_bytes_and_another_seed_others(sample: Path, tmp_path: Path) -> None:
    first = digests(sample)
    again = digests(write_sample(tmp_path / "again", SEED))
    assert again == first
    other = digests(write_sample(tmp_path / "again", SEED + 1))
    same = {name for name in first if other[name] == first[name]}
    assert same == {"data.bls.gov/cew/doc/titles/industry/industry_titles.csv"}


def test_it_is_quick_and_small(tmp_path: Path) -> None:
    started = time.process_time()
    root = write_sample(tmp_path / "sample", 7)
    # Processor time of all threads, so that a busy machine does not fail the test; about 6 s when measured.
    assert time.process_time() - started < 20
    assert sum(p.stat().st_size for p in root.rglob("*") if p.is_file()) < 40_000_000


def test_a_sample_that_is_there_is_left_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(write, "_write_all", small)
    root = write_sample(tmp_path / "sample", 1)
    (root / "truth.json").write_text("kept")
    write_sample(root, 1)
    assert (root / "truth.json").read_text() == "kept"
    write_sample(root, 2)
    assert (root / "truth.json").read_text() == "2"
    assert [p.name for p in tmp_path.iterdir()] == ["sample"]


def test_an_older_generators_sample_is_replaced(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(write, "_write_all", small)
    root = write_sample(tmp_path / "sample", 1)
    (root / "truth.json").write_text("old")
    monkeypatch.setattr(write, "GENERATOR_VERSION", write.GENERATOR_VERSION + 1)
    write_sample(root, 1)
    assert (root / "truth.json").read_text() == "1"
    assert json.loads((root / MARKER).read_text())["generator_version"] == write.GENERATOR_VERSION


def test_what_is_not_a_sample_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SetupError, match="not a sample"):
        write_sample(tmp_path, 1)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_kill_half_way_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def killed(root: Path, seed: int) -> None:
        small(root, seed)
        raise KeyboardInterrupt

    monkeypatch.setattr(write, "_write_all", killed)
    with pytest.raises(KeyboardInterrupt):
        write_sample(tmp_path / "sample", 1)
    assert list(tmp_path.iterdir()) == []
    monkeypatch.setattr(write, "_write_all", small)
    assert write_sample(tmp_path / "sample", 1).is_dir()
