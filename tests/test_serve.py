"""`make serve` starts only what will work at night: a setting that does not fit ends it at once, with one message."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orchestration import serve
from orchestration.settings import PROJECT_ROOT, settings
from tests.conftest import borrowed_environment


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    # set and unset, so that what serving sets is taken back
    monkeypatch.setenv("DAGSTER_HOME", "x")
    monkeypatch.delenv("DAGSTER_HOME")
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("setting", "value", "message"),
    [
        ("CLUSTERS_TIMEZONE", "Nowhere", "CLUSTERS_TIMEZONE: 'Nowhere' is not a time zone"),
        ("CLUSTERS_YEARS", "abc", "CLUSTERS_YEARS: 'abc' is not a year"),
        ("CLUSTERS_HOME", "/proc/nowhere", "/proc/nowhere"),
    ],
)
def test_a_bad_setting_ends_make_serve_at_once(setting: str, value: str, message: str, tmp_path: Path) -> None:
    venv = borrowed_environment(tmp_path / "venv")
    done = subprocess.run(
        ["make", "--no-print-directory", "serve", f"VENV={venv}", "PORT=0"],
        cwd=PROJECT_ROOT,
        env=os.environ | {setting: value, "PYTHONPATH": str(PROJECT_ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode != 0
    assert "Traceback" not in done.stdout + done.stderr
    (line,) = (line for line in done.stderr.splitlines() if not re.match(r"make(\[\d+\])?: \*\*\*", line))
    assert line.startswith("clusters: ")
    assert message in line


def test_make_serve_installs_nothing_into_an_environment_that_is_there(tmp_path: Path) -> None:
    venv = borrowed_environment(tmp_path / "venv")
    os.utime(venv / ".ready", (0, 0))  # older than any lock
    command = ["make", "--dry-run", "serve", f"VENV={venv}"]
    done = subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert "pip" not in done.stdout
    assert "orchestration.serve" in done.stdout


def test_good_settings_start_interface_and_daemon(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[dict[str, list[str]]] = []
    monkeypatch.setattr(serve, "run_together", started.append)
    serve.main("3999")
    workspace = str(PROJECT_ROOT / "workspace.yaml")
    assert started == [
        {"interface": [sys.executable, "-m", "orchestration.web", "3999"],
         "daemon": [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", workspace]}
    ]  # fmt: skip
    assert os.environ["DAGSTER_HOME"] == str(home / "dagster")
    assert (home / "dagster" / "dagster.yaml").exists()


def test_what_does_not_load_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("dbt cannot parse the project")

    monkeypatch.setattr(serve, "run_together", lambda commands: pytest.fail("started all the same"))
    monkeypatch.setattr(serve.importlib, "import_module", broken)
    with pytest.raises(SystemExit, match=r"Dagster cannot load the code .*dbt cannot parse the project.*Remedy"):
        serve.main()


def test_what_ends_by_itself_is_told_and_ends_the_rest(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    long = ["sh", "-c", f"trap 'touch {mark}; exit 0' TERM; sleep 60 & wait"]
    told = serve.run_together({"interface": ["sh", "-c", "sleep 1; exit 3"], "daemon": long})
    assert told == "the interface ended by itself, with exit code 3"
    assert mark.exists()


def test_told_to_end_it_ends_what_it_started() -> None:
    program = "from orchestration.serve import run_together; print(run_together({'a': ['sleep', '60']}))"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT) as process:
        time.sleep(3)
        process.terminate()
        assert process.communicate(timeout=30)[0] == "None\n"


def test_no_script_hides_the_failure_of_what_it_exports() -> None:
    """`export X="$(command)"` succeeds whatever the command does, also under `set -e`."""
    scripts = [PROJECT_ROOT / "Makefile", PROJECT_ROOT / ".ci" / "run", *PROJECT_ROOT.glob("docs/*.md")]
    scripts += PROJECT_ROOT.glob("orchestration/**/*.sh")
    hiding = re.compile(r"\b(export|local|declare|readonly)\s+\w+=\S*\$\$?\(\s*(?!if |or |wildcard )")
    found = [
        (script.name, line) for script in scripts for line in script.read_text().splitlines() if hiding.search(line)
    ]
    assert found == []
