"""Checks are read from SQL files as they stand there, or refused with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from orchestration.quality.named_sql import read_checks

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


def written(folder: Path, text: str) -> Path:
    path = folder / "checks.sql"
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
    ],
)
def test_what_is_incomplete_is_refused(tmp_path: Path, part: str, instead: str, said: str) -> None:
    assert part in TEXT
    with pytest.raises(ValueError, match=said):
        read_checks(written(tmp_path, TEXT.replace(part, instead)))


def test_no_file_has_no_checks(tmp_path: Path) -> None:
    assert read_checks(tmp_path / "checks.sql") == []
