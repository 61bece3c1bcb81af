"""What a declaration may say beside the plain: other headers by edition, columns made of others, years of a layout."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml
from pydantic import ValidationError

from orchestration.errors import SourceError
from orchestration.sources.declaration import SourceDeclaration, read_sources
from orchestration.sources.source import Asked, Source
from tests.sources.reading import Rows, text_file
from tests.sources.reading import tidy as tidy_of

WOOL: dict[str, Any] = yaml.safe_load(
    """
publisher: Ministry of Wool
homepage: https://wool.example
licence: none
tables:
  flocks:
    source_id: wool_flocks
    title: Flocks
    meaning: Flocks by parish
    citation: Ministry of Wool
    cadence: yearly
    tried: documented layout
    grain: [parish, year]
    editions:
      - {period: "{year}", each: asked, since: 2018, kind: csv, url: "https://wool.example/{year}.csv",
         reader: delimited}
      - {period: "{year}", each: asked, until: 2017, kind: csv, url: "https://wool.example/{yy}.csv", reader: delimited,
         headers: {sheep: ANIMALS}}
    columns:
      parish: {type: varchar, unit: code, meaning: Parish, sql: '"SHIRE" || "NO"'}
      year: {type: smallint, unit: year, meaning: Year, sql: "{year}"}
      sheep: {type: bigint, unit: heads, meaning: Sheep, header: SHEEP, unknown: [x],
        sql: 'CASE WHEN "MARK" IS NULL THEN "sheep" END'}
"""
)


def flocks(folder: Path, **changes: Any) -> Source:
    """The source of flocks, with fields of its table changed."""
    table = WOOL["tables"]["flocks"] | changes
    (folder / "source.yml").write_text(yaml.safe_dump(WOOL | {"tables": {"flocks": table}}), encoding="utf-8")
    return read_sources(folder)[0]


def tidy(source: Source, file: Path, year: int) -> Rows:
    edition = source.editions(Asked([year], date(2026, 11, 28), {}))[0]
    return tidy_of(
        lambda con, files, _: edition.formats[0].parse(con, files, edition), file, period=str(year), year=year
    )


def test_columns_are_made_of_others_and_of_the_year(tmp_path: Path) -> None:
    lines = ["NO,SHIRE,SHEEP,MARK", "07,A,12,", "08,A,0,W", "09,B,x,"]
    assert tidy(flocks(tmp_path), text_file(tmp_path, "2018.csv", lines), 2018) == [
        {"parish": "A07", "year": 2018, "sheep": 12},
        {"parish": "A08", "year": 2018, "sheep": None},
        {"parish": "B09", "year": 2018, "sheep": None},
    ]


def test_an_older_layout_has_its_own_headers_and_address(tmp_path: Path) -> None:
    source = flocks(tmp_path)
    old = text_file(tmp_path, "17.csv", ["SHIRE,NO,ANIMALS,MARK", "A,07,11,"])
    assert tidy(source, old, 2017) == [{"parish": "A07", "year": 2017, "sheep": 11}]
    with pytest.raises(SourceError, match="column SHEEP is missing"):
        tidy(source, old, 2018)
    asked = source.editions(Asked(range(2016, 2020), date(2026, 11, 28), {}))
    urls = {edition.period: edition.formats[0].resources[0].url for edition in asked}
    assert urls == {
        year: f"https://wool.example/{year if year >= '2018' else year[2:]}.csv"
        for year in ("2016", "2017", "2018", "2019")
    }


@pytest.mark.parametrize(
    ("years", "periods"),
    [([2019], ["2019", "2018"]), ([2020, 2023], ["2020", "2023", "2022", "2021", "2019", "2018"]), ([], [])],
)
def test_years_before_those_asked_for_are_asked_for_too(years: list[int], periods: list[str], tmp_path: Path) -> None:
    new = WOOL["tables"]["flocks"]["editions"][0]
    source = flocks(tmp_path, editions=[new | {"earlier": 2}])
    assert source.earlier == 2
    assert [edition.period for edition in source.editions(Asked(years, date(2026, 11, 28), {}))] == periods


def test_text_where_a_made_column_has_a_number_names_file_and_remedy(tmp_path: Path) -> None:
    columns = WOOL["tables"]["flocks"]["columns"] | {
        "acres": {"type": "bigint", "unit": "acres", "meaning": "Land", "sql": '"ACRES"'}
    }
    file = text_file(tmp_path, "2018.csv", ["SHIRE,NO,SHEEP,MARK,ACRES", "A,07,11,,many"])
    with pytest.raises(SourceError, match=r"2018\.csv: .*many.* Remedy: look"):
        tidy(flocks(tmp_path, columns=columns), file, 2018)


def test_what_decides_the_table_decides_the_fingerprint(tmp_path: Path) -> None:
    before = flocks(tmp_path).fingerprint
    columns = WOOL["tables"]["flocks"]["columns"]
    assert flocks(tmp_path, title="Herds").fingerprint == before
    for changed in ({"sql": '"NO"'}, {"type": "text"}):
        assert flocks(tmp_path, columns=columns | {"parish": columns["parish"] | changed}).fingerprint != before
    new, old = WOOL["tables"]["flocks"]["editions"]
    assert flocks(tmp_path, editions=[new, old | {"headers": {"sheep": "HEADS"}}]).fingerprint != before


def test_defaults_are_said_once_and_a_table_may_say_otherwise(tmp_path: Path) -> None:
    shared = WOOL["tables"]["flocks"]
    area = {"type": "double", "unit": "acres", "meaning": "Land"}
    defaults = shared | {
        "source_id": "wool_{table}",
        "columns": {"land": area, "year": shared["columns"]["year"]},
        "editions": [{"period": "series", "kind": "csv", "url": "https://wool.example/{TABLE}", "reader": "delimited"}],
    }
    goats = {"heads": {"type": "bigint", "unit": "heads", "meaning": "Goats"}, "land": {"unit": "hectares"}}
    tables = {"sheep": {}, "goats": {"title": "Goats", "columns": goats}}
    (tmp_path / "source.yml").write_text(yaml.safe_dump(WOOL | {"defaults": defaults, "tables": tables}), "utf-8")
    goat, sheep = read_sources(tmp_path)
    assert (sheep.source_id, sheep.title, goat.source_id, goat.title) == ("wool_sheep", "Flocks", "wool_goats", "Goats")
    urls = [s.editions(Asked([], date(2026, 11, 28), {}))[0].formats[0].resources[0].url for s in (sheep, goat)]
    assert urls == ["https://wool.example/SHEEP", "https://wool.example/GOATS"]
    assert [c.name for c in goat.contract.columns] == ["heads", "land", "year", "period", "vintage"]
    assert [c.unit for c in goat.contract.columns[:2]] == ["heads", "hectares"]
    assert sheep.contract.columns[0].unit == "acres"


def test_a_declaration_that_cannot_be_meant_is_refused() -> None:
    table = WOOL["tables"]["flocks"]
    without_year = {name: column for name, column in table["columns"].items() if name != "year"}
    new, old = table["editions"]
    wide = table["columns"]["sheep"] | {"widths": {"GOATS": 2}}
    for changed, said in (
        ({"columns": without_year}, "need a column year"),
        ({"editions": [new, old | {"headers": {"goats": "GOATS"}}]}, "headers of goats, which are no columns"),
        ({"columns": table["columns"] | {"sheep": wide}}, "widths has GOATS, which sql does not name"),
        ({"editions": [{name: said for name, said in new.items() if name != "each"} | {"earlier": 1}]}, "needs `each"),
        ({"tittle": "Flocks"}, "tittle"),
    ):
        with pytest.raises(ValidationError, match=said):
            SourceDeclaration.model_validate(WOOL | {"tables": {"flocks": table | changed}})


def test_duckdb_knows_the_types_of_all_sources() -> None:
    from orchestration.sources.catalogue import SOURCES

    with duckdb.connect() as con:
        for source in SOURCES.values():
            for column in source.contract.columns:
                con.execute(f"SELECT NULL::{column.data_type}")
