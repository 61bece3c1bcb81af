"""Ranges of every measure of concentration, one region type and year at a time."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.concentration import concentration
from orchestration.indicators.shares import share_boxes

NUMBERS = "plants, employment_lower, employment_upper, weight"


def model(dbt, session):
    dbt.config(materialized="table")
    cells, totals = dbt.ref("int_concentration_cells"), dbt.ref("int_concentration_totals")
    blocks = totals.project("region_type, year").distinct().order("region_type, year").fetchall()
    found = []
    for region_type, year in blocks:
        cell, total = (r.filter(f"region_type = '{region_type}' AND year = {year}") for r in (cells, totals))
        # In the same order, so that each industry's cells begin where those before it end.
        numbers = cell.order("industry_code, region_id").project(NUMBERS).fetchnumpy()
        found.append(ranges(numbers, total.order("industry_code").fetchnumpy()))
    return pa.concat_tables(found)


def ranges(cell, total):
    start = np.cumsum(total["regions"]) - total["regions"]
    boxes = share_boxes(
        start, cell["employment_lower"], cell["employment_upper"], total["total_lower"], total["total_upper"]
    )
    found = concentration(boxes, cell["weight"], cell["plants"], total["weight_squares"])
    bounds = {f"{name}_{end}": getattr(r, end) for name, r in found.items() for end in ("lower", "upper")}
    keys = {name: pa.array(total[name]) for name in ("industry_code", "region_type", "year")}
    # Not a number is not known.
    return pa.table(keys | {name: pa.array(values, from_pandas=True) for name, values in bounds.items()})
