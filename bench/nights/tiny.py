"""A warehouse so small that a night takes a second: three sources, two tables, and the release mechanism as it is.

Belongs here: what stands in place of the sources, of dbt and of the gates. Does not: what happens in a night (`life`),
what must be true after it (`watch`).

Pulling, parsing, the index of editions, holds, publishing, manifests, retention, records and alerts are the real ones,
and so is Dagster. The build writes each edition's own numbers into a table, so that whoever reads a release can tell
which file it was made from; the gate stops a year that moved by more than two percent.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import duckdb
import yaml
from alembic.script import ScriptDirectory
from dagster import AssetKey, AssetSelection, Definitions, Output, asset, define_asset_job, in_process_executor

from bench.nights.process import migrations, prepare
from orchestration import definitions
from orchestration.assets import metadata, release, resources, tidy, warehouse, whole
from orchestration.assets.release import build_path
from orchestration.assets.resources import Refresh
from orchestration.automation import nightly
from orchestration.cli import summary
from orchestration.quality.profiles import TableProfile
from orchestration.quality.verdict import CheckResult
from orchestration.release import inputs, rollback
from orchestration.release.publish import Warehouse
from orchestration.sources.catalogue import SOURCES, discovered
from orchestration.table_contract import ColumnContract, TableContract

HOST = "stats.example.org"
FIRST_YEAR = 2020
# The years' own source has the id that slices and partitions of Dagster's go by.
YEARS, EXTRA, TITLES = "bls_qcew", "extra", "titles"
LARGE = 0.02


def _table(source_id: str, meaning: str, **more: Any) -> dict[str, Any]:
    key = "year" if more.get("by_year", True) else "code"
    template = f"https://{HOST}/{source_id}" + ("_{year}.csv" if more.pop("by_year", True) else ".csv")
    period = {"period": "{year}", "each": "asked"} if key == "year" else {"period": "series"}
    year = {"type": "integer", "unit": "year", "nullable": False, "sql": "{year}", "meaning": "Year"}
    code = {"type": "varchar", "unit": "code", "nullable": False, "meaning": "Code"}
    value = {"type": "bigint", "unit": "persons", "minimum": 0, "meaning": "Value"}
    return {
        "source_id": source_id, "title": meaning, "cadence": "yearly", "tried": "documented layout", "meaning": meaning,
        "citation": "made up", "grain": ["period", "code"],
        "editions": [period | {"kind": "csv", "url": template, "reader": "delimited"}],
        "columns": ({"year": year} if key == "year" else {}) | {"code": code, "value": value},
    } | more  # fmt: skip


DECLARED = {
    "publisher": "Office of Nights",
    "homepage": f"https://{HOST}",
    "licence": "public domain",
    "tables": {
        "qcew": _table(YEARS, "Jobs of regions", required=True),
        "extra": _table(EXTRA, "What may be missing", max_age_days=60),
        "titles": _table(TITLES, "Names of regions", required=True, by_year=False),
    },
}


def _contract(name: str, columns: dict[str, str], *grain: str) -> TableContract:
    made = [
        ColumnContract(
            name=column,
            data_type=kind,
            meaning=column,
            unit="persons",
            citation="made up",
            formula="as it is in the file" if column == "value" else None,
        )
        for column, kind in columns.items()
    ]
    return TableContract(
        name=name, layer="marts", meaning=name, grain=grain, citation="made up", columns=tuple(made)
    )  # fmt: skip


MARTS = {
    "employment": _contract("employment", {"source": "varchar", "year": "integer", "code": "varchar",
                                           "value": "bigint"}, "source", "year", "code"),
    "dim_region": _contract("dim_region", {"code": "varchar", "value": "bigint"}, "code"),
}  # fmt: skip


@contextmanager
def tiny_warehouse(code_version: list[str]) -> Iterator[None]:
    """Puts the tiny warehouse in place of the real one, in this process and those it forks.

    `code_version` holds what the project's code is taken to be, one text for each time that it is read, the last for
    all times after.
    """
    with tempfile.TemporaryDirectory() as folder:
        package = Path(folder) / "nights"
        package.mkdir()
        (package / "source.yml").write_text(yaml.safe_dump(DECLARED, sort_keys=False), encoding="utf-8")
        sources = discovered(Path(folder))
    assets = [*(tidy._asset(source) for source in sources.values()), tiny_build, release.release]
    keys = frozenset(AssetKey(["tidy", source.table]) for source in sources.values()) | {whole.RELEASE}
    job = define_asset_job(nightly.name, selection=AssetSelection.all())
    defs = Definitions(
        assets=[*assets, metadata.CONFIRMATION], jobs=[job], executor=in_process_executor,
        resources={"refresh": Refresh()},
    )  # fmt: skip

    def read_code() -> inputs.Code:
        version = code_version.pop(0) if len(code_version) > 1 else code_version[0]
        return inputs.Code({"tiny": version}, {})

    with (
        mock.patch.dict(SOURCES, sources, clear=True),
        mock.patch.object(definitions, "defs", defs),
        mock.patch.object(whole, "_everything", return_value=(keys, frozenset())),
        mock.patch.object(release, "published_contracts", return_value=MARTS),
        mock.patch.object(rollback, "mart_contracts", return_value=MARTS),
        mock.patch.object(release, "read_code", read_code),
        mock.patch.object(resources, "read_code", read_code),
        mock.patch.object(summary, "print_summary"),
        mock.patch.object(ScriptDirectory, "from_config", migrations),
    ):
        prepare()
        yield


@asset(
    key=["marts", "employment"],
    deps=[AssetKey(["tidy", name]) for name in ("qcew", "extra", "titles")],
    pool="duckdb",
    output_required=False,
)
def tiny_build(context, refresh: Refresh) -> Iterator[Output[None]]:  # type: ignore[no-untyped-def]
    """Each edition's numbers in one table, and what the gate finds."""
    if not refresh.anything_to_make():
        list(warehouse.nothing_new(context, refresh))
        return
    _build(refresh)
    yield Output(None)


def _build(refresh: Refresh) -> None:
    with duckdb.connect(":memory:") as con:
        con.execute(f"ATTACH '{build_path(refresh.settings)}' AS build (STORAGE_VERSION 'v1.2.0'); USE build")
        parts = [
            f"SELECT '{name}' AS source, year, code, value FROM read_parquet({[str(f) for f in files]})"
            for name in (YEARS, EXTRA)
            if (files := refresh.tidy_files(name))
        ]
        con.execute(f"CREATE TABLE employment AS {' UNION ALL '.join(parts)} ORDER BY ALL")
        titles = [str(file) for file in refresh.tidy_files(TITLES)]
        con.execute(f"CREATE TABLE dim_region AS SELECT code, value FROM read_parquet({titles}) ORDER BY ALL")
        found = _gate(con, refresh)
        counted = con.execute("SELECT year, count(*) FROM employment GROUP BY year ORDER BY ALL").fetchall()
    refresh.record_profiles("marts", [TableProfile("employment", year, rows) for year, rows in counted])
    refresh.record_checks("dbt", [CheckResult("built", "employment", "dbt", "error", True, "yes", "yes")])
    gate = CheckResult("revision", "stg_qcew", "great_expectations", "error", not found, found, "no large moves")
    refresh.record_checks("marts", [gate])


def _gate(con: duckdb.DuckDBPyConnection, refresh: Refresh) -> str:
    """The years that moved by too much since the current release, in words."""
    current = Warehouse(refresh.settings).comparable(refresh.settings.profile)
    if current is None or YEARS in refresh.accept_revision:
        return ""
    con.execute(f"ATTACH '{current.path}' AS before (READ_ONLY)")
    moved = con.execute(
        "SELECT year FROM employment AS new JOIN before.employment AS old USING (source, year, code) "
        "WHERE source = ? AND abs(new.value - old.value) > ? * old.value ORDER BY ALL",
        [YEARS, LARGE],
    ).fetchall()
    con.execute("DETACH before")
    return ", ".join(f"{year} moved" for (year,) in moved)
