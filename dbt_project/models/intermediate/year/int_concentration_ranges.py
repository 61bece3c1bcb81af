"""Ranges of every measure of concentration, one region type and year at a time."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.concentration import MEASURES, concentration
from orchestration.indicators.shares import pieces, share_boxes

NUMBERS = "plants, employment_lower, employment_upper, weight"
KEYS = {"industry_code": pa.string(), "region_type": pa.string(), "year": pa.int32()}
BOUNDS = {f"{name}_{end}": pa.float64() for name in MEASURES for end in ("lower", "upper")}
SCHEMA = pa.schema(KEYS | BOUNDS)


def model(dbt, session):
    dbt.config(materialized="table")
    cells, totals = dbt.ref("int_concentration_cells"), dbt.ref("int_concentration_totals")
    blocks = totals.project("region_type, year").distinct().order("region_type, year").fetchall()
    found = [SCHEMA.empty_table()]
    for region_type, year in blocks:
        cell, total = (r.filter(f"region_type = '{region_type}' AND year = {year}") for r in (cells, totals))
        # In the same order, so that each industry's cells begin where those before it end.
        numbers = cell.order("industry_no, region_no").project(NUMBERS).fetchnumpy()
        industries = total.order("industry_code").fetchnumpy()
        for run, rows in pieces(industries["regions"]):
            found.append(ranges(part(numbers, rows), part(industries, run)))
    return pa.concat_tables(found)


def part(columns, rows):
    return {name: values[rows] for name, values in columns.items()}


def ranges(cell, total):
    start = np.cumsum(total["regions"]) - total["regions"]
    boxes = share_boxes(
        start, cell["employment_lower"], cell["employment_upper"], total["total_lower"], total["total_upper"]
    )
    found = concentration(boxes, cell["weight"], cell["plants"], total["weight_squares"])
    bounds = {name: getattr(found[name[:-6]], name[-5:]) for name in BOUNDS}
    # Not a number is not known.
    values = {
        name: pa.array({**total, **bounds}[name], SCHEMA.field(name).type, from_pandas=True) for name in SCHEMA.names
    }
    return pa.table(values, SCHEMA)
