"""The hops of a figure of `cluster_specialisation`: one cluster in one region and year.

Belongs here: what such a figure is made of, in words. Does not: the formulas (`quotients`, `standing`), the publisher's
rows (`publisher`).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orchestration.explaining import standing
from orchestration.explaining.cells import doubt
from orchestration.explaining.publisher import Cells, Publisher, hold_against, show_file, total_cell
from orchestration.explaining.quotients import GUESSES, Base, Pair, figures, pair, quality, unrounded
from orchestration.explaining.report import Report, span, text
from orchestration.explaining.sizes import Cell, addable

if TYPE_CHECKING:
    import duckdb

SHOWN = 10
HOW = (
    "The estimate is the sum of the industries', held to the bounds above; the interval is drawn: 200 ways to fill in "
    "all that is withheld"
)
DRAWN = "It comes from 200 ways to fill in what is withheld (docs/estimates.md), which are not drawn anew here."
TEST_COLUMNS = (6, 11, 21, 21, 12)
INDUSTRY_COLUMNS = (6, 25, -6, -7, 29)
SIZES = ("establishments", "wages", "employment", "employment_lower", "employment_upper", "employment_estimate")
OVER_KIND = ("lq", "lq_lower", "lq_upper", "lq_national", "lq_estimate", "lq_p10", "lq_p90")


def explain(report: Report, of: Publisher, row: dict[str, Any], column: str) -> None:
    """All hops of one figure of a row of `cluster_specialisation`."""
    found = pair(of.con, row)
    if found is None:
        report.differing.append("the release has no private cell of this cluster's industries in the region")
        report.say("The release has no private cell of the industries of this cluster here: THE ROW HAS NO SOURCE.")
        return
    made = figures(found, row)
    made |= _derived(made, row, found)
    if column in standing.FLAGS or column in standing.STARS or column == "stars" or column.startswith("rank_"):
        _standing(report, of.con, row, column, found)
    elif column not in SIZES and not column.startswith("employment"):
        _parts(report, row, column, found, made)
    _industries(report, row, found.here, made)
    if row["employment"] is None:
        _doubt(report, row)
    source = _source(of.con, row["year"])
    hold_against(
        report, of, source, _private(found.here, row["region_id"], row["year"]), _beside(of.con, row, column, found)
    )
    show_file(report, of, source, row["region_id"])


def _beside(con: duckdb.DuckDBPyConnection, row: dict[str, Any], column: str, found: Pair) -> list[Cells]:
    """The cells of the nation's cluster and the totals, where a figure rests on them."""
    if column in SIZES or column.startswith("employment") or found.nation is None:
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
        report.say(f"{column} is {text(row[column])}; not made again here. {DRAWN if column != 'lq_z' else ''}")


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
    report.rows(rows, (38, -38))
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


def _standing(report: Report, con: duckdb.DuckDBPyConnection, row: dict[str, Any], column: str, of: Pair) -> None:
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
        fits = row[column] is None or best <= row[column] <= worst  # type: ignore[operator]
        report.say(
            "The estimates' rank lies between."
            if fits
            else "The estimates' rank lies outside: bounds do not settle ties."
        )


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


def _industries(report: Report, row: dict[str, Any], here: Base, made: dict[str, Any]) -> None:
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
    report.say(f"{len(own) - len(withheld)} industries known: {text(known)} jobs by their weights")
    if withheld:
        least = sum(addable(c.lower * w) for c, w in withheld)
        uppers = [c.upper for c, _ in withheld]
        most = None if None in uppers else sum(addable(c.upper * w) for c, w in withheld)  # type: ignore[operator]
        guess = sum(addable((c.estimate or 0) * w) for c, w in withheld)
        report.say(f"{len(withheld)} withheld: {span(least, most)} jobs, estimated {text(guess)}")
        report.say("What is printed of the branches above them, and of the nation, narrows the sum of both:")
    names = ("establishments", "wages", "employment_lower", "employment_upper")
    for name in (*names, "employment") if row["employment"] is not None else (*names, "employment_estimate"):
        if name in made:
            report.again(name, made[name], row[name])


def _of_cell(cell: Cell) -> str:
    if cell.employment is not None:
        return text(cell.employment)
    return f"≈ {text(cell.estimate)} [{span(cell.lower, cell.upper)}]"


def _doubt(report: Report, row: dict[str, Any]) -> None:
    report.step("How wide the doubt is")
    report.say(f"certain: {span(row['employment_lower'], row['employment_upper'])} jobs")
    if row["employment_estimate"] is not None:
        doubt(report, row, HOW)
