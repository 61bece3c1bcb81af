"""Spatial autocorrelation against esda on random maps, permutations against a loop over regions, degenerate maps.

Belongs here: the kernel. Does not: published figures (`tests/oracles`), the marts.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable

import duckdb
import numpy as np
import pytest
from scipy import sparse
from scipy.stats import false_discovery_control, kstest, spearmanr

from orchestration.indicators import spatial_permutations
from orchestration.indicators.spatial import (
    LEAST_COVERAGE,
    contiguity,
    coverage,
    covered,
    getis_ord,
    local_moran,
    moran,
    numbered,
    pooled,
)
from orchestration.indicators.spatial_permutations import draws, orders

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from esda import G_Local, Moran, Moran_Local
    from libpysal.weights import W

QUADRANT = {1: "HH", 2: "LH", 3: "LL", 4: "HL"}


def random_map(seed: int, regions: int, islands: int = 0) -> sparse.csr_array:
    """Regions at random places that border those near to them; the last ones are islands."""
    rng = np.random.default_rng(seed)
    place = rng.uniform(size=(regions - islands, 2))
    distance = np.linalg.norm(place[:, None] - place[None], axis=2)
    np.fill_diagonal(distance, np.inf)
    near = np.argsort(distance, axis=1)[:, :3]
    one, other = np.repeat(np.arange(len(near)), 3), near.ravel()
    return contiguity(regions, one, other)


def quotients(seed: int, regions: int, zeros: float = 0.0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return rng.lognormal(size=(regions, 1)) * (rng.uniform(size=(regions, 1)) >= zeros)


def weights(borders: sparse.csr_array) -> W:
    return W({i: borders.indices[slice(*borders.indptr[i : i + 2])].tolist() for i in range(borders.shape[0])})


def with_selves(borders: sparse.csr_array) -> sparse.csr_array:
    return sparse.csr_array(borders + sparse.eye_array(borders.shape[0]))


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("islands", [0, 4])
@pytest.mark.parametrize("unknown", [0, 9])
@pytest.mark.filterwarnings("ignore")
def test_statistics_equal_those_of_esda(seed: int, islands: int, unknown: int) -> None:
    """esda is given the map without the regions that ours leaves out, since it would count islands as regions."""
    borders, values = random_map(seed, 60, islands), quotients(seed, 60, zeros=0.3)
    values[np.random.default_rng(seed).choice(60 - islands, unknown, replace=False)] = np.nan
    left = ~np.isnan(values[:, 0])
    left &= borders @ left.astype(float) > 0
    among, known = weights(borders[left][:, left]), values[left, 0]
    ours, local = moran(borders, values, permutations=0), local_moran(borders, values, permutations=0)
    theirs = Moran_Local(known, among, transformation="r", permutations=0)
    assert ours.regions[0] == left.sum() <= 60 - islands - unknown
    assert ours.i[0] == pytest.approx(Moran(known, among, permutations=0).I, abs=1e-9)
    np.testing.assert_allclose(local.value[left, 0], theirs.Is, atol=1e-9)
    assert local.quadrant[left, 0].tolist() == [QUADRANT[q] for q in theirs.q]
    assert local.value[left, 0].sum() == pytest.approx((left.sum() - 1) * ours.i[0], abs=1e-9)
    star = G_Local(known, weights(with_selves(borders[left][:, left])), transform="B", star=True, permutations=0)
    np.testing.assert_allclose(getis_ord(borders, values)[left, 0], star.Zs, atol=1e-9)
    assert np.isnan(local.value[~left]).all()
    assert np.isnan(getis_ord(borders, values)[~left]).all()
    assert (local.quadrant[~left] == "").all()


@pytest.mark.filterwarnings("ignore")
def test_getis_ord_is_the_same_under_row_standardised_weights() -> None:
    """By Ord & Getis' formula, with the sum of squared weights in the variance. esda has the sum of weights in its
    place, which is the same for binary weights alone, and so prints other z-scores for row-standardised ones."""
    borders, x = random_map(15, 60), quotients(15, 60)[:, 0]
    rows = with_selves(borders).toarray()
    rows /= rows.sum(axis=1, keepdims=True)
    n, squares = len(x), (rows**2).sum(axis=1)
    plainly = (rows @ x - x.mean()) / (x.std() * np.sqrt((n * squares - 1) / (n - 1)))
    ours = getis_ord(borders, x[:, None])[:, 0]
    np.testing.assert_allclose(ours, plainly, atol=1e-9)
    theirs = G_Local(x, weights(with_selves(borders)), transform="R", star=True, permutations=0).Zs
    assert np.abs(ours - theirs).max() > 0.5


def counted_one_by_one(borders: sparse.csr_array, value: np.ndarray, permutations: int, seed: int) -> list[int]:
    """Region by region and draw by draw, with the same draws."""
    z = (value - value.mean()) / value.std()
    found = []
    drawn = draws(len(z), int(np.diff(borders.indptr).max()) + 1, permutations, seed).T
    for i in range(len(z)):
        neighbours = borders.indices[slice(*borders.indptr[i : i + 2])]
        least = most = 0
        for draw in drawn:
            others = [j for j in draw if j != i][: len(neighbours)]
            dealt, there = z[i] * np.mean(z[others]), z[i] * np.mean(z[neighbours])
            least += dealt <= there + 1e-10
            most += dealt >= there - 1e-10
        found.append(min(least, most))
    return found


@pytest.mark.parametrize("zeros", [0.0, 0.8, 0.97])
@pytest.mark.parametrize("regions", [6, 40])
def test_shared_draws_count_as_a_loop_over_regions_does(regions: int, zeros: float) -> None:
    borders, values = random_map(3, regions), quotients(3, regions, zeros)
    values[0] = 2
    p = local_moran(borders, values, permutations=99, seed=8).p[:, 0]
    assert (p * 100 - 1).round(9).tolist() == counted_one_by_one(borders, values[:, 0], 99, seed=8)


@pytest.mark.parametrize("zeros", [0.0, 0.8])
def test_permutations_of_moran_count_as_a_loop_does(zeros: float) -> None:
    borders, values = random_map(4, 50), quotients(4, 50, zeros)
    here = moran(borders, values, permutations=0).i[0]
    dealt = np.array([moran(borders, values[order], permutations=0).i[0] for order in orders(50, 99, 5).T])
    k = min((dealt <= here + 1e-10).sum(), (dealt >= here - 1e-10).sum())
    assert moran(borders, values, permutations=99, seed=5).p[0] == (k + 1) / 100


@pytest.mark.parametrize(("regions", "size"), [(5, 5), (5, 2), (40, 3)])
def test_draws_are_distinct_and_every_one_is_as_likely(regions: int, size: int) -> None:
    drawn = draws(regions, size, 40_000, 2)
    ordered = np.sort(drawn, axis=0)
    assert (np.diff(ordered, axis=0) > 0).all()
    assert ordered.min() == 0
    assert ordered.max() == regions - 1
    for place in drawn:
        share = np.bincount(place, minlength=regions) / 40_000
        assert np.abs(share - 1 / regions).max() < 5 * np.sqrt(1 / regions / 40_000)
    pairs = np.bincount(drawn[0] * regions + drawn[1], minlength=regions**2).reshape(regions, regions)
    expected = 40_000 / (regions * (regions - 1))
    assert np.abs(pairs[~np.eye(regions, dtype=bool)] - expected).max() < 5 * np.sqrt(expected)


@pytest.mark.filterwarnings("ignore")
def test_pseudo_p_agree_with_those_of_esda() -> None:
    """Both are shares of 9,999 random draws, with a standard error of 0.005 at most each. Their mean over regions has
    nearly the same error, as either shares its draws over the regions."""
    borders, values = random_map(6, 300), quotients(6, 300)
    ours = local_moran(borders, values, permutations=9999).p[:, 0]
    theirs = Moran_Local(values[:, 0], weights(borders), transformation="r", permutations=9999, seed=1).p_sim
    assert spearmanr(ours, theirs).statistic > 0.999
    assert np.abs(ours - theirs).max() < 0.03
    assert abs((ours - theirs).mean()) < 0.01


def test_pseudo_p_are_even_where_there_is_nothing_to_find() -> None:
    """Of 400 variables dealt at random the smaller tail's p is uniform up to a half, globally and at a region."""
    borders = random_map(7, 80)
    values = np.random.default_rng(7).normal(size=(80, 400))
    for p in (moran(borders, values, permutations=399).p, local_moran(borders, values, permutations=399).p[11]):
        assert kstest(2 * p, "uniform").pvalue > 0.01


@pytest.mark.filterwarnings("ignore")
def test_a_tie_is_not_rare() -> None:
    """Most regions zero: a zero among zeros is what draws give most often. esda counts ties on one side alone and then
    takes the complement where that is fewer, and so calls the commonest sum there is significant; ours does not."""
    borders = random_map(8, 400)
    values = np.zeros((400, 1))
    values[:2] = 1
    zeros = np.flatnonzero((values[:, 0] == 0) & (borders @ values[:, 0] == 0))
    ours = local_moran(borders, values, permutations=999)
    theirs = Moran_Local(values[:, 0], weights(borders), transformation="r", permutations=999, seed=1)
    assert (theirs.p_sim[zeros] < 0.05).mean() > 0.9
    assert (ours.p[zeros, 0] > 0.9).all()
    assert (ours.fdr[zeros, 0] == 1).all()


def test_counts_do_not_hang_on_the_order_of_adding_up() -> None:
    """Equal sums of tenths differ in their last digit by the order of their terms, which must not show."""
    borders = random_map(9, 120)
    rng = np.random.default_rng(9)
    values = rng.choice([0.1, 0.2, 0.3, 0.7], size=(120, 1))
    shifted = values * 3 + 0.1
    one, other = (local_moran(borders, v, permutations=999) for v in (values, shifted))
    assert one.p.tolist() == other.p.tolist()
    assert moran(borders, values).p.tolist() == moran(borders, shifted).p.tolist()


def test_false_discoveries_are_those_of_both_tails_over_a_variables_regions() -> None:
    borders = random_map(10, 100, islands=3)
    values = np.concatenate([quotients(10, 100), quotients(11, 100)], axis=1)
    values[4:9, 1] = np.nan
    found = local_moran(borders, values, permutations=999)
    for p, fdr in zip(found.p.T, found.fdr.T, strict=True):
        known = ~np.isnan(p)
        np.testing.assert_array_equal(known, ~np.isnan(fdr))
        np.testing.assert_array_equal(fdr[known], false_discovery_control(np.minimum(2 * p[known], 1)))
        assert (fdr[known] >= p[known]).all()


@pytest.mark.parametrize(("many", "together"), [(32, 100_000), (3, 900), (1, 1)])
def test_a_variable_is_judged_by_itself(monkeypatch: pytest.MonkeyPatch, many: int, together: int) -> None:
    """Whatever stands beside it, on however many threads, in whatever blocks: bit for bit the same."""
    monkeypatch.setattr(spatial_permutations, "MANY", many)
    monkeypatch.setattr(spatial_permutations, "TOGETHER", together)
    borders = random_map(12, 90, islands=1)
    values = np.concatenate([quotients(k, 90, zeros=0.4) for k in range(6)], axis=1)
    values[3, 2] = values[7, 4] = np.nan
    together, local = moran(borders, values), local_moran(borders, values, permutations=99)
    for k in range(6):
        alone = moran(borders, values[:, [k]])
        assert (alone.i[0], alone.p[0]) == (pytest.approx(together.i[k], abs=1e-14), together.p[k])
        np.testing.assert_array_equal(local_moran(borders, values[:, [k]], permutations=99).p[:, 0], local.p[:, k])
    again = moran(borders, values)
    assert again.i.tobytes() == together.i.tobytes()
    assert again.p.tobytes() == together.p.tobytes()
    draws.cache_clear()
    assert local_moran(borders, values, permutations=99).fdr.tobytes() == local.fdr.tobytes()


def test_where_values_lie_is_found() -> None:
    """A hot corner of a lattice: HH inside, significant with control of false discoveries, and a low rim around it."""
    side = np.arange(400).reshape(20, 20)
    one = np.concatenate([side[:, :-1].ravel(), side[:-1].ravel()])
    other = np.concatenate([side[:, 1:].ravel(), side[1:].ravel()])
    borders = contiguity(400, one, other)
    values = np.random.default_rng(13).uniform(size=400)
    corner = side[:5, :5].ravel()
    values[corner] += 3
    found, z = local_moran(borders, values[:, None]), getis_ord(borders, values[:, None])
    inside = side[:4, :4].ravel()
    assert set(found.quadrant[inside, 0]) == {"HH"}
    assert (found.fdr[inside, 0] < 0.05).mean() > 0.8
    assert (z[inside] > 2).all()
    assert moran(borders, values[:, None]).p[0] == 1 / 200


# What there is nothing to say of.

LINE = contiguity(4, np.arange(3), np.arange(1, 4))
NO_BORDERS = contiguity(4, np.array([], dtype=int), np.array([], dtype=int))
NOTHING = {
    "all equal": (LINE, [0.1 + 0.2, 0.3, 0.3, 0.3]),
    "all zero": (LINE, [0, 0, 0, 0]),
    "all unknown": (LINE, [np.nan] * 4),
    "one known": (LINE, [np.nan, 1, np.nan, np.nan]),
    "known ones do not border": (LINE, [1, np.nan, 2, np.nan]),
    "islands only": (NO_BORDERS, [1, 2, 3, 4]),
    "a single region": (contiguity(1, np.array([], dtype=int), np.array([], dtype=int)), [1]),
    "no region": (contiguity(0, np.array([], dtype=int), np.array([], dtype=int)), []),
}


@pytest.mark.parametrize("case", NOTHING)
def test_maps_without_anything_to_compare_have_no_statistic(case: str) -> None:
    borders, values = NOTHING[case][0], np.array(NOTHING[case][1], dtype=float).reshape(-1, 1)
    found, local = moran(borders, values), local_moran(borders, values)
    assert np.isnan(found.i).all()
    assert np.isnan(found.p).all()
    for figure in (local.value, local.p, local.fdr, getis_ord(borders, values)):
        assert figure.shape == values.shape
        assert np.isnan(figure).all()
    assert (local.quadrant == "").all()


def test_two_regions_are_each_others_only_draw() -> None:
    found = local_moran(contiguity(2, np.array([0]), np.array([1])), np.array([[1.0], [3.0]]), permutations=9)
    assert found.value[:, 0].tolist() == [-0.5, -0.5]
    assert found.p[:, 0].tolist() == [1.0, 1.0]
    assert found.quadrant[:, 0].tolist() == ["LH", "HL"]
    assert np.isnan(getis_ord(contiguity(2, np.array([0]), np.array([1])), np.array([[1.0], [3.0]]))).all()


def test_a_region_at_the_mean_has_a_local_moran_of_zero_in_every_draw() -> None:
    found = local_moran(LINE, np.array([[1.0], [2.0], [5.0], [0.0]]))
    assert found.value[1, 0] == 0
    assert found.p[1, 0] == 1


def test_a_map_in_parts_is_one_map() -> None:
    """Two lines apart: mean and draws are of all regions, neighbours only of one's own part."""
    apart = contiguity(6, np.array([0, 1, 3, 4]), np.array([1, 2, 4, 5]))
    values = np.array([[1.0], [1], [1], [5], [5], [5]])
    assert moran(apart, values).i[0] == pytest.approx(1)
    assert local_moran(apart, values, permutations=0).quadrant[:, 0].tolist() == ["LL"] * 3 + ["HH"] * 3
    assert pooled(apart, values)[:, 0].tolist() == [2, 3, 2, 10, 15, 10]


def test_unknown_and_islands_leave_the_rest_as_if_they_were_not_there() -> None:
    borders, values = random_map(14, 50, islands=2), quotients(14, 50)
    values[[5, 6, 20]] = np.nan
    left = ~np.isnan(values[:, 0])
    left &= borders @ left.astype(float) > 0
    whole = local_moran(borders, values, permutations=99)
    part = local_moran(borders[left][:, left], values[left], permutations=99)
    np.testing.assert_allclose(whole.value[left], part.value, rtol=1e-12)
    for name in ("p", "fdr", "quadrant"):
        np.testing.assert_array_equal(getattr(whole, name)[left], getattr(part, name))


def test_pooled_sums_are_not_known_where_a_neighbour_is_not() -> None:
    values = np.array([[1.0], [2], [np.nan], [4]])
    np.testing.assert_array_equal(pooled(LINE, values)[:, 0], [3, np.nan, np.nan, np.nan])
    assert np.isnan(pooled(NO_BORDERS, np.ones((4, 1)))).all()


def test_too_little_known_leaves_a_variable_out() -> None:
    """Nine of ten where it is present; zeros where it is absent do not count for it."""
    values = np.ones((20, 3))
    present = np.zeros((20, 3), dtype=bool)
    present[:10] = True
    present[:, 2] = False
    values[0, :] = np.nan
    values[1, 1] = np.nan
    assert coverage(values, present).tolist() == [0.9, 0.8, 1.0]
    assert np.isnan(covered(values, present)).all(axis=0).tolist() == [False, True, False]


def test_wrong_maps_are_refused() -> None:
    with pytest.raises(ValueError, match="no neighbour of its own"):
        contiguity(3, np.array([1]), np.array([1]))
    with pytest.raises(ValueError, match="between 0 and 2"):
        contiguity(3, np.array([1]), np.array([3]))
    with pytest.raises(ValueError, match="one row a region"):
        moran(LINE, np.ones((3, 1)))


def test_pairs_of_names_stand_for_their_regions() -> None:
    names = np.array(["a", "b", "c"], dtype=object)
    borders = numbered(names, np.array(["a", "b", "c"]), np.array(["b", "a", "elsewhere"]))
    assert borders.toarray().tolist() == [[0, 1, 0], [1, 0, 0], [0, 0, 0]]
    assert spatial_permutations.draws(3, 2, 4, 1).flags.writeable is False


def test_the_more_is_known_the_nearer_is_the_map_of_the_rest(
    warehouse: duckdb.DuckDBPyConnection, record_property: Callable[[str, object], None]
) -> None:
    """What `LEAST_COVERAGE` rests on: industries' establishments over the states of 2020, which are complete, hidden
    where their jobs are withheld. Of what remains, how many states come out in another quadrant, and by how much I is
    off; by the share that is known of the states where the industry is present."""
    cells = warehouse.sql(
        """
        SELECT e.industry_id, e.region_id, e.establishments / t.establishments AS plants, e.employment IS NULL AS hidden
        FROM employment AS e
        INNER JOIN employment AS t ON e.region_id = t.region_id AND e.year = t.year AND t.ownership = 'total'
        WHERE e.ownership = 'private' AND e.year = 2020 AND e.region_id LIKE 'state:%'
            AND e.region_id NOT IN ('state:72', 'state:78')
        """
    ).df()
    states = np.unique(cells.region_id.to_numpy(dtype=str))
    row, column = np.searchsorted(states, cells.region_id), cells.industry_id.astype("category").cat.codes
    plants, present = np.zeros((len(states), column.max() + 1)), np.zeros((len(states), column.max() + 1), dtype=bool)
    plants[row, column], present[row, column] = cells.plants, True
    shown = plants.copy()
    shown[row[cells.hidden], column[cells.hidden]] = np.nan
    pairs = warehouse.sql(
        "SELECT region_id[8:9] AS a, neighbour_region_id[8:9] AS b FROM county_adjacency WHERE a <> b"
    )
    borders = numbered(states, *(np.char.add("state:", side.astype(str)) for side in pairs.fetchnumpy().values()))
    whole, part = (local_moran(borders, v, permutations=0) for v in (plants, shown))
    off = np.abs(moran(borders, plants, 0).i - moran(borders, shown, 0).i)
    known, told = coverage(shown, present), []
    for least, most in ((0.3, 0.5), (0.5, 0.7), (0.7, 0.9), (LEAST_COVERAGE, 1.0)):
        some = (known >= least) & (known < most) & ~np.isnan(off)
        compared = ~np.isnan(part.value[:, some])
        flipped = (whole.quadrant[:, some] != part.quadrant[:, some])[compared].mean()
        told.append((flipped, np.median(off[some])))
        record_property(f"coverage {least} to {most}", f"{flipped:.1%} in another quadrant, I off by {told[-1][1]:.3f}")
        print(f"\ncoverage {least} to {most}: {some.sum()} industries, {flipped:.1%} flipped, off by {told[-1][1]:.3f}")
        assert some.sum() > 50
    assert told == sorted(told, reverse=True)
    assert told[-1][0] < 0.1
