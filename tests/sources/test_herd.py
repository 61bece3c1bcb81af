"""Research spending of universities: one question of the survey, each institution's money once."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.errors import SourceError
from orchestration.landing.unpack import unpacked
from orchestration.sample.economy import simulate
from orchestration.sources.herd.sample import write
from orchestration.sources.ipeds.sample import campuses
from tests.sources.reading import Rows, declared, real_file, text_file, tidy

HEADER = (
    "inst_id,year,ncses_inst_id,ipeds_unitid,inst_name_long,inst_city,inst_state_code,inst_zip,"
    "questionnaire_no,question,row,column,data,status,othinfo"
)
LINES = [
    '2477,2016,,177834,"Ash University, Main",Ash,BQ,00501,01.g,Source,Total,Total,946159,i,',
    '2477,2016,,177834,"Ash University, Main",Ash,BQ,00501,01.a,Source,Federal government,Total,500000,,',
    # The same money by field.
    '2477,2016,,177834,"Ash University, Main",Ash,BQ,00501,09,By field,Total,Total,946159,,',
    '2477,2016,,177834,"Ash University, Main",Ash,BQ,00501,99,Source of staff,Total,Persons,70,,',
    "3009,2016,,,Institute of Birch,Birch,,?????,01.g,Source,Total,Total,,,",
]


def read(file: Path, year: int = 2016) -> Rows:
    form = next(f for e, f in declared("herd_spending") if e.period == str(year))
    return tidy(form.parse, file, period=str(year))


def test_of_each_institution_its_funds(tmp_path: Path) -> None:
    rows = read(text_file(tmp_path, "herd2016.csv", [HEADER, *LINES]))
    names = ("institution_id", "unit_id", "state_abbreviation", "zip_code", "funds", "spending", "status")
    assert [tuple(row[name] for name in names) for row in rows] == [
        ("2477", "177834", "BQ", "00501", "Federal government", 500_000, None),
        ("2477", "177834", "BQ", "00501", "Total", 946_159, "i"),
        ("3009", None, None, None, "Total", None, None),
    ]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ([HEADER.replace(",data,", ",value,"), *LINES], "column data is missing"),
        ([HEADER, LINES[0].replace("946159", "946159.5")], "data holds the text '946159.5' where a whole number"),
        ([HEADER, LINES[0], LINES[0]], "2 rows have the same institution_id 2477"),
        (
            [HEADER, *(line.replace("Source,", "Sources of funds,") for line in LINES)],
            "no row has the question 'Source'; there is 'By field', 'Source of staff', 'Sources of funds'",
        ),
        ([HEADER], "a header but no rows"),
        (["<!doctype html><html>Not found</html>"], "answered with an HTML page"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, lines: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said) as caught:
        read(text_file(tmp_path, "herd2016.csv", lines))
    assert caught.value.file == "herd2016.csv"
    assert len(caught.value.remedy) > 10


def test_both_campuses_of_the_samples_universities_answer(tmp_path: Path) -> None:
    economy = simulate(1)
    write(tmp_path, economy, 1)
    file = next(tmp_path.rglob("higher_education_r_and_d_2023.zip"))
    rows = read(unpacked(file, "zip", tmp_path / "u", "herd_spending", 1 << 30)[0], 2023)
    # One of them is in no directory.
    assert len(rows) == 1 + sum(campus.level == 1 for campus in campuses(economy))
    assert 0 < sum(row["unit_id"] is None for row in rows) < len(rows) / 2
    assert any(row["state_abbreviation"] is None for row in rows)


@pytest.mark.mirror
@pytest.mark.parametrize(("year", "institutions", "total"), [(2012, 652, 65_729_007), (2016, 640, 71_833_308)])
def test_the_real_answers(tmp_path: Path, year: int, institutions: int, total: int) -> None:
    file = real_file(f"ncses.nsf.gov/821/assets/0/files/higher_education_r_and_d_{year}.zip")
    rows = read(unpacked(file, "zip", tmp_path, "herd_spending", 1 << 30)[0], year)
    assert (len(rows), sum(row["spending"] for row in rows)) == (institutions, total)
    (mit,) = [row for row in rows if row["name"] == "Massachusetts Institute of Technology"]
    assert (mit["unit_id"], mit["spending"]) == ("166683", {2012: 824_130, 2016: 946_159}[year])
