"""The directory of institutions of the invented country, in the publisher's columns, blanks and -2 and all."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orchestration.sample.archive import write_zip
from orchestration.sample.boundaries import County
from orchestration.sample.economy import Economy
from orchestration.sample.geography import LABEL

YEARS = (2023, 2024)
# Counties that changed later keep the code of before, and have no campus of their own.
COUNTIES_OF = 2019
HEADER = (
    "UNITID,INSTNM,IALIAS,ADDR,CITY,STABBR,ZIP,FIPS,OBEREG,OPEID,OPEFLAG,SECTOR,ICLEVEL,CONTROL,HLOFFER,CYACTIVE,"
    "CBSA,CBSATYPE,COUNTYCD,COUNTYNM,LONGITUD,LATITUDE"
)


@dataclass(frozen=True)
class Campus:
    """A campus that reports by itself; the second one of an institution shares the first six digits of its OPEID."""

    unit_id: str
    name: str
    opeid: str
    county: County
    city: str
    level: int

    @property
    def zip_code(self) -> str:
        """Each county has one."""
        return self.county.code


def campuses(economy: Economy) -> list[Campus]:
    """A university in each metropolitan area, with a second campus in its next county, a college in each other one."""
    found: list[Campus] = []
    for area in economy.geography.cbsas(COUNTIES_OF):
        for branch, county in enumerate(area.counties[: 2 if area.metropolitan else 1]):
            city = county.name.removesuffix(" County")
            name = f"{city} {'University' if area.metropolitan else 'College'} {LABEL}"
            if branch:
                name = f"{found[-1].name}, {city} campus"
            unit_id = str(900_000 + 7 * len(found))
            opeid = f"0{area.code}{branch:02}"
            found.append(Campus(unit_id, name, opeid, county, city, 1 if area.metropolitan else 2))
    return found


def write(root: Path, economy: Economy, seed: int) -> None:
    """Writes a zip a year below the publisher's host."""
    for year in YEARS:
        lines = [HEADER, *(_line(campus, number) for number, campus in enumerate(campuses(economy)))]
        target = root / f"nces.ed.gov/ipeds/datacenter/data/HD{year}.zip"
        write_zip(target, [(f"hd{year}.csv", ("\r\n".join(lines) + "\r\n").encode("cp1252"))])


def _line(campus: Campus, number: int) -> str:
    county, state = campus.county, campus.county.state
    # As published: quotes within quotes are not doubled, some ZIP codes have four more digits, codes of counties are
    # numbers, a text may be a blank.
    zip_code = campus.zip_code + ("-0000" if number % 3 == 0 else "")
    texts = ",".join(
        f'"{text}"'
        for text in (campus.name, " ", '1 Main Street \u2013 the "old" Campus', campus.city, state.postal, zip_code)
    )
    where = f'-2,-2,{int(county.code)},"{county.name}",{county.longitude},{county.latitude}'
    level, control = campus.level, 1 + number % 2
    return f'{campus.unit_id},{texts},{int(state.code)}, 7,"{campus.opeid}",1,{control},{level},{control},9,1,{where}'
