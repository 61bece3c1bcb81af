"""What is remembered of the last run, for `clusters status` and for alerts: one small JSON file, replaced whole.

Belongs here: writing and reading it. Does not: deciding what happened.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from orchestration.durable import write_whole
from orchestration.errors import GateError
from orchestration.settings import Settings, year_range
from orchestration.wording import hidden

FILE = "last_run.json"
# How a run ends that has not come to its end.
UNDONE = ("failed", "stopped")


@dataclass(frozen=True)
class Asked:
    """What a run asked publishers for: reference years, and sources, which are all where none is named."""

    years: tuple[int, ...]
    only: tuple[str, ...] = ()

    def covers(self, other: Asked) -> bool:
        """Whether it asked for all that the other did.

        Example:
            >>> Asked((2020, 2021)).covers(Asked((2021,))), Asked((2021,), ("bls_qcew",)).covers(Asked((2021,)))
            (True, False)
        """
        sources = not self.only or (bool(other.only) and set(other.only) <= set(self.only))
        return sources and set(other.years) <= set(self.years)


def record_run(
    settings: Settings,
    outcome: str,
    *,
    asked: Asked | None = None,
    release_id: str | None = None,
    exit_code: int = 0,
    message: str = "",
    failed_checks: Sequence[str] = (),
) -> dict[str, Any]:
    """Writes how the run that ends now ended and returns it: `published`, `nothing new`, `held`, `failed`, `stopped`.

    `succeeded_at` is when a run last found or made the release to be what publishers offer, so only of the first two,
    and only where all was `asked` for (None: it was): a run of a part (`in_part`) knows nothing of the rest. It is
    carried from record to record, and with it what was asked for then. So is `gates_stopped`, until a run ends well,
    and `found` (see `note_found`).

    Example:
        >>> record_run(settings(), "failed", exit_code=2, message="bls_qcew: ...")["outcome"]  # doctest: +SKIP
        'failed'
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = last_run(settings) or {}
    in_part = outcome not in UNDONE and asked is not None and not _is_all(asked, settings, before)
    confirms = outcome not in (*UNDONE, "held") and not in_part
    record = {
        "finished_at": now,
        "succeeded_at": now if confirms else before.get("succeeded_at"),
        "asked_then": asdict(asked) if confirms and asked else before.get("asked_then"),
        "in_part": in_part,
        "outcome": outcome,
        "release_id": release_id,
        "exit_code": exit_code,
        "message": hidden(message, settings.secrets),
        "failed_checks": list(failed_checks),
        "gates_stopped": exit_code == GateError.exit_code or (outcome in UNDONE and gates_stopped(before)),
        "found": before.get("found", []),
    }
    write_whole(settings.home / FILE, json.dumps(record, indent=1))
    return record


def _is_all(asked: Asked, settings: Settings, before: dict[str, Any]) -> bool:
    """Whether a run asked for all that a refresh asks for: by the settings, or as the last one did that counted.

    The first one that asks all sources counts whatever years it asked for.
    """
    then = before.get("asked_then")
    return (
        (before.get("succeeded_at") is None and not asked.only)
        or asked.covers(Asked(tuple(year_range(settings.years))))
        or (then is not None and asked.covers(Asked(tuple(then["years"]), tuple(then["only"]))))
    )


def note_found(settings: Settings, found: Collection[Sequence[str]]) -> None:
    """Adds to the record of the last run what it found that a person should know; the next one tells what is new."""
    if record := last_run(settings):
        noted = record | {"found": sorted(map(list, found))}
        write_whole(settings.home / FILE, json.dumps(noted, indent=1))


def gates_stopped(record: dict[str, Any] | None) -> bool:
    """Whether the gates stopped the run, or an earlier one after which none has come to its end."""
    found = record or {}
    return found.get("exit_code") == GateError.exit_code or bool(found.get("gates_stopped"))


def last_run(settings: Settings) -> dict[str, Any] | None:
    """The record of the last run; None if there is none, or it cannot be read (the next run writes it anew)."""
    try:
        found = json.loads((settings.home / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None
