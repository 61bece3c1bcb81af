"""How times, and text that others wrote, are put before people.

Belongs here: words for lengths of time, text made harmless for terminals and spreadsheets, secrets taken out of text.
Does not: where it is shown (see `cli` and `alerts`), HTML (see `quality/pages`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

# C0 but tab and line feed, DEL and C1: what a terminal obeys. And the marks that turn the direction of writing: with
# them a name can look like another.
OBEYED = (
    (0x00, 0x08),
    (0x0B, 0x1F),
    (0x7F, 0x9F),
    (0x061C, 0x061C),
    (0x200E, 0x200F),
    (0x202A, 0x202E),
    (0x2066, 0x2069),
)
"""First and last of each run of characters that no name holds for a good reason."""
_OBEYED = re.compile(f"[{''.join(f'{chr(first)}-{chr(last)}' for first, last in OBEYED)}]")
# What makes a cell a formula in one spreadsheet or another, the full-width signs of Asian keyboards included.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Blanks and marks without width that a spreadsheet passes over before a formula.
PASSED_OVER = " \u000b\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff"
UNITS = (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1)))


def plain(text: str) -> str:
    r"""Text in which control characters stand as their escapes, so that no terminal or mail program obeys them.

    Example:
        >>> plain("Kent\x1b[2J County")
        'Kent\\x1b[2J County'
    """
    return _OBEYED.sub(lambda found: found[0].encode("unicode_escape").decode("ascii"), text)


def span(length: timedelta) -> str:
    """A length of time in the largest fitting unit, rounded down.

    Example:
        >>> span(timedelta(days=2, hours=5))
        '2 days'
    """
    for unit, one in UNITS:
        if length >= one:
            count = length // one
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "less than a minute"


def hidden(text: str, secrets: Iterable[str]) -> str:
    """Text without the secrets in it; the longest go first, since one may be a part of another.

    Example:
        >>> hidden("no answer from https://x.org/?token=abc", ["abc"])
        'no answer from https://x.org/?token=***'
    """
    for secret in sorted(set(secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def spreadsheet_safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula: an apostrophe before what could begin one.

    Example:
        >>> spreadsheet_safe("=1+1"), spreadsheet_safe("Kent County")
        ("'=1+1", 'Kent County')
    """
    return f"'{text}" if text.lstrip(PASSED_OVER).startswith(FORMULA_STARTS) else text
