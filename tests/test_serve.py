"""`make serve` starts only what will work at night: a setting that does not fit ends it at once, with one message."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest
from dagster import DagsterInstance, DagsterRun, DagsterRunStatus
from dagster._core.run_coordinator import QueuedRunCoordinator
from pydantic import SecretStr

from orchestration import serve
from orchestration.assets.whole import RELEASE
from orchestration.automation import TOLD_BY
from orchestration.dagster_home import make_storage, prepare_dagster
from orchestration.errors import SetupError
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, settings
from orchestration.telling.alerts import FAILED
from orchestration.telling.delivery import history
from orchestration.telling.run_record import last_run
from tests.conftest import borrowed_environment

SECRETS = {
    "CLUSTERS_WEBHOOK": "https://hooks.example.org/?token=of-the-webhook",
    "CLUSTERS_SMTP_URL": "smtps://user:of-the-mail@mail.example.org",
    "clusters_smtp_url": "smtps://user:in-small-letters@mail.example.org",
    "CLUSTERS_CONTACT": "of-the-contact@example.org",
    "CLUSTERS_BROKER": "redis://:of-the-broker@db.example.org:6379/0",
    "HTTPS_PROXY": "http://user:of-the-proxy@proxy.example.org",
    "AWS_SECRET_ACCESS_KEY": "of-the-store",
}
SHARED = {"CLUSTERS_RUN_STORAGE": "postgresql+psycopg2://clusters:of-the-runs@db.example.org/clusters"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    # set and unset, so that what serving sets is taken back
    monkeypatch.setenv("DAGSTER_HOME", "x")
    monkeypatch.delenv("DAGSTER_HOME")
    settings.cache_clear()
    yield tmp_path / "home"
    settings.cache_clear()


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

    def start(commands: dict[str, list[str]], environments: dict[str, dict[str, str]]) -> None:
        started.append(commands)
        assert environments == {"interface": serve.interface_environment(os.environ)}

    monkeypatch.setattr(serve, "run_together", start)
    serve.main("3999")
    workspace = str(PROJECT_ROOT / "workspace.yaml")
    assert started == [
        {"interface": [sys.executable, "-m", "orchestration.web", "3999"],
         "daemon": [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", workspace]}
    ]  # fmt: skip
    assert os.environ["DAGSTER_HOME"] == str(home / "dagster")
    assert (home / "dagster" / "dagster.yaml").exists()


def test_dagsters_databases_are_there_before_two_processes_look_for_them(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each would make them, and the later one fail: `table alembic_version already exists`."""
    found: list[str] = []
    monkeypatch.setattr(serve, "run_together", lambda *_: found.extend(f.name for f in home.glob("dagster/*/*.db")))
    serve.main()
    assert {"runs.db", "schedules.db"} <= set(found)


def test_nobody_else_may_write_what_it_and_its_children_make(monkeypatch: pytest.MonkeyPatch) -> None:
    inherited: list[int] = []
    monkeypatch.setattr(serve, "run_together", lambda *_: inherited.append(os.umask(0)))
    before = os.umask(0)
    try:
        serve.main()
    finally:
        os.umask(before)
    assert [umask & 0o022 for umask in inherited] == [0o022]


def test_what_does_not_load_is_not_served(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(name: str) -> None:
        raise RuntimeError("dbt cannot parse the project")

    monkeypatch.setattr(serve, "run_together", lambda *_: pytest.fail("started all the same"))
    monkeypatch.setattr(serve.importlib, "import_module", broken)
    with pytest.raises(SystemExit, match=r"Dagster cannot load the code .*dbt cannot parse the project.*Remedy"):
        serve.main()


def test_a_shared_database_that_does_not_answer_is_named_without_its_address(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def silent() -> None:
        raise RuntimeError(f"too many retries of {SHARED['CLUSTERS_RUN_STORAGE']}")

    monkeypatch.setattr(DagsterInstance, "get", silent)
    of = Settings(home=home).model_copy(update={"run_storage": SecretStr(SHARED["CLUSTERS_RUN_STORAGE"])})
    with pytest.raises(SetupError, match=r"CLUSTERS_RUN_STORAGE does not answer .*Remedy: start it") as caught:
        make_storage(of)
    assert "of-the-runs" not in str(caught.value)
    with pytest.raises(RuntimeError):
        make_storage(Settings(home=home))


def test_the_interface_is_started_without_secrets_and_the_daemon_with_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By what the kernel says of the two processes, which is what others of this user could read."""
    for name, value in (SECRETS | SHARED).items():
        monkeypatch.setenv(name, value)
    names = ("interface", "daemon")
    commands = {name: ["sh", "-c", f"cat /proc/self/environ > {tmp_path / name}; sleep 60"] for name in names}
    both = f"until [ -s {tmp_path}/interface ] && [ -s {tmp_path}/daemon ]; do sleep 0.1; done"
    environments = {"interface": serve.interface_environment(os.environ)}
    serve.run_together(commands | {"end": ["sh", "-c", both]}, environments)
    seen, whole = ((tmp_path / name).read_text(encoding="utf-8") for name in ("interface", "daemon"))
    assert "CLUSTERS_HOME=" in seen
    assert [name for name, value in SECRETS.items() if value in seen or f"{name}=" in seen] == []
    # Where Dagster keeps its runs the interface has to know.
    assert SHARED["CLUSTERS_RUN_STORAGE"] in seen
    assert [name for name, value in (SECRETS | SHARED).items() if value not in whole] == []


def test_the_settings_of_several_machines_fit_without_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"CLUSTERS_MAIL_TO": "desk@example.org", "CLUSTERS_STORE": "s3://clusters/nightly"} | SECRETS | SHARED
    for name, value in serve.interface_environment(given).items():
        monkeypatch.setenv(name, value)
    found = Settings()
    assert (found.webhook, found.broker, found.store) == (None, None, None)
    assert found.run_storage is not None


def test_runs_wait_for_the_daemon_which_has_what_a_refresh_needs(home: Path) -> None:
    """Started by the interface they would have no address to tell, and no contact to pull with."""
    prepare_dagster(Settings(home=home))
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        assert isinstance(instance.run_coordinator, QueuedRunCoordinator)


@pytest.mark.parametrize("status", [DagsterRunStatus.STARTING, DagsterRunStatus.STARTED])
def test_a_run_that_nobody_runs_does_not_hold_the_schedule_up(
    home: Path, monkeypatch: pytest.MonkeyPatch, status: DagsterRunStatus
) -> None:
    """The queue lets no run in while another counts as in progress."""
    prepare_dagster(Settings(home=home))
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        killed, waiting = (DagsterRun("nightly", status=s) for s in (status, DagsterRunStatus.NOT_STARTED))
        for run in (killed, waiting):
            instance.add_run(run)

        def states() -> list[str]:
            return [found.status.value for run in (killed, waiting) if (found := instance.get_run_by_id(run.run_id))]

        monkeypatch.setattr(serve, "run_together", lambda *_: None)
        # While a refresh runs, it may be this one.
        with Warehouse(Settings(home=home)).lock():
            serve.main()
        assert states() == [status.value, "NOT_STARTED"]
        serve.main()
        assert states() == ["FAILURE", "NOT_STARTED"]


def test_a_killed_refresh_that_was_to_tell_itself_is_told_once(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    of = Settings(home=home)
    prepare_dagster(of)
    monkeypatch.setattr(serve, "run_together", lambda *_: None)
    with DagsterInstance.from_config(str(home / "dagster")) as instance:
        typed = DagsterRun("nightly", status=DagsterRunStatus.STARTED, tags={TOLD_BY: "the command"})
        clicked = DagsterRun("nightly", status=DagsterRunStatus.STARTED, asset_selection=frozenset({RELEASE}))
        for run in (typed, clicked):
            instance.add_run(run)
        serve.main()
        serve.main()
    [told] = history(of)
    assert (told["run_id"], told["outcome"], told["exit_code"]) == (typed.run_id, FAILED, 1)
    assert "the process of this refresh died" in told["message"]
    assert (last_run(of) or {})["outcome"] == "failed"


def test_what_ends_by_itself_is_told_and_ends_the_rest(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    long = ["sh", "-c", f"trap 'touch {mark}; exit 0' TERM; sleep 60 & wait"]
    told = serve.run_together({"interface": ["sh", "-c", "sleep 1; exit 3"], "daemon": long})
    assert told == "the interface ended by itself, with exit code 3"
    assert mark.exists()


@contextmanager
def server_of(folder: Path, *, deaf: bool = False) -> Iterator[subprocess.Popen[str]]:
    """A process that serves a program which has started another, as Dagster's daemon has a run; both are up.

    The other one needs a second to end, or does not listen at all.
    """
    ending = "" if deaf else f"sleep 1; touch {folder}/ended; exit 0"
    run = f"trap '{ending}' TERM; touch {folder}/up; while :; do sleep 0.1; done"
    daemon = f'sh -c "{run}" & echo $! > {folder}/run; trap "exit 0" TERM; wait'
    program = (
        f"from orchestration import serve; serve.SECONDS_TO_END = {2 if deaf else 20}\n"
        f"print(serve.run_together({{'daemon': ['sh', '-c', {daemon!r}]}}))"
    )
    process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True, cwd=PROJECT_ROOT)
    try:
        until(lambda: (folder / "up").exists() and (folder / "run").read_text().strip() != "")
        # What it starts may be up before it has said so to its watchman, which is its next step.
        time.sleep(1)
        yield process
    finally:
        # Where a test fails, the other one would run for ever.
        process.kill()
        process.wait()
        with suppress(OSError):
            os.kill(int((folder / "run").read_text()), signal.SIGKILL)


def until(condition: Callable[[], bool]) -> None:
    last = time.monotonic() + 30
    while True:
        # What is looked at may come, or go, just then.
        with suppress(OSError):
            if condition():
                return
        assert time.monotonic() < last
        time.sleep(0.05)


def lives(folder: Path) -> bool:
    try:
        state = (Path("/proc") / (folder / "run").read_text().strip() / "stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return state != "Z"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_told_to_end_it_waits_for_what_its_programs_have_started(tmp_path: Path, number: int) -> None:
    with server_of(tmp_path) as process:
        process.send_signal(number)
        assert process.communicate(timeout=30)[0] == "None\n"
    assert (tmp_path / "ended").exists()
    assert not lives(tmp_path)


def test_what_does_not_end_is_killed(tmp_path: Path) -> None:
    with server_of(tmp_path, deaf=True) as process:
        process.terminate()
        assert process.communicate(timeout=30)[0] == "None\n"
    until(lambda: not lives(tmp_path))


def test_killed_it_leaves_nothing_behind(tmp_path: Path) -> None:
    with server_of(tmp_path) as process:
        process.kill()
        process.wait()
        until((tmp_path / "ended").exists)
        until(lambda: not lives(tmp_path))


def test_without_its_watchman_it_ends_what_its_programs_have_started(tmp_path: Path) -> None:
    with server_of(tmp_path) as process:
        [watchman] = [p for p in children(process.pid) if "groups.py" in (Path("/proc") / p / "cmdline").read_text()]
        os.kill(int(watchman), signal.SIGKILL)
        process.terminate()
        assert process.communicate(timeout=30)[0] == "None\n"
    assert process.returncode == 0
    assert (tmp_path / "ended").exists()


def children(of: int) -> list[str]:
    return (Path("/proc") / str(of) / "task" / str(of) / "children").read_text().split()


def test_what_was_started_ends_when_the_next_cannot_be(tmp_path: Path) -> None:
    mark = tmp_path / "ended"
    first = ["sh", "-c", f"trap 'touch {mark}; exit 0' TERM; touch {tmp_path}/up; while :; do sleep 0.1; done"]
    with pytest.raises(FileNotFoundError):
        serve.run_together({"first": first, "second": [str(tmp_path / "nowhere")]})
    assert mark.exists() or not (tmp_path / "up").exists()


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
