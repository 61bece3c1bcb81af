"""Some program has written into the published file: the next refresh notices, says so, and publishes the data anew."""

from __future__ import annotations

import shutil

import duckdb

from orchestration.release.records import read_checks
from orchestration.settings import Settings
from orchestration.telling.findings import concerns
from tests.faults.conftest import House


def test_an_altered_release_is_replaced_although_nothing_is_new(house: House, house_settings: Settings) -> None:
    before = house.current.resolve()
    # Its bytes are shared with other tests.
    shutil.copy2(before, before.with_suffix(".copy"))
    before.with_suffix(".copy").replace(before)
    before.chmod(0o644)
    with duckdb.connect(before) as con:
        con.execute("UPDATE employment SET employment = 10 * employment")
    assert "not those that were published" in house.status()["release"]["altered"]

    result = house.refresh()

    assert result.exit_code == 0, result.output
    assert f"release {before.stem}: its bytes are not those that were published" in result.stdout
    assert house.current.resolve() != before
    assert house.status()["release"]["altered"] is None
    told = [c for c in read_checks(house.current) if c.check_name == "release_is_as_published"]
    assert [c.passed for c in told] == [False]
    remedies = [f.remedy for f in concerns(house_settings, None) if f.check == "release.release_is_as_published"]
    assert len(remedies) == 1
    assert "read-only" in remedies[0]
    # What was altered is no measure: the figures are compared with nothing, and are those published at first.
    with duckdb.connect(house.current, read_only=True) as con:
        con.execute(f"ATTACH '{before}' AS altered (READ_ONLY)")
        new, old = con.execute(
            "SELECT (SELECT sum(employment) FROM employment), (SELECT sum(employment) FROM altered.employment)"
        ).fetchall()[0]
    assert old == 10 * new
    assert house.refresh().stdout.count("Nothing new") == 1
