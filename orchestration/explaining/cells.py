"""The hops of a figure of `employment` and `industry_specialisation`: one industry in one region, year and ownership.

Belongs here: what such a figure is made of. Does not: clusters (`clusters`), the publisher's rows (`publisher`).
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from orchestration.explaining import patterns
from orchestration.explaining.publisher import Cells, Publisher, hold_against, show_file, total_cell
from orchestration.explaining.quotients import all_jobs, quality, role
from orchestration.explaining.report import Report, equal, span, text
from orchestration.explaining.sizes import minus, rows_of

if TYPE_CHECKING:
    import duckdb

CELL = """
    SELECT e.*, i.code, i.title, i.parent_industry_id
    FROM employment AS e JOIN dim_industry AS i USING (industry_id)
    WHERE e.region_id = ? AND e.industry_id = ? AND e.ownership = ? AND e.year = ?
"""
QUOTIENTS = ("lq", "lq_lower", "lq_upper", "lq_if_withheld", "lq_estimate", "specialised")
HOW = (
    "The estimate is plants times the industry's mean size, or times one nearer to what County Business Patterns "
    "prints of the place, fitted to all totals of the year within the bounds; the interval comes from errors that were "
    "measured on hidden cells. Neither is made again here"
)
HOW_PAID = (
    "The estimate is the jobs, as estimated, times the industry's mean pay, fitted to all wages of the year that are "
    "printed, over the jobs; the interval comes from errors that were measured on hidden cells, and both keep to what "
    "printed wages leave. Neither is made again here"
)
REST = """
    SELECT count(*) AS parts, count(*) FILTER (WHERE e.employment IS NULL) AS open,
        coalesce(sum(e.employment_lower), 0) AS lower,
        CASE WHEN count(*) = count(e.employment_upper) THEN coalesce(sum(e.employment_upper), 0) END AS upper
    FROM employment AS e
"""
AROUND = "SELECT parent_region_id FROM dim_region WHERE region_id = ? AND region_type IN ('county', 'state')"
SET_ASIDE = "SELECT hierarchy FROM bound_evidence WHERE region_id = ? AND year = ? AND set_aside"
BESIDE_INDUSTRY = """
    JOIN dim_industry AS i USING (industry_id)
    WHERE e.ownership = $ownership AND e.year = $year AND e.region_id = $region AND i.parent_industry_id = $parent
        AND e.industry_id <> $industry AND i.level NOT IN ('domain', 'supersector')
"""
BESIDE_REGION = """
    JOIN dim_region AS r USING (region_id)
    WHERE e.ownership = $ownership AND e.year = $year AND e.industry_id = $industry AND r.parent_region_id = $parent
        AND e.region_id <> $region AND r.region_type IN (split_part($region, ':', 1), 'unallocated')
"""


def cell(
    con: duckdb.DuckDBPyConnection, region_id: str, industry_id: str, ownership: str, year: int
) -> dict[str, Any] | None:
    """A row of `employment` with its industry's code, level and title; None where there is none."""
    found = rows_of(con, CELL, [region_id, industry_id, ownership, year])
    return found[0] if found else None


def explain(report: Report, of: Publisher, row: dict[str, Any], column: str) -> None:
    """All hops of one figure of a row of `employment` (see `cell`)."""
    nation = row["reference_region_id"]
    if column in QUOTIENTS and nation:
        _quotient(report, of.con, row, column)
    _jobs(report, of.con, row, column)
    if row["employment"] is None and row["ownership"] == "private":
        patterns.show(report, of, row)
    key = row["region_id"], row["year"], row["ownership"]
    beside = []
    if column in QUOTIENTS and nation:
        theirs = cell(of.con, nation, row["industry_id"], row["ownership"], row["year"])
        beside = [Cells(nation, *key[1:], [theirs] if theirs else [])]
        beside += [total_cell(of.con, region, row["year"]) for region in (row["region_id"], nation)]
    hold_against(report, of, row["source_id"], Cells(*key, [row]), beside)
    show_file(report, of, row["source_id"], row["region_id"])


def _quotient(report: Report, con: duckdb.DuckDBPyConnection, row: dict[str, Any], column: str) -> None:
    """A quotient from the region's cell and total beside the nation's."""
    nation = row["reference_region_id"]
    theirs = cell(con, nation, row["industry_id"], row["ownership"], row["year"]) or {}
    here, there = (all_jobs(con, each, row["year"]) for each in (row["region_id"], nation))
    report.step("What it is made of")
    report.say("jobs, each in this release; where two numbers stand, the figure is withheld and lies between")
    parts = (
        ("e_ri", "the industry in the region", span(row["employment_lower"], row["employment_upper"])),
        ("E_r", "all industries and ownerships in the region", text(here)),
        ("E_i", f"the industry in {nation}", span(theirs.get("employment_lower"), theirs.get("employment_upper"))),
        ("E", f"all industries and ownerships in {nation}", text(there)),
    )
    report.rows(parts, (5, 44, -24))
    made = quotients(con, row, theirs, here, there)
    asked = "lq_if_withheld" if column == "lq_estimate" and row["lq"] is None else column
    asked = "lq" if asked == "lq_estimate" else asked
    if asked == "lq_if_withheld":
        report.say(f"of the estimate, {text(row['employment_estimate'])}; rounded to three decimals")
    if column == "specialised":
        for name in ("lq_lower", "lq_upper"):
            report.again(name, made[name], row[name])
    report.again(column, made[asked], row[asked])


def quotients(
    con: duckdb.DuckDBPyConnection, row: dict[str, Any], theirs: dict[str, Any], here: float | None, there: float | None
) -> dict[str, Any]:
    """The quotients of a cell, made again of it and all jobs `here`, the nation's cell and all jobs `there`."""

    def quotient(jobs: float | None, whole: float | None) -> float | None:
        if jobs is None or not here or not whole or not there:
            return None
        return (jobs / here) / (whole / there)

    most, least_whole = row["employment_upper"], theirs.get("employment_lower")
    if least_whole is not None and role(con, row["region_id"], "in_nation"):
        upper = theirs["employment_upper"]
        least_whole = min(max(least_whole, most or -math.inf), math.inf if upper is None else upper)
    least = quotient(row["employment_lower"], theirs.get("employment_upper"))
    greatest = quotient(most, least_whole)
    made: dict[str, Any] = {
        "lq": quotient(row["employment"], theirs.get("employment")),
        "lq_lower": greatest if row["region_id"] == row["reference_region_id"] else least,
        "lq_upper": least if most == 0 else greatest,
        "lq_if_withheld": None,
    }
    if row["employment"] is None:
        guess = quotient(row["employment_estimate"], theirs.get("employment_estimate"))
        made["lq_if_withheld"] = None if guess is None else math.floor(guess * 1000 + 0.5) / 1000
    return made | {"specialised": "no" if most == 0 else _at_least_one(made["lq_lower"], made["lq_upper"])}


def _at_least_one(lower: float | None, upper: float | None) -> str:
    if lower is not None and lower >= 1:
        return "yes"
    return "no" if upper is not None and upper < 1 else "undetermined"


def _jobs(report: Report, con: duckdb.DuckDBPyConnection, row: dict[str, Any], column: str) -> None:
    """The cell itself, and what is known of it where it is withheld."""
    report.step("The cell in `employment`")
    names = ("establishments", "employment", "wages", "status")
    report.rows([names, [row[n] if n == "status" else text(row[n]) for n in names]], (15, -12, -18, 12))
    if row["status"] == "published":
        report.say("As the publisher prints it: nothing is computed.")
    elif row["status"] == "derived":
        report.say("The publisher prints no row of this area: the sum of its counties, see the publisher's rows.")
    if row["employment"] is not None and column.startswith("employment_"):
        report.again(column, row["employment"], row[column])
    if row["employment"] is not None and column == "estimate_quality":
        report.again(column, "published", row[column])
    if row["employment"] is None:
        _evidence(report, con, row)
        doubt(report, row, HOW)
    if column.startswith("average_wage"):
        _pay(report, row, column)


def _pay(report: Report, row: dict[str, Any], column: str) -> None:
    """The average wage, made again where wages are printed; elsewhere whether its interval fits it."""
    if row["wages"] is None:
        doubt_of_pay(report, row, HOW_PAID)
    else:
        jobs = row["employment"]
        report.again(column, math.floor(row["wages"] / jobs + 0.5) if jobs else None, row[column])


def doubt_of_pay(report: Report, row: dict[str, Any], how: str) -> None:
    """The estimate of the average wage and its interval; whether they fit each other is looked at again."""
    guess, p10, p90 = (row[f"average_wage_{end}"] for end in ("estimate", "p10", "p90"))
    report.say(f"Best estimate {text(guess)} USD a job; in eight of ten cases {span(p10, p90)}.")
    report.say(f"{how} (docs/estimates.md); whether they fit each other is:")
    in_order(report, (p10, guess, p90))


def _evidence(report: Report, con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> None:
    """What stands around a withheld cell, and leaves it that much room."""
    report.say(f"Withheld. What surrounds it leaves {span(row['employment_lower'], row['employment_upper'])} jobs.")
    report.say(
        "Bounds come from all sums of the year at once, which are not made again here (`clusters rebuild` does). "
        "The nearest two:"
    )
    key = row["region_id"], row["industry_id"], row["ownership"], row["year"]
    if row["parent_industry_id"] and (parent := cell(con, key[0], row["parent_industry_id"], *key[2:])):
        _room(report, con, row, parent, BESIDE_INDUSTRY, "industries")
    around = rows_of(con, AROUND, [key[0]]) if role(con, key[0], "in_nation") else []
    if around and (whole := cell(con, around[0]["parent_region_id"], *key[1:])):
        _room(report, con, row, whole, BESIDE_REGION, "regions")
    if odd := rows_of(con, SET_ASIDE, [key[0], row["year"]]):
        sums = ", ".join(one["hierarchy"] for one in odd)
        report.say(f"Set aside for this region, since too much in them contradicts itself: sums along {sums}.")


def _room(
    report: Report, con: duckdb.DuckDBPyConnection, row: dict[str, Any], whole: dict[str, Any], beside: str, parts: str
) -> None:
    """A whole that the cell is part of, and its other parts: a join and a condition on `employment` as e."""
    parent = whole["industry_id"] if parts == "industries" else whole["region_id"]
    values = {
        "ownership": row["ownership"],
        "year": row["year"],
        "region": row["region_id"],
        "industry": row["industry_id"],
    }
    (rest,) = rows_of(con, REST + beside, values | {"parent": parent})  # type: ignore[arg-type]
    lower, upper = whole["employment_lower"], whole["employment_upper"]
    left = span(max(0, minus(lower, rest["upper"]) or 0), minus(upper, rest["lower"]))
    report.say(
        f"- {whole['industry_id']} in {whole['region_id']}: {span(lower, upper)} jobs, less its {rest['parts']} other "
        f"{parts} ({rest['open']} of them withheld), {span(rest['lower'], rest['upper'])}, leaves {left}"
    )


def in_order(report: Report, values: Iterable[float | None]) -> None:
    """Whether lower bound, interval, estimate and upper bound follow each other; what is unknown limits nothing."""
    known = [value for value in values if value is not None]
    fits = all(one <= other or equal(one, other) for one, other in pairwise(known))
    report.again("bounds, interval and estimate in their order:", "yes" if fits else "no", "yes")


def doubt(report: Report, row: dict[str, Any], how: str) -> None:
    """The estimate, its interval and the word for it; whether they fit the bounds and each other is looked at again."""
    lower, upper, guess = row["employment_lower"], row["employment_upper"], row["employment_estimate"]
    p10, p90 = row["employment_p10"], row["employment_p90"]
    report.say(
        f"Best estimate {text(guess)} jobs; in eight of ten cases {span(p10, p90)}; called {row['estimate_quality']}."
    )
    report.say(f"{how} (docs/estimates.md); whether they fit each other is:")
    in_order(report, (lower, p10, guess, p90, upper))
    again = quality(row["employment"] is not None, guess, p10, p90)
    report.again("estimate_quality", again, row["estimate_quality"])
