"""What an earlier version of a table named must still be named in the later one: regions, industries, any key.

Belongs here: finding keys that are gone. Does not: how many rows there are (see `history`), what figures became (see
`comparison`), where the earlier version is.
"""

from __future__ import annotations

from collections.abc import Mapping

from orchestration.contracts import TableContract
from orchestration.quality.checks import SqlCheck
from orchestration.quality.engine import quoted

NAME = "history_keys_kept"


def keys_kept(
    contract: TableContract, before: str, columns_before: Mapping[str, str], columns: Mapping[str, str]
) -> list[SqlCheck]:
    """A check that every key of a table that is of no time is still there; none for a dated table.

    Args:
        contract: the table's.
        before: its earlier version, as SQL that can stand after FROM.
        columns_before: columns of the earlier version; another version of the warehouse may have had others.
        columns: columns of the later one.

    Example:
        >>> keys_kept(contracts()["dim_region"], "earlier.main.dim_region", columns, columns)[0].name  # doctest: +SKIP
        'history_keys_kept'
    """
    keys = [quoted(name) for name in contract.keys if name in columns and name in columns_before]
    if contract.dates or not keys:
        return []
    sql = (
        f"SELECT {', '.join(keys)} FROM {before} ANTI JOIN {quoted(contract.name)} USING ({', '.join(keys)})\n"
        "ORDER BY ALL"
    )
    expected = f"every {' and '.join(contract.keys)} of the previous release is still there"
    return [SqlCheck(NAME, contract.name, "error", sql, expected)]


def codes_kept(
    contract: TableContract, before: str, columns_before: Mapping[str, str], columns: Mapping[str, str]
) -> list[SqlCheck]:
    """A check that every code of a publisher's table is still there, each column of the key by itself, time by time.

    Arguments are those of `keys_kept`. A time that the later version lacks is not looked at: it is lost as a whole.

    Example:
        >>> codes_kept(contracts()["stg_qcew"], "before_stg_qcew", columns, columns)[0].name           # doctest: +SKIP
        'history_keys_kept'
    """
    keys = [name for name in contract.keys if name in columns and name in columns_before]
    if not keys or not all(name in columns and name in columns_before for name in contract.dates):
        return []
    now, dates = quoted(contract.name), "".join(f"{quoted(name)}, " for name in contract.dates)
    same_time = f"WHERE ({dates.removesuffix(', ')}) IN (SELECT {dates.removesuffix(', ')} FROM {now})" if dates else ""
    lost = [
        f"SELECT {dates}'{name}' AS code_of, {quoted(name)}::VARCHAR AS code\nFROM (\n"
        f"    SELECT DISTINCT {dates}{quoted(name)} FROM {before} {same_time}\n"
        f"    EXCEPT SELECT DISTINCT {dates}{quoted(name)} FROM {now}\n)"
        for name in keys
    ]
    sql = "\nUNION ALL\n".join(lost) + "\nORDER BY ALL"
    expected = f"every {', '.join(keys)} of the previous release is still there, in each year or edition"
    return [SqlCheck(NAME, contract.name, "error", sql, expected)]
