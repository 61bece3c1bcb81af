"""What belongs to all years, to one year and to the published whole, in a small project and in ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orchestration.assets.dbt_project import manifest
from orchestration.slices.phases import Nodes, ancestors, parents, phase_of, selected, with_counterparts, year_marts


def model(layer: str, phase: str, *reads: str) -> dict[str, Any]:
    return {"resource_type": "model", "layer": [layer, phase], "reads": reads}


MODELS: dict[str, dict[str, Any]] = {
    "stg_herds": model("staging", ""),
    "shires": model("marts", "common", "stg_herds"),
    "int_flocks": model("intermediate", "year", "stg_herds", "shires"),
    "flocks": model("marts", "year", "int_flocks"),
    "wool": model("marts", "year", "int_flocks"),
    "milk": model("marts", "year", "stg_herds"),
    "change": model("marts", "whole", "flocks", "shires"),
    "flocks_add_up": {"resource_type": "test", "reads": ("flocks", "shires")},
    "wool_follows_flocks": {"resource_type": "test", "reads": ("wool", "flocks")},
    "shires_are_known": {"resource_type": "test", "reads": ("shires", "stg_herds")},
    "change_follows": {"resource_type": "test", "reads": ("change", "flocks")},
}


@pytest.fixture
def nodes() -> Nodes:
    return {
        name: {
            "name": name,
            "resource_type": entry["resource_type"],
            "fqn": ["project", *filter(None, entry.get("layer", ["tests"])), name],
            "depends_on": {"nodes": list(entry["reads"])},
        }
        for name, entry in MODELS.items()
    }


def test_a_test_belongs_to_the_last_phase_of_what_it_reads(nodes: Nodes) -> None:
    found = {name: phase_of(name, nodes) for name in nodes}
    assert found == {
        "stg_herds": None,
        "shires": "common",
        "int_flocks": "year",
        "flocks": "year",
        "wool": "year",
        "milk": "year",
        "change": "whole",
        "flocks_add_up": "year",
        "wool_follows_flocks": "year",
        "shires_are_known": "common",
        "change_follows": "whole",
    }


def test_everything_is_selected_once(nodes: Nodes) -> None:
    phases = [selected(nodes, [phase]) for phase in ("common", "year", "whole")]
    assert phases[0] == ["shires", "shires_are_known", "stg_herds"]
    assert phases[2] == ["change", "change_follows", "stg_herds"]
    assert sorted(set().union(*phases)) == sorted(MODELS)
    assert sum(map(len, phases)) == len(MODELS) + 2, "each phase makes the staging views for itself"


def test_of_a_year_only_what_is_asked_for_is_made_and_tested(nodes: Nodes) -> None:
    assert selected(nodes, ["year"], {"flocks"}) == ["flocks", "flocks_add_up", "int_flocks", "stg_herds"]
    assert selected(nodes, ["year"], {"milk"}) == ["milk", "stg_herds"]


def test_what_a_test_compares_is_made_together(nodes: Nodes) -> None:
    assert with_counterparts({"milk"}, nodes) == {"milk"}
    assert with_counterparts({"wool"}, nodes) == {"wool", "flocks"}


@pytest.fixture(scope="module")
def ours() -> Nodes:
    return json.loads(manifest().read_text(encoding="utf-8"))["nodes"]


def test_no_phase_reads_a_later_one(ours: Nodes) -> None:
    """Nor anything of a year but what is published, once the year is over."""
    order = {None: 0, "common": 1, "year": 2, "whole": 3}
    for unique_id, node in ours.items():
        if node["resource_type"] not in ("model", "test"):
            continue
        phase = phase_of(unique_id, ours)
        for parent in parents(unique_id, ours):
            assert order[phase_of(parent, ours)] <= order[phase], (unique_id, parent)
            if phase == "whole" and phase_of(parent, ours) == "year":
                assert ours[parent]["fqn"][1] == "marts", (unique_id, parent)


def test_tables_of_a_year_say_of_which(ours: Nodes) -> None:
    marts = year_marts(ours)
    assert {"employment", "cluster_specialisation", "cluster_linkage"} <= set(marts)
    assert all("year" in ours[unique_id]["columns"] for unique_id in marts.values())
    assert ancestors(marts.values(), ours, "year") > set(marts.values())


def test_no_year_reads_what_changes_with_any_region(ours: Nodes) -> None:
    """One person more in one county would make every year anew: `dim_region` holds people, titles and places."""
    years = [unique_id for unique_id, node in ours.items() if node["resource_type"] == "model"]
    years = [unique_id for unique_id in years if phase_of(unique_id, ours) == "year"]
    assert len(years) > 50
    assert [one for one in years if any(parent.endswith(".dim_region") for parent in parents(one, ours))] == []
