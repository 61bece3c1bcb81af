"""Ways in which a year of QCEW goes wrong: the publisher's, the network's, a parser's.

Belongs here: mutations of `stg_qcew`. Does not: those of other tables.

Chosen before any check was tuned, and not for being found: "consistent" ones change every column that could give
them away inside the year, so that only another year, another table or the previous release can.
"""

from __future__ import annotations

from tests.corruption.mutation import Mutation, chance, changed, shifted, without

KEY = ("area_fips", "own_code", "industry_code")
STATE = "left(area_fips, 2) = '{state}'"
STATE_ROWS = "area_fips = '{state}000'"
COUNTY = "area_fips = '{county}'"
SECTOR = "(left(industry_code, 2) IN ({sector_prefixes}) AND agglvl_code % 10 >= 4)"
SIX = "agglvl_code % 10 = 8"
ALL = ("annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages")


def _scaled(factor: str, *columns: str) -> dict[str, str]:
    return {name: f"round({factor} * {name})" for name in columns or ALL}


def _swap(a: str, b: str, column: str = "area_fips", length: int = 5) -> str:
    """Two areas' codes exchanged: of a state with everything inside it where the length is 2."""
    head, tail = f"left({column}, {length})", f"substr({column}, {length + 1})"
    return (
        f"SELECT * REPLACE (CASE {head} WHEN '{a}' THEN '{b}' || {tail} WHEN '{b}' THEN '{a}' || {tail} "
        f"ELSE {column} END AS {column}) FROM clean"
    )


_EDITIONS = {
    "211111": "211120", "211112": "211130", "454111": "454110", "517110": "517311", "517210": "517312",
    "541711": "541714", "541712": "541715", "452111": "452210", "452910": "452311", "532220": "532281",
}  # fmt: skip
_RECODED = (
    "SELECT * REPLACE (CASE industry_code "
    + " ".join(f"WHEN '{old}' THEN '{new}' WHEN '{new}' THEN '{old}'" for old, new in _EDITIONS.items())
    + " ELSE industry_code END AS industry_code) FROM clean"
)


def _merged() -> str:
    """One six-digit industry counted as its sibling, everywhere, so that every sum still holds."""
    sums = ", ".join(f"s.{name} + coalesce(m.{name}, 0) AS {name}" for name in ALL)
    key = " AND ".join(f"s.{k} = m.{k}" for k in ("area_fips", "own_code"))
    return f"""
        SELECT s.* REPLACE ({sums}, CASE WHEN m.area_fips IS NULL THEN s.avg_annual_pay
            ELSE round((s.total_annual_wages + m.total_annual_wages) / (s.annual_avg_emplvl + m.annual_avg_emplvl))
            END AS avg_annual_pay)
        FROM clean AS s LEFT JOIN (SELECT * FROM clean WHERE industry_code = '{{industry}}') AS m
            ON s.industry_code = '{{sibling}}' AND {key}
        WHERE s.industry_code <> '{{industry}}'
    """


def _stale(where: str) -> str:
    """The year before's rows in place of this year's, relabelled."""
    return (
        "SELECT * REPLACE ((SELECT any_value(year) FROM clean) AS year) FROM before "
        f"WHERE {where} UNION ALL SELECT * FROM clean WHERE ({where}) IS NOT TRUE"
    )


def _of(table: str, **named: str) -> list[Mutation]:
    return [Mutation(name, table, sql) for name, sql in named.items()]


VALUES = _of(
    "stg_qcew",
    employment_x10=changed(**_scaled("10", "annual_avg_emplvl")),
    everything_x1000=changed(**_scaled("1000")),
    employment_by_1000=changed(**_scaled("0.001", "annual_avg_emplvl")),
    sign_flipped=changed(annual_avg_emplvl="-annual_avg_emplvl"),
    sign_flipped_in_1_percent=changed(chance(0.01, *KEY), annual_avg_emplvl="-annual_avg_emplvl"),
    employment_and_wages_swapped=changed(
        annual_avg_emplvl="total_annual_wages", total_annual_wages="annual_avg_emplvl"
    ),
    establishments_and_employment_swapped=changed(
        annual_avg_estabs="coalesce(annual_avg_emplvl, annual_avg_estabs)",
        annual_avg_emplvl="CASE WHEN annual_avg_emplvl IS NOT NULL THEN annual_avg_estabs END",
    ),
    pay_and_wages_swapped=changed(avg_annual_pay="total_annual_wages", total_annual_wages="avg_annual_pay"),
    establishments_constant=changed(annual_avg_estabs="5"),
    wages_constant=changed("total_annual_wages IS NOT NULL", total_annual_wages="1000000"),
    wages_lost=changed(total_annual_wages="NULL"),
    wages_in_thousands=changed(**_scaled("0.001", "total_annual_wages")),
    wages_and_pay_in_thousands=changed(**_scaled("0.001", "total_annual_wages", "avg_annual_pay")),
    wages_of_one_quarter=changed(**_scaled("0.25", "total_annual_wages", "avg_annual_pay")),
    pay_by_the_week=changed(avg_annual_pay="round(avg_annual_pay / 52)"),
    employment_rounded_to_tens=changed(annual_avg_emplvl="round(annual_avg_emplvl, -1)"),
    employment_rounded_to_hundreds=changed(annual_avg_emplvl="round(annual_avg_emplvl, -2)"),
    quotients_truncated=changed(
        lq_annual_avg_emplvl="floor(lq_annual_avg_emplvl)", lq_annual_avg_estabs="floor(lq_annual_avg_estabs)"
    ),
    quotients_swapped=changed(
        lq_annual_avg_emplvl="lq_total_annual_wages", lq_total_annual_wages="lq_annual_avg_emplvl"
    ),
    quotients_not_a_number=changed(chance(0.01, *KEY), lq_annual_avg_emplvl="'nan'::DOUBLE"),
    values_off_by_one_row=shifted("area_fips, own_code, industry_code", *ALL, "avg_annual_pay", "disclosure_code"),
    employment_off_by_one_row=shifted("area_fips, own_code, industry_code", "annual_avg_emplvl"),
    first_quarter_for_the_year=changed(
        annual_avg_emplvl="round(0.985 * annual_avg_emplvl)",
        total_annual_wages="round(1.02 * total_annual_wages)",
        avg_annual_pay="round(1.02 * total_annual_wages / nullif(0.985 * annual_avg_emplvl, 0))",
    ),
)

DRIFTS = _of(
    "stg_qcew",
    employment_drifts_3_percent=changed(**_scaled("1.03", "annual_avg_emplvl")),
    everything_drifts_3_percent=changed(**_scaled("1.03")),
    state_drifts_3_percent=changed(STATE_ROWS, **_scaled("1.03")),
    state_with_its_counties_drifts_3_percent=changed(STATE, **_scaled("1.03")),
    state_wages_in_thousands=changed(STATE, **_scaled("0.001", "total_annual_wages", "avg_annual_pay")),
    state_employment_x1000=changed(STATE, **_scaled("1000", "annual_avg_emplvl")),
    industry_drifts_3_percent=changed("industry_code = '{industry}'", **_scaled("1.03")),
    sector_drifts_3_percent=changed(SECTOR, **_scaled("1.03")),
    county_x10=changed(COUNTY, **_scaled("10")),
    local_government_doubled=changed("own_code = '3'", **_scaled("2")),
)

KEYS = _of(
    "stg_qcew",
    private_and_local_swapped=changed(
        "own_code IN ('3', '5')", own_code="CASE own_code WHEN '3' THEN '5' ELSE '3' END"
    ),
    ownerships_shifted=changed(
        "own_code IN ('1', '2', '3')", own_code="CASE own_code WHEN '1' THEN '2' WHEN '2' THEN '3' ELSE '1' END"
    ),
    two_states_swapped=_swap("{state}", "{state2}", length=2),
    two_states_swapped_without_counties=_swap("{state}000", "{state2}000"),
    two_counties_swapped=_swap("{county}", "{county2}"),
    areas_permuted_within_states="""
        SELECT c.* REPLACE (coalesce(p.other, c.area_fips) AS area_fips) FROM clean AS c LEFT JOIN (
            SELECT area_fips, lead(area_fips, 1, first_area) OVER (PARTITION BY state ORDER BY area_fips) AS other
            FROM (SELECT DISTINCT area_fips, left(area_fips, 2) AS state,
                min(area_fips) OVER (PARTITION BY left(area_fips, 2)) AS first_area
                FROM clean WHERE agglvl_code BETWEEN 70 AND 78)
        ) AS p USING (area_fips)""",
    industries_permuted="""
        SELECT c.* REPLACE (coalesce(p.other, c.industry_code) AS industry_code) FROM clean AS c LEFT JOIN (
            SELECT industry_code, lead(industry_code) OVER (ORDER BY industry_code) AS other
            FROM (SELECT DISTINCT industry_code FROM clean WHERE agglvl_code % 10 = 8)
        ) AS p USING (industry_code)""",
    aggregation_levels_off_by_one=changed("agglvl_code % 10 BETWEEN 4 AND 7", agglvl_code="agglvl_code + 1"),
    naics_of_another_edition=_RECODED,
    industry_merged_into_its_sibling=_merged(),
    county_filed_under_another_code=changed(COUNTY, area_fips="left(area_fips, 2) || '999'"),
)

STALE = _of(
    "stg_qcew",
    year_before_relabelled=_stale("true"),
    state_of_the_year_before=_stale(STATE),
    sector_of_the_year_before=_stale(SECTOR),
    county_of_the_year_before=_stale(COUNTY),
)

ROWS = _of(
    "stg_qcew",
    rows_doubled="FROM clean UNION ALL FROM clean",
    state_doubled=f"FROM clean UNION ALL FROM clean WHERE {STATE}",
    dropped_1_percent=without(chance(0.01, *KEY)),
    dropped_10_percent=without(chance(0.10, *KEY)),
    sector_dropped=without(SECTOR),
    industry_dropped=without("industry_code = '{industry}'"),
    six_digits_dropped=without(SIX),
    county_dropped=without(COUNTY),
    state_dropped=without(STATE),
    counties_dropped=without("agglvl_code BETWEEN 70 AND 78"),
    metros_dropped=without("agglvl_code BETWEEN 40 AND 48"),
    unallocated_dropped=without("right(area_fips, 3) = '999'"),
    last_third_cut_off="FROM clean ORDER BY area_fips LIMIT 67 PERCENT",
)

_ZEROS = {"annual_avg_emplvl": "0", "total_annual_wages": "0", "avg_annual_pay": "0", "disclosure_code": "NULL"}
SUPPRESSION = _of(
    "stg_qcew",
    withheld_as_zero=changed("disclosure_code = 'N'", **_ZEROS),
    withheld_as_zero_in_a_state=changed(f"disclosure_code = 'N' AND {STATE}", **_ZEROS),
    withheld_as_zero_but_coded=changed("disclosure_code = 'N'", annual_avg_emplvl="0", total_annual_wages="0"),
    disclosure_code_wiped=changed(disclosure_code="NULL"),
    zeros_withheld=changed(
        "annual_avg_emplvl = 0", annual_avg_emplvl="NULL", total_annual_wages="NULL", disclosure_code="'N'"
    ),
    state_withheld=changed(
        STATE, annual_avg_emplvl="NULL", total_annual_wages="NULL", avg_annual_pay="NULL", disclosure_code="'N'"
    ),
)

_CELL = f"{COUNTY} AND industry_code = '{{cell_industry}}' AND own_code = '5'"
SMALL = [
    Mutation("small_cell_x10", "stg_qcew", changed(_CELL, **_scaled("10", "annual_avg_emplvl")), small=True),
    Mutation("small_cell_x10_consistently", "stg_qcew", changed(_CELL, **_scaled("10")), small=True),
    Mutation("small_cell_dropped", "stg_qcew", without(_CELL), small=True),
    Mutation(
        "small_cell_withheld",
        "stg_qcew",
        changed(_CELL, annual_avg_emplvl="NULL", total_annual_wages="NULL", avg_annual_pay="NULL",
                disclosure_code="'N'"),
        small=True,
    ),
    Mutation("small_state_cell_plus_5_percent", "stg_qcew",
             changed(f"{STATE_ROWS} AND industry_code = '{{industry}}'", **_scaled("1.05")), small=True),
]  # fmt: skip

QCEW = [*VALUES, *DRIFTS, *KEYS, *STALE, *ROWS, *SUPPRESSION, *SMALL]
