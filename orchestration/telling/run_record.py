"""What is remembered of the last run, for `clusters status` and for alerts: one small JSON file, replaced whole.

Belongs here: writing and reading it. Does not: deciding what happened.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from orchestration.settings import Settings
from orchestration.wording import hidden

FILE = "last_run.json"


def record_run(
    settings: Settings,
    outcome: str,
    *,
    release_id: str | None = None,
    exit_code: int = 0,
    message: str = "",
    failed_checks: Sequence[str] = (),
) -> dict[str, Any]:
    """Writes the outcome (`published`, `nothing new`, `held` or `failed`) of the run that ends now and returns it.

    `succeeded_at` is when a run last found or made the release to be what publishers offer, so neither failed nor held.
    It is carried from record to record.

    Example:
        >>> record_run(settings(), "failed", exit_code=2, message="bls_qcew: ...")["outcome"]  # doctest: +SKIP
        'failed'
    """
    now = datetime.now(UTC).isoformat(timespec="seconds")
    before = last_run(settings) or {}
    record = {
        "finished_at": now,
        "succeeded_at": before.get("succeeded_at") if outcome in ("failed", "held") else now,
        "outcome": outcome,
        "release_id": release_id,
        "exit_code": exit_code,
        "message": hidden(message, settings.secrets),
        "failed_checks": list(failed_checks),
    }
    settings.home.mkdir(parents=True, exist_ok=True)
    half = settings.home / f"{FILE}.half"
    half.write_text(json.dumps(record, indent=1), encoding="utf-8")
    half.replace(settings.home / FILE)
    return record


def last_run(settings: Settings) -> dict[str, Any] | None:
    """The record of the last run; None if there is none, or it cannot be read (the next run writes it anew)."""
    try:
        found = json.loads((settings.home / FILE).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None
