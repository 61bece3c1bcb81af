"""Checks written as named queries in the files `checks*.sql` beside a source's declaration.

Belongs here: finding and reading such files. Does not: any check, running one (see `gate`).

A query is preceded by comment lines that say what it is. Further comments, anywhere, say why. Its rows are what is
wrong:

    -- name: areas_are_known
    -- table: stg_qcew
    -- severity: error
    -- expected: every area code is in one of the publisher's lists of areas, and what takes
    --     a second line is indented
    SELECT ...;

What several queries of a file need stands once, above them, under `-- text: areas`, and `{areas}` in a query means that
text. Four texts are there in every file: `{naics_edition}` and `{cbp_naics_edition}`, the edition of NAICS that QCEW
and County Business Patterns publish a `year` in; `{sector}`, the sector of an `industry_code`; and `{changed_codes}`,
the rows (code, naics_from, naics_to) of the codes whose meaning changed. Braces around anything but such a name, as in
a pattern's `[0-9]{5}`, are ordinary characters.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import Path
from typing import cast

from orchestration.naics import cbp_edition, changed_codes, qcew_edition, sector
from orchestration.quality.checks import SqlCheck
from orchestration.quality.verdict import Severity

FILES = "*/checks*.sql"
FIELDS = ("name", "table", "severity", "expected")
_FIELD = re.compile(rf"^-- ({'|'.join(FIELDS)}): *(.+(?:\n--  +.+)*)", re.MULTILINE)
_PART = re.compile(r"^(?=-- (?:name|text): )", re.MULTILINE)


def source_checks(package: Path, tables: Collection[str]) -> list[SqlCheck]:
    """The checks in all folders of a package: by folder, then by file, then as they stand in it.

    Args:
        package: the folder of the publishers' folders.
        tables: the tables that there are.

    Raises:
        ValueError: naming the file and the check, as `read_checks`; or if its table is none of `tables`, or has a check
            of that name already.

    Example:
        >>> source_checks(Path("no such folder"), [])
        []
    """
    found: dict[tuple[str, str], SqlCheck] = {}
    for path in sorted(package.glob(FILES)):
        for check in read_checks(path):
            if check.table not in tables:
                raise ValueError(f"{path}: the check {check.name} is of {check.table}, a table that is not declared")
            if (check.table, check.name) in found:
                raise ValueError(f"{path}: the check {check.name} of {check.table} is there twice")
            found[check.table, check.name] = check
    return list(found.values())


def read_checks(path: Path) -> list[SqlCheck]:
    """The checks of a file, in its order; none where there is no file.

    Raises:
        ValueError: naming the file and the check, if one lacks a field or a query, names another severity, or asks for
            a text that there is not above it.

    Example:
        >>> read_checks(Path("no such file"))
        []
    """
    if not path.exists():
        return []
    texts, checks = _given(), []
    for part in _PART.split(path.read_text(encoding="utf-8")):
        if part.startswith("-- text: "):
            first, _, rest = part.partition("\n")
            texts[first.removeprefix("-- text: ").strip()] = _bare(_filled(path, rest, texts))
        elif part.startswith("-- name: "):
            checks.append(_check(path, _filled(path, part, texts)))
    return checks


def _given() -> dict[str, str]:
    """The texts that are there in every file."""
    return {
        "naics_edition": qcew_edition("year"),
        "cbp_naics_edition": cbp_edition("year"),
        "sector": sector("industry_code"),
        "changed_codes": ", ".join(f"('{c.code}', {c.naics_from}, {c.naics_to})" for c in changed_codes()),
    }


def _filled(path: Path, part: str, texts: dict[str, str]) -> str:
    """A part of a file with the texts that it names."""
    heading = part.partition("\n")[0].removeprefix("-- ")

    def text(found: re.Match[str]) -> str:
        if found[1] not in texts:
            raise ValueError(f"{path}: {heading}: there is no text {found[0]} above it")
        return texts[found[1]]

    return re.sub(r"\{([a-z_]+)\}", text, part)


def _bare(text: str) -> str:
    """SQL without its last semicolon, and without the comments after it, which are about what follows."""
    lines = text.rstrip().splitlines()
    while lines and (not lines[-1].strip() or lines[-1].lstrip().startswith("--")):
        lines.pop()
    return "\n".join(lines).strip().removesuffix(";")


def _check(path: Path, text: str) -> SqlCheck:
    said = {field: " ".join(re.split(r"\s*\n--\s+", value.rstrip())) for field, value in _FIELD.findall(text)}
    sql = _bare(_FIELD.sub("", text))
    problem = next((f"has no {field}" for field in FIELDS if field not in said), None)
    if problem is None and said["severity"] not in ("error", "warning"):
        problem = f"has the severity {said['severity']}, which is neither error nor warning"
    if problem is None and not re.search(r"^\s*(SELECT|WITH|FROM)\b", sql, re.MULTILINE):
        problem = "has no query"
    if problem:
        raise ValueError(f"{path}: the check {said.get('name', '(without a name)')} {problem}")
    return SqlCheck(said["name"], said["table"], cast(Severity, said["severity"]), sql, said["expected"])
