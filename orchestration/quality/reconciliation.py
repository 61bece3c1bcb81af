"""What QCEW must satisfy beyond its contract: the publisher's own arithmetic, its own quotients, its own code lists.

Belongs here: checks that know QCEW. Does not: how a check is run, contracts, history.

Published annual averages are rounded, so a sum of n of them may miss its total by half a job for each. Beyond that
BLS's own tables agree to far less than a hundredth of a percent, while a lost state, a shifted digit or swapped
columns do not; `SLACK` lies between.
"""

from __future__ import annotations

from orchestration.quality.checks import SqlCheck

SLACK = 1e-3
"""Share of a total by which its published parts may miss it, on top of rounding."""

COUNTY_SLACK = 5e-3
"""Wider for counties: in the year in which one is renamed or split, its jobs can miss from either code."""

UNKNOWN_INDUSTRIES = 0.05
"""Share of a year's industry codes without a title. The list of titles is re-issued after a new NAICS edition and
lags a year with some dozen codes of 2,000; more than that is another classification."""

DISAGREEING_QUOTIENTS = 0.005
"""Share of published quotients that need not recompute: where the nation's cell is a few jobs, rounding decides."""

TERRITORIES = "('72', '78')"


def qcew_checks() -> list[SqlCheck]:
    """Checks of the tidy QCEW table, by the name of its staging model."""
    return [
        _parts_add_up(
            "ownerships_make_the_total",
            ("area_fips", "year"),
            "agglvl_code % 10 = 0 AND own_code = '0' AND agglvl_code < 80",
            "agglvl_code % 10 = 1 AND own_code IN ('1', '2', '3', '5') AND agglvl_code < 80",
            "federal, state, local and private jobs of an area add up to its total",
        ),
        _parts_add_up(
            "sectors_make_the_total",
            ("area_fips", "own_code", "year"),
            "agglvl_code % 10 = 1 AND own_code = '5' AND agglvl_code < 80",
            "agglvl_code % 10 = 4 AND own_code = '5' AND agglvl_code < 80",
            "an area's private sectors add up to its private jobs",
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
        SqlCheck(
            name="areas_are_known",
            table="stg_qcew",
            severity="error",
            sql="SELECT area_fips, year, count(*) AS rows FROM stg_qcew "
            "WHERE area_fips NOT IN (SELECT area_fips FROM stg_qcew_areas) "
            "AND area_fips NOT BETWEEN '09110' AND '09190' GROUP BY ALL ORDER BY ALL",
            expected="every area code is in the publisher's list of areas",
        ),
        _industries("industries_are_known", "error", UNKNOWN_INDUSTRIES),
        _industries("industries_are_titled", "warning", 0),
        SqlCheck(
            name="published_quotients_recompute",
            table="stg_qcew",
            severity="error",
            sql=_QUOTIENTS,
            expected=(
                f"at least {1 - DISAGREEING_QUOTIENTS:.1%} of a year's published quotients equal ours within rounding"
            ),
        ),
    ]


def _parts_add_up(
    name: str, key: tuple[str, ...], whole: str, parts: str, expected: str, slack: float = SLACK
) -> SqlCheck:
    """Offending: a total whose parts are all published and miss it, or with a part withheld exceed it."""
    names = ", ".join(part.split(" AS ")[-1] for part in key)
    sql = f"""
        WITH whole AS (
            SELECT {", ".join(key)}, annual_avg_emplvl AS total FROM stg_qcew
            WHERE size_code = '0' AND annual_avg_emplvl IS NOT NULL AND {whole}
        ),
        parts AS (
            SELECT {", ".join(key)}, sum(annual_avg_emplvl) AS sum_of_parts, count(*) AS parts,
                count(annual_avg_emplvl) AS published
            FROM stg_qcew WHERE size_code = '0' AND {parts} GROUP BY ALL
        )
        SELECT whole.*, parts.sum_of_parts, parts.parts, parts.published
        FROM whole JOIN parts USING ({names})
        WHERE sum_of_parts - total > {slack} * total + 0.5 * (1 + published)
            OR (parts = published AND total - sum_of_parts > {slack} * total + 0.5 * (1 + published))
        ORDER BY ALL
    """
    return SqlCheck(name=name, table="stg_qcew", severity="error", sql=sql, expected=expected)


def _industries(name: str, severity: str, share: float) -> SqlCheck:
    return SqlCheck(
        name=name,
        table="stg_qcew",
        severity=severity,  # type: ignore[arg-type]
        sql=f"""
            WITH codes AS (
                SELECT DISTINCT year, industry_code FROM stg_qcew WHERE industry_code NOT LIKE '%-%'
            ),
            untitled AS (
                SELECT year, industry_code FROM codes
                WHERE industry_code NOT IN (SELECT industry_code FROM stg_qcew_industries)
            )
            SELECT year, count(*) AS untitled, min(industry_code) AS first_code, max(industry_code) AS last_code
            FROM untitled GROUP BY year
            HAVING count(*) > {share} * (SELECT count(*) FROM codes WHERE codes.year = untitled.year)
            ORDER BY year
        """,
        expected=f"at most {share:.0%} of a year's industry codes are missing from the publisher's list of industries",
    )


# One join at a time, materialised: joined together, regions and industries meet on the year alone, millions of pairs.
_QUOTIENTS = f"""
    WITH totals AS (
        SELECT year, area_fips, annual_avg_emplvl AS jobs FROM stg_qcew
        WHERE agglvl_code IN (10, 50, 70) AND own_code = '0'
    ),
    cells AS MATERIALIZED (
        SELECT c.year, c.own_code, c.industry_code, c.annual_avg_emplvl AS jobs, c.lq_annual_avg_emplvl AS lq,
            c.annual_avg_emplvl / t.jobs AS share
        FROM stg_qcew AS c
        JOIN totals AS t ON c.year = t.year AND c.area_fips = t.area_fips
        WHERE c.size_code = '0' AND c.lq_annual_avg_emplvl > 0 AND c.agglvl_code BETWEEN 50 AND 78
            AND c.annual_avg_emplvl > 0 AND t.jobs > 0
    ),
    nation AS MATERIALIZED (
        SELECT n.year, n.own_code, n.industry_code, n.annual_avg_emplvl AS jobs, n.annual_avg_emplvl / t.jobs AS share
        FROM stg_qcew AS n
        JOIN totals AS t ON n.year = t.year AND n.area_fips = t.area_fips
        WHERE n.agglvl_code BETWEEN 10 AND 18 AND n.annual_avg_emplvl > 0
    ),
    compared AS (
        SELECT c.year, abs(c.share / n.share - c.lq) > 0.0051 + c.lq * (0.5 / c.jobs + 0.5 / n.jobs) AS differs
        FROM cells AS c
        JOIN nation AS n ON c.year = n.year AND c.own_code = n.own_code AND c.industry_code = n.industry_code
    )
    SELECT year, count(*) FILTER (WHERE differs) AS different, count(*) AS quotients
    FROM compared GROUP BY year
    HAVING count(*) FILTER (WHERE differs) > {DISAGREEING_QUOTIENTS} * count(*)
    ORDER BY year
"""
