"""The store: one copy of a content, a manifest that tells the truth, a history nobody rewrites."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from orchestration.errors import SetupError
from orchestration.landing.partial import Partial, Version
from orchestration.landing.store import Store

URL = "https://data.bls.gov/cew/2016.csv"


def add(store: Store, content: bytes, url: str = URL, etag: str | None = '"a"'):
    partial = store.partial("live", url)
    partial.begin(Version(etag))
    partial.path.write_bytes(content)
    return store.add(partial.path, "bls_qcew", "live", url, etag, None)


def test_what_was_added_is_the_latest_also_after_opening_again(tmp_path):
    with Store(tmp_path) as store:
        landed = add(store, b"1,2\n")
    with Store(tmp_path) as store:
        assert store.latest("live", URL) == landed
    assert landed.path.relative_to(tmp_path).as_posix() == f"blobs/{landed.sha256[:2]}/{landed.sha256}"
    assert (landed.bytes, landed.path.read_bytes()) == (4, b"1,2\n")
    assert landed.path.stat().st_mode & 0o777 == 0o444


def test_nothing_is_the_latest_of_an_unknown_url(store):
    assert store.latest("live", URL) is None
    assert store.history("live", URL) == []


def test_equal_content_is_stored_once(store):
    one, two = add(store, b"same"), add(store, b"same", URL + "2")
    assert one.path == two.path
    assert (one.outcome, two.outcome) == ("new", "new")
    assert [p for p in (store.root / "blobs").rglob("*") if p.is_file()] == [one.path]
    assert not store.partial("live", URL).path.exists()


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: (path.chmod(0o644), path.write_bytes(b"1"))])
def test_a_missing_or_shortened_blob_is_not_the_latest_and_adding_mends_it(store, harm):
    landed = add(store, b"1,2\n")
    harm(landed.path)
    assert store.latest("live", URL) is None
    again = add(store, b"1,2\n")
    assert (again.outcome, again.fetched_at) == ("unchanged", landed.fetched_at)
    assert store.latest("live", URL) == again
    assert again.path.read_bytes() == b"1,2\n"


def test_touch_keeps_what_the_publisher_did_not_repeat(store):
    landed = add(store, b"1,2\n")
    touched = store.touch(landed, None, "Mon, 02 Nov 2015 10:00:00 GMT")
    assert (touched.outcome, touched.etag) == ("unchanged", '"a"')
    assert touched.last_modified == "Mon, 02 Nov 2015 10:00:00 GMT"
    assert store.latest("live", URL) == touched


def test_keep_says_why_an_old_file_stays_in_use(store):
    kept = store.keep(add(store, b"1,2\n"), "HTTP 404 since March")
    assert store.latest("live", URL) == kept
    assert [(e.outcome, e.note) for e in store.history("live", URL)] == [
        ("new", None),
        ("kept", "HTTP 404 since March"),
    ]


def test_a_failure_is_in_the_history_only(store):
    landed = add(store, b"1,2\n")
    store.failed("bls_qcew", "live", URL, "failed", "HTTP 500")
    assert store.latest("live", URL) == landed
    event = store.history("live", URL)[-1]
    assert (event.outcome, event.note, event.sha256, event.bytes) == ("failed", "HTTP 500", None, None)


@pytest.mark.parametrize("change", ["DELETE FROM history", "UPDATE history SET outcome = 'new'"])
def test_the_history_can_not_be_rewritten(store, change):
    add(store, b"1,2\n")
    with (
        sqlite3.connect(store.root / "manifest.sqlite") as db,
        pytest.raises(sqlite3.IntegrityError, match="append"),
    ):
        db.execute(change)


def test_a_failed_write_changes_nothing(store):
    landed = add(store, b"1,2\n")
    with pytest.raises(sqlite3.IntegrityError):
        store.failed(None, "live", URL, "failed", "x")  # type: ignore[arg-type]
    store.failed("bls_qcew", "live", URL, "failed", "x")
    assert store.latest("live", URL) == landed
    assert len(store.history("live", URL)) == 2


def test_a_damaged_manifest_says_what_to_do(tmp_path):
    (tmp_path / "manifest.sqlite").write_bytes(b"not a database at all" * 100)
    with pytest.raises(SetupError, match=r"manifest\.sqlite: cannot be opened .*Remedy: .*move the damaged manifest"):
        Store(tmp_path)


def test_a_folder_that_is_a_file_says_what_to_do(tmp_path):
    (tmp_path / "landing").write_text("")
    with pytest.raises(SetupError, match="Remedy: make the folder writable"):
        Store(tmp_path / "landing")


WRITER = """
import sys
from pathlib import Path
from orchestration.landing.store import Store
with Store(Path(sys.argv[1])) as store:
    for n in range(100_000):
        store.failed("bls_qcew", "live", f"https://x.gov/{n}", "failed", "x")
        print(n, flush=True)
"""


def test_kill_9_while_writing_loses_nothing_that_was_recorded(tmp_path):
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for line in writer.stdout:
            if int(line) >= 50:
                break
        writer.kill()
    with Store(tmp_path) as store:
        recorded = [len(store.history("live", f"https://x.gov/{n}")) for n in range(51)]
        assert recorded == [1] * 51
        assert add(store, b"1,2\n").outcome == "new"
    with sqlite3.connect(tmp_path / "manifest.sqlite") as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_a_second_process_can_read_while_one_writes(store):
    add(store, b"1,2\n")
    with Store(store.root) as reader, store._transaction() as db:
        db.execute("UPDATE latest SET etag = 'unfinished'")
        seen = reader.latest("live", URL)
        assert seen is not None
        assert seen.etag == '"a"'


@pytest.mark.parametrize("note", ["", "{", '{"other": 1}', "[]"])
def test_a_partial_with_a_damaged_note_can_not_be_resumed(tmp_path, note):
    partial = Partial(tmp_path / "x.part")
    partial.begin(Version('"a"', resumable='"a"'))
    partial.path.write_bytes(b"123")
    assert (partial.size, partial.version.resumable) == (3, '"a"')
    (tmp_path / "x.json").write_text(note)
    assert partial.version.resumable is None
    partial.discard()
    assert list(tmp_path.iterdir()) == []
