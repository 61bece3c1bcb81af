"""Tidy tables and marts to mutate, made without a refresh: the sample of any seed, or the mirror's files.

Belongs here: pulling and parsing into a folder of its own. Does not: mutations, gates.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from orchestration.ingest import Partition, TidyIndex, ingest, publishers
from orchestration.sample.write import DEFAULT_SEED, write_sample
from orchestration.settings import Settings
from orchestration.sources.bls import QCEW, QCEW_AREAS
from orchestration.sources.catalogue import DATASETS

SAMPLE_YEARS, NATIONAL_YEARS, SLICE_YEARS = range(2019, 2026), range(2015, 2017), range(2019, 2021)


def pulled(settings: Settings, years: range) -> list[Partition]:
    """Every dataset landed and parsed below the settings' home, QCEW for the years; what is there is not made again.

    Raises:
        SourceError: if a file cannot be pulled or understood.
    """
    with publishers(settings) as fetcher:
        for dataset in DATASETS.values():
            areas = _areas(settings) if dataset is QCEW else []
            for period in years if dataset.yearly else [0]:
                ingest(dataset, period, fetcher, settings, areas)
    return [p for p in TidyIndex(settings).all() if p.table != "qcew" or p.period in years]


def sample_settings(home: Path, seed: int = DEFAULT_SEED) -> Settings:
    """Settings under which the sample of a seed is what the publishers offer."""
    if seed == DEFAULT_SEED:
        return Settings(home=home, profile="sample")
    return Settings(home=home, profile="mirror", mirror=write_sample(home / "publishers", seed))


def mirror_settings(home: Path, mirror: Path) -> Settings:
    """Settings under which a folder of publishers' files is what they offer."""
    return Settings(home=home, profile="mirror", mirror=mirror)


def _areas(settings: Settings) -> list[str]:
    partition = TidyIndex(settings).get(QCEW_AREAS.source_id, 0)
    path = settings.tidy / partition.path if partition else settings.tidy
    with duckdb.connect() as con:
        return [row[0] for row in con.read_parquet(str(path)).project("area_fips").fetchall()]
