"""What a person sees when a refresh has ended.

Belongs here: the printed summary and its queries on the release. Does not: running anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from orchestration.cli.terminal import count, figure, size, table

if TYPE_CHECKING:
    import duckdb

    from orchestration.refresh import Summary

# By jobs beyond the nation's share, which weighs size and quotient together.
STRONGEST = """
    WITH ranked AS (
        SELECT *, list_position(['cbsa', 'county', 'state'], region_type) AS preference
        FROM cluster_profile
        WHERE strong IN ('yes', 'likely') AND kind = 'traded' AND year = (SELECT max(year) FROM cluster_profile)
    )
    SELECT region_id, cluster_id, year, region_name, cluster_name, jobs, jobs_quality, above_norm, lq, stars, strong
    FROM ranked
    WHERE preference = (SELECT min(preference) FROM ranked)
    ORDER BY above_norm DESC NULLS LAST, region_id, cluster_id
    LIMIT 10
"""


def print_summary(summary: Summary, link: Path, console: Console, memory_limit: str) -> None:
    """Print what a refresh did and what the release it leaves behind, behind `link`, holds."""
    from orchestration.release.reading import opened

    if summary.profile == "sample":
        banner = "SYNTHETIC sample data: an invented country, no real place or employer"
        console.print(Panel.fit(Text(banner, style="bold"), border_style="yellow"))
    if summary.outcome == "published":
        console.print(f"Published release {summary.release_id} (profile {summary.profile})", style="bold green")
    else:
        opening = "Nothing new" if summary.outcome == "nothing new" else "Held back"
        console.print(f"{opening}: release {summary.release_id} stays current", style="bold")
    if summary.pulled:
        rows = [(source, outcome, files, size(total)) for source, outcome, files, total in summary.pulled]
        console.print(table("Pulled", ("source", "outcome", "files", "size"), rows, ("files", "size")))
    with opened(summary.path, memory_limit) as con:
        _print_tables(con, console)
        strongest = con.execute(STRONGEST).fetchall()
    _print_strongest(strongest, console)
    for note in summary.notes:
        console.print(f"Note: {note}")
    for warning in summary.warnings:
        console.print(f"Warning: {warning}", style="yellow")
    console.print(f"The file: {link} (release {summary.release_id}, {size(link.stat().st_size)})")
    console.print("Try next:")
    for sql in next_queries(strongest):
        console.print(f'  clusters query "{sql}"', soft_wrap=True)
    console.print(f"Done in {summary.seconds:.0f} s.")


def next_queries(strongest: list[tuple]) -> list[str]:
    """Three queries that run on the release whose strongest clusters are given; none holds a double quote."""
    year = f"year = {strongest[0][2]}" if strongest else "true"
    region = strongest[0][0].replace("'", "''") if strongest else "nation:US"
    cluster = strongest[0][1].replace("'", "''") if strongest else "automotive"
    return [
        "SELECT cluster_name, jobs, jobs_low, jobs_high, round(lq, 2) AS lq, strong, stars FROM cluster_profile "
        f"WHERE region_id = '{region}' AND {year} ORDER BY above_norm DESC NULLS LAST LIMIT 10",
        "SELECT region_name, jobs, jobs_low, jobs_high, round(lq, 2) AS lq, strong FROM cluster_profile "
        f"WHERE cluster_id = '{cluster}' AND {year} AND strong IN ('yes', 'likely') ORDER BY jobs DESC LIMIT 10",
        "SELECT source_id, reference_period, fetched_at, rows FROM meta.source_snapshot ORDER BY source_id",
    ]


def _print_tables(con: duckdb.DuckDBPyConnection, console: Console) -> None:
    names = con.execute(
        "SELECT table_name FROM information_schema.tables WHERE table_schema = 'main' ORDER BY table_name"
    ).fetchall()
    rows = []
    for (name,) in names:
        counted = con.execute(f'SELECT count(*) FROM main."{name}"').fetchone()
        rows.append((name, f"{counted[0] if counted else 0:,}"))
    console.print(table("Tables", ("table", "rows"), rows, ("rows",)))


def _print_strongest(strongest: list[tuple], console: Console) -> None:
    if not strongest:
        console.print("No strong cluster in the newest year.")
        return
    rows = [
        (
            region,
            cluster,
            figure(jobs, quality),
            count(above),
            "" if lq is None else f"{lq:.2f}",
            "★" * (stars or 0),
            strong,
        )
        for _, _, _, region, cluster, jobs, quality, above, lq, stars, strong in strongest
    ]
    columns = ("region", "cluster", "jobs", "above the norm", "LQ", "stars", "strong")
    title = f"The strongest traded clusters of {strongest[0][2]}"
    console.print(table(title, columns, rows, ("jobs", "above the norm", "LQ")))
    console.print(
        "≈ estimated. Above the norm: jobs beyond the nation's share. "
        "Strong by U.S. Cluster Mapping's rule: yes for certain, or likely (nine in ten)."
    )
