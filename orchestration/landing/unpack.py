"""Unpacking archives that strangers made, without trusting what they say about themselves.

Belongs here: safe extraction. Does not: which members a parser wants, what they mean.
"""

from __future__ import annotations

import errno
import gzip
import stat
import struct
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import TYPE_CHECKING

from orchestration.errors import SourceError

if TYPE_CHECKING:
    from orchestration.sources.source import Kind

CHUNK = 1 << 20
MOST_MEMBERS = 10_000
# Tables of digits and commas shrink 5 to 20 times; 200 is beyond any, and small archives may do as they like.
HIGHEST_RATIO = 200
RATIO_COUNTS_FROM = 16 << 20
ENCRYPTED = 0x1
# What zipfile unpacks of the other methods it holds in memory whole, however little is asked for.
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
DAMAGED = (zipfile.BadZipFile, gzip.BadGzipFile, zlib.error, EOFError, UnicodeError, struct.error)
# Bytes of a name that every disk can hold, and of a path.
LONGEST_NAME, LONGEST_PATH = 255, 1000


def unpacked(path: Path, kind: Kind, into: Path, dataset: str, max_bytes: int, name: str | None = None) -> list[Path]:
    """The files in a landed file: the members of a zip or what a gz holds, extracted below `into`, or the file itself.

    Sorted by member name; folders and macOS's `__MACOSX` are left out. `max_bytes` caps what an archive may
    unpack to. `name` is the publisher's name of the file for messages, since stored files are named by their
    digest; what a gz holds gets it without the `.gz`, whatever the archive says. After an error nothing of the
    archive is left in `into`.

    Raises:
        SourceError: if the archive is damaged, encrypted, too large, or would write outside `into`.

    Example:
        >>> unpacked(Path("2016_annual_singlefile.zip"), "zip", Path("work"), "bls_qcew", 8_000_000_000)
        [PosixPath('work/2016.annual.singlefile.csv')]
    """
    if kind not in ("zip", "gz"):
        return [path]
    archive = _Archive(path, into, dataset, max_bytes, name or path.name)
    return archive.extract() if kind == "zip" else archive.extract_gz()


def locked_problem(member: zipfile.ZipInfo) -> tuple[str, str] | None:
    """Why a member of a zip is not to be unpacked whatever it holds, and the remedy; None if nothing is in the way.

    Example:
        >>> member = zipfile.ZipInfo("2016.csv")
        >>> member.compress_type = zipfile.ZIP_LZMA
        >>> locked_problem(member)[0]
        'is packed by another method than deflate (number 14)'
    """
    if member.flag_bits & ENCRYPTED:
        return "is encrypted", "ask the publisher for the file without a password"
    if member.compress_type not in METHODS:
        return f"is packed by another method than deflate (number {member.compress_type})", "tell the publisher"
    return None


def of_the_bytes(error: BaseException) -> bool:
    """Whether an error of the system comes of an archive that names a place before its beginning, not of the disk."""
    return isinstance(error, OSError) and error.errno == errno.EINVAL


class _Archive:
    def __init__(self, path: Path, into: Path, dataset: str, max_bytes: int, name: str) -> None:
        self._path, self._into, self._dataset, self._max_bytes, self._name = (
            path,
            into,
            dataset,
            max_bytes,
            name,
        )
        self._size = path.stat().st_size
        self._written = 0

    def extract(self) -> list[Path]:
        done: list[Path] = []
        try:
            with zipfile.ZipFile(self._path) as archive:
                for target, member in self._plan(archive):
                    done.append(target)
                    self._extract_one(archive, member, target)
        except BaseException as error:
            _remove(done)
            if isinstance(error, (*DAMAGED, NotImplementedError)) or of_the_bytes(error):
                raise self._error(None, f"the archive is damaged ({error})", "pull the file again") from error
            raise
        return done

    def extract_gz(self) -> list[Path]:
        """The one file in a gz; members that follow each other in it are parts of one file."""
        target = self._into / (PurePosixPath(self._name).name.removesuffix(".gz") or "unpacked")
        self._into.mkdir(parents=True, exist_ok=True)
        try:
            with gzip.open(self._path) as stream, target.open("wb", buffering=0) as file:
                while chunk := stream.read(CHUNK):
                    self._count(None, len(chunk))
                    file.write(chunk)
        except DAMAGED as error:
            _remove([target])
            raise self._error(None, f"the archive is damaged ({error})", "pull the file again") from error
        except BaseException:
            _remove([target])
            raise
        return [target]

    def _plan(self, archive: zipfile.ZipFile) -> list[tuple[Path, zipfile.ZipInfo]]:
        """What goes where, in order of member names, once every member has been looked at."""
        members = archive.infolist()
        if len(members) > MOST_MEMBERS:
            raise self._suspicious(None, f"has {len(members)} members, more than {MOST_MEMBERS}")
        plan: dict[str, zipfile.ZipInfo] = {}
        for member in members:
            place = self._place(member)
            if member.is_dir() or place.parts[0] == "__MACOSX":
                continue
            if str(place) in plan:
                raise self._suspicious(member, "appears twice in the archive")
            plan[str(place)] = member
        total = sum(member.file_size for member in plan.values())
        if total > self._max_bytes:
            raise self._too_large(None, total)
        return [(self._into / place, plan[place]) for place in sorted(plan)]

    def _place(self, member: zipfile.ZipInfo) -> PurePosixPath:
        """The member's path below `into`, if it may be extracted at all."""
        place = PurePosixPath(member.filename.replace("\\", "/"))
        if not place.parts or place.is_absolute() or ".." in place.parts or PureWindowsPath(place).drive:
            raise self._suspicious(member, "would be written outside its folder")
        if max(map(_size, place.parts)) > LONGEST_NAME or _size(str(place)) > LONGEST_PATH:
            raise self._suspicious(member, "has a name that is too long")
        mode = stat.S_IFMT(member.external_attr >> 16)
        if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
            raise self._suspicious(member, "is a link or device, not a file")
        if locked := locked_problem(member):
            raise self._error(member, *locked)
        return place

    def _extract_one(self, archive: zipfile.ZipFile, member: zipfile.ZipInfo, target: Path) -> None:
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb", buffering=0) as file:
                for chunk in _chunks(archive, member):
                    self._count(member, len(chunk))
                    file.write(chunk)
        except DAMAGED as error:
            raise self._error(member, f"is damaged ({error})", "pull the file again") from error
        except NotImplementedError as error:
            raise self._error(member, f"can't be unpacked ({error})", "unpack and store it by another tool") from error
        except (FileExistsError, NotADirectoryError, IsADirectoryError) as error:
            raise self._suspicious(member, "is a file and a folder at once") from error

    def _count(self, member: zipfile.ZipInfo | None, size: int) -> None:
        self._written += size
        if self._written > self._max_bytes:
            raise self._too_large(member, self._written)
        # Against the archive's own size on disk, which, unlike what it says of its members, can't be made up.
        if self._written > max(RATIO_COUNTS_FROM, HIGHEST_RATIO * self._size):
            raise self._suspicious(member, f"unpacks to more than {HIGHEST_RATIO} times the archive's size")

    def _too_large(self, member: zipfile.ZipInfo | None, size: int) -> SourceError:
        problem = f"unpacks to {size} bytes, more than the limit of {self._max_bytes}"
        return self._error(member, problem, "if that is right, raise CLUSTERS_MAX_UNPACKED_BYTES")

    def _suspicious(self, member: zipfile.ZipInfo | None, problem: str) -> SourceError:
        return self._error(member, problem, "look at the archive by hand; if the publisher meant it, tell them")

    def _error(self, member: zipfile.ZipInfo | None, problem: str, remedy: str) -> SourceError:
        subject = f"member {member.filename[:LONGEST_NAME]} {problem}" if member else problem
        return SourceError(self._dataset, self._name, subject, remedy)


def _chunks(archive: zipfile.ZipFile, member: zipfile.ZipInfo) -> Iterator[bytes]:
    # Reading to the end is what makes zipfile compare the checksum.
    with archive.open(member) as stream:
        while chunk := stream.read(CHUNK):
            yield chunk


def _size(name: str) -> int:
    return len(name.encode("utf-8", errors="replace"))


def _remove(files: list[Path]) -> None:
    for file in files:
        file.unlink(missing_ok=True)
