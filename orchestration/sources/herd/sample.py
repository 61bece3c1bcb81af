"""What the invented country's universities spend on research, in the publisher's long form."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from orchestration.sample.archive import write_zip
from orchestration.sample.economy import Economy
from orchestration.sample.geography import LABEL
from orchestration.sources.ipeds.sample import campuses

YEARS = range(2019, 2025)
HEADER = (
    "inst_id,year,ncses_inst_id,ipeds_unitid,hbcu_flag,med_sch_flag,hhe_flag,toi_code,hdg_code,toc_code,inst_name_long,"
    "inst_city,inst_state_code,inst_zip,questionnaire_no,question,row,column,data,status,othinfo"
)


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes a zip a year below the publisher's host. Both campuses of a university answer for themselves."""
    rng = np.random.default_rng([seed, 42])
    universities = [c for c in campuses(economy) if c.level == 1]
    size = rng.lognormal(11, 1.2, len(universities))
    first = universities[0].county.state
    for year in YEARS:
        spent = np.rint(size * 1.05 ** (year - YEARS[0]) * rng.lognormal(0, 0.05, len(universities))).astype(int)
        lines = [HEADER]
        for number, (campus, thousands) in enumerate(zip(universities, spent, strict=True)):
            # As published: not all are told by their number in IPEDS, nor all by their state.
            unit_id = "" if number % 4 == 3 else campus.unit_id
            state = "" if campus.county.state == first else campus.county.state.postal
            place = f"{campus.city},{state},{campus.zip_code}"
            flag = "i" if number % 20 == 7 else ""
            lines.append(_line(2000 + number, year, unit_id, f'"{campus.name}"', place, int(thousands), flag))
        # One that no directory of institutions has, at an address that is none of theirs.
        observatory = f'"Observatory of the Far Isles {LABEL}"'
        lines.append(_line(9999, year, "", observatory, "Nowhere,,?????", 20_000 + year, ""))
        name = f"higher_education_r_and_d_{year}"
        content = ("\n".join(lines) + "\n").encode()
        write_zip(root / f"ncses.nsf.gov/821/assets/0/files/{name}.zip", [(f"herd{year}.csv", content)])


def _line(number: int, year: int, unit_id: str, name: str, place: str, thousands: int, status: str) -> str:
    return f"{number},{year},,{unit_id},,,,,,,{name},{place},01.g,Source,Total,Total,{thousands},{status},"
