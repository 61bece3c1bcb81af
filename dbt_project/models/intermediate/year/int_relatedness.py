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
    "density_establishments": pa.float64(),
    "eci_establishments": pa.float64(),
    "pci_establishments": pa.float64(),
    "connected_establishments": pa.bool_(),
    "orientation_establishments": pa.float64(),
    "oriented_on_establishments": pa.string(),
    "average_ubiquity_establishments": pa.float64(),
}
SCHEMA = pa.schema(KEYS | FIGURES)


def model(dbt, session):
    dbt.config(materialized="table")
    cells = dbt.ref("int_relatedness_cells")
    found = [SCHEMA.empty_table()]
    for region_type, year in cells.project("region_type, year").distinct().order("region_type, year").fetchall():
        block = cells.filter(f"region_type = '{region_type}' AND year = {year}").order("region_id, cluster_id")
        keys = block.project("region_id, cluster_id, year::INTEGER AS year").to_arrow_table().cast(pa.schema(KEYS))
        verdicts = block.project(
            "present = 'yes' AS surely, present <> 'no' AS possibly, present_establishments = 'yes' AS establishments"
        ).fetchnumpy()
        clusters = len(keys["cluster_id"].unique())
        figures = relatedness(**{name: held.reshape(-1, clusters) for name, held in verdicts.items()})
        # Not a number is not known.
        values = [pa.array(figures[name].ravel(), kind, from_pandas=True) for name, kind in FIGURES.items()]
        found.append(pa.table([*keys.columns, *values], SCHEMA))
    return pa.concat_tables(found)


def relatedness(surely, possibly, establishments):
    """All figures, regions by clusters; those of a region or of a cluster stand in all its cells."""
    known = surely | ~possibly
    # The last digits of an eigenvector are the processor's.
    of_jobs, of_plants = settled(complexity(surely)), settled(complexity(establishments))
    lower, upper = density_bounds(surely, possibly, *proximity_bounds(surely, possibly))
    cells = {
        "density": relatedness_density(surely, proximity(surely, known), known),
        "density_lower": lower,
        "density_upper": upper,
        "eci": np.round(of_jobs.eci[:, None], DIGITS),
        "pci": np.round(of_jobs.pci, DIGITS),
        "connected": np.array(of_jobs.connected),
        "orientation": np.round(np.array(of_jobs.orientation), DIGITS),
        "oriented_on": np.array(of_jobs.oriented_on, dtype=object),
        "density_establishments": relatedness_density(establishments, proximity(establishments)),
        "eci_establishments": np.round(of_plants.eci[:, None], DIGITS),
        "pci_establishments": np.round(of_plants.pci, DIGITS),
        "connected_establishments": np.array(of_plants.connected),
        "orientation_establishments": np.round(np.array(of_plants.orientation), DIGITS),
        "oriented_on_establishments": np.array(of_plants.oriented_on, dtype=object),
        "average_ubiquity_establishments": reflections(establishments, 1)[0][:, None],
    }
    return {name: np.broadcast_to(figure, surely.shape) for name, figure in cells.items()}
