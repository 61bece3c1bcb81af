"""JSON: lists with a header, lists of objects, and what is neither."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orchestration.sources.readers import Field
from tests.sources.readers.made import CODE, COUNTY_JOBS, JOBS, SHARE, refused, rows
from tests.sources.reading import text_file

LISTS = [["Jobs", "County", "Other"], ["12", "48003", None], [7, "1009", True], ["(D)", 48007, {}], [None, "48009", 0]]
OBJECTS = [dict(zip(LISTS[0], row, strict=True)) for row in LISTS[1:]]
READ = [("01009", 7), ("48003", 12), ("48007", None), ("48009", None)]


def written(folder: Path, content: object) -> Path:
    return text_file(folder, "answer.json", [content if isinstance(content, str) else json.dumps(content)])


@pytest.mark.parametrize(
    ("content", "options"),
    [
        (LISTS, {}),
        (OBJECTS, {}),
        ({"total": 4, "results": OBJECTS}, {"records": "results"}),
        ({"data": {"rows": LISTS}}, {"records": "data.rows"}),
    ],
    ids=["lists", "objects", "results", "deeper"],
)
def test_records(tmp_path: Path, content: object, options: dict) -> None:
    assert rows("json", written(tmp_path, content), **options) == READ


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert rows("json", written(tmp_path, "\ufeff" + json.dumps(LISTS))) == READ


def test_numbers_are_read_as_they_are_written(tmp_path: Path) -> None:
    file = written(tmp_path, '[{"Jobs": 12345678901234567, "Share": 1e-3}, {"Jobs": 1, "Share": 0.1}]')
    assert rows("json", file, (JOBS, SHARE)) == [(1, 0.1), (12345678901234567, 0.001)]


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        ('["x", "48003"]', "column Jobs holds the text 'x' where a whole number belongs"),
        ('[1.0, "48003"]', "column Jobs holds the text '1.0' where a whole number belongs"),
        ('[true, "48003"]', "column Jobs holds a yes or no"),
        ('[[1], "48003"]', "column Jobs holds list where one value belongs"),
        ('[{"a": 1}, "48003"]', "column Jobs holds dict where one value belongs"),
        ("[1, 53.027]", "column County holds the number 53.027 where a code belongs"),
        ('[1, "480033"]', "column County holds the text '480033' where a code of 5 characters belongs"),
    ],
)
def test_a_value_that_does_not_fit_is_named_with_its_record(tmp_path: Path, record: str, problem: str) -> None:
    file = written(tmp_path, f'[["Jobs", "County"], [1, "48001"], {record}, [2, "48005"]]')
    assert refused("json", file) == f"record 3: {problem}"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"error": "your key is missing"}', "the publisher answered with an error instead of data"),
        ('{"rows": []}', "there is no list of records"),
        ("[]", "the list of records is empty"),
        ("[1, 2]", "column County, Jobs is missing in record 1"),
        ("[[], [1]]", "column County, Jobs is missing in the first record"),
        ('[["County", "Jobs"], ["48001"]]', "record 2 is not a list of 2 values as the first"),
        ('[["County", "Jobs"], {"County": 1}]', "record 2 is not a list of 2 values as the first"),
        ('[["County", "Jobs", "Jobs"], ["48001", 1, 2]]', "column Jobs stands twice in the first record"),
        ('[{"County": "48001", "Jobs": 1}, {"County": "48003"}]', "column Jobs is missing in record 2"),
        ('[{"County": "48001", "Jobs": 1, "Jobs": 2}]', "a record has a name twice: County, Jobs, Jobs"),
        ('[{"County": "48001", "Jobs": NaN}]', "NaN is not a value"),
        ('[{"County": "48001" "Jobs": 1}]', "it is not readable JSON"),
        ("[" * 100_000 + "]" * 100_000, "it is not readable JSON"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    assert problem in refused("json", written(tmp_path, content))


def test_a_key_that_two_records_have(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs"], ["48001", 1], [48001, 2]])
    assert refused("json", file, key=["county"]) == "2 rows have the same county 48001"


def test_a_file_too_large_for_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.sources.readers.json_rows.MOST_BYTES", 10)
    assert refused("json", written(tmp_path, LISTS)) == "the file is larger than 10 bytes"


def test_nulls_where_a_text_belongs_and_totals(tmp_path: Path) -> None:
    file = written(tmp_path, [["County", "Jobs", "Title"], ["Total", "x", None], ["48001", 1, None]])
    fields = (*COUNTY_JOBS, Field("title", "VARCHAR", "Title"))
    assert rows("json", file, fields, leave_out={"county": "Total"}) == [("48001", 1, None)]
    assert CODE.width == 5
