"""Text made into the columns that a declaration asks for, by one rule for every format.

Belongs here: marks for what is not known, codes of a declared width, text into types, the place of what does not fit.
Does not: any one format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import duckdb

from orchestration.errors import SourceError
from orchestration.sources.readers.fields import BLANKS, PATTERNS, WHOLE, Field, Rules
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY, errors_named, literal, quoted

# The file and the place in it ("line 7"), from a row of raw text, a field and the field's text.
Place = Callable[[Mapping[str, Any], Field, str | None], tuple[str, str]]


def typed(
    dataset: str,
    raw: duckdb.DuckDBPyRelation,
    fields: Sequence[Field],
    place: Place,
    rules: Rules,
) -> duckdb.DuckDBPyRelation:
    """The fields of `raw` (text columns of their names) in their types and order, blanks and marks as NULL.

    Raises:
        SourceError: if a text does not fit, naming its place, or two rows have the same key.
    """
    for name, pattern in rules.leave_out.items():
        text = f"trim(coalesce({quoted(name)}, ''), {literal(BLANKS)})"
        raw = raw.filter(f"NOT regexp_full_match({text}, {literal(pattern)})")
    cleaned = _cleaned(raw, fields, rules.thousands)
    odd = [f"WHEN {_unfit(f, text, f.name in rules.key)} THEN {n}" for n, (f, text) in enumerate(_texts(fields))]
    with errors_named(dataset, place({}, fields[0], None)[0]):
        found = cleaned.project(f'*, CASE {" ".join(odd)} END AS "what is odd"').filter('"what is odd" IS NOT NULL')
        row = (first := found.limit(1)).fetchone()
    if row:
        named = dict(zip(first.columns, row, strict=True))
        _refuse_text(dataset, named, fields[named["what is odd"]], place)
    made = cleaned.project(", ".join(f"CAST({text} AS {f.type}) AS {quoted(f.name)}" for f, text in _texts(fields)))
    if rules.key:
        _refuse_twins(dataset, made, rules.key, place({}, fields[0], None)[0])
    return made


def _texts(fields: Sequence[Field]) -> list[tuple[Field, str]]:
    """Each field and the column that its cleaned text stands in."""
    return [(field, f'"text {number}"') for number, field in enumerate(fields)]


def _cleaned(raw: duckdb.DuckDBPyRelation, fields: Sequence[Field], thousands: str) -> duckdb.DuckDBPyRelation:
    """Raw text and beside it the cleaned; step by step, since DuckDB would work out what is nested again and again."""
    steps: list[list[str]] = [[], [], []]
    for field, text in _texts(fields):
        marks = ", ".join(literal(mark.strip()) for mark in field.unknown if mark.strip())
        unmarked = f"CASE WHEN {text} NOT IN ({marks}) THEN {text} END" if marks else text
        # To trim more than blanks is slow, and seldom needed.
        told = f"CASE WHEN regexp_matches({quoted(field.name)}, '^[{BLANKS}]|[{BLANKS}]$') THEN"
        trimmed = f"{told} trim({quoted(field.name)}, {literal(BLANKS)}) ELSE {quoted(field.name)} END"
        steps[0].append(f"nullif({trimmed}, '') AS {text}")
        steps[1].append(f"{unmarked} AS {text}")
        whole = text
        if thousands and field.is_number:
            groups = literal(rf"[-+]?[0-9]{{1,3}}([{thousands}][0-9]{{3}})+(\.[0-9]*)?")
            joined = f"replace({text}, {literal(thousands)}, '')"
            whole = f"CASE WHEN regexp_full_match({text}, {groups}) THEN {joined} ELSE {text} END"
        elif field.width:
            short = f"length({text}) < {field.width} AND regexp_full_match({text}, '[0-9]+')"
            whole = f"CASE WHEN {short} THEN lpad({text}, {field.width}, '0') ELSE {text} END"
        steps[2].append(f"{whole} AS {text}")
    names = ", ".join(map(quoted, raw.columns))
    for step in steps:
        raw = raw.project(", ".join([names, *step]))
    return raw


def _unfit(field: Field, text: str, is_key: bool) -> str:
    """The condition, never NULL, under which a text does not fit its field."""
    reasons = [f"TRY_CAST({text} AS {field.type}) IS NULL"] if field.type != "VARCHAR" else []
    if field.is_number:
        reasons.append(f"NOT regexp_full_match({text}, {literal(PATTERNS[field.type])})")
    if field.width:
        reasons.append(f"length({text}) <> {field.width}")
    unfit = f"({text} IS NOT NULL AND ({' OR '.join(reasons)}))" if reasons else "false"
    return f"({text} IS NULL OR {unfit})" if is_key else unfit


def _refuse_text(dataset: str, row: Mapping[str, Any], field: Field, place: Place) -> None:
    value = row[field.name]
    file, where = place(row, field, value)
    if field.width:
        belongs = f"a code of {field.width} characters"
    else:
        belongs = "a whole number" if field.type in WHOLE else "a number" if field.is_number else f"a {field.type}"
    if value is None or not value.strip(BLANKS) or value.strip(BLANKS) in field.unknown:
        problem = f"column {field.header} is blank or not known where every row must have it"
    else:
        problem = f"column {field.header} holds the text {value!r} where {belongs} belongs"
    raise SourceError(dataset, file, f"{where}: {problem}" if where else problem, TEXT_REMEDY)


def _refuse_twins(dataset: str, made: duckdb.DuckDBPyRelation, key: Sequence[str], file: str) -> None:
    names = ", ".join(map(quoted, key))
    twin = made.aggregate(f'{names}, count(*) AS "how many"', names).filter('"how many" > 1').limit(1).fetchone()
    if twin:
        same = ", ".join(f"{name} {value}" for name, value in zip(key, twin[:-1], strict=True))
        raise SourceError(dataset, file, f"{twin[-1]} rows have the same {same}", LAYOUT_REMEDY)
