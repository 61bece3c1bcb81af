"""What is said of a figure: numbered steps of plain lines, and figures made again beside the published ones.

Belongs here: wording of numbers, lines within 80 columns, what counts as equal. Does not: what is said.
"""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable, Sequence
from typing import Any

WIDTH = 80
INDENT = "   "
# Figures are made again in another order of the same sums, by other hands than DuckDB's.
SAME = 1e-9


class Report:
    """The lines of an explanation, and the figures that came out different from what is published.

    Example:
        >>> report = Report()
        >>> report.again("lq", 1.5, 1.5)
        >>> report.lines, report.differing
        (['   recomputed: lq 1.5 (equal)'], [])
    """

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.differing: list[str] = []
        self._steps = 0

    def step(self, title: str) -> None:
        """Begin the next step."""
        self._steps += 1
        self.lines += ["", f"{self._steps}. {title}"]

    def say(self, text: str, indent: str = INDENT) -> None:
        """Text, broken at the width."""
        broken = textwrap.wrap(text, WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
        self.lines += [indent + line for line in broken]

    def rows(self, rows: Iterable[Sequence[Any]], columns: Sequence[int]) -> None:
        """A table; `columns` are widths, negative ones are set to the right."""
        for row in rows:
            cells = (
                f"{cut(str(cell), abs(width)):{'>' if width < 0 else '<'}{abs(width)}}"
                for cell, width in zip(row, columns, strict=True)
            )
            self.lines.append((INDENT + " ".join(cells)).rstrip())

    def again(self, name: str, made: Any, published: Any) -> None:
        """A figure made again beside what the release says; where they differ that is kept."""
        if equal(made, published):
            self.say(f"recomputed: {name} {text(made)} (equal)")
            return
        self.differing.append(f"{name}: {exact(made)} recomputed, {exact(published)} in the release")
        self.say(f"recomputed: {name} {exact(made)}, BUT THE RELEASE HAS {exact(published)}: DIFFERS")


def equal(made: Any, published: Any) -> bool:
    """Whether two figures are the same but for the last digits of a double.

    Example:
        >>> equal(0.1 + 0.2, 0.3), equal(None, 0), equal("yes", "yes")
        (True, False, True)
    """
    if isinstance(made, str) or isinstance(published, str) or made is None or published is None:
        return bool(made == published)
    return math.isclose(made, published, rel_tol=SAME, abs_tol=SAME)


def text(value: Any) -> str:
    """A number as a person writes it: whole ones in full, others to some four digits; unknown where there is none.

    Example:
        >>> text(1234567.0), text(0.00123456), text(12.34567), text(None)
        ('1,234,567', '0.001235', '12.3457', 'unknown')
    """
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return "unknown"
    if isinstance(value, bool | str):
        return str(value)
    if value == math.inf:
        return "no limit"
    if float(value).is_integer():
        return f"{value:,.0f}"
    if abs(value) < 1:
        return f"{value:.4g}"
    return f"{value:,.4f}".rstrip("0").rstrip(".") if abs(value) < 1000 else f"{value:,.1f}"


def exact(value: Any) -> str:
    """A number with all its digits, so that two that differ are seen to."""
    return text(value) if value is None or isinstance(value, str) else f"{value!r}"


def span(lower: Any, upper: Any) -> str:
    """A range in words; one number where both ends are the same.

    Example:
        >>> span(1, 1), span(0, 12), span(5, None)
        ('1', '0 to 12', '5 or more')
    """
    if lower == upper:
        return text(lower)
    return f"{text(lower)} or more" if upper is None else f"{text(lower)} to {text(upper)}"


def cut(value: str, width: int) -> str:
    """A text of at most so many characters."""
    return value if len(value) <= width else f"{value[: width - 1]}…"
