"""The hops of a figure of `cluster_dynamics`: how one cluster of one region changed between two years.

Belongs here: changes, growth and the classic parts of a change where all of it is known. Does not: either year's jobs
(`clusters`), the yearly steps.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from orchestration.explaining import clusters
from orchestration.explaining.publisher import Publisher
from orchestration.explaining.report import Report, span, text
from orchestration.explaining.sizes import minus, rows_of, total

if TYPE_CHECKING:
    import duckdb

ENDS = ("from", "to")
ENDINGS = ("", "_lower", "_upper", "_estimate", "_p10", "_p90")
FIGURES = ("lower", "upper", "estimate", "p10", "p90")
QUOTIENT = ("lq_lower", "lq_upper")
QUADRANTS = {
    ("yes", "yes"): "star",
    ("yes", "no"): "mature",
    ("no", "yes"): "emerging",
    ("no", "no"): "transforming",
}
# A quotient below it is weak: from there a cluster enters, and there it ends when it leaves.
WEAK = 0.5
COLUMNS = (28, -22, -22)
AT = "FROM cluster_specialisation WHERE region_id = ? AND cluster_id = ? AND year = ?"
PRIVATE = """
    SELECT employment_lower, employment_upper FROM employment
    WHERE region_id = ? AND year = ? AND ownership = 'private' AND industry_id LIKE 'naics%:10'
"""


def explain(report: Report, of: Publisher, row: dict[str, Any], column: str) -> None:
    """All hops of one figure of a row of `cluster_dynamics`, and those of the jobs at both ends."""
    ends = {end: _jobs(of.con, row["region_id"], row["cluster_id"], row[f"{end}_year"]) for end in ENDS}
    nation = {end: _jobs(of.con, row["reference_region_id"], row["cluster_id"], row[f"{end}_year"]) for end in ENDS}
    every = {end: _private(of.con, row["reference_region_id"], row[f"{end}_year"]) for end in ENDS}
    report.step("What it is made of")
    report.say("jobs at both ends; where two numbers stand, some are withheld")
    figures = {"the cluster here": ends, "the cluster in the nation": nation, "all private jobs, nation": every}
    report.rows([("", str(row["from_year"]), str(row["to_year"]))], COLUMNS)
    report.rows([(title, _range(of["from"]), _range(of["to"])) for title, of in figures.items()], COLUMNS)
    if not row["comparable"]:
        report.say("The two years do not compare: the classification, the area's counties or its reporting changed.")
    made: dict[str, Any] = changes(row, ends) | _parts(row, ends, nation, every) | {"coverage": _coverage(ends)}
    made |= _verdicts(row, ends)
    if column in made:
        report.again(column, made[column], row[column])
    else:
        report.say(f"{column} is {text(row[column])}; not made again here, the jobs at both ends are:")
        for name in ("employment_from_lower", "employment_from_upper", "employment_to_lower", "employment_to_upper"):
            report.again(name, made[name], row[name])
    for end in ENDS:
        for source in rows_of(of.con, AT, [row["region_id"], row["cluster_id"], row[f"{end}_year"]]):
            report.lines += ["", f"-- the jobs of {row[f'{end}_year']} --"]
            clusters.explain(report, of, source, "employment")


def _range(jobs: dict[str, float | None]) -> str:
    return "unknown" if jobs["lower"] is None else span(jobs["lower"], jobs["upper"])


def _jobs(con: duckdb.DuckDBPyConnection, region_id: str, cluster_id: str, year: int) -> dict[str, float | None]:
    """A cluster's jobs in a year: none where the region reports and has no row, unknown where it does not report."""
    for row in rows_of(con, AT, [region_id, cluster_id, year]):
        return {name: row[f"employment_{name}"] for name in FIGURES} | {name: row[name] for name in QUOTIENT}
    reports = _private(con, region_id, year)["lower"] is not None
    return dict.fromkeys((*FIGURES, *QUOTIENT), 0.0 if reports else None)


def _private(con: duckdb.DuckDBPyConnection, region_id: str, year: int) -> dict[str, float | None]:
    for row in rows_of(con, PRIVATE, [region_id, year]):
        return {"lower": row["employment_lower"], "upper": row["employment_upper"]}
    return {"lower": None, "upper": None}


def changes(row: dict[str, Any], ends: dict[str, dict[str, float | None]]) -> dict[str, float | None]:
    """The jobs at both ends, their change and growth, with bounds, from what each year's table says."""
    made: dict[str, float | None] = {}
    for end, jobs in ends.items():
        known = jobs["lower"] is not None and jobs["lower"] == jobs["upper"]
        made[f"employment_{end}"] = jobs["lower"] if known else None
        made |= {f"employment_{end}_{name}": jobs[name] for name in ("lower", "upper")}
    start, last, years = ends["from"], ends["to"], row["to_year"] - row["from_year"]
    if not row["comparable"]:
        return made | dict.fromkeys(
            f"{name}{end}" for name, endings in (("change", ENDINGS[:3]), ("growth", ENDINGS)) for end in endings
        )
    least, most = minus(last["lower"], start["upper"]), minus(last["upper"], start["lower"])
    known = made["employment_from"] is not None and made["employment_to"] is not None
    slowest, fastest = _yearly(last["lower"], start["upper"], years), _yearly(last["upper"], start["lower"], years)
    return (
        made
        | {
            "change_lower": least,
            "change_upper": most,
            "change": least if known else None,
            "growth_lower": slowest,
            "growth_upper": fastest,
            "growth": slowest if known else None,
        }
        | _guesses(start, last, years)
    )


def _guesses(start: dict[str, float | None], last: dict[str, float | None], years: int) -> dict[str, float | None]:
    """Growth of estimates, with both ends' doubts taken together as if they were independent."""
    made: dict[str, float | None] = {"growth_estimate": _yearly(last["estimate"], start["estimate"], years)}
    for name, sign, late, early in (("growth_p10", -1, "p10", "p90"), ("growth_p90", 1, "p90", "p10")):
        off = _logarithm(last[late], last["estimate"]), _logarithm(start[early], start["estimate"])
        factor = None if None in off else math.exp(sign * math.hypot(*off))  # type: ignore[arg-type]
        made[name] = (
            None
            if factor is None or last["estimate"] is None
            else _yearly(last["estimate"] * factor, start["estimate"], years)
        )
    return made


def _logarithm(end: float | None, middle: float | None) -> float | None:
    return None if end is None or middle is None else math.log((end + 0.5) / (middle + 0.5))


def _verdicts(row: dict[str, Any], ends: dict[str, dict[str, float | None]]) -> dict[str, str | None]:
    """The quadrant, and whether the cluster entered or left the region: as far as bounds settle it."""
    if not row["comparable"] or row["region_id"] == row["reference_region_id"]:
        return {"quadrant": None, "entered": None, "exited": None}
    least, most = ({end: jobs[name] for end, jobs in ends.items()} for name in ("lower", "upper"))
    quotient = {end: (jobs["lq_lower"] or 0.0, _or_more(jobs["lq_upper"])) for end, jobs in ends.items()}
    weak = {end: _settled(upper < WEAK, lower < WEAK) for end, (lower, upper) in quotient.items()}
    strong = {end: _settled(lower >= 1, upper >= 1) for end, (lower, upper) in quotient.items()}
    grows = _settled((least["to"] or 0.0) > _or_more(most["from"]), not _or_more(most["to"]) <= (least["from"] or 0.0))
    quadrant = QUADRANTS.get((strong["to"], grows), "undetermined")
    return {
        "quadrant": None if most["from"] == most["to"] == 0 else quadrant,
        "entered": both(weak["from"], strong["to"]),
        "exited": both(strong["from"], weak["to"]),
    }


def _or_more(value: float | None) -> float:
    return math.inf if value is None else value


def _settled(surely: bool, possibly: bool) -> str:
    return "yes" if surely else "undetermined" if possibly else "no"


def both(one: str, other: str) -> str:
    """Two verdicts together.

    Example:
        >>> both("yes", "undetermined"), both("no", "undetermined")
        ('undetermined', 'no')
    """
    if "no" in (one, other):
        return "no"
    return "yes" if one == other == "yes" else "undetermined"


def _coverage(ends: dict[str, dict[str, float | None]]) -> float:
    """How much of the jobs of both years is certain."""
    least, most = (total(end[name] for end in ends.values()) for name in ("lower", "upper"))
    if most == 0:
        return 1.0
    return least / most if least is not None and most else 0.0


def _yearly(last: float | None, first: float | None, years: int) -> float | None:
    return None if last is None or not first else (last / first) ** (1 / years) - 1


def _parts(row: dict[str, Any], *jobs: dict[str, dict[str, float | None]]) -> dict[str, float | None]:
    """The nation's, the industry's and the region's part of a change, where all six figures are known."""
    if not row["comparable"] or any(
        end["lower"] is None or end["lower"] != end["upper"] for each in jobs for end in each.values()
    ):
        return {}
    start = jobs[0]["from"]["lower"] or 0.0
    own, theirs, every = (_yearly(each["to"]["lower"], each["from"]["lower"], 1) for each in jobs)
    if own is None or theirs is None or every is None:
        return {}
    return {
        "national_share": start * every,
        "industry_mix": start * (theirs - every),
        "regional_shift": start * (own - theirs),
    }
