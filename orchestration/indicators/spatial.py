"""Spatial autocorrelation over regions that border each other: Moran's I, local Moran, Getis & Ord's Gi*, pooled sums.

Belongs here: who borders whom, the statistics, false-discovery control. Does not: the permutations behind their pseudo
p-values (`spatial_permutations`), quotients, which regions border (tables say so).

Values are a matrix, one row a region and one column a variable (a cluster, an industry); NaN = not known. For each
variable by itself these are left out, as if they were not on the map: regions whose value is not known, and then
regions without a neighbour that is known (islands among them). Every statistic of the variable rests on the n regions
left: mean and variance are theirs, and weights are standardised over neighbours that are left. What is left out is NaN.

With z the values standardised by the mean and population variance of those n, and d_i the number of neighbours:

    lag_i   = sum of z_j over the neighbours / d_i       row-standardised contiguity
    I       = sum z_i lag_i / n                          Moran's; expected under chance: -1/(n - 1)
    I_i     = (n - 1) / n * z_i lag_i                    local Moran, so that sum I_i = (n - 1) I
    Gi*     = (z_i + sum of z_j) / sqrt(W (n - W) / (n - 1)), W = d_i + 1

Gi* has binary weights that include the region itself; as a z-score it is the same under row-standardised ones. It is
NaN where a region borders all others (W = n). A variable that is the same everywhere has none of these.

Sources: Moran 1950, Biometrika 37; Cliff & Ord 1981, Spatial Processes; Anselin 1995, Geographical Analysis 27(2), with
m2 over n - 1 as in GeoDa and esda (spdep's default is over n); Ord & Getis 1995, Geographical Analysis 27(4); Benjamini
& Hochberg 1995, Journal of the Royal Statistical Society B 57(1).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.stats import false_discovery_control

from orchestration.indicators.spatial_permutations import local_tails, moran_tails

# One number to draw from, so that what is random comes out the same every night.
SEED = 1995
# Of a region's neighbours, and of whole maps, which cost more.
LOCAL_PERMUTATIONS = 9999
PERMUTATIONS = 199

# The share of the regions with a plant that must be known for the others to matter little.
LEAST_COVERAGE = 0.9

# A spread below this share of the values is what rounding leaves of none.
EQUAL = 1e-12

QUADRANTS = np.array(["LL", "LH", "HL", "HH"])


@dataclass(frozen=True)
class Moran:
    """One value a variable: Moran's I, its pseudo p-value, and how many regions it rests on."""

    i: np.ndarray
    p: np.ndarray
    regions: np.ndarray


@dataclass(frozen=True)
class LocalMoran:
    """One value a region and variable. `quadrant` says of region and neighbours whether they lie above the mean (H) or
    not (L), region first, '' where there is none; `p` is the smaller tail's, `fdr` adjusted from twice of it."""

    value: np.ndarray
    p: np.ndarray
    fdr: np.ndarray
    quadrant: np.ndarray


@dataclass(frozen=True)
class Standing:
    """How each region stands in each variable: whether it is left, how many neighbours of it are, its standardised
    value (0 where it is not left, NaN throughout a variable that is the same everywhere), the sum of its neighbours'.
    """

    left: np.ndarray
    degree: np.ndarray
    z: np.ndarray
    lag_sums: np.ndarray

    @property
    def regions(self) -> np.ndarray:
        """The n of each variable."""
        return self.left.sum(axis=0)

    @property
    def products(self) -> np.ndarray:
        """z times the neighbours' mean of it; 0 where a region is not left."""
        return self.z * self.lag_sums / np.maximum(self.degree, 1)

    def where_left(self, figures: np.ndarray) -> np.ndarray:
        """The figures, NaN where there is none."""
        return np.where(self.left, figures, np.nan)


def contiguity(regions: int, one: np.ndarray, other: np.ndarray) -> sparse.csr_array:
    """Who borders whom, as a matrix of ones, from pairs of region numbers; each pair once, or both ways round.

    Raises:
        ValueError: if a region is its own neighbour or has no such number.

    Example:
        >>> contiguity(4, np.array([0, 1]), np.array([1, 2])).toarray().astype(int).tolist()
        [[0, 1, 0, 0], [1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]
    """
    one, other = np.asarray(one, dtype=np.int64), np.asarray(other, dtype=np.int64)
    if (one == other).any():
        raise ValueError("a region is no neighbour of its own")
    here, there = np.concatenate([one, other]), np.concatenate([other, one])
    if len(here) and not (here.min() >= 0 and here.max() < regions):
        raise ValueError(f"region numbers must lie between 0 and {regions - 1}")
    borders = sparse.csr_array((np.ones(len(here)), (here, there)), shape=(regions, regions))
    borders.sum_duplicates()
    borders.data[:] = 1
    return borders


def numbered(regions: np.ndarray, one: np.ndarray, other: np.ndarray) -> sparse.csr_array:
    """Who borders whom among `regions`, distinct names in order, from pairs of names; those of others are left aside.

    Example:
        >>> numbered(np.array(["a", "b"]), np.array(["a", "b"]), np.array(["b", "z"])).toarray().astype(int).tolist()
        [[0, 1], [1, 0]]
    """
    number = {name: place for place, name in enumerate(regions)}
    pairs = [(number[a], number[b]) for a, b in zip(one, other, strict=True) if a in number and b in number]
    return contiguity(len(regions), *np.array(pairs, dtype=np.int64).reshape(-1, 2).T)


def standing(borders: sparse.csr_array, values: np.ndarray) -> Standing:
    """Values that are known beside a known one, standardised over all such regions of their variable."""
    if values.ndim != 2 or len(values) != borders.shape[0]:
        raise ValueError("values must have one row a region and one column a variable")
    known = ~np.isnan(values)
    # Borders are mutual, so whoever goes for want of neighbours takes none from another.
    left = known & (borders @ known.astype(float) > 0)
    count = np.maximum(left.sum(axis=0), 1)
    mean = np.where(left, values, 0).sum(axis=0) / count
    z = np.where(left, values - mean, 0)
    most, least = np.max(z, axis=0, initial=0), np.min(z, axis=0, initial=0)
    size = np.max(np.where(left, np.abs(values), 0), axis=0, initial=0)
    z /= np.where(most - least > EQUAL * size, np.sqrt((z**2).sum(axis=0) / count), np.nan)
    return Standing(left, borders @ left.astype(float), z, borders @ z)


def moran(borders: sparse.csr_array, values: np.ndarray, permutations: int = PERMUTATIONS, seed: int = SEED) -> Moran:
    """Moran's I of each variable, with the pseudo p-value (k + 1) / (permutations + 1) of the smaller tail.

    Args:
        borders: who borders whom, as `contiguity` gives it.
        values: regions x variables, NaN = not known.
        permutations: how often the values are dealt out anew over the regions left; 0 gives no p.
        seed: of the permutations; each variable's result depends on nothing but its own values.

    Returns:
        NaN where fewer than two regions are left or all values are equal. k counts permutations with an I no less than
        the one found, or no greater, whichever is fewer; ties count on both sides, so p is never too small.

    Example:
        >>> line = contiguity(4, np.arange(3), np.arange(1, 4))
        >>> moran(line, np.array([[1.0], [2], [3], [4]])).i.round(12).tolist()
        [0.4]
    """
    at = standing(borders, values)
    i = at.products.sum(axis=0) / np.where(at.regions > 0, at.regions, np.nan)
    p = np.full_like(i, np.nan)
    if permutations:
        p = (moran_tails(borders, at.left, at.degree, at.z, permutations, seed) + 1) / (permutations + 1)
    return Moran(i, p, at.regions)


def local_moran(
    borders: sparse.csr_array, values: np.ndarray, permutations: int = LOCAL_PERMUTATIONS, seed: int = SEED
) -> LocalMoran:
    """Local Moran of every region and variable, with conditional pseudo p-values and false-discovery control.

    p is (k + 1) / (permutations + 1): the region keeps its value, its neighbours are drawn from all others, and k
    counts draws with a statistic no less than the one found, or no greater, whichever is fewer. That is the tail on
    which the region lies, as GeoDa and esda print it. Ties count on both sides; esda counts them on one and takes the
    complement, so that where most regions are zero it finds a common sum significant. `fdr` is Benjamini & Hochberg's
    adjustment over a variable's regions, from twice the p (both tails, as nobody said beforehand on which to look).

    Args:
        borders, values, seed: as in `moran`.
        permutations: draws, the same for all regions. They bound p from below, and so what `fdr` can find: with
            3,000 regions and 999 draws 120 regions must lie at the bound for one to pass at five percent, with
            9,999 draws 12.

    Example:
        >>> line = contiguity(4, np.arange(3), np.arange(1, 4))
        >>> found = local_moran(line, np.array([[1.0], [2], [3], [4]]), permutations=99)
        >>> found.value[:, 0].round(6).tolist(), found.quadrant[:, 0].tolist()
        ([0.45, 0.15, 0.15, 0.45], ['LL', 'LL', 'HH', 'HH'])
    """
    at = standing(borders, values)
    value = at.where_left((at.regions - 1) / np.maximum(at.regions, 1) * at.products)
    sides = QUADRANTS[2 * (at.z > 0) + (at.lag_sums > 0)]
    p, fdr = np.full(values.shape, np.nan), np.full(values.shape, np.nan)
    if permutations:
        p = (local_tails(at.left, at.degree, at.z, at.lag_sums, permutations, seed) + 1) / (permutations + 1)
    for column in np.flatnonzero(~np.isnan(p).all(axis=0)):
        rows = np.flatnonzero(~np.isnan(p[:, column]))
        fdr[rows, column] = false_discovery_control(np.minimum(2 * p[rows, column], 1))
    return LocalMoran(value, p, fdr, np.where(np.isnan(value), "", sides))


def getis_ord(borders: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Getis & Ord's Gi* of every region and variable, a z-score: above zero among high values, below among low ones.

    Example:
        >>> line = contiguity(4, np.arange(3), np.arange(1, 4))
        >>> getis_ord(line, np.array([[1.0], [2], [3], [4]]))[:, 0].round(6).tolist()
        [-1.549193, -1.341641, 1.341641, 1.549193]
    """
    at = standing(borders, values)
    weight = at.degree + 1
    variance = weight * (at.regions - weight) / np.maximum(at.regions - 1, 1)
    return at.where_left((at.z + at.lag_sums) / np.sqrt(np.where(variance > 0, variance, np.nan)))


def pooled(borders: sparse.csr_array, values: np.ndarray) -> np.ndarray:
    """Every region's value and its neighbours', added up; NaN if one of them is not known, or there is no neighbour.

    The sums above and below the line of a focal quotient (Cromley & Hanink 2012, Geographical Analysis 44(4)), with
    weights of one for a region and those that border it.

    Example:
        >>> line = contiguity(4, np.array([0, 1]), np.array([1, 2]))
        >>> pooled(line, np.array([[1.0], [2], [3], [4]]))[:, 0].tolist()
        [3.0, 6.0, 5.0, nan]
    """
    alone = np.diff(borders.indptr) == 0
    return np.where(alone[:, None], np.nan, values + borders @ values)


def coverage(values: np.ndarray, present: np.ndarray) -> np.ndarray:
    """For each variable, how many of the regions where it is present are known; 1 where it is present in none.

    Regions where it is absent are known to be zero. They would flatter a variable of which nothing else is known.

    Example:
        >>> coverage(np.array([[0.0], [2], [np.nan]]), np.array([[False], [True], [True]])).tolist()
        [0.5]
    """
    there = present.sum(axis=0)
    return np.where(there > 0, (present & ~np.isnan(values)).sum(axis=0) / np.maximum(there, 1), 1.0)


def covered(values: np.ndarray, present: np.ndarray, least: float = LEAST_COVERAGE) -> np.ndarray:
    """The values, with variables of which too little is known left out: all NaN.

    What is withheld is not withheld at random but where few plants are, so a map of the rest is another map.
    """
    return np.where(coverage(values, present) >= least, values, np.nan)
