"""Bad input from publishers, end to end: the right exit code and message, and the old release untouched."""

from __future__ import annotations

import csv
import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration.sample.bea import ZIP
from orchestration.sample.oews import FOLDER
from orchestration.settings import PROJECT_ROOT
from tests.faults.conftest import AREAS, INDUSTRIES, QCEW, YEARS, House, singlefile
from tests.sources.books import rezipped
from tests.sources.hostile import UNSEEN

PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Come back later</body></html>\n"
COMMAND = Path(sys.executable).with_name("clusters")
Edit = Callable[[list[str]], list[str]]
USES, STAFFING = f"apps.bea.gov/{ZIP}", f"www.bls.gov/{FOLDER}/oesm25in4.zip"


@pytest.fixture(autouse=True)
def untouched(house: House) -> Iterator[None]:
    """Whatever a test does to its house, the old release stays as it was and answers."""
    before = house.released()
    yield
    assert house.released() == before
    assert house.answers()


def expect_failure(house: House, code: int, *said: str, years: str = YEARS) -> str:
    """Refreshes, and looks at the exit code, the message, its remedy and what is remembered of the run."""
    result = house.refresh("--years", years)
    assert result.exit_code == code, result.output
    message = result.stderr[result.stderr.index("clusters: ") :]
    for text in (*said, "Remedy: "):
        assert text in message
    last = house.status()["last_run"]
    assert (last["outcome"], last["exit_code"]) == ("failed", code)
    assert last["message"] in message.replace("clusters: ", "", 1)
    return message


def replaced(header: str, new: str) -> Edit:
    """Edits the header line only."""

    def edit(lines: list[str]) -> list[str]:
        assert header in lines[0]
        return [lines[0].replace(header, new), *lines[1:]]

    return edit


def rows_edited(change: Callable[[dict[str, str], int], None]) -> Edit:
    """Edits every row as a dictionary by column name; the change is also told the row's number."""

    def edit(lines: list[str]) -> list[str]:
        names = next(csv.reader(lines[:1]))
        edited = [lines[0]]
        for number, fields in enumerate(csv.reader(lines[1:])):
            row = dict(zip(names, fields, strict=True))
            change(row, number)
            edited.append(",".join(f'"{value}"' for value in row.values()))
        return edited

    return edit


def in_archive(content: bytes, old: bytes, new: bytes) -> bytes:
    """An archive of workbooks, a text in them replaced."""
    return rezipped(content, lambda _, book: rezipped(book, lambda _, part: part.replace(old, new)))


# What must stop before anything is built: pulling and parsing (exit code 2).


def test_file_that_is_nowhere_stops_a_first_refresh(house: House, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "new home"))
    house.remove(AREAS)
    result = house.refresh()
    assert result.exit_code == 2
    for said in ("bls_qcew_areas", "area_titles.csv", "offers none", "Remedy: "):
        assert said in result.stderr
    assert not (tmp_path / "new home" / "warehouse" / "current.duckdb").exists()


def test_file_that_has_gone_is_kept_and_told(house: House) -> None:
    house.remove(AREAS)
    result = house.refresh()
    assert result.exit_code == 0
    assert "Nothing new" in result.stdout
    assert re.search(r"Warning: bls_qcew_areas:series@[\d-]+: the publisher no longer offers it", result.stdout)


def test_empty_file(house: House) -> None:
    house.write(INDUSTRIES, b"")
    expect_failure(house, 2, "bls_qcew_industries: industry_titles.csv", "empty file")


def test_header_without_rows(house: House) -> None:
    house.write(INDUSTRIES, house.read(INDUSTRIES).splitlines(keepends=True)[0])
    expect_failure(house, 2, "bls_qcew_industries: industry_titles.csv", "a header but no rows")


def test_truncated_zip(house: House) -> None:
    content = house.read(singlefile(2023))
    house.write(singlefile(2023), content[: len(content) // 2])
    expect_failure(house, 2, "bls_qcew: 2023_annual_singlefile.zip", "truncated or damaged")


def test_zip_whose_bytes_were_changed(house: House) -> None:
    content = bytearray(house.read(singlefile(2023)))
    middle = len(content) // 2
    content[middle : middle + 64] = bytes(64)
    house.write(singlefile(2023), bytes(content))
    expect_failure(house, 2, "bls_qcew: 2023_annual_singlefile.zip", "is damaged")


def test_page_with_status_200(house: House) -> None:
    house.write(singlefile(2023), PAGE)
    expect_failure(house, 2, "bls_qcew: 2023_annual_singlefile.zip", "an HTML page instead of a zip")


def test_renamed_column(house: House) -> None:
    house.edit_year(2023, replaced('"annual_avg_emplvl"', '"avg_employment"'))
    expect_failure(house, 2, "bls_qcew: 2023.annual.singlefile.csv", "column annual_avg_emplvl is missing")


def test_missing_column(house: House) -> None:
    def without_last_key(lines: list[str]) -> list[str]:
        return [",".join([*line.split(",")[:3], *line.split(",")[4:]]) for line in lines]

    house.edit_year(2023, without_last_key)
    expect_failure(house, 2, "bls_qcew: 2023.annual.singlefile.csv", "column agglvl_code is missing")


def test_text_in_a_number_column(house: House) -> None:
    def suppress_by_text(row: dict[str, str], number: int) -> None:
        if number == 700:
            row["annual_avg_emplvl"] = "(D)"

    house.edit_year(2023, rows_edited(suppress_by_text))
    message = expect_failure(house, 2, "bls_qcew: 2023.annual.singlefile.csv", "line 702", "annual_avg_emplvl")
    assert "'(D)'" in message


def test_wrong_year_inside(house: House) -> None:
    house.write(singlefile(2023), house.read(singlefile(2022)))
    expect_failure(house, 2, "bls_qcew", "2022.annual.singlefile.csv", "the rows are of 2022, not of 2023")


def test_no_year_at_all(house: House) -> None:
    expect_failure(house, 2, "bls_qcew", "1998_annual_singlefile.zip", "offers none", "1998-1999", years="1998-1999")


def test_a_states_slice_is_missing(house: House) -> None:
    house.remove(f"{QCEW}/data/api/2019/a/area/91000.csv")
    expect_failure(house, 2, "bls_qcew: 91000.csv", "is not published (HTTP 404)", years="2019-2023")


def test_a_table_of_uses_without_a_total(house: House) -> None:
    house.write(USES, in_archive(house.read(USES), b">T006<", b">T906<"))
    expect_failure(house, 2, "bea_use: IOUse_After_Redefinitions_PRO_2017_Detail.xlsx", "lacks the row T006")


def test_a_workbook_that_brings_down_what_reads_it(house: House) -> None:
    hostile = UNSEEN["billions of texts announced"]()
    house.write(USES, rezipped(house.read(USES), lambda _, book: hostile))
    said = "the process that reads these bytes was ended by SIGABRT"
    expect_failure(house, 2, "bea_use: ", said)
    expect_failure(house, 2, "bea_use: ", f"{said} when they were tried before", "delete ")
    assert json.loads((house.home / "alerts.jsonl").read_text(encoding="utf-8").splitlines()[-1])["outcome"] == "failed"


def test_a_page_for_an_archive_of_workbooks(house: House) -> None:
    house.write(STAFFING, PAGE)
    expect_failure(house, 2, "oews_industry: oesm25in4.zip", "an HTML page instead of a zip")


# What only a look at the whole finds: the gates (exit code 3).


def test_duplicate_keys(house: House) -> None:
    house.edit_year(2023, lambda lines: [*lines, *lines[500:510]])
    expect_failure(house, 3, "stg_qcew.unique", "bls_qcew: 2023_annual_singlefile.zip")


def test_a_third_of_the_rows_gone(house: House) -> None:
    house.edit_year(2023, lambda lines: [line for i, line in enumerate(lines) if i == 0 or i % 3])
    message = expect_failure(house, 3, "stg_qcew.history_rows")
    assert "[bls_qcew: 2023_annual_singlefile.zip]" in message
    assert "stg_qcew.history_rows" in house.status()["last_run"]["failed_checks"]


def test_a_county_lost(house: House) -> None:
    lines = house.year_lines(2023)
    county = next(line[1:6] for line in lines if line.split(",")[3] == '"70"')
    house.edit_year(2023, lambda lines: [line for line in lines if not line.startswith(f'"{county}"')])
    expect_failure(house, 3, "stg_qcew.history_regions_kept", "bls_qcew: 2023_annual_singlefile.zip")


def test_unknown_area_codes(house: House) -> None:
    county = next(line[1:6] for line in house.year_lines(2023) if line.split(",")[3] == '"70"')
    house.edit_year(2023, lambda lines: [line.replace(f'"{county}"', '"97001"', 1) for line in lines])
    expect_failure(house, 3, "stg_qcew.areas_are_known", "area_fips = 97001", "bls_qcew: 2023_annual_singlefile.zip")


def test_unknown_industry_codes(house: House) -> None:
    def reclassify(row: dict[str, str], number: int) -> None:
        if row["industry_code"].startswith(("31", "32", "33")) and "-" not in row["industry_code"]:
            row["industry_code"] = "8" + row["industry_code"][1:]

    house.edit_year(2023, rows_edited(reclassify))
    expect_failure(house, 3, "stg_qcew.industries_are_known", "bls_qcew: 2023_annual_singlefile.zip")


def test_ten_times_the_jobs_in_one_state(house: House) -> None:
    def times_ten(row: dict[str, str], number: int) -> None:
        if row["area_fips"].startswith("91"):
            row["annual_avg_emplvl"] += "0"

    house.edit_year(2023, rows_edited(times_ten))
    expect_failure(house, 3, "stg_qcew.states_make_the_nation", "bls_qcew: 2023_annual_singlefile.zip")


def test_area_listed_twice_is_found_although_qcew_waits_for_the_list(house: House) -> None:
    content = house.read(AREAS)
    house.write(AREAS, content + content.splitlines(keepends=True)[3])
    expect_failure(house, 3, "stg_qcew_areas.unique", "[bls_qcew_areas: area_titles.csv]")


def test_a_disclosure_mark_that_nobody_knows(house: House) -> None:
    """Its figure is 0 in the file, and never becomes one."""
    year = int(YEARS[:4])
    names = next(csv.reader(house.year_lines(year)[:1]))
    place = names.index("disclosure_code")

    def edit(lines: list[str]) -> list[str]:
        rows = list(csv.reader(lines))
        row = next(r for r in rows[1:] if r[place] == "N")
        row[place] = "D"
        return [",".join(f'"{field}"' for field in r) for r in rows]

    house.edit_year(year, edit)
    expect_failure(house, 3, "stg_qcew.disclosure_marks_are_known", f"year = {year}, area_fips = ", "mark = D")


def test_an_unknown_form_of_occupation_codes(house: House) -> None:
    house.write(STAFFING, in_archive(house.read(STAFFING), b">11-1021<", b">111021<"))
    expect_failure(house, 3, "stg_oews_industry.pattern__occupation_code", "oesm25in4.zip")


def test_findings_of_an_earlier_refresh_are_not_taken_for_this_ones(house: House) -> None:
    house.edit_year(2023, lambda lines: [*lines, *lines[500:510]])
    assert house.refresh().exit_code == 3
    house.write(singlefile(2023), PAGE)
    message = expect_failure(house, 2, "an HTML page")
    assert "unique" not in message


# What is no fault.


def withdraw_later_years(house: House) -> None:
    """As if the publisher had nothing after the years of the release."""
    for year in (2024, 2025):
        house.remove(singlefile(year))


def test_year_not_published_yet(house: House) -> None:
    withdraw_later_years(house)
    result = house.refresh("--years", "2022-2025")
    assert result.exit_code == 0, result.output
    assert "Nothing new" in result.stdout
    assert "Note: bls_qcew: asked for 2022 to 2025, there are 2022, 2023" in result.stdout
    assert house.status()["last_run"]["outcome"] == "nothing new"


def test_nothing_new(house: House) -> None:
    result = house.refresh()
    assert result.exit_code == 0, result.output
    assert "Nothing new: release" in result.stdout
    assert "emitted no result" not in result.output
    last = house.status()["last_run"]
    assert [found[0] for found in last.pop("found")], "what the next night knows already"
    assert last == {
        "finished_at": last["succeeded_at"],
        "succeeded_at": last["finished_at"],
        "asked_then": {"only": [], "years": [2022, 2023]},
        "in_part": False,
        "outcome": "nothing new",
        "release_id": house.current.resolve().stem,
        "exit_code": 0,
        "message": "",
        "failed_checks": [],
        "gates_stopped": False,
    }


# Through the console script, as cron or a shell would call it.


def clusters(house: House, *arguments: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | house.environment | {"PYTHONPATH": str(PROJECT_ROOT)}
    return subprocess.run(
        [COMMAND, *arguments], env=environment, cwd=house.home, capture_output=True, text=True, timeout=300, check=False
    )


def test_command_exits_2_on_a_page_with_status_200(house: House) -> None:
    house.write(singlefile(2023), PAGE)
    done = clusters(house, "refresh")
    assert done.returncode == 2, done.stderr
    assert "clusters: bls_qcew: 2023_annual_singlefile.zip: https://data.bls.gov/" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_exits_3_where_a_gate_stops_the_release(house: House) -> None:
    house.edit_year(2023, lambda lines: [line for i, line in enumerate(lines) if i == 0 or i % 3])
    done = clusters(house, "refresh")
    assert done.returncode == 3, done.stderr
    assert "the gates stopped the release; the previous one stays" in done.stderr
    assert "Traceback" not in done.stderr


def test_command_exits_4_while_another_refresh_runs(house: House) -> None:
    from orchestration.release.publish import Warehouse
    from orchestration.settings import settings

    with Warehouse(settings()).lock():
        done = clusters(house, "refresh")
    assert done.returncode == 4, done.stderr
    assert f"another refresh is running (process {os.getpid()}" in done.stderr


def test_command_exits_0_and_says_so_where_nothing_is_new(house: House) -> None:
    withdraw_later_years(house)
    done = clusters(house, "refresh", "--years", "2022-2025")
    assert done.returncode == 0, done.stderr
    assert "Nothing new: release" in done.stdout
    assert "bls_qcew: asked for 2022 to 2025, there are 2022, 2023" in done.stdout
