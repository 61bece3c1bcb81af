"""The code location: everything Dagster loads. `workspace.yaml` names this module."""

from __future__ import annotations

import warnings

from dagster import BetaWarning, Definitions, in_process_executor

warnings.filterwarnings("ignore", category=BetaWarning)

from orchestration.assets.dbt_project import DBT_CLI  # noqa: E402
from orchestration.assets.gates import MARTS_GATE, TIDY_GATE  # noqa: E402
from orchestration.assets.metadata import CONFIRMATION, SLICES  # noqa: E402
from orchestration.assets.release import release  # noqa: E402
from orchestration.assets.resources import Refresh  # noqa: E402
from orchestration.assets.tidy import TIDY_ASSETS  # noqa: E402
from orchestration.assets.warehouse import warehouse  # noqa: E402
from orchestration.automation import (  # noqa: E402
    nightly,
    nightly_at_half_past_two,
    tell_of_failure,
    tell_of_success,
    years,
)

defs = Definitions(
    assets=[*TIDY_ASSETS, warehouse, release, CONFIRMATION, SLICES],
    asset_checks=[TIDY_GATE, MARTS_GATE],
    jobs=[nightly, years],
    schedules=[nightly_at_half_past_two],
    sensors=[tell_of_failure, tell_of_success],
    # Of every job, also those that the interface makes up: the steps of a run share its lock and what it has found.
    executor=in_process_executor,
    resources={
        "refresh": Refresh(),
        "dbt": DBT_CLI,
    },
)
