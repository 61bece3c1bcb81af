"""Patents of the invented country, on pages laid out as the publisher's: blank rows, sums and all."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestration.sample.accounts import cbsa_title
from orchestration.sample.economy import Economy

FOLDER = "www.uspto.gov/web/offices/ac/ido/oeip/taf"
YEARS = range(2018, 2025)
# The country's counties as they were when the publisher began: those that came later are on no page.
COUNTIES_OF = 2019
# Patents a job and year in industries that invent.
INVENTIVE, RATE = ("3254", "334", "3391", "5112", "5132", "5415", "5417"), 0.03
AREAS = {True: ("Metropolitan Statistical Area", "1"), False: ("Micropolitan Statistical Area", "2")}
OUTSIDE = "Non Metro/Micropolitan Statistical Area"

Row = tuple[list[str], np.ndarray]


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes the page of counties and that of metropolitan areas."""
    counties = _patents(economy, seed)
    states = {s.code: s for s in economy.geography.states}
    rows: list[Row] = []
    for county in economy.geography.counties(COUNTIES_OF):
        state = states[county.code[:2]]
        rows.append(([county.code, state.postal, state.name.upper(), county.name], counties[county.code]))
    first = next(iter(states.values()))
    few = np.array([1] + [0] * (len(YEARS) - 1))
    rows.append((["00000", "US", "U.S. UNSPECIFIED REGION", "Undetermined County"], few))
    rows.append(([f"{first.code}000", first.postal, first.name.upper(), "Undetermined County"], few[::-1]))
    # The most first, as published; who has none is left out.
    rows = sorted((row for row in rows if row[1].any()), key=lambda row: (-int(row[1].sum()), row[0]))
    total = sum((figures for _, figures in rows), np.zeros(len(YEARS), dtype=np.int64))
    rows.append((["ALL", "ALL", "ALL U.S. STATES/REGIONS", "ALL AREA COMPONENTS"], total))
    header = ["FIPS Code", "Mail Code", "State or Territory", "Regional Area Component"]
    _write(root / FOLDER / "countyall/usa_county_gd.htm", "County", header, rows)
    _write_areas(root, economy, counties, total, few)


def _patents(economy: Economy, seed: int) -> dict[str, np.ndarray]:
    """Patents of each county by year."""
    rng = np.random.default_rng([seed, 41])
    columns = [k for k, i in enumerate(economy.industries) if i.own == "5" and i.code.startswith(INVENTIVE)]
    at = [economy.years.index(year) for year in YEARS]
    found = {}
    for county in economy.geography.counties(COUNTIES_OF):
        jobs = economy.employment[np.ix_(at, [p.place for p in county.parcels], columns)].sum(axis=(1, 2))
        found[county.code] = rng.poisson(RATE * jobs)
    return found


def _write_areas(
    root: Path, economy: Economy, counties: dict[str, np.ndarray], total: np.ndarray, few: np.ndarray
) -> None:
    """By kind of area, each kind with its sum and a blank row behind it."""
    areas, rest = economy.geography.cbsas(COUNTIES_OF), dict(counties)
    kinds: dict[str, list[Row]] = {}
    for area in areas:
        kind, digit = AREAS[area.metropolitan]
        figures = sum((rest.pop(code) for code in area.codes), 0 * total)
        kinds.setdefault(kind, []).append(([kind, digit + area.code, cbsa_title(area)], figures))
    for state in economy.geography.states:
        figures = sum((n for code, n in rest.items() if code.startswith(state.code)), 0 * total)
        title = f"Non Metro/Micropolitan Statistical Areas, {state.postal}"
        kinds.setdefault(OUTSIDE, []).append(([OUTSIDE, f"9009{state.code}", title], figures))
    undetermined = "Undetermined Statistical Area"
    kinds[undetermined] = [([undetermined, "100", "Undetermined Statistical Areas, US"], few + few[::-1])]
    rows: list[Row | None] = []
    for kind, of_kind in kinds.items():
        rows += [*of_kind, ([kind, "", "-- Subtotal --"], sum((n for _, n in of_kind), 0 * total)), None]
    rows.append((["ALL AREAS", "---", "TOTAL, ALL AREAS"], total))
    header = ["GeoType", "ID Code", "U.S. Regional Title"]
    _write(root / FOLDER / "cls_cbsa/allcbsa_gd.htm", "Metropolitan and Micropolitan Areas", header, rows)


def _write(path: Path, title: str, header: list[str], rows: list[Row] | list[Row | None]) -> None:
    width = len(header) + len(YEARS) + 1
    lines = ["".join(f"<th>{cell}</th>" for cell in (*header, *YEARS, "Total"))]
    for row in rows:
        cells = [*row[0], *row[1], int(row[1].sum())] if row else [""] * width
        lines.append("".join(f"<td>{cell}</td>" for cell in cells))
    table = "\n".join(f"<tr>{line}</tr>" for line in lines)
    text = f"<html><head><title>U.S. Patenting Trends by {title}, Utility Patents</title></head><body>\n"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f'{text}<table border="1">\n{table}\n</table>\n</body></html>\n', encoding="utf-8")
