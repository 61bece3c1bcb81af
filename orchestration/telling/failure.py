"""From Dagster's failure events and the gates' findings to the one error that a person is shown.

Belongs here: finding our own errors in the chain of causes, naming the files behind a finding. Does not: what is done
with the error.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import takewhile
from pathlib import Path
from urllib.parse import unquote

from dagster import DagsterEvent
from dagster._utils.error import SerializableErrorInfo

from orchestration import errors
from orchestration.partitions import Partition
from orchestration.quality.revision import DISCLOSURE, is_lost, may_be_accepted
from orchestration.quality.verdict import CheckResult

INTERRUPTED = "DagsterExecutionInterruptedError"
BLOCKING_CHECK_FAILED = "DagsterAssetCheckFailedError"
NAMED_FILES = 3
GATE_REMEDY = (
    "look at the file named, and compare it with the one before. If the publisher erred, wait: the next refresh starts "
    "from what the last release holds, and pulls the corrected file. If the change is meant, adapt the contract "
    "(dbt_project/models) or the limit (orchestration/quality) that it broke, and refresh again"
)
DISCLOSURE_REMEDY = (
    "figures that were withheld are printed now and none is lost, so look for the publisher's notice of another "
    "disclosure rule, and at some of the cells: figures, and not zeros. If that is so, let them pass; if not, wait for "
    "the publisher's correction"
)
LOST_REMEDY = (
    "years or editions that the release holds are not there any more. That is no revision, and no flag lets it pass. "
    "Ask for them again (`clusters refresh --years YEAR`); where the publisher has withdrawn them, restore landing/ "
    "and warehouse/manifests/ from a backup, and refresh again"
)
ACCEPT = "A revision that is meant passes with `clusters refresh {flags}`"


class RefreshFailed(errors.ClustersError):
    """A refresh that stopped, with the exit code of the first thing that stopped it."""

    def __init__(self, message: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(message)


class GatesStopped(errors.GateError):
    """The gates stopped a release; `findings` are those that did."""

    def __init__(self, message: str, findings: Sequence[CheckResult]) -> None:
        self.findings = list(findings)
        super().__init__(message)


def was_interrupted(events: Sequence[DagsterEvent]) -> bool:
    """Whether a run failed because its process was told to end: Dagster calls that an error like any other."""
    return any(INTERRUPTED in _names(_info(event)) for event in events)


def before_a_stop(events: Sequence[DagsterEvent]) -> list[DagsterEvent]:
    """The failure events of a run that came before its process was told to end: what came later, came of that."""
    return list(takewhile(lambda event: INTERRUPTED not in _names(_info(event)), events))


def is_of_a_gate(event: DagsterEvent) -> bool:
    """Whether a failure event is that of a gate."""
    known = _known(_info(event))
    return known is not None and known[0] == errors.GateError.exit_code


def failure_of(events: Sequence[DagsterEvent], otherwise: str) -> RefreshFailed:
    """One error out of the failure events of a run: all messages of our own errors, the first one's exit code."""
    found = [known for event in events if (known := _known(_info(event)))]
    if found:
        messages = dict.fromkeys(message for _, message in found)
        return RefreshFailed("\n".join(messages), found[0][0])
    infos = [info for event in events if (info := _info(event))]
    return RefreshFailed("\n".join(_root(info).to_string() for info in infos) or otherwise, 1)


def gate_error(findings: Sequence[CheckResult], partitions: Sequence[Partition], docs: Path) -> GatesStopped:
    """What the gates found, with the dataset and files each finding is about, and what to do.

    Example:
        >>> finding = CheckResult("rows", "employment", "dbt", "error", False, "1 row", "2 rows")
        >>> print(str(gate_error([finding], [], Path("docs"))).splitlines()[1])
          - employment.rows failed (error): observed 1 row, expected 2 rows
    """
    lines = [f"  - {finding}{_origin_text(finding, partitions)}" for finding in findings]
    opening = "the gates stopped the release; the previous one stays:"
    closing = f"Remedy: {remedy(findings)}. {_accepting(findings, partitions)}Data Docs: {docs}."
    return GatesStopped("\n".join([opening, *lines, closing]), findings)


def remedy(findings: Sequence[CheckResult]) -> str:
    """What to do about what the gates found.

    Something else where years are lost, or where all of it is figures that were withheld before.

    Example:
        >>> remedy([CheckResult("history_disclosure", "employment", "dbt", "error", False, "", "")]).split(",")[0]
        'figures that were withheld are printed now and none is lost'
    """
    if any(is_lost(f.check_name, f.table_name) for f in findings):
        return LOST_REMEDY
    return DISCLOSURE_REMEDY if all(f.check_name in DISCLOSURE for f in findings) else GATE_REMEDY


def accepting(findings: Sequence[CheckResult], partitions: Sequence[Partition]) -> str:
    """How to let a revision pass, where each finding compares with the previous release, or nothing.

    A finding about a source's table names the source. One about a mart passes with whatever source it comes from.
    """
    if not all(may_be_accepted(f.check_name, f.table_name) for f in findings):
        return ""
    sources = {f"stg_{p.table}": p.source_id for p in partitions}
    about = sorted({sources[f.table_name] for f in findings if f.table_name in sources})
    way_out = ACCEPT.format(flags=" ".join(f"--accept-revision {source}" for source in about or ["SOURCE"]))
    return way_out if about else f"{way_out}, SOURCE being the one whose change it is (see `clusters sources`)"


def _accepting(findings: Sequence[CheckResult], partitions: Sequence[Partition]) -> str:
    way_out = accepting(findings, partitions)
    return f"{way_out}. " if way_out else ""


def origin(finding: CheckResult, partitions: Sequence[Partition]) -> tuple[str, list[str]] | None:
    """The dataset and the publisher's files a finding about a staging table is about: of the year it names, else all.

    None for a finding about a table that is made from several datasets.
    """
    found = [p for p in partitions if f"stg_{p.table}" == finding.table_name]
    year = re.search(r"\byear = (\d{4})\b", finding.observed)
    found = [p for p in found if year and p.period == year[1]] or found
    if not found:
        return None
    # Lists kept side by side have one name.
    return found[0].source_id, list(dict.fromkeys(unquote(f.url.rsplit("/", 1)[-1]) for p in found for f in p.files))


def named(files: Sequence[str]) -> str:
    """The first few of many files.

    Example:
        >>> named(["a.csv", "b.csv", "c.csv", "d.csv"])
        'a.csv, b.csv, c.csv and 1 more'
    """
    more = f" and {len(files) - NAMED_FILES} more" if len(files) > NAMED_FILES else ""
    return f"{', '.join(files[:NAMED_FILES])}{more}"


def _origin_text(finding: CheckResult, partitions: Sequence[Partition]) -> str:
    found = origin(finding, partitions)
    return f" [{found[0]}: {named(found[1])}]" if found else ""


def _info(event: DagsterEvent) -> SerializableErrorInfo | None:
    return getattr(event.event_specific_data, "error", None)


def _known(info: SerializableErrorInfo | None) -> tuple[int, str] | None:
    while info is not None:
        kind = getattr(errors, info.cls_name or "", None)
        if isinstance(kind, type) and issubclass(kind, errors.ClustersError):
            return kind.exit_code, info.message.split(": ", 1)[-1].strip()
        if info.cls_name == BLOCKING_CHECK_FAILED:
            return errors.GateError.exit_code, info.message.split(": ", 1)[-1].strip()
        info = info.cause or info.context
    return None


def _names(info: SerializableErrorInfo | None) -> Iterator[str | None]:
    while info is not None:
        yield info.cls_name
        info = info.cause or info.context


def _root(info: SerializableErrorInfo) -> SerializableErrorInfo:
    while info.cause is not None:
        info = info.cause
    return info
