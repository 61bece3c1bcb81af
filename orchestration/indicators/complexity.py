"""How related industries are by the regions that hold them, and what the pattern says of regions and industries.

Belongs here: proximity, relatedness density, the indices of economic and product complexity, on matrices of presence,
regions by industries. Does not: quotients and verdicts on them (SQL), which clusters a region lacks and their ranks.

A presence is a quotient of 1 or more. It is known of every cell where a region's figures are complete; elsewhere a
cell is `known` or not, and what is not known is neither present nor absent.

1. Proximity is the smaller of two conditional probabilities: of the regions that hold the more widespread industry,
   the share that hold the other as well. Here each pair is judged by the regions in which both are known.
2. Density: of all that is related to an industry, weighted by proximity, the share that the region holds, of what is
   known there. With P the proximities to industries the region holds and Q to those it lacks it is P / (P + Q), grows
   with each proximity in P, falls with each in Q, and grows where an industry goes over from Q to P. So its least
   value has what may be missing in Q, the least proximities in P and the greatest in Q; its greatest the opposite.
3. ECI and PCI are the second right eigenvectors of the stochastic matrices D^-1 M U^-1 M' and U^-1 M' D^-1 M, with D
   diversity and U ubiquity. With A = D^-1/2 M U^-1/2 both are similar to the symmetric A A' and A' A, of which the
   smaller is solved. One vector gives the other, so that both have one sign.

Where ECI and PCI are not defined: where there is nothing present; where regions and industries fall into groups that
share nothing (the eigenvalue 1 is repeated, and its vectors tell groups, not complexity); where the second eigenvalue
is 0 (all regions alike, a single region, a single industry) or repeated (its vectors can be turned at will); and where
the vector is correlated neither with diversity nor with ubiquity, so that nothing tells its two ends apart.

Sources: Hidalgo, Klinger, Barabasi & Hausmann 2007, "The Product Space Conditions the Development of Nations", Science
317 (proximity, density); Hidalgo & Hausmann 2009, "The building blocks of economic complexity", PNAS 106(26);
Hausmann, Hidalgo et al. 2014, The Atlas of Economic Complexity (eigenvectors, standardised); Mealy, Farmer & Teytelboym
2019, "Interpreting economic complexity", Science Advances 5(1) (symmetric form).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.linalg import eigh
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

# Eigenvalues and correlations that differ by less are equal: far above rounding, far below what any real pair shows.
ALIKE = 1e-9
# A correlation that settles the sign of an index; below it, it may as well be chance or a few odd regions.
LEAST_ORIENTATION = 0.3
# Proximities are whole multiples of this, 1e-12. So sums of up to 8,192 of them are exact, in whatever order and on
# however many threads they are added up, and a density is the same to the last bit.
STEP = 2.0**-40


@dataclass(frozen=True)
class Complexity:
    """ECI of each region and PCI of each industry, whether the graph of presences hangs together, and how far the sign
    of both can be relied on: the correlations of ECI with diversity and of PCI with rarity (ubiquity, negated)."""

    eci: np.ndarray
    pci: np.ndarray
    connected: bool
    orientation: float
    rarity: float

    @property
    def oriented_on(self) -> str | None:
        """What speaks clearly for the sign: `diversity`, else `rarity`, else None.

        Example:
            >>> Complexity(np.zeros(2), np.zeros(2), True, -0.1, 0.7).oriented_on
            'rarity'
        """
        if self.orientation >= LEAST_ORIENTATION:
            return "diversity"
        return "rarity" if self.rarity >= LEAST_ORIENTATION else None


def together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """In how many regions an industry of the first matrix and one of the second are both true; exact below 2^24.

    Example:
        >>> present = np.array([[True, True], [False, True]])
        >>> together(present, present).tolist()
        [[1.0, 1.0], [1.0, 2.0]]
    """
    first = one.astype(np.float32)
    second = first if other is one else other.astype(np.float32)
    return (first.T @ second).astype(np.float64)


def proximity(present: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """How often industries are present together: |R_i and R_j| / max(|R_i|, |R_j|) over regions where both are known.

    Args:
        present: regions by industries, true where an industry is present for certain.
        known: true where it is certain whether it is present; everywhere if not given.

    Returns:
        Industries by industries, 0..1, symmetric; 0 on the diagonal, and where there is nothing to be together with.

    Example:
        >>> proximity(np.array([[True, True], [False, True], [True, False]])).tolist()
        [[0.0, 0.5], [0.5, 0.0]]
    """
    both = together(present, present)
    held = np.diag(both)[:, None] if known is None else together(present, known)
    return _over(both, np.maximum(held, held.T))


def proximity_bounds(surely: np.ndarray, possibly: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """No more than the least and no less than the greatest proximity, whatever the industries not known to be absent.

    Args:
        surely, possibly: regions by industries, true where an industry is, or can be, present.

    Example:
        >>> surely, possibly = np.array([[True, True], [True, False]]), np.ones((2, 2), dtype=bool)
        >>> [phi[0, 1].item() for phi in proximity_bounds(surely, possibly)]
        [0.5, 1.0]
    """
    least, most = together(surely, surely), together(possibly, possibly)
    few, many = np.diag(least), np.diag(most)
    # Regions that hold both count above and below the line, so the greatest has as many of them as there can be.
    return (
        _over(least, np.maximum(many[:, None], many)),
        _over(most, np.maximum(most, np.maximum(few[:, None], few))),
    )


def _over(both: np.ndarray, held: np.ndarray) -> np.ndarray:
    """The quotient, 0 where the base is, and on the diagonal."""
    phi = np.divide(both, held, out=np.zeros_like(both), where=held > 0)
    np.fill_diagonal(phi, 0)
    return np.round(phi / STEP) * STEP


def relatedness_density(present: np.ndarray, phi: np.ndarray, known: np.ndarray | None = None) -> np.ndarray:
    """The share a region holds of what is related to an industry: sum M_j phi_ij / sum phi_ij over what is known.

    Args:
        present, known: as for `proximity`.
        phi: proximities, as it gives them.

    Returns:
        Regions by industries, 0..1; NaN where nothing that is known is related to the industry.

    Example:
        >>> relatedness_density(np.array([[True, False]]), np.array([[0, 0.5], [0.5, 0]])).tolist()
        [[0.0, 1.0]]
    """
    held = present.astype(np.float64) @ phi
    base = phi.sum(axis=0) if known is None else known.astype(np.float64) @ phi
    return _share(held, base)


def density_bounds(
    surely: np.ndarray, possibly: np.ndarray, least: np.ndarray, greatest: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """No more than the least and no less than the greatest relatedness density (see 2 in the module's docstring).

    Args:
        surely, possibly: as for `proximity_bounds`.
        least, greatest: bounds of the proximities, as it gives them.

    Returns:
        Regions by industries, 0..1; NaN where nothing is related for certain, for then there may be no density.

    Example:
        >>> phi = np.array([[0, 0.5, 0.5], [0.5, 0, 0.5], [0.5, 0.5, 0]])
        >>> low, high = density_bounds(np.array([[0, 1, 0]]) > 0, np.array([[0, 1, 1]]) > 0, phi, phi)
        >>> low.tolist(), high.tolist()
        ([[0.5, 0.0, 0.5]], [[1.0, 0.5, 0.5]])
    """
    ends = []
    for held, above, below in ((surely, least, greatest), (possibly, greatest, least)):
        part, rest = held.astype(np.float64) @ above, (~held).astype(np.float64) @ below
        ends.append(np.where(least.sum(axis=0) > 0, _share(part, part + rest), np.nan))
    return ends[0], ends[1]


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """A part of a whole, NaN where the whole is nothing."""
    return np.divide(part, whole, out=np.full_like(part, np.nan), where=whole > 0)


def reflections(present: np.ndarray, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """The method of reflections: 0 steps give diversity and ubiquity, each further one the means of the other side's.

    Returns:
        A value for each region and for each industry; NaN for those that have, or are, nowhere present, after step 0.

    Example:
        >>> [k.tolist() for k in reflections(np.array([[True, True], [False, True]]), 1)]
        [[1.5, 2.0], [2.0, 1.5]]
    """
    held = present.astype(np.float64)
    diversity, ubiquity = held.sum(axis=1), held.sum(axis=0)
    regions, industries = diversity, ubiquity
    for _ in range(steps):
        # What is nowhere has no part in any mean.
        regions, industries = (
            _mean(held @ np.nan_to_num(industries), diversity),
            _mean(held.T @ np.nan_to_num(regions), ubiquity),
        )
    return regions, industries


def _mean(total: np.ndarray, count: np.ndarray) -> np.ndarray:
    return np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0)


def complexity(present: np.ndarray) -> Complexity:
    """Indices of economic complexity of regions (ECI) and of product complexity of industries (PCI).

    Args:
        present: regions by industries, true where an industry is present.

    Returns:
        Each index with mean 0 and spread 1 (of all, not of a sample), ECI correlated positively with diversity, or if
        not at all, PCI negatively with ubiquity. Regions without any industry and industries without any region are
        left out first; they have NaN. All have NaN where the indices are not defined (see the module's docstring).
        On nearly nested presences the correlation is strong; where it is near 0 another year may turn the sign.

    Example:
        >>> complexity(np.array([[True, True], [False, True]])).eci.round(6).tolist()
        [1.0, -1.0]
    """
    regions, industries = present.any(axis=1), present.any(axis=0)
    eci, pci = np.full(present.shape[0], np.nan), np.full(present.shape[1], np.nan)
    orientation = rarity = np.nan
    core = present[np.ix_(regions, industries)]
    connected = bool(regions.any()) and _hangs_together(core)
    vectors = _second_vectors(core) if connected else None
    if vectors is not None:
        eci[regions], pci[industries] = vectors
        orientation = _correlation(eci[regions], core.sum(axis=1))
        rarity = -_correlation(pci[industries], core.sum(axis=0))
    return Complexity(eci, pci, connected, orientation, rarity)


def settled(found: Complexity) -> Complexity:
    """The same, with a sign that something speaks for: diversity if ECI is clearly correlated with it, else rarity.

    Both tell which end of the line is the complex one: the regions there hold much, and what they hold is rare. Over
    many small regions the first says next to nothing, and a sign chosen by it turns from one type of region to another.

    Returns:
        `found` where its orientation is `LEAST_ORIENTATION` or more; else turned so that PCI is correlated positively
        with rarity, if as clearly; else NaN.

    Example:
        >>> found = Complexity(np.array([1.0, -1.0]), np.array([1.0, -1.0]), True, 0.1, -0.7)
        >>> settled(found).eci.tolist(), settled(found).orientation
        ([-1.0, 1.0], -0.1)
    """
    if found.oriented_on == "diversity":
        return found
    sign = math.copysign(1, found.rarity) if abs(found.rarity) >= LEAST_ORIENTATION else math.nan
    return Complexity(
        sign * found.eci, sign * found.pci, found.connected, sign * found.orientation, sign * found.rarity
    )


def _hangs_together(core: np.ndarray) -> bool:
    """Whether every region can be reached from every other through industries they hold."""
    region, industry = np.nonzero(core)
    size = sum(core.shape)
    edges = coo_array((np.ones(len(region), dtype=bool), (region, industry + core.shape[0])), shape=(size, size))
    return bool(connected_components(edges, directed=False, return_labels=False) == 1)


def _second_vectors(core: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Standardised second eigenvectors of regions and of industries, none where they are not defined."""
    held = core.astype(np.float64)
    diversity, ubiquity = held.sum(axis=1), held.sum(axis=0)
    scaled = held / np.sqrt(diversity)[:, None] / np.sqrt(ubiquity)
    by_industry = scaled.shape[1] <= scaled.shape[0]
    square = scaled.T @ scaled if by_industry else scaled @ scaled.T
    count = len(square)
    if count < 2:
        return None
    # LAPACK, not an iteration from a random start: the same vector every time.
    values, vectors = eigh(square, subset_by_index=[max(count - 3, 0), count - 1], check_finite=False)
    third = values[-3] if count > 2 else 0.0
    if values[-2] <= ALIKE or values[-2] - third <= ALIKE:
        return None
    if by_industry:
        pci = vectors[:, -2] / np.sqrt(ubiquity)
        eci = held @ pci / diversity
    else:
        eci = vectors[:, -2] / np.sqrt(diversity)
        pci = eci @ held / ubiquity
    return _oriented(_standardised(eci), _standardised(pci), diversity, ubiquity)


def _standardised(values: np.ndarray) -> np.ndarray:
    return (values - values.mean()) / values.std()


def _oriented(
    eci: np.ndarray, pci: np.ndarray, diversity: np.ndarray, ubiquity: np.ndarray
) -> tuple[np.ndarray, np.ndarray] | None:
    """Both vectors by the sign of the first that is correlated with anything; none where neither is."""
    for correlation in (_correlation(eci, diversity), -_correlation(pci, ubiquity)):
        if abs(correlation) > ALIKE:
            return np.sign(correlation) * eci, np.sign(correlation) * pci
    return None


def _correlation(index: np.ndarray, count: np.ndarray) -> float:
    """Of a standardised index with counts, 0 where these do not vary."""
    spread = count.std()
    return float((index * (count - count.mean())).mean() / spread) if spread > 0 else 0.0
