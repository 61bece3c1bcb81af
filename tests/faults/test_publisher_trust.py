"""Whom and what a pull believes: certificates, names, 304s, dates, stored bytes; and what it never tells.

Beside the faults of `test_publisher_faults`, which are seen in one answer, these need a second look: at another host,
at yesterday's answer, at the clock, or at our own disk.
"""

from __future__ import annotations

import logging
import os
import socket
import sqlite3
import ssl
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import trustme

from orchestration.errors import NotPublished, SourceError
from orchestration.landing import store as store_module
from orchestration.landing.fetch import Fetcher, whole_every
from orchestration.landing.origin import Origin, public
from orchestration.landing.pulls import SENT_AGAIN, Landed
from orchestration.landing.store import PARTIALS_LAST, Store
from orchestration.settings import Settings
from tests.faults.publisher import (
    Behaviour,
    Exchange,
    Hangup,
    Publisher,
    answer,
    drip,
    honest,
    labelled,
    refuse_conditions,
    same_etag,
)

PATH = "data.bls.gov/cew/doc/titles/area/area_titles.csv"
URL = f"https://{PATH}"
FIRST = b'"area_fips","area_title"\r\n"US000","U.S. TOTAL"\r\n'
SECOND = FIRST + b'"01000","Alabama -- Statewide"\r\n'
THIRD = SECOND + b'"02000","Alaska -- Statewide"\r\n'
OTHER_ETAG = '"of another edition"'


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    return Settings(home=tmp_path / "home", attempts=3, connect_timeout=2, read_timeout=0.4, download_timeout=5)


@pytest.fixture
def publisher(tmp_path: Path) -> Iterator[Publisher]:
    with Publisher(tmp_path / "nothing") as publisher:
        publisher.replace(URL, FIRST)
        yield publisher


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def pull(publisher: Publisher, limits: Settings, waits: list[float]) -> Callable[..., Landed]:
    """Pulls the list from the publisher, or another URL from wherever that is."""

    def pull(url: str = URL, origin: Origin | None = None) -> Landed:
        origin = origin or Origin("mirror", publisher.url)
        with Store(limits.landing) as store, Fetcher(store, origin, limits, sleep=waits.append) as fetcher:
            return fetcher.get(url, "csv", "bls_qcew_areas")

    return pull


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[timedelta], None]:
    """Lets what was recorded before seem so much older."""

    def later(age: timedelta) -> None:
        monkeypatch.setattr(store_module, "_now", lambda: datetime.now(UTC) - age)

    return later


# --- names and certificates


def test_a_name_that_does_not_resolve(pull, waits) -> None:
    with pytest.raises(SourceError, match=r"in 3 attempts; the last one: ConnectError.*Remedy: check the network") as e:
        pull("https://no-such-publisher.invalid/a.csv", Origin("live"))
    assert (e.value.exit_code, e.value.file, len(waits)) == (2, "a.csv", 2)


def test_a_refused_connection(pull, waits) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    with pytest.raises(SourceError, match=r"ConnectError.*Remedy: check the network"):
        pull(URL, Origin("mirror", f"http://127.0.0.1:{port}"))
    assert len(waits) == 2


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """An authority that this machine trusts, as an operator would make it: by SSL_CERT_FILE. Verification stays on."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    return authority


def secure(tmp_path: Path, leaf: trustme.LeafCert) -> Publisher:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    leaf.configure_cert(context)
    publisher = Publisher(tmp_path / "nothing", tls=context)
    publisher.replace("a.csv", FIRST)
    return publisher


def test_a_certificate_of_a_trusted_authority_is_accepted(tmp_path, authority, pull) -> None:
    with secure(tmp_path, authority.issue_cert("localhost")) as publisher:
        assert pull(f"https://localhost:{publisher.port}/a.csv", Origin("live")).path.read_bytes() == FIRST


YEAR_2020 = datetime(2020, 1, 1, tzinfo=UTC)
CERTIFICATES = {
    "of an authority nobody knows": (
        lambda trusted: trustme.CA().issue_cert("localhost"),
        "unable to get local issuer",
    ),
    "of another host": (lambda trusted: trusted.issue_cert("example.org"), "Hostname mismatch"),
    "expired": (
        lambda trusted: trusted.issue_cert("localhost", not_before=YEAR_2020, not_after=YEAR_2020 + timedelta(days=90)),
        "certificate has expired",
    ),
    "not valid yet": (
        lambda trusted: trusted.issue_cert("localhost", not_before=datetime(2090, 1, 1, tzinfo=UTC)),
        "certificate is not yet valid",
    ),
}


@pytest.mark.parametrize("which", CERTIFICATES)
def test_a_certificate_that_does_not_fit_is_told_and_not_tried_again(tmp_path, authority, pull, waits, which) -> None:
    issue, says = CERTIFICATES[which]
    with secure(tmp_path, issue(authority)) as publisher:
        with pytest.raises(SourceError) as caught:
            pull(f"https://localhost:{publisher.port}/a.csv", Origin("live"))
        assert publisher.asked("a.csv") == []
    assert f"the TLS certificate could not be verified for localhost ({says}" in caught.value.problem
    assert "check this machine's clock" in caught.value.remedy
    assert "verif" not in caught.value.remedy
    assert waits == []


def test_a_server_that_speaks_no_tls(authority, publisher, pull, waits) -> None:
    with pytest.raises(SourceError, match=r"in 3 attempts; the last one: ConnectError: .*SSL"):
        pull(f"https://localhost:{publisher.port}/a.csv", Origin("live"))
    assert len(waits) == 2


def test_a_redirect_down_to_http_is_not_followed(tmp_path, authority, pull) -> None:
    with secure(tmp_path, authority.issue_cert("localhost")) as publisher:
        address = f"localhost:{publisher.port}/a.csv"
        publisher.misbehave("a.csv", answer(302, Location=f"http://{address}"))
        with pytest.raises(SourceError, match="redirects to unencrypted http, which is not followed"):
            pull(f"https://{address}", Origin("live"))
        assert len(publisher.asked("a.csv")) == 1


def test_a_drip_over_tls_ends_too(tmp_path, authority, limits, waits) -> None:
    brief = limits.model_copy(update={"download_timeout": 1.0})
    with (
        secure(tmp_path, authority.issue_cert("localhost")) as publisher,
        Store(limits.landing) as store,
        Fetcher(store, Origin("live"), brief, sleep=waits.append) as fetcher,
    ):
        url = f"https://localhost:{publisher.port}/a.csv"
        fetcher.get(url, "csv", "bls_qcew_areas")  # so that the drip comes over a connection of an earlier file
        publisher.misbehave("a.csv", drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9999))
        with pytest.raises(SourceError, match="did not arrive within 1 seconds"):
            fetcher.get(url, "csv", "bls_qcew_areas")
        publisher.misbehave("a.csv", honest)
        assert fetcher.get(url, "csv", "bls_qcew_areas").outcome == "unchanged"
    assert waits == []


# --- what a publisher says of its file


def test_a_304_is_believed_for_some_weeks(publisher, pull, later) -> None:
    publisher.misbehave(URL, same_etag)
    later(whole_every(URL) - timedelta(days=1))
    pull()
    publisher.replace(URL, SECOND)
    publisher.misbehave(URL, refuse_conditions)
    later(timedelta(0))
    assert pull().outcome == "unchanged"
    assert "if-none-match" in publisher.asked(URL)[0]


def test_a_304_that_lies_is_found_out_after_some_weeks(publisher, pull, later, caplog) -> None:
    publisher.misbehave(URL, same_etag)
    later(whole_every(URL) + timedelta(days=1))
    pull()
    publisher.replace(URL, SECOND)
    publisher.misbehave(URL, refuse_conditions)
    later(timedelta(0))
    landed = pull()
    assert (landed.outcome, landed.path.read_bytes()) == ("changed", SECOND)
    assert landed.doubt is not None
    assert "the bytes changed although the publisher's ETag" in landed.doubt
    assert f"bls_qcew_areas: {URL}: {landed.doubt}" in caplog.text
    publisher.replace(URL, THIRD)
    assert pull().path.read_bytes() == THIRD, "an ETag that lied once is not asked by again"


def test_files_of_one_night_come_whole_on_different_nights() -> None:
    urls = [f"{PATH.rsplit('/', 1)[0]}/{year}/{number:05}.csv" for year in range(1990, 2026) for number in range(85)]
    days = Counter(whole_every(url).days for url in urls)
    assert set(days) == set(range(15, 45))
    assert max(days.values()) < 0.05 * len(urls), "evenly spread, a night has a thirtieth"
    assert {whole_every(url) for url in [URL] * 3} == {whole_every(URL)}


def test_a_304_counts_for_nothing_in_these_weeks(publisher, pull, later) -> None:
    later(whole_every(URL) + timedelta(days=1))
    pull()
    later(timedelta(days=1))
    publisher.misbehave(URL, honest)
    assert pull().outcome == "unchanged"
    assert "if-none-match" not in publisher.asked(URL)[0], "the weeks were over"
    assert pull().outcome == "unchanged"
    assert "if-none-match" in publisher.asked(URL)[1], "it came whole just now"


def test_a_304_for_another_version_is_not_believed(publisher, pull) -> None:
    pull()
    publisher.replace(URL, SECOND)
    publisher.misbehave(URL, answer(304, ETag=OTHER_ETAG), honest)
    assert pull().path.read_bytes() == SECOND
    assert [("if-none-match" in asked) for asked in publisher.asked(URL)] == [True, False]


def test_two_editions_in_one_text_are_replaced_by_one_the_next_night(publisher, pull) -> None:
    """Half of one edition, then the rest of another of the same length under the same ETag: nothing in it tells."""
    one, other = FIRST * 500, FIRST.lower() * 500

    def half(x: Exchange) -> None:
        x.head(200, Content_Length=len(one), ETag='"for ever"')
        x.send(one[:9000])
        raise Hangup

    publisher.replace(URL, other)
    publisher.misbehave(URL, half, same_etag)
    assert pull().path.read_bytes() == one[:9000] + other[9000:]
    assert pull().path.read_bytes() == other


def test_an_older_edition_is_told_until_it_goes_and_the_newer_one_is_not_older(publisher, pull) -> None:
    dates = [FIRST, SECOND, FIRST, FIRST, SECOND]
    doubts = []
    for edition in dates:
        publisher.replace(URL, edition)
        doubts.append(pull().doubt)
    assert [doubt is not None for doubt in doubts] == [False, False, True, True, False]
    assert doubts[2] is not None
    assert doubts[2].startswith("an older edition is served again, which first came on ")


def test_last_modified_going_backwards_is_told(publisher, pull) -> None:
    publisher.misbehave(URL, labelled(Last_Modified="Mon, 02 Nov 2020 10:00:00 GMT"))
    pull()
    publisher.replace(URL, SECOND)
    publisher.misbehave(URL, labelled(Last_Modified="Mon, 02 Nov 2015 10:00:00 GMT"))
    assert (pull().doubt or "").startswith("dated Mon, 02 Nov 2015 10:00:00 GMT, earlier than the edition it replaces")


@pytest.mark.parametrize("date", ["yesterday", "Mon, 02 Nov 2020 10:00:00", ""])
def test_a_date_that_is_none_is_no_doubt(publisher, pull, date) -> None:
    pull()
    publisher.replace(URL, SECOND)
    publisher.misbehave(URL, labelled(Last_Modified=date))
    assert pull().doubt is None


# --- our own disk


def damage(path: Path) -> None:
    """Changes a byte and nothing else that is easily seen."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.unlink()
    path.write_bytes(bytes(content))


def test_a_copy_damaged_on_disk_is_pulled_again_before_it_is_parsed(desk, caplog) -> None:
    subject = desk.subjects["slice"]
    before = desk.pull(subject)
    figures, disk = desk.figures(before), desk.disk()
    (desk.settings.tidy / before.path).unlink()
    for file in before.files:
        damage(desk.settings.landing / "blobs" / file.sha256[:2] / file.sha256)
    desk.publisher.misbehave(subject.url, honest)
    mended = desk.pull(subject)
    assert "the stored copy was damaged on disk; pulled again" in caplog.text
    assert [("if-none-match" in asked) for asked in desk.publisher.asked(subject.url)] == [True, False]
    assert (desk.figures(mended), desk.disk().blobs) == (figures, disk.blobs)
    assert desk.disk().release == disk.release


@pytest.mark.parametrize("status", [404, 500])
def test_a_damaged_copy_that_can_not_be_had_again_is_said_to_be_damaged(desk, status) -> None:
    subject = desk.subjects["list"]
    before = desk.pull(subject)
    (desk.settings.tidy / before.path).unlink()
    damage(desk.settings.landing / "blobs" / before.files[0].sha256[:2] / before.files[0].sha256)
    desk.publisher.misbehave(subject.url, honest, answer(status))
    with pytest.raises(
        SourceError, match=r"was damaged on disk and cannot be pulled again: .*Remedy: put the file back"
    ) as e:
        desk.pull(subject)
    assert not isinstance(e.value, NotPublished)
    assert e.value.exit_code == 2
    assert desk.house.answers()


def test_a_doubt_stays_with_the_partition(desk) -> None:
    subject = desk.subjects["list"]
    old = desk.publisher.has(subject.url)
    desk.publisher.replace(subject.url, old + b'"99999","Elsewhere"\r\n')
    assert desk.pull(subject).warning is None
    desk.publisher.replace(subject.url, old)
    for _ in range(2):
        warning = desk.pull(subject).warning
        assert warning.startswith("area_titles.csv: an older edition is served again")


def test_half_finished_downloads_that_nobody_goes_on_with_are_swept(limits) -> None:
    old = time.time() - PARTIALS_LAST.total_seconds() - 60
    with Store(limits.landing) as store:
        for name in ("forgotten", "fresh", "growing"):
            partial = store.partial("live", f"https://x.gov/{name}")
            partial.path.write_bytes(b"1")
            partial.path.with_suffix(".json").write_text("{}")
            if name != "fresh":
                os.utime(partial.path.with_suffix(".json"), (old, old))
            if name == "forgotten":
                os.utime(partial.path, (old, old))
    with Store(limits.landing) as store:
        sizes = [store.partial("live", f"https://x.gov/{name}").size for name in ("forgotten", "fresh", "growing")]
    assert sizes == [0, 1, 1]
    assert len(list((limits.landing / "partial").iterdir())) == 4


# --- secrets


SECRETS = "key=hush1&get=NAICS&UserID=hush2&api_key=hush3&YEAR=2020&signature=hush4&access-token=hush5"


@pytest.mark.parametrize("behaviour", [honest, answer(403), answer(500), answer(200, b""), answer(302, Location="/b")])
def test_keys_are_sent_and_never_told(publisher, limits, pull, caplog, behaviour: Behaviour) -> None:
    caplog.set_level(logging.DEBUG)
    path = f"a.csv?{SECRETS}"
    publisher.replace("a.csv", FIRST)
    publisher.misbehave(path, behaviour)
    url = f"http://me:hush0@127.0.0.1:{publisher.port}/{path}#hush6"
    told = ""
    try:
        landed = pull(url, Origin("live"))
        told = repr(landed)
        assert "key=***&get=NAICS&UserID=***" in landed.url
    except SourceError as error:
        told = f"{error!r} {error} {error.__cause__}"
    assert publisher.asked(path)
    assert "hush" not in told + "".join(r.getMessage() for r in caplog.records if r.name.startswith("clusters"))
    with sqlite3.connect(limits.landing / "manifest.sqlite") as db:
        kept = [*db.execute("SELECT * FROM latest"), *db.execute("SELECT * FROM history")]
    assert len(kept) >= 1
    assert "hush" not in repr(kept)


def test_a_new_key_makes_no_new_file(publisher, pull) -> None:
    publisher.replace("a.csv", FIRST)
    base = f"http://127.0.0.1:{publisher.port}/a.csv?year=2020&key="
    outcomes = [pull(base + key, Origin("live")).outcome for key in ("one", "two")]
    other = pull(base.replace("2020", "2021") + "one", Origin("live")).outcome
    assert [*outcomes, other] == ["new", "unchanged", "new"]


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("https://x.gov/a.csv", "https://x.gov/a.csv"),
        ("https://x.gov/a b.csv", "https://x.gov/a b.csv"),
        ("https://ec.europa.eu/d?format=TSV&compressed=true", "https://ec.europa.eu/d?format=TSV&compressed=true"),
        ("https://x.gov/?registrationkey=1&keyword=a", "https://x.gov/?registrationkey=***&keyword=a"),
        ("https://x.gov/?key", "https://x.gov/?key"),
        ("https://x.gov/?a=b&%6Bey=1", "https://x.gov/?a=b&%6Bey=***"),
        ("https://u:p@x.gov/a@b?uid=0x1", "https://x.gov/a@b?uid=***"),
    ],
)
def test_what_of_a_url_is_told(url, told) -> None:
    assert public(url) == told


def test_bytes_that_came_again_are_noted_as_such(publisher, pull, limits) -> None:
    pull()
    publisher.misbehave(URL, labelled(ETag=OTHER_ETAG), answer(304, ETag=OTHER_ETAG))
    pull()
    pull()
    with Store(limits.landing) as store:
        landed = store.latest("mirror", URL)
        assert landed is not None
        assert [event.note for event in store.history("mirror", URL)] == [None, SENT_AGAIN, None]
        assert landed.intact()
        assert not replace(landed, sha256="0" * 64).intact()
        assert not replace(landed, path=limits.home / "nowhere").intact()
