"""What is remembered of the last run, for `clusters status` and for alerts: one small JSON file, replaced whole.

Belongs here: writing and reading it. Does not: deciding what happened.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from orchestration.errors import GateError
from orchestration.settings import Settings
from orchestration.wording import hidden

FILE = "last_run.json"
# How a run ends that has not come to its end.
UNDONE = ("failed", "stopped")


def record_run(
    settings: Settings,
    outcome: str,
    *,
    release_id: str | None = None,
    exit_code: int = 0,
    message: str = "",
    failed_checks: Sequence[str] = (),
) -> dict[str, Any]:
    """Writes how the run that ends now ended and returns it: `published`, `nothing new`, `held`, `failed`, `stopped`.

    `succeeded_at` is when a run last found or made the release to be what publishers offer, so only of the first two.
    It is carried from record to record. So is `gates_stopped`, until a run ends well.

    Example:
        >>> record_run(settings(), "failed", exit_code=2, message="bls_qcew: ...")["outcome"]  # doctest: +SKIP
        'failed'
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = last_run(settings) or {}
    record = {
        "finished_at": now,
        "succeeded_at": before.get("succeeded_at") if outcome in (*UNDONE, "held") else now,
        "outcome": outcome,
        "release_id": release_id,
        "exit_code": exit_code,
        "message": hidden(message, settings.secrets),
        "failed_checks": list(failed_checks),
        "gates_stopped": exit_code == GateError.exit_code or (outcome in UNDONE and gates_stopped(before)),
    }
    settings.home.mkdir(parents=True, exist_ok=True)
    half = settings.home / f"{FILE}.half"
    half.write_text(json.dumps(record, indent=1), encoding="utf-8")
    half.replace(settings.home / FILE)
    return record


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
