"""The dbt project as everything else sees it: which dbt, its environment, its manifest, its assets' keys.

Belongs here: what is asked of the project without building. Does not: the build (`warehouse`), a run (`dbt_runs`).
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from dagster import AssetKey
from dagster_dbt import DagsterDbtTranslator, DagsterDbtTranslatorSettings, DbtCliResource
from dagster_dbt.compat import DBT_PYTHON_VERSION
from filelock import FileLock

from orchestration.assets.metadata import OWNERS, table_schema
from orchestration.contracts import contracts
from orchestration.errors import SetupError
from orchestration.settings import PROJECT_ROOT, Settings, settings, without_secrets
from orchestration.slices.ledger import Project
from orchestration.sources.staging import write_staging

PROJECT = PROJECT_ROOT / "dbt_project"
MANIFEST, MARK = "manifest.json", "parsed_from.txt"
# Beside this Python: the command works from a virtual environment that nobody has activated.
DBT = str(Path(sys.executable).with_name("dbt"))
# The same dbt, but ended with the refresh that started it.
DBT_OF_REFRESH = str(Path(__file__).with_name("dbt.sh"))


class InstalledDbt(DbtCliResource):
    """The dbt of this Python, whose version is known without starting it for two seconds to ask."""

    @cached_property
    def _cli_version(self) -> Any:
        return DBT_PYTHON_VERSION


DBT_CLI = InstalledDbt(project_dir=str(PROJECT), profiles_dir=str(PROJECT), dbt_executable=DBT_OF_REFRESH)


def dbt_environment(of: Settings) -> dict[str, str]:
    """What the dbt profile reads from the environment."""
    return {
        "CLUSTERS_HOME": str(of.home),
        "CLUSTERS_TIDY": str(of.work / "tidy"),
        "CLUSTERS_DBT": DBT,
        "CLUSTERS_BUILD_MEMORY_LIMIT": of.build_memory_limit,
        "CLUSTERS_THREADS": str(of.threads),
        "CLUSTERS_MODELS_AT_ONCE": str(of.models_at_once),
        "CLUSTERS_BOUND_PROGRAMMES": str(of.bound_programmes),
        # Products of matrices are summed in the order of their threads: on one, every machine gets the same last digit.
        "OPENBLAS_NUM_THREADS": "1",
        "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        # Written out in JSON, all that is for dbt's developers takes a tenth of its time.
        "DBT_LOG_LEVEL_FILE": "info",
        # dbt keeps five full files beside the one that it writes: some nine runs in all.
        "DBT_LOG_FILE_MAX_BYTES": "1000000",
        "DO_NOT_TRACK": "1",
    }


def manifest() -> Path:
    """dbt's manifest, parsed anew when a file of the dbt project has changed since.

    Raises:
        SetupError: if dbt cannot parse the project.
    """
    write_staging()
    target = PROJECT / "target"
    if not _is_parsed(target):
        target.mkdir(exist_ok=True)
        # Of two commands right after an update one parses, and the other must not read what is half written.
        with FileLock(target / "parse.lock"):
            if not _is_parsed(target):
                _parse(target)
    return target / MANIFEST


def _is_parsed(target: Path) -> bool:
    mark = target / MARK
    return (target / MANIFEST).exists() and mark.exists() and mark.read_text(encoding="utf-8") == _project_hash()


def _parse(target: Path) -> None:
    (target / MARK).unlink(missing_ok=True)
    parsed_from = _project_hash()
    # Parsed in part, dbt forgets what the project says of its tests once a staging view has come or gone.
    command = [DBT, "parse", "--no-partial-parse", "--project-dir", ".", "--profiles-dir", "."]
    environment = without_secrets(os.environ) | dbt_environment(settings())
    done = subprocess.run(  # noqa: S603  (a fixed command)
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SetupError(f"dbt cannot parse {PROJECT}:\n{done.stdout[-2000:]}")
    (target / MARK).write_text(parsed_from, encoding="utf-8")


def _project_hash() -> str:
    """Of its files and of where it lies, which the manifest holds too."""
    digest = hashlib.sha256(str(PROJECT).encode())
    for path in sorted(p for p in PROJECT.rglob("*") if p.suffix in {".sql", ".py", ".yml", ".csv"}):
        if path.relative_to(PROJECT).parts[0] not in {"target", "logs"}:
            digest.update(str(path.relative_to(PROJECT)).encode() + path.read_bytes())
    return digest.hexdigest()


class Translator(DagsterDbtTranslator):
    """Asset keys, groups and schemas from the folders and contracts rather than from dbt's defaults."""

    def __init__(self) -> None:
        super().__init__(DagsterDbtTranslatorSettings(enable_asset_checks=True, enable_source_tests_as_checks=True))

    def get_asset_key(self, dbt_resource_props: Mapping[str, Any]) -> AssetKey:
        if dbt_resource_props["resource_type"] == "source":
            return AssetKey(["tidy", dbt_resource_props["name"]])
        folder = dbt_resource_props["fqn"][1] if dbt_resource_props["resource_type"] == "model" else "seeds"
        return AssetKey([folder, dbt_resource_props["name"]])

    def get_group_name(self, dbt_resource_props: Mapping[str, Any]) -> str:
        return self.get_asset_key(dbt_resource_props).path[0]

    def get_asset_spec(self, manifest: Any, unique_id: str, project: Any) -> Any:
        spec = super().get_asset_spec(manifest, unique_id, project)
        contract = contracts().get(spec.key.path[-1])
        extra = {"dagster/column_schema": table_schema(contract)} if contract and contract.columns else {}
        return spec.replace_attributes(owners=OWNERS, metadata={**spec.metadata, **extra})


def parsed_project() -> dict[str, Any]:
    """dbt's manifest, read."""
    return json.loads(manifest().read_text(encoding="utf-8"))


def project_of(parsed: Mapping[str, Any]) -> Project:
    """What keys read of dbt's manifest."""
    variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    return Project(parsed["nodes"], parsed["macros"], variables)
