"""Real states made twice in one build: as published, and with a third of their cells hidden."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.partitions import TidyIndex
from tests.marts.hidden_cells import built, hide_a_third, linked

# In one edition of NAICS, and not next to each other, or the changes over the year would tell what is hidden.
PUBLISHED, HIDDEN = 2019, 2021


@pytest.fixture(scope="session")
def twice(mirror_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The work folder of a build over `PUBLISHED`, and over the same cells with a third of them hidden as `HIDDEN`."""
    home = linked(mirror_home, tmp_path_factory.mktemp("twice") / "home")
    (states,) = [
        home.tidy / p.path for p in TidyIndex(home).active() if (p.table, p.period) == ("qcew", str(PUBLISHED))
    ]
    hide_a_third(home, states, PUBLISHED, HIDDEN)
    return built(home, "+employment", "+cluster_specialisation", "+region_structure")
