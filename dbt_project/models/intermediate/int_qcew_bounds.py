"""Bounds of every withheld cell, and which sums were no evidence; see orchestration/indicators/qcew.py."""

import numpy as np
import pandas as pd

from orchestration.indicators.qcew import Places, bound_year

KEY = ["region_no", "ownership_no", "industry_no"]
COLUMNS = dict.fromkeys(["year", *KEY], "int16") | dict.fromkeys(["lower", "upper", "estimate"], "float64")
COLUMNS |= {"unused": "str"}


def model(dbt, session):
    """One row per withheld cell, and per cell that is the whole of a sum that was not used."""
    regions = dbt.ref("int_sum_regions").order("region_no").fetchnumpy()
    industries = dbt.ref("int_sum_industries").order("industry_no").fetchnumpy()
    places = Places(
        *(regions[name] for name in ("parent_no", "metro_no", "state_no")),
        *(industries[name] for name in ("parent_no", "grouping_no")),
    )
    cells = dbt.ref("int_sum_cells")
    years = cells.project("year").distinct().order("year").fetchall()
    programmes = int(dbt.config.get("programmes"))
    found = [bounds(cells.filter(f"year = {year}"), places, programmes) for (year,) in years]
    return pd.concat([pd.DataFrame({name: pd.Series(dtype=kind) for name, kind in COLUMNS.items()}), *found])


def bounds(cells, places, programmes):
    """The rows of a year."""
    read = cells.order(", ".join(KEY)).fetchnumpy()
    told = {name: values if name in KEY else as_doubles(values) for name, values in read.items()}
    found = bound_year(told, places, programmes)
    told = (read["is_withheld"] == 1) | (found["unused"] != "")
    return pd.DataFrame({name: read[name] for name in ["year", *KEY]} | found)[told]


def as_doubles(values):
    """A column with NaN for NULL."""
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
