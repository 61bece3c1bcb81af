"""How large a revision may be: limits on what a publisher's re-issue changes in figures already released.

Belongs here: the limits, and the checks made from them. Does not: comparing (see `comparison`), where the earlier
version is kept.

Publishers correct what they have published, and mostly a little: QCEW's annual file is issued again with late reports,
the Census Bureau re-estimates every year of its series. So the number of revised figures says little and their volume
much. A definition that moves under the figures (another vintage of metropolitan areas, say) shows in texts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from orchestration.contracts import TableContract
from orchestration.quality.checks import SqlCheck
from orchestration.quality.comparison import Revision
from orchestration.quality.verdict import Severity

VOLUME = (0.005, 0.02)
"""Sum of absolute changes over the sum before: (warning, error). A benchmark revision of US employment moves the nation
by some tenths of a percent; two percent is a large state, a level of aggregation or a unit."""

COVERAGE = (0.01, 0.05)
"""Share of cells that vanished, or that appeared: (warning, error). Late reports and disclosure review move single
cells; one in twenty is another rule of suppression, or zeros in place of what is withheld. Where figures appear and
hardly any vanishes (up to the warning's share), nothing is lost, and that is told by a check of its own."""

TEXTS = (0.05, 0.25)
"""Share of texts (titles, codes, vintages) that changed: (warning, error)."""

DISCLOSURE = ("revision_discloses_more", "revision_discloses_much_more", "history_disclosure")
"""Checks that find figures which the publisher used to withhold."""

FROM_HISTORY = ("history_", "revision_")
"""How checks begin that compare with the release before; what a person accepts turns these into warnings."""

LOST = "history_years_kept"
"""Of a publisher's table the one that nobody can accept: no publisher revises a year or an edition away, and what was
landed once can be read again."""


def revision_checks(contract: TableContract, revisions: Sequence[Revision]) -> list[SqlCheck]:
    """Checks that a revision of a table stays within the limits; none where nothing was compared.

    Two are about what moved or was lost, two about figures that the publisher used to withhold and now prints. Volumes
    are judged where a contract gives a least value, since a difference between years that changes by much of itself may
    have changed by little.

    Example:
        >>> revision = Revision("stg_x", "all", 2016, "jobs", 100, 100, 0, 0, 0.1, 0.1, 0.1)
        >>> [check.name for check in revision_checks(contract, [revision])]     # doctest: +SKIP
        ['revision_worth_a_look', 'revision_discloses_more', 'revision_within_limits', 'revision_discloses_much_more']
    """
    compared = [r for r in revisions if r.cells]
    if not compared:
        return []
    quantities = {c.name for c in contract.columns if c.minimum is not None}
    moved = ("revision_worth_a_look", "revision_within_limits")
    return [check for level in (0, 1) for check in _at_level(contract.name, compared, quantities, level, moved[level])]


def _at_level(
    table: str, compared: Sequence[Revision], quantities: Collection[str], level: int, moved: str
) -> Iterator[SqlCheck]:
    severity: Severity = "error" if level else "warning"
    volume, coverage, texts = VOLUME[level], COVERAGE[level], TEXTS[level]
    yield SqlCheck(
        moved,
        table,
        severity,
        _offending(
            compared,
            quantities,
            f"volume_change > {volume} OR vanished > {coverage} * cells OR (is_text AND revised > {texts} * cells)\n"
            f"    OR (appeared > {coverage} * cells AND NOT {_NONE_LOST})",
        ),
        f"a revision of what is released moves quantities by at most {volume:.1%} in sum, changes at most {texts:.0%} "
        f"of texts, and lets at most {coverage:.0%} of figures vanish, or appear while others vanish",
    )
    yield SqlCheck(
        DISCLOSURE[level],
        table,
        severity,
        _offending(compared, quantities, f"appeared > {coverage} * cells AND {_NONE_LOST}"),
        f"at most {coverage:.0%} of figures were withheld before and are printed now; where more appear and none "
        "vanishes, nothing is lost: the publisher has most likely changed its disclosure rule",
    )


def accepted(checks: Sequence[SqlCheck]) -> list[SqlCheck]:
    """The checks, those that compare with the release before as warnings: somebody has looked and said yes."""
    return [replace(c, severity="warning") if may_be_accepted(c.name, c.table) else c for c in checks]


def may_be_accepted(check: str, table: str) -> bool:
    """Whether a person can let a check pass: it compares with the release before, and is not about years lost.

    Example:
        >>> may_be_accepted("history_rows", "stg_qcew"), may_be_accepted("history_years_kept", "stg_qcew")
        (True, False)
    """
    return check.startswith(FROM_HISTORY) and not is_lost(check, table)


def is_lost(check: str, table: str) -> bool:
    """Whether a check finds that years or editions of a publisher's table are gone, which the release before holds."""
    return check == LOST and table.startswith("stg_")


_NONE_LOST = f"vanished <= {COVERAGE[0]} * cells"


def _offending(revisions: Sequence[Revision], quantities: Collection[str], condition: str) -> str:
    values = ",\n    ".join(_values(revisions, quantities))
    return f"""
        SELECT * FROM (VALUES
            {values}
        ) AS revision(year, column_name, cells, revised, appeared, vanished, volume_change, is_text)
        WHERE {condition}
        ORDER BY year, volume_change DESC NULLS LAST, column_name
    """


def _values(revisions: Sequence[Revision], quantities: Collection[str]) -> Iterator[str]:
    for r in revisions:
        volume = r.volume_change if r.column_name in quantities and r.volume_change is not None else "NULL"
        is_text = r.volume_change is None
        counts = f"{r.cells}, {r.revised}, {r.appeared}, {r.vanished}"
        yield f"({r.year}, '{r.column_name}', {counts}, {volume}::DOUBLE, {is_text})"
