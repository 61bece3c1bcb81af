"""Eurostat's tables by declaration alone: every cell is a row, with its flags."""

from __future__ import annotations

import gzip
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.landing.unpack import unpacked
from orchestration.sample.economy import simulate
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.eurostat.sample import write
from tests.sources.reading import Rows, declared, real_file, text_file, tidy

LINES = ["freq,unit,geo\\TIME_PERIOD\t2019 \t2020 ", "A,MIO_EUR,XA1\t10.5 \t11 ep", "A,MIO_EUR,XA12\t: c\t7 "]


def read(file: Path, source_id: str = "eurostat_nama_10r_3gdp") -> Rows:
    ((_, form),) = declared(source_id)
    return tidy(form.parse, file)


def test_every_cell_is_a_row(tmp_path: Path) -> None:
    assert [tuple(row.values()) for row in read(text_file(tmp_path, "NAMA_10R_3GDP", LINES))] == [
        ("MIO_EUR", "XA1", "2019", 10.5, None),
        ("MIO_EUR", "XA1", "2020", 11.0, "ep"),
        ("MIO_EUR", "XA12", "2019", None, "c"),
        ("MIO_EUR", "XA12", "2020", 7.0, None),
    ]


def test_the_tables_share_what_is_said_once() -> None:
    found = [s for s in SOURCES.values() if s.publisher == "Eurostat"]
    assert {s.table: s.contract.columns[0].name for s in found} == {
        "nama_10r_3gdp": "unit",
        "demo_r_d3area": "landuse",
    }
    for source in found:
        ((edition, form),) = declared(source.source_id)
        assert source.source_id == f"eurostat_{source.table}"
        assert edition.name == "series"
        assert f"/data/{source.table.upper()}?format=TSV&compressed=true" in form.resources[0].url
        assert (form.resources[0].mirror or "").endswith(f"/data/{source.table}.tsv.gz")
        names = [column.name for column in source.contract.columns]
        assert names[1:] == ["region_code", "time_period", "value", "flags", "period", "vintage"]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (["freq,currency,geo\\TIME_PERIOD\t2019", "A,EUR,XA1\t1"], "dimension unit is missing"),
        ([LINES[0], "A,MIO_EUR,XA1\t10,5 \t1 "], "the cell '10,5' is neither a number nor ':'"),
        (["freq,unit,sex,geo\\TIME_PERIOD\t2019", "A,N,F,XA1\t1", "A,N,M,XA1\t1"], "dimension sex has several codes"),
        (["<!doctype html><html>Maintenance</html>"], "answered with an HTML page"),
        (["<?xml version='1.0'?><f>EXTRACTION_TOO_BIG</f>"], "answered EXTRACTION_TOO_BIG"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(text_file(tmp_path, "NAMA_10R_3GDP", lines))
    assert (caught.value.dataset, caught.value.file) == ("eurostat_nama_10r_3gdp", "NAMA_10R_3GDP")
    assert len(caught.value.remedy) > 10


def test_the_samples_regions_have_an_area(tmp_path: Path) -> None:
    write(tmp_path, simulate(1), 1)
    source_id = "eurostat_demo_r_d3area"
    ((_, form),) = declared(source_id)
    files = unpacked(tmp_path / (form.resources[0].mirror or ""), "gz", tmp_path / "u", source_id, 1 << 30)
    rows = {(r["landuse"], r["region_code"], r["time_period"]): r["value"] for r in read(files[0], source_id)}
    assert rows["TOTAL", "XT1", "2020"] > rows["L0008", "XT1", "2020"] > 0


REAL = [
    # Table, then region, what tells its rows apart, year, value and flag of one cell.
    ("nama_10r_3gdp", "unit = 'EUR_HAB' AND region_code = 'DE111' AND time_period = '2015'", (84_900.0, None)),
    ("nama_10r_3gdp", "unit = 'EUR_HAB' AND region_code = 'AL01' AND time_period = '2020'", (3_800.0, "p")),
    ("demo_r_d3area", "landuse = 'TOTAL' AND region_code = 'DE11' AND time_period = '2015'", (10_557.0, None)),
]


@pytest.mark.mirror
@pytest.mark.parametrize(("table", "cell", "said"), REAL)
def test_real_tables_hold_every_cell(table: str, cell: str, said: tuple[float, str | None], tmp_path: Path) -> None:
    ((_, form),) = declared(f"eurostat_{table}")
    file = real_file(form.resources[0].mirror or "")
    with gzip.open(file, "rt", encoding="utf-8") as stream:
        cells = [text.strip() for line in list(stream)[1:] for text in line.rstrip("\r\n").split("\t")[1:]]
    known = [float(text.split()[0]) for text in cells if not text.startswith(":")]
    with duckdb.connect() as con:
        files = unpacked(file, "gz", tmp_path, table, 1 << 30, table)
        form.parse(con, files, declared(f"eurostat_{table}")[0][0]).create("t")
        counted = con.execute("SELECT count(*), count(value), count(flags), sum(value) FROM t").fetchone()
        assert con.execute(f"SELECT value, flags FROM t WHERE {cell}").fetchall() == [said]
    assert counted == (len(cells), len(known), sum(" " in text for text in cells), pytest.approx(sum(known)))
