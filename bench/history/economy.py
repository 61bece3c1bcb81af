"""The economy behind a real year of QCEW: every county's finest industries, withheld figures filled in.

Belongs here: reading the year, and filling in. Does not: what other years are like (`drift`), printing (`years`).

A year that is to add up exactly needs a figure for every part, the withheld ones too. A withheld figure is what its
parent has beyond its known children, shared among the withheld ones by what their establishments would have at the
nation's average. The publisher's own figures stay as they are printed.
"""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Collection
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np

from orchestration.sample.industries import SUPERSECTORS

SINGLEFILE = "data.bls.gov/cew/data/files/{year}/csv/{year}_annual_singlefile.zip"
REAL = (2015, 2016)
PRIVATE, FINEST = "5", 8
FEWEST_ESTABLISHMENTS = 0.25  # of a cell whose yearly mean rounds to none: one quarter of four
RANGES = {"31": "31-33", "32": "31-33", "33": "31-33", "44": "44-45", "45": "44-45", "48": "48-49", "49": "48-49"}
_SUPERSECTOR_OF = {sector: code for code, (_, _, sectors) in SUPERSECTORS.items() for sector in sectors}


@dataclass(frozen=True)
class Leaves:
    """Parts of a year that nothing printed is a part of: private industries of six digits in counties, and their
    federal, state and local totals.

    Arrays of one length: codes as whole numbers (`code` is 10 for a government's total), establishments, jobs, wages in
    dollars a year, and whether the publisher withholds the latter two.
    """

    year: int
    county: np.ndarray
    own: np.ndarray
    code: np.ndarray
    estabs: np.ndarray
    jobs: np.ndarray
    wages: np.ndarray
    hidden: np.ndarray


def nearest(year: int) -> int:
    """The real year from which a year is made.

    Example:
        >>> nearest(2014), nearest(2024)
        (2015, 2016)
    """
    return min(REAL, key=lambda real: abs(real - year))


def climb(own: str, code: str) -> list[tuple[str, str, int]]:
    """A cell and the cells that it is a part of in its area, finest first: ownership, industry, level (0 total to 8).

    Example:
        >>> climb("5", "311111")[3:6]
        [('5', '311', 5), ('5', '31-33', 4), ('5', '1013', 3)]
    """
    if own != PRIVATE:
        return [(own, "10", 1), ("0", "10", 0)]
    sector = RANGES.get(code[:2], code[:2])
    supersector = _SUPERSECTOR_OF[sector]
    digits = [(own, code[:n], n + 2) for n in (6, 5, 4, 3)]
    return [*digits, (own, sector, 4), (own, supersector, 3), (own, supersector[:3], 2), (own, "10", 1), ("0", "10", 0)]


def read_year(con: duckdb.DuckDBPyConnection, mirror: Path, year: int, states: Collection[str] = ()) -> Leaves:
    """The economy of a real year, of all states or of some; leaves what the year prints in the table `marks`.

    `marks` has a row for each printed cell: area_fips, own_code, industry_code, hidden.

    Raises:
        FileNotFoundError: if the mirror lacks the year's file.
    """
    with tempfile.TemporaryDirectory(prefix="clusters-history-") as folder:
        with zipfile.ZipFile(mirror / SINGLEFILE.format(year=year)) as archive:
            source = archive.extract(archive.namelist()[0], folder)
        in_states = f"AND left(area_fips, 2) IN ({', '.join(map(repr, sorted(states)))})" if states else ""
        con.execute(
            f"""
            CREATE OR REPLACE TEMP TABLE printed AS
            SELECT area_fips, own_code, industry_code, agglvl_code::TINYINT AS agglvl,
                coalesce(disclosure_code = 'N', false) AS hidden, annual_avg_estabs::BIGINT AS estabs,
                annual_avg_emplvl::BIGINT AS jobs, total_annual_wages::BIGINT AS wages
            FROM read_csv('{source}', all_varchar = true)
            WHERE left(agglvl_code, 1) IN ('1', '4', '8') OR left(agglvl_code, 1) IN ('5', '7') {in_states}
            """
        )
    con.execute("CREATE OR REPLACE TABLE marks AS SELECT area_fips, own_code, industry_code, hidden FROM printed")
    cells = _numbered(con)
    jobs = filled(cells["level"], cells["parent"], cells["jobs"], cells["hidden"], cells["usual_jobs"])
    wages = filled(cells["level"], cells["parent"], cells["wages"], cells["hidden"], jobs * cells["usual_pay"] + 1)
    finest = (cells["level"] == FINEST) | ((cells["level"] == 1) & (cells["own"] != int(PRIVATE)))
    con.execute("DROP TABLE printed")
    return Leaves(
        year, *(cells[name][finest] for name in ("county", "own", "code", "estabs")),
        jobs[finest], wages[finest], cells["hidden"][finest],
    )  # fmt: skip


def _numbered(con: duckdb.DuckDBPyConnection) -> dict[str, np.ndarray]:
    """Printed cells of counties by number, each with the number of the cell that it is a part of (-1: none), what an
    establishment of its industry usually has in jobs, and what a job pays."""
    kinds = con.sql("SELECT DISTINCT own_code, industry_code FROM printed WHERE agglvl IN (71, 78)").fetchall()
    finest = [(own, code) for own, code in kinds if (own == PRIVATE) == (len(code) == FINEST - 2)]
    lines = [climb(own, code) for own, code in finest]
    ups = {lower[:2]: upper[:2] for line in lines for lower, upper in pairwise(line)}
    rows = np.array([(*lower, *upper) for lower, upper in sorted(ups.items())], dtype=object)
    con.register("ups", dict(zip(("own_code", "industry_code", "up_own", "up_code"), rows.T, strict=True)))
    return con.sql(
        """
        WITH cell AS MATERIALIZED (
            SELECT *, (row_number() OVER (ORDER BY area_fips, own_code, industry_code) - 1)::INTEGER AS number
            FROM printed WHERE agglvl BETWEEN 70 AND 78
        ),
        nation AS (
            SELECT own_code, industry_code, jobs / estabs AS usual_jobs, wages / jobs AS usual_pay
            FROM printed WHERE agglvl < 20 AND NOT hidden AND jobs > 0 AND estabs > 0
        ),
        whole AS (SELECT usual_jobs, usual_pay FROM nation WHERE own_code = '0')
        SELECT c.area_fips::INTEGER AS county, c.own_code::TINYINT AS own, c.agglvl - 70 AS level, c.hidden,
            -- Codes of sectors such as 31-33 are of no leaf.
            coalesce(try_cast(c.industry_code AS INTEGER), 0) AS code, c.estabs, c.jobs, c.wages,
            coalesce(p.number, -1) AS parent,
            greatest(c.estabs, $least) * coalesce(n.usual_jobs, whole.usual_jobs) AS usual_jobs,
            coalesce(n.usual_pay, whole.usual_pay) AS usual_pay
        FROM cell AS c CROSS JOIN whole
        LEFT JOIN nation AS n ON n.own_code = c.own_code AND n.industry_code = c.industry_code
        LEFT JOIN ups AS u ON u.own_code = c.own_code AND u.industry_code = c.industry_code
        LEFT JOIN cell AS p ON p.area_fips = c.area_fips AND p.own_code = u.up_own AND p.industry_code = u.up_code
        ORDER BY c.number
        """,
        params={"least": FEWEST_ESTABLISHMENTS},
    ).fetchnumpy()


def filled(
    level: np.ndarray, parent: np.ndarray, printed: np.ndarray, hidden: np.ndarray, usual: np.ndarray
) -> np.ndarray:
    """Figures of all cells: as printed, or the share of what the parent has beyond its other children.

    Args:
        level: 0 for totals; each child is one level below its parent.
        parent: number of the parent's cell.
        printed: figures, of cells that are not hidden.
        hidden: which are withheld.
        usual: what a cell would have if it were like others, by which what is left is shared.

    Example:
        >>> level, parent = np.array([0, 1, 1, 1]), np.array([-1, 0, 0, 0])
        >>> filled(level, parent, np.array([9, 3, 0, 0]), np.array([0, 0, 1, 1], bool), np.array([0, 0, 1, 2])).tolist()
        [9.0, 3.0, 2.0, 4.0]
    """
    least, is_open = np.where(hidden, 0.0, printed), hidden.copy()
    rows_at = [np.flatnonzero(level == n) for n in range(int(level.max()) + 1)]
    for above, rows in zip(reversed(rows_at[:-1]), reversed(rows_at[1:]), strict=True):
        sums = np.bincount(parent[rows], least[rows], len(level))
        least[above] = np.where(hidden[above], sums[above], least[above])
        # A withheld cell whose parts are all known has nothing more.
        is_open[above] &= np.bincount(parent[rows], is_open[rows], len(level))[above] > 0
    figures = np.where(is_open & (level == 0), np.maximum(least, usual), least)
    for rows in rows_at[1:]:
        up, weight = parent[rows], np.where(is_open[rows], usual[rows], 0.0)
        spare = np.maximum(figures - np.bincount(up, least[rows], len(level)), 0.0)[up]
        all_weights = np.bincount(up, weight, len(level))[up]
        figures[rows] = least[rows] + np.divide(spare * weight, all_weights, np.zeros(len(rows)), where=all_weights > 0)
    return figures
