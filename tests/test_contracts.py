"""Contracts: read from the YAML beside the models, complete, and refused where they are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.contracts import TableContract, contracts, mart_contracts
from orchestration.sources.catalogue import SOURCES

COLUMN = """
      - name: year
        data_type: integer
        description: Reference
          year
        config: {meta: {unit: year, citation: the publisher, nullable: false, minimum: 1990}}
"""
MODEL = f"""
models:
  - name: employment
    description: Jobs
    config: {{meta: {{grain: [year], citation: the publisher}}}}
    columns: {COLUMN}
"""
# Intermediate tables are nobody's interface: a meaning and a grain suffice there.
ALL = [contract for contract in contracts().values() if contract.layer != "intermediate"]


def models(tmp_path: Path, *files: str) -> Path:
    """A models folder with these files in `marts`."""
    (tmp_path / "marts").mkdir()
    for number, text in enumerate(files):
        (tmp_path / "marts" / f"{number}.yml").write_text(text, encoding="utf-8")
    return tmp_path


def test_contract_is_read(tmp_path: Path) -> None:
    contract = contracts(models(tmp_path, MODEL))["employment"]
    assert (contract.layer, contract.grain) == ("marts", ("year",))
    assert contract.comment == "Jobs. Grain: year. Source: the publisher."
    column = contract.columns[0]
    assert (column.nullable, column.minimum) == (False, 1990)
    assert column.comment == "Reference year. Unit: year. Source: the publisher."


@pytest.mark.parametrize(
    "part",
    ["unit: year, ", "data_type: integer", "grain: [year], ", "citation: the publisher, nullable", "description: Jobs"],
)
def test_contract_that_lacks_a_part_is_refused(tmp_path: Path, part: str) -> None:
    assert part in MODEL
    with pytest.raises((ValueError, KeyError)):
        contracts(models(tmp_path, MODEL.replace(part, "nullable" if part.endswith("nullable") else "")))


def test_unknown_entry_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unti"):
        contracts(models(tmp_path, MODEL.replace("minimum: 1990", "unti: persons")))


def test_model_described_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="employment is described twice"):
        contracts(models(tmp_path, MODEL, MODEL))


@pytest.mark.parametrize("contract", ALL, ids=lambda c: c.name)
def test_contract_of_the_warehouse_is_complete(contract: TableContract) -> None:
    names = [column.name for column in contract.columns]
    assert names
    assert len(names) == len(set(names))
    assert set(contract.grain) <= set(names)
    by_name = {column.name: column for column in contract.columns}
    assert not [name for name in contract.grain if by_name[name].nullable]
    assert all(len(column.meaning) > 3 and column.unit and column.citation for column in contract.columns)


@pytest.mark.parametrize("contract", mart_contracts().values(), ids=lambda c: c.name)
def test_indicator_says_its_formula_threshold_and_whose_it_is(contract: TableContract) -> None:
    for column in contract.columns:
        said = {name: getattr(column, name) for name in ("formula", "threshold", "authority")}
        assert all(said.values()) or not any(said.values()), (column.name, said)


@pytest.mark.parametrize("contract", ALL, ids=lambda c: c.name)
def test_limits_can_hold(contract: TableContract) -> None:
    for column in contract.columns:
        assert column.minimum is None or column.maximum is None or column.minimum < column.maximum
        assert not (column.values and column.pattern), column.name
        assert re.compile(column.pattern or "")


@pytest.mark.parametrize("source", SOURCES.values(), ids=lambda s: s.source_id)
def test_every_tidy_table_has_a_contract(source) -> None:
    assert contracts()[f"stg_{source.table}"] == source.contract
    assert source.contract.layer == "staging"


def test_marts_are_the_contracts_of_their_folder() -> None:
    marts = mart_contracts()
    assert {"employment", "cluster_specialisation", "dim_region"} <= set(marts)
    assert all(contract.layer == "marts" for contract in marts.values())
