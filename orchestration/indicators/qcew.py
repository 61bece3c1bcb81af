"""Bounds of one year of QCEW: what its printed averages say, which of them to trust, and what follows for the rest.

Belongs here: how BLS rounds, what in a year's cells adds up, when a figure is no evidence. Does not: the method of
bounding (`bounds`, `programme`) or estimating (`estimate`), reading or writing tables.

Cells are handled in job-months, the sum m of a cell's twelve monthly levels: a whole number, which adds up exactly
along industries, counties, metropolitan areas, states and ownerships, where annual averages only do so up to
rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from orchestration.indicators.bounds import UNBOUNDED, Tightened, tighten
from orchestration.indicators.estimate import Told, estimate
from orchestration.indicators.evidence import Figures
from orchestration.indicators.pay import wages_of_cells
from orchestration.indicators.programme import refine
from orchestration.indicators.sums import Hierarchy, Sums, sums_along

MONTHS = 12
# The first ownership is the total of the others.
OWNERSHIPS = np.array([-1, 0, 0, 0, 0])
# Of how many establishments on another source tells of a cell: none prints fewer, so that what it counts beside one or
# two are others. And from which share of them on it is said to tell of the cell.
LEAST_TOLD, MOST = 3, 0.5
# Total, sector, subsector, industry group: how far a group lies below the total.
GROUP_DEPTH = 3


def job_months(employment: np.ndarray, wages: np.ndarray, average_pay: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Least and most job-months that agree with a cell's printed figures; NaN stands for what is withheld.

    BLS rounds halves up, so an average E of jobs means 12 E - 6 <= m <= 12 E + 5. It divides the year's wages, which
    are
    exact, by the unrounded average to print the average pay P: 12 W / (P + 1/2) <= m <= 12 W / (P - 1/2). The
    second is mostly the narrower, often down to a single value; where the two contradict each other the first stands.

    Args:
        employment, wages, average_pay: the year's averages and sum as printed, one per cell, in jobs and currency.

    Returns:
        Whole numbers as doubles, one per cell; from 0 to `UNBOUNDED` for what is withheld.

    Source: BLS Handbook of Methods, Quarterly Census of Employment and Wages, "Calculation".

    Example:
        >>> low, high = job_months(*(np.array([x, np.nan]) for x in (10.0, 412_345.0, 41_581.0)))
        >>> low.tolist(), high.tolist()
        ([119.0, 0.0], [119.0, 1099511627776.0])
    """
    low = np.nan_to_num(np.maximum(MONTHS * employment - MONTHS / 2, 0), nan=0.0)
    high = np.nan_to_num(MONTHS * employment + MONTHS / 2 - 1, nan=UNBOUNDED)
    told = (employment > 0) & (wages > 0) & (average_pay >= 1)
    months, pay, hair = MONTHS * wages[told], average_pay[told], 1e-6
    from_pay = np.maximum(low[told], np.ceil(months / (pay + 0.5) - hair))
    to_pay = np.minimum(high[told], np.floor(months / (pay - 0.5) + hair))
    agree = from_pay <= to_pay
    low[told], high[told] = np.where(agree, from_pay, low[told]), np.where(agree, to_pay, high[told])
    return low, high


def printed(low: np.ndarray, high: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Bounds in job-months as bounds of the average that would be printed; NaN above where there is none.

    Example:
        >>> [bound.tolist() for bound in printed(np.array([17.0, 18.0]), np.array([30.0, UNBOUNDED]))]
        [[1.0, 2.0], [3.0, nan]]
    """
    # No sum takes an unbounded cell below half of what stands for it.
    known = high < UNBOUNDED / 2
    return np.floor(low / MONTHS + 0.5), np.where(known, np.floor(high / MONTHS + 0.5), np.nan)


@dataclass(frozen=True)
class Places:
    """The axes of a year's cells: for each region and industry, by number, the number of what it is a part of, or -1.

    `region_parent` leads from county to state to nation, `metro` from county to metropolitan area (where that lies in
    several states, over its part in one), `state` to the state from such areas or parts, and from counties outside
    any; `industry_parent` from the six-digit industry up to the total, `grouping` from the sector over supersector
    and domain.
    """

    region_parent: np.ndarray
    metro: np.ndarray
    state: np.ndarray
    industry_parent: np.ndarray
    grouping: np.ndarray

    def hierarchies(self) -> dict[str, Hierarchy]:
        """Along what cells add up, by name; axes are region, ownership, industry."""
        return {
            "industries": Hierarchy(2, self.industry_parent),
            "supersectors": Hierarchy(2, self.grouping),
            "areas": Hierarchy(0, self.region_parent),
            "metropolitan areas": Hierarchy(0, self.metro),
            "states by metropolitan area": Hierarchy(0, self.state),
            "ownerships": Hierarchy(1, OWNERSHIPS),
        }


# Sums within one region: where they fail, its figures are in doubt, not what they are a part of.
WITHIN_A_REGION = ("industries", "supersectors", "ownerships")
SET_ASIDE = "figures"


def bound_year(cells: Mapping[str, np.ndarray], places: Places, programmes: int = 0) -> dict[str, np.ndarray]:
    """Bounds of every cell of a year.

    Args:
        cells: one entry per cell in `region_no`, `ownership_no`, `industry_no`; in `establishments`, and of how many
            rounded numbers they are the sum in `pieces`; and, NaN where nothing is printed, in `employment`, `wages`,
            `average_pay`. Where another source tells of jobs in cells, these in `told_jobs`, above 0, and in
            `told_establishments` how many establishments have them, 0 or NaN where it tells nothing. It is not heeded
            of cells of one or two establishments.
        places: what the numbers are parts of.
        programmes: how many linear programmes to spend on cells that stay wide, at some two milliseconds each. All the
            blocks of a national year take some three hundred thousand and narrow two cells in a hundred.

    Returns:
        One entry per cell in `lower` and `upper`, in jobs as they would be printed (NaN above: none known), in
        `estimate` a likely number of jobs between them, in `is_told` whether another source tells of half or more of a
        withheld cell's establishments, which are three or more, and in `unused` nothing, or which sums with this cell
        as their whole were no evidence, as names of `Places.hierarchies` separated by commas. The totals of a region of
        which none of a hierarchy's sums were say `all` before its name; of one whose own figures were none, `figures`.
        Of a cell whose wages are not printed, in currency a year, `pay` are likely wages a job, `usual_pay` its
        industry's (NaN: printed, or nobody's), `wages_lower` and `wages_upper` the bounds of its wages (NaN: printed,
        or above none known); `wages_unused` names, as `unused`, which further sums printed wages contradict.

    Example:
        >>> jobs, unknown = np.array([90.0, 60.0, np.nan]), np.full(3, np.nan)
        >>> cells = {"region_no": np.zeros(3, int), "ownership_no": np.full(3, 4), "industry_no": np.arange(3)}
        >>> cells |= {"establishments": np.array([9, 5, 4]), "pieces": np.ones(3), "employment": jobs}
        >>> cells |= {"wages": unknown, "average_pay": unknown}
        >>> no, tree = np.array([-1]), np.array([-1, 0, 0])
        >>> bounded = bound_year(cells, Places(no, no, no, tree, np.full(3, -1)))
        >>> bounded["lower"].tolist(), bounded["upper"].tolist()
        ([90.0, 60.0, 29.0], [90.0, 60.0, 31.0])
    """
    axes = [cells[name] for name in ("region_no", "ownership_no", "industry_no")]
    trees = places.hierarchies()
    sums = dict(zip(trees, sums_along(axes, list(trees.values())), strict=True))
    is_total = ((places.industry_parent < 0) & (places.grouping < 0))[cells["industry_no"]]
    figures, unused = _trusted(cells, sums, is_total)
    steps, names = _heeded(figures, sums, is_total, unused)
    narrowed = tighten(figures.low, figures.high, steps)
    for name, step, left_out in zip(names, steps, narrowed.left_out, strict=True):
        unused[name][step.whole[left_out]] = True
    kept = [step.only(~out) for step, out in zip(steps, narrowed.left_out, strict=True)]
    if programmes:
        narrowed = _by_programmes(cells, places, narrowed, kept, programmes)
    lower, upper = printed(narrowed.lower, narrowed.upper)
    months = _estimated(cells, places, narrowed, kept)
    likely = np.round(months / MONTHS)
    known, is_known = cells["employment"], ~np.isnan(cells["employment"])
    return {
        "lower": np.where(is_known, known, lower),
        "upper": np.where(is_known, known, upper),
        "estimate": np.where(is_known, known, np.clip(likely, lower, np.where(np.isnan(upper), np.inf, upper))),
        "is_told": (_told(cells).covered(cells["establishments"]) >= MOST) & ~is_known,
        "unused": _named(unused),
    } | _paid(cells, places, figures.is_printed, months, kept, names)


def _heeded(
    figures: Figures, sums: Mapping[str, list[Sums]], is_total: np.ndarray, unused: dict[str, np.ndarray]
) -> tuple[list[Sums], list[str]]:
    """The sums that are evidence, with the names of their hierarchies; the others are noted in `unused`, by name."""
    steps, names = [], []
    for name, every in sums.items():
        tests = [figures.failing(step) for step in every]
        doubtful = figures.doubtful(every, tests)
        unused[f"all {name}"] = is_total & doubtful[figures.table]
        unused[name] = np.zeros_like(is_total)
        for step, test in zip(every, tests, strict=True):
            failing = test.by_count | test.by_value
            doubted = doubtful[figures.table[step.whole]]
            unused[name][step.whole[failing & ~doubted]] = True
            steps.append(step.only(~(failing | doubted)))
            names.append(name)
    return steps, names


def _estimated(cells: Mapping[str, np.ndarray], places: Places, narrowed: Tightened, steps: list[Sums]) -> np.ndarray:
    """A likely number of job-months for each cell."""
    count, (place, parent) = cells["establishments"], _kinds(cells, places)
    return estimate(narrowed.lower, narrowed.upper, count, place, parent, steps, told=_told(cells))


def _paid(
    cells: Mapping[str, np.ndarray],
    places: Places,
    is_trusted: np.ndarray,
    months: np.ndarray,
    steps: list[Sums],
    names: list[str],
) -> dict[str, np.ndarray]:
    """Likely wages a job, and bounds of wages, where wages are not printed; NaN elsewhere, and where there is none.

    And which further sums with a cell as their whole were no evidence of wages.
    """
    found = wages_of_cells(cells["wages"], is_trusted, months, *_kinds(cells, places), steps)
    unused = {name: np.zeros(len(months), bool) for name in names}
    for name, step, left_out in zip(names, steps, found.left_out, strict=True):
        unused[name][step.whole[left_out]] = True
    is_asked, unknown = np.isnan(cells["wages"]), np.full(len(months), np.nan)
    is_paid = is_asked & (found.usual > 0)
    pay, usual = (
        np.divide(MONTHS * wages, months, out=unknown.copy(), where=is_paid) for wages in (found.likely, found.usual)
    )
    return {
        "pay": pay,
        "usual_pay": usual,
        "wages_lower": np.where(is_asked, found.lower, unknown),
        "wages_upper": np.where(is_asked & np.isfinite(found.upper), found.upper, unknown),
        "wages_unused": _named(unused),
    }


def _kinds(cells: Mapping[str, np.ndarray], places: Places) -> tuple[np.ndarray, np.ndarray]:
    """Of each cell its industry and ownership as one place, and of each place the one above it.

    That of the same ownership, where it has one: of it the means are taken that stand in for unknown ones.
    """
    industries, ownerships = len(places.industry_parent), np.arange(len(OWNERSHIPS))
    above = np.where(places.industry_parent >= 0, places.industry_parent, places.grouping)
    total = np.flatnonzero(above < 0)[0]
    owner_above = np.where(OWNERSHIPS >= 0, OWNERSHIPS * industries + total, -1)
    parent = np.where(above >= 0, above + ownerships[:, None] * industries, owner_above[:, None])
    place = cells["ownership_no"].astype(np.int64) * industries + cells["industry_no"]
    return place, parent.ravel()


def _told(cells: Mapping[str, np.ndarray]) -> Told:
    """What another source tells of the cells that have three establishments or more, in job-months."""
    establishments = cells["establishments"]
    nothing = np.zeros(len(establishments))
    jobs, count = (np.nan_to_num(cells.get(name, nothing)) for name in ("told_jobs", "told_establishments"))
    return Told(MONTHS * jobs, np.where(establishments >= LEAST_TOLD, count, 0))


def _trusted(
    cells: Mapping[str, np.ndarray], sums: Mapping[str, list[Sums]], is_total: np.ndarray
) -> tuple[Figures, dict[str, np.ndarray]]:
    """The figures that are evidence: a region's of an ownership are set aside where they do not add up."""
    low, high = job_months(cells["employment"], cells["wages"], cells["average_pay"])
    is_printed = ~np.isnan(cells["employment"])
    # Of an ownership that is not published in full other ownerships' figures are none the worse.
    of = cells["region_no"].astype(np.int64) * len(OWNERSHIPS) + cells["ownership_no"]
    every = Figures(low, high, cells["establishments"], cells["pieces"] / 2, is_printed, of)
    within = [step for name in WITHIN_A_REGION for step in sums[name]]
    aside = every.doubtful(within, [every.failing(step) for step in within])[of]
    # What is no evidence, and what is withheld, is at least no more than all jobs of its region and ownership.
    most = np.full(of.max(initial=-1) + 1, UNBOUNDED)
    most[of[is_total]] = high[is_total]
    low = np.where(aside, 0, low)
    high = np.where(aside, most[of], np.minimum(high, np.maximum(most[of], low)))
    trusted = Figures(low, high, every.count, every.count_error, is_printed & ~aside, of)
    return trusted, {SET_ASIDE: aside & is_total}


def _named(masks: Mapping[str, np.ndarray]) -> np.ndarray:
    """For each cell the names of the masks that hold it, separated by commas."""
    names = np.full(len(next(iter(masks.values()))), "", dtype=object)
    for name, mask in masks.items():
        names[mask] = np.where(names[mask] == "", name, names[mask] + f", {name}")
    return names


def _by_programmes(
    cells: Mapping[str, np.ndarray], places: Places, narrowed: Tightened, steps: list[Sums], programmes: int
) -> Tightened:
    """Narrows further by linear programmes, each over an industry group in a state with its counties and metros."""
    group, state = _group_of(places)[cells["industry_no"]], _state_of(places)[cells["region_no"]]
    block = (state.astype(np.int64) * len(places.industry_parent) + group) * len(OWNERSHIPS) + cells["ownership_no"]
    label = np.where((group >= 0) & (state >= 0), block, -1)
    refined = refine(narrowed.lower, narrowed.upper, steps, label, most_solves=programmes)
    again = tighten(refined.lower, refined.upper, steps)
    return Tightened(again.lower, again.upper, narrowed.left_out)


def _state_of(places: Places) -> np.ndarray:
    """The state that each region is, or lies in; -1 for the nation and what lies in several states."""
    depth = Hierarchy(0, places.region_parent).depths()
    itself = np.where(depth == 1, np.arange(len(depth)), -1)
    return np.where(places.state >= 0, places.state, np.where(depth == 2, places.region_parent, itself))


def _group_of(places: Places) -> np.ndarray:
    """The industry group (four digits) that each industry is, or lies in; -1 above."""
    depth, group = Hierarchy(2, places.industry_parent).depths(), np.arange(len(places.industry_parent))
    while (deeper := depth[group] > GROUP_DEPTH).any():
        group = np.where(deeper, places.industry_parent[group], group)
    return np.where(depth[group] == GROUP_DEPTH, group, -1)
