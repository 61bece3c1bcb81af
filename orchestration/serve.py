"""`make serve`: Dagster's interface and daemon, started only if the settings fit and everything can be loaded.

Belongs here: what has to be known before a service stays. Does not: what runs when (see `automation`).

Dagster keeps running with a code location that does not load: the interface answers, and no schedule ever ticks. So
what would keep ours from loading ends the command at once, where whoever started it sees the message.
"""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import FrameType

from orchestration.cli.terminal import load_settings
from orchestration.dagster_home import ONLY_SHOWS, make_storage, prepare_dagster
from orchestration.durable import nobody_else_writes
from orchestration.errors import ClustersError, LockedError
from orchestration.groups import ended_with_the_block
from orchestration.release.publish import Warehouse
from orchestration.settings import PROJECT_ROOT, Settings, without_secrets
from orchestration.telling.unwritable import storage_errors_named

HOST = "127.0.0.1"
WORKSPACE = PROJECT_ROOT / "workspace.yaml"
LOOK_EVERY = 0.5
# A refresh that the daemon started clears up. Less than the service in docs/operators.md is given to end.
SECONDS_TO_END = 50.0


def main(port: str = "3000") -> None:
    """Serve the interface on loopback, behind its guard, with the daemon beside it, until told to end.

    Not by `dagster dev`, whose interface takes commands from any page that is open in the operator's browser.

    Raises:
        SystemExit: with one plain message, if a setting does not fit, Dagster's home cannot be written or its database
            reached, the code location does not load, or one of the two ends by itself.

    Example:
        >>> main("3000")                                                         # doctest: +SKIP
    """
    nobody_else_writes()
    try:
        settings = load_settings()
        with storage_errors_named(settings.home):
            prepare_dagster(settings)
            make_storage(settings)
            end_what_was_killed(settings)
            importlib.import_module("orchestration.definitions")
    except (ClustersError, OSError) as error:
        raise SystemExit(f"clusters: {error}") from error
    except Exception as error:
        raise SystemExit(
            f"clusters: Dagster cannot load the code ({type(error).__name__}: {error}). "
            "Remedy: `dagster definitions validate -w workspace.yaml` shows where."
        ) from error
    print(f"Dagster's interface: http://{HOST}:{port}; Ctrl-C ends it and the schedule", flush=True)
    ended = run_together(
        {
            "interface": [sys.executable, "-m", "orchestration.web", port],
            "daemon": [str(Path(sys.executable).with_name("dagster-daemon")), "run", "-w", str(WORKSPACE)],
        },
        {"interface": interface_environment(os.environ)},
    )
    if ended:
        raise SystemExit(f"clusters: {ended}")


def end_what_was_killed(settings: Settings) -> None:
    """Ends the runs that nobody runs any more, and tells of refreshes; while a refresh runs it leaves them alone.

    The queue lets one run in at a time. A refresh ends what was killed before it, but one that waits for a killed run
    never begins: the schedule would stand still. A refresh from a command line tells itself how it ended, and what is
    killed tells nothing; the next one would warn of it, but finds nothing left to end.

    Example:
        >>> end_what_was_killed(settings())                                     # doctest: +SKIP
    """
    from dagster import DagsterInstance

    from orchestration.assets.whole import is_whole
    from orchestration.ending import record_failure
    from orchestration.release.retention import KILLED, end_killed_runs
    from orchestration.telling.alerts import tell_of_failure

    with suppress(LockedError), Warehouse(settings).lock(), DagsterInstance.get() as instance:
        for run_id in end_killed_runs(instance):
            if (run := instance.get_run_by_id(run_id)) and is_whole(run):
                error = ClustersError(KILLED)
                record_failure(settings, error)
                tell_of_failure(settings, error, run_id)


def interface_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment of the interface, which anybody on this machine can ask: it pulls nothing and tells nobody.

    Runs that it is asked for wait in a queue, and the daemon starts them: that one keeps what a refresh needs.

    Example:
        >>> interface_environment({"PATH": "/bin", "CLUSTERS_SMTP_URL": "smtps://user:password@mail.example.org"})
        {'PATH': '/bin', 'CLUSTERS_INTERFACE': 'yes'}
    """
    found = without_secrets(environment, ["run_storage"])
    # A setting that does not fit without the broker's address; the interface fetches nothing from there.
    return {name: value for name, value in found.items() if name.upper() != "CLUSTERS_STORE"} | {ONLY_SHOWS: "yes"}


def run_together(
    commands: Mapping[str, Sequence[str]], environments: Mapping[str, Mapping[str, str]] | None = None
) -> str | None:
    """Runs programs until one ends or this process is told to, and then ends the rest, with all that they have started.

    Each has the environment of its name in `environments`, else that of this process.

    Returns what ended by itself, in words; None where this process was told to end.

    Example:
        >>> run_together({"one": ["true"], "other": ["sleep", "60"]})
        'the one ended by itself, with exit code 0'
    """
    told: list[int] = []

    def hear(number: int, _frame: FrameType | None) -> None:
        told.append(number)

    before = {number: signal.signal(number, hear) for number in (signal.SIGINT, signal.SIGTERM)}
    own, children = environments or {}, {}
    try:
        with ended_with_the_block(SECONDS_TO_END) as watch:
            for name, command in commands.items():
                children[name] = subprocess.Popen(command, env=own.get(name), start_new_session=True)  # noqa: S603
                watch(children[name].pid)
            while not told and all(child.poll() is None for child in children.values()):
                time.sleep(LOOK_EVERY)
            ended = [
                f"the {n} ended by itself, with exit code {c.returncode}"
                for n, c in children.items()
                if c.poll() is not None
            ]
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    for child in children.values():
        child.wait()
    return None if told else "; ".join(ended)


if __name__ == "__main__":
    main(*sys.argv[1:])
