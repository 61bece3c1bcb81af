"""The last asset: the release itself, published only when every gate has passed.

Belongs here: gathering what the catalogue holds. Does not: how a file is published (`orchestration.release`).
"""

import hashlib
import logging
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb
from dagster import AssetExecutionContext, AssetKey, MaterializeResult, MetadataValue, asset
from dagster._utils.interrupts import capture_interrupts

from orchestration.assets.metadata import OWNERS, confirm
from orchestration.assets.resources import Refresh, recorded_checks, recorded_profiles
from orchestration.assets.warehouse import build_path
from orchestration.assets.whole import RELEASE, require_whole
from orchestration.contracts import published_contracts
from orchestration.errors import GateError
from orchestration.partitions import Partition
from orchestration.quality.verdict import CheckResult, stopping
from orchestration.release.contents import TableContent
from orchestration.release.inputs import options, read_code
from orchestration.release.manifest import Manifest
from orchestration.release.meta import write_catalogue
from orchestration.release.publish import Warehouse
from orchestration.release.records import Catalogue, ReleaseRow, SourceFile, SourceSnapshot
from orchestration.release.rollback import ENDED, read_hold, write_hold
from orchestration.slices.equality import CHECK
from orchestration.slices.shelf import Shelf
from orchestration.telling.run_record import record_run

log = logging.getLogger("clusters.release")

MADE_AGAIN = "every table was made from scratch and is equal to the release's"
PULLED = ("new", "changed", "unchanged")


@asset(
    key=RELEASE,
    deps=[AssetKey([contract.layer, name]) for name, contract in published_contracts().items()],
    description="The read-only DuckDB file that analysts open, with its catalogue; `current.duckdb` points at it.",
    group_name="release",
    kinds={"duckdb"},
    owners=OWNERS,
    pool="duckdb",
)
def release(context: AssetExecutionContext, refresh: Refresh) -> MaterializeResult:
    """Fills the catalogue, closes the file and points `current.duckdb` at it.

    Raises:
        GateError: if any gate found an error, or no gate has run.
    """
    require_whole(context.run)
    require_passed(refresh)
    house = Warehouse(refresh.settings)
    if confirmed := equal_to_current(refresh, house):
        build_path(refresh.settings).unlink()
        run = record_run(refresh.settings, "nothing new", asked=refresh.asked, release_id=confirmed, message=MADE_AGAIN)
        confirm(context, confirmed, run)
        return MaterializeResult(metadata={"release": confirmed, "outcome": MADE_AGAIN})
    tell_of_hold(refresh, house)
    # They are in the build file now; and what is to be published may need the space.
    Shelf(refresh.settings.slices).clear()
    partitions = refresh.partitions
    row = release_row(context, refresh, house)
    asked, synthetic = (row.sources_asked_at or row.built_at).date(), refresh.settings.profile == "sample"
    snapshots = [snapshot(p, asked, synthetic=synthetic) for p in partitions]
    log.info("release %s", row.release_id)
    if updated := updated_meanwhile(refresh):
        refresh.record_checks("code", [updated])
    catalogue = Catalogue(
        release=row,
        snapshots=snapshots,
        files=[file for p in partitions for file in source_files(p)],
        checks=recorded_checks(refresh.settings),
        profiles=recorded_profiles(refresh.settings),
    )
    build, before, years = build_path(refresh.settings), comparable(house, row.profile), refresh.recorded_years()
    known = contents_of(refresh)
    over = {(table, record.year) for record in years for table in record.taken_over}
    # Less than a build has: this process holds more than its queries, and what has no room is as quick on disk.
    with duckdb.connect(str(build), config={"memory_limit": refresh.settings.memory_limit}) as con:
        contents = write_catalogue(
            con,
            catalogue,
            published_contracts(),
            before,
            contents_before=known,
            taken_over=[content for content in known or () if (content.table_name, content.year) in over],
        )
    manifest = Manifest(
        release=row,
        partitions=[asdict(partition) for partition in partitions],
        contents=contents,
        accepted=refresh.accept_revision,
        engine=duckdb.__version__,
        code_hash=refresh.code.hash,
        options=options(refresh.settings),
        # Made by two codes, its rows are nothing that a later release may take over.
        years=[] if updated else years,
        checks_hash=refresh.code.checks_hash(refresh.settings),
    )
    # Once the link has moved the record has to say so: Ctrl-C comes too late then.
    with capture_interrupts():
        path = house.publish(build, row.release_id, manifest=manifest)
        write_hold(house.folder, None)
        run = record_run(refresh.settings, "published", asked=refresh.asked, release_id=row.release_id)
    confirm(context, row.release_id, run)
    return MaterializeResult(metadata={"release": row.release_id, "path": MetadataValue.path(str(path))})


def updated_meanwhile(refresh: Refresh) -> CheckResult | None:
    """A warning where code was updated since the refresh began: the release bears the name of the code of before, and
    the next refresh, by the code of after, makes every table anew."""
    if not (files := refresh.code.updated(read_code())):
        return None
    observed = f"updated meanwhile: {', '.join(files)}"
    return CheckResult("code_is_one", "release", "refresh", "warning", False, observed, "one code from start to end")


def equal_to_current(refresh: Refresh, house: Warehouse) -> str | None:
    """The current release, where all was made anew only to compare with it, and is equal."""
    current, was_compared = house.current(), [f for f in recorded_checks(refresh.settings) if f.check_name == CHECK]
    is_equal = bool(was_compared) and all(finding.passed for finding in was_compared)
    return current.id if current and is_equal and not refresh.anything_new() else None


def tell_of_hold(refresh: Refresh, house: Warehouse) -> None:
    """Records that a rollback holds nothing back any more: whoever went back should look at what comes in its place."""
    if hold := read_hold(house.folder):
        came, expected = f"{hold}; none of that is in this release", "somebody looks at what has come in its place"
        refresh.record_checks("hold", [CheckResult(ENDED, "release", "refresh", "warning", False, came, expected)])


def release_row(context: AssetExecutionContext, refresh: Refresh, house: Warehouse) -> ReleaseRow:
    """The row of `meta.release`; a release that is made again keeps the one it had."""
    if refresh.manifest is not None:
        return refresh.manifest.release
    now, previous = datetime.now(UTC), house.current()
    asked_at = context.instance.get_run_stats(context.run_id).start_time
    fetched = [datetime.fromisoformat(file.fetched_at) for p in refresh.partitions for file in p.files]
    return ReleaseRow(
        release_id=house.new_release_id(now),
        built_at=now,
        published_at=datetime.now(UTC),
        code_version=version("cluster-warehouse"),
        previous_release_id=previous.id if previous else None,
        profile=refresh.settings.profile,
        inputs_hash=refresh.inputs_hash,
        sources_asked_at=datetime.fromtimestamp(asked_at, UTC) if asked_at else now,
        oldest_source_fetched_at=min(fetched),
        sources_kept=sum(p.outcome in ("kept", "late") for p in refresh.partitions),
    )


def comparable(house: Warehouse, profile: str) -> Path | None:
    """The release against which revisions are counted: see `Warehouse.comparable`."""
    current = house.comparable(profile)
    return current.path if current else None


def contents_of(refresh: Refresh) -> list[TableContent] | None:
    """What the current release holds, hashed as it would be today; None where another version of DuckDB hashed it."""
    manifest = refresh.released_manifest()
    return list(manifest.contents) if manifest and manifest.engine == duckdb.__version__ else None


def require_passed(refresh: Refresh) -> None:
    """Stops unless every gate has run and none found an error.

    Raises:
        GateError: naming the findings.
    """
    findings = recorded_checks(refresh.settings)
    tools = {f.tool for f in findings}
    if missing := {"great_expectations", "dbt"} - tools:
        raise GateError(f"no findings of {', '.join(sorted(missing))}: a gate that did not run has not passed")
    if failed := stopping(findings):
        raise GateError("; ".join(str(f) for f in failed))


def snapshot(partition: Partition, asked: date, *, synthetic: bool) -> SourceSnapshot:
    """What `meta.source_snapshot` says of a partition; over several files sizes are summed and checksums combined.

    `asked` is the day on which publishers were asked: what none was asked for since is `held`. A synthetic one names
    the publisher whose layout it has, and says that the figures are not theirs.
    """
    files = partition.files
    one = files[0] if len(files) == 1 else None
    return SourceSnapshot(
        source_id=partition.name,
        publisher=f"synthetic, in the layout of {partition.publisher}" if synthetic else partition.publisher,
        dataset=f"{partition.title} ({partition.format})",
        reference_period=partition.edition,
        url=files[0].url,
        fetched_at=max(datetime.fromisoformat(f.fetched_at) for f in files),
        etag=one.etag if one else None,
        last_modified=one.last_modified if one else None,
        bytes=sum(f.bytes for f in files),
        sha256=one.sha256 if one else _combined([f.sha256 for f in files]),
        licence="synthetic data of this project" if synthetic else partition.licence,
        rows=partition.rows,
        outcome="held" if partition.outcome in PULLED and partition.known_until < asked else partition.outcome,
        tried=partition.tried,
    )


def _combined(checksums: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(sorted(checksums)).encode()).hexdigest()


def source_files(partition: Partition) -> list[SourceFile]:
    """What `meta.source_file` says of a partition."""
    return [
        SourceFile(
            source_id=partition.name,
            url=f.url,
            fetched_at=datetime.fromisoformat(f.fetched_at),
            etag=f.etag,
            last_modified=f.last_modified,
            bytes=f.bytes,
            sha256=f.sha256,
        )
        for f in partition.files
    ]
