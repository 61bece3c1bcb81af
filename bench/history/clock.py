"""Seconds of each group of indicators within one process.

Belongs here: adding up and writing. Does not: what is timed (`libraries`, `kernels`), whole processes (`watch`).
"""

from __future__ import annotations

import json
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class Clock:
    """Wall and processor seconds (of all threads) by name."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.process_time()
        yield
        self.spent[name][0] += time.perf_counter() - wall
        self.spent[name][1] += time.process_time() - cpu

    def write(self, path: Path) -> None:
        """Keeps them as JSON."""
        path.write_text(json.dumps(self.spent))
