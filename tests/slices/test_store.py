"""What lies in a store between a refresh and its workers: put there once, whole or told, and cleared up."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from fsspec.implementations.memory import MemoryFileSystem

from orchestration.checksums import checksum
from orchestration.errors import SetupError
from orchestration.quality.verdict import CheckResult
from orchestration.slices import store as module
from orchestration.slices.shelf import Shelf
from orchestration.slices.store import Asked, Store

WARNED = CheckResult("rows_fit", "employment", "dbt", "warning", False, "1 row that does not fit", "none")
TIDY, COMMON = "tidy/qcew/2016.parquet", "work/common.duckdb"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    MemoryFileSystem.store.clear()
    return Store(f"memory://{tmp_path.name}")


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    """What slices are made from, in the home of a refresh."""
    found = {name: tmp_path / "home" / name for name in (TIDY, COMMON)}
    for name, path in found.items():
        path.parent.mkdir(parents=True)
        path.write_text(f"what {name} holds")
    return found


@pytest.fixture
def slice_file(tmp_path: Path) -> Path:
    path = tmp_path / "slice.duckdb"
    path.write_bytes(b"a slice of 2016")
    return path


def objects() -> dict[str, Any]:
    """The objects of the store by their names, without its address."""
    return {path.split("/", 2)[2]: file for path, file in MemoryFileSystem.store.items()}


def damage(name: str, content: bytes) -> None:
    objects()[name].truncate(0)
    objects()[name].seek(0)
    objects()[name].write(content)


def test_what_is_offered_is_found_elsewhere(store: Store, files: dict[str, Path], tmp_path: Path) -> None:
    assert store.asked() is None
    store.offer("run 7", files)
    asked = store.asked()
    assert asked == Asked("run 7", {name: checksum(path) for name, path in files.items()})
    store.fetch(asked.files, tmp_path / "elsewhere")
    assert {name: (tmp_path / "elsewhere" / name).read_text() for name in files} == {
        name: path.read_text() for name, path in files.items()
    }


@pytest.fixture
def moved(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], list[str]]:
    """By method of the file system what it was called with so far."""
    called: dict[str, list[str]] = {}

    def watch(method: str) -> list[str]:
        real = getattr(MemoryFileSystem, method)

        def play(self: MemoryFileSystem, source: str, to: str, **options: Any) -> None:
            called.setdefault(method, []).append(source)
            real(self, source, to, **options)

        monkeypatch.setattr(MemoryFileSystem, method, play)
        return called.setdefault(method, [])

    return watch


def test_what_has_not_changed_is_put_and_fetched_once(
    store: Store, files: dict[str, Path], tmp_path: Path, moved: Callable[[str], list[str]]
) -> None:
    put, got = moved("put_file"), moved("get_file")
    for run in ("run 7", "run 8"):
        store.offer(run, files)
        asked = store.asked()
        assert asked is not None
        store.fetch(asked.files, tmp_path / "elsewhere")
    assert (len(put), len(got)) == (2, 2)


def test_an_object_that_was_cut_off_is_put_again(store: Store, files: dict[str, Path]) -> None:
    store.offer("run 7", files)
    name = f"objects/{checksum(files[TIDY])}"
    damage(name, b"wh")
    store.offer("run 8", files)
    assert objects()[name].getvalue() == files[TIDY].read_bytes()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (lambda name: damage(name, b"what"), "its 4 bytes are cut off or altered"),
        (lambda name: MemoryFileSystem().rm_file(next(p for p in MemoryFileSystem.store if p.endswith(name))), "gone"),
    ],
)
def test_what_is_damaged_is_named_and_not_used(
    store: Store, files: dict[str, Path], tmp_path: Path, spoil: Callable[[str], None], said: str
) -> None:
    store.offer("run 7", files)
    spoil(name := f"objects/{checksum(files[COMMON])}")
    with pytest.raises(SetupError, match=f"CLUSTERS_STORE: {store.address}/{name}: .*{said}. Remedy: delete"):
        store.fetch({COMMON: checksum(files[COMMON])}, tmp_path / "elsewhere")
    assert not [path for path in (tmp_path / "elsewhere").rglob("*") if path.is_file()]


def test_no_file_is_laid_outside_of_its_folder(store: Store, files: dict[str, Path], tmp_path: Path) -> None:
    store.offer("run 7", files)
    with pytest.raises(SetupError, match=r"asked.json: \.\./profile lies elsewhere"):
        store.fetch({"../profile": checksum(files[COMMON])}, tmp_path / "elsewhere")
    assert not (tmp_path / "profile").exists()


@pytest.mark.parametrize("text", ["", "{}", "[1]"])
def test_a_damaged_question_is_no_question(store: Store, files: dict[str, Path], text: str) -> None:
    store.offer("run 7", files)
    damage("asked.json", text.encode())
    with pytest.raises(SetupError, match=r"/asked.json: .*Remedy: delete this object"):
        store.asked()


def test_a_finished_slice_comes_to_the_shelf(store: Store, slice_file: Path, tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "slices")
    store.put("a", slice_file, [WARNED])
    store.put("of another release", slice_file, [])
    store.collect(["a", "not made"], shelf)
    assert [shelf.findings(name) for name in ("a", "of another release", "not made")] == [[WARNED], None, None]
    assert shelf.path("a").read_bytes() == slice_file.read_bytes()


@pytest.mark.parametrize(
    ("spoilt", "content"),
    [("object", b"a slice"), ("note", b""), ("note", b"{}"), ("note", b'{"sha256": "0a", "findings": [1]}')],
)
def test_a_damaged_slice_is_told_and_not_taken(
    store: Store, slice_file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture, spoilt: str, content: bytes
) -> None:
    store.put("a", slice_file, [])
    name = "slices/a.json" if spoilt == "note" else f"objects/{checksum(slice_file)}"
    damage(name, content)
    with caplog.at_level(logging.WARNING):
        store.collect(["a"], Shelf(tmp_path / "slices"))
    assert f"{store.address}/{name}: " in caplog.text
    assert "the slice is made again" in caplog.text
    assert Shelf(tmp_path / "slices").findings("a") is None


def test_what_failed_is_known_until_the_next_refresh_asks(store: Store, files: dict[str, Path]) -> None:
    store.put_failed("a", [WARNED])
    assert store.failed() == {"a": [WARNED]}
    store.offer("run 8", files)
    assert store.failed() == {}


def test_only_tidy_files_outlast_a_refresh(store: Store, files: dict[str, Path], slice_file: Path) -> None:
    store.offer("run 7", files)
    store.put("a", slice_file, [])
    store.put_failed("b", [])
    store.clear()
    store.clear()
    assert list(objects()) == [f"objects/{checksum(files[TIDY])}"]
    files[TIDY].write_text("what the publisher says now")
    store.offer("run 8", files)
    assert set(objects()) == {"asked.json", *(f"objects/{checksum(path)}" for path in files.values())}
    assert json.loads(objects()["asked.json"].getvalue())["refresh"] == "run 8"


@pytest.mark.parametrize(
    ("method", "do", "named"),
    [
        ("find", lambda store, file: store.offer("run 7", {COMMON: file}), "objects/"),
        ("put_file", lambda store, file: store.put("a", file, []), "objects/"),
        ("pipe_file", lambda store, file: store.put_failed("a", []), "failed/a.json"),
        ("cat_file", lambda store, file: store.asked(), "asked.json"),
        ("get_file", lambda store, file: store.fetch({COMMON: "0a"}, file.parent), "objects/0a"),
    ],
)
def test_a_store_that_refuses_is_named_with_the_remedy(
    store: Store, slice_file: Path, monkeypatch: pytest.MonkeyPatch, method: str, do: Any, named: str
) -> None:
    def refuses(*_: Any, **__: Any) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(MemoryFileSystem, method, refuses)
    with pytest.raises(SetupError, match=f"{store.address}/{named}.*: Access Denied. Remedy: .*AWS_ENDPOINT_URL"):
        do(store, slice_file)


def test_without_the_library_the_remedy_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def lacks(*_: Any, **__: Any) -> None:
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr("fsspec.core.url_to_fs", lacks)
    with pytest.raises(SetupError, match=r"CLUSTERS_STORE: Install s3fs to access S3\. Remedy: make workers"):
        module.Store("s3://clusters/nightly")
