"""Bounds of every withheld cell, and which sums were no evidence; see orchestration/indicators/qcew.py."""

import numpy as np
import pandas as pd

from orchestration.indicators.qcew import Places, bound_year


def model(dbt, session):
    """One row per withheld cell, and per cell that is the whole of a sum that was not used."""
    regions = dbt.ref("int_sum_regions").order("region_no").fetchnumpy()
    industries = dbt.ref("int_sum_industries").order("industry_no").fetchnumpy()
    places = Places(regions["parent_no"], regions["metro_no"], industries["parent_no"], industries["grouping_no"])
    years = dbt.ref("int_sum_cells")
    bounded = []
    for (year,) in years.project("year").distinct().order("year").fetchall():
        key = ["region_no", "ownership_no", "industry_no"]
        read = years.filter(f"year = {year}").order(", ".join(key)).fetchnumpy()
        cells = {name: values if name in key else as_doubles(values) for name, values in read.items()}
        found = bound_year(cells, places)
        told = (cells["is_withheld"] == 1) | (found["unused"] != "")
        bounded.append(pd.DataFrame({name: read[name] for name in ["year", *key]} | found)[told])
    return pd.concat(bounded)


def as_doubles(values):
    """A column with NaN for NULL."""
    return np.ma.filled(np.ma.asarray(values, dtype=np.float64), np.nan)
