"""Moran's I of every private industry, one region type and year at a time."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.spatial import covered, moran, numbered

SCHEMA = pa.schema(
    {"industry_code": pa.string(), "region_type": pa.string(), "year": pa.int32()}
    | {f"moran_{name}": pa.float64() for name in ("i", "p", "i_establishments", "p_establishments")}
)


def model(dbt, session):
    dbt.config(materialized="table")
    cells, neighbours = dbt.ref("int_industry_moran_cells"), dbt.ref("int_neighbours")
    regions = dbt.ref("int_concentration_regions")
    found = [SCHEMA.empty_table()]
    for block in regions.project("region_type, year").distinct().order("region_type, year").fetchall():
        same = "region_type = '{}' AND year = {}".format(*block)
        names = regions.filter(same).order("region_id").project("region_id").fetchnumpy()["region_id"]
        pairs = neighbours.filter(same).project("region_id, neighbour_region_id")
        cell = cells.filter(same).project("industry_code, region_id, jobs, establishments").to_arrow_table()
        found.append(statistics(block, cell, names, numbered(names, *pairs.fetchnumpy().values())))
    return pa.concat_tables(found)


def statistics(block, cell, regions, borders):
    codes = {name: cell[name].combine_chunks().dictionary_encode() for name in ("industry_code", "region_id")}
    industries = np.sort(codes["industry_code"].dictionary.to_numpy(zero_copy_only=False))
    row, column = (
        np.searchsorted(names, codes[key].dictionary.to_numpy(zero_copy_only=False))[codes[key].indices.to_numpy()]
        for names, key in ((regions, "region_id"), (industries, "industry_code"))
    )
    shape = len(regions), len(industries)
    # Where an industry has no cell it has no plant.
    present, jobs, plants = np.zeros(shape, dtype=bool), np.zeros(shape), np.zeros(shape)
    present[row, column] = True
    jobs[row, column] = cell["jobs"].to_numpy()
    plants[row, column] = cell["establishments"].to_numpy()
    by_jobs, by_plants = moran(borders, covered(jobs, present)), moran(borders, plants)
    figures = [pa.array(v, from_pandas=True) for v in (by_jobs.i, by_jobs.p, by_plants.i, by_plants.p)]
    keys = [pa.array(industries), pa.repeat(block[0], len(industries)), pa.repeat(block[1], len(industries))]
    return pa.Table.from_arrays([*keys, *figures], names=SCHEMA.names).cast(SCHEMA)
