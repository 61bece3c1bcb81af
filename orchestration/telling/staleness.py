"""How old what analysts see is: the release, the last time it was found current, each source against its cadence.

Belongs here: ages and what counts as stale. Does not: telling anybody (see `alerts`, `cli`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from orchestration.release.publish import AHEAD, Warehouse
from orchestration.release.records import SourceSnapshot, read_snapshots
from orchestration.settings import Settings
from orchestration.sources.catalogue import SOURCES
from orchestration.telling.run_record import last_run
from orchestration.wording import span

# A nightly refresh asks every publisher again, so two missed nights are a fault whatever a dataset's own cadence.
STALE_AFTER = timedelta(hours=50)


@dataclass(frozen=True)
class SourceAge:
    """A source of the release: its newest edition, when its newest bytes arrived (an aware time), and the day by which
    the next edition should be out; `due` is None where the publisher promises nothing.
    """

    dataset: str
    newest: str
    fetched_at: datetime
    age: timedelta
    cadence: str
    due: date | None
    now: datetime

    @property
    def overdue(self) -> bool:
        """Whether the next edition should be out by now; new bytes of one that is there change nothing about it."""
        return self.due is not None and self.now.date() > self.due


@dataclass(frozen=True)
class Staleness:
    """How old the current release is; times are aware.

    `confirmed_at` is when a refresh that asked for everything last ended without failing: then the release was what the
    publishers offered. `ahead` says that the release is dated after `now`.
    """

    release_id: str
    profile: str
    published_at: datetime
    confirmed_at: datetime
    now: datetime
    sources: tuple[SourceAge, ...]
    ahead: str | None = None

    @property
    def age(self) -> timedelta:
        return self.now - self.published_at

    @property
    def reasons(self) -> list[str]:
        """Why a person should look; none if nothing is stale."""
        unconfirmed = self.now - self.confirmed_at
        # Dates of the future say nothing of how long ago anything was.
        found = [self.ahead] if self.ahead else []
        if unconfirmed < -AHEAD:
            found.append(f"the last refresh that succeeded is dated {self.confirmed_at:%Y-%m-%d}, after today")
        if unconfirmed > STALE_AFTER:
            found.append(f"no refresh has succeeded for {span(unconfirmed)}; see the last run")
        return found + [
            f"{source.dataset}: the edition after {source.newest} is overdue since {source.due} ({source.cadence})"
            for source in self.sources
            if source.overdue
        ]


def staleness(settings: Settings, now: datetime | None = None) -> Staleness | None:
    """How old the current release is at `now` (an aware time; by default this moment), None if there is no release.

    Raises:
        SetupError: if the current release cannot be read.

    Example:
        >>> staleness(settings()).reasons                                   # doctest: +SKIP
        ['no refresh has succeeded for 3 days; see the last run']
    """
    house = Warehouse(settings)
    release = house.current()
    if release is None:
        return None
    at = now or datetime.now(UTC)
    succeeded = (last_run(settings) or {}).get("succeeded_at")
    # A release that was copied here, or whose record was lost, was current when it was made. Where there is a record a
    # release may be newer than what it says: one that was made from news of a part.
    confirmed = datetime.fromisoformat(succeeded) if succeeded else release.published_at
    sources = _source_ages(read_snapshots(release.path), at, invented=release.profile == "sample")
    ahead = house.ahead(at) if release.published_at > at + AHEAD else None
    return Staleness(release.id, release.profile, release.published_at, confirmed, at, sources, ahead)


def _source_ages(snapshots: list[SourceSnapshot], now: datetime, *, invented: bool) -> tuple[SourceAge, ...]:
    by_dataset: dict[str, list[SourceSnapshot]] = {}
    for snapshot in snapshots:
        by_dataset.setdefault(snapshot.source_id.split(":")[0], []).append(snapshot)
    found = []
    for name, members in sorted(by_dataset.items()):
        fetched = max(member.fetched_at for member in members)
        newest = max(member.reference_period for member in members)
        period, _, vintage = newest.partition("@")
        source = SOURCES.get(name)
        cadence, due = (source.cadence, source.due(period, vintage)) if source else ("no longer pulled", None)
        # Nobody will publish another year of an invented country.
        due = None if invented else due
        found.append(SourceAge(name, newest, fetched, now - fetched, cadence, due, now))
    return tuple(found)
