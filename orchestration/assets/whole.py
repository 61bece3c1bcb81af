"""A refresh is whole or it is none: what a run is about that was started for some of the assets only.

Belongs here: telling the two apart, and what a person is told who clicked one table. Does not: what the assets do.

Dagster offers a button beside every asset. A source may be pulled alone; tables are built, checked and published
together, and only a run that asked every publisher may say how the refresh ended.
"""

from __future__ import annotations

from functools import cache

from dagster import AssetKey, DagsterRun, Failure

from orchestration.assets.dbt_project import Translator, parsed_project
from orchestration.assets.tidy import TIDY_ASSETS
from orchestration.assets.workers import SLICES_JOB

RELEASE = AssetKey("release")
WAREHOUSE = "warehouse"
INSTEAD = (
    "Nothing was built, and analysts see what they saw before: tables are built, checked and published together or not "
    "at all. Click instead: Jobs, nightly, Materialize all (the same as `clusters refresh`)."
)


@cache
def _everything() -> tuple[frozenset[AssetKey], frozenset[str]]:
    """The assets of a refresh, and the steps that make them."""
    tidy = {key for definition in TIDY_ASSETS for key in definition.keys}
    nodes = [n for n in parsed_project()["nodes"].values() if n["resource_type"] in ("model", "seed")]
    built = {Translator().get_asset_key(node) for node in nodes}
    steps = {definition.node_def.name for definition in TIDY_ASSETS}
    return frozenset({*tidy, *built, RELEASE}), frozenset({*steps, WAREHOUSE, RELEASE.to_python_identifier()})


def is_whole(run: DagsterRun) -> bool:
    """Whether a run is a whole refresh: neither of some assets only, nor of the steps that failed in another run.

    Example:
        >>> is_whole(DagsterRun("nightly", asset_selection=frozenset({RELEASE})))
        False
    """
    # The workers' run is told of by the refresh that started it.
    if run.job_name == SLICES_JOB:
        return False
    assets, steps = _everything()
    some = run.asset_selection or run.asset_check_selection
    return (not some or assets <= (run.asset_selection or set())) and steps <= set(run.step_keys_to_execute or steps)


def require_whole(run: DagsterRun) -> None:
    """Stops a run that is no whole refresh.

    Raises:
        Failure: which says what to click instead.
    """
    if not is_whole(run):
        raise Failure(INSTEAD, allow_retries=False)
