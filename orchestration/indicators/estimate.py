"""One likely value for every withheld cell, beside its bounds and within them: for maps, never for verdicts.

Belongs here: spreading known totals over cells by their establishments. Does not: what is certain (`bounds`,
`programme`), which cells add up (`sums`).

Establishments are never withheld, so a withheld cell's first guess is its establishments times the mean size of its
industry where that is known. Where another source tells of the cell itself, that mean is drawn towards what it tells,
by the share of the establishments that it covers. The guesses are then raked, by iterative proportional fitting,
towards adding up along all hierarchies, and clipped to the bounds after every adjustment. What comes out rests on the
assumption that an industry's establishments are alike everywhere but for what totals and other sources tell; how far
off a single cell may be, only its bounds say.

In a sum whose total is known, the parts that are not share what the known ones leave, in proportion to their guesses
(Deming & Stephan). Where the total is not known either, both sides give way: the parts that can move are multiplied by
t, the total is divided by t, so that they meet. Among all values that add up, these are the nearest by relative
entropy, and such steps, taken in turn over all sums, approach values that satisfy them all (Csiszár). That takes long
where hierarchies cross, so the last way goes down them once more with totals as they are.

Source: Deming & Stephan 1940, "On a Least Squares Adjustment of a Sampled Frequency Table When the Expected Marginal
Totals are Known", Annals of Mathematical Statistics 11(4); Csiszár 1975, "I-Divergence Geometry of Probability
Distributions and Minimization Problems", Annals of Probability 3(1); Isserman & Westervelt 2006, "1.5 Million Missing
Numbers: Overcoming Employment Suppression in County Business Patterns Data", International Regional Science Review
29(3); Eckert, Fort, Schott & Yang 2021, "Imputing Missing Values in the US Census Bureau's County Business Patterns",
NBER 26632.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np

from orchestration.indicators.sums import Hierarchy, Sums

# Width in job-months of what an annual average tells, published to the nearest job.
ROUNDING = 11.0
# They leave the sums of counties to states 0.13 % of the jobs apart in a national year of QCEW.
ROUNDS = 16
# How far a mean size is drawn towards what another source tells of all establishments of the cell itself. Fitted on
# hidden cells with County Business Patterns (`bench/evidence.py`): between 0.7 and 1 it makes little difference.
TRUST = 0.85
# How often the last way down scales a sum's parts before it shares out what clipping cut.
SCALINGS = 4


class Told(NamedTuple):
    """What another source tells of cells, one entry each: a value, and how many establishments hold it (0: nothing).

    The value is above 0 where there are establishments, and in the unit of the bounds.
    """

    value: np.ndarray
    establishments: np.ndarray

    def covered(self, establishments: np.ndarray) -> np.ndarray:
        """How far each cell's establishments and those told of are the same, 0..1: the fewer over the more.

        Where the other source counts more of them than the cell has, it counts others too.

        Example:
            >>> Told(np.array([9.0, 9.0, 9.0]), np.array([3, 0, 6])).covered(np.array([4, 4, 3])).tolist()
            [0.75, 0.0, 0.5]
        """
        mine, theirs = establishments.astype(float), self.establishments.astype(float)
        return _quotient(np.minimum(mine, theirs), np.maximum(mine, theirs), 0.0)

    def drawn(self, size: np.ndarray, establishments: np.ndarray) -> np.ndarray:
        """The mean size of each cell's establishments, between that of its industry and the one told.

        Args:
            size: of an establishment of the cell's industry.
            establishments: of each cell.

        Returns:
            size^(1 - w) * told^w, where w is `TRUST` times `covered`.

        Example:
            >>> told = Told(np.array([16.0, 0.0]), np.array([2, 0]))
            >>> told.drawn(np.array([1.0, 5.0]), np.array([2, 2])).round(1).tolist()
            [5.9, 5.0]
        """
        told = _quotient(self.value, self.establishments.astype(float), 1.0)
        weight = np.where(size > 0, TRUST * self.covered(establishments), 0.0)
        found: np.ndarray = size ** (1 - weight) * told**weight
        return found


def mean_sizes(
    lower: np.ndarray,
    upper: np.ndarray,
    establishments: np.ndarray,
    industry: np.ndarray,
    parent: np.ndarray,
    rounding: float = ROUNDING,
) -> np.ndarray:
    """Mean value of an establishment by industry: what known cells hold, over their establishments.

    Args:
        lower, upper, establishments, industry: by cell, `industry` as a place of `parent`.
        parent: for each industry the one it is a part of, -1 for none.
        rounding: cells whose bounds are no further apart count as known, with the middle of their bounds.

    Returns:
        One mean for each industry; its parent's where no cell of it with establishments is known, and so on up.
        NaN where there is none up to the root.

    Raises:
        ValueError: if the parents run in a circle.

    Example:
        >>> jobs = np.array([60.0, 30.0, 0.0])
        >>> mean_sizes(jobs, jobs + [0, 0, 99], np.array([5.0, 1.0, 2.0]), np.array([1, 1, 2]), np.array([-1, 0, 1]))
        array([nan, 15., 15.])
    """
    known = upper - lower <= rounding
    held, over = (
        np.bincount(industry[known], weights=weights[known], minlength=len(parent))
        for weights in (np.where(establishments > 0, (lower + upper) / 2, 0), establishments)
    )
    mean = np.divide(held, over, out=np.full(len(parent), np.nan), where=over > 0)
    for _ in range(int(Hierarchy(0, parent).depths().max(initial=0))):
        mean = np.where(np.isnan(mean) & (parent >= 0), mean[parent], mean)
    return mean


def estimate(
    lower: np.ndarray,
    upper: np.ndarray,
    establishments: np.ndarray,
    industry: np.ndarray,
    parent: np.ndarray,
    steps: Sequence[Sums],
    rounds: int = ROUNDS,
    rounding: float = ROUNDING,
    told: Told | None = None,
) -> np.ndarray:
    """A value for every cell within its bounds, near to adding up along all hierarchies.

    Args:
        lower, upper: bounds of each cell as `bounds.tighten` leaves them, in any unit; equal where the value is known.
        establishments: of each cell.
        industry: of each cell, as a place of `parent`. Where establishments of an industry differ along another axis
            (by ownership), give each combination a place of its own.
        parent: for each industry the one whose mean size stands in where none of its cells is known, -1 for none.
        steps: the sums to rake to, as `sums.sums_of` gives them, each hierarchy's from the leaves up, without those
            that `bounds.tighten` left out. The first hierarchy has the last word: its sums hold, up to rounding
            errors of doubles, wherever bounds allow it. `residuals` tells how well the others do.
        rounds: how often to go down all hierarchies with both sides giving way.
        rounding: see `mean_sizes`; in the unit of the bounds.
        told: what another source tells of the cells, if there is one. It moves the first guess, never a bound.

    Returns:
        One value per cell, lower <= value <= upper, the same at every run. A cell without establishments starts at its
        lower bound, one of an industry whose size is nowhere known at one unit an establishment. A cell without an
        upper bound (`bounds.UNBOUNDED`) is raked like any other; if it is in no sum, it keeps establishments times
        mean size.

    Raises:
        ValueError: if a cell has no value between its bounds, or a negative or unknown number of establishments.

    Example:
        >>> low, high = np.array([120.0, 60.0, 0.0, 0.0]), np.array([120.0, 60.0, 60.0, 60.0])
        >>> sums = Sums(np.array([1, 2, 3]), np.array([0]), np.array([0]))
        >>> estimate(low, high, np.array([8, 4, 1, 3]), np.zeros(4, int), np.array([-1]), [sums]).tolist()
        [120.0, 60.0, 15.0, 45.0]
    """
    if not (lower <= upper).all():
        raise ValueError(f"{int((~(lower <= upper)).sum())} cells have no value between their bounds")
    if not (establishments >= 0).all():
        raise ValueError(f"{int((~(establishments >= 0)).sum())} cells have no number of establishments")
    size = np.nan_to_num(mean_sizes(lower, upper, establishments, industry, parent, rounding), nan=1.0)[industry]
    if told:
        size = told.drawn(size, establishments)
    guess = np.where(upper - lower <= rounding, (lower + upper) / 2, establishments * size)
    return raked(guess, lower, upper, steps, rounds)


def raked(
    guess: np.ndarray, lower: np.ndarray, upper: np.ndarray, steps: Sequence[Sums], rounds: int = ROUNDS
) -> np.ndarray:
    """The values nearest to first guesses that lie within bounds and come near to adding up along all hierarchies.

    Args:
        guess: one value per cell, in the unit of the bounds.
        lower, upper, steps, rounds: as of `estimate`.

    Returns:
        One value per cell, as `estimate` does.

    Example:
        >>> low, high = np.array([120.0, 60.0, 0.0, 0.0]), np.array([120.0, 60.0, 60.0, 60.0])
        >>> sums = Sums(np.array([1, 2, 3]), np.array([0]), np.array([0]))
        >>> raked(np.array([120.0, 60.0, 1.0, 3.0]), low, high, [sums]).tolist()
        [120.0, 60.0, 15.0, 45.0]
    """
    values = np.clip(guess, lower, upper)
    downwards = [_Raked.of(step, lower, upper) for step in reversed(steps)]
    for _ in range(rounds):
        for step in downwards:
            step.meet_halfway(values)
    for step in downwards:
        step.hand_down(values)
    return values


def residuals(values: np.ndarray, steps: Sequence[Sums]) -> list[np.ndarray]:
    """What each sum's total has more than its parts: none where it holds.

    Example:
        >>> residuals(np.array([9.0, 4.0, 4.0]), [Sums(np.array([1, 2]), np.array([0]), np.array([0]))])
        [array([1.])]
    """
    return [values[step.whole] - step.added(values) for step in steps]


class _Raked(NamedTuple):
    """The sums of a step in which parts can move: those parts, and beside them what they need."""

    part: np.ndarray
    start: np.ndarray
    of_part: np.ndarray
    part_low: np.ndarray
    part_high: np.ndarray
    whole: np.ndarray
    whole_low: np.ndarray
    whole_high: np.ndarray
    fixed: np.ndarray

    @classmethod
    def of(cls, sums: Sums, lower: np.ndarray, upper: np.ndarray) -> Self:
        """Of a step's sums those with a part whose bounds differ, with the other parts added up as `fixed`."""
        free = lower < upper
        sums = sums.only(sums.added(free) > 0)
        fixed, moving = sums.added(np.where(free, 0.0, lower)), sums.added(free).astype(np.int64)
        # Places in eight bytes, as numpy wants them: it would widen them anew at each of many uses.
        part, whole = sums.part[free[sums.part]].astype(np.int64), sums.whole.astype(np.int64)
        return cls(
            part=part,
            start=np.cumsum(moving) - moving,
            of_part=np.repeat(np.arange(len(whole)), moving),
            part_low=lower[part],
            part_high=upper[part],
            whole=whole,
            whole_low=lower[whole],
            whole_high=upper[whole],
            fixed=fixed,
        )

    def meet_halfway(self, values: np.ndarray) -> None:
        """Moves parts and total to the nearest values that add up, as far as bounds allow."""
        part, whole = values[self.part], values[self.whole]
        added = self.added(part)
        # With parts t S + F and total T / t: the root of S t^2 + F t = T.
        root = np.sqrt(self.fixed**2 + 4 * added * whole)
        target = np.clip((self.fixed + root) / 2, self.whole_low, self.whole_high)
        part = self.scaled(part, added, target)
        values[self.part] = part
        values[self.whole] = np.clip(self.fixed + self.added(part), self.whole_low, self.whole_high)

    def hand_down(self, values: np.ndarray) -> None:
        """Moves the parts until they add up to their total, as far as bounds allow."""
        part, whole = values[self.part], values[self.whole]
        for _ in range(SCALINGS):
            part = self.scaled(part, self.added(part), whole)
        lacking = whole - self.fixed - self.added(part)
        # Scaling cannot lift a zero and is cut by bounds: the rest goes where there is room, in proportion to it.
        room = np.where((lacking > 0)[self.of_part], self.part_high - part, part - self.part_low)
        taken = np.minimum(_quotient(np.abs(lacking), self.added(room), 0.0), 1.0) * np.sign(lacking)
        values[self.part] = np.clip(part + taken[self.of_part] * room, self.part_low, self.part_high)

    def scaled(self, part: np.ndarray, added: np.ndarray, target: np.ndarray) -> np.ndarray:
        """The parts, which add up to `added`, times what brings their sums to `target`, clipped."""
        factor = _quotient(np.maximum(target - self.fixed, 0.0), added, 1.0)
        return np.clip(part * factor[self.of_part], self.part_low, self.part_high)

    def added(self, part: np.ndarray) -> np.ndarray:
        """The parts' values, added up for each sum."""
        return np.add.reduceat(part, self.start) if len(part) else np.zeros(0)


def _quotient(numerator: np.ndarray, denominator: np.ndarray, otherwise: float) -> np.ndarray:
    """The quotient where it exists."""
    return np.divide(numerator, denominator, out=np.full(len(numerator), otherwise), where=denominator > 0)
