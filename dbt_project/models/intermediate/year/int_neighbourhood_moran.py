"""Local spatial autocorrelation of clusters and pooled sums, one region type and year at a time."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.spatial import coverage, covered, getis_ord, local_moran, moran, numbered, pooled

NUMBERS = [
    "establishments",
    "employment_lower",
    "employment_upper",
    "employment_estimate",
    "lq_all",
    "lq_establishments",
    "lq_all_estimate",
    "region_employment",
    "region_establishments",
]
POOLED = [
    "employment_lower",
    "employment_upper",
    "employment_estimate",
    "establishments",
    "region_employment",
    "region_establishments",
]
# Of these every region has a figure.
COMPLETE = ("establishments", "on_estimates")
KEYS = {"region_type": pa.string(), "region_id": pa.string(), "cluster_id": pa.string(), "year": pa.int32()}
FIGURES = {
    "moran_i": pa.float64(),
    "local_moran": pa.float64(),
    "local_moran_p": pa.float64(),
    "local_moran_fdr": pa.float64(),
    "quadrant": pa.string(),
    "getis_ord_z": pa.float64(),
}
SCHEMA = pa.schema(
    KEYS
    | {"neighbours": pa.int32(), "coverage": pa.float64()}
    | FIGURES
    | {f"{name}_{basis}": kind for basis in COMPLETE for name, kind in FIGURES.items()}
    | {f"pooled_{name}": pa.float64() for name in POOLED}
)


def model(dbt, session):
    dbt.config(materialized="table")
    cells, neighbours = dbt.ref("int_neighbourhood_cells"), dbt.ref("int_neighbours")
    blocks = cells.project("region_type, year").distinct().order("region_type, year").fetchall()
    found = [SCHEMA.empty_table()]
    for region_type, year in blocks:
        same = f"region_type = '{region_type}' AND year = {year}"
        block = cells.filter(same).order("region_id, cluster_id")
        pairs = neighbours.filter(same).project("region_id, neighbour_region_id")
        table = block.project(", ".join([*KEYS, *NUMBERS])).to_arrow_table()
        regions = np.unique(table["region_id"].to_numpy())
        found.append(statistics(table, numbered(regions, *pairs.fetchnumpy().values())))
    return pa.concat_tables(found)


def statistics(table, borders):
    # Every cluster stands in every region, so each column is a matrix of regions and clusters; NULL becomes NaN.
    cells = {name: table[name].to_numpy().astype(float).reshape(borders.shape[0], -1) for name in NUMBERS}
    present = cells["establishments"] > 0
    known = cells["lq_all"]
    values = {
        "": covered(known, present),
        "_establishments": cells["lq_establishments"],
        "_on_estimates": np.where(np.isnan(known), cells["lq_all_estimate"], known),
    }
    shape = known.shape
    columns = {
        "neighbours": np.broadcast_to(borders.sum(axis=1)[:, None], shape),
        "coverage": np.broadcast_to(coverage(known, present), shape),
    }
    columns |= {f"pooled_{name}": pooled(borders, cells[name]) for name in POOLED}
    for suffix, value in values.items():
        local = local_moran(borders, value)
        columns[f"moran_i{suffix}"] = np.broadcast_to(moran(borders, value, permutations=0).i, shape)
        columns[f"local_moran{suffix}"] = local.value
        columns[f"local_moran_p{suffix}"] = local.p
        columns[f"local_moran_fdr{suffix}"] = local.fdr
        columns[f"quadrant{suffix}"] = np.where(local.quadrant == "", None, local.quadrant.astype(object))
        columns[f"getis_ord_z{suffix}"] = getis_ord(borders, value)
    # Not a number is not known.
    figures = {name: pa.array(value.ravel(), from_pandas=True) for name, value in columns.items()}
    return pa.table({name: table[name] for name in KEYS} | figures).select(SCHEMA.names).cast(SCHEMA)
