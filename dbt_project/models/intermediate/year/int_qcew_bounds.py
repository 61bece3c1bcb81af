"""Bounds of every withheld cell, and which sums were no evidence; see orchestration/indicators/qcew.py."""

import numpy as np
import pandas as pd

from orchestration.indicators.qcew import Places, bound_year

KEY = ["region_no", "ownership_no", "industry_no"]
FIGURES = ["lower", "upper", "estimate", "pay", "usual_pay", "wages_lower", "wages_upper"]
COLUMNS = dict.fromkeys(["year", *KEY], "int16") | dict.fromkeys(FIGURES, "float64")
COLUMNS |= {"is_told": "bool", "unused": "str", "wages_unused": "str"}


def model(dbt, session):
    """One row per withheld cell, and per cell that is the whole of a sum that was not used."""
    regions, industries = dbt.ref("int_sum_regions"), dbt.ref("int_sum_industries").order("industry_no").fetchnumpy()
    cells = dbt.ref("int_sum_cells")
    years = cells.project("year").distinct().order("year").fetchall()
    programmes = int(dbt.config.get("programmes"))
    ((numbers,),) = regions.aggregate("coalesce(max(region_no) + 1, 0)").fetchall()
    found = []
    for (year,) in years:
        places = places_of(regions.filter(f"year = {year}"), industries, numbers)
        found.append(bounds(cells.filter(f"year = {year}"), places, programmes))
    return pd.concat([pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}), *found])


def places_of(regions, industries, numbers):
    """What a year's regions are parts of; a number that the year has no region for is a part of none."""
    read = regions.fetchnumpy()
    trees = {name: np.full(numbers, -1, dtype=np.int16) for name in ("parent_no", "metro_no", "state_no")}
    for name, tree in trees.items():
        tree[read["region_no"]] = read[name]
    return Places(*trees.values(), *(industries[name] for name in ("parent_no", "grouping_no")))


def bounds(cells, places, programmes):
    """The rows of a year."""
    read = cells.order(", ".join(KEY)).fetchnumpy()
    figures = {name: values if name in KEY else as_doubles(values) for name, values in read.items()}
    found = bound_year(figures, places, programmes)
    kept = (read["is_withheld"] == 1) | (found["unused"] != "") | (found["wages_unused"] != "")
    return pd.DataFrame({name: read[name] for name in ["year", *KEY]} | found)[kept]


def as_doubles(values):
    """A column with NaN for NULL."""
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
