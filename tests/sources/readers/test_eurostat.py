"""Eurostat's tables in three layouts: every cell is a number, unknown, or refused."""

from __future__ import annotations

import csv
import gzip
import re
from pathlib import Path

import duckdb
import pytest

from orchestration.landing.unpack import unpacked
from orchestration.sources.readers import READERS, Field
from orchestration.sources.readers.eurostat import eurostat_fields
from tests.sources.readers.made import refused, rows
from tests.sources.reading import real_file, text_file

API = [
    "freq,unit,geo\\TIME_PERIOD\t2019 \t2020 \t2021 ",
    "A,EUR,YY11\t1204 \t1310.5 b\t: u",
    "A,EUR,YY12\t: \t-3.5e2 e\t20771 bep",
    "A,PPS,YY11\t1 \t2 @C\t:",
]
OLD = [
    "unit,geo\\time\t2021 \t2020 \t2019 ",
    "EUR,YY11\t: u\t1310.5 b\t1204 ",
    "EUR,YY12\t20771 bep\t-3.5e2 e\t: ",
    "PPS,YY11\t:\t2 @C\t1 ",
]
CSV = [
    "DATAFLOW,LAST UPDATE,freq,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG,CONF_STATUS",
    "X,28/11/26,A,EUR,YY11,2019,1204,,",
    "X,28/11/26,A,EUR,YY11,2020,1310.5,b,",
    "X,28/11/26,A,EUR,YY11,2021,,u,",
    "X,28/11/26,A,EUR,YY12,2019,:,,",
    "X,28/11/26,A,EUR,YY12,2020,-3.5e2,e,",
    "X,28/11/26,A,EUR,YY12,2021,20771,bep,",
    "X,28/11/26,A,PPS,YY11,2019,1,,",
    "X,28/11/26,A,PPS,YY11,2020,2,,C",
    "X,28/11/26,A,PPS,YY11,2021,,,",
]
OPTIONS = {"dimensions": {"geo": "region_code"}, "where": {"unit": ["EUR"]}}
EUR = [
    ("YY11", "2019", 1204.0, None),
    ("YY11", "2020", 1310.5, "b"),
    ("YY11", "2021", None, "u"),
    ("YY12", "2019", None, None),
    ("YY12", "2020", -350.0, "e"),
    ("YY12", "2021", 20771.0, "bep"),
]


def cells(file: Path, **options: object) -> list[tuple]:
    return rows("eurostat", file, eurostat_fields(options.pop("dimensions")), **options)


@pytest.mark.parametrize("lines", [API, OLD, CSV], ids=["today's", "old", "SDMX-CSV"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_layouts_say_the_same(tmp_path: Path, lines: list[str], end: str) -> None:
    assert cells(text_file(tmp_path, "table.tsv", lines, end=end), **OPTIONS) == EUR


@pytest.mark.parametrize("lines", [API, OLD, CSV], ids=["today's", "old", "SDMX-CSV"])
def test_confidentiality_of_its_own_column(tmp_path: Path, lines: list[str]) -> None:
    file = text_file(tmp_path, "table.tsv", lines)
    options = OPTIONS | {"where": {"unit": ["PPS"]}}
    assert cells(file, **options)[1:] == [("YY11", "2020", 2.0, "@C"), ("YY11", "2021", None, None)]


def test_a_gz_is_read_once_unpacked(tmp_path: Path) -> None:
    packed = tmp_path / "table.tsv.gz"
    packed.write_bytes(gzip.compress("\r\n".join([*API, ""]).encode()))
    (file,) = unpacked(packed, "gz", tmp_path / "work", "gdp", 10_000)
    assert file.name == "table.tsv"
    assert cells(file, **OPTIONS) == EUR


def test_fields_pick_and_name_what_they_want(tmp_path: Path) -> None:
    fields = (
        Field("value", "DOUBLE", "OBS_VALUE"),
        Field("unit", "VARCHAR", "unit"),
        Field("region", "VARCHAR", "geo"),
        Field("year", "SMALLINT", "TIME_PERIOD"),
    )
    read = rows("eurostat", text_file(tmp_path, "table.tsv", API), fields, key=["unit", "region", "year"])
    assert len(read) == 9
    assert (1310.5, "EUR", "YY11", 2020) in read


def test_without_fields_the_option_names_the_dimensions(tmp_path: Path) -> None:
    file = text_file(tmp_path, "table.tsv", API)
    with duckdb.connect() as con:
        made = READERS["eurostat"](con, "gdp", [file], [], OPTIONS)
        assert made.columns == ["region_code", "time_period", "value", "flags"]
        assert made.order("ALL").fetchall() == EUR


@pytest.mark.parametrize("period", ["2016-Q4", "2016Q4", "2016M01", "2016-07", "2016-S1", "2016-W05", "2016-07-31"])
def test_periods_as_published(tmp_path: Path, period: str) -> None:
    file = text_file(tmp_path, "table.tsv", [f"geo\\TIME_PERIOD\t{period} ", "YY11\t5 "])
    assert cells(file, dimensions={"geo": "region_code"}) == [("YY11", period, 5.0, None)]


@pytest.mark.parametrize(
    "cell", ["", "x", "1.2.3", "12b", "1 204", "1,5", "nan", "inf", "5 b1", "b", ": 5", "5 :", "0x1A"]
)
def test_no_cell_is_left_unexplained(tmp_path: Path, cell: str) -> None:
    file = text_file(tmp_path, "table.tsv", [API[0], API[1], f"A,EUR,YY12\t1 \t{cell}\t3 "])
    problem = f"row A,EUR,YY12, 2020: the cell {cell!r} is neither a number nor ':'"
    assert refused("eurostat", file, eurostat_fields({"geo": "region_code"})) == problem


@pytest.mark.parametrize(
    ("lines", "options", "problem"),
    [
        (API, {"dimensions": {"geo": "r"}}, "dimension unit has several codes (EUR, PPS) and no field names it"),
        (API, {"dimensions": {"region": "r"}}, "dimension region is missing (there are freq, unit, geo)"),
        (API, {"dimensions": {"geo": "r"}, "where": {"units": ["EUR"]}}, "dimension units is missing"),
        (API, {"dimensions": {"geo": "r"}, "where": {"unit": ["USD"]}}, "no row is of the codes that"),
        ([API[0]], {"dimensions": {"geo": "r"}}, "no row is of the codes that"),
        ([API[0], "A,EUR\t1 \t2 \t3 "], {"dimensions": {"geo": "r"}}, "a row has the codes A,EUR, not one for each"),
        (
            [API[0], "A,EUR,YY11\t1 \t2 "],
            {"dimensions": {"geo": "r"}},
            "line 2: Expected Number of Columns: 4 Found: 3",
        ),
        ([API[0].replace("2020 ", "2019 "), API[1]], {"dimensions": {"geo": "r"}}, "are not one a period (2019, 2019"),
        ([API[0].replace("2020 ", "total"), API[1]], {"dimensions": {"geo": "r"}}, "are not one a period (total)"),
        (["geo\\TIME_PERIOD", "YY11"], {"dimensions": {"geo": "r"}}, "are not one a period ()"),
        ([CSV[0].replace("freq", ""), CSV[1]], {"dimensions": {"geo": "r"}}, "not each named once ((no name), "),
        ([CSV[0].replace("freq", "GEO"), CSV[1]], {"dimensions": {"geo": "r"}}, "not each named once (GEO, "),
        (["freq,,geo\\time\t2019", "A,B,YY11\t1"], {"dimensions": {"geo": "r"}}, "named once (freq, (no name), geo)"),
        (["geo,Geo\\time\t2019", "YY11,YY11\t1"], {"dimensions": {"geo": "r"}}, "not each named once (geo, Geo)"),
        (["geo\\when\t2019", "YY11\t1"], {"dimensions": {"geo": "r"}}, "dimension geo is missing"),
        ([*API[:2], API[1]], {"dimensions": {"geo": "r"}, "key": ["r", "time_period"]}, "2 rows have the same r YY11"),
        ([*CSV[:1], CSV[1].replace("1204", "many")], {"dimensions": {"geo": "r"}}, "the cell 'many' is neither"),
        ([CSV[0].replace("OBS_VALUE", "VALUE"), CSV[1]], {"dimensions": {"geo": "r"}}, "column OBS_VALUE is missing"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, lines: list[str], options: dict, problem: str) -> None:
    file = text_file(tmp_path, "table.tsv", lines)
    fields = eurostat_fields(options.pop("dimensions"))
    assert problem in refused("eurostat", file, fields, **options)


def test_a_question_too_large_says_what_to_ask_instead(tmp_path: Path) -> None:
    answer = "<?xml version='1.0'?><S:Fault><faultstring>EXTRACTION_TOO_BIG: more than 5000000</faultstring></S:Fault>"
    file = text_file(tmp_path, "table.tsv", [answer])
    with pytest.raises(Exception, match=r"answered EXTRACTION_TOO_BIG .*Remedy: ask for the whole table as TSV"):
        cells(file, **OPTIONS)


REAL = "ec.europa.eu/eurostat"
DATA = f"{REAL}/api/dissemination/sdmx/2.1/data"


def counted(path: Path) -> tuple[int, int]:
    """Cells of a real TSV and those with a number, counted without the reader."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as stream:
        found = [cell.strip() for line in csv.reader(stream, delimiter="\t") for cell in line[1:]]
    years = [cell for cell in found if re.fullmatch(r"\d{4}", cell)]
    width = next(n for n, cell in enumerate(found) if not (cell in years and found.index(cell) == n))
    cells = found[width:]
    return len(cells), sum(cell[:1] != ":" for cell in cells)


@pytest.mark.mirror
@pytest.mark.parametrize(
    ("path", "cells"),
    [
        (f"{DATA}/demo_r_d2jan.tsv.gz", 4_136),
        (f"{DATA}/edat_lfse_04.tsv.gz", 14_850),
        (f"{DATA}/hrst_st_rcat.tsv.gz", 37_466),
        (f"{DATA}/htec_emp_reg2.tsv.gz", 28_633),
        (f"{DATA}/nama_10r_2gdp.tsv.gz", 38_460),
        (f"{DATA}/nama_10r_3empers.tsv.gz", 52_980),
        (f"{DATA}/rd_e_gerdreg.tsv.gz", 11_250),
        (f"{DATA}/rd_p_persreg.tsv.gz", 42_438),
    ],
)
def test_every_cell_of_real_tables_is_read(tmp_path: Path, path: str, cells: int) -> None:
    packed = real_file(path)
    (file,) = unpacked(packed, "gz", tmp_path, "eurostat", 1 << 30)
    with duckdb.connect() as con:
        names = re.split(r"[,\\]", file.open(encoding="utf-8").readline().split("\t")[0])[:-1]
        options = {"dimensions": {name: name for name in names}, "key": [*names, "time_period"]}
        made = READERS["eurostat"](con, "eurostat", [file], [], options)
        assert made.aggregate("count(*), count(value)").fetchone() == counted(packed)
        assert made.count("*").fetchone() == (cells,)


@pytest.mark.mirror
def test_the_old_and_todays_layout_of_a_real_table_say_the_same(tmp_path: Path) -> None:
    options = {"dimensions": {"nace_r2": "industry", "geo": "region"}, "where": {"indic_sb": ["V16110"]}}
    with duckdb.connect() as con:
        made = []
        for place in (
            f"{DATA}/sbs_r_nuts06_r2.tsv.gz",
            f"{REAL}/estat-navtree-portlet-prod/BulkDownloadListing/sbs_r_nuts06_r2.tsv.gz",
        ):
            (file,) = unpacked(real_file(place), "gz", tmp_path / str(len(made)), "eurostat", 1 << 30)
            made.append(READERS["eurostat"](con, "eurostat", [file], [], options))
        row = "industry, region, time_period, value, flags"
        sums = f"count(*), count(value), count(flags), bit_xor(hash({row}))"
        today, old = (table.aggregate(sums).fetchone() for table in made)
        assert today == old
        assert today[:3] == (371_440, 275_729, 42_230)
