"""What QCEW must satisfy as a system of sums: over ownerships, over industries, over areas.

Belongs here: parts against the total that the publisher prints beside them. Does not: what a single row must satisfy
(see `cells`), what ties a year to another (see `years`), tables beside QCEW (see `reference`).

Published annual averages are rounded, so a sum of n of them may miss its total by half a job for each. Beyond that
BLS's own tables agree to far less than a hundredth of a percent, while a lost state, a shifted digit or swapped
columns do not; `SLACK` lies between. Establishments are never withheld, so their sums hold even where jobs and wages
are secret: they are what finds a lost or moved row below a withheld total.
"""

from __future__ import annotations

from orchestration.naics import sector
from orchestration.quality.checks import SqlCheck

SLACK = 1e-3
"""Share of a total by which its published parts may miss it, on top of rounding."""

COUNTY_SLACK = 5e-3
"""Wider for counties: in the year in which one is renamed or split, its jobs can miss from either code."""

DETAIL_SLACK = 0.02
"""Wider for industries: a re-issued earlier year may lack cells that have closed since."""

DISAGREEING_GROUPS = 0.05
"""Share of an area's or a state's groups of parts that may miss their total: single cells are the publisher's to
correct, a column, a level or a code gone wrong touches nearly all."""

TERRITORIES = "('72', '78')"

ESTABLISHMENTS = "annual_avg_estabs"
MEASURES = (ESTABLISHMENTS, "annual_avg_emplvl", "total_annual_wages")

SECTOR = sector("industry_code")


def sums_checks() -> list[SqlCheck]:
    """Checks of the tidy QCEW table, by the name of its staging model."""
    return [
        _parts_add_up(
            "ownerships_make_the_total",
            ("area_fips", "year"),
            "agglvl_code % 10 = 0 AND own_code = '0' AND agglvl_code < 80",
            "agglvl_code % 10 = 1 AND own_code IN ('1', '2', '3', '5') AND agglvl_code < 80",
            "federal, state, local and private figures of an area add up to its total",
        ),
        _parts_add_up(
            "sectors_make_the_total",
            ("area_fips", "own_code", "year"),
            "agglvl_code % 10 = 1 AND own_code = '5' AND agglvl_code < 80",
            "agglvl_code % 10 = 4 AND own_code = '5' AND agglvl_code < 80",
            "an area's private sectors add up to its private total",
        ),
        _parts_add_up(
            "states_make_the_nation",
            ("own_code", "industry_code", "year"),
            "agglvl_code BETWEEN 10 AND 14 AND agglvl_code NOT IN (12, 13)",
            "agglvl_code BETWEEN 50 AND 54 AND agglvl_code NOT IN (52, 53) "
            f"AND left(area_fips, 2) NOT IN {TERRITORIES}",
            "the states add up to the nation, sector by sector",
        ),
        _parts_add_up(
            "counties_make_the_state",
            ("left(area_fips, 2) AS state", "own_code", "year"),
            "agglvl_code = 50",
            "agglvl_code = 70",
            "the counties of a state add up to it",
            slack=COUNTY_SLACK,
        ),
        _industries_make_sectors(),
        _counties_make_state_industries(),
    ]


def misses(slack: float, total: str = "{}", parts: str = "sum_{}") -> str:
    """SQL: published parts exceed their total in some measure, or are all published and fall short of it.

    Reads `parts`, their number, and `known`, how many of them print jobs (and so wages, see `cells`).
    """
    cases = []
    for measure in MEASURES:
        whole, part = total.format(measure), f"coalesce({parts.format(measure)}, 0)"
        known = "parts" if measure == ESTABLISHMENTS else "known"
        allowed = f"{slack} * {whole} + 0.5 * (1 + {known})"
        cases.append(f"{part} - {whole} > {allowed} OR ({known} = parts AND {whole} - {part} > {allowed})")
    return " OR ".join(cases)


_SUMS = "count(*) AS parts, count(annual_avg_emplvl) AS known, " + ", ".join(f"sum({m}) AS sum_{m}" for m in MEASURES)


def _parts_add_up(
    name: str, key: tuple[str, ...], whole: str, parts: str, expected: str, slack: float = SLACK
) -> SqlCheck:
    """Offending: a total whose parts are all published and miss it, or with a part withheld exceed it."""
    names = ", ".join(part.split(" AS ")[-1] for part in key)
    sql = f"""
        WITH whole AS (
            SELECT {", ".join(key)}, {", ".join(MEASURES)} FROM stg_qcew WHERE size_code = '0' AND {whole}
        ),
        parts AS (
            SELECT {", ".join(key)}, {_SUMS} FROM stg_qcew WHERE size_code = '0' AND {parts} GROUP BY ALL
        )
        SELECT * FROM whole JOIN parts USING ({names})
        WHERE {misses(slack)}
        ORDER BY ALL
    """
    return SqlCheck(name=name, table="stg_qcew", severity="error", sql=sql, expected=expected)


def _industries_make_sectors() -> SqlCheck:
    """Each level of detail against its sector, not against its parent: one aggregate over all rows, no large join."""
    sql = f"""
        WITH levels AS (
            SELECT year, area_fips, own_code, {SECTOR} AS sector, agglvl_code, {_SUMS}
            FROM stg_qcew
            WHERE size_code = '0' AND agglvl_code BETWEEN 14 AND 78 AND agglvl_code % 10 >= 4
            GROUP BY ALL
        ),
        detail AS (
            SELECT year, area_fips, own_code, sector, agglvl_code // 10 AS kind,
                count(*) < 4 OR bool_or(sector_{ESTABLISHMENTS} IS NULL OR coalesce(
                    {misses(DETAIL_SLACK, "sector_{}")}, false)) AS misses
            FROM levels
            LEFT JOIN (
                SELECT year, area_fips, own_code, sector, agglvl_code // 10 AS kind,
                    {", ".join(f"sum_{m} AS sector_{m}" for m in MEASURES)}
                FROM levels WHERE agglvl_code % 10 = 4
            ) AS whole USING (year, area_fips, own_code, sector)
            WHERE agglvl_code % 10 > 4
            GROUP BY ALL
        )
        SELECT year, kind, CASE WHEN kind >= 5 THEN left(area_fips, 2) END AS state,
            count(*) FILTER (WHERE misses) AS groups_that_miss, count(*) AS groups
        FROM detail
        GROUP BY ALL
        HAVING groups_that_miss > greatest(1, {DISAGREEING_GROUPS} * groups)
        ORDER BY ALL
    """
    return SqlCheck(
        "industries_make_their_sectors",
        "stg_qcew",
        "error",
        sql,
        f"in {1 - DISAGREEING_GROUPS:.0%} of a state's sectors, each level of industry detail adds up to the sector",
    )


def _counties_make_state_industries() -> SqlCheck:
    """A state's industries are those of its counties, and the nation's those of the states."""
    wrong = misses(DETAIL_SLACK)
    nation = "SELECT any_value(area_fips) FROM stg_qcew WHERE agglvl_code = 10"
    sql = f"""
        WITH parts AS (
            SELECT year, left(area_fips, 2) || '000' AS area_fips, own_code, industry_code,
                (agglvl_code - 20)::SMALLINT AS agglvl_code, {_SUMS}
            FROM stg_qcew WHERE size_code = '0' AND agglvl_code BETWEEN 70 AND 78 GROUP BY ALL
            UNION ALL
            SELECT year, ({nation}), own_code, industry_code, (agglvl_code - 40)::SMALLINT, {_SUMS}
            FROM stg_qcew
            WHERE size_code = '0' AND agglvl_code BETWEEN 50 AND 58 AND left(area_fips, 2) NOT IN {TERRITORIES}
            GROUP BY ALL
        )
        SELECT whole.year, whole.area_fips, count(*) FILTER (WHERE parts IS NULL OR {wrong}) AS industries_that_miss,
            count(*) AS industries
        FROM stg_qcew AS whole
        LEFT JOIN parts USING (year, area_fips, own_code, industry_code, agglvl_code)
        WHERE size_code = '0' AND (agglvl_code BETWEEN 10 AND 18 OR (agglvl_code BETWEEN 50 AND 58 AND year IN (
            SELECT DISTINCT year FROM stg_qcew WHERE agglvl_code = 70)))
        GROUP BY ALL
        HAVING industries_that_miss > greatest(1, {DISAGREEING_GROUPS} * industries)
        ORDER BY ALL
    """
    return SqlCheck(
        "counties_make_the_state_industry_by_industry",
        "stg_qcew",
        "error",
        sql,
        f"{1 - DISAGREEING_GROUPS:.0%} of a state's industries are the sums of its counties', and the nation's of the "
        "states'",
    )
