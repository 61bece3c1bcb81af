"""What a row of QCEW must satisfy by itself, or beside the totals of its own year.

Belongs here: identities between a row's columns, the publisher's own quotients, code lists. Does not: sums (see
`reconciliation`), other years (see `years`).
"""

from __future__ import annotations

from orchestration.quality.checks import SqlCheck

UNKNOWN_INDUSTRIES = 0.05
"""Share of a year's industry codes without a title. The list of titles is re-issued after a new NAICS edition and
lags a year with some dozen codes of 2,000; more than that is another classification."""

DISAGREEING_QUOTIENTS = 0.005
"""Share of published quotients that need not recompute: where the nation's cell is a few jobs, rounding decides."""

DISAGREEING_PAY = 0.001
"""Share of a state's rows whose pay need not be wages over jobs. In the publisher's files there is none."""

WITHHELD = "N"
"""The publisher's one mark for a withheld figure; beside a disclosed one it prints none."""

JOBLESS = 0.02
"""Share of a year's published cells with establishments and without jobs; in the publisher's files half a percent."""


def cell_checks() -> list[SqlCheck]:
    """Checks of the tidy QCEW table, by the name of its staging model."""
    return [
        SqlCheck(
            "areas_are_known",
            "stg_qcew",
            "error",
            "SELECT area_fips, year, count(*) AS rows FROM stg_qcew "
            "WHERE area_fips NOT IN (SELECT area_fips FROM stg_qcew_areas) "
            "AND area_fips NOT BETWEEN '09110' AND '09190' GROUP BY ALL ORDER BY ALL",
            "every area code is in the publisher's list of areas",
        ),
        _industries("industries_are_known", "error", UNKNOWN_INDUSTRIES),
        _industries("industries_are_titled", "warning", 0),
        SqlCheck(
            "disclosure_marks_are_known",
            "stg_qcew",
            "error",
            "SELECT year, area_fips, own_code, industry_code, disclosure_code AS mark FROM stg_qcew "
            f"WHERE disclosure_code <> '{WITHHELD}' ORDER BY ALL LIMIT 100",
            f"a mark beside a figure is {WITHHELD}, which withholds it, or there is none; nobody knows what "
            "another mark means, so its figure counts as withheld and nothing is published",
        ),
        SqlCheck(
            "withheld_cells_are_empty",
            "stg_qcew",
            "error",
            "SELECT year, area_fips, own_code, industry_code, disclosure_code, annual_avg_emplvl, total_annual_wages "
            "FROM stg_qcew WHERE (disclosure_code IS NULL) = (annual_avg_emplvl IS NULL) "
            "OR (annual_avg_emplvl IS NULL) <> (total_annual_wages IS NULL) LIMIT 100",
            "jobs and wages are absent where a disclosure mark withholds them, and nowhere else",
        ),
        _pay("pay_is_wages_per_job", "error", DISAGREEING_PAY),
        _pay("pay_is_wages_per_job_in_every_cell", "warning", 0),
        SqlCheck(
            "jobless_cells_are_rare",
            "stg_qcew",
            "error",
            "SELECT year, agglvl_code // 10 AS kind, "
            "count(*) FILTER (WHERE annual_avg_emplvl = 0 AND annual_avg_estabs > 0) AS jobless, "
            "count(*) FILTER (WHERE annual_avg_emplvl > 0 AND total_annual_wages = 0) AS unpaid, "
            "count(*) FILTER (WHERE annual_avg_emplvl > 1 AND annual_avg_estabs = 0) AS unhoused, count(*) AS cells "
            "FROM stg_qcew WHERE annual_avg_emplvl IS NOT NULL GROUP BY ALL "
            f"HAVING greatest(jobless, unpaid, unhoused) > {JOBLESS} * cells ORDER BY ALL",
            f"at most {JOBLESS:.0%} of published cells have establishments without jobs, or jobs without either",
        ),
        SqlCheck(
            "totals_are_plausible",
            "stg_qcew",
            "error",
            "SELECT year, area_fips, annual_avg_estabs, annual_avg_emplvl, total_annual_wages FROM stg_qcew "
            "WHERE agglvl_code IN (10, 50) AND (annual_avg_emplvl IS NULL "
            "OR annual_avg_emplvl / annual_avg_estabs NOT BETWEEN 2 AND 200 "
            "OR total_annual_wages / annual_avg_emplvl NOT BETWEEN 5000 AND 500000) ORDER BY ALL",
            "a state's jobs are published, 2 to 200 an establishment, and pay 5,000 to 500,000 a year, on average",
        ),
        SqlCheck(
            "published_quotients_recompute",
            "stg_qcew",
            "error",
            _QUOTIENTS,
            f"at least {1 - DISAGREEING_QUOTIENTS:.1%} of a year's published quotients equal ours within rounding",
        ),
    ]


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


def _pay(name: str, severity: str, share: float) -> SqlCheck:
    """Jobs and pay are rounded: pay lies between wages over half a job more and over half a job less."""
    return SqlCheck(
        name=name,
        table="stg_qcew",
        severity=severity,  # type: ignore[arg-type]
        sql=f"""
            SELECT year, left(area_fips, 2) AS state, min(area_fips) FILTER (WHERE differs) AS first_area,
                count(*) FILTER (WHERE differs) AS different, count(*) AS cells
            FROM (
                SELECT year, area_fips,
                    coalesce(avg_annual_pay > total_annual_wages / (annual_avg_emplvl - 0.5) + 1
                        OR avg_annual_pay < total_annual_wages / (annual_avg_emplvl + 0.5) - 1, true) AS differs
                FROM stg_qcew WHERE annual_avg_emplvl > 0
            )
            GROUP BY ALL HAVING different > {share} * cells ORDER BY ALL
        """,
        expected=f"in all but {share:.1%} of a state's cells, pay is wages over jobs within rounding",
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
