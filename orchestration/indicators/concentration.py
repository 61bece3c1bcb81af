"""How unevenly industries lie over regions, as ranges where some regions' jobs are known only within bounds.

Belongs here: the measures of one industry's concentration (Herfindahl, Gini, Hoover, Theil, Ellison & Glaeser, Maurel
& Sédillot) and their least and greatest values. Does not: what the shares can be (`shares`), which regions and totals
there are, spatial autocorrelation.

A whole is one industry in one year over the regions of one type; regions without a row have none of it. With s_r the
shares and x_r the regions' weights (their shares of all jobs), all measures but Gini's and the gammas are sums over
regions of convex functions of s_r, plus what the regions without a row contribute, which is known.

Soundness. The true shares lie in the boxes and add up to 1; see `shares` for what follows for sums.

1. Least values are exact: of the sums of squares by levelling around their centre; of Theil's, Hoover's and Gini's
   index at the shares nearest to proportional, since all three grow in the order of majorisation against x.
2. Greatest values of the sums are bounds by chords.
3. Gini's index is 1 - 2 * (area below the Lorenz curve L of s against x), and L(p) is the least share that regions of
   weight p can hold. So L(p) is no less than the same with a in place of s, nor than 1 less the greatest sum of b
   over the other 1 - p. The area below the larger of these two convex curves bounds the index from above.
4. Both gammas are 1 - (1 - g)/(1 - H): they grow with g and are monotone in H, so over the rectangle of both ranges
   the extremes lie at corners. Sound, though wider than need be, as g and H rest on the same shares.

Sources: Herfindahl 1950; Krugman 1991, Geography and Trade (the Gini index); Hoover 1936; Theil 1967; Ellison &
Glaeser 1997, Journal of Political Economy 105(5); Maurel & Sédillot 1999, Regional Science and Urban Economics 29(5).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from orchestration.indicators.shares import ROUNDING, Boxes, by_whole_and, chord_bound, levelled

# What no industry's measure can pass; the least is 0.
MOST = {
    "herfindahl": 1.0,
    "locational_gini": 1.0,
    "hoover": 1.0,
    "theil": np.inf,
    "raw_concentration_g": 2.0,
    "plant_herfindahl": 1.0,
}
MEASURES = (*MOST, "ellison_glaeser_gamma", "maurel_sedillot_gamma")


@dataclass(frozen=True)
class Range:
    """Least and greatest possible value, one of each a whole; NaN where there is none."""

    lower: np.ndarray
    upper: np.ndarray


Curve = tuple[np.ndarray, np.ndarray]
"""Corners of curves over [0, 1], one whole after the other: places, moved to [2k, 2k + 1] for whole k, and heights."""


def _lorenz(boxes: Boxes, values: np.ndarray, weight: np.ndarray) -> Curve:
    """The Lorenz curves of values against weights; what weights lack to 1 belongs to regions without a row."""
    values = np.nan_to_num(values)
    order = by_whole_and(values / weight, boxes.of)
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


def _whole(place: np.ndarray) -> np.ndarray:
    """The whole whose curve a place is on. Between the ends of two wholes' curves there is none."""
    return (place / 2).astype(np.int64)


def _area_below(curve: Curve, count: int) -> np.ndarray:
    """The area below a curve, for each of `count` wholes."""
    place, height = curve
    whole = _whole(place)
    width = np.where(whole[1:] == whole[:-1], np.diff(place), 0)
    return np.bincount(whole[1:], width * (height[1:] + height[:-1]) / 2, count)


def _larger(one: Curve, other: Curve) -> Curve:
    """The larger of two curves, with a corner of its own where they cross."""
    place = np.sort(np.concatenate([one[0], other[0]]), kind="stable")
    first, second = np.interp(place, *one), np.interp(place, *other)
    ahead = first - second
    whole = _whole(place)
    left = np.flatnonzero((whole[1:] == whole[:-1]) & (ahead[1:] * ahead[:-1] < 0))
    share = ahead[left] / (ahead[left] - ahead[left + 1])
    crossing, height = (v[left] + share * (v[left + 1] - v[left]) for v in (place, first))
    return np.insert(place, left + 1, crossing), np.insert(np.maximum(first, second), left + 1, height)


def gini(boxes: Boxes, weight: np.ndarray, even: np.ndarray) -> Range:
    """Gini's index of the Lorenz curve of shares against weights (Krugman's locational Gini); 0 = as all jobs lie.

    `even` are the shares in the boxes that are nearest to proportional, as `levelled` gives them.

    Example:
        >>> boxes = Boxes(np.array([0]), np.array([0.2, 0.8]), np.array([0.2, 0.8]))
        >>> gini(boxes, np.array([0.5, 0.5]), boxes.lower).upper.round(12).tolist()
        [0.3]
    """
    # A whole that holds nothing has no curve; its NaN is kept out of the running sums of the others.
    whole = np.where(np.isnan(boxes.room), np.nan, 1.0)
    lower = whole - 2 * _area_below(_lorenz(boxes, even, weight), len(boxes))
    too_much = np.nan_to_num(np.maximum(boxes.added(boxes.upper) - 1, 0))
    place, height = _lorenz(boxes, boxes.upper, weight)
    most = place, height - too_much[_whole(place)]
    upper = whole - 2 * _area_below(_larger(_lorenz(boxes, boxes.lower, weight), most), len(boxes))
    return Range(lower, np.maximum(lower, upper))


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
    # Added up, the index of a single plant may come out a rounding above 1, where gamma would change its sign.
    indices = [np.where(h > 1 - ROUNDING, 1.0, h) for h in (plants.lower, plants.upper)]
    with np.errstate(invalid="ignore", divide="ignore"):
        corners = [
            [1 - (1 - g / (1 - weight_squares)) / (1 - h) for h in indices] for g in (distance.lower, distance.upper)
        ]
    lower, upper = np.minimum(*corners[0]), np.maximum(*corners[1])
    return Range(*(np.where(np.isfinite(bound), bound, np.nan) for bound in (lower, upper)))


def of_a_region(weight: np.ndarray, plants: np.ndarray) -> dict[str, Callable[[np.ndarray], np.ndarray]]:
    """What a region's share adds to each measure that is a sum over regions.

    Args:
        weight, plants: of the regions, in a shape that goes with that of shares.

    Example:
        >>> [float(term(0.75)) for term in of_a_region(0.25, 3).values()][:3]
        [0.5625, 0.25, 0.1875]
    """
    return {
        "herfindahl": np.square,
        "raw_concentration_g": lambda s: (s - weight) ** 2,
        "plant_herfindahl": lambda s: s**2 / plants,
        "hoover": lambda s: np.abs(s - weight) / 2,
        "theil": lambda s: s * np.log(np.where(s > 0, s, 1) / weight),
    }


def of_the_rest(weight: np.ndarray, squares: np.ndarray, weight_squares: np.ndarray) -> dict[str, np.ndarray]:
    """What the regions that have none of an industry add, where that is anything.

    Args:
        weight, squares: what the weights of the other regions add up to, and their squares.
        weight_squares: the same squares over all regions.

    Example:
        >>> of_the_rest(np.array([0.75]), np.array([0.5]), np.array([0.5]))["hoover"].tolist()
        [0.125]
    """
    return {"raw_concentration_g": np.maximum(weight_squares - squares, 0), "hoover": (1 - weight) / 2}


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
        Ranges by `MEASURES`, the names in `industry_concentration`; NaN where a measure is not defined.

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
    rest = of_the_rest(boxes.added(weight), boxes.added(weight**2), weight_squares)
    even = levelled(boxes, nowhere, weight)
    terms = of_a_region(weight, plants)

    def measured(name: str, least: np.ndarray) -> Range:
        of_rest, function = rest.get(name, 0.0), terms[name]
        upper = chord_bound(boxes, function(boxes.lower), function(boxes.upper)) + of_rest
        return Range(np.minimum(boxes.added(function(least)) + of_rest, upper), upper)

    herfindahl = measured("herfindahl", levelled(boxes, nowhere, alike))
    distance = measured("raw_concentration_g", levelled(boxes, weight, alike))
    plant_herfindahl = measured("plant_herfindahl", levelled(boxes, nowhere, plants))
    beyond = Range(herfindahl.lower - weight_squares, herfindahl.upper - weight_squares)
    found = {
        "herfindahl": herfindahl,
        "locational_gini": gini(boxes, weight, even),
        "hoover": measured("hoover", even),
        "theil": measured("theil", even),
        "raw_concentration_g": distance,
        "plant_herfindahl": plant_herfindahl,
    }
    # Adding up may leave a measure beyond its ends by a rounding.
    within = {name: Range(*(np.clip(v, 0, MOST[name]) for v in (r.lower, r.upper))) for name, r in found.items()}
    return within | {
        "ellison_glaeser_gamma": gamma(distance, plant_herfindahl, weight_squares),
        "maurel_sedillot_gamma": gamma(beyond, plant_herfindahl, weight_squares),
    }
