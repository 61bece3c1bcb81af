"""How varied regions' economies are and how far they differ from the nation's, as ranges where jobs are withheld.

Belongs here: the measures of a region's make-up (Herfindahl, Krugman, Hachman, related and unrelated variety) and their
least and greatest values. Does not: what shares can be (`shares`), how an industry lies over regions (`concentration`).

A whole is one region in one year; its rows are its industries, and those of a sector stand together. Sectors are cells
of their own, published more often than what they are made of. So a share is taken in two steps, a_i = A_g p_i: the
sector's share A_g of the region, times the industry's share p_i of its sector. Where published figures add up that is
the industry's share of the region; they are rounded, and then it differs from that by the rounding. With b the nation's
shares, taken in the same way, every measure is put together from its sectors:

    Herfindahl          sum a^2      = sum_g A_g^2 (sum of p^2 in g)
    1 / Hachman         sum a^2 / b  = sum_g A_g^2 (sum of p^2 / b in g)
    unrelated variety   - sum_g A_g log2 A_g
    related variety     sum_g A_g h_g, h_g = - sum of p log2 p in g; both varieties are the entropy - sum a log2 a
    Krugman             sum |a - b|  = 2 sum max(a - b, 0), as both add up to 1: what a region lacks needs no row

Soundness. True shares lie in the boxes and add up to 1 (see `shares`).

1. Sums of squares. The sum in a sector is least by levelling with the pace 1 (or b), and bounded by chords. Over the
   sectors the same is done with these bounds in place of the sums, which A_g^2 multiplies: never below, never above.
2. Entropy is concave: minus entropy is a sum of convex x log2 x, so entropy is greatest at the levelled shares and no
   less than chords leave. Related variety is linear in A_g between h_g's bounds, where chords are the function itself.
   The sum of both varieties' bounds bounds the total.
3. Krugman, greatest: in a sector that holds S, by weak duality, sum f(a) is at most const + price * S for whatever
   price (see `shares`); over the sectors this is linear again, and a bound by chords. Least: f does not fall, and is
   flat up to b. So a sector that holds S costs what its least shares cost, and twice what S is above the sum of
   clip(b, lower, upper), the most that costs no more; the same once more over the sectors. Exact.
4. The nation's shares lie in boxes too. All of this falls as b grows, so its upper end serves for least values and its
   lower end for greatest ones. A share of the nation below `FAINTEST` is taken for that: whatever has a job in a region
   of the nation has more.

Sources: Herfindahl 1950; Krugman 1991, Geography and Trade; Benway 2020, Measuring Economic Diversity: The Hachman
Index, Kem C. Gardner Policy Institute; Frenken, Van Oort & Verburg 2007, Regional Studies 41(5) (variety).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from orchestration.indicators.concentration import Range
from orchestration.indicators.shares import Boxes, chord_bound, chord_line, levelled, share_boxes

MEASURES = ("herfindahl", "krugman", "hachman", "variety", "unrelated_variety", "related_variety")
# No job is a smaller share of a nation.
FAINTEST = 1e-12


@dataclass(frozen=True)
class Makeup:
    """What regions are made up of: the shares of a region's sectors, and those of a sector's industries."""

    sectors: Boxes
    industries: Boxes

    @cached_property
    def shares(self) -> Range:
        """The industries' shares of their region, one a row of `industries`."""
        of = self.industries.of
        return Range(self.sectors.lower[of] * self.industries.lower, self.sectors.upper[of] * self.industries.upper)


def makeup(
    industries: Range, sectors: Range, totals: Range, sector_start: np.ndarray, region_start: np.ndarray
) -> Makeup:
    """The shares that industries and sectors can hold.

    Sums of published figures may be off by half a job for each of them. A sector that may hold jobs though none of its
    industries does, once rounded, may be made up of them anyhow.

    Args:
        industries, sectors, totals: least and most jobs of each industry of each sector of each region, of each sector
            of each region, and of each region; finite.
        sector_start: where each sector's industries begin; ascending, from 0.
        region_start: where each region's sectors begin; ascending, from 0.

    Returns:
        The shares; NaN for the sectors of a region that holds nothing for certain.

    Example:
        >>> jobs, zero = np.array([6.0, 2.0, 2.0]), np.array([0])
        >>> made = makeup(Range(jobs, jobs), *(Range(v, v) for v in (np.array([8.0, 2.0]), np.array([10.0]))),
        ...     sector_start=np.array([0, 2]), region_start=zero)
        >>> made.sectors.lower.tolist(), made.industries.upper.tolist()
        ([0.8, 0.2], [0.75, 0.25, 1.0])
    """

    def boxes(parts: Range, wholes: Range, start: np.ndarray) -> Boxes:
        slack = 0.5 * (1 + np.diff(start, append=len(parts.lower)))
        return share_boxes(start, parts.lower, parts.upper, wholes.lower - slack, wholes.upper + slack)

    within = boxes(industries, sectors, sector_start)
    alone = np.diff(sector_start, append=len(industries.lower)) == 1
    anyhow = np.isnan(within.lower)
    within = Boxes(
        sector_start,
        np.where(anyhow, alone[within.of], within.lower),
        np.where(anyhow, 1.0, within.upper),
    )
    return Makeup(boxes(sectors, totals, region_start), within)


def herfindahl(made: Makeup, weight: Range | None = None) -> Range:
    """The sum of squared shares, each over its weight; without weights Herfindahl's index.

    Example:
        >>> share = np.array([0.5, 0.5])
        >>> one = Makeup(Boxes(np.array([0]), share[:1] * 2, share[:1] * 2), Boxes(np.array([0]), share, share))
        >>> herfindahl(one).lower.tolist()
        [0.5]
    """
    sectors, within = made.sectors, made.industries
    low, high = (np.ones_like(within.lower),) * 2 if weight is None else (weight.lower, weight.upper)
    most = chord_bound(within, within.lower**2 / low, within.upper**2 / low)
    least = within.added(levelled(within, np.zeros_like(high), high) ** 2 / high)
    upper = chord_bound(sectors, sectors.lower**2 * most, sectors.upper**2 * most)
    lower = sectors.added(levelled(sectors, np.zeros_like(least), 1 / least) ** 2 * least)
    return Range(np.minimum(lower, upper), upper)


def entropy(boxes: Boxes) -> Range:
    """The entropy of each whole's shares, in bits.

    Example:
        >>> entropy(Boxes(np.array([0]), np.full(4, 0.25), np.full(4, 0.25))).upper.tolist()
        [2.0]
    """

    def disorder(shares: np.ndarray) -> np.ndarray:
        return shares * np.log2(np.where(shares > 0, shares, 1))

    even = levelled(boxes, np.zeros_like(boxes.lower), np.ones_like(boxes.lower))
    # Less than no entropy is a rounding; and 0 is not -0.
    upper = np.maximum(-boxes.added(disorder(even)), 0.0)
    lower = np.maximum(-chord_bound(boxes, disorder(boxes.lower), disorder(boxes.upper)), 0.0)
    return Range(np.minimum(lower, upper), upper)


def variety(made: Makeup) -> dict[str, Range]:
    """Unrelated variety (entropy of sectors), related variety (entropy within them) and their sum, in bits.

    Example:
        >>> share = np.full(4, 0.5)
        >>> halves = Makeup(Boxes(np.array([0]), share[:2], share[:2]), Boxes(np.array([0, 2]), share, share))
        >>> {name: found.lower.tolist() for name, found in variety(halves).items()}
        {'variety': [2.0], 'unrelated_variety': [1.0], 'related_variety': [1.0]}
    """
    sectors, within = made.sectors, entropy(made.industries)
    unrelated = entropy(sectors)
    upper = chord_bound(sectors, sectors.lower * within.upper, sectors.upper * within.upper)
    lower = -chord_bound(sectors, -sectors.lower * within.lower, -sectors.upper * within.lower)
    # As in `entropy`.
    related = Range(np.maximum(np.minimum(lower, upper), 0.0), np.maximum(upper, 0.0))
    total = Range(unrelated.lower + related.lower, unrelated.upper + related.upper)
    return {"variety": total, "unrelated_variety": unrelated, "related_variety": related}


def krugman(made: Makeup, nation: Range) -> Range:
    """Krugman's specialisation: the sum of absolute differences between shares and the nation's, over all industries.

    Example:
        >>> one, share = np.array([0]), np.array([0.25, 0.75])
        >>> made = Makeup(Boxes(one, np.ones(1), np.ones(1)), Boxes(one, share, share))
        >>> krugman(made, Range(share[::-1], share[::-1])).lower.tolist()
        [1.0]
    """
    sectors, within, share = made.sectors, made.industries, made.shares
    even = within.added(np.clip(nation.upper, share.lower, share.upper))
    cost = within.added(np.maximum(share.lower - nation.upper, 0)) + np.maximum(sectors.lower - even, 0)
    short = 1 - sectors.added(np.clip(even, sectors.lower, sectors.upper))
    lower = 2 * (sectors.added(cost) + np.maximum(short, 0))

    at_lower, at_upper = (2 * np.maximum(end - nation.lower, 0) for end in (share.lower, share.upper))
    boxes = Boxes(within.start, share.lower, share.upper)
    middle = (sectors.lower + sectors.upper) / 2
    room = np.nan_to_num(middle - boxes.added(share.lower))
    bound, price = chord_line(boxes, at_lower, at_upper, room)
    upper = chord_bound(sectors, bound + price * (sectors.lower - middle), bound + price * (sectors.upper - middle))
    return Range(np.minimum(lower, upper), upper)


def structure(made: Makeup, nation: Range) -> Mapping[str, Range]:
    """All measures of every region's make-up.

    Args:
        made: the regions' shares, as `makeup` gives them.
        nation: least and greatest share that each row's industry has in the nation; 0 where the nation has none of it.

    Returns:
        Ranges by `MEASURES`, the names in `region_structure`; NaN for a region that holds nothing for certain. A region
        with an industry that the nation has none of has a Hachman index of next to 0.

    Raises:
        ValueError: if a share of the nation is not between 0 and 1.

    Example:
        >>> jobs, one = np.array([70.0, 30.0]), np.array([100.0])
        >>> made = makeup(Range(jobs, jobs), Range(one, one), Range(one, one), np.array([0]), np.array([0]))
        >>> found = structure(made, Range(np.array([0.5, 0.5]), np.array([0.5, 0.5])))
        >>> {name: found[name].lower.round(4).tolist() for name in ("herfindahl", "krugman", "hachman")}
        {'herfindahl': [0.58], 'krugman': [0.4], 'hachman': [0.8621]}
    """
    if not ((nation.lower >= 0) & (nation.lower <= nation.upper) & (nation.upper <= 1)).all():
        raise ValueError("every share of the nation must be between 0 and 1")
    inverse = herfindahl(made, Range(np.maximum(nation.lower, FAINTEST), np.maximum(nation.upper, FAINTEST)))
    found = {
        "herfindahl": herfindahl(made),
        "krugman": krugman(made, nation),
        "hachman": Range(1 / inverse.upper, 1 / inverse.lower),
    }
    # Adding up may leave a measure beyond its ends by a rounding.
    most = {"herfindahl": 1, "krugman": 2, "hachman": 1}
    within = {name: Range(*(np.clip(v, 0, most[name]) for v in (r.lower, r.upper))) for name, r in found.items()}
    return within | variety(made)
