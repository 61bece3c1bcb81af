"""The columns that a declaration asks for, and text made into them by one rule for every format.

Belongs here: marks for what is not known, codes of a declared width, text into types, the place of what does not fit.
Does not: any one format.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from orchestration.errors import SourceError
from orchestration.landing.content import TOO_BIG, content_problem
from orchestration.sources.tidy import LAYOUT_REMEDY, TEXT_REMEDY, errors_named, literal, quoted

if TYPE_CHECKING:
    from orchestration.sources.source import Kind

BLANKS = " \t\r\n\u00a0"
WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")
BROKEN = ("FLOAT", "DOUBLE")
# Without this DuckDB reads 1.234, 1e3 and 0x10 as whole numbers, and "nan" and "inf" as numbers.
PATTERNS = dict.fromkeys(WHOLE, "[-+]?[0-9]+") | dict.fromkeys(
    BROKEN, r"[-+]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][-+]?[0-9]+)?"
)
SMALLER_REMEDY = (
    "ask for the whole table as TSV, without startPeriod or other filters, or declare fewer dimensions in the address"
)


@dataclass(frozen=True)
class Field:
    """One column of a tidy table and where it stands at the publisher.

    `type` is a DuckDB type, `header` the publisher's name, `unknown` the marks that mean "not known" (NULL). `width`
    is the length of a code: codes of fewer digits are filled with zeros on the left, other lengths are refused.

    Example:
        >>> Field("county", "VARCHAR", "FIPS County Code", width=3)
        Field(name='county', type='VARCHAR', header='FIPS County Code', unknown=(), width=3)
    """

    name: str
    type: str
    header: str
    unknown: tuple[str, ...] = ()
    width: int | None = None

    @property
    def is_number(self) -> bool:
        """Whether its cells must be numbers."""
        return self.type in PATTERNS


# The file and the place in it ("line 7"), from a row of raw text, a field and the field's text.
Place = Callable[[Mapping[str, Any], Field, str | None], tuple[str, str]]


def refuse(dataset: str, file: Path, kind: Kind) -> None:
    """Refuses a file that is not of its kind: empty, a web page, cut, with NUL bytes.

    Raises:
        SourceError: if it is not.
    """
    problem = content_problem(file, kind)
    if problem:
        remedy = SMALLER_REMEDY if TOO_BIG in problem else "run `clusters refresh` again later"
        raise SourceError(dataset, file.name, f"the publisher {problem}", remedy)


def known_options(dataset: str, options: Mapping[str, Any], names: Sequence[str]) -> None:
    """Refuses an option that a reader does not have: a misspelt one would be passed over without a word.

    Raises:
        SourceError: if there is one.
    """
    odd = sorted(set(options) - set(names))
    if odd:
        problem = f"the reader has no option {', '.join(odd)} (it has {', '.join(sorted(names))})"
        raise SourceError(dataset, "(declaration)", problem, "correct the options in the dataset's declaration")


def key_fields(dataset: str, fields: Sequence[Field], options: Mapping[str, Any]) -> tuple[str, ...]:
    """The names of the fields that tell rows apart (option `key`), empty if none is declared.

    Raises:
        SourceError: if one of them is no field.
    """
    key = tuple(options.get("key", ()))
    odd = [name for name in key if name not in {field.name for field in fields}]
    if odd:
        problem = f"the key has {', '.join(odd)}, which is no field"
        raise SourceError(dataset, "(declaration)", problem, "correct the key in the dataset's declaration")
    return key


def typed(
    dataset: str,
    raw: duckdb.DuckDBPyRelation,
    fields: Sequence[Field],
    place: Place,
    *,
    key: Sequence[str] = (),
    thousands: str = "",
) -> duckdb.DuckDBPyRelation:
    """The fields of `raw` (text columns of their names) in their types and order, blanks and marks as NULL.

    `thousands` is what separates thousands in numbers, if anything. Fields in `key` must be filled, and no two rows
    may have the same.

    Raises:
        SourceError: if a text does not fit, naming its place, or two rows have the same key.
    """
    texts = {field: _cleaned(field, thousands) for field in fields}
    odd = [f"WHEN {_unfit(f, texts[f], f.name in key)} THEN {n}" for n, f in enumerate(fields)]
    with errors_named(dataset, place({}, fields[0], None)[0]):
        found = raw.project(f'*, CASE {" ".join(odd)} END AS "what is odd"').filter('"what is odd" IS NOT NULL')
        row = (first := found.limit(1)).fetchone()
    if row:
        named = dict(zip(first.columns, row, strict=True))
        _refuse_text(dataset, named, fields[named["what is odd"]], place)
    made = raw.project(", ".join(f"CAST({texts[f]} AS {f.type}) AS {quoted(f.name)}" for f in fields))
    if key:
        _refuse_twins(dataset, made, key, place({}, fields[0], None)[0])
    return made


def _cleaned(field: Field, thousands: str) -> str:
    text = f"nullif(trim({quoted(field.name)}, {literal(BLANKS)}), '')"
    marks = ", ".join(literal(mark.strip()) for mark in field.unknown if mark.strip())
    if marks:
        text = f"CASE WHEN {text} NOT IN ({marks}) THEN {text} END"
    if thousands and field.is_number:
        groups = literal(rf"[-+]?[0-9]{{1,3}}([{thousands}][0-9]{{3}})+(\.[0-9]*)?")
        joined = f"replace({text}, {literal(thousands)}, '')"
        text = f"CASE WHEN regexp_full_match({text}, {groups}) THEN {joined} ELSE {text} END"
    if field.width:
        short = f"regexp_full_match({text}, '[0-9]+') AND length({text}) < {field.width}"
        text = f"CASE WHEN {short} THEN lpad({text}, {field.width}, '0') ELSE {text} END"
    return text


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
