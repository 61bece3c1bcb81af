"""The docs' table of sources is what the declarations say."""

from __future__ import annotations

from orchestration.cli.sources import markdown
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.catalogue import SOURCES


def test_the_table_of_sources_is_what_the_declarations_say() -> None:
    page = (PROJECT_ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
    table = page.split("compares -->\n")[1].split("\n<!-- end of sources -->")[0]
    assert table == markdown(sorted(SOURCES.values(), key=lambda source: source.source_id))
    assert len(table.splitlines()) == len(SOURCES) + 2
