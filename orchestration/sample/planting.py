"""What is planted in the invented country: the clusters to be found, and decoys that are none.

Belongs here: which cluster in which metropolitan area, in which years, how strong. Does not: how jobs are
drawn.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from orchestration.sample.boundaries import RENAMED, SPLIT
from orchestration.sample.geography import build_geography
from orchestration.sample.grid import METRO_COUNTIES

FIRST_YEAR, LAST_YEAR = 2019, 2025
# Codes of NAICS 2017; what became of them in 2022 is in `industry_changes`.
INDUSTRIES: dict[str, tuple[str, ...]] = {
    "aerospace_vehicles_and_defense": ("334511", "336411", "336412", "336413", "336414"),
    "apparel": ("315210", "315220", "315240", "315280", "315990"),
    "automotive": (
        "331511", "336111", "336112", "336120", "336211", "336310", "336320", "336350", "336370", "336390",
    ),
    "biopharmaceuticals": ("325411", "325412", "325413", "325414"),
    "financial_services": (
        "522210", "522220", "522291", "522298", "523110", "523120", "523920", "523930", "523991",
    ),
    "food_processing_and_manufacturing": (
        "311211", "311421", "311422", "311513", "311821", "311919", "311941", "312111", "312120", "312130",
    ),
    "furniture": ("337121", "337122", "337127", "337211", "337214", "337215"),
    "information_technology_and_analytical_instruments": (
        "334111", "334118", "334412", "334413", "334418", "334419", "334510", "334513", "334515", "334516",
        "511210",
    ),
    "insurance_services": ("524113", "524114", "524126", "524127", "524291", "524298"),
    "medical_devices": ("339112", "339113", "339114", "339115"),
    "oil_and_gas_production_and_transportation": (
        "211120", "211130", "213111", "213112", "324110", "486110", "486210",
    ),
    "upstream_metal_manufacturing": ("331110", "331210", "331318", "331410", "332119"),
}  # fmt: skip
_LARGE = {
    "business_services": ("518210", "541310", "541330", "541511", "541512", "541611", "551114", "561422"),
    "distribution_and_electronic_commerce": (
        "423430", "423610", "423830", "424210", "424910", "425120", "454110", "493110",
    ),
    "financial_services": INDUSTRIES["financial_services"],
}  # fmt: skip
_SINGLE_PLANTS = {
    "footwear": "316210",
    "jewelry_and_precious_metals": "339910",
    "leather_and_related_products": "316998",
    "recreational_and_small_electric_goods": "335210",
}
# What is not listed lives through all years; these are what a change over time has to show.
_YEARS = {"furniture": (2019, 2021), "medical_devices": (2022, 2025)}


@dataclass(frozen=True)
class PlantedCluster:
    """A cluster that is there: `strength` is the intended location quotient (all industries) of the CBSA."""

    cbsa: str
    counties: tuple[str, ...]
    cluster_id: str
    industries: tuple[str, ...]
    first_year: int
    last_year: int
    strength: float


@dataclass(frozen=True)
class Decoy:
    """What looks like a cluster to a careless eye, and why it is none."""

    counties: tuple[str, ...]
    cluster_id: str
    industries: tuple[str, ...]
    reason: str
    single_plant: bool


def planted_clusters(seed: int) -> list[PlantedCluster]:
    """The clusters planted for a seed, one a metropolitan area, sorted by cluster.

    Example:
        >>> [p.cluster_id for p in planted_clusters(1)][:2]
        ['aerospace_vehicles_and_defense', 'apparel']
    """
    geography = build_geography(seed)
    rng = np.random.default_rng([seed, 2])
    # Neither the first nor the last drawn area, which the later delineation changes, nor one of planning regions.
    metros = [c for c in geography.cbsas(FIRST_YEAR) if c.metropolitan][1 : len(METRO_COUNTIES) - 1]
    chosen = rng.permutation(len(metros))[: len(INDUSTRIES)]
    found = []
    for rank, (cluster_id, industries) in zip(chosen, sorted(INDUSTRIES.items()), strict=True):
        first, last = _YEARS.get(cluster_id, (FIRST_YEAR, LAST_YEAR))
        strength = round(float(rng.uniform(4.5, 6.5)), 2)
        metro = metros[int(rank)]
        found.append(PlantedCluster(metro.code, metro.codes, cluster_id, industries, first, last, strength))
    return found


def decoys(seed: int) -> list[Decoy]:
    """What is recorded as no cluster: large but unspecialised, or specialised in one establishment."""
    geography = build_geography(seed)
    largest = geography.cbsas(FIRST_YEAR)[0].codes
    reason = "large, because the area is large: its quotient is near or below 1"
    found = [Decoy(largest, cluster_id, codes, reason, False) for cluster_id, codes in _LARGE.items()]
    urban = {c.code for year in (FIRST_YEAR, LAST_YEAR) for area in geography.cbsas(year) for c in area.counties}
    changing = {*RENAMED, SPLIT[0], *SPLIT[1]}
    rural = sorted(
        (c.parcels[0].jobs, c.code) for c in geography.counties(FIRST_YEAR)
        if len(c.parcels) == 1 and c.code not in urban | changing
    )  # fmt: skip
    reason = "a high quotient made by one establishment"
    for (_, code), (cluster_id, industry) in zip(rural, _SINGLE_PLANTS.items(), strict=False):
        found.append(Decoy((code,), cluster_id, (industry,), reason, True))
    return found
