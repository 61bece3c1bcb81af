"""What a release is made from, as one hash: equal hashes, equal releases.

Belongs here: which files, settings and libraries can change a number. Does not: where the hash is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import PROJECT_ROOT, Settings

# Parsers and declarations are not among them: they are in the names of the tidy partitions that they made.
NUMBERS = (
    "dbt_project/models",
    "dbt_project/macros",
    "dbt_project/seeds",
    "dbt_project/dbt_project.yml",
    "orchestration/indicators",
    "orchestration/release/contracts",
)
SUFFIXES = (".sql", ".py", ".yml", ".csv")
# Contracts and declarations are promises that checks are made from.
CHECKS = tuple(
    f"orchestration/{name}" for name in ("quality", "sources", "contracts.py", "table_contract.py", "naics.py")
)
# Made from declarations, whose columns are in the names of the partitions too.
MADE = "dbt_project/models/staging"
ENGINES = ("duckdb", "numpy", "scipy", "pandas", "pyarrow")


def inputs_hash(
    files: Iterable[tuple[str, str]], code: Iterable[Path], options: Mapping[str, str] | None = None
) -> str:
    """One hash of everything a release is made from: equal hashes, equal releases.

    `files` are pairs of name and hash, `code` files of the project (see `code_files`), `options` whatever else matters
    (see `options`). Order never matters.

    Example:
        >>> one = inputs_hash([("https://a", "1f"), ("https://b", "2e")], [])
        >>> one == inputs_hash([("https://b", "2e"), ("https://a", "1f")], [])
        True
    """
    parts = [("file", url, sha256) for url, sha256 in files]
    parts += [("option", name, value) for name, value in (options or {}).items()]
    for path in code:
        name = path.relative_to(PROJECT_ROOT) if path.is_relative_to(PROJECT_ROOT) else path
        parts.append(("code", name.as_posix(), hashlib.sha256(path.read_bytes()).hexdigest()))
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()


def options(settings: Settings) -> dict[str, str]:
    """The settings that reach the numbers, and the versions of the libraries that compute them.

    Example:
        >>> sorted(options(Settings()))[:2]
        ['bound_programmes', 'duckdb']
    """
    return {"bound_programmes": str(settings.bound_programmes)} | {name: version(name) for name in ENGINES}


def code_hash() -> str:
    """Hash of the code alone: releases made by the same code from the same inputs are equal."""
    return inputs_hash([], code_files())


def checks_hash(settings: Settings) -> str:
    """Hash of all that decides what a check says of the same rows: its code, that of the tables, and the engines."""
    checks = [path for name in CHECKS for path in _below(PROJECT_ROOT / name)]
    engines = {name: version(name) for name in ("great-expectations", "sqlalchemy")}
    return inputs_hash([], [*code_files(), *checks], options(settings) | engines)


def code_files(root: Path = PROJECT_ROOT) -> list[Path]:
    """The files whose change can change what a release holds: models, macros, seeds, kernels, contracts.

    A help text, a test or a line of the command changes no number and makes no other release.
    """
    found = [path for name in NUMBERS for path in _below(root / name)]
    return sorted(path for path in found if not path.is_relative_to(root / MADE))


def _below(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    return (path for path in place.rglob("*") if path.suffix in SUFFIXES and "__pycache__" not in path.parts)
