"""Where each region's cluster stands among those of its type, and among the regions that UCM compares it with.

Surely and possibly, by each of its figures: see orchestration/indicators/standings.py.
"""

import numpy as np
import pyarrow as pa

from orchestration.indicators.standings import COUNTS, standings

PEERS = ["region_type", "cluster_id", "year"]
KEYS = [*PEERS, "region_id"]
# The columns with a figure's least and greatest value. UCM's flags do not look at the focus.
FIGURES = {
    "establishments": ("establishments", "establishments"),
    "employment": ("employment_lower", "employment_upper"),
    "share": ("share_lower", "share_upper"),
    "focus": ("focus_lower", "focus_upper"),
}
COMPARED = {"type": [*FIGURES], "ucm": ["establishments", "employment", "share"]}
FOCUS = ", ".join(f"employment_{end} / nullif(region_employment, 0) AS focus_{end}" for end in ("lower", "upper"))
COLUMNS = ", ".join([*KEYS, *dict.fromkeys(end for ends in FIGURES.values() for end in ends)])


def model(dbt, session):
    dbt.config(materialized="table")
    cells = dbt.ref("int_cluster_quotients").project(f"*, {FOCUS}").project(COLUMNS)
    peers = dbt.ref("int_region_roles").filter("ucm_peer").project("region_id")
    compared = {"type": cells, "ucm": cells.join(peers, "region_id", how="semi")}
    tables = {among: relation.to_arrow_table() for among, relation in compared.items()}
    return pa.concat_tables([compare(tables[among], among, figure) for among in COMPARED for figure in COMPARED[among]])


def compare(cells, among, figure):
    """Where the cells stand by one figure."""
    least, most = (cells[f"employment_{end}"].to_numpy() for end in ("lower", "upper"))
    lower, upper = (cells[name].to_numpy() for name in FIGURES[figure])
    # An unknown bound is none; where there is no job there is none of anything.
    lower = np.where(np.isnan(lower), 0, lower)
    upper = np.where(np.isnan(upper), np.where(most == 0, 0, np.inf), upper)
    counts = standings(numbered(cells), lower, upper, least > 0, ~(most <= 0))
    columns = {"among": pa.repeat(among, len(cells)), "figure": pa.repeat(figure, len(cells))}
    columns |= {name: cells[name] for name in KEYS} | dict(zip(COUNTS, map(pa.array, counts), strict=True))
    return pa.table(columns)


def numbered(cells):
    """A number for each cell, the same for those that are compared with each other."""
    number = np.zeros(len(cells), dtype=np.int64)
    for name in PEERS:
        code = cells[name].combine_chunks().dictionary_encode().indices.to_numpy()
        number = number * (code.max(initial=0) + 1) + code
    return number
