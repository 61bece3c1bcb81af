"""What a release is made from, as one hash: equal hashes, equal releases.

Belongs here: which files, settings and libraries can change a number. Does not: where the hash is kept.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from orchestration.settings import PROJECT_ROOT, Settings

# Parsers and declarations are not among them: they are in the names of the tidy partitions that they made.
NUMBERS = (
    "dbt_project/models",
    "dbt_project/macros",
    "dbt_project/seeds",
    "dbt_project/citations.yml",
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
    files: Iterable[tuple[str, str]], code: Mapping[str, str], options: Mapping[str, str] | None = None
) -> str:
    """One hash of everything a release is made from: equal hashes, equal releases.

    `files` are pairs of name and hash, `code` the files of the project (see `Code.numbers`), `options` whatever else
    matters (see `options`). Order never matters.

    Example:
        >>> one = inputs_hash([("https://a", "1f"), ("https://b", "2e")], {})
        >>> one == inputs_hash([("https://b", "2e"), ("https://a", "1f")], {})
        True
    """
    parts = [("file", url, sha256) for url, sha256 in files]
    parts += [("option", name, value) for name, value in (options or {}).items()]
    parts += [("code", name, sha256) for name, sha256 in code.items()]
    return hashlib.sha256(repr(sorted(parts)).encode()).hexdigest()


def options(settings: Settings) -> dict[str, str]:
    """The settings that reach the numbers, and the versions of the libraries that compute them.

    Example:
        >>> sorted(options(Settings()))[:2]
        ['bound_programmes', 'duckdb']
    """
    return {"bound_programmes": str(settings.bound_programmes)} | {name: version(name) for name in ENGINES}


@dataclass(frozen=True)
class Code:
    """The project's code at one moment: hashes of files by their names, of what makes numbers and of what checks them.

    A refresh reads it when it begins: an update in the middle must not give a release the name of code that it was not
    made by.
    """

    numbers: Mapping[str, str]
    checks: Mapping[str, str]

    @property
    def hash(self) -> str:
        """Hash of what makes numbers: releases made by the same code from the same inputs are equal."""
        return inputs_hash([], self.numbers)

    def checks_hash(self, settings: Settings) -> str:
        """Hash of all that decides what a check says of the same rows: its code, that of the tables, the engines."""
        engines = {name: version(name) for name in ("great-expectations", "sqlalchemy")}
        return inputs_hash([], {**self.numbers, **self.checks}, options(settings) | engines)

    def updated(self, now: Code) -> list[str]:
        """Files of numbers that differ between two moments, came or went.

        Example:
            >>> Code({"a.sql": "1f"}, {}).updated(Code({"a.sql": "2e", "b.sql": "3d"}, {}))
            ['a.sql', 'b.sql']
        """
        return sorted({name for name, _ in self.numbers.items() ^ now.numbers.items()})


def read_code(root: Path = PROJECT_ROOT) -> Code:
    """The code of the project, as it is now.

    What can change what a release holds are models, macros, seeds, kernels, contracts. A help text, a test or a line of
    the command changes no number and makes no other release.
    """
    numbers, checks = (
        {
            path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for name in names
            for path in _below(root / name)
            if not path.is_relative_to(root / MADE)
        }
        for names in (NUMBERS, CHECKS)
    )
    return Code(numbers, checks)


def _below(place: Path) -> Iterable[Path]:
    if place.is_file():
        return [place]
    return (path for path in place.rglob("*") if path.suffix in SUFFIXES and "__pycache__" not in path.parts)
