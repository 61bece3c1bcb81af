"""Pulling, against a publisher that misbehaves in every way publishers do."""

from __future__ import annotations

import io
import logging
import signal
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.landing.answers import same_place
from orchestration.landing.fetch import Fetcher, Origin
from orchestration.landing.partial import Version
from orchestration.landing.retry import retry_after
from orchestration.landing.store import Store

URL = "https://data.bls.gov/cew/2016.csv"
BODY = b"area_fips,own_code\n" + b"".join(b"%05d,5\n" % i for i in range(20_000))
OLD = b"area_fips,own_code\n01001,5\n"
PAGE = b"\n<!DOCTYPE html><html><body>Please prove that you are human</body></html>"


def body(content: bytes, etag: str | None = None, status: int = 200, length: int | None = None, **headers: str):
    """An answer with a body."""

    def answer(request) -> None:
        request.send_response(status)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        for name, value in headers.items():
            request.send_header(name.replace("_", "-"), value)
        if etag:
            request.send_header("ETag", etag)
        request.end_headers()
        request.wfile.write(content)
        if length is not None:
            request.close_connection = True

    return answer


def cut(content: bytes, at: int, etag: str | None = '"v1"', **headers: str):
    """An answer that promises all of `content` and hangs up after `at` bytes."""
    return body(content[:at], etag, length=len(content), **headers)


def rest(content: bytes, etag: str = '"v1"', start: int | None = None):
    """An answer to a Range request; `start` is where it says, wrongly, that it begins."""

    def answer(request) -> None:
        first = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        said = first if start is None else start
        last = said + len(content) - first
        span = f"bytes {said}-{last - 1}/{len(content)}"
        body(content[said:last], etag, 206, Content_Range=span)(request)

    return answer


def status(code: int, **headers: str):
    return body(b"" if code in (204, 304) else b"no", status=code, **headers)


def zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("2016.csv", BODY)
    return buffer.getvalue()


def get(fetcher: Fetcher, kind: str = "csv"):
    return fetcher.get(URL, kind, "bls_qcew")


@pytest.fixture
def landed(publisher, fetcher):
    """A file landed earlier, which must outlive whatever goes wrong."""
    publisher.plays(body(OLD, '"v0"'))
    return get(fetcher)


# --- what goes right


def test_a_file_is_new_then_unchanged_then_changed(publisher, fetcher, store):
    publisher.plays(body(OLD, '"v0"'), status(304), body(BODY, '"v1"'))
    first, second, third = get(fetcher), get(fetcher), get(fetcher)
    assert [first.outcome, second.outcome, third.outcome] == ["new", "unchanged", "changed"]
    assert (first.path.read_bytes(), third.path.read_bytes()) == (OLD, BODY)
    assert second.fetched_at == first.fetched_at < third.fetched_at
    assert store.latest("mirror", URL) == third
    assert [event.outcome for event in store.history("mirror", URL)] == ["new", "unchanged", "changed"]


def test_a_conditional_request_carries_both_validators(publisher, fetcher):
    date = "Mon, 02 Nov 2015 10:00:00 GMT"
    publisher.plays(body(OLD, '"v0"', Last_Modified=date), status(304))
    get(fetcher)
    get(fetcher)
    first, second = publisher.requests
    assert "if-none-match" not in first
    assert "if-modified-since" not in first
    assert (second["if-none-match"], second["if-modified-since"]) == ('"v0"', date)


def test_the_same_bytes_under_a_new_etag_are_unchanged_and_the_etag_is_remembered(publisher, fetcher):
    publisher.plays(body(OLD, '"v0"'), body(OLD, '"v1"'), status(304))
    assert [get(fetcher).outcome for _ in range(3)] == ["new", "unchanged", "unchanged"]
    assert publisher.requests[2]["if-none-match"] == '"v1"'


def test_a_missing_blob_is_pulled_again_without_conditions(publisher, fetcher, landed):
    landed.path.unlink()
    publisher.plays(body(OLD, '"v0"'))
    assert get(fetcher).path.read_bytes() == OLD
    assert "if-none-match" not in publisher.requests[0]


def test_the_request_is_polite(publisher, fetcher, limits):
    publisher.plays(body(OLD, '"v0"'), status(304), status(404), body(OLD))
    get(fetcher)
    get(fetcher)
    with pytest.raises(NotPublished):
        get(fetcher)
    get(fetcher)
    assert {r["user-agent"] for r in publisher.requests} == {limits.user_agent}
    assert {r["accept-encoding"] for r in publisher.requests} == {"identity"}
    assert {r[":path"] for r in publisher.requests} == {"/data.bls.gov/cew/2016.csv"}
    assert len(publisher.connections) == 1


def test_one_log_line_a_file_and_no_key_in_it(publisher, store, limits, caplog):
    caplog.set_level(logging.INFO)
    publisher.plays(body(OLD))
    address = f"http://user:hush@{publisher.base_url.removeprefix('http://')}/a/2016.csv?key=secret"
    with Fetcher(store, Origin("live"), limits) as fetcher:
        fetcher.get(address, "csv", "bls_qcew")
    (line,) = caplog.messages
    assert f"bls_qcew: {publisher.base_url}/a/2016.csv new, {len(OLD)} bytes" in line
    assert publisher.requests[0][":path"] == "/a/2016.csv?key=secret"


def test_a_proxy_from_the_environment_does_not_stand_before_the_loopback(publisher, store, limits, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    publisher.plays(body(OLD))
    with Fetcher(store, Origin("mirror", publisher.base_url), limits, sleep=lambda _: None) as fetcher:
        assert get(fetcher).outcome == "new"


def test_memory_stays_flat(publisher, store, limits):
    size = 64 << 20
    line = b"0" * 63 + b"\n"

    def large(request) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(size))
        request.end_headers()
        for _ in range(64):
            request.wfile.write(line * (1 << 14))

    publisher.plays(large)
    wide = limits.model_copy(update={"max_download_bytes": size})
    with Fetcher(store, Origin("mirror", publisher.base_url), wide) as fetcher:
        tracemalloc.start()
        landed = get(fetcher)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert landed.bytes == size
    assert peak < 16 << 20


# --- what breaks on the way and is mended


def test_a_broken_download_is_resumed_from_the_byte_where_it_broke(publisher, fetcher, waits):
    publisher.plays(cut(BODY, 70_000), rest(BODY))
    assert get(fetcher).path.read_bytes() == BODY
    first, second = publisher.requests
    assert "range" not in first
    assert (second["range"], second["if-range"]) == ("bytes=70000-", '"v1"')
    assert len(waits) == 1


def test_a_download_that_breaks_again_while_resumed_goes_on(publisher, fetcher):
    def some(request) -> None:
        first = int(request.headers["Range"].removeprefix("bytes=").removesuffix("-"))
        span = f"bytes {first}-{len(BODY) - 1}/{len(BODY)}"
        body(BODY[first : first + 1000], '"v1"', 206, len(BODY) - first, Content_Range=span)(request)

    publisher.plays(cut(BODY, 70_000), some, some, rest(BODY))
    assert get(fetcher).path.read_bytes() == BODY
    assert [r.get("range") for r in publisher.requests[1:]] == [
        "bytes=70000-",
        "bytes=71000-",
        "bytes=72000-",
    ]


def test_a_download_left_by_an_earlier_refresh_is_resumed(publisher, fetcher, store, limits):
    publisher.plays(cut(BODY, 70_000))
    once = limits.model_copy(update={"attempts": 1})
    with Fetcher(store, Origin("mirror", publisher.base_url), once) as impatient, pytest.raises(SourceError):
        get(impatient)
    publisher.plays(rest(BODY))
    assert get(fetcher).path.read_bytes() == BODY
    assert publisher.requests[0]["range"] == "bytes=70000-"


def test_a_date_resumes_where_there_is_no_etag(publisher, fetcher):
    date = "Mon, 02 Nov 2015 10:00:00 GMT"
    publisher.plays(cut(BODY, 70_000, None, Last_Modified=date), rest(BODY, etag=""))
    assert get(fetcher).path.read_bytes() == BODY
    assert publisher.requests[1]["if-range"] == date


@pytest.mark.parametrize("etag", [None, 'W/"v1"'])
def test_without_a_strong_validator_a_download_starts_over(publisher, fetcher, etag):
    publisher.plays(cut(BODY, 70_000, etag), body(BODY, etag))
    assert get(fetcher).path.read_bytes() == BODY
    assert "range" not in publisher.requests[1]


@pytest.mark.parametrize(
    "second",
    [
        pytest.param(rest(BODY, start=5), id="another byte"),
        pytest.param(rest(BODY, etag='"v2"'), id="another etag"),
        pytest.param(rest(BODY + b"more\n"), id="another length"),
        pytest.param(body(BODY[70_000:], '"v1"', 206), id="no content-range"),
        pytest.param(status(416), id="range not satisfiable"),
        pytest.param(status(400), id="ranges disliked"),
    ],
)
def test_a_rest_that_does_not_fit_is_thrown_away(publisher, fetcher, second):
    publisher.plays(cut(BODY, 70_000), second, body(BODY, '"v1"'))
    assert get(fetcher).path.read_bytes() == BODY
    assert "range" in publisher.requests[1]
    assert "range" not in publisher.requests[2]


def test_a_file_that_changed_while_it_was_being_resumed_is_taken_whole(publisher, fetcher):
    newer = BODY.replace(b",5", b",3")
    publisher.plays(cut(BODY, 70_000), body(newer, '"v2"'))
    landed = get(fetcher)
    assert landed.path.read_bytes() == newer
    assert landed.etag == '"v2"'


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_passing_trouble_is_waited_out(publisher, fetcher, waits, code):
    publisher.plays(status(code), status(code), body(OLD))
    assert get(fetcher).outcome == "new"
    assert len(waits) == 2
    assert 1 <= waits[0] <= 2 <= waits[1] <= 3


def test_retry_after_in_seconds_is_obeyed_up_to_the_cap(publisher, fetcher, waits, limits):
    publisher.plays(status(429, Retry_After="7"), status(503, Retry_After="86400"), body(OLD))
    get(fetcher)
    assert waits == [7, limits.longest_wait]


def test_retry_after_as_a_date_is_obeyed(publisher, fetcher, waits):
    at = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    publisher.plays(status(503, Retry_After=at), body(OLD))
    get(fetcher)
    assert 25 < waits[0] <= 30


def test_retry_after_that_is_past_or_nonsense_asks_for_nothing():
    now = datetime(2026, 1, 1, tzinfo=UTC)
    assert retry_after("Thu, 01 Jan 2026 00:01:00 GMT", now) == 60
    assert retry_after("Wed, 31 Dec 2025 00:00:00 GMT", now) == 0
    assert [retry_after(value) for value in (None, "", "soon", "-5", "1.5")] == [0, 0, 0, 0, 0]


def test_a_server_that_is_away_is_waited_for(store, limits, waits, publisher):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    fetcher = Fetcher(store, Origin("mirror", f"http://127.0.0.1:{port}"), limits, sleep=waits.append)
    with fetcher, pytest.raises(SourceError, match="in 4 attempts; the last one: ConnectError"):
        get(fetcher)
    assert len(waits) == 3


def test_a_server_that_falls_silent_is_asked_again_for_the_rest(publisher, store, limits):
    done = threading.Event()

    def stall(request) -> None:
        body(BODY[:70_000], '"v1"', length=len(BODY))(request)
        request.wfile.flush()
        done.wait(5)

    publisher.plays(stall, rest(BODY))
    hasty = limits.model_copy(update={"read_timeout": 0.2})
    with Fetcher(store, Origin("mirror", publisher.base_url), hasty, sleep=lambda _: None) as fetcher:
        assert get(fetcher).path.read_bytes() == BODY
    done.set()
    assert publisher.requests[1]["range"] == "bytes=70000-"


# --- what can't be mended: a clear message, and the earlier file stays


def refuses(publisher, fetcher, store, landed, *script: Callable, kind: str = "csv", error: type = SourceError) -> str:
    """The message of a pull that must fail, after which the earlier file must still be the latest."""
    publisher.plays(*script)
    with pytest.raises(error) as caught:
        get(fetcher, kind)
    assert store.latest("mirror", URL) == landed
    assert landed.path.read_bytes() == OLD
    assert (caught.value.dataset, caught.value.file) == ("bls_qcew", "2016.csv")
    assert URL in caught.value.problem
    assert len(caught.value.remedy) > 20
    event = store.history("mirror", URL)[-1]
    assert (event.outcome, event.note) == (
        "absent" if error is NotPublished else "failed",
        caught.value.problem,
    )
    return str(caught.value)


@pytest.mark.parametrize("code", [404, 410])
def test_not_published(publisher, fetcher, store, landed, waits, code):
    message = refuses(publisher, fetcher, store, landed, status(code), error=NotPublished)
    assert f"is not published (HTTP {code})" in message
    assert "put the file into the mirror" in message
    assert waits == []


def test_a_refusal_says_to_set_a_contact(publisher, fetcher, store, landed, waits):
    message = refuses(publisher, fetcher, store, landed, status(403))
    assert "Remedy: set CLUSTERS_CONTACT to an e-mail address" in message
    assert waits == []


@pytest.mark.parametrize("code", [400, 401, 405, 413, 204, 206])
def test_another_status_is_not_tried_again(publisher, fetcher, store, landed, waits, code):
    assert f"HTTP {code}" in refuses(publisher, fetcher, store, landed, status(code))
    assert waits == []


def test_not_modified_to_a_question_without_conditions_is_an_error(publisher, fetcher):
    publisher.plays(status(304))
    with pytest.raises(SourceError, match="HTTP 304"):
        get(fetcher)


def test_attempts_are_counted_and_end(publisher, fetcher, store, landed, waits, limits):
    message = refuses(publisher, fetcher, store, landed, status(429))
    assert "could not be pulled in 4 attempts; the last one: HTTP 429" in message
    assert len(publisher.requests) == limits.attempts == len(waits) + 1


def test_a_length_that_never_arrives(publisher, fetcher, store, landed):
    message = refuses(publisher, fetcher, store, landed, cut(OLD, 10, None))
    assert "could not be pulled in 4 attempts" in message


@pytest.mark.parametrize("kind", ["csv", "text", "zip", "xls", "xlsx"])
@pytest.mark.parametrize(
    "page", [PAGE, b"\xef\xbb\xbf<html>", b"<!-- x --><HTML lang='en'>", b"<div>solve this captcha</div>"]
)
def test_an_html_page_with_status_200(publisher, fetcher, store, landed, kind, page):
    message = refuses(publisher, fetcher, store, landed, body(page), kind=kind)
    assert f"answered with an HTML page instead of a {kind} file" in message


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        ("csv", b"", "sent an empty file"),
        ("zip", b"", "sent an empty file"),
        ("csv", b"a,b\n\0\0\0\0", "NUL bytes"),
        ("text", b"a|b\n" + b"1|2\n" * 1_000 + b"\0" * 10, "NUL bytes"),
        ("csv", b'<?xml version="1.0"?><Fault>Maintenance</Fault>', "an XML document instead of a csv file"),
        ("csv", b'<?xml version="1.0"?><Fault>EXTRACTION_TOO_BIG</Fault>', "EXTRACTION_TOO_BIG instead of a csv file"),
        ("zip", b"area_fips,own_code\n", "not a zip archive"),
        ("xlsx", b"area_fips,own_code\n", "not a xlsx archive"),
        ("zip", zipped()[:-30], "truncated or damaged"),
        ("xlsx", zipped()[: len(zipped()) // 2], "truncated or damaged"),
        ("zip", b"PK\5\6" + bytes(18), "without members"),
        ("xls", zipped(), "not an xls workbook"),
    ],
)
def test_a_file_that_is_not_of_its_kind(publisher, fetcher, store, landed, kind, content, problem):
    assert problem in refuses(publisher, fetcher, store, landed, body(content), kind=kind)
    assert store.partial("mirror", URL).size == 0


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("zip", zipped()),
        ("xlsx", zipped()),
        ("xls", bytes.fromhex("d0cf11e0a1b11ae1") + bytes(600)),
        ("text", b"County Name|GEOID\nDo\xf1a Ana|35013\n"),
        ("csv", b'name,note\nx,"<html> is a tag"\n'),
    ],
)
def test_a_file_of_its_kind_is_stored(publisher, fetcher, kind, content):
    publisher.plays(body(content))
    assert get(fetcher, kind).path.read_bytes() == content


def test_a_file_announced_as_too_large_is_not_pulled(publisher, fetcher, store, landed):
    message = refuses(publisher, fetcher, store, landed, body(b"x", length=1_000_001))
    assert "is larger than 1000000 bytes" in message
    assert "CLUSTERS_MAX_DOWNLOAD_BYTES" in message


def test_a_file_that_turns_out_too_large_is_dropped(publisher, fetcher, store, landed):
    def endless(request) -> None:
        request.send_response(200)
        request.end_headers()
        request.close_connection = True
        request.wfile.write(b"1,2\n" * 300_000)

    assert "is larger than 1000000 bytes" in refuses(publisher, fetcher, store, landed, endless)
    assert store.partial("mirror", URL).size == 0


def test_a_redirect_within_the_host_is_followed_with_its_conditions(publisher, fetcher, landed):
    publisher.plays(status(302, Location="/new/place.csv"), status(304))
    assert get(fetcher).outcome == "unchanged"
    assert [r[":path"] for r in publisher.requests] == ["/data.bls.gov/cew/2016.csv", "/new/place.csv"]
    assert publisher.requests[1]["if-none-match"] == '"v0"'


@pytest.mark.parametrize("place", ["http://localhost:{port}/x.csv", "http://127.0.0.1:1/x.csv"])
def test_a_redirect_to_another_host_is_refused(publisher, fetcher, store, landed, place):
    location = place.format(port=publisher.server.server_address[1])
    message = refuses(publisher, fetcher, store, landed, status(301, Location=location))
    assert "redirects to another host" in message
    assert len(publisher.requests) == 1


@pytest.mark.parametrize(
    ("here", "there", "same"),
    [
        ("http://www.bls.gov/a", "https://www.bls.gov/b", True),
        ("https://www.bls.gov/a", "http://www.bls.gov/a", False),
        ("https://www.bls.gov/a", "https://data.bls.gov/a", False),
        ("https://www.bls.gov/a", "https://www.bls.gov:8443/a", False),
        ("https://www.bls.gov:443/a", "https://www.bls.gov/b", True),
    ],
)
def test_a_host_may_only_move_up_to_https(here, there, same):
    assert same_place(httpx.URL(here), httpx.URL(there)) is same


def test_a_redirect_loop_ends(publisher, fetcher, store, landed, waits):
    message = refuses(publisher, fetcher, store, landed, status(302, Location="/round"))
    assert "redirects more than 5 times" in message
    assert len(publisher.requests) == 6
    assert waits == []


def test_a_full_disk_says_so(publisher, fetcher, store, landed, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("orchestration.landing.store.os.fsync", full)
    publisher.plays(body(BODY))
    with pytest.raises(SetupError, match=r"bls_qcew: .*No space left.*Remedy: free disk space"):
        get(fetcher)
    assert store.latest("mirror", URL) == landed


CHILD = """
import sys
from pathlib import Path
from orchestration.landing.fetch import Fetcher, Origin
from orchestration.landing.store import Store
from orchestration.settings import Settings
root, base, url = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
with Store(root) as store, Fetcher(store, Origin("mirror", base), Settings(home=root)) as fetcher:
    fetcher.get(url, "csv", "bls_qcew")
"""


def test_kill_9_in_the_middle_of_a_download_costs_only_the_rest(publisher, store, landed, fetcher):
    large, released = (BODY * 8)[:900_000], threading.Event()

    def stall(request) -> None:
        body(large[:700_000], '"v1"', length=len(large))(request)
        request.wfile.flush()
        released.wait(20)

    publisher.plays(stall)
    partial = store.partial("mirror", URL)
    with subprocess.Popen([sys.executable, "-c", CHILD, str(store.root), publisher.base_url, URL]) as child:
        deadline = time.monotonic() + 20
        while partial.size < 600_000 and time.monotonic() < deadline:
            time.sleep(0.01)
        child.kill()
    released.set()
    assert child.returncode == -signal.SIGKILL

    with Store(store.root) as reopened:
        assert reopened.latest("mirror", URL) == landed
    have = partial.size
    assert have >= 600_000
    publisher.plays(rest(large))
    after = get(fetcher)
    assert (after.outcome, after.path.read_bytes() == large) == ("changed", True)
    assert publisher.requests[0]["range"] == f"bytes={have}-"


# --- addresses


def test_origins_locate_files():
    mirror = Origin("mirror", "http://127.0.0.1:8000/")
    spaced = "https://apps.bea.gov/zip/MAKE-USE-IMPORTS (AFTER REDEFINITIONS).zip"
    encoded = spaced.replace(" ", "%20")
    assert Origin("live").locate(spaced) == spaced
    assert mirror.locate(spaced) == mirror.locate(encoded) == encoded.replace("https://", "http://127.0.0.1:8000/")
    asked = "https://ec.europa.eu/data/sbs?format=TSV"
    for where in (mirror, Origin("sample", "http://127.0.0.1:8000")):
        with pytest.raises(SetupError, match=r"holds files by path\. Remedy: declare its place there as `mirror`"):
            where.locate(asked)
        place = "http://127.0.0.1:8000/ec.europa.eu/sbs%20of%202024.tsv"
        assert where.locate(asked, "ec.europa.eu/sbs of 2024.tsv") == place
        assert where.locate("https://ec.europa.eu/a.tsv", "other/b.tsv") == "http://127.0.0.1:8000/other/b.tsv"
    assert Origin("live").locate(asked, "ec.europa.eu/sbs of 2024.tsv") == asked


def test_a_key_in_the_address_is_not_told_with_it():
    with pytest.raises(SetupError) as caught:
        Origin("mirror", "http://127.0.0.1:1").locate("https://api.census.gov/data?get=NAICS&key=1f2e")
    assert "1f2e" not in str(caught.value)


@pytest.mark.parametrize(("name", "base"), [("live", "http://127.0.0.1:1"), ("mirror", None), ("sample", None)])
def test_an_origin_without_sense_is_refused(name, base):
    with pytest.raises(ValueError, match="base URL"):
        Origin(name, base)


def test_a_date_of_this_very_second_is_no_strong_validator():
    date, later = "Mon, 02 Nov 2015 10:00:00 GMT", "Mon, 02 Nov 2015 10:00:01 GMT"
    assert Version.of({"last-modified": date, "date": date}).resumable is None
    assert Version.of({"last-modified": date, "date": later}).resumable == date
    assert Version.of({"last-modified": "yesterday", "date": later}).resumable is None


def test_files_of_one_path_on_two_origins_are_apart(publisher, store, limits, landed):
    publisher.plays(body(BODY, '"v0"'))
    sample = Fetcher(store, Origin("sample", publisher.base_url), limits)
    with sample:
        assert get(sample).outcome == "new"
    assert "if-none-match" not in publisher.requests[0]
    assert store.latest("mirror", URL) == landed
