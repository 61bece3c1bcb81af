"""The SQL in README.md, docs/analysts.md and docs/indicators.md, what it prints, and the way to print it anew.

A block opened by "```sql sample" or "```sql mirror" is followed by its output in a "```text" block.

    CLUSTERS_HOME=data python -m tests.doc_queries sample     # writes the outputs from the release in data/

Belongs here: finding, running and rewriting those blocks. Does not: the tests (see `test_readme`).
"""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

from typer.testing import CliRunner

from orchestration.cli import app

DOCS = Path(__file__).resolve().parent.parent / "docs"
PAGES = (DOCS.parent / "README.md", DOCS / "analysts.md", DOCS / "indicators.md")
BLOCK = re.compile(r"```sql (?P<profile>\w+)\n(?P<sql>.*?)\n```\n(?:\n```text\n(?P<shown>.*?)```\n)?", re.DOTALL)


@dataclass(frozen=True)
class DocQuery:
    """One query: its page, whose data it shows, its SQL, and the output that stands below it."""

    page: str
    profile: str
    sql: str
    shown: str


def doc_queries() -> list[DocQuery]:
    """The queries of all pages, in their order."""
    return [
        DocQuery(page.name, match["profile"], match["sql"], match["shown"] or "")
        for page in PAGES
        for match in BLOCK.finditer(page.read_text(encoding="utf-8"))
    ]


def printed(sql: str) -> str:
    """What `clusters query` prints on the release below CLUSTERS_HOME, without blanks at the ends of lines.

    Raises:
        AssertionError: with the command's own message, if the query does not run.
    """
    result = CliRunner().invoke(app, ["query", sql])
    assert result.exit_code == 0, result.output
    return "".join(f"{line.rstrip()}\n" for line in result.stdout.splitlines())


def rewrite(profile: str) -> None:
    """Puts today's output below every query of a profile."""

    def with_output(match: re.Match[str]) -> str:
        if match["profile"] != profile:
            return match[0]
        return f"```sql {profile}\n{match['sql']}\n```\n\n```text\n{printed(match['sql'])}```\n"

    for page in PAGES:
        page.write_text(BLOCK.sub(with_output, page.read_text(encoding="utf-8")), encoding="utf-8")


if __name__ == "__main__":
    rewrite(sys.argv[1])
