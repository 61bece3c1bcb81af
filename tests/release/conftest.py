"""A warehouse in a temporary home."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.release.publish import Warehouse
from orchestration.settings import Settings


@pytest.fixture
def home(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home")


@pytest.fixture
def warehouse(home: Settings) -> Warehouse:
    return Warehouse(home)
