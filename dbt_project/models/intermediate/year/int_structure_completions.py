"""Estimates of what each region is made up of, and how wide their doubt is.

From seeded completions of the withheld cells: see orchestration/indicators/structure_draws.py.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from orchestration.indicators.completions import Open, quantiles
from orchestration.indicators.structure import MEASURES
from orchestration.indicators.structure_draws import STRETCH, Economies, completed

KEYS = {"region_id": pa.string(), "year": pa.int32()}
ENDS = ("estimate", "p10", "p90")
NUMBERS = [f"{name}{ending}" for ending in ("", "_of_sector") for name in Open._fields]
NEEDED = ", ".join(["region_type", "region_id", "year", "sector", "nation", "total", *NUMBERS])
SCHEMA = pa.schema(KEYS | {f"{name}_{end}": pa.float64() for name in MEASURES for end in ENDS})


def model(dbt, session):
    dbt.config(materialized="table")
    leaves = dbt.ref("int_structure_leaves")
    found = [SCHEMA.empty_table()]
    for (year,) in dbt.ref("int_concentration_regions").project("year").distinct().order("year").fetchall():
        # Industries by number stand by sector.
        of_year = leaves.filter(f"year = {year}").order("region_no, industry_no").project(NEEDED).to_arrow_table()
        if of_year.num_rows:
            found.append(estimates(of_year.combine_chunks()))
    return pa.concat_tables(found)


def estimates(leaf):
    """The rows of all regions in a year."""
    region_first = changes(leaf["region_id"])
    sector_first = region_first | changes(leaf["sector"])
    sectors, regions = np.flatnonzero(sector_first), np.flatnonzero(region_first)
    some = Economies(
        cells(leaf, "", slice(None)),
        cells(leaf, "_of_sector", sectors),
        np.cumsum(sector_first) - 1,
        (np.cumsum(region_first) - 1)[sectors],
        leaf["nation"].to_numpy(),
        leaf["total"].to_numpy()[regions],
    )
    table = {name: leaf[name].take(regions) for name in KEYS}
    stretch = np.array([STRETCH[kind] for kind in leaf["region_type"].take(regions).to_pylist()])
    for name, draws in completed(some).items():
        # Not a number is not known.
        ends = (pa.array(end, from_pandas=True) for end in quantiles(draws, stretch))
        table |= dict(zip((f"{name}_{end}" for end in ENDS), ends, strict=True))
    return pa.table(table).select(SCHEMA.names).cast(SCHEMA)


def cells(leaf, ending, rows):
    return Open(*(leaf[f"{name}{ending}"].to_numpy()[rows] for name in Open._fields))


def changes(column):
    """Mask of the rows that have another value than the one before them."""
    column = column.combine_chunks()
    return np.append(True, pc.not_equal(column[1:], column[:-1]).to_numpy(zero_copy_only=False))
