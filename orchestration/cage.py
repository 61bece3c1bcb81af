"""Hostile bytes in a cage: a function runs in a process of its own, within limits of memory, time and what it writes.

Belongs here: that process, its limits, and how it ended. Does not: what runs in it (`parsing`, `landing.content`), and
what follows where it dies.

A file made to bring down what unpacks or reads it takes the whole process with it, so that process is not ours. Each is
a copy of one that has loaded what they need and has opened no file, which costs some milliseconds. That one is started
with the first, inherits none of our secrets, and ends with this process.
"""

from __future__ import annotations

import errno
import json
import logging
import os
import resource
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing import get_context, parent_process
from multiprocessing.connection import Connection
from pathlib import Path
from types import ModuleType
from typing import Any

from pydantic import ByteSize, TypeAdapter

from orchestration.errors import NotPublished, SourceError
from orchestration.settings import Settings, secrets_set_aside

# The last two are what DuckDB loads where it reads from Python: a third of a second in each process.
LOADED = [
    *("orchestration.parsing", "orchestration.sources.catalogue", "pyarrow.csv", "python_calamine"),
    *("pandas", "pyarrow.compute"),
]
# Whatever a process says that somebody else has taken over, we read no more of it.
LONGEST_MESSAGE = 1 << 20
LONGEST_TEXT = 2000
# Bytes of the name of a folder in which a socket still finds room for its own.
LONGEST_FOLDER = 60
# Seconds until a process that has nothing more to say is gone.
LAST_BREATH = 5
OUR_ERRORS = {kind.__name__: kind for kind in (SourceError, NotPublished)}


class Died(Exception):
    """The process ended without an answer; the text says how, and "the process" may stand before it."""


@dataclass(frozen=True)
class Limits:
    """What a process may take: memory, seconds by the clock and of each processor, and bytes of one file."""

    memory: int
    seconds: float
    output: int
    processors: int

    @classmethod
    def of(cls, settings: Settings) -> Limits:
        """The limits that the settings name."""
        memory = TypeAdapter(ByteSize).validate_python(settings.parse_memory_limit)
        return cls(memory, settings.parse_timeout, settings.max_unpacked_bytes, settings.threads)


def caged(limits: Limits, function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns (as JSON can hold it) that runs in a process of its own. What it logs is logged here.

    Raises:
        SourceError: as the function raised it.
        OSError: likewise, with its text, where a disk is full, say.
        Died: if the process broke a limit or was killed, or the function stopped with any other error.

    Example:
        >>> caged(Limits.of(settings()), content_problem, Path("a.zip"), "zip")  # doctest: +SKIP
        'sent a zip archive without members'
    """
    context = get_context("forkserver")
    context.set_forkserver_preload(LOADED)
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_inside, args=(theirs, limits, function, arguments))
    with _program_left_out(), secrets_set_aside(), _short_temporary_folder():
        process.start()
    theirs.close()
    late = threading.Event()

    def end() -> None:
        late.set()
        process.kill()

    clock = threading.Timer(limits.seconds, end)
    clock.start()
    try:
        # Its death, by whatever cause, is the end of what it says.
        while (said := _message(ours)) and said[0] == "log":
            logging.getLogger(said[1]).log(said[2], "%s", said[3])
        process.join(LAST_BREATH)
    finally:
        clock.cancel()
        if process.is_alive():
            process.kill()
        process.join()
        ours.close()
    match said:
        case ["value", value]:
            return value
        case ["OSError", text]:
            raise OSError(text)
        case ["died", how]:
            raise Died(how)
        case [str(kind), *words] if kind in OUR_ERRORS:
            raise OUR_ERRORS[kind](*words)
    raise Died(f"took more than {limits.seconds:g} seconds" if late.is_set() else _end(process.exitcode, limits))


@contextmanager
def _program_left_out() -> Iterator[None]:
    """While the block runs, processes that are started do not run anew the script that this one was started with."""
    program = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = program


@contextmanager
def _short_temporary_folder() -> Iterator[None]:
    """While the block runs, temporary files are in a folder whose name is short.

    The first process is asked through a socket among them, and the name of one may have 107 bytes.
    """
    usual = tempfile.gettempdir()
    if len(os.fsencode(usual)) <= LONGEST_FOLDER:
        yield
        return
    # Others may write there, too: what is made there is a folder of our own.
    known = ("/tmp", "/var/tmp", "/dev/shm")  # noqa: S108
    shorter = (folder for folder in known if os.access(folder, os.W_OK | os.X_OK))
    tempfile.tempdir = next(shorter, usual)
    try:
        yield
    finally:
        tempfile.tempdir = usual


def _message(connection: Connection) -> list[Any] | None:
    """The next message; None where the process has ended, or says what it never would by itself."""
    try:
        return json.loads(connection.recv_bytes(LONGEST_MESSAGE))
    except (EOFError, OSError, ValueError):
        return None


def _end(exit_code: int | None, limits: Limits) -> str:
    if exit_code is None or exit_code >= 0:
        return f"ended without an answer (exit code {exit_code})"
    if -exit_code == signal.SIGXCPU:
        return f"took more than {limits.seconds:g} seconds of {limits.processors} processors"
    return f"was ended by {signal.Signals(-exit_code).name}"


def _inside(connection: Connection, limits: Limits, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
    """What the process does: its limits first."""
    _confine(limits)
    logging.getLogger("clusters").addHandler(_Passing(connection))
    logging.getLogger("clusters").setLevel(logging.INFO)
    try:
        answer = ["value", function(*arguments)]
    except SourceError as error:
        answer = [type(error).__name__, error.dataset, error.file, error.problem, error.remedy]
    except MemoryError:
        answer = ["died", f"needed more than {limits.memory} bytes of memory"]
    except OSError as error:
        too_long = os.strerror(errno.EFBIG) in str(error)
        answer = ["died", f"wrote more than {limits.output} bytes"] if too_long else ["OSError", str(error)]
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}, line {last.lineno}"
        answer = ["died", f"stopped with {type(error).__name__}: {str(error)[:LONGEST_TEXT]} ({where})"]
    connection.send_bytes(json.dumps(answer).encode())


def _confine(limits: Limits) -> None:
    # A person's Ctrl-C and a system's SIGTERM are for the refresh, which ends this process then.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    threading.Thread(target=_end_with_the_refresh, daemon=True).start()
    # What libraries print as they fail nobody can read.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nowhere, stream)
    seconds = max(1, round(limits.seconds * limits.processors))
    for kind, most in (
        (resource.RLIMIT_DATA, limits.memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, limits.output),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = most if hard == resource.RLIM_INFINITY else min(most, hard)
        # One more, so that the first limit is the one that is told.
        resource.setrlimit(kind, (most, most + 1 if hard == resource.RLIM_INFINITY else hard))
    # Where the machine runs out of memory, this process goes and the refresh stays.
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("500", encoding="ascii")


def _end_with_the_refresh() -> None:
    if (refresh := parent_process()) is not None:
        refresh.join()
        os.kill(os.getpid(), signal.SIGKILL)


class _Passing(logging.Handler):
    """Passes what is logged on to the refresh."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(logging.INFO)
        self._connection = connection

    def emit(self, record: logging.LogRecord) -> None:
        text = record.getMessage()[:LONGEST_TEXT]
        self._connection.send_bytes(json.dumps(["log", record.name, record.levelno, text]).encode())
