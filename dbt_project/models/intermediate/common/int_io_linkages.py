"""Linkages of every industry of the newest benchmark table, and where a dollar of final demand for it ends."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.domestic import Domestic, domestic
from orchestration.indicators.input_output import Linkages, linkages

DIGITS = 11
MEASURES = (*Linkages.__dataclass_fields__, *Domestic.__dataclass_fields__)
SCHEMA = pa.schema({"bea_code": pa.string()} | dict.fromkeys(MEASURES, pa.float64()))


def model(dbt, session):
    dbt.config(materialized="table")
    flows, purchases = dbt.ref("int_io_flows").fetchnumpy(), dbt.ref("int_io_purchases").fetchnumpy()
    makers = dbt.ref("int_io_makers").fetchnumpy()
    columns = "bea_code, output, total_use, value_added"
    industry = dbt.ref("int_io_industries").order("bea_code").project(columns).fetchnumpy()
    codes, output = industry["bea_code"].astype(str), industry["output"]
    goods = np.union1d(purchases["commodity_code"].astype(str), makers["commodity_code"].astype(str))
    table = grid(flows, "flow", seller=codes, buyer=codes)
    use, imports = (grid(purchases, n, commodity_code=goods, industry_code=codes) for n in ("bought", "imported"))
    make = grid(makers, "made", industry_code=codes, commodity_code=goods)
    found = vars(linkages(table, output, industry["total_use"])) | vars(
        domestic(use, imports, make, output, industry["value_added"])
    )
    # The last digits of an inverse are the processor's. Not a number is not known.
    values = [pa.array(np.round(found[name], DIGITS), pa.float64(), from_pandas=True) for name in MEASURES]
    return pa.table([pa.array(codes.tolist(), pa.string()), *values], SCHEMA)


def grid(rows, value, **axes):
    """A matrix of rows in long form: `axes` say which columns are its sides, with their codes in order."""
    table = np.zeros([len(codes) for codes in axes.values()])
    # A masked value is not known.
    found = np.ma.filled(rows[value].astype(float), np.nan)
    table[tuple(np.searchsorted(codes, rows[side].astype(str)) for side, codes in axes.items())] = found
    return table
