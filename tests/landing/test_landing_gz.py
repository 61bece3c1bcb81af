"""gz: one file comes out, whole or not at all, and a bomb is stopped as a zip's is."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

import pytest

from orchestration.errors import SourceError
from orchestration.landing.content import content_problem
from orchestration.landing.unpack import unpacked

LIMIT = 100_000_000
TEXT = b"".join(b"%05d\t%d\n" % (n, n * n % 7919) for n in range(20_000))
PACKED = gzip.compress(TEXT, mtime=0)


def blob(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(content)
    return path


def refused(path: Path, into: Path, max_bytes: int = LIMIT) -> str:
    with pytest.raises(SourceError) as caught:
        unpacked(path, "gz", into, "eurostat_gdp", max_bytes, name="gdp.tsv.gz")
    assert (caught.value.dataset, caught.value.file) == ("eurostat_gdp", "gdp.tsv.gz")
    assert len(caught.value.remedy) > 15
    assert not [path for path in into.rglob("*") if path.is_file()]
    return caught.value.problem


@pytest.mark.parametrize(
    "content",
    [PACKED, gzip.compress(TEXT[:1000], mtime=0) + gzip.compress(TEXT[1000:], mtime=0), PACKED + bytes(512)],
    ids=["one member", "two members", "padded"],
)
def test_what_is_in_it_comes_out(tmp_path: Path, content: bytes) -> None:
    path = blob(tmp_path, content)
    assert content_problem(path, "gz") is None
    (file,) = unpacked(path, "gz", tmp_path / "work" / "deep", "eurostat_gdp", LIMIT, name="gdp.tsv.gz")
    assert file == tmp_path / "work" / "deep" / "gdp.tsv"
    assert file.read_bytes() == TEXT


@pytest.mark.parametrize(
    ("name", "unpacked_name"), [("gdp.csv.gz", "gdp.csv"), ("gdp", "gdp"), ("../../gdp.gz", "gdp"), (None, "blob")]
)
def test_the_name_is_that_of_the_address(tmp_path: Path, name: str | None, unpacked_name: str) -> None:
    path = tmp_path / "blob"
    with path.open("wb") as raw, gzip.GzipFile("../../evil.csv", "wb", fileobj=raw) as stream:
        stream.write(TEXT)
    assert unpacked(path, "gz", tmp_path / "w", "d", LIMIT, name=name) == [tmp_path / "w" / unpacked_name]
    assert sorted(p.name for p in tmp_path.iterdir()) == ["blob", "w"]


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(PACKED[:-200], id="cut"),
        pytest.param(PACKED[:-4], id="cut in its end"),
        pytest.param(PACKED[:9], id="cut in its head"),
        pytest.param(PACKED[:-8] + bytes(4) + PACKED[-4:], id="another checksum"),
        pytest.param(PACKED[:500] + bytes(40) + PACKED[540:], id="holed"),
        pytest.param(PACKED + b"and more", id="more behind it"),
        pytest.param(gzip.compress(TEXT, mtime=0) + PACKED[:-200], id="cut in its second member"),
    ],
)
def test_a_damaged_gz_is_refused_and_leaves_nothing(tmp_path: Path, content: bytes) -> None:
    path = blob(tmp_path, content)
    assert "sent a gz archive that is truncated or damaged" in (content_problem(path, "gz") or "")
    assert "the archive is damaged" in refused(path, tmp_path / "work")


@pytest.mark.parametrize("content", [TEXT, b"PK\x03\x04", zlib.compress(TEXT)], ids=["plain", "zip", "zlib"])
def test_what_is_no_gz_is_refused(tmp_path: Path, content: bytes) -> None:
    path = blob(tmp_path, content)
    assert content_problem(path, "gz") == "sent a file that is not a gz archive"
    assert "the archive is damaged" in refused(path, tmp_path / "work")


def test_a_bomb_is_stopped_by_its_ratio(tmp_path: Path) -> None:
    path = blob(tmp_path, gzip.compress(bytes(40 << 20)))
    assert path.stat().st_size < 100_000
    assert "unpacks to more than 200 times the archive's size" in refused(path, tmp_path / "work")
    assert "unpacks to more than 200 times its size" in (content_problem(path, "gz") or "")


def test_many_members_are_counted_together(tmp_path: Path) -> None:
    path = blob(tmp_path, gzip.compress(bytes(1 << 20)) * 40)
    assert "unpacks to more than 200 times" in refused(path, tmp_path / "work")


def test_the_limit_holds_while_writing(tmp_path: Path) -> None:
    problem = refused(blob(tmp_path, PACKED), tmp_path / "work", max_bytes=len(TEXT) - 1)
    assert problem == f"unpacks to {len(TEXT)} bytes, more than the limit of {len(TEXT) - 1}"
    assert len(unpacked(tmp_path / "blob", "gz", tmp_path / "w", "d", len(TEXT))) == 1


PAGE = b"<!DOCTYPE html><html><body><table></table></body></html>"


@pytest.mark.parametrize(
    ("kind", "content", "problem"),
    [
        ("html", PAGE, None),
        ("html", b"\xef\xbb\xbf  <table border=1><tr><td>1</table>", None),
        ("html", b"<?xml version='1.0'?>" + PAGE, None),
        ("html", b"a,b\n1,2\n", "sent a file that is no HTML page"),
        ("html", b'{"rows": []}', "sent a file that is no HTML page"),
        ("html", b"<?xml version='1.0'?><Error/>", "sent a file that is no HTML page"),
        ("html", PAGE + bytes(9), "sent a html file with NUL bytes in it"),
        ("html", b"", "sent an empty file"),
        ("json", b'[["a"],["1"]]', None),
        ("json", b'\xef\xbb\xbf{"rows": [1]}\n', None),
        ("json", b'[{"a": 1}, {"error": "x"}]', None),
        ("json", PAGE, "answered with an HTML page instead of a json file"),
        ("json", b"<?xml version='1.0'?><Error/>", "answered with an XML document instead of a json file"),
        (
            "json",
            b'{"error": "a key is needed"}',
            'answered with an error instead of data ({"error": "a key is needed"})',
        ),
        ("json", b'[["a"],["1"', "sent JSON that ends in the middle"),
        ("json", b'{"rows": [1]', "sent JSON that ends in the middle"),
        ("json", b"a,b\n1,2\n", "sent a file that is not JSON"),
        ("json", b'["a\0"]', "sent a json file with NUL bytes in it"),
        ("gz", PAGE, "answered with an HTML page instead of a gz file"),
        ("gz", b"<?xml?><f>EXTRACTION_TOO_BIG</f>", "answered EXTRACTION_TOO_BIG instead of a gz file"),
        ("text", b"<?xml?><f>EXTRACTION_TOO_BIG</f>", "answered EXTRACTION_TOO_BIG instead of a text file"),
        ("csv", b'{"rows": []}', "answered with JSON instead of a csv file"),
    ],
)
def test_a_file_is_what_its_kind_says(tmp_path: Path, kind, content: bytes, problem: str | None) -> None:
    assert content_problem(blob(tmp_path, content), kind) == problem
