"""Write the whole sample: every publisher's files of the invented country, and the truth beside them.

Belongs here: which files there are, where, and that they appear all at once. Does not: their figures.
"""

from __future__ import annotations

import hashlib
import importlib
import json
import os
import shutil
from collections.abc import Collection
from pathlib import Path
from typing import Any, get_args

from orchestration import sources
from orchestration.errors import SetupError
from orchestration.sample.accounts import Accounts, AreaKind, open_accounts
from orchestration.sample.archive import write_zip
from orchestration.sample.bea import write_bea
from orchestration.sample.books import Figures, annual_figures, quarterly_figures, restated
from orchestration.sample.census import write_census
from orchestration.sample.economy import YEARS, Economy, simulate
from orchestration.sample.industries import titles
from orchestration.sample.oews import write_oews
from orchestration.sample.qcew import ANNUAL, QUARTERLY, Period, area_texts, header
from orchestration.sample.truth import truth

DEFAULT_SEED = 20260101
# Raise it with every change of the bytes, so that samples already written are made anew. Parts in publishers' folders
# (`orchestration/sources/<publisher>/sample.py`) are told by their code.
GENERATOR_VERSION = 5
MARKER = "sample.json"
SLICE_YEARS, BY_AREA_YEARS, SINGLEFILE_YEARS = (2019,), (2020,), (2021, 2022, 2023, 2024, 2025)
# The year under way, and how many of its quarters are out.
UNDER_WAY, QUARTERS_OUT = 2026, 2


def write_sample(root: Path, seed: int = DEFAULT_SEED) -> Path:
    """Write the sample as `<root>/<host>/<path>`, `truth.json` and a marker beside; returns `root`.

    The same seed gives the same bytes. Does nothing where `root` already holds this seed and generator;
    another sample there is replaced. The folder appears complete or not at all.

    Raises:
        SetupError: if `root` holds something that is not a sample.

    Example:
        >>> write_sample(Path("data/work/sample")).name  # doctest: +SKIP
        'sample'
    """
    parts = hashlib.sha256(b"".join(part.read_bytes() for part in _parts())).hexdigest()
    marker = {"seed": seed, "generator_version": GENERATOR_VERSION, "parts": parts}
    if _marker(root) == marker:
        return root
    if root.exists() and _marker(root) is None and any(root.iterdir()):
        raise SetupError(f"{root} holds something that is not a sample: name an empty or new folder")
    root.parent.mkdir(parents=True, exist_ok=True)
    fresh = root.with_name(f".{root.name}.{os.getpid()}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        _write_all(fresh, seed)
        (fresh / MARKER).write_text(json.dumps(marker) + "\n", encoding="utf-8")
        _put_in_place(fresh, root, marker)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return root


def _parts() -> list[Path]:
    return sorted(Path(sources.__path__[0]).glob("*/sample.py"))


def _marker(root: Path) -> dict[str, Any] | None:
    try:
        return json.loads((root / MARKER).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, json.JSONDecodeError):
        return None


def _put_in_place(fresh: Path, root: Path, marker: dict[str, Any]) -> None:
    retired = root.with_name(f".{root.name}.{os.getpid()}.old")
    if root.exists():
        root.rename(retired)
    try:
        fresh.rename(root)
    except OSError:
        # Someone else wrote the sample meanwhile; theirs is as good where it is the same one.
        if _marker(root) != marker:
            raise
    finally:
        shutil.rmtree(retired, ignore_errors=True)


def _write_all(root: Path, seed: int) -> None:
    economy = simulate(seed)
    accounts = open_accounts(economy)
    books = {year: annual_figures(economy, accounts[year], year) for year in YEARS}
    qcew = root / "data.bls.gov" / "cew"
    for year in SLICE_YEARS:
        _write_slices(qcew, accounts[year], _year(books, accounts, year))
    for year in BY_AREA_YEARS:
        _write_by_area(qcew, accounts[year], _quarters(economy, accounts, books, year), get_args(AreaKind))
    # Of the year under way nobody reads more than that it is not over: states will do.
    early = _quarters(economy, accounts, books, UNDER_WAY)[:QUARTERS_OUT]
    _write_by_area(qcew, accounts[UNDER_WAY], early, ("nation", "state"))
    for year in SINGLEFILE_YEARS:
        _write_singlefile(qcew, accounts[year], _year(books, accounts, year))
    _write_titles(qcew, accounts)
    write_census(root / "www2.census.gov", economy.geography, seed)
    write_bea(root / "apps.bea.gov", economy, seed)
    write_oews(root / "www.bls.gov", economy)
    for part in _parts():
        importlib.import_module(f"{sources.__name__}.{part.parent.name}.sample").write(root, economy, seed)
    document = truth(economy, seed) | {"generator_version": GENERATOR_VERSION}
    (root / "truth.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")


def _year(books: dict[int, Figures], accounts: dict[int, Accounts], year: int) -> Period:
    return Period(year, "A", books[year], restated(books[year - 1], accounts[year - 1], accounts[year]))


def _quarters(economy: Economy, accounts: dict[int, Accounts], books: dict[int, Figures], year: int) -> list[Period]:
    now, before = (quarterly_figures(economy, accounts[y], y, books[y]) for y in (year, year - 1))
    return [Period(year, str(q + 1), now[q], restated(before[q], accounts[year - 1], accounts[year])) for q in range(4)]


def _write_slices(qcew: Path, accounts: Accounts, period: Period) -> None:
    folder = qcew / "data" / "api" / str(period.year) / "a" / "area"
    folder.mkdir(parents=True)
    head = header(ANNUAL, titled=False) + "\r\n"
    for area, text in area_texts(accounts, [period], titled=False, end="\r\n", kinds=("nation", "state")):
        (folder / f"{area}.csv").write_bytes((head + text).encode("utf-8"))


def _write_singlefile(qcew: Path, accounts: Accounts, period: Period) -> None:
    path = qcew / "data" / "files" / str(period.year) / "csv" / f"{period.year}_annual_singlefile.zip"
    texts = area_texts(accounts, [period], titled=False, end="\n")
    content = "".join([header(ANNUAL, titled=False), "\n", *(text for _, text in texts)])
    write_zip(path, [(f"{period.year}.annual.singlefile.csv", content.encode("utf-8"))])


def _write_by_area(qcew: Path, accounts: Accounts, quarters: list[Period], kinds: Collection[AreaKind]) -> None:
    year = quarters[0].year
    head = header(QUARTERLY, titled=True) + "\r\n"
    texts = area_texts(accounts, quarters, titled=True, end="\r\n", kinds=kinds)
    named = {a.code: a.title for a in accounts.areas}
    prefix = f"{year}.q1-q{len(quarters)}"
    members = (
        (f"{prefix}.by_area/{prefix} {area} {named[area]}.csv", (head + text).encode("utf-8")) for area, text in texts
    )
    write_zip(qcew / "data" / "files" / str(year) / "csv" / f"{year}_qtrly_by_area.zip", members)


def _write_titles(qcew: Path, accounts: dict[int, Accounts]) -> None:
    """BLS's lists of today, in which all codes stand that there ever were."""
    named = {a.code: (a.kind != "nation", a.code, a.title) for year in sorted(accounts) for a in accounts[year].areas}
    areas = [("area_fips", "area_title"), *((code, title) for _, code, title in sorted(named.values()))]
    industries = [("industry_code", "industry_title"), *titles().items()]
    for name, rows in (("area", areas), ("industry", industries)):
        path = qcew / "doc" / "titles" / name / f"{name}_titles.csv"
        path.parent.mkdir(parents=True)
        path.write_bytes("".join(f'"{code}","{title}"\r\n' for code, title in rows).encode("utf-8"))
