"""Whom the U.S. Cluster Mapping Project compares, by its own table of states and by the seed that says so here."""

from __future__ import annotations

import csv
from pathlib import Path

from orchestration.settings import PROJECT_ROOT

SEED = PROJECT_ROOT / "dbt_project" / "seeds" / "region_roles.csv"


def test_states_that_ucm_leaves_out_are_those_of_the_seed(reference: Path) -> None:
    """Fifty states stand in the published table; of the 53 that QCEW prints, the seed takes out the other three."""
    with (reference / "ucm_states_2016.csv").open(encoding="utf-8", newline="") as stream:
        compared = {row["region_code"] for row in csv.DictReader(stream)}
    with SEED.open(encoding="utf-8", newline="") as stream:
        roles = list(csv.DictReader(stream))
    outside = {r["state_code"] for r in roles if r["region_type"] in {"state", "any"} and r["ucm_peer"] == "false"}
    assert len(compared) == 50
    assert outside - {"any"} == {"11", "72", "78"}
    assert compared.isdisjoint(outside)
