"""A publisher that means harm: answers packed to burst, redirects to what is no address, files that are no text."""

from __future__ import annotations

import gzip
import re
import tracemalloc
import zipfile
import zlib
from pathlib import Path

import pytest

from orchestration.errors import NotPublished, SourceError
from orchestration.landing.content import content_problem
from orchestration.landing.unpack import unpacked
from tests.landing.test_landing_fetch import BODY, OLD, URL, body, get, refuses

BOMB = gzip.compress(gzip.compress(bytes(50 << 20), mtime=0), mtime=0)
LITTLE = 8 << 20


@pytest.fixture
def landed(publisher, fetcher):
    """A file landed earlier, which must outlive whatever goes wrong."""
    publisher.plays(body(OLD, '"v0"'))
    return get(fetcher)


@pytest.mark.parametrize(
    ("packing", "content"),
    [
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("gzip, gzip", BOMB),
        ("GZIP", gzip.compress(BODY, mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("br", b"\x0b\x02\x80a,b\n1,2\n\x03"),
        ("zstd", b"\x28\xb5\x2f\xfd\x04\x00"),
        ("x-unheard-of" * 20, BODY),
    ],
)
def test_an_answer_that_is_packed_is_refused_at_once_and_not_unpacked(
    publisher, fetcher, store, landed, packing, content
):
    tracemalloc.start()
    message = refuses(publisher, fetcher, store, landed, body(content, '"v1"', Content_Encoding=packing))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert f"was sent packed (Content-Encoding: {packing.lower()[:80]})" in message
    assert len(publisher.requests) == 1
    assert publisher.requests[0]["accept-encoding"] == "identity"
    assert peak < LITTLE


@pytest.mark.parametrize("code", [302, 403, 404, 500])
def test_the_body_of_another_answer_is_never_unpacked(publisher, fetcher, store, landed, code):
    headers = {"Content_Encoding": "gzip, gzip"} | ({"Location": "/elsewhere"} if code == 302 else {})
    tracemalloc.start()
    error = NotPublished if code == 404 else SourceError
    refuses(publisher, fetcher, store, landed, body(BOMB, status=code, **headers), error=error)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < LITTLE


@pytest.mark.parametrize("packing", ["gzip", "x-gzip"])
def test_a_gz_file_is_taken_as_it_is_whatever_the_server_calls_it(publisher, fetcher, packing):
    packed = gzip.compress(BODY, mtime=0)
    publisher.plays(body(packed, '"v1"', Content_Encoding=packing))
    assert get(fetcher, "gz").path.read_bytes() == packed


@pytest.mark.parametrize(
    "place",
    [
        "javascript:alert(1)",
        "data:text/csv,a,b",
        "mailto:a@example.org",
        "about:blank",
        "x:y",
        "http://xn--a/",
        f"http://{'a' * 64}.example.org/",
        f"https://{'a' * 3000}/",
        "/" + "a" * 66_000,
        "http://a..b/",
        "ftp://127.0.0.1/a.csv",
        "file:///etc/passwd",
    ],
)
def test_a_redirect_to_what_is_no_address_is_the_source_s_error(publisher, fetcher, store, landed, place):
    moved = body(b"", status=302, Location=place)
    message = refuses(publisher, fetcher, store, landed, moved)
    assert re.search("redirects to|Invalid URL in location header", message)
    assert len(message) < 400
    publisher.plays(moved)
    assert fetcher.probe(URL).startswith("no answer")


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b" \r\n" * 5000 + b"<!DOCTYPE html><html><body>Please wait</body></html>", "an HTML page"),
        (b"\xef\xbb\xbf" + b"\n" * 9000 + b"<html></html>", "an HTML page"),
        (b"<!-- served by a cache -->\n<p>Please wait</p>", "an HTML page"),
        (b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\n", "a PDF document"),
        (b'["area","jobs"]\n', "JSON"),
        (b"[ [1, 2], [3, 4] ]", "JSON"),
        (b"[1,2]", "JSON"),
        (b"\n" * 5000 + b'{"rows": []}', "JSON"),
        (b"\x28\xb5\x2f\xfd\x04\x58a,b\n", "a zstd archive"),
        (gzip.compress(b"a,b\n1,2\n", mtime=0), "a gz archive"),
        (b"BZh91AY&SYa,b\n", "a bzip2 archive"),
    ],
)
@pytest.mark.parametrize("kind", ["csv", "text"])
def test_what_is_no_table_of_text_does_not_land_as_one(tmp_path: Path, kind, content: bytes, what: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert content_problem(path, kind) == f"answered with {what} instead of a {kind} file"


@pytest.mark.parametrize("content", [b" " * 20_000, b"\xef\xbb\xbf\r\n", b""])
def test_blanks_alone_are_an_empty_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert content_problem(path, "csv") == "sent an empty file"


@pytest.mark.parametrize("content", [b"[note] figures of 2016\n", b"\n\n  code,jobs\n1,2\n", b'"[1]",n\n'])
def test_what_only_looks_odd_is_still_text(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    assert content_problem(path, "csv") is None


@pytest.mark.parametrize(("method", "number"), [(zipfile.ZIP_BZIP2, 12), (zipfile.ZIP_LZMA, 14)], ids=["bzip2", "lzma"])
def test_members_packed_otherwise_than_by_deflate_are_refused_before_they_burst(
    tmp_path: Path, method: int, number: int
) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w", method) as archive:
        archive.writestr("a.csv", bytes(30 << 20))
    tracemalloc.start()
    with pytest.raises(SourceError, match=re.escape(f"by another method than deflate (number {number})")):
        unpacked(tmp_path / "a.zip", "zip", tmp_path / "into", "bls_qcew", 1 << 30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < LITTLE
    assert not list((tmp_path / "into").rglob("*"))
