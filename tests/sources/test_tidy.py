"""What all parsers share: names of partitions, and that a partition appears whole or not at all."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.sources.tidy import count_rows, partition_name, read_delimited, write_partition
from tests.sources.reading import text_file


def test_partition_is_named_by_what_it_is_made_from() -> None:
    name = partition_name("bls_qcew", "singlefile", 1, ["aa", "bb"])
    assert name == partition_name("bls_qcew", "singlefile", 1, ["bb", "aa"])
    others = [
        partition_name("bls_qcew_areas", "singlefile", 1, ["aa", "bb"]),
        partition_name("bls_qcew", "area_slices", 1, ["aa", "bb"]),
        partition_name("bls_qcew", "singlefile", 2, ["aa", "bb"]),
        partition_name("bls_qcew", "singlefile", 1, ["aa", "bc"]),
    ]
    assert len({name, *others}) == 5


def test_no_half_partition_is_left(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a.csv", ["code,number", "x,1", "y,many"])
    target = tmp_path / "tidy" / "a.parquet"
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "number": "BIGINT"})
        with pytest.raises(SourceError, match=r"dataset: a\.csv: line 3: column number holds the text 'many'"):
            write_partition(relation, target, "dataset", path.name)
    assert list(target.parent.iterdir()) == []


def test_failed_parse_leaves_the_earlier_partition(tmp_path: Path) -> None:
    target = tmp_path / "a.parquet"
    with duckdb.connect() as con:
        write_partition(con.sql("SELECT 1 AS one"), target, "dataset", "a.csv")
        with pytest.raises(SourceError, match="a header but no rows"):
            write_partition(con.sql("SELECT 1 AS one WHERE false"), target, "dataset", "a.csv")
    assert count_rows(target) == 1


def test_column_named_twice_is_read_where_it_stands_first(tmp_path: Path) -> None:
    path = text_file(tmp_path, "a.csv", ["code,code,number", "x,y,1"])
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "number": "BIGINT"})
        assert relation.fetchall() == [("x", 1)]


def test_separators_and_quotes_within_a_text(tmp_path: Path) -> None:
    path = text_file(tmp_path, "Queen Anne's.csv", ["code,title", '1,"Say ""one"", two"', "2,O'Brien"])
    with duckdb.connect() as con:
        relation = read_delimited(con, "dataset", [path], {"code": "VARCHAR", "title": "VARCHAR"})
        assert relation.fetchall() == [("1", 'Say "one", two'), ("2", "O'Brien")]
