"""What all parsers share: names of partitions, and that a partition appears whole or not at all."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.sources.source import Edition
from orchestration.sources.tidy import count_rows, partition_name, read_delimited, write_partition
from tests.sources.reading import text_file, tidy

EDITION = Edition("series", None, ())


def test_partition_is_named_by_what_it_is_made_from() -> None:
    name = partition_name("bls_qcew", "singlefile", "9c", ["aa", "bb"])
    assert name == partition_name("bls_qcew", "singlefile", "9c", ["bb", "aa"])
    others = [
        partition_name("bls_qcew_areas", "singlefile", "9c", ["aa", "bb"]),
        partition_name("bls_qcew", "area_slices", "9c", ["aa", "bb"]),
        partition_name("bls_qcew", "singlefile", "9d", ["aa", "bb"]),
        partition_name("bls_qcew", "singlefile", "9c", ["aa", "bc"]),
    ]
    assert len({name, *others}) == 5


def test_no_half_partition_is_left(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a.csv", ["code,number", "x,1", "y,many"])
    target = tmp_path / "tidy" / "a.parquet"
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "number": "BIGINT"})
        with pytest.raises(SourceError, match=r"dataset: a\.csv: line 3: column number holds the text 'many'"):
            write_partition(relation, target, "dataset", path.name, EDITION)
    assert list(target.parent.iterdir()) == []


def test_failed_parse_leaves_the_earlier_partition(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    with duckdb.connect() as con:
        write_partition(con.sql("SELECT 1 AS one"), target, "dataset", "a.csv", EDITION)
        with pytest.raises(SourceError, match="a header but no rows"):
            write_partition(con.sql("SELECT 1 AS one WHERE false"), target, "dataset", "a.csv", EDITION)
    assert count_rows(target) == 1


def test_column_named_twice_is_read_where_it_stands_first(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a.csv", ["code,code,number", "x,y,1"])
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "number": "BIGINT"})
        assert relation.fetchall() == [("x", 1)]


@pytest.mark.parametrize("other", ["", " ", "CODE", "#2", "code (2)", "a\0b", "it's", "n" * 5_000], ids=repr)
def test_names_of_columns_that_nobody_asks_for_do_no_harm(tmp_path: Path, other: str) -> None:
    """A delimiter at the end of each line, which many publishers write, leaves a column without a name."""
    path = text_file(tmp_path, "a.csv", [f"{other},code,number,{other}", "x,y,1,"])
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "number": "BIGINT"})
        assert relation.fetchall() == [("y", 1)]


def test_separators_and_quotes_within_a_text(tmp_path: Path) -> None:
    path = text_file(tmp_path, "Queen Anne's.csv", ["code,title", '1,"Say ""one"", two"', "2,O'Brien"])
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "title": "VARCHAR"})
        assert relation.fetchall() == [("1", 'Say "one", two'), ("2", "O'Brien")]


@pytest.mark.parametrize("text", ["1.234", "12.345.0", "1e3", "0x10", "0X1F", "0b11", "1_000", "5.0", "1.2E+05", "\t5"])
def test_text_that_only_passes_for_a_whole_number_is_refused(tmp_path: Path, text: str) -> None:
    good = text_file(tmp_path, "good.csv", ["code,jobs", "10,5"])
    bad = text_file(tmp_path, "bad.csv", ["code,jobs", "10,5", f"11,{text}"])
    with pytest.raises(SourceError, match=rf"bad\.csv: .*column jobs holds the text {re.escape(repr(text))}"):
        tidy(jobs, good, bad)


def test_text_that_only_passes_for_a_whole_number_is_refused_in_any_layout(tmp_path: Path) -> None:
    path = text_file(tmp_path, "bad.csv", ["title;jobs", "Do\xf1a;5", "'Ana; Do\xf1a';1.234"], encoding="latin-1")
    layout = {"delimiter": ";", "encoding": "latin-1", "quote": "'"}
    with duckdb.connect() as con, pytest.raises(SourceError, match=r"bad\.csv: .*column jobs holds the text '1\.234'"):
        read_delimited(con, "dataset", [path], {"title": "VARCHAR", "jobs": "BIGINT"}, **layout)


@pytest.mark.parametrize(("text", "number"), [("5", 5), (" 5 ", 5), ("-5", -5), ("+5", 5), ("", None), ("007", 7)])
def test_whole_numbers_however_padded(tmp_path: Path, text: str, number: int | None) -> None:
    (row,) = tidy(jobs, text_file(tmp_path, "good.csv", ["code,jobs", f"10,{text}"]))
    assert row == {"code": "10", "jobs": number}


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b'"99"', "line 3: Expected Number of Columns: 2 Found: 1"),
        (b'"99","1","2"', "line 3: Expected Number of Columns: 2 Found: 3"),
        (b'"99","and so on', "line 3: Value with unterminated quote found"),
        (b'"Do\xf1a","1"', "line 3: Invalid unicode"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_broken_line_is_named_and_what_is_wrong_with_it(tmp_path: Path, line: bytes, problem: str, end: str) -> None:
    path = text_file(tmp_path, "bad.csv", ['"code","jobs"', '"10","5"'], end=end)
    path.write_bytes(path.read_bytes() + line + end.encode())
    with pytest.raises(SourceError, match=problem):
        tidy(jobs, path)


def test_what_duckdb_itself_stumbles_over_is_the_files_fault(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b'"code","jobs"\r\n"z","Do\xf1a"\r\n')
    with pytest.raises(SourceError, match=r"bad\.csv: "):
        tidy(jobs, path)


def jobs(con: duckdb.DuckDBPyConnection, files: Sequence[Path], edition: Edition) -> duckdb.DuckDBPyRelation:
    return read_delimited(con, "dataset", files, {"code": "VARCHAR", "jobs": "BIGINT"})
