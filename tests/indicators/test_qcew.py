"""What QCEW's printed averages say of job-months, and which of its figures are evidence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestration.indicators import qcew
from orchestration.indicators.bounds import UNBOUNDED
from orchestration.indicators.qcew import SET_ASIDE, Places, bound_year, job_months, printed

NAN = np.nan
# Regions: nation, two states, two counties of the first state and one of the second, a metro of the first two counties.
REGION, METRO = np.array([-1, 0, 0, 1, 1, 2, -1]), np.array([-1, -1, -1, 6, 6, -1, -1])
# Industries: the total, a supersector, its two sectors, the first sector's two industries.
INDUSTRY, GROUPING = np.array([-1, -1, 0, 0, 2, 2]), np.array([-1, 0, 1, 1, -1, -1])
STATE = np.array([-1, -1, -1, -1, -1, 2, 1])
PLACES = Places(REGION, METRO, STATE, INDUSTRY, GROUPING)
PRIVATE = 4


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 10**7), st.integers(1, 10**9))
def test_printed_figures_never_exclude_the_job_months_they_come_from(months: int, wages: int) -> None:
    jobs = months / 12
    employment = float(np.floor(jobs + 0.5))
    pay = float(np.floor(wages / jobs + 0.5)) if months else 0.0
    low, high = job_months(*(np.array([x]) for x in (employment, float(wages), pay)))
    assert low[0] <= months <= high[0]
    assert high[0] - low[0] <= 11
    bounds = printed(low, high)
    assert bounds[0][0] == bounds[1][0] == employment


def test_average_pay_pins_the_job_months_of_a_small_cell() -> None:
    low, high = job_months(np.array([40.0]), np.array([2_000_000.0]), np.array([49_587.0]))  # 484 job-months
    assert (low[0], high[0]) == (484, 484)


def test_pay_that_contradicts_employment_is_not_believed() -> None:
    low, high = job_months(np.array([40.0]), np.array([2_000_000.0]), np.array([60_000.0]))
    assert (low[0], high[0]) == (474, 485)


@pytest.mark.parametrize(("wages", "pay"), [(0.0, 0.0), (NAN, NAN), (500.0, 0.0)])
def test_without_pay_rounding_alone_speaks(wages: float, pay: float) -> None:
    low, high = job_months(np.array([0.0, 3.0]), np.full(2, wages), np.full(2, pay))
    assert (low.tolist(), high.tolist()) == ([0, 30], [5, 41])


def a_year(jobs: np.ndarray) -> dict[str, np.ndarray]:
    """Private cells of all places from a table regions x industries, with establishments that add up."""
    region, industry = (axis.ravel() for axis in np.indices(jobs.shape))
    plants = np.array([[9, 9, 5, 4, 3, 2]]) * np.array([[4], [3], [1], [2], [1], [1], [3]])
    unknown = np.full(jobs.size, NAN)
    return {
        "region_no": region,
        "ownership_no": np.full(jobs.size, PRIVATE),
        "industry_no": industry,
        "establishments": plants.ravel(),
        "pieces": np.ones(jobs.size),
        "employment": jobs.ravel().astype(float),
        "wages": unknown,
        "average_pay": unknown,
    }


def a_table() -> np.ndarray:
    """Jobs in regions x industries that add up along everything."""
    leaves = {3: (100, 40, 60), 4: (200, 50, 30), 5: (70, 20, 10)}
    jobs = np.zeros((7, 6))
    for region, (other, first, second) in leaves.items():
        jobs[region] = [other + first + second, other + first + second, first + second, other, first, second]
    jobs[1], jobs[2] = jobs[3] + jobs[4], jobs[5]
    jobs[6], jobs[0] = jobs[1], jobs[1] + jobs[2]
    return jobs


def test_a_metro_holds_what_its_counties_do() -> None:
    jobs = a_table()
    hidden = jobs.copy()
    hidden[6, 4:] = hidden[1, 4:] = NAN
    found = bound_year(a_year(hidden), PLACES)
    lower, upper = (found[name].reshape(jobs.shape) for name in ("lower", "upper"))
    assert abs(lower[6, 4] - jobs[6, 4]) <= 1
    assert abs(upper[6, 4] - jobs[6, 4]) <= 1
    assert set(found["unused"]) == {""}


def test_supersectors_bound_sectors() -> None:
    """The total says nothing of a sector where every sector is withheld, but a supersector of one sector does."""
    jobs = a_table()
    hidden = jobs.copy()
    hidden[:, 2:] = NAN
    found = bound_year(a_year(hidden), PLACES)
    assert found["upper"].reshape(jobs.shape)[3, 2] == pytest.approx(jobs[3, 1], abs=1)


def test_what_is_printed_stays_as_printed() -> None:
    found = bound_year(a_year(a_table()), PLACES)
    assert (found["lower"] == a_table().ravel()).all()
    assert (found["upper"] == a_table().ravel()).all()


def test_a_region_that_contradicts_itself_is_no_evidence() -> None:
    """The second state's figures do not add up: they say nothing of its county."""
    jobs = a_table()
    jobs[2, 2] += 40
    jobs[2, 4] += 15
    hidden = jobs.copy()
    hidden[5, 2:] = NAN
    year = a_year(hidden)
    found = bound_year(year, PLACES)
    unused = found["unused"].reshape(jobs.shape)
    assert unused[2, 0].startswith(SET_ASIDE)
    assert set(unused[3:].ravel()) == {""}
    lower, upper = (found[name].reshape(jobs.shape) for name in ("lower", "upper"))
    truth = a_table()
    assert ((lower[5] <= truth[5]) & (truth[5] <= upper[5])).all()
    assert (found["lower"] <= found["upper"]).all()


def test_a_metro_of_other_counties_is_not_summed() -> None:
    """Where establishments tell that a metro is not made of these counties, they say nothing of its jobs."""
    jobs = a_table()
    hidden = jobs.copy()
    hidden[6, 2:] = NAN
    year = a_year(hidden)
    year["establishments"] = year["establishments"] * np.where(year["region_no"] == 6, 10, 1)
    found = bound_year(year, PLACES)
    metro = found["unused"].reshape(jobs.shape)[6]
    assert metro[0] == "all metropolitan areas"
    assert found["lower"].reshape(jobs.shape)[6, 4] == 0
    assert found["upper"].reshape(jobs.shape)[6, 4] > jobs[6, 4]


def test_what_another_source_tells_moves_estimates_alone() -> None:
    """Of a withheld cell it is said that half or more of its establishments are told of; of a printed one nothing."""
    jobs = a_table()
    hidden = jobs.copy()
    hidden[:6, 4:] = NAN
    year = a_year(hidden)
    plain = bound_year(year, PLACES)
    told_of = {3 * 6 + 4: 0.5, 4 * 6 + 4: 0.25, 3 * 6 + 2: 1.0}  # a cell's place, and the share of its establishments
    count, told = np.full(jobs.size, NAN), np.full(jobs.size, NAN)
    for place, share in told_of.items():
        count[place] = share * year["establishments"][place]
        told[place] = 14 * count[place]
    found = bound_year(year | {"told_jobs": told, "told_establishments": count}, PLACES)
    assert not plain["is_told"].any()
    assert np.flatnonzero(found["is_told"]).tolist() == [3 * 6 + 4]
    for name in ("lower", "upper", "unused"):
        assert (found[name] == plain[name]).all()
    assert found["estimate"][3 * 6 + 4] > plain["estimate"][3 * 6 + 4]
    assert found["estimate"][3 * 6 + 2] == jobs[3, 2]


@pytest.mark.parametrize(("plants", "told_of"), [(2, 3), (1, 3)])
def test_what_is_told_beside_one_or_two_plants_moves_nothing(plants: int, told_of: int) -> None:
    """No source prints so few: others are counted with them."""
    jobs = a_table()
    jobs[:6, 4:] = NAN
    year, place = a_year(jobs), 3 * 6 + 4
    year["establishments"][place] = plants
    count, told = np.full(jobs.size, NAN), np.full(jobs.size, NAN)
    count[place], told[place] = told_of, 400 * told_of
    found = bound_year(year | {"told_jobs": told, "told_establishments": count}, PLACES)
    assert not found["is_told"].any()
    assert (found["estimate"] == bound_year(year, PLACES)["estimate"]).all()


def test_nothing_printed_leaves_no_bound() -> None:
    jobs = np.full((7, 6), NAN)
    found = bound_year(a_year(jobs), PLACES)
    assert (found["lower"] == 0).all()
    assert np.isnan(found["upper"]).all()
    assert UNBOUNDED > 10**9 * 12
    assert np.isnan(found["pay"]).all()


# A job a year in the other sector and in both industries of the first; the second state pays a fifth less.
PAY = 1000.0 * np.array([30, 40, 80])


def paid(jobs: np.ndarray, hidden: np.ndarray) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """A year with the wages of a table of jobs, without those of hidden cells; and all wages."""
    leaves = jobs[:, 3:] * PAY
    wages = np.column_stack([leaves.sum(axis=1)] * 2 + [leaves[:, 1:].sum(axis=1), leaves])
    wages[[2, 5]] *= 0.8
    wages[0] = wages[1] + wages[2]
    year = a_year(np.where(hidden, NAN, jobs))
    printed_pay = np.where(hidden, NAN, np.floor(wages / jobs + 0.5)).ravel()
    return year | {"wages": np.where(hidden, NAN, wages).ravel(), "average_pay": printed_pay}, wages


def test_pay_of_one_withheld_cell_is_what_the_others_leave() -> None:
    jobs = a_table()
    hidden = np.zeros(jobs.shape, bool)
    hidden[4, 4] = True
    year, wages = paid(jobs, hidden)
    pay = bound_year(year, PLACES)["pay"].reshape(jobs.shape)
    assert pay[4, 4] == pytest.approx(wages[4, 4] / jobs[4, 4], rel=0.001)
    assert np.isnan(pay[~hidden]).all()


def test_pay_of_withheld_cells_follows_their_industries_and_adds_up_to_what_is_printed() -> None:
    """Two industries of a county whose sector is printed, withheld in its state and area too."""
    jobs = a_table()
    hidden = np.zeros(jobs.shape, bool)
    hidden[np.ix_([5, 2, 4, 3, 1, 6], [4, 5])] = True
    year, wages = paid(jobs, hidden)
    found = bound_year(year, PLACES)
    pay, estimate = (found[name].reshape(jobs.shape) for name in ("pay", "estimate"))
    for region in (3, 4, 5):
        assert pay[region, 5] > 1.5 * pay[region, 4]
        assert pay[region, 4:] @ estimate[region, 4:] == pytest.approx(wages[region, 2], rel=0.03)


def test_wages_that_do_not_add_up_leave_nobody_unpaid() -> None:
    """A sector whose printed industry has more wages than all of it: the other one is paid as is usual."""
    jobs = a_table()
    hidden = np.zeros(jobs.shape, bool)
    hidden[[3, 6, 1], 4] = True
    year, wages = paid(jobs, hidden)
    year["wages"][[3 * 6 + 5, 6 * 6 + 5, 1 * 6 + 5]] = 1.5 * wages[3, 2], 1.5 * wages[6, 2], 1.5 * wages[1, 2]
    year["average_pay"][:] = NAN
    found = bound_year(year, PLACES)
    pay = found["pay"].reshape(jobs.shape)[3, 4]
    assert pay == pytest.approx(PAY[1], rel=0.2)


def test_what_is_printed_bounds_wages_and_the_estimate_keeps_to_it() -> None:
    """Of a county's sector one industry is printed: the sector, withheld like the other one, earns at least as much."""
    jobs = a_table()
    hidden = np.zeros(jobs.shape, bool)
    hidden[np.ix_([3, 6, 1, 0], [2, 4])] = True
    year, wages = paid(jobs, hidden)
    # Ten times its jobs' usual pay: far beyond four times the mean.
    for region in (3, 6, 1, 0):
        year["wages"].reshape(jobs.shape)[region, [0, 1, 5]] += 9 * wages[3, 5]
    year["average_pay"][:] = NAN
    found = {name: values.reshape(jobs.shape) for name, values in bound_year(year, PLACES).items()}
    assert found["wages_lower"][3, 2] >= 10 * wages[3, 5]
    assert found["pay"][3, 2] * found["estimate"][3, 2] >= 0.99 * found["wages_lower"][3, 2]
    assert found["wages_upper"][3, 4] == pytest.approx(wages[3, 4])
    assert np.isnan(found["wages_lower"][~hidden]).all()


def test_an_area_of_one_county_has_its_countys_pay() -> None:
    """Nothing is printed of two industries but the sectors of state and nation: both rows of the one place agree."""
    alone = Places(
        REGION, np.array([-1, -1, -1, -1, 6, -1, -1]), np.array([-1, -1, -1, 1, -1, 2, 1]), INDUSTRY, GROUPING
    )
    jobs = a_table()
    jobs[6] = jobs[4]
    hidden = np.zeros(jobs.shape, bool)
    hidden[np.ix_([3, 4, 5, 6, 1, 2], [4, 5])] = True
    year, _ = paid(jobs, hidden)
    year["establishments"] = year["establishments"].copy()
    year["establishments"].reshape(jobs.shape)[6] = year["establishments"].reshape(jobs.shape)[4]
    pay = bound_year(year, alone)["pay"].reshape(jobs.shape)
    assert pay[6, 4:] == pytest.approx(pay[4, 4:], rel=0.001)


def test_programmes_never_widen_and_never_lose_the_truth(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(qcew, "GROUP_DEPTH", 1)  # this tree has no groups: a block is a sector in a state
    jobs = a_table()
    for seed in range(20):
        hidden = np.where(np.random.default_rng(seed).random(jobs.shape) < 0.6, NAN, jobs)
        hidden[:, 0] = jobs[:, 0]
        year = a_year(hidden)
        narrow, wide = bound_year(year, PLACES, programmes=200), bound_year(year, PLACES)
        assert ((narrow["lower"] >= wide["lower"]) & (narrow["upper"] <= wide["upper"])).all()
        assert ((narrow["lower"] <= jobs.ravel()) & (jobs.ravel() <= narrow["upper"])).all()
