"""The publisher's side of a figure: the file it came in, its checksum, and the tidy rows that were read from it.

Belongs here: finding landed files and tidy rows of the Quarterly Census and holding cells against them. Does not: what
is made of cells.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from orchestration.checksums import checksum
from orchestration.explaining.report import INDENT, Report, equal, text
from orchestration.explaining.sizes import rows_of
from orchestration.landing.store import blob_path
from orchestration.partitions import Partition, is_whole
from orchestration.release.manifest import manifest_path, read_manifest

if TYPE_CHECKING:
    import duckdb

    from orchestration.settings import Settings

OWNERSHIPS = {"total": "0", "federal": "1", "state": "2", "local": "3", "private": "5"}
FIGURES = ("establishments", "employment", "wages")
MOST_FILES, MOST_ROWS = 3, 10
HEAD = ("industry_code", "N", "annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages")
ROWS = """
    SELECT industry_code, string_agg(DISTINCT disclosure_code, '') AS disclosure,
        sum(annual_avg_estabs) AS establishments,
        CASE WHEN count(*) = count(annual_avg_emplvl) THEN sum(annual_avg_emplvl) END AS employment,
        CASE WHEN count(*) = count(total_annual_wages) THEN sum(total_annual_wages) END AS wages
    FROM read_parquet(?)
    WHERE list_contains(?, area_fips) AND own_code = ? AND size_code = '0' AND list_contains(?, industry_code)
    GROUP BY industry_code
"""
COUNTIES = """
    SELECT county_region_id FROM cbsa_county
    WHERE region_id = ? AND valid_from <= ? AND (valid_to IS NULL OR valid_to >= ?) ORDER BY ALL
"""


class Cells(NamedTuple):
    """Cells of one region, year and ownership; each has its industry's `code` and the three figures."""

    region_id: str
    year: int
    ownership: str
    cells: Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Publisher:
    """Where the rows of a release's Quarterly Census are: the release, its home, the release's id."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    release_id: str

    def partition(self, source_id: str) -> Partition | None:
        """The tidy partition that a row's `source_id` was built from, by the release's manifest."""
        entries = read_manifest(manifest_path(self.settings.warehouse, self.release_id)).partitions
        return next(
            (one for one in map(Partition.of, entries) if source_id in (one.name, f"{one.source_id}:{one.period}")),
            None,
        )

    def tidy(self, source_id: str) -> Path | None:
        """The tidy rows, if they are still there as they were."""
        found = self.partition(source_id)
        path = self.settings.tidy / found.path if found else None
        return path if found and path and is_whole(path, found.tidy_sha256) else None

    def printed(self, these: Cells, tidy: Path) -> tuple[dict[str, dict[str, Any]], list[str]]:
        """The publisher's rows of cells, by industry, and the areas they stand under.

        Of an area without rows of its own those of its counties, added up.
        """
        kind, code = these.region_id.split(":")
        areas = {"nation": [f"{code}000"], "state": [f"{code}000"], "cbsa": [f"C{code[:4]}"]}.get(kind, [code])
        found = self._rows(tidy, areas, these)
        if found or kind != "cbsa":
            return found, areas
        counties = self.counties(these.region_id, these.year)
        return self._rows(tidy, counties, these), counties

    def counties(self, region_id: str, year: int) -> list[str]:
        """The codes of the counties of an area in a year."""
        found = self.con.execute(COUNTIES, [region_id, year, year]).fetchall()
        return [name.split(":")[1] for (name,) in found]

    def _rows(self, tidy: Path, areas: list[str], these: Cells) -> dict[str, dict[str, Any]]:
        codes = [cell["code"] for cell in these.cells]
        values = [str(tidy), areas, OWNERSHIPS[these.ownership], codes]
        return {row["industry_code"]: row for row in rows_of(self.con, ROWS, values)}


def total_cell(con: duckdb.DuckDBPyConnection, region_id: str, year: int) -> Cells:
    """The cell of all industries and ownerships of a region."""
    sql = "FROM employment WHERE region_id = ? AND year = ? AND ownership = 'total' AND industry_id LIKE 'naics%:10'"
    return Cells(region_id, year, "total", [row | {"code": "10"} for row in rows_of(con, sql, [region_id, year])])


def hold_against(report: Report, of: Publisher, source_id: str, these: Cells, beside: Sequence[Cells] = ()) -> None:
    """The step about the publisher's rows: cells held against those they come from; those `beside` in a line."""
    report.step("The publisher's rows")
    tidy = of.tidy(source_id)
    if tidy is None:
        report.say(
            "The tidy rows of this release are no longer in this home as they were read, so its cells were not held "
            "against them."
        )
        report.say("To look by hand, see the file below.")
        return
    found, areas = of.printed(these, tidy)
    under = areas[0] if len(areas) == 1 else f"{len(areas)} counties of the area, added up"
    report.say(
        f"Rows with own_code {OWNERSHIPS[these.ownership]} and area_fips {under}; N = withheld by the publisher."
    )
    shown = [
        (cell["code"], row["disclosure"] or "", *(_printed(row[name]) for name in FIGURES))
        for cell in these.cells[:MOST_ROWS]
        if (row := found.get(cell["code"]))
    ]
    report.rows([HEAD, *shown], (13, 2, -17, -17, -18))
    if len(these.cells) > len(shown):
        report.say(f"and {len(these.cells) - len(shown)} more")
    _compare(report, these, found)
    for others in beside:
        _compare(report, others, of.printed(others, tidy)[0])


def _compare(report: Report, these: Cells, found: dict[str, dict[str, Any]]) -> None:
    """Says in how many cells the release has what the publisher prints, and names the others."""
    same = 0
    for cell in these.cells:
        row = found.get(cell["code"])
        odd = [name for name in FIGURES if row is None or not equal(row[name], cell[name])]
        same += not odd
        for name in odd:
            report.again(f"{name} of {cell['code']} by the publisher's row", row and row[name], cell[name])
    many, withheld = len(these.cells), sum(cell["employment"] is None for cell in these.cells)
    report.say(
        f"{these.region_id}, {these.ownership}: {same} of {many} {'cell' if many == 1 else 'cells'} as in these rows"
        f"{f', of which {withheld} withheld' if withheld else ''}{' (equal)' if same == many else ''}"
    )


def show_file(report: Report, of: Publisher, source_id: str, region_id: str) -> None:
    """The step about the file: whose, from where, its checksum, and whether the landed one is still what it was."""
    report.step("The publisher's file")
    snapshots = rows_of(of.con, "SELECT * FROM meta.source_snapshot WHERE source_id = ?", [source_id])
    for snapshot in snapshots:
        report.say(f"{source_id}: {snapshot['publisher']}, {snapshot['dataset']}, {snapshot['reference_period']}")
    files = rows_of(of.con, "SELECT * FROM meta.source_file WHERE source_id = ? ORDER BY url", [source_id])
    code = region_id.split(":")[1]
    own = [file for file in files if f"/{code}.csv" in file["url"] or f"/{code}000.csv" in file["url"]]
    for file in (own or files)[:MOST_FILES]:
        report.lines.append(f"{INDENT}{file['url']}")
        report.lines.append(f"{INDENT}sha256 {file['sha256']}")
        report.say(f"{text(file['bytes'])} bytes, fetched {file['fetched_at']:%Y-%m-%d %H:%M} UTC")
        _show_landed(report, blob_path(of.settings.landing, file["sha256"]), file["sha256"])
    if more := len(files) - len((own or files)[:MOST_FILES]):
        report.say(f"and {more} more files of the year: meta.source_file")


def _printed(value: float | None) -> str:
    return "withheld" if value is None else text(value)


def _show_landed(report: Report, path: Path, sha256: str) -> None:
    if not path.exists():
        report.say("The landed file is not in this home; the address and the checksum above tell which it was.")
    elif checksum(path) == sha256:
        report.say(f"Landed, checksum looked at again (equal): {path}")
    else:
        report.again(f"sha256 of {path}", checksum(path), sha256)
