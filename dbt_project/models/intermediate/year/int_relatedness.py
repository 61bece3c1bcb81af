"""Relatedness and complexity of regions and clusters, one region type and year at a time."""

import numpy as np
import pyarrow as pa

from orchestration.indicators.complexity import (
    complexity,
    density_bounds,
    proximity,
    proximity_bounds,
    reflections,
    relatedness_density,
    settled,
)

DIGITS = 11
KEYS = {"region_id": pa.string(), "cluster_id": pa.string(), "year": pa.int32()}
FIGURES = {
    "density": pa.float64(),
    "density_lower": pa.float64(),
    "density_upper": pa.float64(),
    "eci": pa.float64(),
    "pci": pa.float64(),
    "connected": pa.bool_(),
    "orientation": pa.float64(),
    "oriented_on": pa.string(),
}
# Of these it is known of every cell whether a cluster is present.
COMPLETE = ("establishments", "on_estimates")
OF_COMPLETE = {name: kind for name, kind in FIGURES.items() if name not in ("density_lower", "density_upper")}
OF_COMPLETE["average_ubiquity"] = pa.float64()
FIGURES |= {f"{name}_{basis}": kind for basis in COMPLETE for name, kind in OF_COMPLETE.items()}
SCHEMA = pa.schema(KEYS | FIGURES)


def model(dbt, session):
    dbt.config(materialized="table")
    cells = dbt.ref("int_relatedness_cells")
    found = [SCHEMA.empty_table()]
    for region_type, year in cells.project("region_type, year").distinct().order("region_type, year").fetchall():
        block = cells.filter(f"region_type = '{region_type}' AND year = {year}").order("region_id, cluster_id")
        keys = block.project("region_id, cluster_id, year::INTEGER AS year").to_arrow_table().cast(pa.schema(KEYS))
        complete = [f"present_{basis} = 'yes' AS {basis}" for basis in COMPLETE]
        verdicts = block.project(
            ", ".join(["present = 'yes' AS surely", "present <> 'no' AS possibly", *complete])
        ).fetchnumpy()
        clusters = len(keys["cluster_id"].unique())
        figures = relatedness(**{name: held.reshape(-1, clusters) for name, held in verdicts.items()})
        # Not a number is not known.
        values = [pa.array(figures[name].ravel(), kind, from_pandas=True) for name, kind in FIGURES.items()]
        found.append(pa.table([*keys.columns, *values], SCHEMA))
    return pa.concat_tables(found)


def relatedness(surely, possibly, **complete):
    """All figures, regions by clusters; those of a region or of a cluster stand in all its cells."""
    known = surely | ~possibly
    lower, upper = density_bounds(surely, possibly, *proximity_bounds(surely, possibly))
    cells = {
        "density": relatedness_density(surely, proximity(surely, known), known),
        "density_lower": lower,
        "density_upper": upper,
    }
    cells |= indices(surely, "")
    for basis, present in complete.items():
        cells[f"density_{basis}"] = relatedness_density(present, proximity(present))
        cells[f"average_ubiquity_{basis}"] = reflections(present, 1)[0][:, None]
        cells |= indices(present, f"_{basis}")
    return {name: np.broadcast_to(figure, surely.shape) for name, figure in cells.items()}


def indices(present, ending):
    """Complexity of regions and clusters, and what can be said of its sign."""
    found = settled(complexity(present))
    # The last digits of an eigenvector are the processor's.
    return {
        f"eci{ending}": np.round(found.eci[:, None], DIGITS),
        f"pci{ending}": np.round(found.pci, DIGITS),
        f"connected{ending}": np.array(found.connected),
        f"orientation{ending}": np.round(np.array(found.orientation), DIGITS),
        f"oriented_on{ending}": np.array(found.oriented_on, dtype=object),
    }
