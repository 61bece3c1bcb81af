"""Tidy tables and marts to mutate, made without a refresh: the sample of any seed, or the mirror's files.

Belongs here: pulling and parsing into a folder of its own. Does not: mutations, gates.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from orchestration.ingest import ingest, publishers
from orchestration.partitions import Partition, TidyIndex
from orchestration.sample.write import DEFAULT_SEED, write_sample
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked

SAMPLE_YEARS, NATIONAL_YEARS, SLICE_YEARS = range(2019, 2026), range(2015, 2017), range(2019, 2021)


def pulled(settings: Settings, years: range) -> list[Partition]:
    """Every source landed and parsed below the settings' home, for the years; what is there is not made again.

    Raises:
        SourceError: if a file of a required source cannot be pulled or understood.
    """
    index = TidyIndex(settings)
    with publishers(settings) as fetcher:
        for source in SOURCES.values():
            needs = {
                name: [settings.tidy / p.path for p in index.active() if p.source_id == name] for name in source.needs
            }
            ingest(source, Asked(years, datetime.now(UTC).date(), needs), fetcher, settings)
    asked = {str(year) for year in years}
    return [p for p in index.active() if not SOURCES[p.source_id].by_year or p.period in asked]


def sample_settings(home: Path, seed: int = DEFAULT_SEED) -> Settings:
    """Settings under which the sample of a seed is what the publishers offer."""
    if seed == DEFAULT_SEED:
        return Settings(home=home, profile="sample")
    return Settings(home=home, profile="mirror", mirror=write_sample(home / "publishers", seed))


def mirror_settings(home: Path, mirror: Path) -> Settings:
    """Settings under which a folder of publishers' files is what they offer."""
    return Settings(home=home, profile="mirror", mirror=mirror)
