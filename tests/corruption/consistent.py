"""Wrong figures of QCEW that agree with each other: what somebody in control of the whole file would write.

Belongs here: manipulations of `stg_qcew` that keep every sum, wages per job and, where they are `thorough`, the columns
in which the publisher prints the same truth again (quotients, changes over the year); codes and titles given to others.
Does not: accidents, which contradict themselves (see `qcew_mutations`).

`forgetful` ones carry a change up through all sums and leave those columns as printed. Those of every year exchange
places or industries in all years there are, so that no year contradicts another.
"""

from __future__ import annotations

import random
from collections.abc import Mapping

import duckdb

from orchestration.naics import sector
from tests.corruption.mutation import Mutation, changed
from tests.corruption.qcew_mutations import ALL

KEY = "year, area_fips, own_code, industry_code"
PLACES = 21

_SUPERSECTOR = """CASE {sector} WHEN '11' THEN '1011' WHEN '21' THEN '1011' WHEN '23' THEN '1012'
    WHEN '31-33' THEN '1013' WHEN '22' THEN '1021' WHEN '42' THEN '1021' WHEN '44-45' THEN '1021'
    WHEN '48-49' THEN '1021' WHEN '51' THEN '1022' WHEN '52' THEN '1023' WHEN '53' THEN '1023' WHEN '54' THEN '1024'
    WHEN '55' THEN '1024' WHEN '56' THEN '1024' WHEN '61' THEN '1025' WHEN '62' THEN '1025' WHEN '71' THEN '1026'
    WHEN '72' THEN '1026' WHEN '81' THEN '1027' ELSE '1029' END""".replace("{sector}", sector("industry_code"))

# Private six-digit cells of counties, a withheld one with its share, by establishments, of what its state has left.
_LEAVES = """
    leaves AS MATERIALIZED (
        SELECT c.year, c.area_fips, c.industry_code, c.annual_avg_estabs,
            coalesce(c.annual_avg_emplvl, s.jobs_left * c.annual_avg_estabs / s.estabs_left, 0) AS annual_avg_emplvl,
            coalesce(c.total_annual_wages, s.wages_left * c.annual_avg_estabs / s.estabs_left, 0) AS total_annual_wages,
            c.annual_avg_emplvl IS NOT NULL AS is_printed
        FROM clean AS c JOIN (
            SELECT state.year, state.area_fips, state.industry_code,
                greatest(any_value(state.annual_avg_emplvl) - sum(county.annual_avg_emplvl), 0) AS jobs_left,
                greatest(any_value(state.total_annual_wages) - sum(county.total_annual_wages), 0) AS wages_left,
                nullif(sum(county.annual_avg_estabs) FILTER (county.annual_avg_emplvl IS NULL), 0) AS estabs_left
            FROM clean AS state JOIN clean AS county ON county.agglvl_code = 78 AND state.agglvl_code = 58
                AND county.year = state.year AND left(county.area_fips, 2) || '000' = state.area_fips
                AND county.industry_code = state.industry_code AND county.own_code = '5' AND state.own_code = '5'
            WHERE state.industry_code IN ('{from_industry}', '{to_industry}', '{grown}', '{stranger}')
                OR state.area_fips = left('{county_a}', 2) || '000'
            GROUP BY ALL
        ) AS s ON c.year = s.year AND c.industry_code = s.industry_code
            AND left(c.area_fips, 2) || '000' = s.area_fips AND c.agglvl_code = 78 AND c.own_code = '5'
    )"""
# From changes of leaves to changes of every row that they are part of: levels of industries, then of areas.
_CARRIED_UP = f"""
    levels AS (
        SELECT * EXCLUDE (code), unnest([{{{{'own': '5', 'code': code}}}}, {{{{'own': '5', 'code': left(code, 5)}}}},
            {{{{'own': '5', 'code': left(code, 4)}}}}, {{{{'own': '5', 'code': left(code, 3)}}}},
            {{{{'own': '5', 'code': sector}}}}, {{{{'own': '5', 'code': super}}}},
            {{{{'own': '5', 'code': left(super, 3)}}}}, {{{{'own': '5', 'code': '10'}}}},
            {{{{'own': '0', 'code': '10'}}}}]) AS level
        FROM (SELECT *, industry_code AS code, {sector("industry_code")} AS sector, {_SUPERSECTOR} AS super FROM moved)
    ),
    metros AS (
        -- QCEW's areas are those of 2013, in the list of 2015, up to 2023.
        SELECT year, county_fips, 'C' || left(arg_max(cbsa_code, period), 4) AS metro
        FROM stg_cbsa_delineation, (SELECT DISTINCT year FROM clean)
        WHERE year >= 2024 OR period < '2018' GROUP BY ALL
    ),
    carried AS (
        SELECT year, area AS area_fips, level.own AS own_code, level.code AS industry_code,
            {", ".join(f"sum({name}) AS {name}" for name in ALL)}
        FROM (
            SELECT *, area_fips AS area FROM levels
            UNION ALL SELECT *, left(area_fips, 2) || '000' FROM levels
            UNION ALL SELECT *, '{{nation}}' FROM levels WHERE left(area_fips, 2) NOT IN ('72', '78')
            UNION ALL SELECT levels.*, metro FROM levels JOIN metros USING (year)
                WHERE metros.county_fips = levels.area_fips
        ) GROUP BY ALL
    ),
    false_rows AS MATERIALIZED (
        SELECT c.* REPLACE (
            {", ".join(f"c.{name} + coalesce(round(d.{name}), 0)::BIGINT AS {name}" for name in ALL)})
        FROM clean AS c LEFT JOIN carried AS d USING ({KEY})
    )"""


def _moved(select: str) -> str:
    return f"{_LEAVES},\n    moved AS MATERIALIZED ({select}),{_CARRIED_UP}"


def _exchanged(column: str, a: str, b: str) -> str:
    """Two codes exchanged: of counties of one state in no area, or of sister industries, so that no sum changes."""
    return f"""
    false_rows AS MATERIALIZED (
        SELECT * REPLACE (
            CASE {column} WHEN '{a}' THEN '{b}' WHEN '{b}' THEN '{a}' ELSE {column} END AS {column}) FROM clean
    )"""


def _renamed(column: str, old: str, new: str) -> str:
    """A code that nobody had becomes one's: under the same parent, so that no sum changes."""
    return f"""
    false_rows AS MATERIALIZED (SELECT * REPLACE (replace({column}, '{old}', '{new}') AS {column}) FROM clean)"""


def _title(of: str, code: str, a: str, b: str) -> str:
    """The titles of two codes exchanged; where a title begins with its code, that stays."""
    title = f"regexp_replace(any_value(other.{of}_title), '^' || any_value(other.{code}) || ' ', clean.{code} || ' ')"
    other = f"SELECT {title} FROM clean AS other WHERE other.{code} = if(clean.{code} = '{a}', '{b}', '{a}')"
    return changed(f"{code} IN ('{a}', '{b}')", **{f"{of}_title": f"({other})"})


# Pay is made anew by all: it is what everybody looks at first.
_PAY = """
    paid AS MATERIALIZED (
        SELECT f.* REPLACE (CASE WHEN (f.annual_avg_emplvl, f.total_annual_wages)
                IS DISTINCT FROM (c.annual_avg_emplvl, c.total_annual_wages)
            THEN round(f.total_annual_wages / nullif(f.annual_avg_emplvl, 0))::BIGINT ELSE f.avg_annual_pay
            END AS avg_annual_pay)
        FROM false_rows AS f LEFT JOIN clean AS c USING (year, area_fips, own_code, industry_code, size_code)
    )"""


def _forgetful(made: str) -> str:
    return f"WITH {made},{_PAY}\nSELECT * FROM paid"


def _thorough(made: str, *, quotients: bool) -> str:
    """Where a change, and on demand a quotient, would be another one it is printed anew; else it stays as it was."""
    touched = f"({_listed('f')}) IS DISTINCT FROM ({_listed('c')}) AND f.oty_disclosure_code IS NULL"
    anew = [
        f"CASE WHEN {touched} AND b.area_fips IS NOT NULL THEN f.{m} - b.{m} ELSE f.oty_{m}_chg END AS oty_{m}_chg"
        for m in ALL
    ]
    if quotients:
        anew += [
            f"CASE WHEN {_quotient('f', m)} <> {_quotient('c', m)} "
            f"AND f.lq_{m} IS NOT NULL THEN round({_quotient('f', m)}, 2) ELSE f.lq_{m} END AS lq_{m}"
            for m in ALL
        ]
    return f"""WITH {made},{_PAY}
        SELECT f.* REPLACE ({", ".join(anew)})
        FROM paid AS f
        LEFT JOIN clean AS c USING (year, area_fips, own_code, industry_code, size_code)
        LEFT JOIN (SELECT * REPLACE (year + 1 AS year) FROM before) AS b
            USING (year, area_fips, own_code, industry_code, size_code)
        {_beside("f", "paid") + _beside("c", "clean") if quotients else ""}"""


def _listed(row: str) -> str:
    return ", ".join(f"{row}.{m}" for m in ALL)


def _quotient(side: str, measure: str) -> str:
    cell, total, nation, whole = (f"{side}{part}.{measure}" for part in ("", "_area", "_nation", "_whole"))
    return f"({cell} / nullif({total}, 0)) / nullif({nation} / nullif({whole}, 0), 0)"


def _beside(side: str, rows: str) -> str:
    """Joins of a cell's area, of its industry in the nation, and of the nation."""
    places = {"area": ("f.area_fips", "'0'", "'10'"), "nation": ("'{nation}'", "f.own_code", "f.industry_code"),
              "whole": ("'{nation}'", "'0'", "'10'")}  # fmt: skip
    return "".join(
        f"""
        LEFT JOIN {rows} AS {side}_{name} ON {side}_{name}.size_code = '0' AND {side}_{name}.year = f.year
            AND {side}_{name}.area_fips = {area} AND {side}_{name}.own_code = {own}
            AND {side}_{name}.industry_code = {industry}"""
        for name, (area, own, industry) in places.items()
    )


def _both(name: str, made: str, *touches: str, quotients: bool, small: bool = False) -> list[Mutation]:
    return [
        Mutation(f"{name}_forgetful", "stg_qcew", _forgetful(made), small, touches=touches),
        Mutation(f"{name}_thorough", "stg_qcew", _thorough(made, quotients=quotients), small, touches=touches),
    ]


def _scaled(by: str, of: tuple[str, ...], where: str) -> str:
    figures = ", ".join(f"{by if m in of else 0} * {m} AS {m}" for m in ALL)
    return _moved(f"SELECT year, area_fips, industry_code, {figures} FROM leaves WHERE {where}")


_COUNTIES = _exchanged("area_fips", "{county_a}", "{county_b}")
_INDUSTRIES = _exchanged("industry_code", "{from_industry}", "{to_industry}")
_TO_THE_SISTER = _moved(
    f"""
        SELECT year, area_fips, industry_code, {", ".join(f"-0.5 * {m} AS {m}" for m in ALL)}
        FROM leaves WHERE industry_code = '{{from_industry}}' AND area_fips IN ({{places}})
        UNION ALL
        SELECT year, area_fips, '{{to_industry}}', {", ".join(f"0.5 * {m}" for m in ALL)}
        FROM leaves WHERE industry_code = '{{from_industry}}' AND area_fips IN ({{places}})"""
)
_FOR_A_STRANGER = _moved(
    f"""
        SELECT a.year, a.area_fips, unnest(['{{from_industry}}', '{{stranger}}']) AS industry_code,
            {", ".join(f"unnest([b.{m} - a.{m}, a.{m} - b.{m}]) AS {m}" for m in ALL)}
        FROM leaves AS a JOIN leaves AS b USING (year, area_fips)
        WHERE a.industry_code = '{{from_industry}}' AND b.industry_code = '{{stranger}}'"""
)
_JOBS = ("annual_avg_emplvl", "total_annual_wages")
_IN = ("from_industry", "to_industry")
_OF = ("county_a", "county_b")

CONSISTENT = [
    *_both("counties_exchanged", _COUNTIES, *_OF, quotients=False),
    Mutation("counties_exchanged_in_every_year", "stg_qcew", _forgetful(_COUNTIES), every_year=True, touches=_OF),
    *_both("industries_exchanged", _INDUSTRIES, *_IN, quotients=False),
    Mutation("industries_exchanged_in_every_year", "stg_qcew", _forgetful(_INDUSTRIES), every_year=True, touches=_IN),
    *_both("half_an_industry_moved_to_its_sister", _TO_THE_SISTER, *_IN, quotients=True),
    *_both("industry_grows_by_a_quarter", _scaled("0.25", _JOBS, "industry_code = '{grown}'"), "grown", quotients=True),
    *_both("pay_of_an_industry_grows_by_a_quarter",
           _scaled("0.25", ("total_annual_wages",), "industry_code = '{grown}'"), "grown", quotients=True),
    *_both("county_grows_by_a_quarter", _scaled("0.25", _JOBS, "area_fips = '{county_a}'"), "county_a", quotients=True),
    *_both("industry_of_one_county_doubled",
           _scaled("1", _JOBS, "industry_code = '{from_industry}' AND area_fips = '{county_a}'"), "county_a",
           "from_industry", quotients=True, small=True),
    *_both("industries_of_other_parents_exchanged", _FOR_A_STRANGER, "from_industry", "stranger", quotients=True),
    # Without a row of the year before there is nothing to print anew.
    Mutation("county_renamed", "stg_qcew", _forgetful(_renamed("area_fips", "{county_a}", "{new_county}")),
             touches=("county_a", "new_county")),
    Mutation("industry_renamed", "stg_qcew", _forgetful(_renamed("industry_code", "{from_industry}", "{new_industry}")),
             touches=("from_industry", "new_industry")),
    Mutation("industry_titles_exchanged", "stg_qcew_industries",
             _title("industry", "industry_code", "{from_industry}", "{stranger}"),
             touches=("from_industry", "stranger")),
    Mutation("industry_titles_exchanged_in_a_new_list", "stg_qcew_industries",
             "SELECT * FROM clean UNION ALL BY NAME SELECT * REPLACE ('9999-12-31' AS vintage) FROM ("
             + _title("industry", "industry_code", "{from_industry}", "{stranger}") + ")",
             touches=("from_industry", "stranger")),
    Mutation("county_titles_exchanged", "stg_qcew_areas", _title("area", "area_fips", "{county_a}", "{county_b}"),
             touches=_OF),
]  # fmt: skip


def grown_by(share: float) -> Mutation:
    """An industry that has grown by a share in every place, with all sums, quotients and changes printed anew.

    Example:
        >>> grown_by(0.004).name
        'industry_grows_by_0.4_percent'
    """
    made = _scaled(str(share), _JOBS, "industry_code = '{grown}'")
    return Mutation(f"industry_grows_by_{100 * share:g}_percent", "stg_qcew", _thorough(made, quotients=True))


def draw(con: duckdb.DuckDBPyConnection, year: int, seed: int) -> Mapping[str, str]:
    """The places and industries that the manipulations name, drawn from the clean tables of a year.

    Two counties of one state and in no metropolitan area, or in the same one; two sister industries, and counties that
    print both; an industry of some size that most states print. Nothing, where files hold states alone.
    """
    rng = random.Random(seed)
    of_year = f"FROM stg_qcew WHERE year = {year} AND size_code = '0'"
    [(nation,)] = con.execute(f"SELECT area_fips {of_year} AND agglvl_code = 10").fetchall()
    counties = con.execute(
        f"""WITH c AS (
            SELECT area_fips, annual_avg_emplvl AS jobs, (SELECT max(cbsa_code) FROM stg_cbsa_delineation
                WHERE county_fips = area_fips) AS metro
            {of_year} AND agglvl_code = 70 AND own_code = '0' AND right(area_fips, 3) < '995')
        SELECT a.area_fips, b.area_fips FROM c AS a JOIN c AS b ON a.area_fips < b.area_fips
            AND left(a.area_fips, 2) = left(b.area_fips, 2) AND a.metro IS NOT DISTINCT FROM b.metro
        WHERE least(a.jobs, b.jobs) > 3000 ORDER BY ALL"""
    ).fetchall()
    pairs = con.execute(
        f"""WITH i AS (SELECT area_fips, industry_code, annual_avg_emplvl AS jobs {of_year}
            AND agglvl_code = 78 AND own_code = '5' AND annual_avg_emplvl >= 20)
        SELECT a.industry_code, b.industry_code, list(a.area_fips ORDER BY a.area_fips) FROM i AS a JOIN i AS b
            ON a.area_fips = b.area_fips AND left(a.industry_code, 4) = left(b.industry_code, 4)
            AND a.industry_code <> b.industry_code
        GROUP BY ALL ORDER BY count(*) DESC, 1, 2 LIMIT 10"""
    ).fetchall()
    grown = con.execute(
        f"""SELECT industry_code {of_year} AND agglvl_code = 58 AND own_code = '5' AND annual_avg_emplvl IS NOT NULL
        GROUP BY 1 ORDER BY count(*) DESC, sum(annual_avg_emplvl) DESC, 1 LIMIT 20"""
    ).fetchall()
    if not (counties and pairs and grown):
        return {}
    (county_a, county_b), (out_of, into, places) = rng.choice(counties), rng.choice(pairs)
    places = rng.sample(places, min(PLACES, len(places)))
    return {
        "nation": nation, "county_a": county_a, "county_b": county_b, "from_industry": out_of, "to_industry": into,
        "grown": rng.choice(grown)[0], "places": ", ".join(f"'{p}'" for p in places),
        "stranger": rng.choice(_strangers(con, of_year, out_of)), "new_county": _new(con, "area_fips", county_a[:2]),
        "new_industry": _new(con, "industry_code", out_of[:5]),
    }  # fmt: skip


def _strangers(con: duckdb.DuckDBPyConnection, of_year: str, industry: str) -> list[str]:
    """Industries of another sector that most counties print beside this one."""
    rows = con.execute(
        f"""SELECT industry_code {of_year} AND agglvl_code = 78 AND own_code = '5' AND annual_avg_emplvl >= 20
            AND left(industry_code, 2) <> left('{industry}', 2)
            AND area_fips IN (SELECT area_fips {of_year} AND own_code = '5' AND industry_code = '{industry}')
        GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 10"""
    ).fetchall()
    return [code for (code,) in rows]


def _new(con: duckdb.DuckDBPyConnection, column: str, start: str) -> str:
    """The lowest code with this start that no year has; a county's has five digits, an industry's six."""
    digits = (5 if column == "area_fips" else 6) - len(start)
    rows = con.execute(f"SELECT DISTINCT {column} FROM stg_qcew WHERE starts_with({column}, '{start}')").fetchall()
    codes = (f"{start}{number:0{digits}}" for number in range(1, 10**digits))
    return next(code for code in codes if (code,) not in rows)
