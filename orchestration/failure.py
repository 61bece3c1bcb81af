"""From Dagster's failure events to the one error that a person is shown.

Belongs here: finding our own errors in the chain of causes. Does not: what is done with them.
"""

from __future__ import annotations

from collections.abc import Sequence

from dagster import DagsterEvent
from dagster._utils.error import SerializableErrorInfo

from orchestration import errors


class RefreshFailed(errors.ClustersError):
    """A refresh that stopped, with the exit code of the first thing that stopped it."""

    def __init__(self, message: str, exit_code: int) -> None:
        self.exit_code = exit_code
        super().__init__(message)


def failure_of(events: Sequence[DagsterEvent], otherwise: str) -> RefreshFailed:
    """One error out of the failure events of a run: all messages of our own errors, the first one's exit code."""
    found = [known for event in events if (known := _known(_info(event)))]
    if found:
        messages = dict.fromkeys(message for _, message in found)
        return RefreshFailed("\n".join(messages), found[0][0])
    infos = [info for event in events if (info := _info(event))]
    return RefreshFailed("\n".join(_root(info).to_string() for info in infos) or otherwise, 1)


def _info(event: DagsterEvent) -> SerializableErrorInfo | None:
    return getattr(event.event_specific_data, "error", None)


def _known(info: SerializableErrorInfo | None) -> tuple[int, str] | None:
    while info is not None:
        kind = getattr(errors, info.cls_name or "", None)
        if isinstance(kind, type) and issubclass(kind, errors.ClustersError):
            return kind.exit_code, info.message.split(": ", 1)[-1].strip()
        info = info.cause or info.context
    return None


def _root(info: SerializableErrorInfo) -> SerializableErrorInfo:
    while info.cause is not None:
        info = info.cause
    return info
