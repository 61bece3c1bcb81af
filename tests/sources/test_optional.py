"""What a source that may fail falls back on: a copy that the publisher had of late, however old its bytes."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from orchestration.errors import SourceError
from orchestration.ingest import ingest
from orchestration.landing.pulls import Landed
from orchestration.partitions import TidyIndex
from orchestration.settings import Settings
from orchestration.sources.source import Asked, Kind
from tests.sources.test_declaration import flocks

LINES = "NO,SHIRE,SHEEP,MARK\n07,A,12,\n"


class Place:
    """A publisher with one file, which came four hundred days ago; or one that is down."""

    def __init__(self, file: Path | None) -> None:
        self.file = file

    def get(self, url: str, kind: Kind, dataset: str, *, mirror: str | None = None) -> Landed:
        if self.file is None:
            raise SourceError(dataset, "2018.csv", "answered 503", "run `clusters refresh` again later")
        content = self.file.read_bytes()
        came = datetime.now(UTC) - timedelta(days=400)
        digest = hashlib.sha256(content).hexdigest()
        return Landed(dataset, "live", url, "unchanged", self.file, digest, len(content), None, None, came)

    def verified(self, landed: Landed, url: str, kind: Kind, *, mirror: str | None = None) -> Landed:
        return landed

    def reject(self, landed: Landed, problem: str) -> None:
        raise AssertionError(problem)


def test_age_counts_from_the_last_night_on_which_it_was_offered(tmp_path: Path) -> None:
    source = flocks(tmp_path, max_age_days=30)
    settings = Settings(home=tmp_path / "home", profile="sample")
    file = tmp_path / "2018.csv"
    file.write_text(LINES, encoding="utf-8")
    today = datetime.now(UTC).date()

    def night(place: Place, day: date) -> tuple[str, list[str]]:
        ((partition,), failures) = ingest(source, Asked([2018], day, {}), place, settings)
        return partition.outcome, failures

    assert night(Place(file), today) == ("new", [])
    outcome, failures = night(Place(None), today + timedelta(days=30))
    assert (outcome, len(failures)) == ("late", 1)
    with pytest.raises(SourceError, match="last offered 31 days ago, is older than the 30 days allowed"):
        night(Place(None), today + timedelta(days=31))
    (held,) = TidyIndex(settings).all()
    assert replace(held, offered_on=None).known_until == held.landed_on == today - timedelta(days=400)
