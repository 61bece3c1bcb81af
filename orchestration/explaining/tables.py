"""Which hops a table's columns have.

Belongs here: from a table and a column to the hops; views, whose columns stand in other tables. Does not: the hops.
"""

from __future__ import annotations

from typing import Any

from orchestration.explaining import cells, changes, clusters
from orchestration.explaining.publisher import Publisher
from orchestration.explaining.report import Report
from orchestration.explaining.sizes import rows_of

# Of columns of the view `cluster_profile` those of `cluster_specialisation` that they show.
PROFILE = {
    "jobs": "employment_estimate",
    "jobs_low": "employment_p10",
    "jobs_high": "employment_p90",
    "jobs_quality": "estimate_quality",
    "lq": "lq_estimate",
    "lq_low": "lq_p10",
    "lq_high": "lq_p90",
    "share_of_region": "share_of_region_estimate",
    "share_of_nation": "share_of_nation_estimate",
    "above_norm": "hc_employment_estimate",
    "rank": "rank_employment_estimate",
    "strong_probability": "ucm_strong_probability",
    "stars": "stars_estimate",
    "establishments": "establishments",
    "wages": "wages_estimate",
    "average_wage": "average_wage_estimate",
    "average_wage_low": "average_wage_p10",
    "average_wage_high": "average_wage_p90",
}
GROWTH = {"growth_1y": 1, "growth_5y": 5}


def follow(report: Report, of: Publisher, table: str, column: str, row: dict[str, Any]) -> None:
    """Writes all hops of one figure into the report.

    Args:
        report: takes the lines.
        of: the release and its home.
        table, column: the figure's.
        row: the table's row, by column.
    """
    if table in ("employment", "industry_specialisation"):
        found = cells.cell(of.con, row["region_id"], row["industry_id"], row["ownership"], row["year"])
        cells.explain(report, of, row | (found or {}), column)
    elif table == "cluster_dynamics":
        changes.explain(report, of, row, column)
    elif table == "cluster_profile":
        _profile(report, of, column, row)
    else:
        clusters.explain(report, of, row, column)


def _quadrant(quotient: float | None, growth: float | None) -> str | None:
    if quotient is None or growth is None:
        return None
    is_growing, is_strong = growth > 0, quotient >= 1
    return {(1, 1): "star", (1, 0): "mature", (0, 1): "emerging", (0, 0): "transforming"}[is_strong, is_growing]


def _profile(report: Report, of: Publisher, column: str, row: dict[str, Any]) -> None:
    """A column of the view: it shows what stands in another table."""
    key = [row["region_id"], row["cluster_id"], row["year"]]
    if column in GROWTH:
        sql = "FROM cluster_dynamics WHERE region_id = ? AND cluster_id = ? AND to_year = ? AND to_year - from_year = ?"
        spans = rows_of(of.con, sql, [*key, GROWTH[column]])
        # Releases from before growth had estimates show the growth of what is known.
        name = "growth_estimate" if spans and "growth_estimate" in spans[0] else "growth"
        report.say(f"It stands in cluster_dynamics, {name}, over {GROWTH[column]} years.")
        if spans:
            report.again(column, spans[0][name], row[column])
            changes.explain(report, of, spans[0], name)
            return
        report.say("There is no row of that span, and so no growth.")
    (source,) = rows_of(of.con, "FROM cluster_specialisation WHERE region_id = ? AND cluster_id = ? AND year = ?", key)
    name = PROFILE.get(column, "employment_estimate")
    # Releases from before pay had estimates show the wages that are known.
    name = name if name in source else column
    if column in PROFILE:
        report.say(f"It stands in cluster_specialisation, {name}.")
        report.again(column, source[name], row[column])
    elif column == "quadrant":
        report.say("By lq_all_estimate of cluster_specialisation and the growth of five years, or of one.")
        growth = row["growth_1y"] if row["growth_5y"] is None else row["growth_5y"]
        report.again(column, _quadrant(source["lq_all_estimate"], growth), row[column])
    elif column == "strong":
        name = "ucm_strong"
        report.say(
            "yes, no: ucm_strong of cluster_specialisation; likely, unlikely: ucm_strong_likely where that is open."
        )
        likely = {"yes": "likely", "no": "unlikely"}.get(source["ucm_strong_likely"], source["ucm_strong"])
        report.again(column, source[name] if source[name] != "undetermined" else likely, row[column])
    clusters.explain(report, of, source, name)
