"""The catalogue of what a release offers, for programs and for the docs: tables, their grain, their columns, which of
these are one measure, and what is checked.

Belongs here: what contracts amount to. Does not: contracts themselves, `meta` inside a release (see `meta`), an
export's Data Package (see `export`).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict
from typing import Any

from orchestration.contracts import contracts
from orchestration.quality.verdict import CheckResult
from orchestration.release.meta import SCHEMAS, meta_contracts
from orchestration.release.records import ColumnEntry
from orchestration.table_contract import TableContract

HEAD = ("measure", "also with the endings", "unit", "formula", "threshold (whose)", "source")
BAR = "\\|"


def catalogue(checks: Collection[CheckResult] = (), held: Collection[ColumnEntry] | None = None) -> dict[str, Any]:
    """Every table of a release and of what it is made from (`layer` staging), ready for JSON.

    `checks` are a release's findings and `held` is its dictionary (see `orchestration.release.records`). Without
    findings none are named; without a dictionary all is there that a release made now would have. Findings about tables
    that nobody reads (seeds, intermediate ones) stand in `inner_checks`, by table.

    Example:
        >>> [t["grain"] for t in catalogue()["tables"] if t["name"] == "dim_region"]
        [['region_id']]
    """
    by_table: dict[str, list[dict[str, Any]]] = {}
    for check in sorted(checks, key=lambda c: c.check_name):
        found = asdict(check)
        by_table.setdefault(found.pop("table_name"), []).append(found)
    offered = _offered() if held is None else _held(_offered(), held)
    tables = [_table(contract, by_table.pop(contract.name, [])) for contract in offered]
    return {"tables": tables, "inner_checks": by_table}


def markdown() -> str:
    """The computed measures of every table, a table each, for the docs.

    Example:
        >>> markdown().splitlines()[0]
        '**`bound_evidence`**'
    """
    marts = [contract for contract in _offered() if contract.layer == "marts"]
    return "\n\n".join(_measures_in_markdown(c) for c in marts if any(column.formula for column in c.columns))


def _offered() -> list[TableContract]:
    """The contracts of tables that somebody can read, in order of layer and name."""
    known = {**contracts(), **meta_contracts()}.values()
    return sorted((c for c in known if c.layer != "intermediate"), key=lambda c: (c.layer, c.name))


def _held(offered: Collection[TableContract], held: Collection[ColumnEntry]) -> Iterator[TableContract]:
    """The contracts with what a release has of them: one made before an update lacks what came with it.

    A release holds no table of layer staging, and names none: those stay as they are.
    """
    there = {(entry.schema_name, entry.table_name, entry.column_name) for entry in held}
    for contract in offered:
        schema = SCHEMAS.get(contract.layer)
        columns = tuple(c for c in contract.columns if schema is None or (schema, contract.name, c.name) in there)
        names = {column.name for column in columns}
        if columns:
            grain = tuple(name for name in contract.grain if name in names)
            yield contract.model_copy(update={"columns": columns, "grain": grain})


def _table(contract: TableContract, checks: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": contract.name,
        "layer": contract.layer,
        "schema": SCHEMAS.get(contract.layer),
        "is_view": contract.is_view,
        "meaning": contract.meaning,
        "grain": list(contract.grain),
        "citation": contract.citation,
        "columns": [_without_empty(column.model_dump(mode="json")) for column in contract.columns],
        "measures": contract.measures,
        "checks": checks,
    }


def _without_empty(column: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in column.items() if value not in (None, [])}


def _measures_in_markdown(contract: TableContract) -> str:
    columns = {column.name: column for column in contract.columns}
    lines = [f"**`{contract.name}`**", "", f"| {' | '.join(HEAD)} |", "|" + " --- |" * len(HEAD)]
    for measure, parts in contract.measures.items():
        computed = [column for name in parts.values() if (column := columns[name]).formula]
        if not computed:
            continue
        first, *others = parts.values()
        endings = ", ".join(f"`{name.removeprefix(measure)}`" for name in others)
        # Its own where it has one, for parts stand in their order; else the first of them says whose it is.
        of = computed[0]
        formula = f"`{of.formula}`" if of.name == first else f"`{of.name}`: `{of.formula}`"
        threshold = "" if of.threshold in (None, "none") else f"{of.threshold} ({of.authority})"
        cells = (f"`{first}`", endings, columns[first].unit, formula, threshold, _in_short(of.citation))
        lines.append(f"| {' | '.join(cell.replace('|', BAR) for cell in cells)} |")
    return "\n".join(lines)


def _in_short(citation: str) -> str:
    """Authors and years of what is cited, without titles.

    >>> _in_short("Dunn 1960, A technique, Papers in Regional Science 6; BLS, Quarterly Census of Employment and Wages")
    'Dunn 1960; BLS, Quarterly Census of Employment and Wages'
    """
    return "; ".join(re.sub(r"^([^\d]*? \d{4})\b,.*", r"\1", one) for one in citation.split("; "))
