"""What one command costs: seconds, processor, memory of all its processes, bytes on disk.

Belongs here: watching a process and its children through /proc (Linux). Does not: which commands (`steps`).
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SECONDS_BETWEEN_LOOKS = 0.25
MB = 1_000_000


@dataclass(frozen=True)
class Cost:
    """One command with its children.

    `wall` and `cpu` (user and system) are seconds. `process_mb` is the greatest resident memory of any one of its
    processes (not the kernel's `ru_maxrss`, which counts what this process held when it started the command); `tree_mb`
    that of all together, at the worst look (pages that two share count twice); `work_mb` the most bytes that the
    watched folder held at a look.
    """

    exit: int
    wall: float
    cpu: float
    process_mb: float
    tree_mb: float
    work_mb: float


def watched(command: Sequence[str], environment: Mapping[str, str], log: Path, folder: Path) -> Cost:
    """Runs a command to its end, with its output in a file, and looks at it and at a folder meanwhile."""
    log.parent.mkdir(parents=True, exist_ok=True)
    most, tree, work, began = 0, 0, 0, time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(command, env=dict(environment), stdout=output, stderr=subprocess.STDOUT)
        try:
            while True:
                done, status, usage = os.wait4(process.pid, os.WNOHANG)
                if done:
                    break
                of_one, of_all = memory_of_tree(process.pid)
                most, tree, work = max(most, of_one), max(tree, of_all), max(work, bytes_of(folder))
                time.sleep(SECONDS_BETWEEN_LOOKS)
        except BaseException:
            process.terminate()
            raise
    return Cost(
        os.waitstatus_to_exitcode(status),
        round(time.monotonic() - began, 1),
        round(usage.ru_utime + usage.ru_stime, 1),
        round(most / MB),
        round(tree / MB),
        round(work / MB),
    )


def memory_of_tree(root: int) -> tuple[int, int]:
    """Of a process and all that descend from it: the most that one of them has held so far, and what all hold now, in
    bytes of resident memory."""
    children: dict[int, list[int]] = {}
    for entry in os.scandir("/proc"):
        if entry.name.isdigit() and (stat := _read(int(entry.name), "stat")):
            # The name of the program stands in brackets and may hold anything.
            children.setdefault(int(stat.rpartition(")")[2].split()[1]), []).append(int(entry.name))
    most, total, left = 0, 0, [root]
    while left:
        pid = left.pop()
        held = dict(re.findall(r"^(VmHWM|VmRSS):\s+(\d+) kB", _read(pid, "status"), re.MULTILINE))
        most, total = max(most, int(held.get("VmHWM", 0)) * 1024), total + int(held.get("VmRSS", 0)) * 1024
        left += children.get(pid, [])
    return most, total


def _read(pid: int, what: str) -> str:
    """What /proc says of a process; nothing once it has ended."""
    try:
        return Path(f"/proc/{pid}/{what}").read_text(errors="replace")
    except OSError:
        return ""


def bytes_of(folder: Path) -> int:
    """Bytes of the files below a folder, those that vanish meanwhile left out; links count nothing."""
    total = 0
    for place, _, names in os.walk(folder):
        for name in names:
            try:
                status = os.lstat(Path(place, name))
            except OSError:
                continue
            total += 0 if Path(place, name).is_symlink() else status.st_size
    return total
