"""Whether what was taken over from release to release is what would be made anew: the ledger put to the proof.

Belongs here: comparing what tables hold. Does not: making them, what follows from a difference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orchestration.quality.verdict import CheckResult, Severity
from orchestration.release.contents import TableContent, differing

CHECK = "equals_what_is_made_from_scratch"
Keys = Mapping[int, Mapping[str, str]]


def compared(
    released: Sequence[TableContent],
    made: Sequence[TableContent],
    keys_before: Keys,
    keys: Keys,
    *,
    all_inputs_equal: bool,
    severity: Severity = "error",
) -> CheckResult | None:
    """The finding about a release beside the same made from scratch; None where nothing in it can be compared.

    A table of a year is compared where its key is the same, a table of no or of all years where all inputs are.

    Args:
        released: what the tables of the release hold.
        made: what those hold that were made from scratch.
        keys_before: the release's keys, by year and table.
        keys: today's.
        all_inputs_equal: whether the release was made of the same inputs by the same code.
        severity: of a difference.

    Example:
        >>> one, other = (TableContent("employment", 2016, 1, content) for content in ("0a", "0b"))
        >>> keys = {2016: {"employment": "k"}}
        >>> compared([one], [other], keys, keys, all_inputs_equal=False).observed
        'other rows in employment (2016)'
    """
    by_year = {table for of_year in keys.values() for table in of_year}

    def comparable(content: TableContent) -> bool:
        if content.table_name not in by_year:
            return all_inputs_equal
        key = keys.get(content.year, {}).get(content.table_name)
        return key is not None and key == keys_before.get(content.year, {}).get(content.table_name)

    before, now = list(filter(comparable, released)), list(filter(comparable, made))
    if not before and not now:
        return None
    different = differing(before, now)
    told = ", ".join(f"{table}{_years(years)}" for table, years in different.items())
    return CheckResult(
        CHECK,
        "release",
        "refresh",
        severity,
        not different,
        f"other rows in {told}" if different else f"the same rows in {len(before)} tables and years",
        "the same rows wherever the ledger says that nothing has changed (remedy: `clusters "
        "refresh --from-scratch --accept-revision SOURCE` publishes what was made anew)",
    )


def _years(years: Sequence[int]) -> str:
    named = ", ".join(str(year) for year in years if year)
    return f" ({named})" if named else ""
