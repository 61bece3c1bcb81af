"""Ranges of every measure of what regions are made up of, one year, type of region and level of detail at a time.

Of jobs, and of establishments, which are never withheld: there the ends of a range meet.
"""

from itertools import product

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.indicators.concentration import Range
from orchestration.indicators.structure import MEASURES, makeup, structure

LEVELS = ("national_industry", "industry_group")
# Least and most of an industry, its sector and its region.
COLUMNS = {
    "jobs": [(f"{whole}_lower", f"{whole}_upper") for whole in ("employment", "sector", "total")],
    "establishments": [(name, name) for name in ("establishments", "sector_establishments", "total_establishments")],
}
KEYS = {"region_id": pa.string(), "year": pa.int32(), "level": pa.string(), "basis": pa.string()}
SIZES = {"industries": pa.int32(), "least": pa.float64(), "most": pa.float64()}
BOUNDS = {f"{name}_{end}": pa.float64() for name in MEASURES for end in ("lower", "upper")}
SCHEMA = pa.schema(KEYS | SIZES | BOUNDS)
NUMBERS = dict.fromkeys(name for columns in COLUMNS.values() for ends in columns for name in ends)
NEEDED = ", ".join(["region_type", "region_id", "year", "level", "sector", "nation_no", *NUMBERS])
# Industries by number stand by sector.
ORDER = "region_no, industry_no"


def model(dbt, session):
    dbt.config(materialized="table")
    cells = dbt.ref("int_structure_cells")
    found = [SCHEMA.empty_table()]
    for (year,) in dbt.ref("int_concentration_regions").project("year").distinct().order("year").fetchall():
        of_year = cells.filter(f"year = {year}").order(ORDER).project(NEEDED).to_arrow_table()
        nations = {}
        # The nation first, which the others are compared with.
        for region_type, level in product(("nation", "state", "county", "cbsa"), LEVELS):
            here = pc.and_(pc.equal(of_year["region_type"], region_type), pc.equal(of_year["level"], level))
            cell = of_year.filter(here).combine_chunks()
            if cell.num_rows:
                found += [ranges(cell, basis, columns, nations) for basis, columns in COLUMNS.items()]
    return pa.concat_tables(found)


def ranges(cell, basis, columns, nations):
    """The ranges of one block of cells; the nation's shares are kept in `nations` for the blocks after it."""
    region_start = starts(cell, "region_id")
    sector_start = starts(cell, "region_id", "sector")
    industries, sectors, totals = (
        Range(*(cell[name].to_numpy()[at] for name in ends))
        for ends, at in zip(columns, (slice(None), sector_start, region_start), strict=True)
    )
    made = makeup(industries, sectors, totals, sector_start, np.searchsorted(sector_start, region_start))
    key = cell["level"][0].as_py(), basis
    is_nation = cell["region_type"][0].as_py() == "nation"
    if is_nation:
        nations[key] = made.shares
    # What the nation has none of is number -1: the 0 after its last industry.
    nation_no = cell["nation_no"].to_numpy()
    nation = Range(*(np.append(end, 0.0)[nation_no] for end in (nations[key].lower, nations[key].upper)))
    found = dict(structure(made, nation))
    if is_nation:
        # It does not differ from itself, whatever its withheld industries hold.
        none = np.zeros(len(region_start))
        found |= {"krugman": Range(none, none), "hachman": Range(none + 1, none + 1)}
    values = {name: getattr(found[name[:-6]], name[-5:]) for name in BOUNDS}
    # What is certain of the industries, and what is possible.
    values |= {
        "industries": np.diff(region_start, append=cell.num_rows),
        "least": np.add.reduceat(industries.lower, region_start),
        "most": np.add.reduceat(industries.upper, region_start),
    }
    keys = cell.select(["region_id", "year", "level"]).take(region_start)
    table = {name: keys[name] for name in keys.column_names} | {"basis": pa.array([basis] * len(keys))}
    # Not a number is not known.
    table |= {name: pa.array(column, from_pandas=True) for name, column in values.items()}
    return pa.table(table).select(SCHEMA.names).cast(SCHEMA)


def starts(cell, *keys):
    """Where rows begin that have other keys than those before them."""
    new = np.ones(cell.num_rows, dtype=bool)
    new[1:] = False
    for key in keys:
        column = cell[key].combine_chunks()
        new[1:] |= pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False)
    return np.flatnonzero(new)
