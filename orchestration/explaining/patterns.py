"""What County Business Patterns print of a cell's place, which its estimate was drawn towards.

Belongs here: that step of `explain`. Does not: which of it an estimate heeds (`int_cbp_cells`), and how much
(`orchestration/indicators/estimate.py`).
"""

from __future__ import annotations

from typing import Any

from orchestration.explaining.publisher import Publisher
from orchestration.explaining.report import Report, text
from orchestration.explaining.sizes import rows_of
from orchestration.naics import patterns_years_back

# Of each county in the newest file the newest figure.
PRINTED = """
    SELECT count(*) AS counties, sum(employment)::DOUBLE AS jobs, sum(establishments)::DOUBLE AS establishments,
        min(year) AS first_year, max(year) AS last_year
    FROM (
        FROM read_parquet(?)
        WHERE naics_code = ? AND employment > 0 AND establishments > 0
            AND (list_contains(?, county_fips) OR left(county_fips, 2) = ?)
            AND county_fips IN (SELECT county_fips FROM read_parquet(?))
        QUALIFY year = max(year) OVER (PARTITION BY county_fips)
    )
"""
HEEDED = {
    True: "The estimate was drawn towards that, and its interval comes from errors of cells so told of.",
    False: "The estimate was drawn towards that little or not at all, and its interval comes from errors of cells that "
    "QCEW alone tells of: the cell has fewer than three plants, or less than half of them are told of, or others are "
    "counted there too (another meaning of the code, plants of governments), or its bounds meet.",
}


def show(report: Report, of: Publisher, row: dict[str, Any]) -> None:
    """The step, of a withheld private cell; says so where nothing is printed, or the files are not there."""
    kind, code = row["region_id"].split(":")
    evidence = row.get("estimate_evidence")
    if kind not in ("county", "cbsa", "state") or evidence is None:
        return
    report.step("What County Business Patterns print of it")
    years = range(row["year"] - patterns_years_back(), row["year"] + 1)
    names = [name for year in years if of.partition(name := f"cbp_county:{year}")]
    files = [str(tidy) for name in names if (tidy := of.tidy(name))]
    if not names:
        report.say(f"The release has none of {years[0]} to {years[-1]}, so that QCEW alone tells of the cell.")
        return
    if len(files) < len(names):
        report.say("The rows that it was estimated with are no longer in this home as they were read.")
        return
    counties = of.counties(row["region_id"], row["year"]) if kind == "cbsa" else [code]
    industry = "00" if row["code"] == "10" else row["code"]
    (found,) = rows_of(of.con, PRINTED, [files, industry, counties, code if kind == "state" else None, files[-1]])
    if not found["counties"]:
        report.say(
            f"Nothing in {' and '.join(name.split(':')[1] for name in names)}: no cell of a county with fewer than "
            "three plants, no branch that they do not cover, no code of another edition of NAICS. QCEW alone tells of "
            "the cell."
        )
        return
    many = "1 county" if found["counties"] == 1 else f"{found['counties']} counties"
    first, last = found["first_year"], found["last_year"]
    report.say(
        f"{text(found['jobs'])} jobs in March {last if first == last else f'{first} to {last}'}, with noise added, in "
        f"{text(found['establishments'])} plants of {many}; the cell has {text(row['establishments'])} plants. "
        f"{HEEDED[evidence == 'qcew, cbp']}"
    )
