"""Stopping a running query: Ctrl-C, and a limit of time.

Belongs here: who interrupts a connection, and why. Does not: what a query may do (see `query`).
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from orchestration.errors import SetupError

if TYPE_CHECKING:
    import duckdb

BETWEEN_INTERRUPTIONS = 0.05


class Stopped:
    """Whether and why a connection was interrupted from here: DuckDB's own threads interrupt each other too."""

    def __init__(self) -> None:
        self.by_hand = False
        self.after: float | None = None

    def tell(self) -> None:
        """Raises what the interruption amounts to, if there was one.

        Raises:
            KeyboardInterrupt: after Ctrl-C.
            SetupError: when time was up.
        """
        if self.by_hand:
            raise KeyboardInterrupt
        if self.after is not None:
            raise SetupError(f"the query was stopped after {self.after:g} s; narrow it, or give --timeout more")


@contextmanager
def stoppable(con: duckdb.DuckDBPyConnection, timeout: float | None, stopped: Stopped) -> Iterator[None]:
    """While the block runs, Ctrl-C and the passing of `timeout` seconds (None: no limit) interrupt the connection.

    Python's own handler would wait until DuckDB hands back a batch of rows, which a runaway query never does. A byte
    that the signal writes into a socket reaches a waiting thread at once.

    Example:
        >>> with stoppable(con, 60, stopped):                               # doctest: +SKIP
        ...     con.execute(sql)
    """

    ended = threading.Event()

    def interrupt() -> None:
        # Again and again: DuckDB forgets an interruption that comes just before a query begins.
        while not ended.wait(BETWEEN_INTERRUPTIONS):
            con.interrupt()

    def time_is_up() -> None:
        stopped.after = timeout
        interrupt()

    def by_hand() -> None:
        stopped.by_hand = True
        interrupt()

    timer = threading.Timer(timeout, time_is_up) if timeout is not None else None
    if timer:
        timer.daemon = True
        timer.start()
    try:
        with _on_ctrl_c(by_hand, ended):
            yield
    finally:
        ended.set()
        if timer:
            timer.cancel()
            timer.join()


@contextmanager
def _on_ctrl_c(act: Callable[[], None], ended: threading.Event) -> Iterator[None]:
    """Calls `act` in a thread of its own when Ctrl-C is pressed; sets `ended` when the block does."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def listen() -> None:
        while number := heard.recv(1):
            if number[0] == signal.SIGINT:
                act()

    heard, told = socket.socketpair()
    told.setblocking(False)
    before = signal.set_wakeup_fd(told.fileno(), warn_on_full_buffer=False)
    # Python's own handler would raise inside DuckDB, which then waits, deaf, for the query it was to give up.
    handler = signal.signal(signal.SIGINT, lambda *_: None)
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield
    finally:
        ended.set()
        signal.signal(signal.SIGINT, handler)
        signal.set_wakeup_fd(before)
        told.close()
        listener.join()
        heard.close()
