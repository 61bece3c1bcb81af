"""An end to what never ends: the time one file may take in all, however steadily its bytes drip.

Belongs here: the watch over the connection. Does not: requests and their own time-outs (see `fetch`), which only
notice a publisher that falls silent.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Deadline:
    """Shuts the connection in use when `seconds` have passed, while `running`; `passed` says so then.

    Headers, redirects and small answers can drip as well as bodies, and httpx limits the time of one read only:
    hence a watch from outside. It sees the connection through httpx's `trace` extension, and there is one at a time.

    Example:
        >>> deadline = Deadline(3600)
        >>> with deadline.running():
        ...     client.get(url, extensions={"trace": deadline.trace})
    """

    def __init__(self, seconds: float) -> None:
        self.seconds, self.passed = seconds, False
        self._connection: socket.socket | None = None

    @contextmanager
    def running(self) -> Iterator[None]:
        """The time runs while the block does."""
        self.passed = False
        timer = threading.Timer(self.seconds, self._end)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()

    def trace(self, event: str, info: dict[str, Any]) -> None:
        """Remembers a connection that httpcore has opened; it may outlive this file and serve the next."""
        if event.endswith((".connect_tcp.complete", ".start_tls.complete")):
            self._connection = info["return_value"].get_extra_info("socket")
            if self.passed:
                self._end()

    def _end(self) -> None:
        self.passed = True
        if self._connection is not None:
            with suppress(OSError):  # closed already
                # Not the TLS socket's own method, which would end TLS under the thread that reads.
                socket.socket.shutdown(self._connection, socket.SHUT_RDWR)
