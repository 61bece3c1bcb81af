"""How much of a revision is let through."""

from __future__ import annotations

from dataclasses import replace

import duckdb
import pytest

from orchestration.contracts import contracts
from orchestration.quality.checks import SqlCheck
from orchestration.quality.comparison import Revision
from orchestration.quality.revision import DISCLOSURE, LOST, accepted, revision_checks

QCEW = contracts()["stg_qcew"]
JOBS = Revision("stg_qcew", "all", 2016, "annual_avg_emplvl", 1000, 900, 0, 0, 0.001, 0.3, 0.001)
TITLES = replace(JOBS, table_name="stg_qcew_areas", column_name="area_title", volume_change=None, revised=10)


def verdicts(revision: Revision) -> dict[str, str]:
    """What each check says: passed, or its severity."""
    with duckdb.connect() as con:
        return {
            check.name: check.severity if con.execute(check.sql).fetchall() else "passed"
            for check in revision_checks(contracts()[revision.table_name], [revision])
        }


@pytest.mark.parametrize(
    ("revision", "worth_a_look", "within_limits"),
    [
        (JOBS, "passed", "passed"),
        (replace(JOBS, volume_change=0.01), "warning", "passed"),
        (replace(JOBS, volume_change=0.03), "warning", "error"),
        (replace(JOBS, vanished=20), "warning", "passed"),
        (replace(JOBS, vanished=60), "warning", "error"),
        (replace(JOBS, appeared=60, vanished=20), "warning", "error"),
        # a difference to the year before may change by much of itself and mean little
        (replace(JOBS, column_name="oty_annual_avg_emplvl_chg", volume_change=0.3), "passed", "passed"),
        (TITLES, "passed", "passed"),
        (replace(TITLES, revised=100), "warning", "passed"),
        (replace(TITLES, revised=400), "warning", "error"),
    ],
)
def test_limits(revision: Revision, worth_a_look: str, within_limits: str) -> None:
    assert verdicts(revision) == {
        "revision_worth_a_look": worth_a_look,
        "revision_within_limits": within_limits,
        "revision_discloses_more": "passed",
        "revision_discloses_much_more": "passed",
    }


@pytest.mark.parametrize(
    ("revision", "more", "much_more"),
    [
        (replace(JOBS, appeared=10), "passed", "passed"),
        (replace(JOBS, appeared=20), "warning", "passed"),
        (replace(JOBS, appeared=60), "warning", "error"),
        (replace(JOBS, appeared=600, vanished=10), "warning", "error"),
    ],
)
def test_figures_that_were_withheld_are_no_loss(revision: Revision, more: str, much_more: str) -> None:
    """A disclosure rule that changed: told as that, and by nothing that speaks of a loss."""
    assert verdicts(revision) == {
        "revision_worth_a_look": "passed",
        "revision_within_limits": "passed",
        "revision_discloses_more": more,
        "revision_discloses_much_more": much_more,
    }
    checks = revision_checks(QCEW, [revision])
    assert all("nothing is lost" in c.expected for c in checks if c.name in DISCLOSURE)


def test_where_nothing_was_compared_there_is_no_check() -> None:
    assert revision_checks(QCEW, []) == []
    assert revision_checks(QCEW, [replace(JOBS, cells=0)]) == []


def test_what_is_accepted_stops_nothing_and_is_still_told() -> None:
    checks = revision_checks(QCEW, [replace(JOBS, volume_change=0.5)])
    other = replace(checks[2], name="unique_grain")
    assert [c.severity for c in checks] == ["warning", "warning", "error", "error"]
    assert [c.severity for c in accepted([*checks, other])] == ["warning"] * 4 + ["error"]
    assert [c.sql for c in accepted(checks)] == [c.sql for c in checks]


def test_a_year_of_a_publishers_that_is_lost_is_no_revision() -> None:
    """It would be gone from every release to come; of a table made here another formula may have fewer years."""
    checks = [
        SqlCheck(name, table, "error", "", "") for table in ("stg_x", "employment") for name in (LOST, "history_rows")
    ]
    assert [c.severity for c in accepted(checks)] == ["error", "warning", "warning", "warning"]
