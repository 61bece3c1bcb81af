"""When the next edition is due, and the files that dbt reads of the declarations."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from orchestration.contracts import contracts
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Edition
from orchestration.sources.staging import staging_contracts, write_staging
from tests.sources.declaring import source

QCEW = SOURCES["bls_qcew"]


@pytest.mark.parametrize(
    ("period", "vintage", "days", "due"),
    [
        ("2016", None, 0, date(2018, 1, 1)),
        ("2016", None, 270, date(2018, 9, 28)),
        ("2023-07", None, 30, date(2024, 8, 31)),
        ("2023-11", None, 0, date(2024, 12, 1)),
        ("2023-12", None, 0, date(2025, 1, 1)),
        ("2020s", "2024", 150, date(2026, 5, 31)),
        ("series", "2026-11-28", 0, date(2027, 12, 1)),
        ("series", None, 10, None),
        ("series", "landed", 10, None),
        ("latest", None, 10, None),
        ("2016", None, None, None),
    ],
)
def test_the_next_edition_is_due_so_many_days_after_its_own_end(
    period: str, vintage: str | None, days: int | None, due: date | None
) -> None:
    assert replace(QCEW, due_days=days).due(period, vintage) == due


def test_an_edition_has_the_year_it_begins_in() -> None:
    assert [Edition(p, None, ()).year for p in ("2016", "2023-07", "2016Q4", "2010s")] == [2016, 2023, 2016, 2010]
    with pytest.raises(ValueError, match="seri"):
        _ = Edition("series", None, ()).year


def test_every_source_has_a_view_of_its_columns(tmp_path: Path) -> None:
    write_staging(tmp_path)
    assert {p.name for p in tmp_path.iterdir()} == {f"stg_{s.table}.sql" for s in SOURCES.values()} | {"_staging.yml"}
    properties = json.loads((tmp_path / "_staging.yml").read_text(encoding="utf-8"))
    tidy = properties["sources"][0]
    assert {t["name"] for t in tidy["tables"]} == {s.table for s in SOURCES.values()}
    folder = '{{ env_var("CLUSTERS_TIDY", env_var("CLUSTERS_HOME", "../data") ~ "/work/tidy") }}'
    assert tidy["config"]["meta"]["external_location"] == f"read_parquet('{folder}/{{name}}/*.parquet')"
    for model in properties["models"]:
        contract = contracts()[model["name"]]
        assert [(c["name"], c["description"]) for c in model["columns"]] == [
            (c.name, c.comment) for c in contract.columns
        ]
        view = (tmp_path / f"{model['name']}.sql").read_text(encoding="utf-8")
        selected, _, origin = view.partition("FROM ")
        assert selected.split()[1:] == [f"{c.name}," for c in contract.columns[:-1]] + [contract.columns[-1].name]
        assert origin == f'{{{{ source("tidy", "{model["name"].removeprefix("stg_")}") }}}}\n'


def test_contracts_of_tidy_tables_are_those_of_their_sources() -> None:
    assert staging_contracts() == {source.contract.name: source.contract for source in SOURCES.values()}
    assert {n: c for n, c in contracts().items() if c.layer == "staging"} == staging_contracts()


def test_views_that_are_right_are_left_alone_and_others_made_right(tmp_path: Path) -> None:
    folder, declared = tmp_path / "staging", source(tmp_path)
    write_staging(folder, [declared])
    for path in folder.iterdir():
        os.utime(path, (1, 1))
    (folder / "stg_gone.sql").write_text("SELECT 1")
    (folder / "by_hand.yml").write_text("models: []")
    (folder / "README.md").write_text("kept")
    write_staging(folder, [declared])
    assert {p.name: p.stat().st_mtime for p in folder.iterdir() if p.suffix != ".md"} == {
        "stg_people.sql": 1,
        "_staging.yml": 1,
    }
    assert (folder / "README.md").exists()
    view = (folder / "stg_people.sql").read_text(encoding="utf-8")
    (folder / "stg_people.sql").write_text("SELECT 1")
    write_staging(folder, [declared])
    assert (folder / "stg_people.sql").read_text(encoding="utf-8") == view
    write_staging(folder, [])
    assert {p.name for p in folder.iterdir()} == {"_staging.yml", "README.md"}


def test_a_column_that_is_declared_is_in_the_view(tmp_path: Path) -> None:
    declared = source(tmp_path)
    write_staging(tmp_path / "one", [declared])
    columns = "SELECT\n    town,\n    people,\n    period,\n    vintage\n"
    assert (tmp_path / "one" / "stg_people.sql").read_text() == f'{columns}FROM {{{{ source("tidy", "people") }}}}\n'
