"""Whatever becomes of the process that reads a publisher's bytes, the refresh lives and tells it."""

from __future__ import annotations

import logging
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orchestration import parsing
from orchestration.cage import Died, Limits, caged
from orchestration.errors import NotPublished, SourceError
from orchestration.landing.fetch import Fetcher
from orchestration.parsing import DIED
from orchestration.settings import PROJECT_ROOT
from orchestration.sources.catalogue import SOURCES
from orchestration.sources.source import Asked
from tests import endings
from tests.faults.publisher import Publisher
from tests.sources.books import book
from tests.sources.declaring import HOST
from tests.sources.hostile import UNSEEN
from tests.sources.reading import TODAY
from tests.test_ingest import House

SMALL = Limits(memory=600_000_000, seconds=30, output=1_000_000, processors=1)
GOOD = book({"Data": [["town", "n"], ["01", 4]]})


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    with Publisher(tmp_path / "nothing") as publisher:
        yield House(tmp_path, publisher, monkeypatch)


# --- the process


def test_what_it_returns_and_logs_arrives(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "clusters"):
        assert caged(SMALL, endings.say, ["a", 1, None]) == ["a", 1, None]
    assert [(r.name, r.levelname, r.getMessage()) for r in caplog.records if "note" in r.message] == [
        ("clusters.ingest", "WARNING", "read with a note: ['a', 1, None]")
    ]


@pytest.mark.parametrize("kind", [SourceError, NotPublished])
def test_our_errors_arrive_as_they_were_raised(kind: type[SourceError]) -> None:
    with pytest.raises(kind) as caught:
        caged(SMALL, endings.raise_, kind("bls_qcew", "a.csv", "it is odd", "look"))
    assert type(caught.value) is kind
    assert str(caught.value) == "bls_qcew: a.csv: it is odd. Remedy: look."


def test_a_full_disk_is_no_fault_of_the_bytes() -> None:
    with pytest.raises(OSError, match="No space left on device"):
        caged(SMALL, endings.raise_, OSError(28, "No space left on device"))


@pytest.mark.parametrize(
    ("ending", "how"),
    [
        (os.abort, "was ended by SIGABRT"),
        (endings.kill, "was ended by SIGKILL"),
        (endings.segfault, "was ended by SIGSEGV"),
        (endings.fill, "needed more than 600000000 bytes of memory"),
        (endings.leave, "ended without an answer .exit code 0"),
    ],
)
def test_its_death_is_told(ending: Callable[[], object], how: str) -> None:
    with pytest.raises(Died, match=how):
        caged(SMALL, endings.end, ending)


def test_another_error_is_told_with_its_place() -> None:
    with pytest.raises(Died, match=r"stopped with KeyError: 'x' \(endings.py, line \d+\)"):
        caged(SMALL, endings.raise_, KeyError("x"))


@pytest.mark.parametrize(("ending", "arguments"), [(endings.spin, ()), (time.sleep, (60,))], ids=["busy", "asleep"])
def test_its_time_ends(ending: Callable[..., object], arguments: tuple[int, ...]) -> None:
    limits = Limits(SMALL.memory, 2, SMALL.output, 1)
    with pytest.raises(Died, match="took more than 2 seconds"):
        caged(limits, ending, *arguments)


def test_what_it_writes_has_an_end(tmp_path: Path) -> None:
    with pytest.raises(Died, match="wrote more than 1000000 bytes"):
        caged(SMALL, endings.write, tmp_path / "a")


def test_it_knows_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CLUSTERS_WEBHOOK", "https://example.org/?token=abc")
    assert caged(SMALL, endings.secrets) == []


def test_the_script_that_the_refresh_was_started_with_is_not_run_anew(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "from orchestration.cage import Limits, caged\n"
        "from tests.endings import secrets\n"
        "print('started')\n"
        "print(caged(Limits(600_000_000, 30, 1_000_000, 1), secrets))\n",
        encoding="utf-8",
    )
    environment = os.environ | {"PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run([sys.executable, script], env=environment, capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("started\n[]\n", "")


def test_it_is_reached_from_a_temporary_folder_with_a_long_name(tmp_path: Path) -> None:
    """Its socket stands there, and systems hold the names of sockets short."""
    folder = tmp_path / ("x" * 100)
    folder.mkdir()
    code = (
        "from orchestration.cage import Limits, caged\nfrom orchestration.settings import settings\n"
        "import tempfile\nprint(caged(Limits.of(settings()), abs, -3), tempfile.gettempdir())"
    )
    env = {**os.environ, "TMPDIR": str(folder), "PYTHONPATH": str(PROJECT_ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["3", str(folder)]
    assert list(folder.iterdir()) == []


def test_it_ends_with_an_interrupted_refresh(tmp_path: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    def once_it_runs() -> None:
        _until(lambda: note.exists() and note.read_text(encoding="utf-8") != "")
        os.kill(os.getpid(), signal.SIGALRM)

    note, before = tmp_path / "pid", signal.signal(signal.SIGALRM, interrupt)
    threading.Thread(target=once_it_runs).start()
    try:
        with pytest.raises(KeyboardInterrupt):
            caged(SMALL, endings.wait, note)
    finally:
        signal.signal(signal.SIGALRM, before)
    assert not Path("/proc", note.read_text(encoding="utf-8")).exists()


def test_it_ends_with_a_killed_refresh(tmp_path: Path) -> None:
    code = """
import sys
from pathlib import Path
from orchestration.cage import Limits, caged
from tests.endings import wait
caged(Limits(600_000_000, 60, 1_000_000, 1), wait, Path(sys.argv[1]))
"""
    note = tmp_path / "pid"
    refresh = subprocess.Popen([sys.executable, "-c", code, str(note)], cwd=PROJECT_ROOT)
    try:
        _until(lambda: note.exists() and note.read_text(encoding="utf-8") != "")
    finally:
        refresh.kill()
        refresh.wait()
    _until(lambda: not Path("/proc", note.read_text(encoding="utf-8")).exists())


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not true():
        assert time.monotonic() < end
        time.sleep(0.05)


# --- what reads publishers' files in it


def test_every_declared_parser_can_be_sent_there() -> None:
    needs = {name: [] for name in SOURCES}
    for source in SOURCES.values():
        for edition in source.editions(Asked([2016, 2024], TODAY, needs)):
            for form in edition.formats:
                pickle.dumps(form.parse)


def declares(house: House, required: bool) -> None:
    book = {"period": "2020", "kind": "xlsx", "url": f"{HOST}/book.xlsx", "reader": "workbook"}
    house.declares(editions=[book], required=required)
    # What there is of memory would let some of them through, after gigabytes.
    house.settings = house.settings.model_copy(update={"parse_memory_limit": "600MB"})


def offers(house: House, content: bytes) -> None:
    house.publisher.replace(f"{HOST}/book.xlsx", content)


@pytest.mark.parametrize("name", UNSEEN)
def test_a_workbook_that_brings_down_its_reader_is_the_source_s_error(house: House, name: str) -> None:
    declares(house, required=True)
    offers(house, UNSEEN[name]())
    with pytest.raises(SourceError) as caught:
        house.pulls()
    said = caught.value
    assert (said.dataset, said.file) == ("towns_people", "book.xlsx")
    assert "the process that reads these bytes" in said.problem
    assert "not tried again unchanged" in said.problem
    assert "CLUSTERS_PARSE_MEMORY_LIMIT" in said.remedy
    assert [p.suffix for p in house.settings.tidy.rglob("*.*")] == [DIED]
    assert not list(house.settings.work.iterdir())


def test_such_bytes_are_read_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    declares(house, required=True)
    offers(house, UNSEEN["billions of texts announced"]())
    with pytest.raises(SourceError, match="was ended by SIGABRT"):
        house.pulls()
    [note] = house.settings.tidy.rglob(f"*{DIED}")
    os.utime(note, (0, 0))
    with monkeypatch.context() as patch:
        patch.setattr(parsing, "caged", lambda *_: pytest.fail("they were read again"))
        with pytest.raises(SourceError, match="was ended by SIGABRT when they were tried before") as caught:
            house.pulls(after=1)
    assert str(note) in caught.value.remedy
    assert note.stat().st_mtime > 0, "a note that is needed is not the oldest"
    house.settings = house.settings.model_copy(update={"parse_memory_limit": "700MB"})
    with pytest.raises(SourceError, match="was ended by SIGABRT;"):
        house.pulls(after=1)
    note.unlink()
    with pytest.raises(SourceError, match="was ended by SIGABRT;"):
        house.pulls(after=1)
    offers(house, GOOD)
    house.pulls(after=1)
    assert house.people() == {"2020": 4}


def test_a_source_that_may_fail_is_passed_over(house: House) -> None:
    declares(house, required=False)
    offers(house, GOOD)
    house.pulls()
    offers(house, UNSEEN["a row without its number"]())
    _, failures = house.pulls(after=1)
    assert len(failures) == 1
    assert "the process that reads these bytes" in failures[0]
    assert house.people() == {"2020": 4}


def test_an_archive_that_cannot_be_looked_at_is_kept_and_told_when_it_is_read(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def dies(*_: object) -> None:
        raise Died("was ended by SIGSEGV")

    monkeypatch.setattr("orchestration.landing.content.caged", dies)
    declares(house, required=True)
    offers(house, GOOD)
    fetcher: Fetcher
    with house.fetcher() as fetcher:
        assert fetcher.get(f"{HOST}/book.xlsx", "xlsx", "towns_people").path.read_bytes() == GOOD
