"""Checks written as named queries in `checks.sql` beside a source's declaration.

Belongs here: reading such a file. Does not: any check, running one (see `gate`).

A query is preceded by comment lines that say what it is:

    -- name: areas_are_known
    -- table: stg_qcew
    -- severity: error
    -- expected: every area code is in one of the publisher's lists of areas
    SELECT ...;

What stands between them, and further comments, say why. A query's rows are what is wrong.
"""

from __future__ import annotations

import re
from pathlib import Path

from orchestration.quality.checks import SqlCheck

FIELDS = ("name", "table", "severity", "expected")
_FIELD = re.compile(rf"^-- ({'|'.join(FIELDS)}): *(.+?) *$", re.MULTILINE)


def read_checks(path: Path) -> list[SqlCheck]:
    """The checks of a file, in its order; none where there is no file.

    Raises:
        ValueError: naming the file and the check, if one lacks a field or a query, or names another severity.

    Example:
        >>> read_checks(Path("no such file"))
        []
    """
    if not path.exists():
        return []
    parts = re.split(r"^(?=-- name: )", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [_check(path, part) for part in parts if part.startswith("-- name: ")]


def _check(path: Path, text: str) -> SqlCheck:
    said = dict(_FIELD.findall(text))
    sql = _FIELD.sub("", text).strip().removesuffix(";")
    problem = next((f"has no {field}" for field in FIELDS if field not in said), None)
    if problem is None and said["severity"] not in ("error", "warning"):
        problem = f"has the severity {said['severity']}, which is neither error nor warning"
    if problem is None and not re.search(r"^\s*(SELECT|WITH|FROM)\b", sql, re.MULTILINE):
        problem = "has no query"
    if problem:
        raise ValueError(f"{path}: the check {said.get('name', '(without a name)')} {problem}")
    return SqlCheck(said["name"], said["table"], said["severity"], sql, said["expected"])
