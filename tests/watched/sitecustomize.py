"""Every Python process that is started with this folder on its path writes down whom it talks to.

Belongs here: that. Does not: who may be talked to (see `test_security`).
"""

import os
import sys
from typing import Any

WATCHED_INTO = "TALKS_TO"
EVENTS = {
    "started": 0,
    "socket.connect": 1,
    "socket.sendto": 1,
    "socket.sendmsg": 1,
    "socket.getaddrinfo": 0,
    "socket.gethostbyname": 0,
    "socket.gethostbyaddr": 0,
}


def note(event: str, arguments: tuple[Any, ...]) -> None:
    """Appends one line: the event, and the address as Python writes it."""
    if event in EVENTS and (path := os.environ.get(WATCHED_INTO)):
        line = f"{event}\t{arguments[EVENTS[event]]!r}\n"
        file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(file, line.encode())
        os.close(file)


note("started", (" ".join(sys.orig_argv),))
sys.addaudithook(note)
