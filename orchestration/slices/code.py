"""The code that a table is made by: a model's own text, the macros it calls, the kernels it imports.

Belongs here: reading which code reaches which table. Does not: what follows when it changes (see `ledger`).
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from orchestration.settings import PROJECT_ROOT

KERNELS = "orchestration.indicators"


def digest(*parts: Any) -> str:
    """A short hash of anything whose `repr` says all that it is.

    Example:
        >>> digest("a", 1) == digest("a", 1), digest("a", 1) == digest("a1"), len(digest())
        (True, False, 32)
    """
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:32]


def code_of(node: Mapping[str, Any], macros: Mapping[str, Mapping[str, Any]]) -> str:
    """A hash of a model's own text, its columns' types, the macros it calls and the kernels it imports.

    Args:
        node: of dbt's manifest.
        macros: those of dbt's manifest, by unique id.
    """
    types = sorted((name, column.get("data_type")) for name, column in node.get("columns", {}).items())
    called = sorted(_macros(node["depends_on"].get("macros", []), macros))
    kernels = sorted(_kernels(node["raw_code"])) if node["language"] == "python" else []
    return digest(node["raw_code"], types, called, kernels)


def _macros(unique_ids: Sequence[str], macros: Mapping[str, Mapping[str, Any]]) -> set[str]:
    """The texts of macros and of all that they call; those of dbt itself are of its version."""
    found: dict[str, str] = {}
    waiting = list(unique_ids)
    while waiting:
        unique_id = waiting.pop()
        if unique_id not in found and unique_id in macros:
            found[unique_id] = macros[unique_id]["macro_sql"]
            waiting += macros[unique_id]["depends_on"].get("macros", [])
    return set(found.values())


def _kernels(text: str) -> set[str]:
    """The texts of the kernel modules that a module's text imports, and that those import."""
    found: dict[str, str] = {}
    waiting = list(_imported(text))
    while waiting:
        module = waiting.pop()
        path = PROJECT_ROOT.joinpath(*module.split(".")).with_suffix(".py")
        if module not in found and path.is_file():
            found[module] = path.read_text(encoding="utf-8")
            waiting += _imported(found[module])
    return set(found.values())


@lru_cache(maxsize=256)
def _imported(text: str) -> tuple[str, ...]:
    """The kernel modules that a text names in its imports."""
    found = []
    for statement in ast.walk(ast.parse(text)):
        if isinstance(statement, ast.ImportFrom) and (statement.module or "").startswith(KERNELS):
            names = [f"{statement.module}.{alias.name}" for alias in statement.names]
            found += [str(statement.module), *names]
        elif isinstance(statement, ast.Import):
            found += [alias.name for alias in statement.names if alias.name.startswith(KERNELS)]
    return tuple(found)
