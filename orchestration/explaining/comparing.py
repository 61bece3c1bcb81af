"""The hop of ranks, flags and stars: whom a region's cluster is compared with, and what comes out.

Belongs here: the words. Does not: the comparison (`standing`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orchestration.explaining import standing
from orchestration.explaining.quotients import Pair
from orchestration.explaining.report import Report, span, text

if TYPE_CHECKING:
    import duckdb

TEST_COLUMNS = (6, 11, 21, 21, 12)


def show(report: Report, con: duckdb.DuckDBPyConnection, row: dict[str, Any], column: str, of: Pair) -> None:
    """Ranks, flags and stars: the peers, the thresholds, each condition and what follows."""
    report.step("Whom it is compared with")
    kind = row["region_id"].split(":")[0]
    if row["region_id"].startswith("unallocated"):
        report.say("What has no place in its state is compared with nobody.")
        return
    among = standing.peers(con, row, of)
    there = among.bounds["jobs"][0] > 0
    if column.startswith("rank_"):
        report.say(f"{len(there)} regions of the type {kind} with a row of this cluster; the region is one of them.")
        _rank(report, row, column, among)
    elif column == "stars":
        report.say(f"The three stars added up: {', '.join(f'{star} {text(row[star])}' for star in standing.STARS)}.")
        for star in standing.STARS:
            _flag(report, row, star, among)
        stars = [row[star] for star in standing.STARS]
        report.again(column, None if None in stars else sum(stars), row[column])
    else:
        ones = among.is_compared if column in standing.FLAGS else there | True
        report.say(
            f"{(ones & there).sum()} regions of the type {kind} that surely have jobs in it, of {ones.sum()} compared."
        )
        _flag(report, row, column, among)


def _rank(report: Report, row: dict[str, Any], column: str, among: standing.Peers) -> None:
    made = standing.ranks(among)
    base = next((name for name in standing.RANKED if column.startswith(name)), "rank_employment")
    best, worst = made[f"{base}_best"], made[f"{base}_worst"]
    report.say(f"{best - 1} of the others surely have more, {worst - 1} surely or possibly.")  # type: ignore[operator]
    if column in made:
        report.again(column, made[column], row[column])
    else:
        report.say(
            f"{column} ranks estimates by all their digits and is {text(row[column])}; bounds say {span(best, worst)}."
        )
        fits = row[column] is None or best <= row[column] <= worst
        report.say("It lies between." if fits else "It lies outside: bounds do not settle ties.")


def _flag(report: Report, row: dict[str, Any], name: str, among: standing.Peers) -> None:
    """The conditions of one flag or star, a line each, and the verdict."""
    found = standing.tests(among, name)
    if not found:
        report.say("The region is not compared with others of its type, so it has no flag.")
    else:
        report.rows([("figure", "asked", "here", "threshold", "")], TEST_COLUMNS)
    report.rows([(t.figure, t.asked, _span(*t.own), _span(*t.threshold), t.verdict) for t in found], TEST_COLUMNS)
    verdict = standing.together(found)
    if name in standing.STARS:
        is_place = row["region_id"].split(":")[0] in ("county", "cbsa", "state")
        report.again(name, {"yes": 1, "no": 0}.get(verdict or "") if is_place else None, row[name])
    else:
        report.again(name, verdict, row[name])


def _span(lower: float, upper: float) -> str:
    return span(None if math.isnan(lower) else float(lower), None if math.isnan(upper) else float(upper))
