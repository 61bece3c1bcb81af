"""When to try again, and how long to wait first.

Belongs here: attempts, back-off, `Retry-After`. Does not: requests (see `fetch`).
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from tenacity import (
    RetryCallState,
    Retrying,
    retry_if_exception_type,
    stop_after_attempt,
    wait_exponential_jitter,
)

logger = logging.getLogger("clusters.landing")
T = TypeVar("T")


class Interrupted(Exception):
    """Worth another try, after `retry_after` seconds at least if the publisher said so."""

    def __init__(self, problem: str, retry_after: float = 0.0) -> None:
        super().__init__(problem)
        self.retry_after = retry_after


def with_retries(
    attempt: Callable[[], T], attempts: int, longest_wait: float, sleep: Callable[[float], None], what: str
) -> T:
    """Call `attempt` until it is no longer `Interrupted`, at most `attempts` times.

    Waits 1, 2, 4… seconds and up to one more at random, or what the publisher asked for if that is longer;
    never more than `longest_wait` seconds. `what` is the address in the log.

    Raises:
        Interrupted: the last one, when all attempts are used up.

    Example:
        >>> with_retries(lambda: 1, attempts=3, longest_wait=60, sleep=time.sleep, what="https://x.gov/a")
        1
    """
    backoff = wait_exponential_jitter(initial=1, max=longest_wait, jitter=1)

    def wait(state: RetryCallState) -> float:
        return min(longest_wait, max(backoff(state), _asked_for(state)))

    def say(state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome else None
        logger.info("%s: attempt %d: %s; next in %.0f s", what, state.attempt_number, error, state.upcoming_sleep)

    retrying = Retrying(
        retry=retry_if_exception_type(Interrupted),
        stop=stop_after_attempt(attempts),
        wait=wait,
        sleep=sleep,
        before_sleep=say,
        reraise=True,
    )
    return retrying(attempt)


def retry_after(value: str | None, now: datetime | None = None) -> float:
    """Seconds a `Retry-After` header asks to wait: a number, a date, or 0 for none or nonsense.

    Example:
        >>> retry_after("120")
        120.0
    """
    value = (value or "").strip()
    if value.isascii() and value.isdigit():
        return float(value)
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(UTC))).total_seconds())


def _asked_for(state: RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome else None
    return error.retry_after if isinstance(error, Interrupted) else 0.0
