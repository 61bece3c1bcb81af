"""What a Celery worker on any machine is started with: `celery -A orchestration.celery_app worker -Q dagster`.

Belongs here: the app that dagster-celery's tasks run in. Does not: what a task does (see `assets.slice_job`), who asks
for it (see `assets.workers`). Needs the optional dependencies `workers` of `pyproject.toml`.
"""

from __future__ import annotations

import logging

from celery import Celery
from celery.signals import celeryd_init
from dagster_celery.executor import CeleryExecutor
from dagster_celery.make_app import make_app
from dagster_celery.tasks import create_task
from kombu.exceptions import OperationalError

from orchestration.durable import nobody_else_writes
from orchestration.errors import SetupError
from orchestration.settings import Settings, settings

# A slice made twice is the same slice. So a task counts as taken when it is done, and goes to another worker where its
# own dies.
SAFE = {"task_acks_late": True, "task_reject_on_worker_lost": True, "broker_connection_retry_on_startup": True}
ANSWER_WITHIN = 3.0

log = logging.getLogger("clusters.build")


def app_of(of: Settings) -> Celery:
    """The app that listens at the broker of the settings.

    Raises:
        SetupError: if they name none.
    """
    if of.broker is None:
        raise SetupError("CLUSTERS_BROKER is not set. Remedy: the address of the Redis that the refresh uses")
    address = of.broker.get_secret_value()
    return make_app(CeleryExecutor.for_cli(broker=address, backend=address, config_source=SAFE).app_args())


def answering(of: Settings) -> int:
    """How many workers answer at the broker; none where the broker itself does not.

    Example:
        >>> answering(settings())                                               # doctest: +SKIP
        2
    """
    try:
        return len(app_of(of).control.ping(timeout=ANSWER_WITHIN))
    except OperationalError as error:
        log.warning("CLUSTERS_BROKER: %s", error)
        return 0


@celeryd_init.connect
def as_the_command(**_: object) -> None:
    """A worker's files, and those of its processes, are as those of the command: nobody else writes them."""
    nobody_else_writes()


app = app_of(settings())
execute_plan = create_task(app)
