"""`clusters explain`: one figure of the release, followed back to the publisher's rows.

Belongs here: arguments, finding the row that is meant, the figure's own contract, printing. Does not: what figures are
made of (`orchestration.explaining`).
"""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestration.cli.profile import Entity, matching
from orchestration.cli.terminal import current_release, load_settings, profile_label, stdout
from orchestration.errors import GateError, SetupError

if TYPE_CHECKING:
    import duckdb

    from orchestration.explaining.report import Report

# What identifies a row beside region and year.
SUBJECTS = {
    "employment": "industry",
    "industry_specialisation": "industry",
    "cluster_specialisation": "cluster",
    "cluster_profile": "cluster",
    "cluster_dynamics": "cluster",
}
OWNERSHIPS = ("private", "total", "federal", "state", "local")
# Ends of names of columns that belong to one figure.
ENDINGS = ("_lower", "_upper", "_estimate", "_p10", "_p90", "_best", "_worst", "_low", "_high")


def explain(
    table: Annotated[str, typer.Argument(metavar="TABLE", help=f"One of {', '.join(SUBJECTS)}.")],
    column: Annotated[str, typer.Argument(metavar="COLUMN", help="A column; `clusters dictionary TABLE` lists them.")],
    region: Annotated[str, typer.Option("--region", help="A region's name, a part of it, or its key.")],
    year: Annotated[int, typer.Option("--year", help="The year; of a change, the later one.")],
    cluster: Annotated[str | None, typer.Option("--cluster", help="A cluster's name or key.")] = None,
    industry: Annotated[str | None, typer.Option("--industry", help="An industry's code, title or key.")] = None,
    ownership: Annotated[str, typer.Option("--ownership", help=f"One of {', '.join(OWNERSHIPS)}.")] = "private",
    from_year: Annotated[int | None, typer.Option("--from-year", help="Of a change, the earlier year.")] = None,
) -> None:
    """Follow one figure back to the publisher's rows: parts, formula, file, checksum; each figure is made again.

    Example: clusters explain cluster_specialisation lq --region detroit --cluster automotive --year 2016
    """
    from orchestration.explaining.publisher import Publisher
    from orchestration.explaining.report import Report
    from orchestration.explaining.tables import follow
    from orchestration.release.reading import opened

    subject = _subject(table, cluster, industry, ownership)
    settings = load_settings()
    release = current_release(settings)
    report = Report()
    with opened(release.path, settings.memory_limit) as con:
        _require_column(con, table, column)
        place, *others = _found(region, _regions(con, region), "region")
        among = _clusters(con) if subject == "cluster" else _industries(con, year, industry or "")
        what, *more = _found(cluster or industry or "", among, subject)
        keys = _keys(con, table, {"region_id": place.key, f"{subject}_id": what.key}, year, from_year, ownership)
        row = _row(con, table, keys, place, what)
        report.say(f"{what.name} in {place.name}, {year}{'' if subject == 'cluster' else f' ({ownership})'}", "")
        report.say(f"{table}, {', '.join(str(key) for key in keys.values())}; release {release.id}", "")
        if release.profile == "sample":
            report.say(profile_label(release.profile), "")
        _contract(report, con, table, column, row[column])
        follow(report, Publisher(con, settings, release.id), table, column, row)
    _print(report, [*others, *more])


def _subject(table: str, cluster: str | None, industry: str | None, ownership: str) -> str:
    """What the rows of a table are about: a cluster or an industry; the one that was named is it."""
    if table not in SUBJECTS:
        near = get_close_matches(table, SUBJECTS, n=1)
        raise SetupError(
            f"`clusters explain` does not cover table {table!r}; {f'did you mean {near[0]}?' if near else 'there are'} "
            f"{'' if near else ', '.join(SUBJECTS)}".strip()
        )
    subject = SUBJECTS[table]
    if (cluster if subject == "cluster" else industry) is None or (cluster and industry):
        raise SetupError(f"{table} has a row for each {subject}: name one with --{subject}, and no other")
    if ownership not in OWNERSHIPS:
        raise SetupError(f"no ownership {ownership!r}; there are {', '.join(OWNERSHIPS)}")
    return subject


def _require_column(con: duckdb.DuckDBPyConnection, table: str, column: str) -> None:
    sql = (
        "SELECT column_name FROM meta.column_dictionary WHERE schema_name = 'main' AND table_name = ? ORDER BY position"
    )
    names = [name for (name,) in con.execute(sql, [table]).fetchall()]
    if not names:
        raise SetupError(f"this release has no table {table}; `clusters dictionary` lists its tables")
    if column not in names:
        near = get_close_matches(column, names, n=3)
        raise SetupError(
            f"no column {column!r} in {table}; "
            + (f"did you mean {' or '.join(near)}?" if near else f"there are {', '.join(names)}")
        )


def _found(wanted: str, among: list[Entity], what: str) -> list[Entity]:
    """What is meant, the likeliest first."""
    try:
        return matching(wanted, among)
    except SetupError as error:
        table = {"region": "dim_region", "cluster": "dim_cluster"}.get(what, "dim_industry")
        raise SetupError(f'no {what} is called {wanted!r}; `clusters query "FROM {table}"` lists them') from error


def _regions(con: duckdb.DuckDBPyConnection, wanted: str) -> list[Entity]:
    """What may be meant: the region of that key, also one that is no place, or all places; the larger first."""
    rows = con.execute(
        "SELECT region_id, coalesce(name, region_id), region_type, coalesce(population, 0) FROM dim_region ORDER BY 1"
    ).fetchall()
    keyed = [row for row in rows if row[0] == wanted.strip()]
    return [Entity(*row) for row in keyed or rows if keyed or row[2] != "unallocated"]


def _clusters(con: duckdb.DuckDBPyConnection) -> list[Entity]:
    rows = con.execute("SELECT cluster_id, name FROM dim_cluster ORDER BY cluster_id").fetchall()
    return [Entity(key, name, "cluster") for key, name in rows]


def _industries(con: duckdb.DuckDBPyConnection, year: int, wanted: str) -> list[Entity]:
    """What may be meant: the industry of that code or key in the year's classification, or all of them."""
    rows = con.execute(
        "SELECT industry_id, i.code, i.title FROM dim_industry AS i "
        "SEMI JOIN (SELECT industry_id FROM employment WHERE year = ?) AS e USING (industry_id) ORDER BY i.code",
        [year],
    ).fetchall()
    if not rows:
        raise SetupError(f"no year {year} in this release; there are {_years(con, 'employment', 'year')}")
    keyed = [row for row in rows if wanted.strip() in row[:2]]
    return [Entity(key, f"{title} ({code})", "industry") for key, code, title in keyed or rows]


def _keys(
    con: duckdb.DuckDBPyConnection, table: str, keys: dict[str, Any], year: int, from_year: int | None, ownership: str
) -> dict[str, Any]:
    """All that identifies a row; a change goes from the year that was named or the nearest before."""
    if table != "cluster_dynamics":
        return keys | ({"ownership": ownership} if "industry_id" in keys else {}) | {"year": year}
    sql = "SELECT max(from_year) FROM cluster_dynamics WHERE region_id = ? AND cluster_id = ? AND to_year = ?"
    nearest = con.execute(sql, [*keys.values(), year]).fetchone()
    return keys | {"from_year": from_year or (nearest[0] if nearest else None), "to_year": year}


def _row(
    con: duckdb.DuckDBPyConnection, table: str, keys: dict[str, Any], place: Entity, what: Entity
) -> dict[str, Any]:
    from orchestration.explaining.sizes import rows_of

    where = " AND ".join(f"{name} = ?" for name in keys)
    found = rows_of(con, f"FROM {table} WHERE {where}", list(keys.values()))
    if found:
        return found[0]
    times = [name for name in keys if name.endswith("year")]
    others = {name: value for name, value in keys.items() if name not in times}
    there = _years(con, table, times[-1], others) or f"none; the release has {_years(con, table, times[-1])}"
    raise SetupError(
        f"{table} has no row of {what.name} ({what.key}) in {place.name} ({place.key}) for "
        f"{' to '.join(str(keys[name]) for name in times)}; years with one: {there}"
    )


def _years(con: duckdb.DuckDBPyConnection, table: str, name: str, keys: dict[str, Any] | None = None) -> str:
    where = " AND ".join(f"{key} = ?" for key in keys) if keys else "TRUE"
    rows = con.execute(
        f"SELECT DISTINCT {name} FROM {table} WHERE {where} ORDER BY 1", list((keys or {}).values())
    ).fetchall()
    return ", ".join(str(year) for (year,) in rows)


def _contract(report: Report, con: duckdb.DuckDBPyConnection, table: str, column: str, value: Any) -> None:
    """The figure with its unit, meaning, formula and source, as its contract has them."""
    from orchestration.explaining.report import text
    from orchestration.explaining.sizes import rows_of

    sql = "FROM meta.column_dictionary WHERE schema_name = 'main' AND table_name = ? AND column_name = ?"
    (told,) = rows_of(con, sql, [table, column])
    report.step("The figure")
    report.say(f"{column} = {'withheld or unknown (NULL)' if value is None else text(value)} ({told['unit']})")
    report.say(f"{told['meaning'].rstrip('.')}.")
    base = next((column.removesuffix(end) for end in ENDINGS if column.endswith(end)), column)
    for name in dict.fromkeys((column, base)):
        found = rows_of(con, "FROM meta.indicator WHERE table_name = ? AND column_name = ?", [table, name])
        if found and found[0]["formula"]:
            report.say(f"formula{'' if name == column else f' of {name}'}: {found[0]['formula']}")
            if found[0]["threshold"] and name == column:
                report.say(f"threshold: {found[0]['threshold']}")
    report.say(f"source: {told['citation'].rstrip('.')}")


def _print(report: Report, others: list[Entity]) -> None:
    """Prints the lines; then, where a figure came out different, stops with the error that says so."""
    console = stdout()
    for line in report.lines:
        console.print(line, soft_wrap=True, style="bold" if line[:1].isdigit() else None)
    if others:
        console.print(
            "\nOr did you mean " + ", ".join(f"{one.name} ({one.key})" for one in others[:3]) + "?", soft_wrap=True
        )
    if report.differing:
        raise GateError(
            f"{len(report.differing)} figures do not follow from their parts: {'; '.join(report.differing[:3])}. "
            "Remedy: do not quote them; `clusters rebuild` makes the release again, `clusters rollback` goes back"
        )
