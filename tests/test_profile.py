"""`clusters profile`: what a person means by a name, and what is shown of it."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from orchestration.cli import app
from orchestration.cli.profile import Entity, bar, matching
from orchestration.errors import SetupError
from tests.conftest import Demo

AMONG = [
    Entity("state:26", "Michigan", "state", 4e6),
    Entity("county:26163", "Wayne County, Michigan", "county", 7e5),
    Entity("county:39169", "Wayne County, Ohio", "county", 5e4),
    Entity("cbsa:19820", "Detroit-Warren-Dearborn, MI MSA", "cbsa", 2e6),
    Entity("cbsa:41940", "San Jose-Sunnyvale-Santa Clara, CA MSA", "cbsa", 1e6),
    Entity("county:06085", "Santa Clara County, California", "county", 1e6),
    Entity("automotive", "Automotive", "cluster"),
    Entity("apparel", "Apparel", "cluster"),
]


@pytest.mark.parametrize(
    ("wanted", "first"),
    [
        ("cbsa:41940", "cbsa:41940"), ("san jose", "cbsa:41940"), ("San Jsoe", "cbsa:41940"), ("detriot", "cbsa:19820"),
        ("automotive", "automotive"), ("automtive", "automotive"), ("AUTOMOTIVE ", "automotive"),
        ("michigan", "state:26"),
        ("wayne county", "county:26163"), ("santa clara", "county:06085"), ("dearborn", "cbsa:19820"),
        ("aparrel", "apparel"),
    ],
)  # fmt: skip
def test_names_are_found(wanted: str, first: str) -> None:
    assert matching(wanted, AMONG)[0].key == first


def test_a_name_that_nothing_is_like_is_said_to_be_none() -> None:
    with pytest.raises(SetupError, match="no region and no cluster is called 'Atlantis'"):
        matching("Atlantis", AMONG)


def test_others_of_the_name_are_named_too() -> None:
    assert [one.key for one in matching("wayne", AMONG)] == ["county:26163", "county:39169"]


def test_a_bar_is_full_up_to_the_low_end() -> None:
    assert bar(100.0, 100.0, 100.0) == "█" * 10
    assert bar(0.0, 50.0, 100.0) == "▒" * 5
    assert bar(0.0, 0.0, 100.0) == bar(None, None, 1.0) == bar(0.0, 0.0, 0.0) == ""


def test_a_region_and_a_cluster_of_the_sample(demo: Demo, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_HOME", str(demo.place / "data"))
    region = CliRunner().invoke(app, ["profile", "tarnmere"])
    assert region.exit_code == 0, region.output
    assert "Tarnmere, FQ MSA (synthetic) (cbsa:" in region.stdout
    assert "SYNTHETIC" in region.stdout
    assert "│ Automotive " in region.stdout
    assert "a year ┃" in region.stdout
    first = CliRunner().invoke(app, ["profile", "tarnmere", "--year", "2020"])
    assert "│ Automotive " in first.stdout
    assert "a year ┃" not in first.stdout
    assert "; 1 strong cluster;" in region.stdout
    cluster = CliRunner().invoke(app, ["profile", "automotiv", "--year", "2024"])
    assert cluster.exit_code == 0, cluster.output
    assert "Automotive (automotive), 2024" in cluster.stdout
    assert cluster.stdout.count("Tarnmere, FQ MSA") == 1
    missing = CliRunner().invoke(app, ["profile", "automotive", "--year", "1999"])
    assert missing.exit_code == 1
