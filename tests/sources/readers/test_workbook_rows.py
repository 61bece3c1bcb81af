"""Workbooks: the header among titles, the notes at the foot, codes that are typed as numbers."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from orchestration.sources.readers import Field
from tests.sources.books import Cells, book
from tests.sources.readers.made import CODE, COUNTY_JOBS, JOBS, SHARE, TITLE, refused, rows

HEADER = ["Title", "County", " Jobs\n", "Share"]
ALL = (CODE, TITLE, JOBS, SHARE)
ADAMS, BAKER = ["Adams", "48003", 12, 0.5], ["Baker County", 1009, "(D)", "N"]
FIRST = ("01009", "Baker County", None, None)
SECOND = ("48003", "Adams", 12, 0.5)


def written(folder: Path, cells: Cells, **more: Cells) -> Path:
    file = folder / "book.xlsx"
    file.write_bytes(book({"Data": cells} | more))
    return file


def test_title_rows_notes_and_codes_typed_as_numbers(tmp_path: Path) -> None:
    notes = [[], ["Note: (D) is not told"], [None, "See the web page"]]
    file = written(tmp_path, [["Jobs by county"], [], HEADER, ADAMS, [], BAKER, *notes])
    assert rows("workbook", file, ALL) == [FIRST, SECOND]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (["Clay", 53.027, 1, 1], "column County holds the number 53.027 where a code belongs"),
        (["Clay", 53027.5, 1, 1], "column County holds the number 53027.5 where a code belongs"),
        (["Clay", -1001, 1, 1], "column County holds the number -1001 where a code belongs"),
        (["Clay", 153027, 1, 1], "column County holds the text '153027' where a code of 5 characters belongs"),
        (["Clay", date(2020, 1, 2), 1, 1], "column County holds the date or time 2020-01-02"),
        (["Clay", True, 1, 1], "column County holds a yes or no"),
        (["Clay", "53027", "12", 1], "column Jobs holds the text '12' where a number belongs"),
        (["Clay", "53027", "N*", 1], r"column Jobs holds the text 'N*' where a number belongs"),
        (["Clay", "53027", 1.5, 1], "column Jobs holds the text '1.5' where a whole number belongs"),
        (["Clay", "53027", True, 1], "column Jobs holds a yes or no"),
        (["Clay", "53027", date(2020, 1, 2), 1], "column Jobs holds the date or time 2020-01-02"),
        (["Clay", "53027", None, 1], "column Jobs is blank where every row must have it"),
        (["Clay", None, 1, 1], "column County is blank where every row must have it"),
        ([None, "53027", None, None], "column Title, Jobs, Share is blank where every row must have it"),
        ([None, None, 5, None], "column County, Title, Share is blank where every row must have it"),
    ],
)
@pytest.mark.parametrize("last", [False, True], ids=["in the middle", "as the last"])
def test_a_row_that_does_not_fit_is_named_and_never_dropped(
    tmp_path: Path, row: list, problem: str, last: bool
) -> None:
    file = written(tmp_path, [["Jobs"], HEADER, ADAMS, row, *([] if last else [BAKER])])
    said = refused("workbook", file, ALL)
    assert said.startswith("row 4: column ")
    assert all(word in said for word in problem.replace(",", "").split()), said


def test_a_note_in_the_middle_is_no_note(tmp_path: Path) -> None:
    file = written(tmp_path, [HEADER, ADAMS, ["Counties of Alabama"], BAKER])
    assert "row 3: column County, Jobs, Share is blank" in refused("workbook", file, ALL)


def test_a_blank_is_unknown_where_that_is_declared(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs"], ["48003", 5], ["48005", None], ["48007", " "]])
    jobs = Field("jobs", "BIGINT", "Jobs", ("",))
    assert rows("workbook", file, (CODE, jobs)) == [("48003", 5), ("48005", None), ("48007", None)]
    assert "row 3: column Jobs is blank" in refused("workbook", file)
    assert len(rows("workbook", file, key=["county"])) == 3


def test_numbers_stored_as_texts_where_that_is_declared(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs"], ["48003", "1,205"], ["48005", "N"]])
    assert "row 2: column Jobs holds the text '1,205' where a number belongs" in refused("workbook", file)
    assert rows("workbook", file, text_numbers=True, thousands=",") == [("48003", 1205), ("48005", None)]


@pytest.mark.parametrize(
    "options", [{"sheet": "T2"}, {"sheet": 2}, {"sheet_like": r"T\d"}], ids=["name", "number", "expression"]
)
def test_a_sheet_by_name_number_or_expression(tmp_path: Path, options: dict) -> None:
    file = written(tmp_path, [["Read me"]], T2=[["County", "Jobs"], ["48003", 5]])
    assert rows("workbook", file, **options) == [("48003", 5)]


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"sheet": "t2"}, "sheet t2 is missing (there are Data, T2, T3)"),
        ({"sheet": 4}, "sheet 4 is missing (there are Data, T2, T3)"),
        ({"sheet": 0}, "sheet 0 is missing (there are Data, T2, T3)"),
        ({"sheet_like": "T."}, "2 sheets are named like T., not one (there are Data, T2, T3)"),
        ({"sheet_like": "U"}, "0 sheets are named like U, not one (there are Data, T2, T3)"),
    ],
)
def test_a_missing_sheet_is_named_with_those_there_are(tmp_path: Path, options: dict, problem: str) -> None:
    file = written(tmp_path, [["Read me"]], T2=[["x"]], T3=[["x"]])
    assert refused("workbook", file, **options) == problem


def test_a_header_twice_is_refused(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs", "Jobs"], ["48003", 5, 6]])
    assert refused("workbook", file) == "column Jobs stands twice in sheet Data"


def test_the_header_that_lacks_least_is_spoken_of(tmp_path: Path) -> None:
    file = written(tmp_path, [["County"], ["County", "Title", "Employment"], ["48003", "Adams", 5]])
    assert refused("workbook", file, (CODE, TITLE, JOBS)) == "column Jobs is missing in sheet Data"


def test_totals_are_left_out_where_that_is_declared(tmp_path: Path) -> None:
    file = written(tmp_path, [HEADER, ADAMS, ["All of Texas", None, 12, 1], BAKER])
    assert rows("workbook", file, ALL, leave_out={"title": "All of .*"}) == [FIRST, SECOND]


def test_dates_and_large_numbers(tmp_path: Path) -> None:
    file = written(tmp_path, [["Day", "Jobs"], [date(2016, 7, 1), 12_345_678_901], ["2016-08-01", 0]])
    fields = (Field("day", "DATE", "Day"), JOBS)
    assert rows("workbook", file, fields) == [(date(2016, 7, 1), 12_345_678_901), (date(2016, 8, 1), 0)]


def test_two_rows_of_one_key_are_refused(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs"], ["01009", 5], [1009, 6]])
    assert refused("workbook", file, key=["county"]) == "2 rows have the same county 01009"


def test_a_workbook_by_its_bytes_and_not_by_its_name(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs"], ["01009", 5]]).rename(tmp_path / "book")
    assert rows("workbook", file, COUNTY_JOBS) == [("01009", 5)]
