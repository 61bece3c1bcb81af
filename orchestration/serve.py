"""`make serve`: Dagster's interface and daemon, started only if the settings fit and everything can be loaded.

Belongs here: what has to be known before a service stays. Does not: what runs when (see `automation`).

Dagster keeps running with a code location that does not load: the interface answers, and no schedule ever ticks. So
what would keep ours from loading ends the command at once, where whoever started it sees the message.
"""

from __future__ import annotations

import importlib
import os
import sys
from pathlib import Path

from orchestration.cli.terminal import load_settings
from orchestration.dagster_home import prepare_dagster
from orchestration.errors import ClustersError
from orchestration.settings import PROJECT_ROOT
from orchestration.telling.unwritable import storage_errors_named

HOST = "127.0.0.1"
DAGSTER = Path(sys.executable).with_name("dagster")


def main(port: str = "3000") -> None:
    """Become `dagster dev` on loopback; does not return.

    Raises:
        SystemExit: with one plain message, if a setting does not fit, Dagster's home cannot be written, or the code
            location does not load.

    Example:
        >>> main("3000")                                                         # doctest: +SKIP
    """
    try:
        settings = load_settings()
        with storage_errors_named(settings.home):
            prepare_dagster(settings)
            importlib.import_module("orchestration.definitions")
    except (ClustersError, OSError) as error:
        raise SystemExit(f"clusters: {error}") from error
    except Exception as error:
        raise SystemExit(
            f"clusters: Dagster cannot load the code ({type(error).__name__}: {error}). "
            "Remedy: `dagster definitions validate -w workspace.yaml` shows where."
        ) from error
    command = [str(DAGSTER), "dev", "-w", str(PROJECT_ROOT / "workspace.yaml"), "-h", HOST, "-p", port]
    os.execv(command[0], command)  # noqa: S606


if __name__ == "__main__":
    main(*sys.argv[1:])
