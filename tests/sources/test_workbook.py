"""Workbooks are looked through before anything reads them into memory."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from orchestration.errors import SourceError
from orchestration.sources import workbook
from orchestration.sources.workbook import numbered, open_workbook, sheet_rows, text
from tests.sources.books import book, rezipped, without_references

TABLE = {"ReadMe": [["Nothing"]], "Data": [["code", "jobs"], [111200, 4.5], ["1111A0", None]]}


def written(folder: Path, content: bytes) -> Path:
    path = folder / "book.xlsx"
    path.write_bytes(content)
    return path


def read(path: Path) -> list[list[list[object]]]:
    opened = open_workbook("a_dataset", path)
    return [list(sheet_rows("a_dataset", path, opened, name)) for name in opened.sheet_names]


def refused(path: Path) -> str:
    with pytest.raises(SourceError) as caught:
        read(path)
    assert (caught.value.dataset, caught.value.file) == ("a_dataset", "book.xlsx")
    assert len(caught.value.remedy) > 10
    return caught.value.problem


@pytest.mark.parametrize("made", [book(TABLE), without_references(book(TABLE))], ids=["references", "none"])
def test_cells_are_read_with_and_without_references(tmp_path: Path, made: bytes) -> None:
    path = written(tmp_path, made)
    rows = list(sheet_rows("a_dataset", path, open_workbook("a_dataset", path), "Data"))
    assert rows == [["code", "jobs"], [111200.0, 4.5], ["1111A0", ""]]
    assert [text(row[0]) for row in rows] == ["code", "111200", "1111A0"]


def test_a_missing_sheet_is_named_with_those_there_are(tmp_path: Path) -> None:
    path = written(tmp_path, book(TABLE))
    with pytest.raises(SourceError, match=r"sheet 2017 is missing \(there are ReadMe, Data\)"):
        sheet_rows("a_dataset", path, open_workbook("a_dataset", path), "2017")


@pytest.mark.parametrize(
    "damage",
    [
        pytest.param(lambda c: b"", id="empty"),
        pytest.param(lambda c: b"<!DOCTYPE html><html></html>", id="a page"),
        pytest.param(lambda c: c[: len(c) // 2], id="cut"),
        pytest.param(lambda c: c[:300] + bytes(40) + c[340:], id="holed"),
        pytest.param(lambda c: zipped({"a.csv": b"1,2\n"}), id="another archive"),
        pytest.param(lambda c: rezipped(c, lambda n, p: p[:-20] if "sheet2" in n else p), id="XML cut"),
        pytest.param(lambda c: rezipped(c, lambda n, p: b"" if "workbook.xml" in n else p), id="no list of sheets"),
        pytest.param(lambda c: before_the_beginning(c), id="members before the beginning"),
        pytest.param(lambda c: c.replace(b"PK\1\2\x14\x03\x14\0\0", b"PK\1\2\x14\x03\x14\0\1"), id="encrypted"),
    ],
)
def test_what_is_no_workbook_is_refused(tmp_path: Path, damage) -> None:
    said = refused(written(tmp_path, damage(book(TABLE))))
    assert any(words in said for words in ("not a readable workbook", "cannot be", "is encrypted"))


def before_the_beginning(content: bytes) -> bytes:
    """The workbook, its directory said to stand further back than it does."""
    end = content.rindex(b"PK\5\6") + 16
    (offset,) = struct.unpack_from("<I", content, end)
    return content[:end] + struct.pack("<I", offset + 7) + content[end + 4 :]


def zipped(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def test_one_cell_far_out_would_take_half_a_terabyte(tmp_path: Path) -> None:
    made = Workbook()
    made.active["A1"], made.active["XFD1048576"] = "code", 1
    made.save(tmp_path / "book.xlsx")
    assert "reaches to row 1048576 and column 16384" in refused(tmp_path / "book.xlsx")


def test_far_rows_without_references_are_seen_too(tmp_path: Path) -> None:
    made = rezipped(
        without_references(book({"Data": [["x"] * 30, ["y"]]})),
        lambda n, p: p.replace(b'<row r="2"', b'<row r="999999"'),
    )
    assert "reaches to row 999999 and column 30" in refused(written(tmp_path, made))


def test_a_bomb_is_refused_whatever_it_says_of_its_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_BYTES", 4 << 20)
    bomb = rezipped(book(TABLE), lambda n, p: p + b" " * (9 << 20) if n.endswith("sheet2.xml") else p)
    assert "unpacks to more than 4194304 bytes" in refused(written(tmp_path, bomb))
    with zipfile.ZipFile(tmp_path / "book.xlsx") as archive:
        size = archive.getinfo("xl/worksheets/sheet2.xml").file_size
    lying = bomb.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))
    assert lying != bomb
    assert "unpacks to more than 4194304 bytes" in refused(written(tmp_path, lying))


def test_a_number_is_a_number_and_a_mark_is_unknown() -> None:
    assert numbered([1.0, "**", " * ", ""], ["**", "*", ""]) == [1.0, None, None, None]
    for cell in ("1,000", "12", True):
        with pytest.raises(ValueError, match=str(cell)):
            numbered([cell], [""])
