"""An S3-compatible store between a refresh and workers that share no folder with it.

Belongs here: what lies where in the store, moving it there and back, noticing that it was damaged. Does not: which
files a slice is made from, who asks for it (see `assets.desk`). Needs the optional dependencies `workers`.

Below the address lie `objects/<sha256>`, files by what they hold, so that one that has not changed is put there once;
`asked.json`, what the last refresh asks slices for; `slices/<name>.json` and `failed/<name>.json`, what became of them.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from uuid import uuid4

from orchestration.checksums import checksum
from orchestration.errors import SetupError
from orchestration.quality.verdict import CheckResult
from orchestration.slices.shelf import Shelf

log = logging.getLogger("clusters.build")

ASKED = "asked.json"
# Of what is asked, what the next refresh may ask again.
LASTING = "tidy/"
REACHED = (
    "make sure that the bucket is there, that AWS_ENDPOINT_URL and AWS_DEFAULT_REGION of this machine lead to it, and "
    "that its credentials may list, read, write and delete there. The published release stays as it was"
)
WHOLE = "delete this object and refresh again; what is missing is put there anew"


@dataclass(frozen=True)
class Asked:
    """The run that asks for slices, and what they are made from: checksums of files by their paths below its home."""

    refresh: str
    files: Mapping[str, str]


class Store:
    """The objects below an address, `s3://bucket/prefix`; tests use others. One refresh at a time uses a prefix.

    Every method raises `SetupError`, naming the object, where the store refuses or does not answer.

    Example:
        >>> store = Store("memory://example")
        >>> store.offer("run 7", {})
        >>> store.asked()
        Asked(refresh='run 7', files={})
    """

    def __init__(self, address: str) -> None:
        """Raises `SetupError` if the library for such an address is not installed."""
        from fsspec.core import url_to_fs

        self.address = address.rstrip("/")
        try:
            self._fs, self._root = url_to_fs(self.address, use_listings_cache=False)
        except (ImportError, ValueError) as error:
            raise SetupError(f"CLUSTERS_STORE: {error}. Remedy: make workers") from error

    def offer(self, refresh: str, files: Mapping[str, Path]) -> None:
        """Puts there what slices are made from, and asks for them. All else that lies there goes.

        Args:
            refresh: the run that asks.
            files: by their paths below its home.
        """
        asked = {name: checksum(path) for name, path in files.items()}
        there = self._objects()
        self._leave_only(asked.values())
        for name, path in files.items():
            # One of another size was cut off.
            if there.get(asked[name]) != path.stat().st_size:
                self._put(path, asked[name])
        self._write(ASKED, {"refresh": refresh, "files": asked})

    def asked(self) -> Asked | None:
        """What a refresh asks slices for now, None if none does."""
        try:
            return Asked(**json.loads(self._read(ASKED)))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError) as error:
            raise SetupError(f"{self._problem(ASKED, str(error))}. Remedy: {WHOLE}") from error

    def fetch(self, files: Mapping[str, str], home: Path) -> None:
        """Lays files of what is asked out below a folder; those that are there and whole stay.

        Raises:
            SetupError: if an object is gone or damaged, or a path leads out of the folder.
        """
        for name, wanted in files.items():
            path = home / name
            if not path.resolve().is_relative_to(home.resolve()):
                raise SetupError(f"{self._problem(ASKED, f'{name} lies elsewhere')}. Remedy: {WHOLE}")
            if path.is_file() and checksum(path) == wanted:
                continue
            if problem := self._get(wanted, path):
                raise SetupError(f"{problem}. Remedy: {WHOLE}")

    def put(self, name: str, file: Path, findings: Sequence[CheckResult]) -> None:
        """Puts a finished slice there. It counts as there once its note is written, which is last."""
        sha256 = checksum(file)
        self._put(file, sha256)
        self._write(f"slices/{name}.json", {"sha256": sha256, "findings": [asdict(found) for found in findings]})

    def put_failed(self, name: str, findings: Sequence[CheckResult]) -> None:
        """Leaves what dbt found in a slice that could not be made."""
        self._write(f"failed/{name}.json", [asdict(found) for found in findings])

    def failed(self) -> dict[str, list[CheckResult]]:
        """What `put_failed` left since the refresh asked, by name of slice."""
        notes = {name: json.loads(self._read(f"failed/{name}.json")) for name in self._names("failed")}
        return {name: [CheckResult(**found) for found in note] for name, note in notes.items()}

    def collect(self, names: Collection[str], shelf: Shelf) -> None:
        """Fetches finished slices to the shelf; one that is gone or damaged is reported, and made again."""
        for name in sorted(set(names) & set(self._names("slices"))):
            half = shelf.folder / f"{name}.{uuid4().hex}.half"
            try:
                note = json.loads(self._read(f"slices/{name}.json"))
                sha256, findings = note["sha256"], [CheckResult(**found) for found in note["findings"]]
            except (ValueError, KeyError, TypeError) as error:
                problem: str | None = self._problem(f"slices/{name}.json", repr(error))
            else:
                problem = self._get(sha256, half)
            if problem is None:
                shelf.put(name, half, findings)
            else:
                log.warning("%s; the slice is made again", problem)

    def clear(self) -> None:
        """Deletes what only the slices of one release were for. Tidy files stay for the next refresh that asks."""
        if asked := self.asked():
            self._leave_only([of for name, of in asked.files.items() if name.startswith(LASTING)])

    def _leave_only(self, objects: Collection[str]) -> None:
        # The question first, so that no worker answers it meanwhile.
        gone = [ASKED] if self.asked() else []
        gone += [f"{kind}/{name}.json" for kind in ("slices", "failed") for name in self._names(kind)]
        for name in [*gone, *(f"objects/{of}" for of in self._objects().keys() - set(objects))]:
            with self._named(name):
                self._fs.rm_file(self._path(name))

    def _objects(self) -> dict[str, int]:
        """The sizes of all objects that are files, by checksum."""
        with self._named("objects/"):
            found = self._fs.find(self._path("objects"), detail=True)
        return {path.rsplit("/", 1)[-1]: int(info["size"]) for path, info in found.items()}

    def _names(self, kind: str) -> list[str]:
        with self._named(f"{kind}/"):
            return [path.rsplit("/", 1)[-1].removesuffix(".json") for path in self._fs.find(self._path(kind))]

    def _get(self, sha256: str, to: Path) -> str | None:
        """Fetches an object; returns what is wrong with it, and then leaves nothing."""
        name, half = f"objects/{sha256}", to.with_name(f"{uuid4().hex}.half")
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            with self._named(name, FileNotFoundError):
                self._fs.get_file(self._path(name), str(half))
            if checksum(half) != sha256:
                return self._problem(name, f"its {half.stat().st_size} bytes are cut off or altered")
            half.replace(to)
        except FileNotFoundError:
            return self._problem(name, "it is gone")
        finally:
            half.unlink(missing_ok=True)
        return None

    def _put(self, file: Path, sha256: str) -> None:
        with self._named(f"objects/{sha256}"):
            self._fs.put_file(str(file), self._path(f"objects/{sha256}"))

    def _read(self, name: str) -> bytes:
        with self._named(name, FileNotFoundError):
            return self._fs.cat_file(self._path(name))

    def _write(self, name: str, what: object) -> None:
        with self._named(name):
            self._fs.pipe_file(self._path(name), json.dumps(what).encode())

    def _path(self, name: str) -> str:
        return f"{self._root}/{name}"

    def _problem(self, name: str, what: str) -> str:
        return f"CLUSTERS_STORE: {self.address}/{name}: {what}"

    @contextmanager
    def _named(self, name: str, *passing: type[Exception]) -> Iterator[None]:
        try:
            yield
        except passing:
            raise
        # What the libraries raise has no other class in common.
        except Exception as error:
            raise SetupError(f"{self._problem(name, str(error) or repr(error))}. Remedy: {REACHED}") from error
