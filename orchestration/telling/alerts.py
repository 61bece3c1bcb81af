"""One grouped alert a run: what failed or needs a look, what analysts still see and how old that is.

Belongs here: what an alert says, and whether there is one to give. Does not: how it travels (see `delivery`).

The history of alerts is `alerts.jsonl`: from it come the nights in a row and whether a success is a recovery. What was
found the night before stands in the record of the last run.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from orchestration.errors import ClustersError, LockedError, Stopped
from orchestration.settings import Settings
from orchestration.telling.delivery import deliver, history
from orchestration.telling.findings import Finding, concerns, failed_findings
from orchestration.telling.run_record import last_run, note_found
from orchestration.telling.staleness import Staleness, staleness
from orchestration.telling.unwritable import belongs_to_another
from orchestration.wording import hidden, plain, span

log = logging.getLogger("clusters.alert")
T = TypeVar("T")

GATES = {"great_expectations", "dbt"}
FAILED, WARNED, RECOVERED = "failed", "succeeded with warnings", "recovered"
SHOWN_FINDINGS = 10
SHOWN_CHARACTERS = 300


def run_with_alerts(settings: Settings, run: Callable[[], T], at_terminal: bool) -> T:
    """Run a refresh and send at most one alert about the outcome; returns what it returns, raises what it raises.

    No alert is sent at a terminal when another refresh is running or the home belongs to another user: whoever typed
    the command reads the message. At 02:30 it means that an earlier refresh hangs, or that the service cannot write.

    Example:
        >>> run_with_alerts(settings(), lambda: refresh(...), at_terminal=False)    # doctest: +SKIP
    """
    try:
        result = run()
    except Exception as error:
        mistyped = isinstance(error, LockedError) or belongs_to_another(settings.home)
        if not (at_terminal and mistyped):
            tell_of_failure(settings, error)
        raise
    tell_of_success(settings)
    return result


def tell_of_failure(settings: Settings, error: Exception, run_id: str | None = None) -> None:
    """One alert about a refresh that failed. An alert that cannot be made or delivered is only logged.

    Nobody is alerted that a refresh was stopped: whoever did that knows.
    """
    if isinstance(error, Stopped):
        return
    with_care(settings, run_id, lambda: _failure(settings, error))


def tell_of_success(settings: Settings, run_id: str | None = None) -> None:
    """An alert about a refresh that ended well, where a person should look all the same, or the night before failed.

    What was told before is not told again on a night with nothing new.
    """
    with_care(settings, run_id, lambda: _success(settings))


def with_care(settings: Settings, run_id: str | None, make: Callable[[], dict[str, Any] | None]) -> None:
    """Makes and delivers an alert; nothing that goes wrong here may change how the refresh ended."""
    try:
        if run_id and any(entry.get("run_id") == run_id for entry in history(settings)):
            return
        if alert := make():
            deliver(settings, alert | {"run_id": run_id})
    except Exception as error:
        # The text of an unforeseen error may hold anything, also an address with a token in it.
        log.error("an alert could not be given (%s)", type(error).__name__)


def _failure(settings: Settings, error: Exception) -> dict[str, Any]:
    found = [_clean(finding, settings) for finding in failed_findings(settings, error)]
    message = str(error) if isinstance(error, ClustersError | OSError) else f"{type(error).__name__}: {error}"
    row = _nights_in_a_row(settings)
    again = f" for the {_ordinal(row)} night in a row" if row > 1 else ""
    seen = staleness(settings)
    subject = f"refresh failed{again}: {_what(found) or _headline(message)}; {_seen(seen)}"
    code = error.exit_code if isinstance(error, ClustersError) else ClustersError.exit_code
    return _alert(settings, FAILED, code, subject, message, found, seen) | {"nights_in_a_row": row}


def _success(settings: Settings) -> dict[str, Any] | None:
    from orchestration.assets.resources import recorded_checks

    last = last_run(settings) or {}
    outcome, seen = last.get("outcome", "published"), staleness(settings)
    found = [_clean(finding, settings) for finding in concerns(settings, seen)]
    known = {tuple(key) for key in last.get("found", [])}
    keys = {finding.key for finding in found}
    # Where nothing was new no gate has looked, so what gates found before still holds.
    looked = GATES & {check.tool for check in recorded_checks(settings)}
    note_found(settings, keys | {key for key in known if key[0] in GATES and not looked})
    recovered = _is_failing(settings) and not last.get("in_part")
    if not recovered and not (keys - known or (found and outcome == "published")):
        return None
    to_see = f"{_what(found)}; " if found else ""
    word = "recovered" if recovered else "published with warnings" if outcome == "published" else "warns"
    subject = f"refresh {word}: {to_see}{_seen(seen)}"
    return _alert(settings, RECOVERED if recovered else WARNED, 0, subject, f"The refresh: {outcome}.", found, seen)


def _is_failing(settings: Settings) -> bool:
    """Whether a failure was told and no recovery since; a run of a part is none, and may warn in between."""
    told = (entry["outcome"] for entry in reversed(history(settings)))
    return next((outcome for outcome in told if outcome != WARNED), None) == FAILED


def _alert(
    settings: Settings,
    outcome: str,
    exit_code: int,
    subject: str,
    message: str,
    found: Sequence[Finding],
    seen: Staleness | None,
) -> dict[str, Any]:
    subject = " ".join(plain(hidden(subject, settings.secrets)).split())
    message = plain(hidden(message, settings.secrets))
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "outcome": outcome,
        "exit_code": exit_code,
        "subject": f"[clusters] {subject}",
        "message": message,
        "findings": [vars(finding) | {"files": list(finding.files)} for finding in found],
        "analysts_see": _seen_by_analysts(seen),
        "text": _text(subject, exit_code, message, found, seen),
    }


def _seen_by_analysts(seen: Staleness | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {
        "release_id": seen.release_id,
        "profile": seen.profile,
        "published_at": seen.published_at.isoformat(),
        "age": span(seen.age),
        "confirmed_at": seen.confirmed_at.isoformat(),
        "sources": [
            {
                "dataset": source.dataset,
                "newest": source.newest,
                "fetched_at": source.fetched_at.isoformat(),
                "age": span(source.age),
                "overdue": source.overdue,
            }
            for source in seen.sources
        ],
    }


def _text(subject: str, exit_code: int, message: str, found: Sequence[Finding], seen: Staleness | None) -> str:
    """The alert as plain text in short paragraphs, for a telephone."""
    parts = [f"{subject[0].upper()}{subject[1:]}.", f"Exit code {exit_code}."]
    for number, finding in enumerate(found[:SHOWN_FINDINGS], start=1):
        files = f"\nfile: {', '.join(finding.files[:3])}" if finding.files else ""
        parts.append(
            f"{number}. {finding.dataset}{files}\ncheck: {finding.check} ({finding.gate})\n"
            f"observed: {_short(finding.observed)}\nexpected: {_short(finding.expected)}"
        )
    if len(found) > SHOWN_FINDINGS:
        parts.append(f"And {len(found) - SHOWN_FINDINGS} more in alerts.jsonl.")
    parts += [f"What to do: {remedy}." for remedy in dict.fromkeys(f.remedy.rstrip(".") for f in found)]
    if not found:
        parts.append(message)
    if seen is not None:
        lines = [f"Analysts see release {seen.release_id} (profile {seen.profile}), {span(seen.age)} old."]
        lines += [f"{s.dataset} {s.newest}: {span(s.age)} old" for s in seen.sources]
        parts.append("\n".join(lines))
    return "\n\n".join(parts) + "\n"


def _seen(seen: Staleness | None) -> str:
    return f"analysts see release {seen.release_id} ({span(seen.age)} old)" if seen else "nothing is published yet"


def _what(found: Sequence[Finding]) -> str:
    """Which datasets, and how many findings: short enough for a subject."""
    datasets = list(dict.fromkeys(finding.dataset for finding in found))
    if not datasets:
        return ""
    first = f"{found[0].check} of {datasets[0]}" if len(found) == 1 else f"{len(found)} findings on {datasets[0]}"
    return first + (f" and {len(datasets) - 1} more" if len(datasets) > 1 else "")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]}…"


def _headline(text: str) -> str:
    """The first line that says something: below it may stand a stack, which is no subject."""
    return _short(next((line for line in text.splitlines() if line.strip()), text))


def _clean(finding: Finding, settings: Settings) -> Finding:
    def clean(text: str) -> str:
        return plain(hidden(text, settings.secrets))

    return replace(
        finding,
        files=tuple(clean(file) for file in finding.files),
        observed=clean(finding.observed),
        expected=clean(finding.expected),
        remedy=clean(finding.remedy),
    )


def _nights_in_a_row(settings: Settings) -> int:
    """Nights that failed without a success between them, this one included, by the calendar of the schedule."""
    zone = ZoneInfo(settings.timezone)
    days = {datetime.now(zone).date()}
    for entry in reversed(history(settings)):
        if entry["outcome"] == WARNED and _is_failing(settings):
            continue
        if entry["outcome"] != FAILED:
            break
        days.add(datetime.fromisoformat(entry["at"]).astimezone(zone).date())
    return len(days)


def _ordinal(number: int) -> str:
    ending = "th" if number % 100 in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"
