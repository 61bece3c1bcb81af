"""A publisher's faults through `clusters refresh`, from the socket to the exit code: what is told and what stays.

A few of each kind; the many are in `test_publisher_faults`, one pull each.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orchestration.sources.bls.parse import BASE
from tests.faults.conftest import House
from tests.faults.publisher import (
    Behaviour,
    Publisher,
    answer,
    cut,
    drip,
    fresh_etag,
    hang_up,
    honest,
    labelled,
    measured,
    stall,
)

LIST = f"{BASE}/doc/titles/area/area_titles.csv"
YEAR = f"{BASE}/data/files/2023/csv/2023_annual_singlefile.zip"
OTHER_YEAR = f"{BASE}/data/files/2022/csv/2022_annual_singlefile.zip"
PAGE = b"<!DOCTYPE html><html><body>Please prove that you are human: captcha</body></html>"


@pytest.fixture
def publisher(house: House, monkeypatch: pytest.MonkeyPatch) -> Iterator[Publisher]:
    """Our publisher in place of the one that serves a mirror, and settings under which nothing takes long."""
    for name, value in {
        "READ_TIMEOUT": "1",
        "DOWNLOAD_TIMEOUT": "6",
        "ATTEMPTS": "2",
        "LONGEST_WAIT": "0.1",
    }.items():
        monkeypatch.setenv(f"CLUSTERS_{name}", value)
    with Publisher(house.mirror) as publisher:

        @contextmanager
        def serve(root: Path) -> Iterator[str]:
            yield publisher.url

        monkeypatch.setattr("orchestration.sample.publishers.serve", serve)
        yield publisher


STOPS: dict[str, tuple[str, Behaviour, int, str]] = {
    "403": (LIST, answer(403), 1, "HTTP 403"),
    "413": (YEAR, answer(413), 1, "too much at once"),
    "429": (YEAR, answer(429, Retry_After="3600"), 2, "in 2 attempts; the last one: HTTP 429"),
    "503": (LIST, answer(503, PAGE), 2, "in 2 attempts; the last one: HTTP 503"),
    "a CAPTCHA": (YEAR, answer(200, PAGE), 1, "an HTML page instead of a zip"),
    "JSON": (LIST, answer(200, b'{"error": "busy"}'), 1, "answered with JSON"),
    "hanging up": (LIST, hang_up, 2, "RemoteProtocolError"),
    "a stall": (YEAR, stall(10_000), 2, "ReadTimeout"),
    "a drip": (LIST, drip(every=0.01), 1, "did not arrive within 6 seconds"),
    "breaking off": (YEAR, cut(100_000, etag=False), 2, "peer closed connection"),
    "a short length": (YEAR, measured(-500), 1, "truncated or damaged"),
    "another host": (LIST, answer(302, Location="https://example.org/"), 1, "redirects to another host, example.org"),
}


@pytest.mark.parametrize("which", STOPS)
def test_a_refresh_stops_with_2_and_readers_notice_nothing(house: House, publisher: Publisher, which: str) -> None:
    url, behaviour, asked, says = STOPS[which]
    before = house.released()
    publisher.misbehave(url, behaviour)
    result = house.refresh()
    assert result.exit_code == 2, result.output
    message = result.stderr[result.stderr.index("clusters: ") :]
    dataset = "bls_qcew_areas" if url == LIST else "bls_qcew"
    assert message.startswith(f"clusters: {dataset}: {url.rsplit('/', 1)[-1]}: {url} ")
    assert says in message
    assert "Remedy: " in message
    assert len(publisher.asked(url)) == asked
    last = house.status()["last_run"]
    assert (last["outcome"], last["exit_code"]) == ("failed", 2)
    assert house.released() == before
    assert house.answers()


def same_year_twice(publisher: Publisher) -> None:
    publisher.replace(YEAR, publisher.has(OTHER_YEAR))


def test_a_years_bytes_at_another_years_address(house: House, publisher: Publisher) -> None:
    before = house.released()
    same_year_twice(publisher)
    result = house.refresh()
    assert result.exit_code == 2, result.output
    assert "the rows are of 2022, not of 2023" in result.stderr
    assert (house.released(), house.answers()) == (before, True)


HARMLESS: dict[str, Callable[[Publisher], None]] = {
    "other ETags each time": lambda p: p.misbehave(LIST, fresh_etag),
    "a break that is resumed": lambda p: p.misbehave(YEAR, cut(100_000), honest),
    "a 503 and then none": lambda p: p.misbehave(LIST, answer(503), honest),
}


@pytest.mark.parametrize("which", HARMLESS)
def test_a_refresh_gets_over_it_and_finds_nothing_new(house: House, publisher: Publisher, which: str) -> None:
    before = house.released()
    HARMLESS[which](publisher)
    result = house.refresh()
    assert result.exit_code == 0, result.output
    assert "Nothing new" in result.stdout
    assert house.released() == before


def test_an_older_edition_is_told_in_the_summary(house: House, publisher: Publisher) -> None:
    """The list again as it was, dated before what replaced it: the figures are right, and somebody should know."""
    old = publisher.has(LIST)
    publisher.misbehave(LIST, labelled(Last_Modified="Fri, 31 Dec 2100 00:00:00 GMT"))
    publisher.replace(LIST, old.replace(b"Unknown", b"Not known") + b'"ZZ998","Nowhere"\r\n')
    publisher.misbehave(YEAR, answer(403))
    assert house.refresh().exit_code == 2, "so that nothing is published from it"
    publisher.behave()
    publisher.replace(LIST, old)
    result = house.refresh()
    assert result.exit_code == 0, result.output
    told = " ".join(result.stdout.split())
    assert re.search(r"Warning: bls_qcew_areas:series@\S+: area_titles.csv: an older edition is served again", told)
