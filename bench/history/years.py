"""Made years of QCEW in the publisher's annual layout, in a folder that stands in for the publishers.

Belongs here: sums, marks, changes over the year, the file. Does not: figures of the finest cells (`economy`, `drift`).

Every total is the sum of its parts, to the job and the dollar: industries, ownerships, counties of states and of
metropolitan areas, states of the nation. A cell is withheld where it is in the real year; one that the real year lacks
(a code of a newer edition, an area of a newer delineation) where all its parts are. Columns that nothing reads are
empty: quotients, as in the mirror's own files, taxable wages, contributions, and changes of rates.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import numpy as np

from bench.history.drift import figures
from bench.history.economy import SINGLEFILE, Leaves, climb, nearest, read_year
from bench.history.editions import codes_of, edition_of
from bench.history.places import members
from orchestration.sample.qcew import ANNUAL, header
from tests.marts.tonight import KEPT

COLUMNS = [name.strip('"') for name in header(ANNUAL, titled=False).split(",")]
TEXTS = (*KEPT, "agglvl_code", "year", "lq_disclosure_code", "oty_disclosure_code")
QCEW_YEARS = "data.bls.gov/cew/data"
REVISED = "revised"


@dataclass
class Maker:
    """Makes years of one history: the same mirror, reference, seed and states give the same bytes.

    `reference` is the folder of concordances of NAICS. `states` are two-digit codes; none means all of them.
    """

    mirror: Path
    reference: Path
    seed: int
    states: Sequence[str] = ()
    con: duckdb.DuckDBPyConnection = field(
        default_factory=lambda: duckdb.connect(config={"memory_limit": "3GB", "threads": 2})
    )
    economy: Leaves | None = None

    def write(self, year: int, folder: Path, revision: int = 0) -> Path:
        """Writes a year's archive below a folder; its changes are those from what was printed last (see `figure`).

        Returns the archive.
        """
        self.con.execute("ALTER TABLE now RENAME TO before")
        self.figure(year, revision)
        archive = folder / SINGLEFILE.format(year=year)
        archive.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix="clusters-history-") as scratch:
            csv = Path(scratch) / f"{year}.annual.singlefile.csv"
            quoted = ", ".join(TEXTS)
            self.con.execute(f"COPY ({_rows(year)}) TO '{csv}' (HEADER, FORCE_QUOTE ({quoted}))")
            _zip(csv, archive)
        self.con.execute("DROP TABLE before")
        return archive

    def figure(self, year: int, revision: int = 0) -> None:
        """Computes a year into the table `now`: a row for each cell that it prints."""
        if self.economy is None or self.economy.year != nearest(year):
            self.economy = read_year(self.con, self.mirror, nearest(year), self.states)
        made = figures(self.economy, year, self.seed, revision)
        codes = codes_of(made, edition_of(year), self.reference)
        self._register(made, codes)
        list_of_areas = list(members(self.mirror, np.unique(made.county).tolist(), year))
        areas = {m.area: n for n, m in enumerate(list_of_areas)}
        self.con.register("member", {
            "county": np.array([m.county for m in list_of_areas], np.int32),
            "area": np.array([areas[m.area] for m in list_of_areas], np.int32),
            "finest": np.array([m.finest for m in list_of_areas], np.int8),
        })  # fmt: skip
        named = [list_of_areas[n] for n in areas.values()]
        self.con.register("area", {
            "area": np.array(list(areas.values()), np.int32),
            "area_fips": np.array([m.area for m in named], object),
            "area_before": np.array([m.area_before for m in named], object),
            "kind": np.array([m.kind for m in named], np.int8),
        })  # fmt: skip
        self.con.execute(SUMS)

    def _register(self, made: Leaves, codes: np.ndarray) -> None:
        """The finest cells, and which cells each kind of them is a part of, by number."""
        kinds, kind = np.unique(made.own.astype(np.int64) * 1_000_000 + codes, return_inverse=True)
        lines = [climb(str(number // 1_000_000), str(number % 1_000_000)) for number in kinds.tolist()]
        cells = {cell: n for n, cell in enumerate(dict.fromkeys(cell for line in lines for cell in line))}
        climbs = [(n, cells[cell]) for n, line in enumerate(lines) for cell in line]
        self.con.register("climb", dict(zip(("kind", "cell"), np.array(climbs, np.int32).T, strict=True)))
        named = np.array([(n, *cell) for cell, n in cells.items()], dtype=object).T
        types = (np.int32, object, object, np.int8)
        self.con.register("cell", {
            name: values.astype(dtype)
            for name, values, dtype in zip(("cell", "own_code", "industry_code", "level"), named, types, strict=True)
        })  # fmt: skip
        self.con.register("leaf", {
            "county": made.county, "kind": kind.astype(np.int32), "estabs": made.estabs, "jobs": made.jobs,
            "wages": made.wages, "hidden": made.hidden,
        })  # fmt: skip


SUMS = """
    CREATE TABLE now AS
    WITH in_county AS MATERIALIZED (
        SELECT county, cell, sum(estabs)::BIGINT AS estabs, sum(jobs)::BIGINT AS jobs, sum(wages)::BIGINT AS wages,
            bool_and(hidden) AS hidden
        FROM leaf JOIN climb USING (kind)
        GROUP BY ALL
    ),
    in_area AS (
        SELECT area, cell, any_value(level) AS level, sum(estabs)::BIGINT AS estabs, sum(jobs)::BIGINT AS jobs,
            sum(wages)::BIGINT AS wages, bool_and(hidden) AS hidden
        FROM in_county JOIN cell USING (cell) JOIN member USING (county)
        WHERE level <= finest
        GROUP BY area, cell
    )
    SELECT a.area_fips, c.own_code, c.industry_code, (kind * 10 + in_area.level)::VARCHAR AS agglvl_code, estabs, jobs,
        wages, coalesce(m.hidden, in_area.hidden) AS hidden
    FROM in_area JOIN cell AS c USING (cell) JOIN area AS a USING (area)
    LEFT JOIN marks AS m
        ON m.area_fips = a.area_before AND m.own_code = c.own_code AND m.industry_code = c.industry_code
"""


def _rows(year: int) -> str:
    """SQL of the file's rows. Percentages are 100.0 where there was nothing before, as the publisher prints them."""
    shown = {
        "size_code": "'0'", "year": f"'{year}'", "qtr": "'A'", "disclosure_code": "if(now.hidden, 'N', '')",
        "annual_avg_estabs": "now.estabs", "annual_avg_emplvl": "if(now.hidden, 0, now.jobs)",
        "total_annual_wages": "if(now.hidden, 0, now.wages)",
        "annual_avg_wkly_wage": "if(now.hidden OR now.jobs = 0, 0, round(now.wages / now.jobs / 52))::BIGINT",
        "avg_annual_pay": "if(now.hidden OR now.jobs = 0, 0, round(now.wages / now.jobs))::BIGINT",
        "lq_disclosure_code": "''", "oty_disclosure_code": "if(unsaid, 'N', '')",
    }  # fmt: skip
    shown |= {name: f"now.{name}" for name in ("area_fips", "own_code", "industry_code", "agglvl_code")}
    for name, measure, unsaid in (
        ("annual_avg_estabs", "estabs", "false"),
        ("annual_avg_emplvl", "jobs", "unsaid"),
        ("total_annual_wages", "wages", "unsaid"),
    ):
        before, change = f"coalesce(before.{measure}, 0)", f"now.{measure} - coalesce(before.{measure}, 0)"
        percent = f"if({before} = 0, if(now.{measure} = 0, 0, 100), 100 * ({change}) / {before})"
        shown[f"oty_{name}_chg"] = f"if({unsaid}, 0, {change})"
        shown[f"oty_{name}_pct_chg"] = f"if({unsaid}, 0, {percent})::DECIMAL(18, 1)"
    columns = ", ".join(f"{shown.get(name, 'NULL')} AS {name}" for name in COLUMNS)
    return f"""
        SELECT {columns}
        FROM (
            SELECT now, before, now.hidden OR coalesce(before.hidden, false) AS unsaid
            FROM now LEFT JOIN before USING (area_fips, own_code, industry_code)
        )
        ORDER BY now.area_fips, now.own_code, now.industry_code
    """


def _zip(csv: Path, archive: Path) -> None:
    """One file as an archive without a date, so that the same rows are the same bytes."""
    entry = zipfile.ZipInfo(csv.name)
    entry.compress_type = zipfile.ZIP_DEFLATED
    with (
        zipfile.ZipFile(archive, "w", compresslevel=1) as stored,
        csv.open("rb") as lines,
        stored.open(entry, "w", force_zip64=True) as stream,
    ):
        shutil.copyfileobj(lines, stream, 1 << 20)


def make(maker: Maker, folder: Path, years: Sequence[int], revised: Collection[int] = ()) -> Iterator[Path]:
    """A mirror with the years in it: links to the real mirror's other files, and an archive for each year.

    Of `revised` years a later issue is written to the subfolder `revised`, and the year after it anew with its changes
    from that, as the publisher re-issues both. Yields each archive as it is written.
    """
    link_others(maker.mirror, folder)
    maker.figure(years[0] - 1)
    for year in years:
        yield maker.write(year, folder)
    for year in sorted(revised):
        maker.con.execute("DROP TABLE now")
        maker.figure(year - 1)
        yield maker.write(year, folder / REVISED, revision=1)
        if year + 1 in years:
            yield maker.write(year + 1, folder / REVISED)


def link_others(mirror: Path, folder: Path) -> None:
    """Links to every file of a mirror but the years of QCEW."""
    for path in mirror.rglob("*"):
        inside = path.relative_to(mirror)
        if path.is_file() and path.parent != mirror and not inside.as_posix().startswith(QCEW_YEARS):
            link = folder / inside
            link.parent.mkdir(parents=True, exist_ok=True)
            link.unlink(missing_ok=True)
            link.symlink_to(path)
