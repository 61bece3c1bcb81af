"""The hops of a figure of `cluster_specialisation`: one cluster in one region and year.

Belongs here: what such a figure is made of, in words. Does not: the formulas (`quotients`, `standing`), the publisher's
rows (`publisher`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orchestration.explaining import comparing, standing
from orchestration.explaining.cells import doubt, doubt_of_pay, in_order
from orchestration.explaining.publisher import Cells, Publisher, hold_against, show_file, total_cell
from orchestration.explaining.quotients import GUESSES, Base, Pair, figures, pair, quality, unrounded
from orchestration.explaining.report import Report, span, text
from orchestration.explaining.sizes import Cell, Region, addable, rows_of, total

if TYPE_CHECKING:
    import duckdb

SHOWN, BRANCHES = 10, 5
HOW = (
    "The estimate is the sum of the industries', held to the bounds above; the interval is drawn: 200 ways to fill in "
    "all that is withheld. The interval is not made again here"
)
HOW_PAID = (
    "The estimate is the sum of the industries' wages, known and estimated, over that of their jobs, to the dollar; "
    "the interval comes from those of its withheld industries, within what printed wages leave, and is not made again "
    "here"
)
PAY = ("wages_estimate", "average_wage_estimate", "average_wage_p10", "average_wage_p90")
DRAWN = "It comes from 200 ways to fill in what is withheld (docs/estimates.md), which are not drawn anew here."
INDUSTRY_COLUMNS = (6, 25, -6, -7, 29)
SIZES = ("establishments", "wages", "employment", "employment_lower", "employment_upper", "employment_estimate")
LEAST_REGIONS = 30
SPREAD = """
    SELECT count(*) AS regions, avg(ln(lq_all)) AS mean, stddev_samp(ln(lq_all)) AS deviation
    FROM cluster_specialisation
    WHERE cluster_id = ? AND year = ? AND starts_with(region_id, ?) AND lq_all > 0
"""
OVER_KIND = ("lq", "lq_lower", "lq_upper", "lq_national", "lq_estimate", "lq_p10", "lq_p90")


def explain(report: Report, of: Publisher, row: dict[str, Any], column: str) -> None:
    """All hops of one figure of a row of `cluster_specialisation`."""
    found = pair(of.con, row)
    if found is None:
        report.differing.append("the release has no private cell of this cluster's industries in the region")
        report.say("The release has no private cell of the industries of this cluster here: THE ROW HAS NO SOURCE.")
        return
    made = figures(found, row)
    made |= _derived(made, row, found) | _standardised(of.con, row, made)
    if column in standing.FLAGS or column in standing.STARS or column == "stars" or column.startswith("rank_"):
        comparing.show(report, of.con, row, column, found)
    elif column in PAY:
        _pay(report, row, column, made)
    elif column not in SIZES and not column.startswith("employment"):
        _parts(report, row, column, found, made)
    _industries(report, row, column, found.here, made)
    if row["employment"] is None:
        _doubt(report, row)
    source = _source(of.con, row["year"])
    hold_against(
        report, of, source, _private(found.here, row["region_id"], row["year"]), _beside(of.con, row, column, found)
    )
    show_file(report, of, source, row["region_id"])


def _beside(con: duckdb.DuckDBPyConnection, row: dict[str, Any], column: str, found: Pair) -> list[Cells]:
    """The cells of the nation's cluster and the totals, where a figure rests on them."""
    if column in SIZES + PAY or column.startswith("employment") or found.nation is None:
        return []
    nation, year = row["reference_region_id"], row["year"]
    totals = [total_cell(con, region, year) for region in dict.fromkeys((row["region_id"], nation))]
    return [_private(found.nation, nation, year), *totals]


def _private(base: Base, region_id: str, year: int) -> Cells:
    cells = [cell._asdict() for cell, _ in base.region.industries(base.cluster_id)]
    return Cells(region_id, year, "private", cells)


def _source(con: duckdb.DuckDBPyConnection, year: int) -> str:
    found = con.execute("SELECT any_value(source_id) FROM employment WHERE year = ?", [year]).fetchone()
    return str(found[0]) if found else ""


def _derived(made: dict[str, Any], row: dict[str, Any], of: Pair) -> dict[str, Any]:
    """Columns that follow from others of the row and from its size."""
    lower, upper = made["employment_lower"], made["employment_upper"]
    known = lower == upper
    plants, jobs = made["establishments"], of.here.all_jobs
    found = {
        "coverage": 1 if known else (lower / upper if upper else 0),
        "reliability": _reliability(jobs, plants),
        "estimate_quality": quality(made["employment"] is not None, *(row[f"employment{end}"] for end in GUESSES)),
        "lq_denominator": of.here.region.kinds[of.here.cluster_id],
        "lq_national": made.get("lq"),
        "ucm_strong_likely": _likely(row["ucm_strong_probability"]),
    }
    for flag in standing.FLAGS:
        if row[flag] in ("yes", "no"):
            found[f"{flag}_probability"] = int(row[flag] == "yes")
    return found


def _standardised(con: duckdb.DuckDBPyConnection, row: dict[str, Any], made: dict[str, Any]) -> dict[str, float | None]:
    """The quotient's distance from the mean of its type of region, of 30 regions or more with a known one."""
    known = made.get("lq_all")
    values = [row["cluster_id"], row["year"], row["region_id"].split(":")[0] + ":"]
    (peers,) = rows_of(con, SPREAD, values)
    if not known or peers["regions"] < LEAST_REGIONS:
        return {"lq_z": None}
    return {"lq_z": (math.log(known) - peers["mean"]) / peers["deviation"] if peers["deviation"] else None}


def _reliability(jobs: float | None, plants: float) -> str:
    if (jobs is not None and jobs < 5_000) or plants < 3:
        return "low"
    if (jobs is not None and jobs < 25_000) or plants < 10:
        return "medium"
    return "low" if jobs is None else "high"


def _likely(probability: float | None) -> str | None:
    if probability is None:
        return None
    return "yes" if probability >= 0.9 else "no" if probability <= 0.1 else "undetermined"


def _parts(report: Report, row: dict[str, Any], column: str, of: Pair, made: dict[str, Any]) -> None:
    """What a quotient or a share divides, and the figure made again where it can be."""
    report.step("What it is made of")
    report.say("jobs; where two numbers stand, some are withheld, and the figure lies between; ≈ is the estimate")
    (_of_kind if column in OVER_KIND else _of_all)(report, of, made)
    if column in made:
        report.again(column, made[column], row[column])
        if column.endswith(("_p10", "_p90")):
            report.say(f"of the published employment{column[-4:]}. {DRAWN}")
    elif column in row and column not in ("region_id", "cluster_id", "year", "currency", "reference_region_id"):
        report.say(f"{column} is {text(row[column])}; not made again here. {DRAWN}")
        if column in ("lq_p10", "lq_p90"):
            values = (row["lq_lower"], row["lq_p10"], row["lq_estimate"], row["lq_p90"], row["lq_upper"])
            in_order(report, values)


def _pay(report: Report, row: dict[str, Any], column: str, made: dict[str, Any]) -> None:
    """Average wage and wages, made again but for an interval that is not known to be a point."""
    report.step("What it is made of")
    if row["average_wage"] is None and row["average_wage_estimate"] is not None:
        doubt_of_pay(report, row, HOW_PAID)
    if column in made:
        report.again(column, made[column], row[column])


def _of_kind(report: Report, of: Pair, made: dict[str, Any]) -> None:
    kind = of.here.region.kinds[of.here.cluster_id]
    rows = [
        ("the cluster here", _jobs(of.here)),
        (f"all other {kind} clusters here", span(of.here.least, of.here.most)),
    ]
    if of.nation:
        rows += [
            ("the cluster in the nation", _jobs(of.nation)),
            (f"all other {kind} clusters in the nation", span(of.nation.least, of.nation.most)),
        ]
    report.rows(rows, (40, -36))
    report.say("LQ = (cluster / (cluster + others)) here, over the same in the nation; known if within 1 %")
    if made.get("lq_lower") is not None:
        report.say(
            f"between {text(made['lq_lower'])} and {text(made['lq_upper'])}; "
            f"of the estimates {text(made['lq_estimate'])}"
        )


def _of_all(report: Report, of: Pair, made: dict[str, Any]) -> None:
    rows = [
        ("e_rc", "the cluster here", _jobs(of.here)),
        ("E_r", "all jobs here, any ownership", text(of.here.all_jobs)),
    ]
    if of.nation:
        rows += [
            ("E_c", "the cluster in the nation", _jobs(of.nation)),
            ("E", "all jobs in the nation", text(of.nation.all_jobs)),
        ]
    report.rows(rows, (5, 32, -38))
    if made["wages"] is not None:
        report.rows([("w", "wages of the cluster here, USD a year", text(made["wages"]))], (5, 38, -32))


def _jobs(base: Base) -> str:
    size = base.size
    guess = "" if size.lower == size.upper else f" (≈ {text(round(unrounded(base) or 0))})"
    return f"{span(size.lower, size.upper)}{guess}"


def _industries(report: Report, row: dict[str, Any], column: str, here: Base, made: dict[str, Any]) -> None:
    """The six-digit cells that the cluster is the weighted sum of."""
    own = here.region.industries(row["cluster_id"])
    report.step("The cluster: the weighted sum of its private six-digit industries")
    report.say("jobs without a mark are published; ≈ is the estimate of a withheld cell, [ ] what it can be")
    report.rows([("code", "industry", "weight", "plants", "jobs")], INDUSTRY_COLUMNS)
    report.rows(
        [(c.code, c.title or "", text(w), text(c.establishments), _of_cell(c)) for c, w in own[:SHOWN]],
        INDUSTRY_COLUMNS,
    )
    if rest := own[SHOWN:]:
        left = sum((c.estimate or c.lower) * w for c, w in rest)
        report.say(f"and {len(rest)} smaller industries with some {text(round(left))} jobs together")
    withheld = [(c, w) for c, w in own if c.lower != c.upper]
    known = sum(addable(c.lower * w) for c, w in own if c.lower == c.upper)
    report.say(f"known: {len(own) - len(withheld)} of {len(own)} industries, {text(known)} jobs by their weights")
    if withheld:
        least = sum(addable(c.lower * w) for c, w in withheld)
        most = total(None if c.upper is None else addable(c.upper * w) for c, w in withheld)
        guess = sum(addable((c.estimate or 0) * w) for c, w in withheld)
        report.say(f"withheld: {len(withheld)} industries, {span(least, most)} jobs, estimated {text(guess)}")
        _branches(report, here.region, [cell for cell, _ in withheld])
        report.say("Such branches, and the nation's figures, narrow the sum of both:")
    names = ["establishments", "wages", "employment_lower", "employment_upper"]
    names += ["employment" if row["employment"] is not None else "employment_estimate"]
    names += [column] if column.startswith("employment") else []
    for name in dict.fromkeys(names):
        if name in made:
            report.again(name, made[name], row[name])


def _branches(report: Report, of: Region, withheld: list[Cell]) -> None:
    """The nearest branches above withheld cells whose jobs are known, the largest first."""
    by_code = {cell.code: cell for cell in of.cells}
    below: dict[str, int] = {}
    for cell in withheld:
        above = by_code.get(cell.parent or "")
        while above and above.lower != above.upper:
            above = by_code.get(above.parent or "")
        if above:
            below[above.code] = below.get(above.code, 0) + 1
    largest = sorted((by_code[code] for code in below), key=lambda cell: -cell.lower)
    report.rows(
        [
            (c.code, c.title or "", text(c.lower), f"jobs known; {below[c.code]} withheld in it")
            for c in largest[:BRANCHES]
        ],
        (6, 25, -11, 32),
    )


def _of_cell(cell: Cell) -> str:
    if cell.employment is not None:
        return text(cell.employment)
    return f"≈ {text(cell.estimate)} [{span(cell.lower, cell.upper)}]"


def _doubt(report: Report, row: dict[str, Any]) -> None:
    report.step("How wide the doubt is")
    report.say(f"certain: {span(row['employment_lower'], row['employment_upper'])} jobs")
    if row["employment_estimate"] is None:
        report.say("There is no estimate: what a state could not place in a county has none.")
    else:
        doubt(report, row, HOW)
