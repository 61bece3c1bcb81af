"""Dagster's home below ours, and where it keeps runs, schedules and events.

Belongs here: its settings, written by us and by nobody else. Does not: starting Dagster (see `refresh`, `serve`).
"""

from __future__ import annotations

import os
from importlib.util import find_spec

from orchestration.errors import SetupError
from orchestration.settings import Settings

FOR_SEVERAL_MACHINES = ("dagster_celery", "dagster_postgres")
DAGSTER_YAML = """\
# Written by clusters; runs, schedules and events stay in this folder and nothing is sent anywhere.
telemetry:
  enabled: false
nux:
  enabled: false
concurrency:
  pools:
    default_limit: 1
  runs:
    max_concurrent_runs: 1
retention:
  schedule:
    purge_after_days: 90
  sensor:
    purge_after_days: 7
"""
# The address stays in the environment, of every machine: here it would be for all to read.
SHARED_STORAGE = """\
storage:
  postgres:
    postgres_url:
      env: CLUSTERS_RUN_STORAGE
"""
# In the environment of the interface, and so of the code that it loads for itself.
ONLY_SHOWS = "CLUSTERS_INTERFACE"
UNWATCHED = {
    # Dagster copies what a step prints by child processes. They would die of a Ctrl-C with a traceback each.
    "compute_logs": {"module": "dagster._core.storage.noop_compute_log_manager", "class": "NoOpComputeLogManager"},
    # Each worker would begin with a line for Dagster's developers on the screen.
    "python_logs": {"python_log_level": "INFO"},
}


def prepare_dagster(settings: Settings) -> None:
    """Dagster's home below ours, with telemetry off; child processes find it through the environment.

    Raises:
        SetupError: if the settings are those of several machines, and what these need is not installed.
    """
    missing = [name for name in FOR_SEVERAL_MACHINES if find_spec(name) is None]
    if settings.run_storage and missing:
        raise SetupError(f"CLUSTERS_RUN_STORAGE needs {' and '.join(missing)}. Remedy: make workers")
    if settings.store and find_spec("s3fs") is None:
        raise SetupError("CLUSTERS_STORE needs s3fs. Remedy: make workers")
    settings.dagster_home.mkdir(parents=True, exist_ok=True)
    written = DAGSTER_YAML + (SHARED_STORAGE if settings.run_storage else "")
    (settings.dagster_home / "dagster.yaml").write_text(written, encoding="utf-8")
    os.environ["DAGSTER_HOME"] = str(settings.dagster_home)


def make_storage(settings: Settings) -> None:
    """Makes Dagster's databases where there are none: two processes that do it at the same time fail.

    Raises:
        SetupError: if the database that several machines share does not answer.
    """
    from dagster import DagsterInstance

    try:
        with DagsterInstance.get():
            pass
    except Exception as error:
        if settings.run_storage is None:
            raise
        # Its text may hold the address, and with it a password.
        raise SetupError(
            f"the database of CLUSTERS_RUN_STORAGE does not answer ({type(error).__name__}). Remedy: start it, or "
            "correct the address, then start this again"
        ) from error
