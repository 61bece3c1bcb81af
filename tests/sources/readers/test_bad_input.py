"""What publishers and networks send instead of a file: every reader refuses it and names dataset, file and remedy."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from orchestration.errors import SourceError
from orchestration.sources.readers import READERS
from orchestration.sources.readers.eurostat import eurostat_fields
from tests.sources.books import book, rezipped
from tests.sources.readers.made import COUNTY_JOBS, refused, rows

TABLE = [["County", "Jobs"], ["48003", 12], ["48005", 7], ["48007", 1205]]
PAGE = b"<!DOCTYPE html><html><head><title>Moved</title></head><body>Please try again later.</body></html>"
XML = b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"


def lines(separator: str, rows: list[list]) -> bytes:
    return "".join(separator.join(map(str, row)) + "\n" for row in rows).encode()


def page(rows: list[list]) -> bytes:
    cells = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<html><body><table>{cells}</table></body></html>".encode()


# How each format writes a table, the file's name, and the fields that are read from it.
MAKERS: dict[str, tuple[str, Callable[[list[list]], bytes]]] = {
    "delimited": ("a.csv", lambda rows: lines(",", rows)),
    "workbook": ("a.xlsx", lambda rows: book({"Data": rows})),
    "json": ("a.json", lambda rows: json.dumps(rows).encode()),
    "html_table": ("a.htm", page),
    "eurostat": ("a.tsv", lambda rows: lines("\t", [["geo\\TIME_PERIOD", "2016"], *rows[1:]])),
}
FIELDS = {"eurostat": tuple(eurostat_fields({"geo": "county"}))}
readers = pytest.mark.parametrize("reader", sorted(READERS))


def written(folder: Path, reader: str, change: Callable[[bytes], bytes] = bytes, table: list[list] = TABLE) -> Path:
    name, make = MAKERS[reader]
    file = folder / name
    file.write_bytes(change(make(table)))
    return file


def said(reader: str, file: Path) -> str:
    return refused(reader, file, FIELDS.get(reader, COUNTY_JOBS))


def test_all_readers_are_tried() -> None:
    assert set(MAKERS) == set(READERS)


@readers
def test_the_file_itself_is_read(tmp_path: Path, reader: str) -> None:
    read = rows(reader, written(tmp_path, reader), FIELDS.get(reader, COUNTY_JOBS))
    assert [row[0] for row in read] == ["48003", "48005", "48007"]


@readers
@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"   \n\n", id="blank"),
        pytest.param(XML, id="XML"),
        pytest.param(b"Too many requests\n", id="a sentence"),
        pytest.param(b'{"error": "busy"}', id="an error"),
        pytest.param(PAGE, id="a page"),
        pytest.param(b"\x1f\x8b\x08\x00" + bytes(40), id="still packed"),
        pytest.param(bytes(4096), id="zeros"),
        pytest.param(b"\xff\xfe\xfa" * 50, id="no text"),
    ],
)
def test_something_else_is_refused(tmp_path: Path, reader: str, content: bytes) -> None:
    said(reader, written(tmp_path, reader, lambda made: content))


@readers
def test_a_page_is_named_as_such_where_none_is_expected(tmp_path: Path, reader: str) -> None:
    problem = said(reader, written(tmp_path, reader, lambda made: PAGE))
    expected = "the page has no table" if reader == "html_table" else "answered with an HTML page instead of a "
    assert expected in problem


@readers
@pytest.mark.parametrize("part", [0.5, 0.9])
def test_a_file_cut_in_a_row_is_refused(tmp_path: Path, reader: str, part: float) -> None:
    table = [*TABLE, *([f"{code:05}", code] for code in range(49001, 49400, 2))]
    whole = MAKERS[reader][1](table)
    cut = whole[: int(len(whole) * part)]
    if reader in ("delimited", "eurostat"):
        cut = cut[: cut.rindex(b"\n") + 4]
    said(reader, written(tmp_path, reader, lambda made: cut, table))


@readers
def test_a_hole_of_zeros_is_refused(tmp_path: Path, reader: str) -> None:
    at = {"workbook": 40}.get(reader, -30)
    said(reader, written(tmp_path, reader, lambda made: made[:at] + bytes(20) + made[at + 20 :]))


@readers
def test_a_renamed_column_is_named(tmp_path: Path, reader: str) -> None:
    if reader == "eurostat":
        file = written(tmp_path, reader, lambda made: made.replace(b"geo\\", b"region\\"))
        assert said(reader, file) == "dimension geo is missing (there are region)"
        return
    file = written(tmp_path, reader, table=[["County", "Employment"], *TABLE[1:]])
    assert said(reader, file).startswith("column Jobs is missing")


@readers
def test_text_in_a_number_column_is_named_with_its_place(tmp_path: Path, reader: str) -> None:
    problem = said(reader, written(tmp_path, reader, table=[*TABLE, ["48009", "many"]]))
    assert "'many'" in problem
    place = {"eurostat": "row 48009, 2016: ", "delimited": "line 5: ", "json": "record 5: "}.get(reader, "row 5: ")
    assert problem.startswith(place)


@readers
def test_a_header_without_rows_is_refused(tmp_path: Path, reader: str) -> None:
    file = written(tmp_path, reader, table=TABLE[:1])
    with pytest.raises(SourceError, match=r": a\.\w+: (the file has a header but no rows|no row is of the codes)"):
        rows(reader, file, FIELDS.get(reader, COUNTY_JOBS))


@readers
def test_no_file_is_refused(reader: str) -> None:
    with duckdb.connect() as con, pytest.raises(SourceError, match=r"a_dataset: \(no file\): .*Remedy: "):
        READERS[reader](con, "a_dataset", [], FIELDS.get(reader, COUNTY_JOBS), {})


def test_a_workbook_that_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.sources.workbook.MOST_BYTES", 4 << 20)

    def bomb(made: bytes) -> bytes:
        return rezipped(made, lambda name, part: part + b" " * (9 << 20) if "sheet1" in name else part)

    assert "unpacks to more than 4194304 bytes" in said("workbook", written(tmp_path, "workbook", bomb))
    file = written(tmp_path, "workbook", bomb).rename(tmp_path / "a.xls")
    assert "unpacks to more than 4194304 bytes" in said("workbook", file)
