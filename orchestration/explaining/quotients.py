"""A cluster's figures in one region and year, made again from the region's cells and the nation's.

Belongs here: the formulas, one a figure. Does not: the sums that they divide (`sizes`), ranks and flags (`standing`),
what is printed. Names of figures are those of columns of `cluster_specialisation`.
"""

from __future__ import annotations

import csv
import math
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestration.explaining.sizes import Region, Size, average_wage, others, region
from orchestration.settings import PROJECT_ROOT

if TYPE_CHECKING:
    import duckdb

ENDS = ("", "_lower", "_upper")
GUESSES = ("_estimate", "_p10", "_p90")
# Quotients are known where their bounds lie within one percent.
KNOWN_WITHIN = 1.01
QUALITIES = ((0.02, "certain"), (0.10, "good"), (0.30, "fair"))
ROLES = PROJECT_ROOT / "dbt_project" / "seeds" / "region_roles.csv"


class Base(NamedTuple):
    """A region's cluster with what its figures are divided by; `least`, `most`: of the others of its kind."""

    cluster_id: str
    size: Size
    least: float | None
    most: float | None
    all_jobs: float | None
    region: Region


class Pair(NamedTuple):
    """A cluster in a region, and in the nation that the region is compared with, if that has it.

    What a state could not place in a county has no estimates.
    """

    here: Base
    nation: Base | None
    in_nation: bool
    is_nation: bool
    has_estimates: bool


def pair(con: duckdb.DuckDBPyConnection, row: dict[str, Any]) -> Pair | None:
    """What the figures of a row of `cluster_specialisation` are made of; None where the region lacks the cluster."""
    here = base(con, row["region_id"], row["cluster_id"], row["year"])
    if here is None:
        return None
    nation = row["reference_region_id"]
    there = base(con, nation, row["cluster_id"], row["year"]) if nation else None
    is_place = not row["region_id"].startswith("unallocated:")
    return Pair(here, there, role(con, row["region_id"], "in_nation"), row["region_id"] == nation, is_place)


def base(con: duckdb.DuckDBPyConnection, region_id: str, cluster_id: str, year: int) -> Base | None:
    """A region's cluster with what its figures are divided by; None where the region lacks it."""
    found = region(con, region_id, year)
    if cluster_id not in found.clusters:
        return None
    return Base(
        cluster_id, found.clusters[cluster_id], *others(found, cluster_id), all_jobs(con, region_id, year), found
    )


def all_jobs(con: duckdb.DuckDBPyConnection, region_id: str, year: int) -> float | None:
    """The jobs of a region in all industries and ownerships; None where they are withheld."""
    found = con.execute(
        "SELECT employment FROM employment WHERE region_id = ? AND year = ? AND ownership = 'total' "
        "AND industry_id LIKE '%:10'",
        [region_id, year],
    ).fetchone()
    return found[0] if found else None


def role(con: duckdb.DuckDBPyConnection, region_id: str, name: str) -> bool:
    """Whether a region is counted in the nation (`in_nation`), or is a peer of its type (`ucm_peer`), by the seed of
    the exceptions."""
    kind, code = region_id.split(":")
    states, title = {code[:2]}, ""
    if kind == "cbsa":
        sql = "SELECT DISTINCT county_region_id[8:9] FROM cbsa_county WHERE region_id = ?"
        states = {state for (state,) in con.execute(sql, [region_id]).fetchall()}
        found = con.execute("SELECT name FROM dim_region WHERE region_id = ?", [region_id]).fetchone()
        title = found[0] or "" if found else ""
    return all(
        exception[name] == "true"
        for exception in exceptions()
        if exception["region_type"] in (kind, "any")
        and (
            exception["state_code"] in states | {"any"}
            or title.endswith((f", {exception['abbreviation']} MSA", f", {exception['abbreviation']} MicroSA"))
        )
    )


@lru_cache(maxsize=1)
def exceptions() -> list[dict[str, str]]:
    """The rows of the seed `region_roles`."""
    with ROLES.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def figures(of: Pair, row: dict[str, Any]) -> dict[str, float | str | None]:
    """Every figure of the row that follows from cells and totals alone.

    The row is asked for one thing: the interval of its jobs, which is drawn and not made again, as those of quotients
    rest on it.
    """
    size, nation = of.here.size, of.nation
    upper = size.upper
    if nation and of.in_nation:
        upper = max(_least(size.upper, nation.size.upper, math.inf), size.lower)
        upper = None if upper == math.inf else upper
    jobs = size.lower if size.lower == upper else None
    found: dict[str, float | str | None] = {
        "establishments": size.establishments,
        "wages": size.wages,
        "employment": jobs,
        "employment_lower": size.lower,
        "employment_upper": upper,
        "average_wage": _over(size.wages, jobs),
    }
    found |= _estimate(of, found)
    if jobs is not None:
        found |= {"employment_p10": jobs, "employment_p90": jobs}
    found |= _pay(of, found)
    if nation:
        found |= _of_kind(of, nation, upper)
        found |= _of_all(of, nation, found)
        found |= _guesses(of, nation, found, row)
    return found


def _estimate(of: Pair, found: dict[str, Any]) -> dict[str, float | None]:
    """The cluster's estimate: the sum of its industries', within what is certain, in whole jobs where it is none."""
    point = unrounded(of.here) if of.has_estimates else None
    if point is not None and of.here.size.lower != of.here.size.upper:
        point = math.floor(point + 0.5)
    return {"employment_estimate": fenced(point, found, "employment")}


def _pay(of: Pair, found: dict[str, Any]) -> dict[str, float | None]:
    """The average wage where it is known, else known wages over likely jobs, else that of the industries."""
    known, jobs = found["average_wage"], found["employment_estimate"]
    pay = known
    if known is None and found["wages"] is not None and jobs:
        pay = math.floor(found["wages"] / jobs + 0.5)
    elif known is None and of.has_estimates:
        pay = average_wage(of.here.region, of.here.cluster_id)
    wages = found["wages"] if found["wages"] is not None or pay is None or jobs is None else pay * jobs
    ends = {} if known is None else {"average_wage_p10": known, "average_wage_p90": known}
    return {"average_wage_estimate": pay, "wages_estimate": wages} | ends


def unrounded(base: Base) -> float | None:
    """The sum of a cluster's estimates, within its bounds."""
    size = base.size
    guess = summed(base.region, base.cluster_id)
    return None if guess is None else min(max(guess, size.lower), math.inf if size.upper is None else size.upper)


def summed(of: Region, cluster_id: str) -> float | None:
    """The sum of the estimates of a cluster's industries; None where one has none."""
    return of.clusters[cluster_id].guess


def fenced(value: float | None, found: dict[str, Any], name: str) -> float | None:
    """The known figure, or an estimate held to its bounds."""
    if found.get(name) is not None:
        known: float = found[name]
        return known
    return _within(value, found, name)


def _within(value: float | None, found: dict[str, Any], name: str) -> float | None:
    if value is None:
        return None
    lower, upper = found.get(f"{name}_lower"), found.get(f"{name}_upper")
    value = value if lower is None else max(value, lower)
    return value if upper is None else min(value, upper)


def _of_kind(of: Pair, nation: Base, upper: float | None) -> dict[str, float | None]:
    """The quotient over the clusters of the kind, traded or local."""
    if of.is_nation:
        return {"lq_lower": 1.0, "lq_upper": 1.0, "lq": 1.0}
    here, there = of.here, nation.size
    at_least = beside_most(here.size.lower, there, of.in_nation)
    held = upper
    if of.in_nation:
        held = max(_least(upper, at_least, math.inf), here.size.lower)
    lower = _over(share(here.size.lower, here.most), share(there.upper, nation.least))
    most = _over(share(held, here.least), share(at_least, nation.most))
    known = lower is not None and most is not None and most <= KNOWN_WITHIN * lower
    return {"lq_lower": lower, "lq_upper": most, "lq": (lower + most) / 2 if known else None}  # type: ignore[operator]


def _of_all(of: Pair, nation: Base, found: dict[str, Any]) -> dict[str, float | None]:
    """Shares, the quotient over all jobs, and the jobs beyond the nation's share."""
    region_jobs, nation_jobs, there = of.here.all_jobs, nation.all_jobs, nation.size
    cluster = {
        "": there.lower if there.lower == there.upper else None,
        "_lower": found["employment_lower"] if of.is_nation else there.upper,
        "_upper": beside_most(found["employment_upper"], there, of.in_nation),
    }
    made: dict[str, float | None] = {}
    for end in ENDS:
        jobs, whole = found[f"employment{end}"], cluster[end]
        made[f"lq_all{end}"] = _over(_over(jobs, region_jobs), _over(whole, nation_jobs))
        expected = None if region_jobs is None or whole is None else _over(region_jobs * whole, nation_jobs)
        made[f"hc_employment{end}"] = None if jobs is None or expected is None else jobs - expected
        made[f"share_of_nation{end}"] = _over(_least(jobs, whole) if end == "_upper" else jobs, whole)
        made[f"share_of_region{end}"] = _over(_least(jobs, region_jobs) if end == "_upper" else jobs, region_jobs)
    return made


def _guesses(of: Pair, nation: Base, found: dict[str, Any], row: dict[str, Any]) -> dict[str, float | None]:
    """The same of the estimate and of both ends of its interval."""
    made: dict[str, float | None] = {}
    whole, region_jobs, nation_jobs = unrounded(nation), of.here.all_jobs, nation.all_jobs
    for end in GUESSES:
        jobs = found.get("employment_estimate") if end == "_estimate" else row[f"employment{end}"]
        expected = None if region_jobs is None or whole is None else _over(region_jobs * whole, nation_jobs)
        of_end = {
            "lq_all": _over(_over(jobs, region_jobs), _over(whole, nation_jobs)),
            "share_of_nation": _over(jobs, whole),
            "share_of_region": _over(jobs, region_jobs),
            "hc_employment": None if jobs is None or expected is None else jobs - expected,
        }
        for name, value in of_end.items():
            made[f"{name}{end}"] = fenced(value, found, name) if end == "_estimate" else _within(value, found, name)
            if (
                end != "_estimate"
                and (point := made[f"{name}_estimate"]) is not None
                and made[f"{name}{end}"] is not None
            ):
                made[f"{name}{end}"] = (min if end == "_p10" else max)(made[f"{name}{end}"], point)  # type: ignore[type-var]
    own, theirs = share_of_kind(of.here) if of.has_estimates else None, share_of_kind(nation)
    return made | {"lq_estimate": fenced(_over(own, theirs), found, "lq")}


def share_of_kind(base: Base) -> float | None:
    """A cluster's estimate over those of all clusters of its kind."""
    of, kind = base.region, base.region.kinds[base.cluster_id]
    jobs = [
        unrounded(base._replace(cluster_id=name, size=size))
        for name, size in of.clusters.items()
        if of.kinds[name] == kind
    ]
    known = [one for one in jobs if one is not None]
    return _over(unrounded(base), sum(known)) if len(known) == len(jobs) else None


def beside_most(part: float | None, whole: Size, is_part: bool) -> float | None:
    """The least that the nation's cluster can hold beside a region's part of it."""
    return (
        _least(max(whole.lower, -math.inf if part is None else part), whole.upper, math.inf) if is_part else whole.lower
    )


def share(part: float | None, rest: float | None) -> float | None:
    """A part of a part and the rest."""
    return None if part is None or rest is None else _over(part, part + rest)


def quality(is_known: bool, estimate: float | None, p10: float | None, p90: float | None) -> str | None:
    """The word for how good an estimate is, by its interval.

    Example:
        >>> quality(False, 100.0, 96.0, 104.0)
        'good'
    """
    if is_known:
        return "published"
    if estimate is None or p10 is None or p90 is None:
        return None if estimate is None else "rough"
    return next((word for width, word in QUALITIES if p90 - p10 <= width * estimate), "rough")


def _over(part: float | None, whole: float | None) -> float | None:
    return None if part is None or not whole else part / whole


def _least(*values: float | None) -> float:
    return min(value for value in values if value is not None)
