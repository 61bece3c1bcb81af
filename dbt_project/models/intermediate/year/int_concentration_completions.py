"""Estimates of how unevenly each industry lies over regions, and how wide their doubt is.

From seeded completions of the withheld cells: see orchestration/indicators/concentration_draws.py.
"""

import numpy as np
import pyarrow as pa

from orchestration.indicators.completions import Open, quantiles
from orchestration.indicators.concentration_draws import MEASURES, Spread, completed, stretches

NUMBERS = ("weight", "plants", *Open._fields)
KEYS = {"industry_code": pa.string(), "region_type": pa.string(), "year": pa.int32()}
ENDS = ("estimate", "p10", "p90")
SCHEMA = pa.schema(KEYS | {f"{name}_{end}": pa.float64() for name in MEASURES for end in ENDS})


def model(dbt, session):
    dbt.config(materialized="table")
    leaves, totals = dbt.ref("int_concentration_leaves"), dbt.ref("int_concentration_totals")
    blocks = totals.project("region_type, year").distinct().order("region_type, year").fetchall()
    found = [SCHEMA.empty_table()]
    for region_type, year in blocks:
        leaf, total = (r.filter(f"region_type = '{region_type}' AND year = {year}") for r in (leaves, totals))
        # In the same order, so that each industry's cells begin where those before it end.
        cells = leaf.order("industry_no, region_no").project(", ".join(NUMBERS)).fetchnumpy()
        found.append(estimates(region_type, cells, total.order("industry_code").fetchnumpy()))
    return pa.concat_tables(found)


def estimates(region_type, cells, total):
    """The rows of the industries over the regions of one type in a year."""
    weight, plants, *figures = (cells[name] for name in NUMBERS)
    industry = np.repeat(np.arange(len(total["regions"])), total["regions"])
    # Estimates are raked along all hierarchies, and cannot add up along every one of them. What all areas hold together
    # nobody tells.
    held = np.clip(np.bincount(industry, weights=cells["estimate"]), total["total_lower"], total["total_upper"])
    held[total["total_lower"] <= 0] = np.nan
    some = Spread(Open(*figures), industry, weight, plants, held, total["weight_squares"])
    table = {name: pa.array(total[name], SCHEMA.field(name).type) for name in KEYS}
    stretch = stretches(some, region_type)
    for name, draws in completed(some).items():
        # Not a number is not known.
        ends = (pa.array(end, from_pandas=True) for end in quantiles(draws, stretch))
        table |= dict(zip((f"{name}_{end}" for end in ENDS), ends, strict=True))
    return pa.table(table, SCHEMA)
