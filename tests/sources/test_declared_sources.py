"""A declaration becomes a source, or is refused with its place and what is wrong; what reads a file is told apart."""

from __future__ import annotations

import re
from copy import deepcopy
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orchestration.sources import declaration as declarations
from orchestration.sources.catalogue import SOURCES, discovered
from orchestration.sources.declaration import read_sources
from orchestration.sources.source import Asked, Source
from tests.sources.declaring import HOST, TABLE, declaration, source, written
from tests.sources.reading import TODAY


def names(of: Source, years: tuple[int, ...] = (), today: date = TODAY) -> list[str]:
    return [edition.name for edition in of.editions(Asked(years, today, {}))]


def edition(**said: Any) -> dict[str, Any]:
    return {"period": "2020", "kind": "csv", "url": f"{HOST}/a.csv", "reader": "delimited"} | said


YEARLY = TABLE["columns"] | {"year": {"type": "smallint", "unit": "year", "meaning": "Year", "header": "y"}}


# --- what it becomes


def test_a_declared_table_becomes_a_source_with_its_contract(tmp_path: Path) -> None:
    made = source(tmp_path, due_days=100, required=True, max_age_days=30)
    assert (made.source_id, made.table, made.publisher) == ("towns_people", "people", "Office of Towns")
    assert (made.required, made.max_age_days, made.due_days, made.by_year) == (True, 30, 100, False)
    assert (made.contract.name, made.contract.layer, made.contract.grain) == (
        "stg_people",
        "staging",
        ("period", "town"),
    )
    columns = [(c.name, c.data_type, c.unit, c.nullable) for c in made.contract.columns]
    assert columns == [
        ("town", "varchar", "code", False),
        ("people", "bigint", "persons", True),
        ("period", "varchar", "period", False),
        ("vintage", "varchar", "period", True),
    ]
    assert {c.citation for c in made.contract.columns} == {"Office of Towns, people"}


def test_a_source_is_optional_unless_it_says_otherwise(tmp_path: Path) -> None:
    assert not source(tmp_path).required


def test_years_since_a_year_go_to_the_current_one_whatever_the_clock(tmp_path: Path) -> None:
    made = source(tmp_path)
    assert names(made) == ["2026", "2025", "2024"]
    assert names(made, today=date(2031, 1, 1))[:2] == ["2031", "2030"]
    urls = [e.formats[0].resources[0].url for e in made.editions(Asked((), TODAY, {}))]
    assert urls[0] == f"{HOST}/people_2026.csv"


def test_years_asked_for_are_those_of_the_refresh(tmp_path: Path) -> None:
    asked = edition(period="{year}", each="asked", url=HOST + "/{yy}_{before}.csv")
    made = source(tmp_path, editions=[asked], columns=YEARLY)
    assert made.by_year
    assert names(made, (2009, 2010)) == ["2009", "2010"]
    (found,) = made.editions(Asked([2009], TODAY, {}))
    assert (found.year, found.formats[0].resources[0].url) == (2009, f"{HOST}/09_2008.csv")


def test_vintages_stand_newest_first_as_declared(tmp_path: Path) -> None:
    series = [
        edition(period="2020s", vintage="{year}", each=2025, url=HOST + "/v{year}.csv"),
        edition(period="2010s", vintage="2020"),
    ]
    assert names(source(tmp_path, editions=series)) == ["2020s@2026", "2020s@2025", "2010s@2020"]


def test_formats_stand_best_first_with_their_place_in_a_mirror(tmp_path: Path) -> None:
    formats = [
        {"name": "api", "kind": "json", "url": HOST + "/api?year={year}", "mirror": "x/{year}.json", "reader": "json"},
        {"name": "file", "kind": "csv", "url": HOST + "/{year}.csv", "reader": "delimited"},
    ]
    made = source(tmp_path, editions=[{"period": "{year}", "each": "asked", "formats": formats}], columns=YEARLY)
    (found,) = made.editions(Asked([2021], TODAY, {}))
    assert [form.name for form in found.formats] == ["api", "file"]
    assert [form.resources[0].mirror for form in found.formats] == ["x/2021.json", None]


def test_a_vintage_may_be_null_only_where_an_edition_has_none(tmp_path: Path) -> None:
    def nullable(*editions: dict[str, Any]) -> bool:
        return source(tmp_path, editions=list(editions)).contract.columns[-1].nullable

    assert nullable(edition())
    assert nullable(edition(), edition(period="series", vintage="landed"))
    assert not nullable(edition(period="series", vintage="landed"))


# --- what is refused


def refused(folder: Path, said: dict[str, Any] | str, expected: str) -> None:
    """The declaration is refused, its file is named and what is wrong with it said."""
    place = written(folder, said)
    with pytest.raises(ValueError, match=rf"(?s){re.escape(folder.name)}/towns/source\.yml: .*{expected}"):
        read_sources(place)


@pytest.mark.parametrize("name", ["source_id", "title", "meaning", "citation", "cadence", "tried", "grain", "editions"])
def test_a_field_that_is_missing_is_named(tmp_path: Path, name: str) -> None:
    said = declaration()
    del said["tables"]["people"][name]
    refused(tmp_path, said, name)


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"requird": True}, "requird"),
        ({"tried": "on paper"}, "tried"),
        ({"max_age_days": "soon"}, "max_age_days"),
        ({"columns": {"town": TABLE["columns"]["town"] | {"heder": "x"}}}, "heder"),
        ({"columns": {"town": {"type": "varchar", "meaning": "Town"}}}, "unit"),
        ({"editions": [edition(period="last year")]}, "'last year' is not a period such as 2016"),
        ({"editions": [edition(period="2016-7")]}, "'2016-7' is not a period"),
        ({"editions": [edition(period="{year}Q5", each=2020)]}, "Q5' is not a period"),
        ({"editions": [edition(period="{yaer}", each=2020)]}, r"\{yaer\} cannot be filled in, only year, yy, before"),
        ({"editions": [edition(url=HOST + "/{year}.csv")]}, r"\{year\} cannot be filled in, only nothing without"),
        ({"editions": [edition(vintage="{before}")]}, r"\{before\} cannot be filled in"),
        ({"editions": [edition(each="all")]}, "each"),
        ({"editions": [edition(period="{year}", each="asked")]}, "need a column year"),
        ({"editions": [edition(kind="pdf")]}, "kind"),
        ({"editions": [{"period": "2020", "kind": "csv", "reader": "delimited"}]}, "needs either url or resources"),
        ({"editions": [edition(resources="list_files")]}, "needs either url or resources"),
        ({"editions": [edition(parse="parse_people")]}, "needs either parse or reader"),
        ({"editions": [edition(reader="clairvoyant")]}, "there is no reader clairvoyant, only .*delimited"),
        ({"editions": [edition(vintge="2020")]}, "vintge"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_by_name(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    refused(tmp_path, declaration(**changed), expected)


def test_what_is_no_declaration_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, "tables: [", "")
    refused(tmp_path, "", "")
    refused(tmp_path, declaration() | {"tables": {}}, "tables")
    refused(tmp_path, declaration() | {"phone": "1"}, "phone")


# --- the catalogue


def two(folder: Path, **changed: Any) -> None:
    """Two publishers' folders; the second's table is changed."""
    written(folder, declaration())
    said = declaration(**{"source_id": "villages_people"} | {k: v for k, v in changed.items() if k != "table"})
    said["tables"] = {changed.get("table", "villages"): said["tables"]["people"]}
    written(folder, said, "villages")


def test_sources_are_found_each_after_what_it_needs(tmp_path: Path) -> None:
    two(tmp_path)
    assert list(discovered(tmp_path)) == ["towns_people", "villages_people"]
    written(tmp_path, declaration(needs=["villages_people"]))
    assert list(discovered(tmp_path)) == ["villages_people", "towns_people"]


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"table": "people"}, r"villages/source\.yml: source villages_people or table people is declared twice"),
        ({"source_id": "towns_people"}, r"villages/source\.yml: source towns_people or table villages is .* twice"),
        ({"needs": ["hamlets"]}, r"villages/source\.yml: villages_people needs hamlets, which is not declared"),
    ],
)
def test_what_does_not_fit_together_is_refused(tmp_path: Path, changed: dict[str, Any], expected: str) -> None:
    two(tmp_path, **changed)
    with pytest.raises(ValueError, match=expected):
        discovered(tmp_path)


def test_sources_that_need_each_other_are_refused(tmp_path: Path) -> None:
    two(tmp_path, needs=["towns_people"])
    written(tmp_path, declaration(needs=["villages_people"]))
    with pytest.raises(ValueError, match="villages_people"):
        discovered(tmp_path)


@pytest.mark.parametrize("declared", SOURCES.values(), ids=lambda s: s.source_id)
def test_every_declared_source_asks_for_something_that_can_be_read(declared: Source) -> None:
    """Its functions are there, and no two editions are of one name."""
    found = declared.editions(Asked([2019, 2020], TODAY, {name: [] for name in declared.needs}))
    assert found
    assert all(callable(form.parse) and form.resources for e in found for form in e.formats)
    assert len({e.name for e in found}) == len(found)
    assert set(declared.contract.grain) <= {c.name for c in declared.contract.columns}


# --- what is read otherwise has another fingerprint


def test_the_fingerprint_changes_with_what_reads_a_file_and_with_nothing_else(tmp_path: Path) -> None:
    base = source(tmp_path).fingerprint
    columns = deepcopy(TABLE["columns"])
    words = columns | {"people": columns["people"] | {"meaning": "Inhabitants", "maximum": 9, "unit": "heads"}}
    assert source(tmp_path, columns=words, title="People", due_days=3, required=True).fingerprint == base
    others = [
        source(tmp_path, columns=columns | {"people": columns["people"] | {"header": "number"}}).fingerprint,
        source(tmp_path, columns=columns | {"people": columns["people"] | {"type": "double"}}).fingerprint,
        source(tmp_path, columns=columns | {"people": columns["people"] | {"unknown": ["-"]}}).fingerprint,
        source(tmp_path, editions=[edition(options={"delimiter": ";"})]).fingerprint,
        source(tmp_path, editions=[edition(options={"delimiter": "|"})]).fingerprint,
        source(tmp_path, editions=[edition(reader="json", kind="json")]).fingerprint,
    ]
    assert len({base, *others}) == len(others) + 1


def test_the_fingerprint_changes_with_the_parsers_of_the_publisher(tmp_path: Path) -> None:
    found = [source(tmp_path).fingerprint]
    for name, text in (("parse.py", "a = 1"), ("parse.py", "a = 2"), ("other.py", "b = 1")):
        (tmp_path / "towns" / name).write_text(text)
        found.append(source(tmp_path).fingerprint)
    assert len(set(found)) == 4
    for name in ("sample.py", "notes.md"):
        (tmp_path / "towns" / name).write_text("invented towns")
    assert source(tmp_path).fingerprint == found[-1], "the sample and notes read no file"


def test_the_fingerprint_changes_with_the_code_that_all_share(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert {"tidy.py", "workbook.py", "columns.py", "readers"} <= {p.name for p in declarations.SHARED_CODE}
    shared = tmp_path / "shared" / "readers"
    shared.mkdir(parents=True)
    found = []
    monkeypatch.setattr(declarations, "SHARED_CODE", (shared,))
    for text in ("a = 1", "a = 2"):
        (shared / "delimited.py").write_text(text)
        found.append(source(tmp_path).fingerprint)
    assert len(set(found)) == 2
