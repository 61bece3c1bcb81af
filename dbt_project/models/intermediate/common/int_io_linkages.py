"""Backward and forward linkages of every industry of the newest benchmark table."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.input_output import Linkages, linkages

DIGITS = 11
MEASURES = tuple(Linkages.__dataclass_fields__)
SCHEMA = pa.schema({"bea_code": pa.string()} | dict.fromkeys(MEASURES, pa.float64()))


def model(dbt, session):
    dbt.config(materialized="table")
    industries, flows = dbt.ref("int_io_industries"), dbt.ref("int_io_flows").order("seller, buyer").fetchnumpy()
    industry = industries.order("bea_code").project("bea_code, output, total_use, value_added").fetchnumpy()
    codes = industry["bea_code"].astype(str)
    table = np.zeros((len(codes), len(codes)))
    table[tuple(np.searchsorted(codes, flows[side].astype(str)) for side in ("seller", "buyer"))] = flows["flow"]
    found = linkages(table, industry["output"], industry["total_use"], industry["value_added"])
    # The last digits of an inverse are the processor's. Not a number is not known.
    values = [pa.array(np.round(getattr(found, name), DIGITS), pa.float64(), from_pandas=True) for name in MEASURES]
    return pa.table([pa.array(codes.tolist(), pa.string()), *values], SCHEMA)
