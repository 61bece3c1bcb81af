"""What is odd about a home when a refresh begins, for its summary, its alert and the next release.

Belongs here: looking, and saying so. Does not: mending any of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from orchestration.quality.verdict import CheckResult
from orchestration.release.integrity import CHECK, alteration
from orchestration.release.publish import Warehouse

DATED = "release_is_not_dated_ahead"
NAMED = "all_files_are_releases"
WORDLESS = "ended_without_a_word"


def odd_about(house: Warehouse, killed: Sequence[str]) -> list[CheckResult]:
    """Warnings about the releases that are there, and about the runs that were `killed` since the last one that ended.

    Raises:
        SetupError: if the current release's manifest is damaged.

    Example:
        >>> odd_about(house, [])                                             # doctest: +SKIP
        []
    """
    current, found = house.current(), []
    if current and (problem := alteration(house.folder, current.path)):
        found.append((CHECK, "release", f"release {current.id}: {problem}", "the bytes that were published"))
    if ahead := house.ahead(datetime.now(UTC)):
        found.append((DATED, "release", ahead, "dates that have passed"))
    if strangers := house.strangers():
        observed = f"{', '.join(path.name for path in strangers)} in {strangers[0].parent}: no release, left alone"
        found.append((NAMED, "release", observed, "releases alone"))
    if killed:
        observed = f"run {', '.join(killed)} was killed, or the machine stopped"
        found.append((WORDLESS, "refresh", observed, "a refresh that says how it ended"))
    return [CheckResult(check, table, "refresh", "warning", False, seen, right) for check, table, seen, right in found]
