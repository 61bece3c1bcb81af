"""A refresh is whole or it is none: what a run is about that was started for some of the assets only.

Belongs here: telling the two apart, and what a person is told who clicked one table. Does not: what the assets do.

Dagster offers a button beside every asset. A source may be pulled alone; tables are built, checked and published
together, and only a run that asked every publisher may say how the refresh ended.
"""

from __future__ import annotations

from functools import cache

from dagster import AssetKey, DagsterRun, Failure

from orchestration.assets.tidy import TIDY_ASSETS
from orchestration.assets.workers import SLICES_JOB

RELEASE = AssetKey("release")
INSTEAD = (
    "Nothing was built, and analysts see what they saw before: tables are built, checked and published together or not "
    "at all. Click instead: Jobs, nightly, Materialize all (the same as `clusters refresh`)."
)


@cache
def _everything() -> tuple[frozenset[AssetKey], frozenset[str]]:
    """The assets of a refresh, and the steps that make them."""
    # It asks this module before it builds, so it cannot be imported above.
    from orchestration.assets.warehouse import warehouse

    made = [*TIDY_ASSETS, warehouse]
    assets = {key for definition in made for key in definition.keys}
    steps = {definition.node_def.name for definition in made}
    return frozenset({*assets, RELEASE}), frozenset({*steps, RELEASE.to_python_identifier()})


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
