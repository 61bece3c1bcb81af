"""What the process of a cage may do, and how it may end.

Belongs here: functions that run in it, and nothing that takes long to import. Does not: what is made of them
(tests/test_cage.py).
"""

from __future__ import annotations

import ctypes
import logging
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any


def say(value: Any) -> Any:
    logging.getLogger("clusters.ingest").warning("read with a note: %s", value)
    return value


def raise_(error: BaseException) -> None:
    raise error


def end(how: Callable[[], object]) -> None:
    how()


def write(path: Path) -> None:
    with path.open("wb") as file:
        file.write(bytes(2_000_000))


def wait(note: Path) -> None:
    note.write_text(str(os.getpid()), encoding="utf-8")
    time.sleep(60)


def secrets() -> list[str]:
    return sorted(name for name in os.environ if "WEBHOOK" in name)


def segfault() -> None:
    ctypes.string_at(0)


def kill() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def fill() -> None:
    bytearray(2_000_000_000)


def spin() -> None:
    while True:
        pass


def leave() -> None:
    os._exit(0)
