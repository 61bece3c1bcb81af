"""Delimited text: marks, codes, types, and the line of what does not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.readers.made import CODE, COUNTY_JOBS, JOBS, SHARE, TITLE, refused, rows
from tests.sources.reading import text_file


def test_columns_in_any_order_with_marks_and_codes(tmp_path: Path) -> None:
    lines = ["Jobs,Other,County", "12,x,1001", "(D),x,01003", " N ,x, 72001 ", ",x,72003", '" 7",x,"09110"']
    assert rows("delimited", text_file(tmp_path, "a.csv", lines)) == [
        ("01001", 12),
        ("01003", None),
        ("09110", 7),
        ("72001", None),
        ("72003", None),
    ]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252", "utf-16"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_encodings(tmp_path: Path, encoding: str, end: str) -> None:
    file = text_file(tmp_path, "a.csv", ["County;Title", "35013;Doña Ana", '35061;"Val; ""encia"""'], encoding, end)
    assert rows("delimited", file, (CODE, TITLE), encoding=encoding, delimiter=";") == [
        ("35013", "Doña Ana"),
        ("35061", 'Val; "encia"'),
    ]
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["a.csv"]


def test_signs_that_only_windows_has(tmp_path: Path) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Title", "35013,“1 €”"], "cp1252")
    assert rows("delimited", file, (CODE, TITLE), encoding="cp1252") == [("35013", "“1 €”")]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "no-such"])
def test_another_encoding_than_declared_is_refused(tmp_path: Path, encoding: str) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Title", "35013,Doña Ana", "35015,Eddy"], "latin-1")
    problem = refused("delimited", file, (CODE, TITLE), encoding=encoding)
    assert "Invalid unicode" in problem if encoding == "utf-8" else f"it is not {encoding} text" in problem


def test_texts_without_quotes(tmp_path: Path) -> None:
    file = text_file(tmp_path, "a.txt", ["County\tTitle", '35013\t5" pipes', "35015\tO'Brien"])
    assert rows("delimited", file, (CODE, TITLE), delimiter="\t", quote="") == [
        ("35013", '5" pipes'),
        ("35015", "O'Brien"),
    ]


def test_several_files_are_one_table(tmp_path: Path) -> None:
    files = [
        text_file(tmp_path, "a.csv", ["County,Jobs", "01001,1"]),
        text_file(tmp_path, "b.csv", ["Jobs,County,More", "2,01003,x"]),
    ]
    assert rows("delimited", files) == [("01001", 1), ("01003", 2)]
    text_file(tmp_path, "b.csv", ["Jobs,County", "2,01003", "many,01005"])
    with pytest.raises(Exception, match=r"a_dataset: b\.csv: line 3: column Jobs holds the text 'many'"):
        rows("delimited", files)


@pytest.mark.parametrize("text", ["1.234", "1e3", "0x10", "1_000", "5.0", "D", "(N)", "1,234", "99999999999999999999"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_what_is_no_whole_number_is_named_with_its_line(tmp_path: Path, text: str, end: str) -> None:
    lines = ["County,Jobs", "01001,5", '01003,"(D)"', f'01005,"{text}"', "01007,6"]
    problem = refused("delimited", text_file(tmp_path, "a.csv", lines, end=end))
    assert problem == f"line 4: column Jobs holds the text {text!r} where a whole number belongs"


@pytest.mark.parametrize("text", ["nan", "inf", "-Infinity", "1,5", "12 e", "(D)", "1.2.3"])
def test_what_is_no_number_is_named_with_its_line(tmp_path: Path, text: str) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Share", "01001,1.5e3", f'01003,"{text}"'])
    assert refused("delimited", file, (CODE, SHARE)).startswith(f"line 3: column Share holds the text {text!r}")


def test_the_line_is_that_of_the_file_where_texts_run_over_lines(tmp_path: Path) -> None:
    lines = ["County,Title,Jobs", '01001,"two', 'lines",5', "01003,one,five", "01001,one,five"]
    assert refused("delimited", text_file(tmp_path, "a.csv", lines)).startswith("line 4: column Jobs holds")


def test_numbers_as_they_are_written(tmp_path: Path) -> None:
    numbers = {"a": "1.5", "b": "-.5", "c": "+2.", "d": "1E-3", "e": "N", "f": "1234567"}
    file = text_file(tmp_path, "a.csv", ["Title,Share", *(f"{name},{number}" for name, number in numbers.items())])
    expected = [("a", 1.5), ("b", -0.5), ("c", 2.0), ("d", 0.001), ("e", None), ("f", 1234567.0)]
    assert rows("delimited", file, (TITLE, SHARE)) == expected


def test_thousands_only_where_they_are_declared_and_well_formed(tmp_path: Path) -> None:
    file = text_file(tmp_path, "a.csv", ["County;Jobs", "01001;1.234.567", "01003;12"])
    assert rows("delimited", file, delimiter=";", thousands=".") == [("01001", 1234567), ("01003", 12)]
    file = text_file(tmp_path, "b.csv", ["County;Jobs", "01001;1.23"])
    assert "'1.23'" in refused("delimited", file, delimiter=";", thousands=".")


@pytest.mark.parametrize("code", ["053027", "53.027", "53027.0", "5302 7x"])
def test_a_code_of_another_width_is_refused(tmp_path: Path, code: str) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Jobs", f"{code},1"])
    assert (
        refused("delimited", file)
        == f"line 2: column County holds the text {code!r} where a code of 5 characters belongs"
    )


def test_keys_are_filled_and_stand_once(tmp_path: Path) -> None:
    lines = ["County,Jobs", "01001,1", "01003,1", "1001,2"]
    assert (
        refused("delimited", text_file(tmp_path, "a.csv", lines), key=["county"]) == "2 rows have the same county 01001"
    )
    assert len(rows("delimited", tmp_path / "a.csv", key=["county", "jobs"])) == 3
    file = text_file(tmp_path, "b.csv", ["County,Jobs", "01001,1", " ,2"])
    assert refused("delimited", file, key=["county"]) == (
        "line 3: column County is blank or not known where every row must have it"
    )


def test_totals_are_left_out_where_that_is_declared(tmp_path: Path) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Jobs", "01001,1", "Total,x", "All,2"])
    assert rows("delimited", file, leave_out={"county": "Total|All"}) == [("01001", 1)]
    assert "line 4: column County holds the text 'All'" in refused("delimited", file, leave_out={"county": "Total"})


def test_only_the_rows_asked_for_are_read_and_there_must_be_some(tmp_path: Path) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Jobs", "01001 ,1", "Total,x", "010011,2"])
    assert rows("delimited", file, only={"county": "01001"}) == [("01001", 1)]
    assert refused("delimited", file, only={"county": "01003"}) == (
        "no row has the county '01003'; there is '01001', '010011', 'Total'"
    )


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ({"delimeter": ";"}, "the reader has no option delimeter (it has delimiter, encoding, "),
        ({"key": ["fips"]}, "key or leave_out has fips, which is no field"),
        ({"leave_out": {"fips": "x"}}, "key or leave_out has fips, which is no field"),
        ({"leave_out": {"county": "("}}, "leave_out has (, which is no regular expression"),
    ],
)
def test_a_wrong_declaration_is_refused(tmp_path: Path, options: dict, problem: str) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Jobs", "01001,1"])
    with pytest.raises(Exception, match=r"a_dataset: \(declaration\): .*correct the dataset's declaration") as caught:
        rows("delimited", file, COUNTY_JOBS, **options)
    assert problem in str(caught.value)


def test_one_column_may_be_read_as_two(tmp_path: Path) -> None:
    file = text_file(tmp_path, "a.csv", ["County,Jobs", "01001,1"])
    twin = type(JOBS)("jobs_again", "DOUBLE", "Jobs")
    assert rows("delimited", file, (CODE, JOBS, twin)) == [("01001", 1, 1.0)]
