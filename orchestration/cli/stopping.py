"""What ends a running query: Ctrl-C, a limit of time, a limit of memory.

Belongs here: who interrupts a connection and why, and what if it does not listen. Does not: what a query may do (see
`query`).
"""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from orchestration.errors import SetupError

if TYPE_CHECKING:
    import duckdb

BETWEEN_INTERRUPTIONS = 0.05
# A function that works on one value for minutes hears of no interruption, nor does the making of a plan.
SECONDS_TO_LISTEN = 3.0
BY_HAND = 130
# Bytes for Python, Arrow and what allocators keep for later.
BESIDE_IT = 500_000_000


class Stopped:
    """Whether and why a connection was interrupted from here: DuckDB's own threads interrupt each other too."""

    def __init__(self) -> None:
        self.by_hand = False
        self.after: float | None = None
        self.leaves: list[Path] = []  # files and folders that must not stay

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

    def end_here(self) -> None:
        """End this process, whatever its other threads are at; what is half done is cleared away."""
        for path in self.leaves:
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)
        code = BY_HAND
        try:
            self.tell()
        except SetupError as error:
            code = error.exit_code
            print(f"clusters: {error}", file=sys.stderr, flush=True)
        except KeyboardInterrupt:
            pass
        os._exit(code)


@contextmanager
def ctrl_c_held_back(stopped: Stopped) -> Iterator[None]:
    """While the block runs, Ctrl-C waits for `stoppable` within it, or for the end of the block.

    What Python raises in the middle of an import, or as an object is cleared away, may be swallowed there. Then a query
    would run on. A handler, and no mask: other threads would take the signal, and Python raises in this one.

    Example:
        >>> with ctrl_c_held_back(Stopped()):
        ...     import decimal

    Raises:
        KeyboardInterrupt: at the end, after Ctrl-C.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(*_: object) -> None:
        stopped.by_hand = True

    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if stopped.by_hand:
        raise KeyboardInterrupt


@contextmanager
def stoppable(con: duckdb.DuckDBPyConnection, timeout: float | None, stopped: Stopped) -> Iterator[None]:
    """While the block runs, Ctrl-C and the passing of `timeout` seconds (None: no limit) interrupt the connection.

    Python's own handler would wait until DuckDB hands back a batch of rows, which a runaway query never does. A byte
    that the signal writes into a socket reaches a waiting thread at once. Where the interruption is not heard within
    seconds, the process ends.

    Example:
        >>> with stoppable(con, 60, stopped):                               # doctest: +SKIP
        ...     con.execute(sql)
    """

    ended = threading.Event()

    def interrupt() -> None:
        # Again and again: DuckDB forgets an interruption that comes just before a query begins.
        last = time.monotonic() + SECONDS_TO_LISTEN
        while not ended.wait(BETWEEN_INTERRUPTIONS):
            con.interrupt()
            if time.monotonic() > last:
                stopped.end_here()

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
            if stopped.by_hand:  # it was held back
                threading.Thread(target=interrupt, daemon=True).start()
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


@contextmanager
def memory_held_to(limit: str) -> Iterator[None]:
    """While the block runs, the process gets at most twice `limit` (`1500MB`, say) and half a gigabyte more.

    DuckDB's own limit does not count the rows that it hands over: 2,048 at a time, however wide they are. What asks for
    more gets an error (DuckDB's OutOfMemoryException, MemoryError), and the machine keeps its memory.

    Example:
        >>> with memory_held_to("1500MB"):                                  # doctest: +SKIP
        ...     con.execute(sql)
    """
    from pydantic import ByteSize, TypeAdapter

    before, most = resource.getrlimit(resource.RLIMIT_DATA)
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[5])
    except OSError:  # no Linux: what the process has is not known
        yield
        return
    allowed = pages * resource.getpagesize() + 2 * TypeAdapter(ByteSize).validate_python(limit) + BESIDE_IT
    if before != resource.RLIM_INFINITY:
        allowed = min(allowed, before)
    resource.setrlimit(resource.RLIMIT_DATA, (allowed, most))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (before, most))
