"""What is published adds up, and what is withheld can't be had by subtraction."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestration.sample.accounts import open_accounts
from orchestration.sample.books import annual_figures, late_openings, quarterly_figures
from orchestration.sample.economy import Economy, simulate
from orchestration.sample.geography import PSEUDO_STATES
from orchestration.sample.industries import SUPERSECTORS
from orchestration.sample.suppress import complementary
from orchestration.sample.write import SINGLEFILE_YEARS

SECTOR_PARENTS = {s: code for code, (_, _, sectors) in SUPERSECTORS.items() for s in sectors}


def parent_of(code: str) -> str | None:
    """The node above a code; written apart from the generator's own tables of nodes."""
    if code == "10":
        return None
    if code in ("101", "102"):
        return "10"
    if code in SUPERSECTORS:
        return code[:3]
    if code in SECTOR_PARENTS:
        return SECTOR_PARENTS[code]
    if len(code) > 3:
        return code[:-1]
    return {"3": "31-33"}.get(code[0]) or {"44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}.get(
        code[:2], code[:2]
    )


@pytest.fixture(scope="module")
def sums(published: duckdb.DuckDBPyConnection, economy: Economy) -> duckdb.DuckDBPyConnection:
    """Table `balance`: every published sum of the single files beside the totals of its published parts."""
    con = published
    codes = [c for (c,) in con.execute("select distinct industry_code from years").fetchall()]
    above = [(c, parent_of(c)) for c in codes if c != "10"]
    country = economy.geography
    inside = []
    for year in SINGLEFILE_YEARS:
        counties = [*(c.code for c in country.counties(year)), *(f"{s}999" for s in PSEUDO_STATES)]
        inside += [(year, c, f"{c[:2]}000") for c in counties]
        inside += [(year, f"{s.code}000", "ZZ000") for s in country.states]
        inside += [(year, c, m.area_code) for m in country.cbsas(year) if m.metropolitan for c in m.codes]
    con.register("above", pd.DataFrame(above, columns=["part", "whole"]))
    con.register("inside", pd.DataFrame(inside, columns=["within", "part", "whole"]))
    con.execute(
        """
        create or replace table printed as
        select year, area_fips as area, own_code as own, industry_code as code,
            disclosure_code is not distinct from 'N' as hidden, annual_avg_estabs as estabs,
            annual_avg_emplvl as jobs, total_annual_wages as wages
        from years where own_code <> '8';
        create or replace table parts as
        select 'industry' as kind, printed.* replace (whole as code) from printed join above on part = code
        union all
        select 'area', printed.* replace (whole as area) from printed join inside on (within, part) = (year, area)
        union all
        select 'owner', printed.* replace ('0' as own) from printed where code = '10' and own <> '0';
        create or replace table balance as
        select kind, year, area, own, code, any_value(w.hidden) as whole_hidden,
            count_if(p.hidden) as parts_hidden,
            sum(p.estabs) as estabs, any_value(w.estabs) as whole_estabs,
            sum(p.jobs) as jobs, any_value(w.jobs) as whole_jobs,
            sum(p.wages) as wages, any_value(w.wages) as whole_wages
        from parts p join printed w using (year, area, own, code) group by all
        """
    )
    return con


def one(con: duckdb.DuckDBPyConnection, query: str) -> tuple:
    found = con.execute(query).fetchone()
    assert found is not None
    return found


def test_establishments_add_up_everywhere(sums) -> None:
    kinds = sums.execute("select kind, count(*), count_if(estabs <> whole_estabs) from balance group by 1 order by 1")
    found = {kind: (count > 700, wrong) for kind, count, wrong in kinds.fetchall()}
    assert found == {"area": (True, 0), "industry": (True, 0), "owner": (True, 0)}


def test_jobs_and_wages_add_up_where_published(sums) -> None:
    count, wrong = one(
        sums,
        "select count(*), count_if(jobs <> whole_jobs or wages <> whole_wages) from balance "
        "where parts_hidden = 0 and not whole_hidden",
    )
    assert count > 50_000
    assert wrong == 0


def test_nothing_withheld_is_had_by_subtraction(sums) -> None:
    exposed = sums.execute(
        "select kind, year, area, own, code from balance where parts_hidden + whole_hidden::int = 1"
    ).fetchall()
    assert exposed == []


def test_no_private_firm_is_shown(published, economy: Economy) -> None:
    for table, count in (
        ("slices", "annual_avg_estabs"), ("years", "annual_avg_estabs"), ("quarters", "qtrly_estabs_count")
    ):  # fmt: skip
        query = f"select count(*) from {table} where own_code = '5' and disclosure_code is null and {count} < 3"
        assert one(published, query) == (0,)
    for year in (2021, 2024):
        accounts, y = open_accounts(economy)[year], economy.years.index(year)
        dominated = accounts.maxima(economy.largest[y]) > 0.8 * accounts.sums(economy.employment[y])
        shown = set(
            published.execute(
                f"select area_fips, industry_code from years where year = {year} and own_code = '5' "
                "and disclosure_code is null and agglvl_code = 78"
            ).fetchall()
        )
        private = {
            (accounts.areas[a].code, accounts.nodes[n].code)
            for a, n in np.argwhere(dominated)
            if accounts.areas[a].kind == "county" and (accounts.nodes[n].own, accounts.nodes[n].level) == ("5", 8)
        }
        assert len(private) > 1_000
        assert not shown & private


def test_withheld_rows_print_zeros_but_keep_establishments(published) -> None:
    for table in ("slices", "years"):
        assert one(
            published,
            f"select count_if(annual_avg_emplvl + total_annual_wages + avg_annual_pay + annual_avg_wkly_wage "
            f"+ lq_annual_avg_emplvl <> 0), count_if(annual_avg_estabs = 0), "
            f"count_if(lq_disclosure_code is distinct from 'N') from {table} where disclosure_code = 'N'",
        ) == (0, 0, 0)
    assert one(
        published,
        "select count_if(month1_emplvl + month2_emplvl + month3_emplvl + total_qtrly_wages <> 0) "
        "from quarters where disclosure_code is not null",
    ) == (0,)


def test_the_rate_of_withholding_is_like_the_real_one(published) -> None:
    withheld = "avg((disclosure_code is not distinct from 'N')::int)"
    share = f"select {withheld} from years where own_code = '5' and agglvl_code = "
    county, state = (one(published, share + code)[0] for code in ("78", "58"))
    assert 0.6 < county < 0.85
    assert 0.01 < state < 0.25


def test_quarters_give_back_the_year(economy: Economy) -> None:
    accounts = open_accounts(economy)[2020]
    annual = annual_figures(economy, accounts, 2020)
    quarters = quarterly_figures(economy, accounts, 2020, annual)
    assert 1 <= late_openings(economy, 2020).sum() <= 3
    estabs = np.mean([q.totals[0] for q in quarters], axis=0)
    assert np.abs(estabs - annual.totals[0]).max() <= 1
    jobs = np.mean([q.totals[m] for q in quarters for m in (1, 2, 3)], axis=0)
    assert np.array_equal(np.rint(jobs), annual.totals[1])
    for quarterly, yearly in ((4, 2), (5, 3), (6, 4)):
        assert np.array_equal(sum(q.totals[quarterly] for q in quarters), annual.totals[yearly])
    assert min(q.totals.min() for q in quarters) >= 0


def test_a_quarter_without_establishments_is_a_dash(published) -> None:
    assert one(
        published,
        "select count_if(disclosure_code = '-') > 10, "
        "count_if((disclosure_code is not distinct from '-') <> (qtrly_estabs_count = 0)) from quarters",
    ) == (True, 0)


def test_quotients_are_the_publishers(published) -> None:
    """Recomputed from the printed figures, as BLS does: within the rounding of two decimals."""
    assert one(
        published,
        """select count(*) > 40_000, max(abs(r.lq_annual_avg_emplvl
            - (r.annual_avg_emplvl / t.annual_avg_emplvl) / (n.annual_avg_emplvl / nt.annual_avg_emplvl)))
            < 0.005 + 1e-9
        from years r join years t on (t.year, t.area_fips, t.own_code) = (r.year, r.area_fips, '0')
        join years n on (n.year, n.area_fips, n.own_code, n.industry_code)
            = (r.year, 'ZZ000', r.own_code, r.industry_code)
        join years nt on (nt.year, nt.area_fips, nt.own_code) = (r.year, 'ZZ000', '0')
        where r.lq_disclosure_code is null and r.own_code <> '8'""",
    ) == (True, True)


def test_changes_over_the_year_fit_the_year_before(published) -> None:
    assert one(
        published,
        """select count(*) > 10_000,
            count_if(r.oty_annual_avg_emplvl_chg <> r.annual_avg_emplvl - b.annual_avg_emplvl),
            count_if(abs(r.oty_annual_avg_emplvl_pct_chg
                - 100 * (r.annual_avg_emplvl / b.annual_avg_emplvl - 1)) > 0.0501)
        from years r join years b on (b.year + 1, b.area_fips, b.own_code, b.industry_code)
            = (r.year, r.area_fips, r.own_code, r.industry_code)
        where r.oty_disclosure_code is null""",
    ) == (True, 0, 0)


def test_no_change_is_shown_where_the_parts_are_others(published, economy: Economy) -> None:
    """Codes of a new edition, new boundaries, and codes that stayed but mean something else."""
    changed = economy.geography.redrawn
    areas = {2022: ["91102"], 2023: ["92062", "92064"]}
    areas[2024] = [f"C{code[:4]}" for code in (changed.new, changed.renamed[1], "97300", changed.gained[0][0])]
    areas[2024] += [c.code for c in economy.geography.counties(2024) if c.name.endswith("Planning Region")]
    for year, codes in areas.items():
        shown = "count_if(oty_disclosure_code is null), count(distinct area_fips)"
        query = f"select {shown} from years where year = {year} and area_fips in (select unnest(?))"
        assert published.execute(query, [codes]).fetchone() == (0, len(codes))
    for code in ("513210", "516110", "336110", "519"):
        query = f"select count(*) > 5, count_if(oty_disclosure_code is null) from years where industry_code = '{code}'"
        assert one(published, f"{query} and own_code = '5' and year = 2022") == (True, 0)
    assert one(
        published,
        "select count_if(oty_disclosure_code is null) > 100 from years where year = 2022 and industry_code = '5231'",
    ) == (True,)


@pytest.mark.parametrize("seed", [3, 4, 11, 25])
def test_other_seeds_can_be_protected_too(seed: int) -> None:
    economy = simulate(seed)
    for year, accounts in open_accounts(economy).items():
        figures = annual_figures(economy, accounts, year)
        relation, cell, _ = accounts.relations
        counts = np.bincount(relation, weights=figures.withheld.ravel()[cell])
        assert not (counts == 1).any()
        assert 0.4 < figures.withheld.sum() / figures.rows.sum() < 0.7


@given(st.integers(2, 6), st.integers(2, 6), st.randoms(use_true_random=False))
def test_complement_of_a_table_with_margins(rows: int, columns: int, random) -> None:
    """A table whose rows and columns both have sums: no row or column keeps exactly one withheld cell."""
    jobs = np.array([[random.randint(1, 99) for _ in range(columns)] for _ in range(rows)])
    full = np.block([[jobs, jobs.sum(1, keepdims=True)], [jobs.sum(0, keepdims=True), jobs.sum(keepdims=True)]])
    cells = np.arange(full.size).reshape(full.shape)
    relation = np.concatenate(
        [np.repeat(np.arange(rows + 1), columns + 1), np.repeat(np.arange(columns + 1), rows + 1)]
    )
    relation[cells.size :] += rows + 1
    cell = np.concatenate([cells.ravel(), cells.T.ravel()])
    is_sum = np.concatenate([(cells % (columns + 1) == columns).ravel(), (cells.T // (columns + 1) == rows).ravel()])
    first = np.array([random.random() < 0.2 for _ in range(full.size)])
    first[-1] = False
    open_cells = np.arange(full.size) == full.size - 1
    withheld = complementary(first, relation, cell, is_sum, full.ravel(), open_cells)
    assert not withheld[-1]
    assert (withheld >= first).all()
    assert not (np.bincount(relation, weights=withheld[cell]) == 1).any()
    if not first.any():
        assert not withheld.any()
