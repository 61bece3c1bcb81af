"""Business Dynamics Statistics of the invented country: vintage 2023, states and counties."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from orchestration.sample.economy import Economy

FOLDER = "www2.census.gov/programs-surveys/bds/tables/time-series/2023"
YEARS = tuple(range(2019, 2024))
FIGURES = (
    "firms", "estabs", "emp", "denom", "estabs_entry", "estabs_entry_rate", "estabs_exit", "estabs_exit_rate",
    "job_creation", "job_creation_births", "job_creation_continuers", "job_creation_rate_births", "job_creation_rate",
    "job_destruction", "job_destruction_deaths", "job_destruction_continuers", "job_destruction_rate_deaths",
    "job_destruction_rate", "net_job_creation", "net_job_creation_rate", "reallocation_rate", "firmdeath_firms",
    "firmdeath_estabs", "firmdeath_emp",
)  # fmt: skip
# Of fewer births or deaths than this nothing is told but firms, establishments and jobs; rates that rest on it are
# marked otherwise than figures.
FEWEST = 3
TOLD = ("firms", "estabs", "emp", "denom")


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes a file by state and one by county, each with a row a year."""
    flows = _flows(economy, np.random.default_rng([seed, 12]))
    states = [",".join(("year", "st", *FIGURES))]
    counties = [",".join(("year", "st", "cty", *FIGURES))]
    for at, year in enumerate(YEARS):
        for state in economy.geography.states:
            places = [i for i, code in enumerate(economy.places) if code.startswith(state.code)]
            states.append(f"{year},{state.code},{_line(flows, at, places)}")
        for county in economy.geography.counties(year):
            places = [p.place for p in county.parcels]
            counties.append(f"{year},{county.code[:2]},{county.code[2:]},{_line(flows, at, places)}")
    for name, lines in (("st", states), ("st_cty", counties)):
        path = root / FOLDER / f"bds2023_{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _flows(economy: Economy, rng: np.random.Generator) -> dict[str, np.ndarray]:
    """What happened in each year and place, as whole numbers that add up over places."""
    private = [k for k, i in enumerate(economy.industries) if i.own == "5"]
    span = slice(economy.years.index(YEARS[0]) - 1, economy.years.index(YEARS[-1]) + 1)
    plants, jobs = (f[span][:, :, private].sum(axis=2) for f in (economy.establishments, economy.employment))
    before, now, jobs_before, jobs_now = plants[:-1], plants[1:], jobs[:-1], jobs[1:]
    spread = np.exp(0.25 * rng.normal(size=before.shape))
    deaths = np.minimum(np.maximum(np.rint(0.09 * spread * before).astype(int), before - now), before)
    births = now - before + deaths
    born, died = np.minimum(5 * births, jobs_now), np.minimum(5 * deaths, jobs_before)
    grown = (jobs_now - born) - (jobs_before - died)
    gained = np.rint(0.07 * spread * jobs_before).astype(int) + np.maximum(grown, 0)
    return {
        "estabs": now, "emp": jobs_now, "before": jobs_before, "estabs_entry": births, "estabs_exit": deaths,
        "job_creation_births": born, "job_creation_continuers": gained, "job_destruction_deaths": died,
        "job_destruction_continuers": gained - grown,
    }  # fmt: skip


def _line(flows: dict[str, np.ndarray], at: int, places: Sequence[int]) -> str:
    of = {name: int(flow[at, list(places)].sum()) for name, flow in flows.items()}
    created = of["job_creation_births"] + of["job_creation_continuers"]
    destroyed = of["job_destruction_deaths"] + of["job_destruction_continuers"]
    mean_plants = of["estabs"] - (of["estabs_entry"] - of["estabs_exit"]) / 2
    mean_jobs, net = (of["emp"] + of["before"]) / 2, created - destroyed
    of |= {"firms": int(0.8 * of["estabs"]), "denom": round(mean_jobs), "net_job_creation": net}
    of |= {"job_creation": created, "job_destruction": destroyed, "firmdeath_firms": int(0.8 * of["estabs_exit"])}
    of |= {"firmdeath_estabs": of["firmdeath_firms"], "firmdeath_emp": 5 * of["firmdeath_firms"]}
    rates = {f"{name}_rate": (of[name], mean_plants) for name in ("estabs_entry", "estabs_exit")}
    rates |= {f"{name}_rate": (of[name], mean_jobs) for name in ("job_creation", "job_destruction", "net_job_creation")}
    rates["job_creation_rate_births"] = of["job_creation_births"], mean_jobs
    rates["job_destruction_rate_deaths"] = of["job_destruction_deaths"], mean_jobs
    rates["reallocation_rate"] = created + destroyed - abs(net), mean_jobs
    told = {n: str(v) for n, v in of.items()} | {n: f"{100 * a / b:.3f}" if b else "X" for n, (a, b) in rates.items()}
    if min(of["estabs_entry"], of["estabs_exit"]) < FEWEST:
        told |= {name: "S" if name in rates else "D" for name in FIGURES if name not in TOLD}
    return ",".join(told[name] for name in FIGURES)
