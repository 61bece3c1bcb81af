"""Groups of processes: a program and all that it has started, ended as one, also where this process is killed.

Belongs here: ending groups, and the watchman that does it when nobody else can. Does not: what runs in them (`serve`).

Dagster's daemon starts a server of code, that one each run, and a run starts what reads files. Told to end, the daemon
ends alone: the others would go on with nobody to tell how they ended.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

LOOK_EVERY = 0.1
DONE = "done"


def living(groups: Iterable[int]) -> set[int]:
    """The groups in which a process lives; one that is dead and not yet buried does not.

    Example:
        >>> living([os.getpgrp()]) == {os.getpgrp()}
        True
    """
    asked, found = set(groups), set()
    for process in Path("/proc").glob("[0-9]*/stat"):
        # It may end while it is looked at.
        with suppress(OSError, IndexError):
            state, _parent, group = process.read_text(encoding="utf-8", errors="replace").rsplit(")", 1)[1].split()[:3]
            if state not in ("Z", "X") and int(group) in asked:
                found.add(int(group))
    return found


def end_groups(groups: Iterable[int], seconds: float) -> None:
    """Tells every process of the groups to end, and kills what has not after so many seconds.

    Example:
        >>> child = subprocess.Popen(["sleep", "60"], start_new_session=True)
        >>> end_groups([child.pid], 10)
        >>> child.wait()
        -15
    """
    left, last = _sent(set(groups), signal.SIGTERM), time.monotonic() + seconds
    while (left := living(left)) and time.monotonic() < last:
        time.sleep(LOOK_EVERY)
    _sent(left, signal.SIGKILL)


def _sent(groups: set[int], number: int) -> set[int]:
    for group in groups:
        with suppress(ProcessLookupError):
            os.killpg(group, number)
    return groups


@contextmanager
def ended_with_the_block(seconds: float) -> Iterator[Callable[[int], None]]:
    """Yields what takes the number of a group that is to end with the block, or with this process where it is killed.

    A watchman of its own waits beside it for that. Each group has so many seconds to end in.

    Example:
        >>> with ended_with_the_block(10) as watch:
        ...     child = subprocess.Popen(["sleep", "60"], start_new_session=True)
        ...     watch(child.pid)
        >>> child.wait()
        -15
    """
    command, groups = [sys.executable, "-I", str(Path(__file__).resolve()), str(seconds)], list[int]()
    # Unbuffered: what could not be said to a dead one is not said again when the pipe is closed.
    watchman = subprocess.Popen(command, stdin=subprocess.PIPE, bufsize=0, start_new_session=True)  # noqa: S603

    def say(what: object) -> None:
        with suppress(BrokenPipeError):
            os.write(watchman.stdin.fileno(), f"{what}\n".encode())  # type: ignore[union-attr]

    def watch(group: int) -> None:
        groups.append(group)
        say(group)

    with watchman:
        try:
            yield watch
        finally:
            end_groups(groups, seconds)
            say(DONE)


def main(seconds: str) -> None:
    """The watchman: reads numbers of groups, and ends these where the line `done` does not come at last."""
    # A service that is stopped may send these to everybody.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    said = sys.stdin.read().split()
    if DONE not in said:
        end_groups(map(int, said), float(seconds))


if __name__ == "__main__":
    main(*sys.argv[1:])
