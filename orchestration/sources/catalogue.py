"""Every dataset that a refresh pulls. Adding a source means adding its declaration here."""

from __future__ import annotations

from orchestration.sources import bea, bls, census, oews
from orchestration.sources.dataset import Dataset

DATASETS: dict[str, Dataset] = {
    dataset.source_id: dataset
    for dataset in (
        bls.QCEW_AREAS,
        bls.QCEW_INDUSTRIES,
        census.ADJACENCY,
        census.GAZETTEER,
        census.POPULATION,
        census.DELINEATION,
        bea.USE,
        bea.INDUSTRIES,
        oews.METRO,
        oews.INDUSTRY,
        bls.QCEW,
    )
}
