"""How unevenly industries lie over regions, as ranges where some regions' jobs are known only within bounds.

Belongs here: the measures of one industry's concentration (Herfindahl, Gini, Hoover, Theil, Ellison & Glaeser, Maurel
& Sédillot) and their least and greatest values. Does not: which regions and totals there are, spatial
autocorrelation.

A `whole` is one industry in one year over the regions of one type. Its rows, one a region, stand together; `start`
says where each whole's begin. Regions without a row have none of the industry. With e_r the jobs, T their sum, s_r =
e_r/T the shares and x_r the regions' weights (their shares of all jobs), every measure here but one is a sum over
regions of a convex function f_r(s_r), plus what the regions without a row contribute, which is known.

Soundness. Let every e_r lie in [l_r, u_r] and T in [T_l, T_u].

1. Boxes. T = e_r + (the others), so T lies between max(T_l, e_r + sum of others' l) and min(T_u, e_r + sum of others'
   u), and e_r/max(T_l, e_r + c) grows with e_r. Hence a_r <= s_r <= b_r with b_r = u_r / max(T_l, u_r + sum of
   others' l) and a_r = l_r / min(T_u, l_r + sum of others' u). The shares lie in this box and add up to 1; what
   follows takes the least and greatest over that set, which holds the true shares.
2. Least. For sum (s - c)^2 / w (c = 0, w = 1: Herfindahl; c = x, w = 1: G; c = 0, w = plants: plants' Herfindahl) the
   Karush-Kuhn-Tucker conditions of this convex problem give s = clip(c + t w, a, b), with the t for which they add up
   to 1: exact. For sums of x phi(s/x) with any convex phi they give s = clip(t x, a, b), whatever phi is: so these
   shares are least in the order of majorisation, and with them Theil's T, Hoover's index and Gini's are least: exact.
3. Greatest. On [a, b] a convex f lies below its chord, so its sum lies below the greatest sum of chords, a continuous
   knapsack. By weak duality sum f(a) + t (1 - sum a) + sum max(0, slope - t)(b - a) bounds it for whatever t, and
   with the slope of the item that fills the sack it is the knapsack's own value. All but that one item are then at an
   end of their interval, where chord and function agree, so the bound is above the true greatest value by no more
   than the gap of one chord: for a sum of squares a quarter of the squared width of one interval.
4. Gini's index is 1 - 2 * (area below the Lorenz curve L of s against x), and L(p) is the least share that regions of
   weight p can hold. So L(p) is no less than the same for a in place of s, nor than 1 less the greatest share b that
   the other 1 - p can hold. The area below the larger of these two convex curves bounds Gini's index from above.
5. Ellison & Glaeser's and Maurel & Sédillot's gamma, 1 - (1 - g)/(1 - H), grow with g and are monotone in H, so over
   the rectangle of both ranges their extremes lie at corners: sound, though wider than need be.

Sources: Herfindahl 1950; Krugman 1991, Geography and Trade (the Gini index); Hoover 1936; Theil 1967; Ellison &
Glaeser 1997, Journal of Political Economy 105(5); Maurel & Sédillot 1999, Regional Science and Urban Economics 29(5).
Levelling by fixing variables: Bitran & Hax 1981, Management Science 27(4); Kiwiel 2008, Mathematical Programming 112.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike


@dataclass(frozen=True)
class Range:
    """Least and greatest possible value, one of each a whole; NaN where there is none."""

    lower: np.ndarray
    upper: np.ndarray


@dataclass(frozen=True)
class Boxes:
    """Shares of wholes: those of a whole add up to 1, and each lies between its `lower` and `upper`."""

    start: np.ndarray
    lower: np.ndarray
    upper: np.ndarray

    def __len__(self) -> int:
        return len(self.start)

    @cached_property
    def of(self) -> np.ndarray:
        """The whole that each row belongs to."""
        return np.repeat(np.arange(len(self)), np.diff(self.start, append=len(self.lower)))

    @cached_property
    def free(self) -> np.ndarray:
        """The rows whose share is not settled."""
        return np.flatnonzero(self.lower < self.upper)

    @cached_property
    def room(self) -> np.ndarray:
        """What each whole has left to give when every share is at its least."""
        return 1 - self.added(self.lower)

    def added(self, values: np.ndarray) -> np.ndarray:
        """The rows' values, added up for each whole."""
        return np.add.reduceat(values, self.start)


def share_boxes(
    start: np.ndarray,
    lower: np.ndarray,
    upper: np.ndarray,
    total_lower: np.ndarray,
    total_upper: np.ndarray,
) -> Boxes:
    """The shares that regions can hold of wholes with a job at least (see 1 in the module's docstring).

    Args:
        start: where each whole's rows begin; ascending, from 0.
        lower, upper: least and most jobs, one a row, finite.
        total_lower, total_upper: bounds of each whole's total; 0 and infinity where nothing but the rows is known. A
            total that no values of the rows add up to contradicts them, and then is not heeded.

    Returns:
        The boxes; those of a whole that holds nothing for certain are NaN.

    Example:
        >>> one = np.array([0])
        >>> boxes = share_boxes(one, np.array([6.0, 0, 0]), np.array([6.0, 4, 3]), np.array([10.0]), np.array([10.0]))
        >>> boxes.lower.tolist(), boxes.upper.tolist()
        ([0.6, 0.0, 0.0], [0.6, 0.4, 0.3])
    """
    of = np.repeat(np.arange(len(start)), np.diff(start, append=len(lower)))
    least, most = np.add.reduceat(lower, start), np.add.reduceat(upper, start)
    heeded = (total_lower <= most) & (total_upper >= least)
    at_least = np.where(heeded, np.maximum(total_lower, least), least)
    at_most = np.where(heeded, np.minimum(total_upper, most), most)
    with np.errstate(invalid="ignore", divide="ignore"):
        high = np.where(upper > 0, upper / np.maximum(at_least[of], upper + (least[of] - lower)), 0.0)
        low = lower / np.minimum(at_most[of], lower + (most[of] - upper))
    # Where no other region can hold any, this one holds all.
    low = np.where((most[of] == upper) & (upper > 0), 1.0, np.where(lower > 0, low, 0.0))
    nothing = at_most[of] <= 0
    return Boxes(start, np.where(nothing, np.nan, low), np.where(nothing, np.nan, high))


def levelled(boxes: Boxes, centre: np.ndarray, pace: np.ndarray) -> np.ndarray:
    """The shares clip(centre + t * pace, lower, upper) that add up to 1, with a t of its own for each whole.

    They are the least of sum (s - centre)^2 / pace. `pace` is above zero.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.5, 0, 0]), np.array([0.5, 0.1, 1]))
        >>> levelled(boxes, np.zeros(3), np.ones(3)).tolist()
        [0.5, 0.1, 0.4]
    """
    shares, free, count = boxes.lower.copy(), boxes.free, len(boxes)
    settled = boxes.lower.copy()
    settled[free] = 0
    left = 1 - boxes.added(settled)
    while len(free):
        of, low, high = boxes.of[free], boxes.lower[free], boxes.upper[free]
        with np.errstate(invalid="ignore", divide="ignore"):
            t = (left - np.bincount(of, centre[free], count)) / np.bincount(of, pace[free], count)
        wanted = centre[free] + t[of] * pace[free]
        short = np.bincount(of, np.maximum(low - wanted, 0), count)
        over = np.bincount(of, np.maximum(wanted - high, 0), count)
        # Clipped, the shares add up to too little where more is over than short: then t grows, and whatever is over
        # now stays at its most. And the other way about.
        fixed = np.where((over > short)[of], wanted >= high, np.where((short > over)[of], wanted <= low, True))
        at = free[fixed]
        shares[at] = np.clip(wanted[fixed], low[fixed], high[fixed])
        left -= np.bincount(of[fixed], shares[at], count)
        free = free[~fixed]
    return shares


def chord_bound(boxes: Boxes, at_lower: np.ndarray, at_upper: np.ndarray) -> np.ndarray:
    """No less than the greatest sum of convex functions of the shares, given by their values at both ends of each box.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.2, 0, 0]), np.array([0.2, 0.8, 0.5]))
        >>> chord_bound(boxes, boxes.lower**2, boxes.upper**2).round(12).tolist()
        [0.68]
    """
    bound, free = boxes.added(at_lower), boxes.free
    if not len(free):
        return bound
    of, width = boxes.of[free], boxes.upper[free] - boxes.lower[free]
    slope = (at_upper[free] - at_lower[free]) / width
    order = np.lexsort((-slope, of))
    filled = np.cumsum(width[order])
    last = np.searchsorted(of, np.arange(len(boxes)), side="right") - 1
    first = np.searchsorted(of, np.arange(len(boxes)), side="left")
    before = np.concatenate([[0.0], filled])[first]
    item = np.clip(np.searchsorted(filled, before + boxes.room), first, np.maximum(last, first))
    price = np.where(last >= first, slope[order[np.minimum(item, len(free) - 1)]], 0.0)
    gain = np.bincount(of, np.maximum(slope - price[of], 0) * width, len(boxes))
    return bound + np.where(last >= first, price * boxes.room, 0.0) + gain


Curve = tuple[np.ndarray, np.ndarray]
"""Corners of curves over [0, 1], one whole after the other: places, moved to [2k, 2k + 1] for whole k, and heights."""


def _lorenz(boxes: Boxes, values: np.ndarray, weight: np.ndarray) -> Curve:
    """The Lorenz curves of values against weights; what weights lack to 1 belongs to regions without a row."""
    values = np.nan_to_num(values)
    order = np.lexsort((values / weight, boxes.of))
    of, count = boxes.of[order], np.arange(len(boxes))
    # Each whole's rows begin at its own start in either order.
    high, far = (np.cumsum(v[order]) for v in (values, weight))
    height = high - (high - values[order])[boxes.start][of]
    absent = np.maximum(1 - boxes.added(weight), 0)
    place = far - (far - weight[order])[boxes.start][of] + absent[of] + 2 * of
    at = np.repeat(boxes.start, 2)
    return (
        np.insert(place, at, np.column_stack([2 * count, 2 * count + absent]).ravel()),
        np.insert(height, at, 0.0),
    )


def _area_below_larger(one: Curve, other: Curve, count: int) -> np.ndarray:
    """The area below the larger of two curves, for each of `count` wholes."""
    place = np.sort(np.concatenate([one[0], other[0]]), kind="stable")
    first, second = np.interp(place, *one), np.interp(place, *other)
    height, ahead, width = np.maximum(first, second), first - second, np.diff(place)
    area = width * (height[1:] + height[:-1]) / 2
    crossing = np.flatnonzero(ahead[1:] * ahead[:-1] < 0)
    before, after = np.abs(ahead[crossing]), np.abs(ahead[crossing + 1])
    area[crossing] -= width[crossing] / 2 * before * after / (before + after)
    whole = (place // 2).astype(np.int64)
    within = whole[1:] == whole[:-1]
    return np.bincount(whole[1:][within], area[within], count)


def gini(boxes: Boxes, weight: np.ndarray, even: np.ndarray) -> Range:
    """Gini's index of the Lorenz curve of shares against weights (Krugman's locational Gini); 0 = as all jobs lie.

    `even` are the shares in the boxes that are nearest to proportional, as `levelled` gives them.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.2, 0.8]), np.array([0.2, 0.8]))
        >>> gini(boxes, np.array([0.5, 0.5]), boxes.lower).upper.round(12).tolist()
        [0.3]
    """
    nearest = _lorenz(boxes, even, weight)
    # A whole that holds nothing has no curve; its NaN is kept out of the running sums of the others.
    whole = np.where(np.isnan(boxes.room), np.nan, 1.0)
    lower = whole - 2 * _area_below_larger(nearest, nearest, len(boxes))
    too_much = np.nan_to_num(np.maximum(boxes.added(boxes.upper) - 1, 0))
    place, height = _lorenz(boxes, boxes.upper, weight)
    most = place, height - too_much[(place // 2).astype(np.int64)]
    return Range(lower, whole - 2 * _area_below_larger(_lorenz(boxes, boxes.lower, weight), most, len(boxes)))


def gamma(distance: Range, plants: Range, weight_squares: np.ndarray) -> Range:
    """Ellison & Glaeser's gamma of G and the plants' Herfindahl; Maurel & Sédillot's of sum s^2 - sum x^2 in G's place.

    Args:
        distance: G, or sum s^2 - sum x^2.
        plants: Herfindahl index of the plants; 1 leaves gamma undefined.
        weight_squares: sum x^2 over all regions.

    Example:
        >>> g, h = Range(np.array([0.168163265306]), np.array([0.168163265306])), np.array([0.24468877551])
        >>> gamma(g, Range(h, h), np.array([0.42])).lower.round(8).tolist()
        [0.05990628]
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        corners = [
            [1 - (1 - g / (1 - weight_squares)) / (1 - h) for h in (plants.lower, plants.upper)]
            for g in (distance.lower, distance.upper)
        ]
    lower, upper = np.minimum(*corners[0]), np.maximum(*corners[1])
    return Range(*(np.where(np.isfinite(bound), bound, np.nan) for bound in (lower, upper)))


def concentration(
    boxes: Boxes, weight: np.ndarray, plants: np.ndarray, weight_squares: np.ndarray
) -> Mapping[str, Range]:
    """All measures of concentration of every whole.

    Args:
        boxes: the shares of the industry's jobs, as `share_boxes` gives them.
        weight: x, each region's share of all jobs, above zero; they may add up to less than 1, as regions that hold
            none of the industry need no row.
        plants: establishments in each row, taken to be of equal size; at least 1.
        weight_squares: sum x^2 over all regions, with or without a row.

    Returns:
        Ranges by the names that the measures have in `industry_concentration`; NaN where a measure is not defined.

    Raises:
        ValueError: if a weight is not above zero or a number of plants below 1.

    Example:
        >>> share = np.array([0.7, 0.3])
        >>> found = concentration(Boxes(np.array([0]), share, share), np.array([0.5, 0.5]), np.ones(2), np.array([0.5]))
        >>> {name: found[name].upper.round(4).tolist() for name in ("herfindahl", "hoover", "raw_concentration_g")}
        {'herfindahl': [0.58], 'hoover': [0.2], 'raw_concentration_g': [0.08]}
    """
    if not ((weight > 0).all() and (plants >= 1).all()):
        raise ValueError("every weight must be above zero and every number of plants at least 1")
    nowhere, alike = np.zeros_like(weight), np.ones_like(weight)
    rest = 1 - boxes.added(weight)
    rest_squares = np.maximum(weight_squares - boxes.added(weight**2), 0)
    even = levelled(boxes, nowhere, weight)

    def measured(function: Callable[[np.ndarray], np.ndarray], least: np.ndarray, of_rest: ArrayLike = 0.0) -> Range:
        lower = boxes.added(function(least)) + of_rest
        upper = chord_bound(boxes, function(boxes.lower), function(boxes.upper)) + of_rest
        return Range(lower, np.maximum(lower, upper))

    herfindahl = measured(np.square, levelled(boxes, nowhere, alike))
    distance = measured(lambda s: (s - weight) ** 2, levelled(boxes, weight, alike), rest_squares)
    plant_herfindahl = measured(lambda s: s**2 / plants, levelled(boxes, nowhere, plants))
    beyond = Range(herfindahl.lower - weight_squares, herfindahl.upper - weight_squares)
    return {
        "herfindahl": herfindahl,
        "locational_gini": gini(boxes, weight, even),
        "hoover": measured(lambda s: np.abs(s - weight) / 2, even, rest / 2),
        "theil": measured(lambda s: s * np.log(np.where(s > 0, s, 1) / weight), even),
        "raw_concentration_g": distance,
        "plant_herfindahl": plant_herfindahl,
        "ellison_glaeser_gamma": gamma(distance, plant_herfindahl, weight_squares),
        "maurel_sedillot_gamma": gamma(beyond, plant_herfindahl, weight_squares),
    }
