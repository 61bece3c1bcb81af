"""Being told to end: Ctrl-C and SIGTERM while the nightly job runs in this process.

Belongs here: which signal came. Does not: what is cleaned up (Dagster's executor, dbt's wrapper), what is recorded.

Dagster puts its own handlers in place of ours while steps run, takes both signals for Ctrl-C and does not say which
came. Python notes the number of each signal in a socket all the same, whoever handles it.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def listening() -> Iterator[Callable[[], int | None]]:
    """While the block runs, both signals raise KeyboardInterrupt where nobody else handles them.

    Yields a function that says which of the two came first, or None. Outside the main thread none can be heard.

    Example:
        >>> with listening() as heard:                                      # doctest: +SKIP
        ...     run()
        ...     heard()
        15
    """
    if threading.current_thread() is not threading.main_thread():
        yield lambda: None
        return
    found: list[int] = []
    ours, pythons = socket.socketpair()
    with ours, pythons:
        ours.setblocking(False)
        pythons.setblocking(False)

        def heard() -> int | None:
            with suppress(BlockingIOError):
                found.extend(number for number in ours.recv(4096) if number in SIGNALS)
            return found[0] if found else None

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            raise KeyboardInterrupt

        descriptor = signal.set_wakeup_fd(pythons.fileno(), warn_on_full_buffer=False)
        handlers = [(number, signal.signal(number, interrupt)) for number in SIGNALS]
        try:
            yield heard
        finally:
            for number, handler in handlers:
                signal.signal(number, handler)
            signal.set_wakeup_fd(descriptor)
