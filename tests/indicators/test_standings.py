"""Where regions stand by a figure known within bounds, against the definition of each count, region by region.

Belongs here: the counts. Does not: the verdicts that rest on them (`tests/oracles/test_ucm_flags.py`).
"""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators.standings import COUNTS, standings

# Of each count: whether the others that it counts are certain or merely possible; which end of theirs; how that
# compares with which end of the region's own.
DEFINITIONS = {
    "surely_below": ("certain", "upper", np.less, "lower"),
    "surely_not_above": ("certain", "upper", np.less_equal, "lower"),
    "possibly_above": ("possible", "upper", np.greater, "lower"),
    "possibly_not_below": ("possible", "upper", np.greater_equal, "lower"),
    "possibly_below": ("possible", "lower", np.less, "upper"),
    "possibly_not_above": ("possible", "lower", np.less_equal, "upper"),
    "surely_above": ("certain", "lower", np.greater, "upper"),
    "surely_not_below": ("certain", "lower", np.greater_equal, "upper"),
}


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 40))
def test_counts_are_those_of_a_loop_over_the_others(seed: int, regions: int) -> None:
    """Groups in no order; ties, bounds that meet, zeros and ends without a bound; regions that may not count."""
    random = np.random.default_rng(seed)
    group = random.choice([0, 7, 3], size=regions)
    lower = random.integers(0, 4, size=regions).astype(float)
    upper = lower + random.choice([0.0, 0.0, 1.0, 3.0, np.inf], size=regions)
    is_possible = random.random(regions) < 0.8
    counts = {"certain": is_possible & (random.random(regions) < 0.7), "possible": is_possible}
    ends = {"lower": lower, "upper": upper}
    found = standings(group, lower, upper, counts["certain"], counts["possible"])
    for region in range(regions):
        others = (group == group[region]) & (np.arange(regions) != region)
        for name, row in zip(COUNTS, found, strict=True):
            who, theirs, compare, ours = DEFINITIONS[name]
            plainly = (others & counts[who] & compare(ends[theirs], ends[ours][region])).sum()
            assert row[region] == plainly, (name, region)


def test_no_region_has_no_standing() -> None:
    assert standings(*np.zeros((3, 0)), *np.zeros((2, 0), dtype=bool)).shape == (len(COUNTS), 0)
