"""What dbt's tests found, put together over the steps of a build and the years that it takes over.

Belongs here: one finding a test out of several. Does not: reading dbt's results, what follows from a finding.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from orchestration.quality.verdict import CheckResult

Years = Sequence[int]
NOTHING = "no failing rows"


def together(found: Iterable[tuple[Years, CheckResult]]) -> list[CheckResult]:
    """One finding for each check, failed where it failed in any year; years are named where they differ.

    Example:
        >>> one = CheckResult("rows", "employment", "dbt", "warning", True, "no failing rows", "none")
        >>> other = replace(one, passed=False, observed="2 rows that do not fit")
        >>> [f.observed for f in together([([2015], one), ([2016], other)])]
        ['2016: 2 rows that do not fit']
    """
    groups: dict[tuple[str, str], list[tuple[Years, CheckResult]]] = {}
    for years, finding in found:
        groups.setdefault((finding.table_name, finding.check_name), []).append((years, finding))
    return [_one(group) for group in groups.values()]


def _one(group: Sequence[tuple[Years, CheckResult]]) -> CheckResult:
    failed = [(years, finding) for years, finding in group if not finding.passed]
    if not failed:
        return group[0][1]
    if len(group) == 1:
        return failed[0][1]
    said = [f"{named(years)}: {f.observed}" if years else f.observed for years, f in failed]
    worst = next((f for _, f in failed if f.severity == "error"), failed[0][1])
    return replace(worst, observed="; ".join(dict.fromkeys(said)))


def named(years: Years) -> str:
    """Years in words.

    Example:
        >>> named([2015]), named([2015, 2016, 2019])
        ('2015', '2015 to 2019')
    """
    return f"{years[0]}" if len(years) == 1 else f"{years[0]} to {years[-1]}"


def carried(
    before: Mapping[int, Sequence[CheckResult]], years: Iterable[int], run: Mapping[int, Iterable[tuple[str, str]]]
) -> list[tuple[Years, CheckResult]]:
    """What earlier builds found in years that are taken over: all but the checks that were carried out again.

    Args:
        before: what the release before remembers of its years, as `to_remember` made it.
        years: the years of this build.
        run: checks of this build by year, each as table and name.
    """
    return [
        ([year], finding)
        for year in years
        for finding in before.get(year, ())
        if (finding.table_name, finding.check_name) not in set(run.get(year, ()))
    ]


def to_remember(found: Iterable[tuple[Years, CheckResult]], years: Iterable[int]) -> dict[int, list[CheckResult]]:
    """What failed in each year; what is not there has passed.

    Example:
        >>> to_remember([([2015], CheckResult("rows", "employment", "dbt", "warning", True, "", ""))], [2015])
        {2015: []}
    """
    failed = [(of, finding) for of, finding in found if not finding.passed]
    return {year: [finding for of, finding in failed if year in of] for year in years}
