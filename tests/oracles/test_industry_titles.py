"""Titles of industries by edition against the Census Bureau's own, code by code, by the SQL the model uses.

Belongs here: what `int_industry_titles` makes of BLS's list, real or as it would be for NAICS 2022, and the seed of
changed codes against the manuals and concordances. Does not: which industries the data hold.

BLS abbreviates and the Census Bureau rewords, so titles are compared by their words: one shows the industry of another
where more than half the words of the shorter stand in both.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable
from pathlib import Path

import duckdb
import jinja2
import pytest
import yaml

from orchestration.sources.bls.parse import parse_industry_titles
from orchestration.sources.source import Edition
from tests.sources.reading import text_file

DBT = Path(__file__).parents[2] / "dbt_project"
EDITIONS = (2002, 2007, 2012, 2017, 2022)
SPELT = {"mfg": "manufacturing", "whls": "wholesalers", "merch": "merchant", "auto": "automotive", "prim": "primary",
         "cu": "copper", "al": "aluminum", "exc": "except"}  # fmt: skip
IDLE = {"and", "of", "the", "except", "other", "all", "for", "in", "to", "or", "by", "from", "not", "with", "on"}

BY_BLS = {
    "236116",  # multifamily housing construction: its general contractors
    "334612",  # prerecorded discs and tapes: audio and video media
    "423520",  # shortened in the list of 2002
    "453998",  # miscellaneous store retailers: not specified elsewhere
    "561422",  # telemarketing bureaus: and other contact centers
    "6233",
    "62331",  # community care facilities for the elderly: continuing care, assisted living
    "813",  # religious, civic, professional organizations: membership organizations
}
RENAMED = {
    "4451",  # grocery stores: grocery and convenience retailers since 2022
    "62321",
    "623210",  # a term for developmental disability that was given up in 2012
    "623312",  # homes for the elderly: assisted living facilities since 2012
}
"""Codes whose industry stayed the same, in words that hardly meet: BLS's own, and those of another edition."""

Titles = dict[tuple[int, str], str]


@pytest.fixture(scope="module")
def manuals(reference: Path) -> Titles:
    """Titles of the manuals 2007 to 2022, and of the six-digit codes of 2002 that are in a cluster."""
    files = {2002: reference / "cluster_definitions_naics2002.csv"}
    files |= {edition: reference / f"naics_titles_{edition}.csv" for edition in EDITIONS[1:]}
    return {
        (edition, row.get("code") or row["naics6"]): row["title"]
        for edition, path in files.items()
        for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines())
    }


def titles_from(*lists: Path) -> Titles:
    """What the model makes of lists of titles, in the order in which they were landed."""
    project = yaml.safe_load((DBT / "dbt_project.yml").read_text(encoding="utf-8"))
    source = (DBT / "macros" / "naics.sql").read_text(encoding="utf-8")
    source += (DBT / "models" / "intermediate" / "common" / "int_industry_titles.sql").read_text(encoding="utf-8")
    environment = jinja2.Environment(undefined=jinja2.StrictUndefined, autoescape=False)
    sql = environment.from_string(source).render(ref=lambda name: name, var=lambda name: project["vars"][name])
    with duckdb.connect() as con:
        con.execute(f"CREATE TABLE naics_changed_codes AS FROM read_csv('{DBT}/seeds/naics_changed_codes.csv', "
                    "types = {'code': 'VARCHAR'})")  # fmt: skip
        for number, path in enumerate(lists):
            rows = parse_industry_titles(con, [path], Edition("series", None, ()))
            dated = rows.project(f"*, '2026-01-{number + 1:02}' AS vintage")
            dated.create("stg_qcew_industries") if number == 0 else dated.insert_into("stg_qcew_industries")
        found = con.execute(sql).fetchall()
    titles = {(naics, code): title for naics, code, title in found}
    assert len(titles) == len(found), "an edition has a code twice"
    return titles


def words(title: str) -> set[str]:
    spelt = (SPELT.get(word, word) for word in re.findall(r"[a-z]+", title.lower().replace("'", "").replace("’", "")))
    return {word[:5] for word in spelt if word not in IDLE}


def alike(one: str, other: str) -> bool:
    """Whether two titles may be of one industry.

    Example: 'Radio broadcasting stations' isn't 'Internet publishing and broadcasting'.
    """
    return 2 * len(words(one) & words(other)) > min(len(words(one)), len(words(other)))


def misleading(shown: Titles, manuals: Titles) -> set[str]:
    """Codes with a title unlike that of their own edition's manual."""
    return {key[1] for key, title in manuals.items() if key in shown and not alike(shown[key], title)}


def untitled(shown: Titles, manuals: Titles, digits: Iterable[int] = range(2, 7)) -> dict[int, int]:
    """How many codes of each edition's manual have no title. BLS divides 238 anew, whose codes are left out."""
    keys = [key for key in manuals if key not in shown and len(key[1]) in digits and not key[1].startswith("238")]
    return {edition: sum(key[0] == edition for key in keys) for edition in EDITIONS}


def list_of_2022(manuals: Titles, folder: Path) -> Path:
    """A list as BLS makes it for NAICS 2022: its codes, and retired ones, marked with the last edition they are in."""
    last = {code: edition for edition, code in sorted(manuals)}
    rows = [
        f'{code},"NAICS{f"{edition % 100:02}" if edition < 2022 else ""} {code} {manuals[edition, code]}"'
        for code, edition in sorted(last.items())
    ]
    return text_file(folder, "industry_titles.csv", ["industry_code,industry_title", *rows])


def test_words_tell_one_industry_from_another() -> None:
    assert not alike("Radio broadcasting stations", "Internet publishing and broadcasting")
    assert not alike("Telecommunications resellers", "Wired and wireless telecommunications carriers")
    assert alike("Jewelers' material and lapidary work mfg.", "Jewelers’ Material and Lapidary Work Manufacturing")
    assert alike("Baked goods stores", "Baked Goods Retailers")


def test_no_code_has_another_editions_industry_with_the_real_list(mirror: Path, manuals: Titles) -> None:
    """The mirror's list is of NAICS 2012: what 2017 and 2022 added has no title. Nothing else lacks one but dual-use
    cattle (112130) and notaries (541120), which BLS does not publish apart."""
    shown = titles_from(mirror / "data.bls.gov/cew/doc/titles/industry/industry_titles.csv")
    assert misleading(shown, manuals) == BY_BLS | RENAMED
    assert untitled(shown, manuals) == {2002: 0, 2007: 4, 2012: 4, 2017: 32, 2022: 198}
    assert untitled(shown, manuals, digits=[6]) == {2002: 0, 2007: 2, 2012: 2, 2017: 22, 2022: 108}
    assert shown[2002, "516110"] == "Internet publishing and broadcasting"
    assert shown[2022, "516110"] == "Radio broadcasting stations"
    assert shown[2022, "513210"] == "Software publishers"
    assert (2012, "516110") not in shown


def test_no_code_has_another_editions_industry_with_a_list_of_2022(manuals: Titles, tmp_path: Path) -> None:
    shown = titles_from(list_of_2022(manuals, tmp_path))
    assert misleading(shown, manuals) == RENAMED
    assert untitled(shown, manuals) == dict.fromkeys(EDITIONS, 0)


def test_two_lists_title_what_one_of_them_lacks(mirror: Path, manuals: Titles, tmp_path: Path) -> None:
    older = mirror / "data.bls.gov/cew/doc/titles/industry/industry_titles.csv"
    newer = list_of_2022({key: title for key, title in manuals.items() if key[0] == 2022}, tmp_path)
    shown = titles_from(older, newer)
    assert misleading(shown, manuals) <= BY_BLS | RENAMED
    assert untitled(shown, manuals)[2022] == 0
    # Each edition keeps the words of the list made for it.
    assert (shown[2012, "445291"], shown[2022, "445291"]) == ("Baked goods stores", "Baked Goods Retailers")


def test_changed_codes_are_those_of_the_manuals(manuals: Titles) -> None:
    """Every row has the words of the manuals of its editions, and a changed code stands for each edition it is in."""
    with (DBT / "seeds" / "naics_changed_codes.csv").open(encoding="utf-8", newline="") as lines:
        seed = list(csv.DictReader(lines))
    stated = {
        (edition, row["code"]): row["title"]
        for row in seed
        for edition in EDITIONS
        if int(row["naics_from"]) <= edition <= int(row["naics_to"])
    }
    assert len(stated) == sum(
        EDITIONS.index(int(r["naics_to"])) - EDITIONS.index(int(r["naics_from"])) + 1 for r in seed
    )
    codes = {row["code"] for row in seed}
    printed = {key for key in manuals if key[1] in codes}
    assert {key for key in stated if key[0] > 2002 or len(key[1]) == 6} == printed
    assert [key for key in printed if not alike(stated[key], manuals[key])] == []


def test_changed_codes_are_those_of_the_concordances(reference: Path, manuals: Titles) -> None:
    """A code that the concordances carry on under a title unlike the one before stands in the seed."""
    changed = {row.split(",")[0] for row in (DBT / "seeds" / "naics_changed_codes.csv").read_text().splitlines()[1:]}
    for path in sorted(reference.glob("naics_concordance_20*.csv")):
        for row in csv.DictReader(path.read_text(encoding="utf-8-sig").splitlines()):
            same = row["code_from"] == row["code_to"]
            if same and not alike(row["title_from"], row["title_to"]):
                assert row["code_from"] in changed | RENAMED, row
