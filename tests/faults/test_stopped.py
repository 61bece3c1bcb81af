"""A file that the gates stopped leaves nothing behind: the nights after it start from what the release holds."""

from __future__ import annotations

import csv
import io
import zipfile

import duckdb

from orchestration.settings import settings
from orchestration.telling.run_record import record_run
from tests.faults.conftest import YEARS, House, singlefile

SERIES = "www2.census.gov/programs-surveys/popest/datasets"
POPULATION = f"{SERIES}/2020-2024/counties/totals/co-est2024-alldata.csv"
NEXT_POPULATION = f"{SERIES}/2020-2025/counties/totals/co-est2025-alldata.csv"
CBP = "www2.census.gov/programs-surveys/cbp/datasets/2023/cbp23co.zip"


def next_vintage(content: bytes) -> bytes:
    """The series with one more year, in which every place moves as it did, and without the rows of its last state."""
    rows = list(csv.DictReader(io.StringIO(content.decode("latin-1"))))
    kept = [row for row in rows if row["STATE"] != rows[-1]["STATE"]]
    assert len(rows) > len(kept) > 0
    for row in kept:
        row["POPESTIMATE2025"] = str(2 * int(row["POPESTIMATE2024"]) - int(row["POPESTIMATE2023"]))
    text = io.StringIO()
    writer = csv.DictWriter(text, list(kept[0]))
    writer.writeheader()
    writer.writerows(kept)
    return text.getvalue().encode("latin-1")


def with_an_odd_code(content: bytes) -> bytes:
    """A year of County Business Patterns in which one code is none."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        name, text = archive.namelist()[0], archive.read(archive.namelist()[0]).decode()
    assert ",11----," in text
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, text.replace(",11----,", ",1X----,", 1))
    return buffer.getvalue()


def quiet(house: House, *arguments: str) -> None:
    before = house.released()
    result = house.refresh(*arguments)
    assert result.exit_code == 0, result.output
    assert "Nothing new" in result.stdout
    assert (house.released(), house.answers()) == (before, True)


def test_a_vintage_that_the_publisher_takes_back(house: House) -> None:
    house.write(NEXT_POPULATION, next_vintage(house.read(POPULATION)))
    result = house.refresh()
    assert result.exit_code == 3
    assert "every_state_is_in_every_series" in result.stderr
    assert "starts from what the last release holds" in result.stderr
    house.remove(NEXT_POPULATION)
    quiet(house)


def test_a_year_asked_for_once_does_not_stop_those_asked_for_every_night(house: House) -> None:
    def doubled(lines: list[str]) -> list[str]:
        return [*lines, lines[-1]]

    house.edit_year(2021, doubled)
    assert house.refresh("--years", "2021-2023").exit_code == 3
    # A refresh that a person stops before it has begun changes nothing about it.
    record_run(settings(), "stopped", exit_code=130)
    quiet(house, "--years", YEARS)


def test_an_optional_file_that_the_gate_stops_is_done_without(house: House) -> None:
    good, before = house.read(CBP), house.released()
    house.write(CBP, with_an_odd_code(good))
    house.edit_year(2023, lambda lines: [lines[0], *reversed(lines[1:])])
    result = house.refresh()
    assert result.exit_code == 0, result.output
    assert "cbp23co.zip: 2023 was not taken: cbp_county, pattern naics code" in " ".join(result.output.split())
    assert house.released() != before
    with duckdb.connect(str(house.current), read_only=True) as con:
        outcome = "SELECT outcome FROM meta.source_snapshot WHERE source_id = 'cbp_county:2023'"
        assert con.execute(outcome).fetchall() == [("late",)]
        said = "SELECT severity FROM meta.check_result WHERE check_name = 'source_is_current' AND NOT passed"
        assert con.execute(said).fetchall() == [("warning",)]
    # The same bytes again tomorrow stop nothing either, and mended ones are taken without a word.
    quiet(house)
    house.write(CBP, good)
    quiet(house)


def test_without_its_index_a_home_starts_from_the_release(house: House) -> None:
    """Also with a year that its publisher no longer offers."""
    (index,) = (house.home / "tidy").glob("editions-*.json")
    index.unlink()
    house.remove(singlefile(2022))
    quiet(house)
