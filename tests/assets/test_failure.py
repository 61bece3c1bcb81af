"""From a failed run to the one message a person gets, and how it reaches them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from dagster import (
    AssetCheckResult,
    AssetCheckSpec,
    DagsterEvent,
    DagsterInstance,
    DagsterRun,
    Definitions,
    ExecuteInProcessResult,
    JobDefinition,
    MaterializeResult,
    asset,
    build_run_status_sensor_context,
    define_asset_job,
    job,
    op,
)
from dagster._core.errors import DagsterExecutionInterruptedError

from orchestration.assets.dbt_runs import SKIPPED
from orchestration.assets.resources import RUN_ID, findings_folder
from orchestration.automation import TOLD_BY, tell_of_failure, tell_of_success
from orchestration.ending import failure as amounts_to
from orchestration.errors import GateError, SourceError, Stopped
from orchestration.partitions import File, Partition
from orchestration.quality.verdict import CheckResult
from orchestration.serve import interface_environment
from orchestration.settings import Settings, settings
from orchestration.telling.failure import GatesStopped, RefreshFailed, accepting, failure_of, gate_error, remedy
from orchestration.telling.run_record import last_run, record_run

FINDING = CheckResult(
    "unique_key", "stg_qcew", "great_expectations", "error", False, "9 rows offending, the first: year = 2016", "none"
)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("CLUSTERS_WEBHOOK", raising=False)
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


def job_that_raises(*errors: Exception) -> JobDefinition:
    """A job with a step for each error."""

    def step(number: int, error: Exception):
        @op(name=f"step_{number}")
        def raising() -> None:
            raise error

        return raising

    @job
    def failing() -> None:
        for number, error in enumerate(errors):
            step(number, error)()

    return failing


def failure(*errors: Exception) -> RefreshFailed:
    result = job_that_raises(*errors).execute_in_process(raise_on_error=False)
    return failure_of([event for event in result.all_events if event.is_failure], "the run failed")


def caused(outer: Exception, cause: Exception) -> Exception:
    outer.__cause__ = cause
    return outer


def test_our_own_error_is_found_below_dagsters() -> None:
    found = failure(SourceError("bls_qcew", "2016.zip", "is truncated", "pull again"))
    assert str(found) == "bls_qcew: 2016.zip: is truncated. Remedy: pull again."
    assert found.exit_code == 2


def test_our_own_error_is_found_at_the_end_of_a_chain() -> None:
    found = failure(caused(RuntimeError("wrapped"), caused(ValueError("again"), GateError("rows are missing"))))
    assert (str(found), found.exit_code) == ("rows are missing", 3)


def test_several_errors_are_all_told_once_with_the_first_ones_code() -> None:
    source = SourceError("bls_qcew", "2016.zip", "is truncated", "pull again")
    found = failure(source, GateError("rows are missing"), GateError("rows are missing"))
    assert sorted(str(found).splitlines()) == sorted([str(source), "rows are missing"])
    assert found.exit_code in (2, 3)


def test_any_other_error_shows_where_it_came_from() -> None:
    found = failure(caused(RuntimeError("outer"), ZeroDivisionError("inner")))
    assert "ZeroDivisionError: inner" in str(found)
    assert found.exit_code == 1


def test_no_error_at_all() -> None:
    assert str(failure_of([], "the run failed")) == "the run failed"


def test_blocking_check_is_a_gate(tmp_path: Path) -> None:
    @asset(check_specs=[AssetCheckSpec("rows", asset="table", blocking=True)])
    def table() -> MaterializeResult:
        return MaterializeResult(check_results=[AssetCheckResult(check_name="rows", passed=False)])

    checked = Definitions([table], jobs=[define_asset_job("checked")]).resolve_job_def("checked")
    result = checked.execute_in_process(raise_on_error=False)
    found = failure_of([event for event in result.all_events if event.is_failure], "the run failed")
    assert found.exit_code == 3
    assert "table: rows" in str(found)


def partition(year: int, *urls: str) -> Partition:
    files = tuple(File(url, "0" * 64, 1, None, None, "2026-01-01T00:00:00+00:00") for url in urls)
    return Partition("bls_qcew", "qcew", str(year), None, "area_slices", f"qcew/{year}/x.parquet", 1, "new", files)


def test_gate_names_the_files_of_the_year_it_found_fault_with() -> None:
    partitions = [
        partition(2015, "https://x.gov/2015.zip"),
        partition(2016, *(f"https://x.gov/{n}.csv" for n in "abcd")),
    ]
    error = gate_error([FINDING], partitions, Path("docs"))
    assert "[bls_qcew: a.csv, b.csv, c.csv and 1 more]" in str(error)
    assert "2015.zip" not in str(error)
    assert "Remedy: " in str(error)
    assert error.exit_code == 3


def test_gate_names_all_files_where_no_year_is_at_fault() -> None:
    finding = CheckResult("columns", "stg_qcew", "great_expectations", "error", False, "missing: year", "all")
    partitions = [partition(2015, "https://x.gov/2015.zip"), partition(2016, "https://x.gov/2016%20a.zip")]
    assert "[bls_qcew: 2015.zip, 2016 a.zip]" in str(gate_error([finding], partitions, Path("docs")))


def alerts(home: Settings) -> list[dict]:
    return [json.loads(line) for line in (home.home / "alerts.jsonl").read_text(encoding="utf-8").splitlines()]


def whole(result: ExecuteInProcessResult) -> DagsterRun:
    """The run as one of a whole refresh, of which no steps were chosen."""
    return DagsterRun(result.dagster_run.job_name, run_id=result.run_id, tags=result.dagster_run.tags)


def run_sensor(error: Exception, before_sensor=None, times: int = 1, tags: dict[str, str] | None = None) -> str:
    """Fails a run, then lets the sensor look at it so many times; returns the run's id."""
    with DagsterInstance.ephemeral() as instance:
        failing = job_that_raises(error)
        result = failing.execute_in_process(instance=instance, raise_on_error=False, tags=tags)
        if before_sensor:
            before_sensor(result.run_id)
        context = build_run_status_sensor_context(
            sensor_name="tell_of_failure",
            dagster_event=result.get_run_failure_event(),
            dagster_instance=instance,
            dagster_run=whole(result),
        ).for_run_failure()
        for _ in range(times):
            tell_of_failure(context)
    return result.run_id


def test_sensor_tells_and_remembers(home: Settings) -> None:
    run_id = run_sensor(SourceError("bls_qcew", "2016.zip", "is truncated", "pull again"))
    (alert,) = alerts(home)
    assert (alert["run_id"], alert["exit_code"], alert["outcome"]) == (run_id, 2, "failed")
    assert alert["message"] == "bls_qcew: 2016.zip: is truncated. Remedy: pull again."
    record = last_run(home)
    assert record is not None
    assert (record["outcome"], record["message"]) == ("failed", alert["message"])


def test_a_run_that_was_stopped_is_put_on_record_and_not_told(home: Settings) -> None:
    """As Dagster reports one whose process was told to end."""
    run_sensor(caused(RuntimeError("a step failed"), DagsterExecutionInterruptedError()))
    assert not (home.home / "alerts.jsonl").exists()
    record = last_run(home)
    assert record is not None
    assert (record["outcome"], record["exit_code"], record["message"]) == ("stopped", 143, str(Stopped(15)))


def events_of(*errors: Exception) -> list[DagsterEvent]:
    """The failure events of a run of which these errors ended a step each, one after the other."""
    results = [job_that_raises(error).execute_in_process(raise_on_error=False) for error in errors]
    return [event for result in results for event in result.all_events if event.is_step_failure]


STOP = caused(RuntimeError("a step failed"), DagsterExecutionInterruptedError())


@pytest.mark.parametrize("heard", [None, 2])
@pytest.mark.parametrize(
    ("errors", "code"),
    [
        ([GateError("rows are missing"), STOP], 3),
        ([GateError("rows are missing")], 3),
        # Of what came after the stop, and of what was no gate, the stop may be the cause.
        ([STOP, GateError("rows are missing")], None),
        ([SourceError("bls_qcew", "2016.zip", "is truncated", "pull again"), STOP], None),
        ([STOP], None),
    ],
)
def test_a_gate_that_failed_before_a_stop_is_told(
    home: Settings, errors: list[Exception], code: int | None, heard: int | None
) -> None:
    found = amounts_to(home, "a run", events_of(*errors), "the run failed", heard)
    assert found.exit_code == (code or 128 + (heard or 15))
    assert (str(found) == "rows are missing") is (code == 3)


def test_tests_that_dbt_skipped_as_it_was_stopped_have_failed_no_gate(home: Settings) -> None:
    skipped = replace(FINDING, check_name="figures_add_up", tool="dbt", observed=SKIPPED)
    events = events_of(GateError("build_employment failed"))
    record_finding(home, "a run", skipped)
    assert amounts_to(home, "a run", events, "", 15).exit_code == 143
    assert amounts_to(home, "a run", events, "").exit_code == 3
    record_finding(home, "a run", skipped, FINDING)
    found = amounts_to(home, "a run", events, "", 15)
    assert isinstance(found, GatesStopped)
    assert found.findings == [FINDING]


def test_a_sensor_that_is_tried_in_the_interface_uses_no_alert_up(
    home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    environment = interface_environment({})
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    run_sensor(GateError("stopped"))
    succeed(home)
    assert not (home.home / "alerts.jsonl").exists()
    assert last_run(home) is None
    for name in environment:
        monkeypatch.delenv(name)
    run_sensor(GateError("stopped"))
    assert len(alerts(home)) == 1


def record_finding(home: Settings, run_id: str, *findings: CheckResult) -> None:
    folder = findings_folder(home)
    (folder / "checks").mkdir(parents=True, exist_ok=True)
    (folder / RUN_ID).write_text(run_id, encoding="utf-8")
    found = [finding.__dict__ for finding in findings or [FINDING]]
    (folder / "checks" / "tidy.json").write_text(json.dumps(found), encoding="utf-8")


def test_sensor_names_what_the_gates_of_this_run_found(home: Settings) -> None:
    run_sensor(GateError("stopped"), lambda run_id: record_finding(home, run_id))
    (alert,) = alerts(home)
    assert [(f["check"], f["gate"]) for f in alert["findings"]] == [("stg_qcew.unique_key", "great_expectations")]
    assert alert["findings"][0]["observed"] == FINDING.observed
    assert "9 rows offending" in alert["message"]
    assert alert["exit_code"] == 3


def test_sensor_does_not_take_another_runs_findings(home: Settings) -> None:
    run_sensor(GateError("stopped"), lambda run_id: record_finding(home, "another run"))
    assert [(a["message"], a["findings"]) for a in alerts(home)] == [("stopped", [])]


def test_a_sensor_that_looks_twice_tells_once(home: Settings) -> None:
    run_sensor(GateError("stopped"), times=2)
    assert len(alerts(home)) == 1


def test_sensor_leaves_the_commands_own_runs_to_the_command(home: Settings) -> None:
    run_sensor(GateError("stopped"), tags={TOLD_BY: "the command"})
    assert not (home.home / "alerts.jsonl").exists()


def succeed(home: Settings, tags: dict[str, str] | None = None) -> None:
    """A run that succeeds, and the sensor that looks at it."""

    @job
    def nightly() -> None:
        pass

    with DagsterInstance.ephemeral() as instance:
        result = nightly.execute_in_process(instance=instance, tags=tags)
        findings_folder(home).mkdir(parents=True, exist_ok=True)
        (findings_folder(home) / RUN_ID).write_text(result.run_id, encoding="utf-8")
        context = build_run_status_sensor_context(
            sensor_name="tell_of_success",
            dagster_event=next(event for event in result.all_events if event.is_job_success),
            dagster_instance=instance,
            dagster_run=whole(result),
        )
        tell_of_success(context)


def test_sensor_tells_once_of_a_recovery(home: Settings) -> None:
    run_sensor(GateError("stopped"))
    succeed(home, {TOLD_BY: "the command"})
    assert [a["outcome"] for a in alerts(home)] == ["failed"]
    succeed(home)
    succeed(home)
    assert [a["outcome"] for a in alerts(home)] == ["failed", "recovered"]


def test_late_sensor_does_not_write_over_a_newer_run(home: Settings) -> None:
    def succeed_meanwhile(run_id: str) -> None:
        record_run(home, "published", release_id="20260101T000000Z")
        path = home.home / "last_run.json"
        later = (datetime.now(UTC) + timedelta(minutes=1)).isoformat(timespec="seconds")
        path.write_text(json.dumps(json.loads(path.read_text()) | {"finished_at": later}), encoding="utf-8")

    run_sensor(GateError("stopped"), succeed_meanwhile)
    assert len(alerts(home)) == 1
    record = last_run(home)
    assert record is not None
    assert record["outcome"] == "published"


APPEARED = CheckResult("revision_discloses_much_more", "stg_qcew", "great_expectations", "error", False, "1", "0")
GONE = CheckResult("history_keys_kept", "dim_region", "great_expectations", "error", False, "1", "0")


def test_figures_that_were_withheld_are_told_as_that_with_the_way_out() -> None:
    partition = Partition("bls_qcew", "qcew", "2016", None, "singlefile", "qcew/2016/x.parquet", 1, "changed", ())
    said = str(gate_error([APPEARED], [partition], Path("docs")))
    assert "none is lost" in said
    assert "notice of another disclosure rule" in said
    assert "`clusters refresh --accept-revision bls_qcew`" in said
    assert "compare it with the one before" in remedy([APPEARED, FINDING])


def test_a_lost_year_has_its_own_remedy_and_no_flag() -> None:
    lost = CheckResult(
        "history_years_kept", "stg_qcew", "great_expectations", "error", False, "year = 2016", "every year"
    )
    partition = Partition("bls_qcew", "qcew", "2016", None, "singlefile", "qcew/2016/x.parquet", 1, "changed", ())
    for findings in ([lost], [lost, FINDING], [APPEARED, lost]):
        said = str(gate_error(findings, [partition], Path("docs")))
        assert "no flag lets it pass" in said
        assert "restore landing/" in said
        assert "--accept-revision" not in said


def test_what_a_mart_lost_can_be_let_pass_too() -> None:
    partition = Partition("bls_qcew", "qcew", "2016", None, "singlefile", "qcew/2016/x.parquet", 1, "changed", ())
    assert "`clusters refresh --accept-revision SOURCE`, SOURCE being" in accepting([GONE], [partition])
    assert accepting([GONE, APPEARED], [partition]).endswith("`clusters refresh --accept-revision bls_qcew`")
    assert accepting([GONE, FINDING], [partition]) == ""
