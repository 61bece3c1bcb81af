"""Unpacking: what is in the archive comes out, and nothing that a hostile one tries gets through."""

from __future__ import annotations

import stat
import struct
import zipfile
from pathlib import Path

import pytest

from orchestration.errors import SourceError
from orchestration.landing import unpack
from orchestration.landing.unpack import unpacked

LIMIT = 100_000_000


def archive(tmp_path: Path, members: dict[str, bytes] | list[tuple[zipfile.ZipInfo | str, bytes]]) -> Path:
    path = tmp_path / "blob"
    pairs = members.items() if isinstance(members, dict) else members
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, content in pairs:
            out.writestr(name, content)
    return path


def refused(path: Path, into: Path, max_bytes: int = LIMIT) -> str:
    """The message for an archive that must be refused, leaving no file behind."""
    with pytest.raises(SourceError) as caught:
        unpacked(path, "zip", into, "bls_qcew", max_bytes, name="2016.zip")
    assert (caught.value.dataset, caught.value.file) == ("bls_qcew", "2016.zip")
    assert len(caught.value.remedy) > 15
    assert [p for p in into.rglob("*") if p.is_file() or p.is_symlink()] == []
    return str(caught.value)


def test_members_come_out_in_order_of_their_names(tmp_path):
    path = archive(tmp_path, {"b/2.csv": b"2", "a.csv": b"1", "b/": b"", "__MACOSX/._a.csv": b"x", "empty.csv": b""})
    into = tmp_path / "work" / "deep"
    files = unpacked(path, "zip", into, "bls_qcew", LIMIT)
    assert [f.relative_to(into).as_posix() for f in files] == ["a.csv", "b/2.csv", "empty.csv"]
    assert [f.read_bytes() for f in files] == [b"1", b"2", b""]
    assert sorted(p for p in into.rglob("*") if p.is_file()) == files


def test_windows_separators_make_folders(tmp_path):
    path = archive(tmp_path, {"b\\2.csv": b"2"})
    assert unpacked(path, "zip", tmp_path / "w", "bls_qcew", LIMIT) == [tmp_path / "w" / "b" / "2.csv"]


def test_unpacking_again_gives_the_same(tmp_path):
    path = archive(tmp_path, {"a.csv": b"1"})
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "a.csv").write_bytes(b"longer, left by a refresh that was killed")
    assert [f.read_bytes() for f in unpacked(path, "zip", tmp_path / "w", "bls_qcew", LIMIT)] == [b"1"]


@pytest.mark.parametrize("kind", ["csv", "text", "xls", "xlsx"])
def test_other_kinds_are_themselves(tmp_path, kind):
    path = archive(tmp_path, {"a.csv": b"1"})
    assert unpacked(path, kind, tmp_path / "w", "bls_qcew", LIMIT) == [path]


@pytest.mark.parametrize(
    "name",
    [
        "../evil.csv",
        "/evil.csv",
        "a/../../evil.csv",
        "..\\evil.csv",
        "C:\\evil.csv",
        "\\\\host\\share\\e",
        ".",
    ],
)
def test_a_member_may_not_leave_its_folder(tmp_path, name):
    path = archive(tmp_path, {"a.csv": b"1", name: b"2"})
    message = refused(path, tmp_path / "w")
    assert f"member {name} would be written outside its folder" in message
    assert not (tmp_path / "evil.csv").exists()


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR])
def test_links_and_devices_are_refused(tmp_path, mode):
    member = zipfile.ZipInfo("link.csv")
    member.create_system = 3
    member.external_attr = (mode | 0o777) << 16
    path = archive(tmp_path, [(member, b"/etc/passwd"), ("a.csv", b"1")])
    assert "member link.csv is a link or device" in refused(path, tmp_path / "w")


def test_encrypted_members_are_refused(tmp_path):
    path = archive(tmp_path, {"a.csv": b"1"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    path.write_bytes(data)
    assert "member a.csv is encrypted" in refused(path, tmp_path / "w")


def test_a_bomb_is_stopped_by_its_ratio(tmp_path):
    path = archive(tmp_path, {"bomb.csv": bytes(40 << 20)})
    assert path.stat().st_size < 100_000
    message = refused(path, tmp_path / "w")
    assert "member bomb.csv unpacks to more than 200 times the archive's size" in message


def test_a_dense_table_is_no_bomb(tmp_path):
    content = b"".join(b"%05d,5,0,0,0,0,0,0,0,0,0,0\n" % n for n in range(700_000))
    assert len(content) > unpack.RATIO_COUNTS_FROM
    path = archive(tmp_path, {"a.csv": content})
    assert 10 < len(content) / path.stat().st_size < unpack.HIGHEST_RATIO
    (file,) = unpacked(path, "zip", tmp_path / "w", "bls_qcew", LIMIT)
    assert file.stat().st_size == len(content)


def test_an_archive_that_announces_too_much_is_not_begun(tmp_path, monkeypatch):
    path = archive(tmp_path, {"a.csv": bytes(600), "b.csv": bytes(600)})
    monkeypatch.setattr(unpack, "_chunks", lambda *_: pytest.fail("nothing should be read"))
    message = refused(path, tmp_path / "w", max_bytes=1000)
    assert "unpacks to 1200 bytes, more than the limit of 1000" in message
    assert "CLUSTERS_MAX_UNPACKED_BYTES" in message


def test_the_limit_holds_while_writing_whatever_was_announced(tmp_path, monkeypatch):
    path = archive(tmp_path, {"a.csv": bytes(600), "b.csv": bytes(600)})
    monkeypatch.setattr(unpack, "_chunks", lambda *_: iter([bytes(500)] * 2))
    assert "member b.csv unpacks to 1500 bytes" in refused(path, tmp_path / "w", max_bytes=1300)


def test_a_member_that_lies_about_its_size_is_damaged(tmp_path):
    path = archive(tmp_path, {"a.csv": b"1" * 1000})
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, data.index(b"PK\1\2") + 24, 10)
    path.write_bytes(data)
    assert "member a.csv is damaged" in refused(path, tmp_path / "w")


def test_a_flipped_bit_is_found(tmp_path):
    path = tmp_path / "blob"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        out.writestr("a.csv", b"first")
        out.writestr("b.csv", b"01001,432\n")
    path.write_bytes(path.read_bytes().replace(b"432", b"433"))
    assert "member b.csv is damaged (Bad CRC-32" in refused(path, tmp_path / "w")


def test_a_truncated_archive_is_damaged(tmp_path):
    path = archive(tmp_path, {"a.csv": b"1" * 1000})
    path.write_bytes(path.read_bytes()[:-30])
    assert "the archive is damaged" in refused(path, tmp_path / "w")


def test_too_many_members_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(unpack, "MOST_MEMBERS", 3)
    path = archive(tmp_path, {f"{n}.csv": b"1" for n in range(4)})
    assert "has 4 members, more than 3" in refused(path, tmp_path / "w")


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_may_not_appear_twice(tmp_path):
    path = archive(tmp_path, [("a.csv", b"1"), ("./a.csv", b"2")])
    assert "member ./a.csv appears twice" in refused(path, tmp_path / "w")


def test_a_member_may_not_be_a_file_and_a_folder(tmp_path):
    path = archive(tmp_path, {"a": b"1", "a/b.csv": b"2"})
    assert "member a/b.csv is a file and a folder at once" in refused(path, tmp_path / "w")


def test_an_unknown_compression_is_refused(tmp_path):
    path = archive(tmp_path, {"a.csv": b"1"})
    data = bytearray(path.read_bytes())
    for signature, offset in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        struct.pack_into("<H", data, data.index(signature) + offset, 9)
    path.write_bytes(data)
    assert "by another method than deflate (number 9)" in refused(path, tmp_path / "w")


def test_a_place_before_the_beginning_is_the_archive_s_fault(tmp_path):
    path = archive(tmp_path, {"a.csv": b"1"})
    data = bytearray(path.read_bytes())
    end = data.rindex(b"PK\5\6")
    (offset,) = struct.unpack_from("<I", data, end + 16)
    struct.pack_into("<I", data, end + 16, offset + 7)
    path.write_bytes(data)
    assert "the archive is damaged" in refused(path, tmp_path / "w")


@pytest.mark.parametrize("name", ["é" * 150 + ".csv", "a" * 300 + ".csv", "/".join(["b" * 200] * 30) + ".csv"])
def test_a_name_that_no_disk_can_hold_is_the_archive_s_fault(tmp_path, name):
    path = archive(tmp_path, {name: b"1"})
    assert "has a name that is too long" in refused(path, tmp_path / "w")
