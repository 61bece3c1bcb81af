"""No industry bears a title that is another one's by any list there is; lists that spell or number anew may."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import duckdb
import pytest

from orchestration.quality.checklist import tidy_checks

Ask = Callable[..., list[tuple[Any, ...]]]
NAME = "industries_do_not_bear_anothers_title"
TITLES = {
    "3361": "Motor vehicle manufacturing",
    "336110": "Automobile manufacturing",
    "3362": "Motor vehicle body and trailer mfg.",
    "33621": "Motor vehicle body and trailer mfg.",
    "5112": "Software publishers",
    "51121": "Software publishers",
    "511210": "Software publishers",
    "512110": "Motion picture and video production",
    "512131": "Motion picture theaters",
}
SURVEY = {
    "3361": "Motor Vehicle Manufacturing",
    "3362": "Motor Vehicle Body and Trailer Manufacturing",
    "5112": "Software Publishers",
}


def exchanged(one: str, other: str, titles: Mapping[str, str] = TITLES) -> dict[str, str]:
    return {**titles, one: titles[other], other: titles[one]}


@pytest.fixture
def ask(con: duckdb.DuckDBPyConnection) -> Ask:
    """Asks the check of lists, the oldest first, each from code to title, or to several by mark; and of a survey."""

    def answer(
        *lists: Mapping[str, str | Mapping[int, str]], survey: Mapping[str, str] = SURVEY
    ) -> list[tuple[Any, ...]]:
        con.execute(
            "CREATE OR REPLACE TABLE stg_qcew_industries "
            "(vintage VARCHAR, industry_code VARCHAR, naics_mark SMALLINT, industry_title VARCHAR)"
        )
        for number, titles in enumerate(lists):
            for code, said in titles.items():
                for mark, title in ({9999: said} if isinstance(said, str) else said).items():
                    row = [f"202{number}-01-01", code, mark, title]
                    con.execute("INSERT INTO stg_qcew_industries VALUES (?, ?, ?, ?)", row)
        con.execute(
            "CREATE OR REPLACE TABLE stg_oews_industry (vintage VARCHAR, naics_code VARCHAR, industry_title VARCHAR)"
        )
        for said in survey.items():
            con.execute("INSERT INTO stg_oews_industry VALUES (NULL, ?, ?)", said)
        (check,) = [c for c in tidy_checks() if c.name == NAME]
        assert check.severity == "error"
        return con.execute(check.sql).fetchall()

    return answer


def test_titles_that_others_spell_another_way_pass(ask: Ask) -> None:
    assert ask(TITLES) == []
    assert ask(TITLES, TITLES) == []


@pytest.mark.parametrize(
    ("one", "other", "known_by"),
    [("3361", "5112", "the survey"), ("3362", "5112", "its only part"), ("33621", "51121", "the whole of it")],
)
def test_an_exchange_in_a_first_list_is_seen_by_what_prints_the_titles_again(
    ask: Ask, one: str, other: str, known_by: str
) -> None:
    found = {code for _, code, _, title_of in ask(exchanged(one, other))}
    assert found & {one, other, f"{one}1", f"{other}1", "511210"}, known_by


def test_an_exchange_in_a_new_list_is_seen_by_the_old_one_at_any_level(ask: Ask) -> None:
    """Nobody else prints titles of six digits."""
    assert ask(exchanged("512110", "512131")) == []
    assert ask(TITLES, exchanged("512110", "512131"), survey={}) == [
        (2, "512110", "Motion picture theaters", "512131"),
        (2, "512131", "Motion picture and video production", "512110"),
    ]


def test_titles_that_go_round_three_industries_are_seen(ask: Ask) -> None:
    round_three = exchanged("512110", "336110", exchanged("512110", "512131"))
    assert [code for _, code, *_ in ask(TITLES, round_three, survey={})] == ["336110", "512110", "512131"]


def test_a_new_spelling_is_no_exchange(ask: Ask) -> None:
    assert ask(TITLES, TITLES | {"512131": "Motion picture theaters, except drive-ins"}) == []


def test_an_edition_that_gives_codes_to_other_industries_passes(ask: Ask) -> None:
    """The list keeps old titles beside the new ones, with the mark of the edition that has them."""
    books, software = "Book publishers", "Software publishers"
    new = TITLES | {"5131": {2017: books, 9999: software}, "5112": {2017: software, 9999: books}}
    assert ask(TITLES | {"5131": "Book publishers"}, new, survey={}) == []
