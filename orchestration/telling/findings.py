"""What a person should know of a run, thing by thing: what stopped it, and what is odd although it succeeded.

Belongs here: gathering these things and what to do about each. Does not: the alert made of them (see `alerts`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from orchestration.errors import SourceError
from orchestration.partitions import Partition, TidyIndex
from orchestration.release.home import DATED, NAMED, WORDLESS
from orchestration.release.index import CHECK as INDEX
from orchestration.release.integrity import CHECK as ALTERED
from orchestration.release.rollback import ENDED
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.telling.failure import accepting, origin, remedy
from orchestration.telling.run_record import last_run
from orchestration.telling.staleness import Staleness

if TYPE_CHECKING:
    from orchestration.quality.verdict import CheckResult

WAREHOUSE = "warehouse"
EXPECTED = {"offered": "offered, or withdrawn for good", "doubt": "newer bytes in place of older ones"}
WARNING_REMEDY = "look at the pages in data_docs; what is right as it is wants another limit in orchestration/quality"
KEPT_REMEDY = "nothing if the publisher withdrew it for good; else see `clusters sources` for its present address"
DOUBT_REMEDY = "compare the file with the one before (`clusters diff previous current`); `clusters rollback` goes back"
HELD_REMEDY = "wait for the publisher's correction, or let it through: `clusters rollback --lift`"
OWN_REMEDIES = {
    ALTERED: (
        "find the program that opened it for writing and mount the folder read-only for it. `clusters status` says "
        "whether the data were published anew since; else `clusters refresh`, or `clusters rollback` to the one before"
    ),
    DATED: "set the clock of the machine; nothing else is to be done",
    NAMED: "move it away; if it is a release of a backup, restore the whole folder warehouse from there",
    WORDLESS: "the system's journal says by what: memory that ran out, a reboot, `kill -9`. Nothing is lost",
    INDEX: (
        "nothing, it has been made again; if no backup was restored and no power failed, check the disk below "
        "CLUSTERS_HOME"
    ),
    ENDED: "see what changed (`clusters diff previous current`); if it is wrong again, `clusters rollback`",
}
OVERDUE_REMEDY = "look at its home page (`clusters sources`): a new edition may stand at an address not yet declared"


@dataclass(frozen=True)
class Finding:
    """One thing that a person should know: whose data, which gate (tool and check), observed against expected."""

    dataset: str
    files: tuple[str, ...]
    gate: str
    check: str
    observed: str
    expected: str
    remedy: str

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What makes it the same finding on another night."""
        return self.gate, self.dataset, self.check, self.observed


def failed_findings(settings: Settings, error: Exception) -> list[Finding]:
    """What stopped a refresh, thing by thing; empty where the message is all there is.

    Gates hand over their findings; an error about a source may have passed through Dagster as text and is read back.
    """
    checks: Sequence[CheckResult] = getattr(error, "findings", ())
    if checks:
        return _of_stopping(settings, checks)
    found = []
    for line in str(error).splitlines():
        match = re.fullmatch(r"(?P<dataset>\w+): (?P<file>.+?): (?P<problem>.+)\. Remedy: (?P<remedy>.+)\.", line)
        if match and match["dataset"] in SOURCES:
            expected = "a file that can be pulled and read"
            files = (match["file"],)
            kind = SourceError.__name__
            found.append(Finding(match["dataset"], files, "pull", kind, match["problem"], expected, match["remedy"]))
    return found


def _of_stopping(settings: Settings, checks: Sequence[CheckResult]) -> list[Finding]:
    """What stopped a refresh, each thing with its remedy; a revision with how to let it pass."""
    partitions = TidyIndex(settings).all()
    return [
        finding
        for check in checks
        for way_out in [accepting([check], partitions)]
        for finding in _of_checks(settings, [check], f"{remedy([check])}. {way_out}" if way_out else remedy([check]))
    ]


def concerns(settings: Settings, seen: Staleness | None) -> list[Finding]:
    """What a person should look at although the refresh succeeded.

    Failed warnings, files in doubt, sources kept, sources overdue, and what a rollback holds back.
    """
    from orchestration.assets.resources import recorded_checks

    warnings = [c for c in recorded_checks(settings) if not c.passed and c.severity == "warning"]
    partitions = TidyIndex(settings).active()
    doubted = [_of_partition(p, "doubt", p.warning, DOUBT_REMEDY) for p in partitions if p.warning]
    kept = [
        _of_partition(
            p, "offered", f"no longer offered; the copy that arrived {p.files[0].fetched_at} is used", KEPT_REMEDY
        )
        for p in partitions
        if p.outcome == "kept"
    ]
    last = last_run(settings) or {}
    held = [
        Finding(WAREHOUSE, (), "rollback", "held", last["message"], "what is new is published", HELD_REMEDY)
        for outcome in [last.get("outcome")]
        if outcome == "held"
    ]
    overdue = [
        Finding(
            source.dataset,
            (),
            "cadence",
            "news",
            f"the newest edition is {source.newest}",
            f"the one after it by {source.due} ({source.cadence})",
            OVERDUE_REMEDY,
        )
        for source in (seen.sources if seen else ())
        if source.overdue
    ]
    return [*_of_checks(settings, warnings, WARNING_REMEDY), *doubted, *kept, *held, *overdue]


def _of_partition(partition: Partition, check: str, observed: str, remedy: str) -> Finding:
    """What the pull found odd about the files of an edition."""
    name = f"{check}_{partition.edition}"
    files = tuple(file.url for file in partition.files[:1])
    return Finding(partition.source_id, files, "pull", name, observed, EXPECTED[check], remedy)


def _of_checks(settings: Settings, checks: Sequence[CheckResult], remedy: str) -> list[Finding]:
    partitions = TidyIndex(settings).active() if checks else []
    found = []
    for check in checks:
        dataset, files = origin(check, partitions) or (WAREHOUSE, [])
        name = f"{check.table_name}.{check.check_name}"
        what_to_do = OWN_REMEDIES.get(check.check_name, remedy)
        found.append(Finding(dataset, tuple(files), check.tool, name, check.observed, check.expected, what_to_do))
    return found
