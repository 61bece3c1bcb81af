"""Which earlier versions a re-issue is held against."""

from __future__ import annotations

from dataclasses import asdict
from types import SimpleNamespace

import pytest

from orchestration.assets.scopes import oldest
from orchestration.partitions import Partition


def version(name: str, year: int = 2016) -> Partition:
    return Partition("bls_qcew", "qcew", str(year), None, "singlefile", f"qcew/{year}/{name}", 1, "new", ())


def release(name: str, accepted: tuple[str, ...] = ()) -> SimpleNamespace:
    """A manifest, as far as it is looked at."""
    parts = [asdict(version(name)), asdict(version("same", 2015))]
    return SimpleNamespace(partitions=parts, accepted=accepted)


@pytest.mark.parametrize(
    ("releases", "found"),
    [
        ([release("c"), release("b"), release("a")], ["a"]),
        ([release("c")], []),
        ([release("c"), release("c")], []),
        # what somebody accepted is the new measure, be it an older one or the current one
        ([release("c"), release("b", ("bls_qcew",)), release("a")], ["b"]),
        ([release("c", ("bls_qcew",)), release("b"), release("a")], []),
        ([release("c"), release("b", ("census_gazetteer",)), release("a")], ["a"]),
        # a version whose file is gone
        ([release("c"), release("b"), release("gone")], ["b"]),
    ],
)
def test_the_oldest_version_since_a_revision_was_accepted(releases: list, found: list[str]) -> None:
    kept = oldest([version("c")], releases, lambda part: not part.path.endswith("gone"))
    assert [part.path for part in kept] == [f"qcew/2016/{name}" for name in found]
