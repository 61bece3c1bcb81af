"""How much silent corruption the gates stop: seeded mutations of clean tables, and clean tables as they are.

    python -m bench.corruption --seed 1 [--only NAME ...] (--sample | --mirror DIR)
        [--part tidy|marts|consistent|clean]

Every mutation in `tests/corruption` is applied to a copy of one clean table; then the checks of a refresh run, as they
stand in `orchestration/quality` and `dbt_project/tests`, in two scenarios: the year is new, or re-issued. Prints a
table, the shares, and a JSON summary on the last line. `--part clean` counts false alarms instead: every year as new
and as a re-issue of itself, of the sample with ten seeds. `--budget SECONDS` ends it early and says what was left out.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from orchestration.settings import Settings
from tests.corruption.consistent import CONSISTENT, grown_by
from tests.corruption.harness import SCENARIOS, Outcome, TidyScene
from tests.corruption.mart_mutations import MARTS
from tests.corruption.marts_harness import MartsScene, build_marts
from tests.corruption.mutation import Mutation
from tests.corruption.qcew_mutations import QCEW
from tests.corruption.reference_mutations import REFERENCE
from tests.corruption.workspace import (
    NATIONAL_YEARS,
    SAMPLE_YEARS,
    SLICE_YEARS,
    mirror_settings,
    pulled,
    sample_settings,
)

NIGHTS = 30


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--sample", action="store_true", help="the synthetic economy")
    where.add_argument("--mirror", type=Path, help="folder of publishers' real files")
    parser.add_argument("--seed", type=int, default=1, help="draws the places and industries that are damaged")
    parser.add_argument("--only", nargs="*", default=[], help="names of mutations")
    parser.add_argument("--part", choices=("tidy", "marts", "consistent", "clean"), default="tidy")
    parser.add_argument("--slices", action="store_true", help="of the mirror, the years of state slices")
    parser.add_argument("--budget", type=float, default=3600, help="seconds after which no mutation is begun")
    parser.add_argument("--home", type=Path, help="keep tidy tables here between runs")
    return parser.parse_args()


def outcomes(scene: TidyScene | MartsScene, mutations: Iterable[Mutation], budget: float) -> Iterator[Outcome]:
    """Each mutation's outcomes, printed as they come, until the time is up."""
    end = time.monotonic() + budget
    for mutation in mutations:
        if time.monotonic() > end:
            print(f"{mutation.name}: left out, the time is up")
            continue
        for outcome in scene.judge(mutation):
            by = ", ".join(outcome.by)
            print(
                f"{outcome.mutation:58} {outcome.scenario:10} {outcome.verdict:15} {outcome.seconds:5.1f} s  {by[:120]}"
            )
            yield outcome


def little_by_little(scene: TidyScene) -> dict[str, str]:
    """What became of an industry that a re-issue of every night has grow by some 0.4 %, night by night."""
    nights = {}
    for outcome in scene.night_after_night(lambda night: grown_by(round(0.004 * night, 3)), NIGHTS):
        print(f"{outcome.mutation:58} {outcome.scenario:10} {outcome.verdict:15} {outcome.seconds:5.1f} s", flush=True)
        nights[outcome.scenario] = outcome.verdict
    return nights


def summary(found: list[Outcome]) -> dict[str, object]:
    """Shares by scenario of the mutations that are not small and change something.

    `named` says of every warning whether its message names a place or industry that was touched.
    """
    report: dict[str, object] = {}
    for scenario in SCENARIOS:
        mine = [o for o in found if o.scenario == scenario and not o.small and o.verdict != "changes nothing"]
        counts = Counter(o.verdict for o in mine)
        report[scenario] = {
            "mutations": len(mine),
            "blocked": counts["blocked"],
            "share blocked": round(counts["blocked"] / len(mine), 4) if mine else None,
            "warned": [o.mutation for o in mine if o.verdict == "warned"],
            "named": {o.mutation: o.named for o in found if o.scenario == scenario and o.verdict == "warned"},
            "missed": [o.mutation for o in mine if o.verdict == "missed"],
            "small": {o.mutation: o.verdict for o in found if o.scenario == scenario and o.small},
        }
    return report


def clean(settings: Settings, years: range, seed: int, docs: Path) -> list[str]:
    """Failed checks of clean tidy tables: every year as a new one, and all as re-issues of themselves."""
    scene = TidyScene(pulled(settings, years), settings.tidy, years[-1], seed, docs)
    found = [*scene.clean, *(f for year in years for f in scene.as_new_year(year))]
    return sorted({str(f) for f in found if not f.passed})


def scene_of(args: argparse.Namespace, home: Path) -> TidyScene | MartsScene:
    """Clean tables of the chosen place and part."""
    years = SAMPLE_YEARS if args.sample else SLICE_YEARS if args.slices else NATIONAL_YEARS
    settings = sample_settings(home) if args.sample else mirror_settings(home, args.mirror)
    # A year between two others, where there is one, and of one edition of NAICS with the year before.
    year = years[-3] if args.sample and args.part == "tidy" else years[-1]
    scene = TidyScene(pulled(settings, years), settings.tidy, year, args.seed, home / "docs")
    return (
        scene if args.part in ("tidy", "consistent") else MartsScene(build_marts(settings), scene.draw, home / "docs")
    )


def main() -> None:
    args = arguments()
    with tempfile.TemporaryDirectory(prefix="corruption-") as scratch:
        home = args.home or Path(scratch)
        if args.part == "clean":
            places = (
                [
                    (sample_settings(home / f"seed{seed}", seed), SAMPLE_YEARS)
                    for seed in range(args.seed, args.seed + 10)
                ]
                if args.sample
                else [(mirror_settings(home, args.mirror), years) for years in (NATIONAL_YEARS, SLICE_YEARS)]
            )
            alarms = {str(s.home): clean(s, years, args.seed, home / "docs") for s, years in places}
            print(json.dumps({"false alarms": alarms}, indent=1))
            return
        every = {"marts": MARTS, "consistent": CONSISTENT}.get(args.part, [*QCEW, *REFERENCE])
        chosen = [m for m in every if not args.only or m.name in args.only]
        scene = scene_of(args, home)
        found = list(outcomes(scene, chosen, args.budget))
        report = {"seed": args.seed, "part": args.part} | summary(found)
        if args.part == "consistent" and isinstance(scene, TidyScene):
            report["little by little"] = little_by_little(scene)
        print(json.dumps(report))


if __name__ == "__main__":
    main()
