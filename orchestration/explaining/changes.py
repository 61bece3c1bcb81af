"""The hops of a figure of `cluster_dynamics`: how one cluster of one region changed between two years.

Belongs here: changes, growth and the classic parts of a change where all of it is known. Does not: either year's jobs
(`clusters`), the yearly steps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestration.explaining import clusters
from orchestration.explaining.publisher import Publisher
from orchestration.explaining.report import Report, span, text
from orchestration.explaining.sizes import minus, rows_of

if TYPE_CHECKING:
    import duckdb

ENDS = ("from", "to")
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
    rows = [("", str(row["from_year"]), str(row["to_year"]))]
    for title, jobs in (
        ("the cluster here", ends),
        ("the cluster in the nation", nation),
        ("all private jobs, nation", every),
    ):
        rows.append((title, *(span(*(jobs[end][name] for name in ("lower", "upper"))) for end in ENDS)))
    report.rows(rows, (28, -22, -22))
    if not row["comparable"]:
        report.say("The two years do not compare: the classification, the area's counties or its reporting changed.")
    made = changes(row, ends) | _parts(row, ends, nation, every)
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


def _jobs(con: duckdb.DuckDBPyConnection, region_id: str, cluster_id: str, year: int) -> dict[str, float | None]:
    """A cluster's jobs in a year: none where the region reports and has no row, unknown where it does not report."""
    for row in rows_of(con, AT, [region_id, cluster_id, year]):
        return {"estimate": row["employment_estimate"], **{n: row[f"employment_{n}"] for n in ("lower", "upper")}}
    reports = _private(con, region_id, year)["lower"] is not None
    return dict.fromkeys(("estimate", "lower", "upper"), 0.0 if reports else None)


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
            ("change", "change_lower", "change_upper", "growth", "growth_lower", "growth_upper", "growth_estimate")
        )
    least, most = minus(last["lower"], start["upper"]), minus(last["upper"], start["lower"])
    known = made["employment_from"] is not None and made["employment_to"] is not None
    slowest, fastest = _yearly(last["lower"], start["upper"], years), _yearly(last["upper"], start["lower"], years)
    return made | {
        "change_lower": least,
        "change_upper": most,
        "change": least if known else None,
        "growth_lower": slowest,
        "growth_upper": fastest,
        "growth": slowest if known else None,
        "growth_estimate": _yearly(last["estimate"], start["estimate"], years),
    }


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
