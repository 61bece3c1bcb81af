"""Checks are read from SQL files as they stand there, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from orchestration.naics import qcew_edition, sector
from orchestration.quality.checklist import tidy_checks, tidy_contracts
from orchestration.quality.named_sql import read_checks, source_checks

TEXT = """\
-- What every check of this file is about.

-- name: people_are_counted
-- table: stg_towns
-- severity: warning
-- expected: every town has people
-- A ghost town has none, so this is no error.
SELECT town FROM stg_towns WHERE people = 0;

-- name: towns_are_named
-- table: stg_towns
-- severity: error
-- expected: a name
WITH nameless AS (SELECT * FROM stg_towns WHERE town IS NULL)
SELECT count(*) FROM nameless HAVING count(*) > 0;
"""


SHARED = """\
-- Towns in some order.
-- text: towns
-- Not hamlets.
SELECT year, {naics_edition} AS edition FROM stg_towns

-- Only what follows is about names.
-- text: named
{towns} WHERE regexp_full_match(town, '[A-Z]{2}[a-z]{3,}')

-- name: towns_are_old
-- table: stg_towns
-- severity: error
-- expected: no town is new,
--     or of tomorrow
-- Time passes.
{named} AND year > 2020;

-- What the next one asks:

-- name: towns_have_a_sector
-- table: stg_towns
-- severity: error
-- expected: a sector
SELECT {sector} AS s FROM stg_towns WHERE s IS NULL
"""


def written(folder: Path, text: str, name: str = "checks.sql") -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_checks_stand_as_they_are_written(tmp_path: Path) -> None:
    first, second = read_checks(written(tmp_path, TEXT))
    assert (first.name, first.table, first.severity) == ("people_are_counted", "stg_towns", "warning")
    assert first.expected == "every town has people"
    assert first.sql.endswith("WHERE people = 0")
    assert second.sql.startswith("WITH nameless")


@pytest.mark.parametrize(
    ("part", "instead", "said"),
    [
        ("-- table: stg_towns\n-- severity: warning", "-- severity: warning", "people_are_counted has no table"),
        ("severity: warning", "severity: fatal", "severity fatal"),
        ("SELECT town FROM stg_towns WHERE people = 0;", "", "people_are_counted has no query"),
        ("-- expected: a name\n", "", "towns_are_named has no expected"),
        ("FROM nameless", "FROM {nameless}", r"towns_are_named: there is no text \{nameless\} above it"),
    ],
)
def test_what_is_incomplete_is_refused(tmp_path: Path, part: str, instead: str, said: str) -> None:
    assert part in TEXT
    with pytest.raises(ValueError, match=said):
        read_checks(written(tmp_path, TEXT.replace(part, instead)))


def test_no_file_has_no_checks(tmp_path: Path) -> None:
    assert read_checks(tmp_path / "checks.sql") == []


def test_texts_stand_where_they_are_named_and_comments_between_queries_in_none(tmp_path: Path) -> None:
    old, of_sector = read_checks(written(tmp_path, SHARED))
    assert old.expected == "no town is new, or of tomorrow"
    assert old.sql == (
        f"-- Time passes.\n-- Not hamlets.\nSELECT year, {qcew_edition('year')} AS edition FROM stg_towns "
        "WHERE regexp_full_match(town, '[A-Z]{2}[a-z]{3,}') AND year > 2020"
    )
    assert of_sector.sql == f"SELECT {sector('industry_code')} AS s FROM stg_towns WHERE s IS NULL"


def test_every_folders_files_are_read_in_order(tmp_path: Path) -> None:
    written(tmp_path / "b", TEXT)
    written(tmp_path / "a", TEXT.replace("stg_towns", "stg_villages"), "checks_people.sql")
    written(tmp_path / "a", TEXT.replace("stg_towns", "stg_cities"))
    written(tmp_path / "a", TEXT, "other.sql")
    found = source_checks(tmp_path, ["stg_towns", "stg_cities", "stg_villages"])
    assert [c.table for c in found[::2]] == ["stg_cities", "stg_villages", "stg_towns"]
    assert [c.name for c in found] == 3 * ["people_are_counted", "towns_are_named"]


def test_a_check_of_no_declared_table_or_with_anothers_name_is_refused(tmp_path: Path) -> None:
    written(tmp_path / "a", TEXT)
    with pytest.raises(ValueError, match="people_are_counted is of stg_towns, a table that is not declared"):
        source_checks(tmp_path, ["stg_cities"])
    written(tmp_path / "b", TEXT)
    with pytest.raises(ValueError, match=r"b/checks.sql: the check people_are_counted of stg_towns is there twice"):
        source_checks(tmp_path, ["stg_towns"])


def test_the_publishers_checks_find_nothing_in_tables_without_rows() -> None:
    """Each is plain SQL over the declared columns; a table may be empty, since its source may be optional."""
    checks = tidy_checks()
    assert {check.table for check in checks} >= {"stg_qcew", "stg_county_population", "stg_cbsa_delineation"}
    with duckdb.connect(config={"threads": 1}) as con:
        for name, contract in tidy_contracts().items():
            con.execute(f"CREATE TABLE {name} ({', '.join(f'{c.name} {c.data_type}' for c in contract.columns)})")
        assert {check.name: rows for check in checks if (rows := con.execute(check.sql).fetchall())} == {}
