"""Which tier a test is of: what it costs to run, and so when it is run. `make test` runs the first two, `.ci/run` all.

A test is of the tier of its folder or file, or of a higher one where what it needs costs more: a fixture of
`ASKED_FOR`, a file of the mirror read by its path (`@pytest.mark.mirror`), or whatever one test among cheaper ones does
(`@pytest.mark.siege`).
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import PurePath

# The cheapest first.
TIERS = {
    "fast": "kernels, readers, contracts, landing: nothing is refreshed",
    "house": "what is looked at in the sample's one release, and rooms that need a warehouse",
    "proof": "published figures, publishers' real files, hidden cells, mutations",
    "siege": "whole refreshes of a test's own: killed, starved, lied to, year after year, read meanwhile",
}

# Below tests/; of two that hold a file the longer path decides.
KEPT_IN = {
    ".": "house",
    "indicators": "fast",
    "landing": "fast",
    "quality": "fast",
    "slices": "fast",
    "sources": "fast",
    "test_ci.py": "fast",
    "test_contracts.py": "fast",
    "test_settings.py": "fast",
    "test_stopping.py": "fast",
    "test_web.py": "fast",
    "corruption": "proof",
    "oracles": "proof",
    "faults": "siege",
    "slices/test_equality.py": "siege",
    "test_browser.py": "siege",
    "test_histories.py": "siege",
    "test_nights.py": "siege",
    "test_several_machines.py": "siege",
}

ASKED_FOR = {
    "demo": "house",
    "mirror": "proof",
    "mirror_home": "proof",
    "reference": "proof",
    "reference_and_mirror": "proof",
    "good_house": "siege",
    "night": "siege",
}


def tier(path: PurePath, fixtures: Collection[str] = (), marks: Collection[str] = ()) -> str:
    """The tier of a test in a file below tests/ that asks for these fixtures and has these marks.

    >>> tier(PurePath("indicators/test_bounds.py")), tier(PurePath("indicators/test_bounds.py"), ["mirror"])
    ('fast', 'proof')
    """
    costs = [next(KEPT_IN[str(place)] for place in (path, *path.parents) if str(place) in KEPT_IN)]
    costs += [ASKED_FOR[name] for name in fixtures if name in ASKED_FOR]
    costs += ["proof" if name == "mirror" else name for name in marks if name in {*TIERS, "mirror"}]
    return max(costs, key=[*TIERS].index)
