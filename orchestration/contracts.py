"""Table contracts: the one place where a column is described. Those of tidy tables stand in the declarations of their
sources, all others in the YAML beside each dbt model.

From them come Great Expectations suites, Dagster column metadata, comments in the release, `meta.column_dictionary`
and `meta.indicator`. Belongs here: reading and validating the YAML. Does not: what is made of it.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.settings import PROJECT_ROOT
from orchestration.sources.staging import staging_contracts
from orchestration.table_contract import ColumnContract, TableContract

LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
MODELS = PROJECT_ROOT / "dbt_project" / "models"
CITATIONS = PROJECT_ROOT / "dbt_project" / "citations.yml"


@lru_cache
def contracts(models: Path = MODELS) -> dict[str, TableContract]:
    """All contracts, by model name: of tidy tables, and of the models below a dbt models folder.

    Raises:
        ValueError: if a model lacks a grain or a citation, a column a unit or a type, or a citation's key is unknown.

    Example:
        >>> contracts()["dim_region"].grain
        ('region_id',)
    """
    found: dict[str, TableContract] = dict(staging_contracts()) if models == MODELS else {}
    for path in sorted(models.rglob("*.yml")):
        if path.parent.name == "staging":
            continue
        document = yaml.load(path.read_text(encoding="utf-8"), Loader=LOADER) or {}  # noqa: S506  (both are safe)
        for model in document.get("models", []):
            layer = path.relative_to(models).parts[0]
            if model["name"] in found:
                raise ValueError(f"{path}: model {model['name']} is described twice")
            found[model["name"]] = _table(model, layer, path)
    return found


def mart_contracts() -> dict[str, TableContract]:
    """The contracts of the tables that a release stores in schema `main`, without views, whose rows are theirs."""
    return {name: c for name, c in contracts().items() if c.layer == "marts" and not c.is_view}


def published_contracts() -> dict[str, TableContract]:
    """The contracts of all tables and views that dbt builds into a release: of `main`, and of `meta` what it knows."""
    return {name: c for name, c in contracts().items() if c.layer in {"marts", "meta"}}


def _table(model: dict[str, Any], layer: str, path: Path) -> TableContract:
    meta = model.get("config", {}).get("meta", {})
    try:
        return TableContract(
            name=model["name"],
            layer=layer,  # type: ignore[arg-type]
            meaning=_one_line(model["description"]),
            grain=meta["grain"],
            citation=_cited(meta["citation"]),
            columns=tuple(_column(column, meta["citation"]) for column in model.get("columns", [])),
            needs_years=meta.get("needs_years", 1),
            own_years=meta.get("own_years", False),
            is_view=model["config"].get("materialized") == "view",
        )
    except (KeyError, ValueError) as error:
        raise ValueError(f"{path}: the contract of {model.get('name')} is incomplete: {error!r}") from error


def _column(column: dict[str, Any], of_table: str | list[str]) -> ColumnContract:
    meta = column.get("config", {}).get("meta", {})
    if "formula" in meta:
        meta = {"threshold": "none", "authority": "this project"} | meta
    return ColumnContract(
        name=column["name"],
        data_type=column["data_type"],
        meaning=_one_line(column["description"]),
        **meta | {"citation": _cited(meta.get("citation", of_table))},
    )


@lru_cache
def citations() -> dict[str, str]:
    """What contracts cite, by key.

    Example:
        >>> citations()["qcew"]
        'BLS, Quarterly Census of Employment and Wages'
    """
    return yaml.load(CITATIONS.read_text(encoding="utf-8"), Loader=LOADER)  # noqa: S506  (both are safe)


def _cited(keys: str | list[str]) -> str:
    return "; ".join(citations()[key] for key in ([keys] if isinstance(keys, str) else keys))


def _one_line(text: str) -> str:
    return " ".join(text.split())
