"""Publishers' files damaged at random: what comes of each is a table or the source's error, and nothing else.

    python -m bench.fuzz --seconds 600 --seed 1 [--sample DIR] [--keep DIR]

Every format that a declared source has in the sample, and small files for each shared reader, are changed by
hypothesis: bytes flipped, cut, moved, repeated, odd ones put in; in archives also inside their members. Each goes
through the look at what lands and the parser as in a refresh, within the limits of the cage. A violation is any other
error than the source's, an error that no parser foresaw, or a process that outlives its time. Prints each violation
with the folder that keeps its files, and a count of how the rest ended; exit status 1 if there was any.

Belongs here: the files, the damage and its account. Does not: what any one damage should lead to (tests/sources).
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import io
import shutil
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from orchestration.errors import SourceError
from orchestration.landing.content import problem_told
from orchestration.landing.origin import Origin
from orchestration.landing.pulls import Landed
from orchestration.parsing import parse
from orchestration.sample.write import write_sample
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked, Edition, Format, Source
from tests.sources.books import book
from tests.sources.declaring import source as declared

TODAY = date(2026, 11, 28)
YEARS = range(2019, 2027)
MEMBERS, LINES, LONGEST = 20, 60, 400_000
EXAMPLES = 8
TIMEOUT = 30
ODD = [
    *(b"\0", b'"', b",", b"\n", b"\r", b"\t", b";", b"<", b">", b"&", b"'", b"\\", b"-", b" ", b"%s", b"../", b"="),
    *(b"\xff\xfe", b"\xef\xbb\xbf", b"\xed\xa0\x80", b"\xc2\x85", b"\xe2\x80\xae", b"\xf4\x90\x80\x80", b"\x1b[31m"),
    *(b"1e999", b"-0", b"NaN", b"1,234", b"9" * 400, b"0x10", b"1_0", b"\xd9\xa1", b"null", b"99999999999999999999"),
    *(b"[" * 3000, b"{" * 3000, b'"a":', b"<td>" * 500, b"</table>", b"<!DOCTYPE x [<!ENTITY a 'b'>]>&a;", b"&#0;"),
    *(b"PK\x01\x02", b"PK\x05\x06", b"\x1f\x8b", b"\xff" * 8, b"\0" * 64, b"A" * 70_000),
]
# Of one table of Eurostat's: TSV as it was and as it is, and SDMX-CSV.
LAYOUTS = (
    b"unit,landuse,geo\\time\t2016 \t2015 \nKM2,TOTAL,DE111\t207.3 \t: c\nKM2,TOTAL,DE112\t618 b\t618 \n",
    b"freq,landuse,unit,geo\\TIME_PERIOD\t2015 \t2016 \r\nA,TOTAL,KM2,DE111\t: c\t207.3 \r\n"
    b"A,TOTAL,KM2,DE112\t618 \t618 b\r\n",
    b"DATAFLOW,LAST UPDATE,freq,landuse,unit,geo,TIME_PERIOD,OBS_VALUE,OBS_FLAG\n"
    b"ESTAT:X(1.0),01/01/26,A,TOTAL,KM2,DE111,2015,,c\nESTAT:X(1.0),01/01/26,A,TOTAL,KM2,DE112,2015,618,\n",
)
Draw = Callable[[st.SearchStrategy[Any]], Any]


@dataclass(frozen=True)
class Subject:
    """A format of a source, and whole files of it, in the order of its resources."""

    source: Source
    edition: Edition
    form: Format
    files: tuple[bytes, ...]

    @property
    def name(self) -> str:
        return f"{self.source.source_id} {self.edition.name} {self.form.name}"


def run(seconds: float, seed: int, sample: Path | None = None, keep: Path | None = None) -> list[str]:
    """Damages and reads files for so long; returns what went wrong, in words.

    `sample` is a folder of the sample's files, made if there is none; `keep` is where the files of violations are kept.

    Example:
        >>> run(600, seed=1)  # doctest: +SKIP
        []
    """
    return account(seconds, seed, sample, keep)[0]


def account(
    seconds: float, first_seed: int, sample: Path | None = None, keep: Path | None = None
) -> tuple[list[str], Counter[str]]:
    """The same, and how often files were read, refused, or brought down the process that read them."""
    violations: list[str] = []
    ends: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="clusters-fuzz-") as name:
        folder = Path(name)
        subjects = [
            *of_the_sample(sample or write_sample(folder / "sample"), folder),
            *of_readers(folder / "declared"),
        ]
        end, number = time.monotonic() + seconds, first_seed
        while time.monotonic() < end:
            for subject in subjects:
                for files in damaged(subject, number, end):
                    how = outcome(subject, files, folder)
                    ends[how if how in ENDS else "violation"] += 1
                    if how not in ENDS:
                        violations.append(f"{subject.name}: {how}{kept(files, keep)}")
            number += 1
    return violations, ends


ENDS = ("read", "refused", "brought its reader down")


def outcome(subject: Subject, files: tuple[bytes, ...], folder: Path) -> str:
    """One of `ENDS`, or what is wrong."""
    home = folder / "home"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    settings = Settings(
        home=home, parse_timeout=TIMEOUT, parse_memory_limit="1500MB", max_unpacked_bytes=200_000_000, profile="sample"
    )
    landed = []
    for resource, content in zip(subject.form.resources, files, strict=False):
        digest = hashlib.sha256(content).hexdigest()
        path, now = home / f"{len(landed)}-{digest}", datetime.now(UTC)
        path.write_bytes(content)
        item = Landed("fuzz", "sample", resource.url, "new", path, digest, len(content), None, None, now)
        landed.append((resource, item))
    started = time.monotonic()
    try:
        if any(problem_told(item.path, resource.kind, settings) for resource, item in landed):
            return "refused"
        parse(subject.source, subject.form, subject.edition, landed, settings, home / "tidy" / "t" / "e" / "p.parquet")
        return "read"
    except SourceError as error:
        if "stopped with" in error.problem:
            return f"foreseen by no parser: {error.problem}"
        late = time.monotonic() - started > 3 * TIMEOUT
        died = "the process that reads these bytes" in error.problem
        return f"outlived its time: {error.problem}" if late else "brought its reader down" if died else "refused"
    except Exception as error:
        return f"{type(error).__name__}: {error}"


def damaged(subject: Subject, number: int, end: float) -> Iterator[tuple[bytes, ...]]:
    """Some damaged forms of a subject's files; the same for a number."""
    found: list[tuple[bytes, ...]] = []

    @seed(number)
    @hypothesis_settings(
        max_examples=EXAMPLES, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=HealthCheck
    )
    @given(st.data())
    def collect(data: st.DataObject) -> None:
        which = data.draw(st.integers(0, len(subject.files) - 1))
        changed = within(data.draw, subject.files[which])
        found.append((*subject.files[:which], changed, *subject.files[which + 1 :]))

    collect()
    return (files for files in found if time.monotonic() < end)


def within(draw: Draw, content: bytes) -> bytes:
    """The content, damaged; of an archive some of its members, or the archive itself."""
    if content.startswith(b"PK") and draw(st.integers(0, 3)):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
        name = draw(st.sampled_from(sorted(members)))
        return zipped(members | {name: within(draw, members[name])})
    if content.startswith(b"\x1f\x8b") and draw(st.integers(0, 3)):
        return gzip.compress(within(draw, gzip.decompress(content)), 1, mtime=0)
    for _ in range(draw(st.integers(1, 4))):
        content = changed(draw, content)
    return content


def changed(draw: Draw, content: bytes) -> bytes:
    """The content after one change."""
    # What decides most stands at the beginning, and of an archive, whose list of members comes last, at the end.
    near = min(len(content), 300)
    first, last = draw(st.sampled_from([(0, near), (len(content) - near, len(content)), (0, len(content))]))
    at = draw(st.integers(first, last))
    length = draw(st.sampled_from([1, 1, 2, 8, 100, 5000]))
    odd = draw(st.one_of(st.sampled_from(ODD), st.binary(min_size=1, max_size=6)))
    match draw(st.sampled_from(["replace", "insert", "delete", "repeat", "cut", "move"])):
        case "replace":
            return content[:at] + odd + content[at + len(odd) :]
        case "insert":
            return content[:at] + odd + content[at:]
        case "delete":
            return content[:at] + content[at + length :]
        case "repeat":
            return content[:at] + content[at : at + length] * 3 + content[at + length :]
        case "cut":
            return content[:at]
        case _:
            return content[:at] + content[at + length : at + 2 * length] + content[at:]


def of_the_sample(sample: Path, folder: Path) -> Iterator[Subject]:
    """Of each format of each declared source, the first edition that the sample holds whole, its texts made short."""
    for source in SOURCES.values():
        seen: set[str] = set()
        for edition in source.editions(Asked(YEARS, TODAY, {name: [] for name in source.needs})):
            for form in edition.formats:
                addresses = [Origin("mirror", "http://x").locate(r.url, r.mirror) for r in form.resources]
                paths = [sample / unquote(address.removeprefix("http://x/")) for address in addresses]
                if form.name in seen or not paths or not paths[0].is_file():
                    continue
                subject = Subject(source, edition, form, tuple(short(path.read_bytes()) for path in paths))
                if outcome(subject, subject.files, folder) == "read":
                    seen.add(form.name)
                    yield subject


def of_readers(folder: Path) -> Iterator[Subject]:
    """A small file for each shared reader, in each kind that it takes."""
    rows = [["town", "n"], ["01", "4"], ["02", "5"]]
    page = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    table = b"town,n\n01,4\n02,5\n"
    for kind, reader, content in (
        ("csv", "delimited", table),
        ("gz", "delimited", gzip.compress(table, 1, mtime=0)),
        ("zip", "delimited", zipped({"people.csv": table})),
        ("json", "json", b'[["town","n"],["01","4"],["02",5]]'),
        ("json", "json", b'[{"town":"01","n":4},{"town":"02","n":"5"}]'),
        ("html", "html_table", f"<html><body><table>{page}</table></body></html>".encode()),
        ("xlsx", "workbook", book({"Data": [["town", "n"], ["01", 4], ["02", 5]]})),
    ):
        edition = {"period": "2020", "kind": kind, "url": "https://x.org/a", "reader": reader}
        source = declared(folder, editions=[edition])
        [made] = source.editions(Asked([], TODAY, {}))
        yield Subject(source, made, made.formats[0], (content,))
    eurostat = SOURCES["eurostat_demo_r_d3area"]
    [made] = eurostat.editions(Asked([], TODAY, {}))
    for layout in LAYOUTS:
        yield Subject(eurostat, made, made.formats[0], (gzip.compress(layout, 1, mtime=0),))


def short(content: bytes) -> bytes:
    """The beginning of a text, or an archive of such, as long as it is still whole; workbooks as they are."""
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = archive.namelist()[:MEMBERS]
            if "[Content_Types].xml" in names:
                return content
            return zipped({name: short(archive.read(name)) for name in names})
    if content.startswith((b"\x1f\x8b", b"\xd0\xcf")) or len(content) < LONGEST:
        return content
    return b"".join(content.splitlines(keepends=True)[:LINES])


def zipped(members: dict[str, bytes]) -> bytes:
    """An archive of these members."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return stream.getvalue()


def kept(files: tuple[bytes, ...], keep: Path | None) -> str:
    """Where the files of a violation are kept, if anywhere."""
    if keep is None:
        return ""
    folder = keep / hashlib.sha256(b"".join(files)).hexdigest()[:12]
    folder.mkdir(parents=True, exist_ok=True)
    for number, content in enumerate(files):
        (folder / str(number)).write_bytes(content)
    return f" (its files: {folder})"


def main() -> int:
    """Runs, prints, and returns the exit status."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--sample", type=Path, help="a folder that holds the sample already")
    parser.add_argument("--keep", type=Path, default=Path(tempfile.gettempdir()) / "clusters-fuzz-kept")
    args = parser.parse_args()
    violations, ends = account(args.seconds, args.seed, args.sample, args.keep)
    for violation in violations:
        print(violation)
    print(f"{sum(ends.values())} files: " + ", ".join(f"{count} {end}" for end, count in ends.most_common()))
    return 1 if violations else 0


if __name__ == "__main__":
    raise SystemExit(main())
