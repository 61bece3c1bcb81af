"""Years of QCEW made for benchmarks (`bench/history`): they add up, drift, and print what their year would print.

Belongs here: the promises of the made files, on three states. Does not: whether the gates believe whole years, which
the benchmark itself shows.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import duckdb
import numpy as np
import pytest

from bench.history.economy import SINGLEFILE, climb, filled
from bench.history.editions import edition_of
from bench.history.places import LISTS
from bench.history.steps import POPULATION, Bench, moved_person
from bench.history.watch import bytes_of, watched
from bench.history.years import REVISED, Maker, link_others, make
from orchestration.quality.revision import VOLUME
from orchestration.sources.bls.parse import parse_singlefile
from orchestration.sources.census.parse import parse_delineation
from orchestration.sources.source import Edition
from tests.conftest import SHARED, existing

STATES = ("09", "10", "44")
# On either side of an edition of NAICS, of Connecticut's planning regions, of metropolitan areas without industries.
YEARS = (2016, 2017, 2023, 2024, 2025)
FIGURES = ("annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages")


@pytest.fixture(scope="module")
def reference_and_mirror() -> tuple[Path, Path]:
    """The folders of concordances and of the publishers' real files."""
    what = "the real years and the concordances of NAICS are"
    return existing(SHARED / "reference", what), existing(SHARED / "mirror", what)


@pytest.fixture(scope="module")
def made(reference_and_mirror: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the years, and 2024 issued again."""
    folder = tmp_path_factory.mktemp("made")
    maker = maker_of(reference_and_mirror)
    list(make(maker, folder, YEARS[:2]))
    maker.con.execute("DROP TABLE now")
    list(make(maker, folder, YEARS[2:], revised=[2024]))
    return folder


@pytest.fixture(scope="module")
def tables(
    made: Path, reference_and_mirror: tuple[Path, Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[duckdb.DuckDBPyConnection]:
    """`made`: the years as the project's own parser reads them; `real`: the mirror's year of 2016; `issued2024` and
    `issued2025`: the re-issues; `listed`: counties of areas by first year of the list."""
    files = {f"y{year}": made / SINGLEFILE.format(year=year) for year in YEARS}
    files |= {f"issued{year}": made / REVISED / SINGLEFILE.format(year=year) for year in (2024, 2025)}
    files |= {"real": reference_and_mirror[1] / SINGLEFILE.format(year=2016)}
    scratch = tmp_path_factory.mktemp("unpacked")
    with duckdb.connect() as con:
        for name, path in files.items():
            with zipfile.ZipFile(path) as archive:
                csv = Path(archive.extract(archive.namelist()[0], scratch))
            rows = parse_singlefile(con, [csv], Edition(name, None, ()))
            rows.filter(f"left(area_fips, 2) IN {STATES} OR area_fips ~ '[A-Z].*'").create(name)
            csv.unlink()
        con.execute("CREATE VIEW made AS " + " UNION ALL ".join(f"FROM y{year}" for year in YEARS))
        for first_year, (period, path) in LISTS.items():
            listed = parse_delineation(con, [reference_and_mirror[1] / path], Edition(period, None, ()))
            listed.project(f"*, {first_year} AS first_year").create(f"list{first_year}")
        con.execute("CREATE VIEW listed AS FROM list2013 UNION ALL FROM list2024")
        yield con


def maker_of(reference_and_mirror: tuple[Path, Path], seed: int = 1) -> Maker:
    reference, mirror = reference_and_mirror
    return Maker(mirror, reference, seed, STATES)


def found(con: duckdb.DuckDBPyConnection, sql: str) -> list[tuple[object, ...]]:
    return con.execute(sql).fetchall()


class TestMadeYears:
    def test_industries_add_up_at_every_level(self, tables: duckdb.DuckDBPyConnection) -> None:
        """Establishments, which are never withheld, to the last one; jobs and wages wherever all parts are printed."""
        assert (
            found(
                tables,
                """
            WITH levels AS (
                SELECT year, area_fips, agglvl_code % 10 AS level, sum(annual_avg_estabs) AS estabs
                FROM made WHERE own_code = '5' GROUP BY ALL
            )
            SELECT year, area_fips, min(estabs), max(estabs), count(*) FROM levels GROUP BY ALL
            HAVING min(estabs) <> max(estabs) OR count(*) NOT IN (1, 8) LIMIT 5
            """,
            )
            == []
        )
        for digits in (4, 5, 6):
            assert (
                found(
                    tables,
                    f"""
                WITH parts AS (
                    SELECT year, area_fips, left(industry_code, {digits - 1}) AS industry_code,
                        {", ".join(f"sum({name}) AS {name}" for name in FIGURES)},
                        bool_and(annual_avg_emplvl IS NOT NULL) AS known
                    FROM made WHERE agglvl_code % 10 = {digits + 2} GROUP BY ALL
                )
                SELECT * FROM made AS t LEFT JOIN parts AS p USING (year, area_fips, industry_code)
                WHERE t.agglvl_code % 10 = {digits + 1} AND (p.year IS NULL
                    OR t.annual_avg_estabs <> p.annual_avg_estabs
                    OR known AND (t.annual_avg_emplvl <> p.annual_avg_emplvl
                        OR t.total_annual_wages <> p.total_annual_wages)) LIMIT 5
                """,
                )
                == []
            )

    @pytest.mark.parametrize("whole", ["left(area_fips, 2) || '000'", "'US000'"])
    def test_counties_make_states_and_the_nation(self, tables: duckdb.DuckDBPyConnection, whole: str) -> None:
        assert self.add_up(tables, f"SELECT *, {whole} AS whole FROM made WHERE agglvl_code >= 70 AND agglvl_code < 80")

    def test_counties_make_metropolitan_areas_of_their_years_list(self, tables: duckdb.DuckDBPyConnection) -> None:
        counties = """
            SELECT made.*, 'C' || left(cbsa_code, 4) AS whole
            FROM made JOIN listed ON county_fips = area_fips AND cbsa_code LIKE '____0'
                AND first_year = CASE WHEN year < 2024 THEN 2013 ELSE 2024 END
            WHERE agglvl_code BETWEEN 70 AND 78
        """
        assert self.add_up(tables, counties)

    @staticmethod
    def add_up(con: duckdb.DuckDBPyConnection, counties: str) -> bool:
        """Asserts that each area that the counties name as their `whole` is their sum; whether there is any."""
        odd = found(
            con,
            f"""
            WITH parts AS (
                SELECT year, whole AS area_fips, own_code, industry_code, agglvl_code % 10 AS level,
                    {", ".join(f"sum({name}) AS {name}" for name in FIGURES)},
                    bool_and(annual_avg_emplvl IS NOT NULL) AS known
                FROM ({counties}) GROUP BY ALL
            )
            SELECT p.*, t.annual_avg_estabs FROM parts AS p
            LEFT JOIN made AS t USING (year, area_fips, own_code, industry_code)
            WHERE CASE WHEN t.year IS NULL THEN level = 0
                ELSE t.annual_avg_estabs <> p.annual_avg_estabs OR known AND t.annual_avg_emplvl <> p.annual_avg_emplvl
                    OR known AND t.total_annual_wages <> p.total_annual_wages END
            LIMIT 5
            """,
        )
        assert odd == []
        (compared,) = con.execute(f"SELECT count(DISTINCT whole) FROM ({counties})").fetchone() or (0,)
        return bool(compared > 0)

    def test_the_finest_figures_of_the_real_year_stay(self, tables: duckdb.DuckDBPyConnection) -> None:
        compared, other = tables.execute(
            """
            SELECT count(*), count(*) FILTER (WHERE m.annual_avg_estabs <> r.annual_avg_estabs
                OR m.annual_avg_emplvl IS DISTINCT FROM r.annual_avg_emplvl
                OR m.total_annual_wages IS DISTINCT FROM r.total_annual_wages)
            FROM real AS r LEFT JOIN y2016 AS m USING (area_fips, own_code, industry_code)
            WHERE r.agglvl_code = 78
            """
        ).fetchone()
        assert (compared > 10_000, other) == (True, 0)

    def test_what_was_withheld_is_withheld(self, tables: duckdb.DuckDBPyConnection) -> None:
        for year in YEARS:
            compared, other = tables.execute(
                f"""
                SELECT count(*), count(*) FILTER (WHERE m.disclosure_code IS DISTINCT FROM r.disclosure_code)
                FROM real AS r JOIN y{year} AS m USING (area_fips, own_code, industry_code)
                """
            ).fetchone()
            assert (compared > 5_000, other) == (True, 0), year

    def test_figures_drift_by_a_few_percent(self, tables: duckdb.DuckDBPyConnection) -> None:
        for before, year in ((2016, 2017), (2023, 2024)):
            jobs, pay, same, cells = tables.execute(
                f"""
                SELECT any_value(n.annual_avg_emplvl / b.annual_avg_emplvl) FILTER (n.agglvl_code = 10),
                    any_value(n.avg_annual_pay / b.avg_annual_pay) FILTER (n.agglvl_code = 10),
                    count(*) FILTER (WHERE n.total_annual_wages = b.total_annual_wages),
                    count(*)
                FROM y{year} AS n JOIN y{before} AS b USING (area_fips, own_code, industry_code)
                WHERE b.total_annual_wages > 1000000
                """
            ).fetchone()
            assert 0.97 < jobs < 1.05
            assert 1.0 < pay < 1.06
            assert same < 0.01 * cells

    def test_changes_lead_to_the_year_before(self, tables: duckdb.DuckDBPyConnection) -> None:
        years = [(f"y{year - 1}", f"y{year}") for year in (2017, 2024, 2025)]
        for before, year in [*years, ("y2023", "issued2024"), ("issued2024", "issued2025")]:
            said, odd = tables.execute(
                f"""
                SELECT count(*) FILTER (WHERE n.oty_disclosure_code IS NULL),
                    count(*) FILTER (WHERE n.annual_avg_estabs - n.oty_annual_avg_estabs_chg <> b.annual_avg_estabs
                        OR (n.oty_disclosure_code IS NULL)
                            <> (n.annual_avg_emplvl IS NOT NULL AND b.annual_avg_emplvl IS NOT NULL)
                        OR n.annual_avg_emplvl - n.oty_annual_avg_emplvl_chg <> b.annual_avg_emplvl
                        OR n.total_annual_wages - n.oty_total_annual_wages_chg <> b.total_annual_wages)
                FROM {year} AS n JOIN {before} AS b USING (area_fips, own_code, industry_code)
                """
            ).fetchone()
            assert (said > 5_000, odd) == (True, 0), year

    def test_a_year_prints_the_codes_of_its_edition(
        self, tables: duckdb.DuckDBPyConnection, reference_and_mirror: tuple[Path, Path]
    ) -> None:
        """BLS divides the building trades further, and has a code for the unclassified."""
        for year, telling in ((2016, "517110"), (2017, "517311"), (2023, "517111"), (2025, "513210")):
            titles = reference_and_mirror[0] / f"naics_titles_{edition_of(year)}.csv"
            strange = found(
                tables,
                f"""
                SELECT DISTINCT industry_code FROM y{year}
                WHERE agglvl_code % 10 > 4 AND industry_code NOT SIMILAR TO '238..[12]|99.*'
                    AND industry_code NOT IN (SELECT code FROM read_csv('{titles}', all_varchar = true))
                """,
            )
            assert strange == [], year
            assert found(tables, f"FROM y{year} WHERE industry_code = '{telling}' AND area_fips = '09000'"), year

    def test_places_are_those_of_the_year(self, tables: duckdb.DuckDBPyConnection) -> None:
        regions = dict(
            found(
                tables,
                "SELECT year, bool_and(area_fips[3] = '1' OR area_fips = '09999') FROM made "
                "WHERE area_fips LIKE '09%' AND agglvl_code = 70 GROUP BY year",
            )
        )
        assert regions == {year: year >= 2024 for year in YEARS}
        details = found(tables, "SELECT DISTINCT year FROM made WHERE agglvl_code BETWEEN 41 AND 48 ORDER BY year")
        assert details == [(year,) for year in YEARS if year < 2025]

    def test_a_re_issue_corrects_single_cells(self, tables: duckdb.DuckDBPyConnection) -> None:
        """Its volume is one that the gates let pass without a word."""
        changed, cells, volume = tables.execute(
            """
            SELECT count(*) FILTER (WHERE i.annual_avg_emplvl <> y.annual_avg_emplvl
                    OR i.total_annual_wages <> y.total_annual_wages),
                count(*), sum(abs(i.annual_avg_emplvl - y.annual_avg_emplvl)) / sum(y.annual_avg_emplvl)
            FROM issued2024 AS i JOIN y2024 AS y USING (area_fips, own_code, industry_code)
            WHERE y.agglvl_code = 78 AND y.total_annual_wages > 0
            """
        ).fetchone()
        assert 0.01 < changed / cells < 0.03
        assert volume < VOLUME[0]

    def test_the_seed_makes_the_bytes(
        self, made: Path, reference_and_mirror: tuple[Path, Path], tmp_path: Path
    ) -> None:
        """Also where other years are made beside it."""
        digests = []
        for seed in (1, 2):
            maker = maker_of(reference_and_mirror, seed)
            maker.figure(2016)
            digests.append(digest(maker.write(2017, tmp_path)))
        assert digests[0] == digest(made / SINGLEFILE.format(year=2017))
        assert digests[0] != digests[1]


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_filled_tree_keeps_what_is_printed_and_adds_up() -> None:
    dice = np.random.default_rng(1)
    for _ in range(50):
        level, parent = np.repeat([0, 1, 2], [1, 4, 16]), np.r_[-1, np.repeat(0, 4), np.repeat(np.arange(1, 5), 4)]
        truth = np.zeros(21, int)
        truth[5:] = dice.integers(0, 9, 16)
        truth[1:5] = truth[5:].reshape(4, 4).sum(axis=1)
        truth[0] = truth[5:].sum()
        hidden = dice.random(21) < 0.5
        hidden[0] = False
        figures = filled(level, parent, np.where(hidden, 0, truth), hidden, np.ones(21))
        assert (figures[~hidden] == truth[~hidden]).all()
        assert figures.min() >= 0
        # Cells that are all printed add up to what they are a part of, printed or not.
        assert figures[1:5].sum() == pytest.approx(truth[0])
        assert np.allclose(figures[5:].reshape(4, 4).sum(axis=1), figures[1:5])


def test_a_cell_is_part_of_one_cell_at_each_level() -> None:
    assert [level for *_, level in climb("5", "445110")] == list(range(8, -1, -1))
    assert climb("5", "999999")[4:6] == [("5", "99", 4), ("5", "1029", 3)]
    assert climb("2", "10") == [("2", "10", 1), ("0", "10", 0)]


def test_years_before_the_real_edition_are_refused() -> None:
    with pytest.raises(ValueError, match="2010 is printed in NAICS 2007"):
        edition_of(2010)


def test_a_command_is_watched_with_its_children(tmp_path: Path) -> None:
    """The child holds 80 MB for a second while its parent waits; the parent fails."""
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "old").write_bytes(b"x" * 2_000_000)
    child = "import time; held = bytearray(80_000_000); held[::4096] = b'x' * len(held[::4096]); time.sleep(1)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}]); print('done'); sys.exit(3)"
    cost = watched([sys.executable, "-c", parent], os.environ, tmp_path / "logs" / "log.txt", tmp_path / "work")
    assert (cost.exit, cost.work_mb, (tmp_path / "logs" / "log.txt").read_text()) == (3, 2, "done\n")
    assert cost.wall >= 1
    assert 80 < cost.process_mb < cost.tree_mb < 200


def test_links_are_no_bytes(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"xyz")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert bytes_of(tmp_path) == 3


def test_the_small_change_moves_one_person(tmp_path: Path) -> None:
    path, original = tmp_path / POPULATION, tmp_path / "original.csv"
    path.parent.mkdir(parents=True)
    text = "SUMLEV,POPESTIMATE2023,POPESTIMATE2024\n040,30,30\n050,10,10\n050,20,20\n"
    original.write_text(text)
    path.symlink_to(original)
    moved_person(Bench(tmp_path / "home", tmp_path, tmp_path))
    assert path.read_text().splitlines()[1:] == ["040,30,30", "050,10,9", "050,20,21"]
    assert original.read_text() == text


def test_all_but_the_years_of_qcew_is_linked(tmp_path: Path) -> None:
    mirror, folder = tmp_path / "mirror", tmp_path / "made"
    kept, left = "data.bls.gov/cew/doc/titles/area.csv", "data.bls.gov/cew/data/api/2019/a/area/01000.csv"
    for inside in ("README.md", kept, left):
        (mirror / inside).parent.mkdir(parents=True, exist_ok=True)
        (mirror / inside).touch()
    link_others(mirror, folder)
    assert [p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()] == [kept]


def test_the_command_explains_itself() -> None:
    command = [sys.executable, "-m", "bench.history", "--help"]
    assert "make" in subprocess.run(command, capture_output=True, text=True, check=True).stdout
