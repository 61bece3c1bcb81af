"""Contracts: read from the YAML beside the models, complete, and refused where they are not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from orchestration.contracts import MODELS, TableContract, citations, contracts, mart_contracts
from orchestration.release.meta import CONTRACTS
from orchestration.sources.catalogue import SOURCES

COLUMN = """
      - name: year
        data_type: integer
        description: Reference
          year
        config: {meta: {unit: year, citation: [qcew, eckert2021], nullable: false, minimum: 1990}}
"""
MODEL = f"""
models:
  - name: employment
    description: Jobs
    config: {{meta: {{grain: [year], citation: qcew}}}}
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
    assert contract.comment == "Jobs. Grain: year. Source: BLS, Quarterly Census of Employment and Wages."
    column = contract.columns[0]
    assert (column.nullable, column.minimum) == (False, 1990)
    both = "BLS, Quarterly Census of Employment and Wages; Eckert, Fort, Schott & Yang 2021"
    assert column.comment == f"Reference year. Unit: year. Source: {both}."


def test_a_column_cites_what_its_table_does_where_it_says_nothing_else(tmp_path: Path) -> None:
    text = MODEL.replace("citation: [qcew, eckert2021], ", "")
    [column] = contracts(models(tmp_path, text))["employment"].columns
    assert column.citation == "BLS, Quarterly Census of Employment and Wages"


def test_an_indicator_is_ours_and_without_threshold_unless_it_says_otherwise(tmp_path: Path) -> None:
    text = MODEL.replace("minimum: 1990", 'formula: "a / b", threshold: "above 1"')
    [column] = contracts(models(tmp_path, text))["employment"].columns
    assert (column.formula, column.threshold, column.authority) == ("a / b", "above 1", "this project")


def test_a_citation_without_its_key_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="qwec"):
        contracts(models(tmp_path, MODEL.replace("citation: qcew", "citation: qwec")))


def test_every_citation_is_cited() -> None:
    text = "\n".join(p.read_text(encoding="utf-8") for place in (MODELS, CONTRACTS) for p in place.rglob("*.yml"))
    cited = {key for found in re.findall(r"citation:\s*\[?([\w,\s]+)", text) for key in re.split(r"[,\s]+", found)}
    assert set(citations()) <= cited


@pytest.mark.parametrize(
    "part",
    ["unit: year, ", "data_type: integer", "grain: [year], ", ", citation: qcew", "description: Jobs"],
)
def test_contract_that_lacks_a_part_is_refused(tmp_path: Path, part: str) -> None:
    assert part in MODEL
    with pytest.raises((ValueError, KeyError)):
        contracts(models(tmp_path, MODEL.replace(part, "")))


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
