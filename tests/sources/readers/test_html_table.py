"""Tables of web pages: the one with the wanted headers, and nothing that it links to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sources.readers.made import COUNTY_JOBS, TITLE, refused, rows
from tests.sources.reading import text_file

MENU = "<table><tr><td>Home</td><td>Jobs</td></tr></table>"
ROWS = (
    "<tr><td>48003</td><td>Adams &amp; Co</td><td>1,205</td></tr><tr><td>48005</td><td>Baker<br>Bay</td><td>N</td></tr>"
)
HEAD = "<tr><th>County</th><th>Title</th><th><b>Jobs</b></th></tr>"
FIELDS = (*COUNTY_JOBS, TITLE)
READ = [("48003", 1205, "Adams & Co"), ("48005", None, "Baker Bay")]


def page(folder: Path, *parts: str, encoding: str = "utf-8") -> Path:
    return text_file(folder, "page.htm", ["<!DOCTYPE html><html><body>", *parts, "</body></html>"], encoding)


@pytest.mark.parametrize(
    "parts",
    [
        (MENU, "<table>", HEAD, ROWS, "</table>", MENU),
        (f"<table><tr><td>{MENU}</td><td><table>", HEAD, ROWS, "</table></td></tr></table>"),
        (
            "<TABLE>",
            HEAD.replace("</th>", "").replace("</tr>", ""),
            ROWS.replace("</td>", "").replace("</tr>", ""),
            "</TABLE>",
        ),
        ("<table><caption>Jobs</caption><thead>", HEAD, "</thead><tbody>", ROWS, "</tbody></table>"),
        ("<table><tr><td colspan=3>All jobs</td></tr>", HEAD, ROWS, "<tr><td colspan=9></td></tr></table>"),
        ("<table>", HEAD, ROWS, "<tr><td></td><td>N is not told</td><td></td></tr></table>"),
        ("<table>", HEAD, "<!-- <tr><td>x</td></tr> --><script>'<td>'</script>", ROWS, "</table>"),
    ],
    ids=["among others", "nested", "without ends", "with parts", "with titles", "with a note", "with a comment"],
)
def test_the_table_with_the_wanted_columns(tmp_path: Path, parts: tuple[str, ...]) -> None:
    assert rows("html_table", page(tmp_path, *parts), FIELDS, thousands=",") == READ


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    file = page(tmp_path, "<table>", HEAD, "<tr><td>35013<td>Doña&nbsp;Ana<td>1</table>", encoding=encoding)
    assert rows("html_table", file, FIELDS, encoding=encoding) == [("35013", 1, "Doña\u00a0Ana")]


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        (("<p>Please try again later</p>",), "the page has no table"),
        ((MENU,), "column County, Title is missing in the page"),
        ((MENU, "<table>", HEAD.replace("Jobs", "Employment"), ROWS, "</table>"), "column Jobs is missing in the page"),
        (("<table>", HEAD, ROWS), "the page ends within a table"),
        (("<table>", HEAD, ROWS, "</table>") * 2, "2 tables of the page have the wanted columns"),
        (("<table>", HEAD, ROWS.replace("1,205", "many"), "</table>"), "row 2: column Jobs holds the text 'many'"),
        (("<table>", HEAD, ROWS.replace("48005", "All"), ROWS, "</table>"), "row 3: column County holds"),
        (("<table>", HEAD, ROWS.replace("48005", ""), "</table>"), "row 3: column County is blank"),
        (("<table>", HEAD, ROWS.replace("<td>48005", "<td rowspan=2>48005"), "</table>"), "spans several rows"),
        (("<table>", HEAD.replace("Title", "Jobs"), ROWS, "</table>"), "column Title is missing"),
    ],
)
def test_what_does_not_fit_is_refused(tmp_path: Path, parts: tuple[str, ...], problem: str) -> None:
    assert problem in refused("html_table", page(tmp_path, *parts), FIELDS, thousands=",")


def test_another_encoding_than_declared_is_refused(tmp_path: Path) -> None:
    file = page(tmp_path, "<table>", HEAD, "<tr><td>35013<td>Doña Ana<td>1</table>", encoding="latin-1")
    assert "the page cannot be read ('utf-8' codec" in refused("html_table", file, FIELDS)


def test_a_cell_may_not_claim_a_million_columns(tmp_path: Path) -> None:
    file = page(tmp_path, "<table>", HEAD, "<tr><td>48003<td>x<td>1<td colspan=99999999999></table>")
    assert rows("html_table", file, FIELDS) == [("48003", 1, "x")]


def test_entities_from_outside_are_not_fetched(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("48003")
    outside = f'<!DOCTYPE html [<!ENTITY x SYSTEM "file://{tmp_path / "secret"}">]><html><table>'
    file = text_file(tmp_path, "page.htm", [outside, HEAD, "<tr><td>&x;<td>x<td>1</table></html>"])
    assert "column County holds the text '&x;'" in refused("html_table", file, FIELDS)


def test_a_page_too_large_for_memory_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.sources.readers.html_table.MOST_BYTES", 10)
    assert refused("html_table", page(tmp_path, MENU), FIELDS) == "the page is larger than 10 bytes"
