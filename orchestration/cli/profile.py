"""`clusters profile`: a region or a cluster at a glance, found by name.

Belongs here: finding what a person means, and drawing ranges. Does not: any figure (`cluster_profile`,
`region_profile`).
"""

from __future__ import annotations

from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from orchestration.cli.terminal import count, current_release, figure, load_settings, profile_label, stdout, table
from orchestration.errors import SetupError

if TYPE_CHECKING:
    import duckdb

BAR = 10
SHOWN = 10
NOTE = "≈ estimated. Range: the true figure ends within ▒ with a probability of 80 %; see docs/estimates.md."
# Two names are taken for one where so much of them is alike.
ALIKE = 0.75
# Whoever names a place means its metropolitan area first: what practitioners compare.
PREFERENCE = ("nation", "cbsa", "state", "county")
GREATEST = """
    SELECT {name}, jobs, jobs_low, jobs_high, jobs_quality, lq, strong, stars, growth_1y
    FROM cluster_profile WHERE year = ? AND {where} ORDER BY {order} LIMIT ?
"""


class Entity(NamedTuple):
    """A region or a cluster that a person may mean: its key, its name, and what comes first among equals."""

    key: str
    name: str
    kind: str
    weight: float = 0.0


def profile(
    wanted: Annotated[str, typer.Argument(metavar="REGION|CLUSTER", help="A name, a part of it, or a key.")],
    year: Annotated[int | None, typer.Option("--year", help="The newest without it.")] = None,
) -> None:
    """A region's or a cluster's best figures, with their ranges; finds names, and forgives typing errors."""
    from orchestration.release.reading import opened

    settings = load_settings()
    release = current_release(settings)
    with opened(release.path, settings.memory_limit) as con:
        best, *others = matching(wanted, entities(con))
        console = stdout()
        if release.profile == "sample":
            console.print(profile_label(release.profile))
        (_cluster if best.kind == "cluster" else _region)(con, best, year)
        if others:
            console.print("Or did you mean " + ", ".join(f"{o.name} ({o.key})" for o in others[:4]) + "?")


def _year(con: duckdb.DuckDBPyConnection, of: Entity, where: str, asked: int | None) -> int:
    """The year that is asked for, or the newest one that has what is meant: not every year has every type of region.

    Raises:
        SetupError: if there is none.
    """
    sql = f"SELECT DISTINCT year FROM cluster_profile WHERE {where} ORDER BY year"
    years = [found for (found,) in con.execute(sql, [of.key]).fetchall()]
    if (year := asked or max(years, default=0)) not in years:
        there = ", ".join(map(str, years)) or "none"
        raise SetupError(f"{of.name} ({of.key}) has no figures of {year}; there are {there}")
    return year


def entities(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    """All regions and clusters of a release; of regions the larger come first."""
    rows = con.execute(
        "SELECT region_id, region_name, region_type, max(jobs) FROM region_profile WHERE region_name IS NOT NULL "
        "GROUP BY ALL UNION ALL SELECT cluster_id, name, 'cluster', 0 FROM dim_cluster ORDER BY ALL"
    ).fetchall()
    return [Entity(key, name, kind, weight or 0) for key, name, kind, weight in rows]


def matching(wanted: str, among: list[Entity]) -> list[Entity]:
    """What a person may mean by a text, the likeliest first.

    Raises:
        SetupError: if nothing is like it.

    Example:
        >>> [one.key for one in matching("aparel", [Entity("apparel", "Apparel", "cluster")])]
        ['apparel']
    """
    text = wanted.strip().casefold()
    exact = [one for one in among if text in (one.key.casefold(), one.name.casefold())]
    starting = [one for one in among if one.name.casefold().startswith(text)]
    holding = [one for one in among if text in one.name.casefold()]
    if found := exact or starting or holding:
        return sorted(found, key=_first)
    scored = [(max(_alike(text, part) for part in _parts(one)), one) for one in among]
    near = [(score, one) for score, one in scored if score >= ALIKE]
    if not near:
        raise SetupError(
            f"no region and no cluster is called {wanted!r}; `clusters query` lists dim_region, dim_cluster"
        )
    return [one for _, one in sorted(near, key=lambda each: (-round(each[0], 2), _first(each[1])))]


def _first(one: Entity) -> tuple[int, float, str]:
    place = PREFERENCE.index(one.kind) if one.kind in PREFERENCE else -1
    return place, -one.weight, one.key


def _parts(one: Entity) -> list[str]:
    """A name and its first part: of "Detroit-Warren-Dearborn, MI MSA" Detroit too."""
    name = one.name.casefold()
    return [name, name.split(",")[0], name.split(",")[0].split("-")[0]]


def _alike(one: str, other: str) -> float:
    return SequenceMatcher(None, one, other).ratio()


def _region(con: duckdb.DuckDBPyConnection, region: Entity, asked: int | None) -> None:
    console, year = stdout(), _year(con, region, "region_id = ?", asked)
    (row,) = con.execute(
        "SELECT jobs, average_wage, traded_share, strong_clusters, growth_1y, growth_5y, population, population_year "
        "FROM region_profile WHERE region_id = ? AND year = ?",
        [region.key, year],
    ).fetchall()
    jobs, pay, traded, strong, one, five, people, counted = row
    console.print(f"{region.name} ({region.key}), {year}", style="bold")
    told = [f"{count(jobs)} jobs" + (f" ({_rate(one)} over a year)" if one is not None else "")]
    told += [f"{_rate(five)} a year over five years"] if five is not None else []
    told += [f"average pay ${count(pay)}"] if pay is not None else []
    told += [f"{traded:.0%} of cluster jobs traded"] if traded is not None else []
    told += [f"{strong} strong cluster{'' if strong == 1 else 's'}"] if strong is not None else []
    told += [f"{count(people)} people ({counted})"] if people is not None else []
    console.print("; ".join(told))
    where = "region_id = ? AND kind = 'traded'"
    sql = GREATEST.format(name="cluster_name", where=where, order="above_norm DESC NULLS LAST, cluster_id")
    _print_table("Traded clusters, by jobs beyond the nation's share", "cluster", con, sql, [year, region.key, SHOWN])
    console.print(NOTE)


def _cluster(con: duckdb.DuckDBPyConnection, cluster: Entity, asked: int | None) -> None:
    console, year = stdout(), _year(con, cluster, "cluster_id = ?", asked)
    ((nation,),) = con.execute(
        "SELECT max(jobs) FROM cluster_profile WHERE cluster_id = ? AND year = ? AND region_type = 'nation'",
        [cluster.key, year],
    ).fetchall()
    console.print(f"{cluster.name} ({cluster.key}), {year}", style="bold")
    console.print(f"{count(nation)} private jobs in the nation")
    for region_type, title in (("cbsa", "Metropolitan and micropolitan areas"), ("state", "States")):
        where = f"cluster_id = ? AND region_type = '{region_type}'"
        year = _year(con, cluster, where, asked)
        sql = GREATEST.format(name="region_name", where=where, order="jobs DESC, region_id")
        _print_table(f"{title} of {year}, by jobs", "region", con, sql, [year, cluster.key, SHOWN])
    console.print(NOTE)


def _print_table(title: str, what: str, con: duckdb.DuckDBPyConnection, sql: str, values: list[Any]) -> None:
    rows = con.execute(sql, values).fetchall()
    most = max((high or 0 for _, _, _, high, *_ in rows), default=0)
    shown = [
        (name, figure(jobs, quality), bar(low, high, most), f"{lq:.2f}" if lq is not None else "", strong or "",
         "★" * (stars or 0), _rate(growth))
        for name, jobs, low, high, quality, lq, strong, stars, growth in rows
    ]  # fmt: skip
    columns = [what, "jobs", "range", "LQ", "strong", "stars"]
    # A release's first year knows no growth.
    columns += ["a year"] if any(growth is not None for *_, growth in rows) else []
    stdout().print(table(title, columns, [row[: len(columns)] for row in shown], ("jobs", "LQ", "a year")))


def bar(low: float | None, high: float | None, most: float) -> str:
    """A range as a bar: full up to its low end, shaded up to its high end, as a share of what fills the width.

    Example:
        >>> bar(50.0, 75.0, 100.0)
        '█████▒▒▒'
    """
    if low is None or high is None or most <= 0:
        return ""
    full = round(BAR * low / most)
    return "█" * full + "▒" * (max(round(BAR * high / most), full) - full)


def _rate(growth: float | None) -> str:
    return "" if growth is None else f"{growth:+.1%}"
