"""Every way in which a publisher can fail the pull of one file: what is said, asked, kept on disk and still published.

The faults are played on the sample's files and on real ones (skipped where there is no mirror of them).
"""

from __future__ import annotations

import csv
import gzip
import io
import random
import re
import shutil
import stat
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import pytest

from orchestration.errors import SourceError
from orchestration.landing.store import Store
from tests.faults.desk import ATTEMPTS, Desk, Subject
from tests.faults.publisher import (
    Behaviour,
    answer,
    cut,
    cut_chunked,
    cut_unmeasured,
    drip,
    endless,
    fresh_etag,
    hang_up,
    honest,
    labelled,
    measured,
    packed,
    raw,
    stall,
    wrong_range,
)

PAGE = b"<!DOCTYPE html>\n<html><head><title>Maintenance</title></head><body>Come back later</body></html>\n"
CAPTCHA = b"<div class='g-recaptcha'>Prove that you are human: solve this captcha</div>"
SOAP = (
    b'<?xml version="1.0"?><S:Fault><faultstring>413</faultstring><detail>EXTRACTION_TOO_BIG: '
    b"the requested extraction is too big</detail></S:Fault>"
)
JSON = b'{"error": {"code": 500, "message": "internal error"}}'
ALWAYS = ATTEMPTS
Edit = Callable[[bytes], bytes]


@dataclass(frozen=True)
class Fault:
    """What the publisher does to a file, and what a pull must make of it.

    `asked` is how often it may be asked, `keeps` whether a half-finished download stays to be resumed, `lands` whether
    the bytes are kept to be looked at (they came whole, and could not be understood).
    """

    name: str
    says: str
    script: tuple[Behaviour, ...] = (honest,)
    content: Edit | None = None
    asked: int = 1
    keeps: bool = False
    lands: bool = False
    waits: tuple[float, ...] | None = None
    only: str | None = None


# --- on the way

ON_THE_WAY = [
    Fault("hangs up without an answer", "RemoteProtocolError", (hang_up,), asked=ALWAYS),
    Fault("no HTTP at all", "RemoteProtocolError", (raw(b"SSH-2.0-OpenSSH_9.2p1\r\n"),), asked=ALWAYS),
    Fault("stalls before the first byte", "ReadTimeout", (stall(),), asked=ALWAYS),
    Fault("stalls within the body", "ReadTimeout", (stall(5000),), asked=ALWAYS, keeps=True),
    Fault("drips its body", "did not arrive within 3 seconds", (drip(),), keeps=True),
    Fault("drips its headers", "did not arrive within 3 seconds", (drip(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 9999),)),
    Fault("drips the body of an error", "did not arrive within 3 seconds",
          (drip(b"HTTP/1.1 500 -\r\nContent-Length: 9999\r\n\r\n" + b"y" * 9999),)),
    Fault("says 100 for ever", "did not arrive within 3 seconds", (endless(b"HTTP/1.1 100 Continue\r\n\r\n"),)),
    Fault("sends headers for ever", "RemoteProtocolError", (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000),),
          asked=ALWAYS),
    Fault("breaks off, always", "bytes arrived|ended|RemoteProtocolError|peer closed", (cut(5000, etag=False),),
          asked=ALWAYS),
    Fault("breaks off and gives no other rest", "peer closed", (cut(5000), hang_up, cut(6000)), asked=ALWAYS,
          keeps=True),
    Fault("breaks off between chunks", "RemoteProtocolError", (cut_chunked(5000),), asked=ALWAYS),
    Fault("breaks off where there is no length", "broke off in the middle of a line", (cut_unmeasured(5005),),
          asked=ALWAYS),
    Fault("announces more than comes", "peer closed", (measured(+100),), asked=ALWAYS),
    Fault("announces two lengths", "RemoteProtocolError",
          (raw(b"HTTP/1.1 200 -\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc"),), asked=ALWAYS),
    Fault("gzip", "was sent packed .Content-Encoding: gzip", (packed(b"area_fips,area_title\n"),)),
    Fault("gzip cut short", "was sent packed", (raw(b"HTTP/1.1 200 -\r\nContent-Encoding: gzip\r\n"
          b"Content-Length: 9999\r\n\r\n" + gzip.compress(b"a,b\n" * 99)[:40]),)),
    Fault("gzip bomb", "was sent packed", (packed(bytes(60_000_000)),)),
    Fault("larger than may be", "is larger than 50000000 bytes",
          (raw(b"HTTP/1.1 200 -\r\nContent-Length: 99999999999\r\n\r\n"),)),
]  # fmt: skip

# --- answers

ANSWERS = [
    Fault("400", "HTTP 400", (answer(400),)),
    Fault("401", "HTTP 401", (answer(401),)),
    Fault("403 without a contact", "HTTP 403.*Remedy: set CLUSTERS_CONTACT", (answer(403, PAGE),)),
    Fault("413", "asking for too much at once.*Remedy: declare it in smaller pieces", (answer(413, SOAP),)),
    Fault("413's text with 200", "EXTRACTION_TOO_BIG instead of a csv", (answer(200, SOAP),)),
    Fault("429 without Retry-After", "HTTP 429", (answer(429),), asked=ALWAYS),
    Fault("429 with Retry-After in seconds", "HTTP 429", (answer(429, Retry_After="7"),), asked=ALWAYS, waits=(7, 7)),
    Fault("429 with Retry-After of a day", "HTTP 429", (answer(429, Retry_After="86400"),), asked=ALWAYS,
          waits=(60, 60)),
    Fault("429 with Retry-After as a date", "HTTP 429", (answer(429, Retry_After="Fri, 31 Dec 2100 00:00:00 GMT"),),
          asked=ALWAYS, waits=(60, 60)),
    *(Fault(f"{code}", f"HTTP {code}", (answer(code, PAGE),), asked=ALWAYS) for code in (500, 502, 503, 504)),
    Fault("a page with 200", "an HTML page instead of a csv", (answer(200, PAGE),)),
    Fault("a packed page with 200", "was sent packed", (packed(PAGE),)),
    Fault("a CAPTCHA with 200", "an HTML page instead of a csv", (answer(200, CAPTCHA),)),
    Fault("an error in JSON with 200", "answered with JSON", (answer(200, JSON),)),
    Fault("nothing with 200", "an empty file", (answer(200),)),
    Fault("204", "HTTP 204", (answer(204),)),
    Fault("206 without being asked", "HTTP 206", (answer(206, b"a,b\n", Content_Range="bytes 0-3/4"),)),
    Fault("206 of another part", "peer closed|another byte", (cut(5000), wrong_range, cut(5000)), asked=ALWAYS,
          keeps=True),
    Fault("redirects to another host", "redirects to another host, example.org",
          (answer(302, Location="https://example.org/x.csv"),)),
    Fault("redirects to a login on another port", "redirects to another host",
          (answer(302, Location="http://127.0.0.1:1/login"),)),
    Fault("redirects to nowhere", "RemoteProtocolError", (answer(302, Location="http://[::1/x"),), asked=ALWAYS),
]  # fmt: skip

# --- lists: what is in a text


def with_line(line: bytes) -> Edit:
    return lambda content: content + line + b"\r\n"


LISTS = [
    Fault("Latin-1", "line .*not utf-8", content=with_line('"99999","Doña Ana"'.encode("latin-1")), lands=True),
    Fault("UTF-16", "NUL bytes", content=lambda c: c.decode().encode("utf-16")),
    Fault("NUL bytes at the end", "NUL bytes", content=lambda c: c + bytes(512)),
    Fault("NUL byte within a text", "NUL bytes", content=with_line(b'"99999","a\0b"')),
    Fault("header only", "a header but no rows", content=lambda c: c.splitlines(keepends=True)[0], lands=True),
    Fault("semicolons", "column area_fips, area_title is missing", lands=True,
          content=lambda c: c.replace(b'","', b'";"')),
    Fault("a quote that never ends", "quote", content=with_line(b'"99999","and so on'), lands=True),
    Fault("a line too short", "Expected Number of Columns: 2 Found: 1", content=with_line(b'"99999"'), lands=True),
    Fault("an archive instead", "a zip archive instead of a csv",
          content=lambda c: archived({"area_titles.csv": c * 20})),
]  # fmt: skip

# --- slices: figures


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8"), newline="")))


def text_of(rows: Sequence[Sequence[str]], end: str = "\r\n") -> bytes:
    stream = io.StringIO(newline="")
    csv.writer(stream, quoting=csv.QUOTE_ALL, lineterminator=end).writerows(rows)
    return stream.getvalue().encode("utf-8")


def column(name: str, change: Callable[[str], str]) -> Edit:
    """Edits the values of a column."""

    def edit(content: bytes) -> bytes:
        header, *rows = rows_of(content)
        at = header.index(name)
        return text_of([header, *([*row[:at], change(row[at]), *row[at + 1 :]] for row in rows)])

    return edit


def header(change: Callable[[list[str]], list[str]]) -> Edit:
    """Edits the line of names."""

    def edit(content: bytes) -> bytes:
        first, *rows = rows_of(content)
        return text_of([change(first), *rows])

    return edit


def columns(pick: Callable[[list[str]], list[str]]) -> Edit:
    """Edits header and rows alike."""
    return lambda content: text_of([pick(row) for row in rows_of(content)])


def renamed(old: str, new: str) -> Edit:
    return header(lambda names: [new if name == old else name for name in names])


def parted(mark: str) -> Callable[[str], str]:
    """Thousands parted by a mark, where a number is that long."""
    return lambda value: f"{int(value):,}".replace(",", mark)


JOBS = "annual_avg_emplvl"
SLICES = [
    Fault("a column renamed", f"column {JOBS} is missing", content=renamed(JOBS, "avg_employment"), lands=True),
    Fault("a column dropped", "column agglvl_code is missing", content=columns(lambda r: [*r[:3], *r[4:]]), lands=True),
    Fault("thousands parted by commas", "where a (whole )?number belongs", content=column(JOBS, parted(",")),
          lands=True),
    Fault("thousands parted by points", "where a whole number belongs", content=column(JOBS, parted(".")), lands=True),
    Fault("thousands parted by blanks", "where a number belongs", content=column(JOBS, parted(" ")), lands=True),
    Fault("thousands parted by apostrophes", "where a number belongs", content=column(JOBS, parted("'")), lands=True),
    Fault("decimal commas", "where a number belongs", lands=True,
          content=column("lq_annual_avg_emplvl", lambda v: v.replace(".", ","))),
    Fault("a spreadsheet's exponents", "where a whole number belongs", lands=True,
          content=column(JOBS, lambda v: f"{int(v):.2E}")),
    Fault("decimals where persons are counted", "where a whole number belongs", lands=True,
          content=column(JOBS, lambda v: f"{v}.5")),
    Fault("a mark for what is withheld", "where a number belongs", content=column(JOBS, lambda v: "(D)"), lands=True),
    Fault("another area's slice", "the slice of .* holds the rows of 99000", lands=True,
          content=column("area_fips", lambda v: "99000")),
    Fault("another year's slice", "the rows are of .*2003.*, not of", content=column("year", lambda v: "2003"),
          lands=True),
    Fault("an unquoted comma in a text", "Expected Number of Columns", lands=True,
          content=lambda c: c + b",".join([b"1"] * (len(rows_of(c)[0]) + 1)) + b"\r\n"),
    Fault("cut at a line's middle, under a right length", "Expected Number of Columns|quote|where a number",
          content=lambda c: c[: c.rindex(b"\n", 0, -2) + 40], lands=True),
]  # fmt: skip

# --- archives


def members_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}


def archived(members: dict[str, bytes] | list[tuple[zipfile.ZipInfo | str, bytes]]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items() if isinstance(members, dict) else members:
            archive.writestr(name, content)
    return stream.getvalue()


def with_member(name: str, content: bytes = b"x", mode: int | None = None) -> Edit:
    member = zipfile.ZipInfo(name)
    member.create_system = 3
    member.external_attr = ((mode or stat.S_IFREG) | 0o644) << 16
    return lambda whole: archived([*members_of(whole).items(), (member, content)])


def first_member(change: Edit) -> Edit:
    def edit(content: bytes) -> bytes:
        name, inside = next(iter(members_of(content).items()))
        return archived({name: change(inside)})

    return edit


def encrypted(content: bytes) -> bytes:
    data = bytearray(archived(dict([next(iter(members_of(content).items()))])))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + offset] |= 1
    return bytes(data)


def holed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(64) + content[middle + 64 :]


ARCHIVES = [
    Fault("truncated", "truncated or damaged", content=lambda c: c[: len(c) // 2]),
    Fault("announced shorter than it is", "truncated or damaged", (measured(-1000),)),
    Fault("no archive", "not a zip archive", content=lambda c: b"area_fips,own_code\n"),
    Fault("a page", "an HTML page instead of a zip", content=lambda c: PAGE),
    Fault("no members", "without members", content=lambda c: b"PK\5\6" + bytes(18)),
    Fault("folders only", "the archive is empty", content=lambda c: archived({"2021/": b"", "__MACOSX/._a": b"x"}),
          lands=True),
    Fault("bytes changed on the way", "is damaged", content=holed, lands=True),
    Fault("encrypted", "is encrypted", content=encrypted, lands=True),
    Fault("a bomb", "times the archive's size", content=first_member(lambda c: bytes(60 << 20)), lands=True),
    Fault("a member above its folder", "outside its folder", content=with_member("../../evil.csv"), lands=True),
    Fault("a member at the root", "outside its folder", content=with_member("/etc/cron.d/evil"), lands=True),
    Fault("a link", "is a link or device", content=with_member("a.csv", b"/etc/passwd", stat.S_IFLNK), lands=True),
    Fault("a member twice", "appears twice", lands=True,
          content=lambda c: archived([("a.csv", b"1"), ("./a.csv", b"2")])),
    Fault("two tables", "the archive holds 2 files for one", only="sample", lands=True,
          content=lambda c: archived(members_of(c) | {"copy.csv": next(iter(members_of(c).values()))})),
    Fault("a table and a note", "column .* is missing|holds 2 files for one", content=with_member("readme.txt"),
          lands=True),
    Fault("a page in it", "in the archive the publisher answered with an HTML page", lands=True,
          content=first_member(lambda c: PAGE)),
    Fault("an archive in it", "a zip archive instead of a text file", lands=True,
          content=first_member(lambda c: archived({"a.csv": c}))),
    Fault("NUL bytes in it", "NUL bytes", content=first_member(lambda c: c[:5000] + bytes(9) + c[5000:]), lands=True),
    Fault("an empty table in it", "an empty file", content=first_member(lambda c: b""), lands=True),
]  # fmt: skip

# --- workbooks, and archives of them


def in_book(change: Callable[[str, bytes], bytes]) -> Edit:
    """Edits the parts of a workbook, told their names; in an archive of workbooks, of the first."""

    def edit(content: bytes) -> bytes:
        members = members_of(content)
        if "xl/workbook.xml" in members:
            return archived({name: change(name, part) for name, part in members.items()})
        first = next(iter(members))
        return archived(members | {first: edit(members[first])})

    return edit


def text_in_book(old: str, new: str) -> Edit:
    """Edits a text wherever it stands, the name of a sheet too."""
    return in_book(lambda name, part: part.replace(old.encode(), new.encode()))


def number(which: int, new: bytes) -> Edit:
    """Puts another cell in place of one that holds a number, in the largest sheet."""

    def edit(content: bytes) -> bytes:
        cells = list(re.finditer(rb'<c( r="[A-Z]+[0-9]+")?( [st]="[0-9n]+")*><v>-?[0-9.]+</v></c>', content))
        cell = cells[which]
        return content[: cell.start()] + b"<c" + (cell[1] or b"") + new + content[cell.end() :]

    return in_book(lambda name, part: edit(part) if len(part) > 200_000 and b"<sheetData" in part else part)


def rows_in_book(change: Edit) -> Edit:
    """Edits what follows a sheet's first row, up to its end."""

    def edit(content: bytes) -> bytes:
        start, end = content.index(b"</row>") + 6, content.index(b"</sheetData>")
        return content[:start] + change(content[start:end]) + content[end:]

    return in_book(lambda name, part: edit(part) if len(part) > 200_000 and b"</sheetData>" in part else part)


TEXT_CELL = b' t="inlineStr"><is><t>(D)</t></is></c>'
FAR = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'


def table_faults(year: str, key: str) -> list[Fault]:
    """Faults of a workbook with the sheets `year` and `key`, alone or in an archive."""
    return [
        Fault("a page", "an HTML page instead of a (xlsx|zip) file", content=lambda c: PAGE),
        Fault("truncated", "truncated or damaged", content=lambda c: c[: len(c) // 2]),
        Fault("nothing", "an empty file", content=lambda c: b""),
        Fault("an older format", "not a (xlsx|zip) archive", content=lambda c: bytes.fromhex("d0cf11e0a1b11ae1") + c),
        Fault("no workbook in it", "not a readable workbook|0 detail workbooks of the Use Table", lands=True,
              content=lambda c: archived({"a.csv": b"1,2\n"})),
        Fault("bytes changed on the way", "damaged|not a readable workbook", content=holed, lands=True),
        Fault("a cell far out", "reaches to row 1048576 and column 16384", lands=True,
              content=rows_in_book(lambda rows: rows + FAR)),
        Fault("no rows", "has no row of codes", content=rows_in_book(lambda rows: b""), lands=True),
        Fault("another year's sheet", f"sheet {year} is missing|says {year}, not 1999", lands=True,
              content=text_in_book(f'name="{year}"', 'name="1999"')),
        Fault("another year in the heading", f"heading of sheet {year} says 1999", lands=True,
              content=text_in_book(f"Redefinitions, {year}", "Redefinitions, 1999")),
        Fault("a sheet missing", "sheet NAICS Codes is missing", lands=True,
              content=text_in_book(f'name="{key}"', 'name="Codes"')),
        Fault("a row renamed", "lacks the row T005", content=text_in_book(">T005<", ">T905<"), lands=True),
        Fault("a column renamed", "lacks the column T007", content=text_in_book(">T007<", ">T907<"), lands=True),
        Fault("text for a number", r"holds the text '\(D\)'", content=number(5000, TEXT_CELL), lands=True),
        Fault("another figure", "add up to", content=number(5000, b"><v>99999999</v></c>"), lands=True),
    ]  # fmt: skip


PACKED = [
    *(f for f in ARCHIVES if f.name not in ("two tables", "a table and a note", "an archive in it", "NUL bytes in it")),
    Fault("another archive in it", "not a readable workbook", lands=True,
          content=first_member(lambda c: archived({"a": c}))),
    Fault("half a workbook in it", "in the archive the publisher sent a xlsx archive that is truncated", lands=True,
          content=first_member(lambda c: c[: len(c) // 2])),
    Fault("another year's workbooks", "the workbook is of 2024, not of 2025", lands=True,
          content=lambda c: archived({n.replace("M2025", "M2024"): part for n, part in members_of(c).items()})),
    Fault("a workbook missing", "no industries of the level 4-digit", lands=True,
          content=lambda c: archived({n: part for n, part in members_of(c).items() if "nat4d" not in n})),
    Fault("a cell far out", "reaches to row 1048576 and column 16384", lands=True,
          content=rows_in_book(lambda rows: rows + FAR)),
    Fault("a header only", "a header but no rows", content=rows_in_book(lambda rows: b""), lands=True),
    Fault("a column renamed", "column TOT_EMP is missing", content=text_in_book(">TOT_EMP<", ">JOBS<"), lands=True),
    Fault("text for a number", r"column TOT_EMP holds the text '\(D\)'", content=number(1, TEXT_CELL), lands=True),
    Fault("half a job", "column TOT_EMP holds 12.5 where a whole number", content=number(1, b"><v>12.5</v></c>"),
          lands=True),
]  # fmt: skip

FAULTS = [
    *(("list", fault) for fault in [*ON_THE_WAY, *ANSWERS, *LISTS]),
    *(("slice", fault) for fault in SLICES),
    *(("archive", fault) for fault in ARCHIVES),
    *(("table", fault) for fault in table_faults("2017", "NAICS Codes")),
    *(("older table", replace(fault, only="mirror")) for fault in table_faults("2007", "NAICS codes")),
    *(("staffing", fault) for fault in PACKED),
]


def play(desk: Desk, subject: Subject, fault: Fault) -> None:
    """Lets the publisher do to a file what the fault says."""
    if fault.content is not None:
        desk.publisher.replace(subject.url, fault.content(desk.publisher.has(subject.url)))
    desk.publisher.misbehave(subject.url, *fault.script)


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(("kind", "fault"), [pytest.param(k, f, id=f"{k}: {f.name}") for k, f in FAULTS])
def test_a_fault_stops_with_2_and_harms_nothing(desk: Desk, kind: str, fault: Fault) -> None:
    if fault.only and fault.only != desk.files:
        pytest.skip(f"a file of this kind is among the files of {fault.only} only")
    subject, good = desk.subjects[kind], desk.publisher.has(desk.subjects[kind].url)
    before = desk.disk()
    play(desk, subject, fault)
    with pytest.raises(SourceError) as caught:
        desk.pull(subject)

    error = caught.value
    assert (error.exit_code, error.dataset) == (2, subject.source.source_id)
    assert re.search(fault.says, str(error), re.DOTALL), str(error)
    assert error.file
    assert len(error.remedy) > 15
    assert len(desk.publisher.asked(subject.url)) == fault.asked
    assert len(desk.waits) == fault.asked - 1
    assert fault.waits is None or tuple(desk.waits) == fault.waits

    after = desk.disk()
    assert (after.release, after.tidy, after.index) == (before.release, before.tidy, before.index)
    assert after.scratch == []
    assert len(after.partials) == (2 if fault.keeps else 0), "bytes and their note, or neither"
    assert after.blobs.items() >= before.blobs.items()
    assert len(after.blobs) - len(before.blobs) == fault.lands
    assert desk.house.answers()

    desk.publisher.behave()
    desk.publisher.replace(subject.url, good)
    mended = desk.pull(subject)
    assert mended is not None
    assert (mended.outcome, mended.warning) == ("unchanged", None)
    assert desk.disk().partials == []


# --- no faults: what does no harm comes out as the same figures


def noted(content: bytes) -> bytes:
    """A column more, with a comma in its text."""
    first, *rows = rows_of(content)
    return text_of([[*first, "note"], *([*row, "x, y"] for row in rows)])


def rows_turned(content: bytes) -> bytes:
    first, *rows = rows_of(content)
    return text_of([first, *reversed(rows)])


HARMLESS = [
    ("a byte-order mark", lambda c: b"\xef\xbb\xbf" + c),
    ("line feeds only", lambda c: c.replace(b"\r\n", b"\n")),
    ("CRLF", lambda c: c.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")),
    ("columns in another order", columns(lambda row: row[::-1])),
    ("a column more", noted),
    ("rows in another order", rows_turned),
    ("no quotes", lambda c: c.replace(b'"', b"")),
    ("blanks round the names", header(lambda names: [f" {name} " for name in names])),
    ("no end of the last line", lambda c: c.rstrip()),
    ("an empty line at the end", lambda c: c + b"\r\n"),
]


@pytest.mark.parametrize("edit", [pytest.param(edit, id=name) for name, edit in HARMLESS])
def test_what_does_no_harm_gives_the_same_figures(desk: Desk, edit: Edit) -> None:
    subject = desk.subjects["slice"]
    figures = desk.figures(desk.pull(subject))
    desk.publisher.replace(subject.url, edit(desk.publisher.has(subject.url)))
    pulled = desk.pull(subject)
    assert pulled is not None
    assert pulled.warning is None
    assert len(figures) > 100
    assert desk.figures(pulled) == figures


MENDED = [
    ("breaks off and resumes", (cut(5000), honest), 1),
    ("breaks off twice and resumes", (cut(5000), cut(7000), honest), 2),
    ("breaks off without an ETag", (cut(5000, etag=False), honest), 1),
    ("another part, then all", (cut(5000), wrong_range, honest), 2),
    ("503 twice", (answer(503), answer(503, Retry_After="1"), honest), 2),
    ("429 once", (answer(429, Retry_After="2"), honest), 1),
    ("hangs up once", (hang_up, honest), 1),
    ("stalls once", (stall(), honest), 1),
    ("headers too long once", (raw(b"HTTP/1.1 200 OK\r\nX: " + b"y" * 300_000), honest), 1),
    ("no length, whole", (cut_unmeasured(None),), 0),
    ("another ETag each time", (fresh_etag,), 0),
    ("an earlier Last-Modified over the same bytes", (labelled(Last_Modified="Thu, 01 Jan 1998 00:00:00 GMT"),), 0),
]


@pytest.mark.parametrize(("script", "waits"), [pytest.param(s, w, id=name) for name, s, w in MENDED])
def test_a_passing_trouble_is_got_over(desk: Desk, script: tuple[Behaviour, ...], waits: int) -> None:
    subject, before = desk.subjects["list"], desk.disk()
    with Store(desk.settings.landing) as store:
        landed = store.latest("mirror", subject.url)
        assert landed is not None
        store.reject(landed, "so that it is asked for whole")
    desk.publisher.misbehave(subject.url, *script)
    for _ in range(2):
        pulled = desk.pull(subject)
        assert pulled is not None
        assert (pulled.outcome, pulled.warning) == ("unchanged", None)
        assert desk.disk().blobs == before.blobs
        assert desk.disk().partials == []
    assert len(desk.waits) <= waits


@pytest.mark.parametrize("status", [404, 410])
def test_a_file_that_has_gone_is_kept_and_told(desk: Desk, status: int) -> None:
    subject, before = desk.subjects["list"], desk.disk()
    desk.publisher.misbehave(subject.url, answer(status, PAGE))
    kept = desk.pull(subject)
    assert kept is not None
    assert kept.outcome == "kept"
    assert len(desk.publisher.asked(subject.url)) == 1
    assert (desk.disk().blobs, desk.disk().tidy, desk.disk().release) == (before.blobs, before.tidy, before.release)


def test_a_redirect_loop_ends(desk: Desk) -> None:
    subject, before = desk.subjects["list"], desk.disk()
    address = f"{desk.publisher.url}/{subject.url.removeprefix('https://')}"
    desk.publisher.misbehave(subject.url, answer(302, Location=address))
    with pytest.raises(SourceError, match="redirects more than 5 times"):
        desk.pull(subject)
    assert len(desk.publisher.asked(subject.url)) == 6
    assert (desk.waits, desk.disk()) == ([], before)


def test_not_modified_without_being_asked_is_no_file(desk: Desk) -> None:
    subject = desk.subjects["list"]
    desk.publisher.misbehave(subject.url, answer(304))
    shutil.rmtree(desk.settings.landing)
    with pytest.raises(SourceError, match="HTTP 304"):
        desk.pull(subject)
    assert len(desk.publisher.asked(subject.url)) == 1


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("way", [cut, cut_chunked, cut_unmeasured])
def test_a_file_cut_at_a_random_byte_is_never_taken_for_whole(
    desk: Desk, seed: int, way: Callable[[int], Behaviour]
) -> None:
    kind = ("list", "slice", "archive")[seed % 3]
    subject = desk.subjects[kind]
    content = desk.publisher.has(subject.url)
    at = random.Random(seed).randrange(1, len(content) - 1)
    if way is cut_unmeasured and content[at - 1 : at] == b"\n":
        at -= 1
    before = desk.disk()
    desk.publisher.replace(subject.url, content + b"another edition" if kind == "archive" else content * 2)
    desk.publisher.misbehave(subject.url, way(at))
    with pytest.raises(SourceError, match=r"in 3 attempts|truncated or damaged"):
        desk.pull(subject)
    after = desk.disk()
    assert (after.blobs, after.tidy, after.release) == (before.blobs, before.tidy, before.release)
    assert len(after.partials) == (2 if way is cut else 0)
