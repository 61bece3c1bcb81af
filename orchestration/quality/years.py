"""What ties a year of QCEW to the one before it: the publisher's own changes, and what moves slowly.

Belongs here: checks that need two consecutive years. Does not: arithmetic within a year (see `reconciliation`,
`cells`), comparison with the previous release (see `history`).

A file of the wrong year, two areas exchanged or everything scaled alike is consistent in itself: only another year
shows it. The publisher prints the change of each cell from the year before, and re-issues both years together, so the
two agree to the job; where it prints none (quarterly layouts), totals must move within wide limits.
"""

from __future__ import annotations

from orchestration.naics import qcew_edition
from orchestration.quality.checks import SqlCheck
from orchestration.quality.reconciliation import MEASURES

DISAGREEING_CHANGES = 0.02
"""Share of a state's cells, or of an industry's, whose change may lead elsewhere. In the publisher's files there is
none; it adjusts changes for counties that it files anew, a few cells a year."""

DISAGREEING_AREA = 0.25
"""The same for a single area or ownership, which a change of code or of filing touches as a whole."""

SAME_WAGES = 0.05
"""Share of large cells (a million in wages) that may pay to the dollar what they paid the year before."""

LARGEST_MOVE = {"total": 1.35, "ownership": 1.75, "sector": 3.0, "area": 4.0}
"""Factor between two years of a state's total, of an ownership and a private sector in a state, and of a county or
metropolitan area. In 2020 the hardest-hit state lost 13 %, its accommodation 40 %."""

TOO_LARGE_FOR_ONE_EMPLOYER = 10_000
"""Jobs below which only a state's total is held to those factors: one plant that closes moves anything smaller."""

LARGEST_PAY_MOVE = 1.25
"""Factor between two years of a state's average pay."""


def year_checks() -> list[SqlCheck]:
    """Checks of the tidy QCEW table, by the name of its staging model."""
    return [
        SqlCheck(
            "changes_lead_to_the_year_before",
            "stg_qcew",
            "error",
            _CHANGES,
            "a cell less its published change over the year is the cell of the year before",
        ),
        SqlCheck(
            "changes_leave_something",
            "stg_qcew",
            "error",
            _NEGATIVE,
            "no cell shrank by more than it had, so far as the published change says",
        ),
        SqlCheck(
            "year_is_not_the_one_before",
            "stg_qcew",
            "error",
            _COPIED,
            f"at most {SAME_WAGES:.0%} of an area's large cells pay the same wages to the dollar as the year before",
        ),
        SqlCheck(
            "totals_move_slowly",
            "stg_qcew",
            "error",
            _MOVES,
            "totals of states, sectors and areas stay within the factors " + ", ".join(map(str, LARGEST_MOVE.values())),
        ),
        SqlCheck(
            "industries_stay_within_an_edition",
            "stg_qcew",
            "error",
            _EDITION,
            "two years in one edition of NAICS have the same private industries",
        ),
        SqlCheck(
            "kinds_of_areas_come_together",
            "stg_qcew",
            "error",
            _KINDS,
            "a year with counties has metropolitan and micropolitan areas, and jobs placed in no county",
        ),
    ]


_KEY = "area_fips, own_code, industry_code, agglvl_code, size_code"
_DIFFERS = " OR ".join(
    f"abs(now.{m} - now.oty_{m}_chg - before.{m}) > 1 + 0.001 * before.{m}" for m in MEASURES
)  # fmt: skip

_CHANGES = f"""
    WITH compared AS (
        SELECT now.year, left(area_fips, 2) AS state, area_fips, own_code, industry_code,
            coalesce({_DIFFERS}, false) AS differs
        FROM stg_qcew AS now
        JOIN (SELECT year + 1 AS year, {_KEY}, {", ".join(MEASURES)} FROM stg_qcew) AS before
            USING (year, {_KEY})
        WHERE now.oty_annual_avg_emplvl_chg IS NOT NULL AND now.annual_avg_emplvl IS NOT NULL
            AND before.annual_avg_emplvl IS NOT NULL
    )
    SELECT year, state, area_fips, own_code, industry_code, count(*) FILTER (WHERE differs) AS different,
        count(*) AS cells
    FROM compared
    GROUP BY GROUPING SETS ((year, state), (year, industry_code), (year, area_fips), (year, own_code))
    HAVING (grouping(state) = 0 OR grouping(industry_code) = 0 AND cells >= 3)
            AND different > {DISAGREEING_CHANGES} * cells
        OR (grouping(area_fips) = 0 OR grouping(own_code) = 0) AND cells >= 10
            AND different > {DISAGREEING_AREA} * cells
    ORDER BY ALL
"""

_NEGATIVE = f"""
    SELECT year, left(area_fips, 2) AS state, count(*) FILTER (WHERE impossible) AS impossible, count(*) AS cells
    FROM (
        SELECT year, area_fips,
            coalesce({" OR ".join(f"{m} - oty_{m}_chg < -1" for m in MEASURES)}, false) AS impossible
        FROM stg_qcew WHERE oty_annual_avg_emplvl_chg IS NOT NULL AND annual_avg_emplvl IS NOT NULL
    )
    GROUP BY ALL HAVING impossible > 0.001 * cells ORDER BY ALL
"""

_COPIED = f"""
    SELECT now.year, area_fips, count(*) FILTER (WHERE now.total_annual_wages = before.total_annual_wages) AS same,
        count(*) AS large_cells
    FROM stg_qcew AS now
    JOIN (
        SELECT year + 1 AS year, {_KEY}, total_annual_wages FROM stg_qcew
        WHERE agglvl_code % 10 <= 4 AND agglvl_code < 80 AND total_annual_wages >= 1000000
    ) AS before USING (year, {_KEY})
    WHERE agglvl_code % 10 <= 4 AND agglvl_code < 80 AND now.total_annual_wages >= 1000000
    GROUP BY ALL HAVING large_cells >= 5 AND same > greatest(1, {SAME_WAGES} * large_cells) ORDER BY ALL
"""

_MOVES = f"""
    WITH totals AS (
        SELECT year, {_KEY}, {", ".join(MEASURES)},
            CASE WHEN agglvl_code IN (10, 50) THEN {LARGEST_MOVE["total"]}
                WHEN agglvl_code IN (11, 51) THEN {LARGEST_MOVE["ownership"]}
                WHEN agglvl_code IN (14, 54) THEN {LARGEST_MOVE["sector"]}
                ELSE {LARGEST_MOVE["area"]} END AS most
        FROM stg_qcew
        WHERE agglvl_code IN (10, 50, 11, 51, 14, 54, 40, 70, 80) AND size_code = '0' AND right(area_fips, 3) < '995'
            AND industry_code <> '99'  -- the unclassified, of whom there are many or few as a state gets round to them
            AND annual_avg_emplvl > 0 AND annual_avg_estabs > 0 AND total_annual_wages > 0
    ),
    moves AS (
        SELECT now.year, area_fips, own_code, industry_code, agglvl_code, most,
            before.annual_avg_emplvl AS jobs_before, now.annual_avg_emplvl AS jobs,
            {", ".join(f"now.{m} / before.{m} AS ratio_{m}" for m in MEASURES)}
        FROM totals AS now
        JOIN (SELECT * REPLACE (year + 1 AS year) FROM totals) AS before USING (year, most, {_KEY})
        WHERE agglvl_code IN (10, 50)
            OR greatest(now.annual_avg_emplvl, before.annual_avg_emplvl) >= {TOO_LARGE_FOR_ONE_EMPLOYER}
            AND (agglvl_code NOT IN (14, 54) OR own_code = '5')
    )
    SELECT * FROM moves
    WHERE {" OR ".join(f"greatest(ratio_{m}, 1 / ratio_{m}) > most" for m in MEASURES)}
        OR (agglvl_code IN (10, 50) AND greatest(ratio_total_annual_wages / ratio_annual_avg_emplvl,
            ratio_annual_avg_emplvl / ratio_total_annual_wages) > {LARGEST_PAY_MOVE})
    ORDER BY ALL
"""

_EDITION = f"""
    WITH codes AS (
        SELECT year, {qcew_edition("year")} AS edition, industry_code, sum(annual_avg_estabs) AS establishments
        FROM stg_qcew WHERE agglvl_code BETWEEN 54 AND 58 AND own_code = '5' GROUP BY ALL
    ),
    pairs AS (
        SELECT DISTINCT now.year, before.year AS earlier_year FROM codes AS now
        JOIN codes AS before ON before.year = now.year - 1 AND before.edition = now.edition
    )
    SELECT pairs.year, 'lost' AS what, industry_code, establishments
    FROM pairs JOIN codes ON codes.year = earlier_year
    WHERE establishments >= 20 AND (pairs.year, industry_code) NOT IN (SELECT (year, industry_code) FROM codes)
    UNION ALL
    SELECT pairs.year, 'new', industry_code, establishments
    FROM pairs JOIN codes ON codes.year = pairs.year
    WHERE establishments >= 20 AND (earlier_year, industry_code) NOT IN (SELECT (year, industry_code) FROM codes)
    ORDER BY ALL
"""

_KINDS = """
    SELECT year, count(*) FILTER (WHERE agglvl_code = 70) AS counties,
        count(*) FILTER (WHERE agglvl_code = 40) AS metropolitan,
        count(*) FILTER (WHERE agglvl_code = 80) AS micropolitan,
        count(*) FILTER (WHERE agglvl_code = 70 AND right(area_fips, 3) >= '995') AS unallocated
    FROM stg_qcew GROUP BY year HAVING greatest(counties, metropolitan, micropolitan) > 0
        AND least(counties, metropolitan, micropolitan, unallocated) = 0 ORDER BY year
"""
