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

VOLUME = (0.005, 0.02)
"""Sum of absolute changes over the sum before: (warning, error). A benchmark revision of US employment moves the nation
by some tenths of a percent; two percent is a large state, a level of aggregation or a unit."""

COVERAGE = (0.01, 0.05)
"""Share of cells that vanished, or that appeared: (warning, error). Late reports and disclosure review move single
cells; one in twenty is another rule of suppression, or zeros in place of what is withheld."""

TEXTS = (0.05, 0.25)
"""Share of texts (titles, codes, vintages) that changed: (warning, error)."""

FROM_HISTORY = ("history_", "revision_")
"""How checks begin that compare with the release before; what a person accepts turns these into warnings."""


def revision_checks(contract: TableContract, revisions: Sequence[Revision]) -> list[SqlCheck]:
    """Checks that a revision of a table stays within the limits; none where nothing was compared.

    Volumes are judged where a contract gives a least value, since a difference between years that changes by much of
    itself may have changed by little.

    Example:
        >>> revision = Revision("stg_x", "all", 2016, "jobs", 100, 100, 0, 0, 0.1, 0.1, 0.1)
        >>> [check.name for check in revision_checks(contract, [revision])]     # doctest: +SKIP
        ['revision_worth_a_look', 'revision_within_limits']
    """
    compared = [r for r in revisions if r.cells]
    if not compared:
        return []
    quantities = {c.name for c in contract.columns if c.minimum is not None}
    return [
        SqlCheck(
            name=name,
            table=contract.name,
            severity="error" if level else "warning",
            sql=_offending(compared, quantities, level),
            expected=(
                f"a revision of what is released moves quantities by at most {VOLUME[level]:.1%} in sum, changes at "
                f"most {TEXTS[level]:.0%} of texts, and at most {COVERAGE[level]:.0%} of figures vanish or appear"
            ),
        )
        for level, name in enumerate(("revision_worth_a_look", "revision_within_limits"))
    ]


def accepted(checks: Sequence[SqlCheck]) -> list[SqlCheck]:
    """The checks, those that compare with the release before as warnings: somebody has looked and said yes."""
    return [replace(c, severity="warning") if c.name.startswith(FROM_HISTORY) else c for c in checks]


def _offending(revisions: Sequence[Revision], quantities: Collection[str], level: int) -> str:
    values = ",\n    ".join(_values(revisions, quantities))
    return f"""
        SELECT * FROM (VALUES
            {values}
        ) AS revision(year, column_name, cells, revised, appeared, vanished, volume_change, is_text)
        WHERE volume_change > {VOLUME[level]}
            OR vanished > {COVERAGE[level]} * cells
            OR appeared > {COVERAGE[level]} * cells
            OR (is_text AND revised > {TEXTS[level]} * cells)
        ORDER BY year, volume_change DESC NULLS LAST, column_name
    """


def _values(revisions: Sequence[Revision], quantities: Collection[str]) -> Iterator[str]:
    for r in revisions:
        volume = r.volume_change if r.column_name in quantities and r.volume_change is not None else "NULL"
        is_text = r.volume_change is None
        counts = f"{r.cells}, {r.revised}, {r.appeared}, {r.vanished}"
        yield f"({r.year}, '{r.column_name}', {counts}, {volume}::DOUBLE, {is_text})"
