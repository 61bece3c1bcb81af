"""Eurostat's tables of the invented country: its states are regions of the country XT."""

from __future__ import annotations

import gzip
from pathlib import Path

from orchestration.sample.economy import Economy

FOLDER = "ec.europa.eu/eurostat/api/dissemination/sdmx/2.1/data"
# Wages are about this share of what is produced.
WAGE_SHARE = 0.55


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes each table where a folder of publishers' files holds it."""
    years = economy.years[1:-1]
    gdp: list[list[object]] = [["freq,unit,geo\\TIME_PERIOD", *years]]
    areas: list[list[object]] = [["freq,unit,landuse,geo\\TIME_PERIOD", *years]]
    for number, state in enumerate(economy.geography.states, start=1):
        region = f"XT{number}"
        places = [i for i, code in enumerate(economy.places) if code.startswith(state.code)]
        value = [economy.wages[economy.years.index(y)][places].sum() / WAGE_SHARE / 1e6 for y in years]
        # The last year is provisional.
        gdp.append([f"A,MIO_EUR,{region}", *(f"{v:.2f} " for v in value[:-1]), f"{value[-1]:.2f} p"])
        gdp.append([f"A,EUR_HAB,{region}", *(": " for _ in years)])
        dry = sum(p.land for p in economy.geography.parcels if p.state == state) / 1e6
        wet = sum(p.water for p in economy.geography.parcels if p.state == state) / 1e6
        areas.append([f"A,KM2,TOTAL,{region}", *(f"{dry + wet:.1f} " for _ in years)])
        areas.append([f"A,KM2,L0008,{region}", *(f"{dry:.1f} " for _ in years)])
    _write(root, "nama_10r_3gdp", gdp)
    _write(root, "demo_r_d3area", areas)


def _write(root: Path, table: str, lines: list[list[object]]) -> None:
    head, *rows = lines
    text = "".join("\t".join(map(str, line)) + "\r\n" for line in ([head[0], *(f"{y} " for y in head[1:])], *rows))
    path = root / FOLDER / f"{table}.tsv.gz"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(gzip.compress(text.encode(), mtime=0))
