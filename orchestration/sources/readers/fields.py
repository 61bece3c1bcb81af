"""What a declaration says to a reader: the columns, and the options that all formats have.

Belongs here: their shape, and refusing what they cannot be. Does not: text into types (see `typed`), any one format.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orchestration.errors import SourceError
from orchestration.landing.content import TOO_BIG, content_problem

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


def refuse(dataset: str, file: Path, kind: Kind) -> None:
    """Refuses a file that is not of its kind: empty, a web page, cut, with NUL bytes.

    Raises:
        SourceError: if it is not.
    """
    problem = content_problem(file, kind)
    if problem:
        remedy = SMALLER_REMEDY if TOO_BIG in problem else "run `clusters refresh` again later"
        raise SourceError(dataset, file.name, f"the publisher {problem}", remedy)


@dataclass(frozen=True)
class Rules:
    """The options that all formats have.

    `key` are the names of the fields that tell rows apart: they must be filled, and no two rows may have the same.
    `thousands` is what separates thousands in numbers, if anything. `leave_out` are rows that are no data (totals),
    by a field's name and a regular expression that its whole text fits.
    """

    key: tuple[str, ...] = ()
    thousands: str = ""
    leave_out: Mapping[str, str] = field(default_factory=dict)


def rules(dataset: str, fields: Sequence[Field], options: Mapping[str, Any], *others: str) -> Rules:
    """The options that all formats have, once the others are known too: a misspelt one would be passed over.

    Raises:
        SourceError: if there is an option that is none of them, or one names a field that there is not.

    Example:
        >>> rules("cbp", [Field("jobs", "BIGINT", "EMP")], {"key": ["jobs"], "encoding": "utf-8"}, "encoding").key
        ('jobs',)
    """
    known = ("key", "thousands", "leave_out", *others)
    made = Rules(tuple(options.get("key", ())), str(options.get("thousands", "")), dict(options.get("leave_out", {})))
    strange = ", ".join(sorted(set(options) - set(known)))
    no_field = ", ".join(sorted({*made.key, *made.leave_out} - {field.name for field in fields}))
    problem = ""
    if strange:
        problem = f"the reader has no option {strange} (it has {', '.join(sorted(known))})"
    elif no_field:
        problem = f"key or leave_out has {no_field}, which is no field"
    for pattern in made.leave_out.values():
        try:
            re.compile(pattern)
        except re.error as error:
            problem = f"leave_out has {pattern}, which is no regular expression ({error})"
    if problem:
        raise SourceError(dataset, "(declaration)", problem, "correct the dataset's declaration")
    return made
