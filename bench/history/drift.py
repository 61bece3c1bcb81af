"""What the parts of an economy are in another year: seeded growth by industry and state, in whole numbers.

Belongs here: figures of the finest cells. Does not: which codes a year prints (`editions`, `places`), sums (`years`).

Every draw depends on the seed, the year and the cell alone, so a year comes out the same whichever years or states are
made beside it. Growth is drawn for the cells as the real year has them, so it goes on over a change of codes.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bench.history.economy import Leaves

# A year's growth: mean, and standard deviation among industries and among states. Of pay, not of wages, for these
# follow jobs too.
GROWTH = {"estabs": (0.01, 0.010, 0.005), "jobs": (0.01, 0.020, 0.010), "pay": (0.03, 0.010, 0.005)}
OF_ITS_OWN = 0.02  # at most, up or down: a cell's growth beside that of its industry and state
REVISED, REVISION = 0.02, 0.01  # the share of cells that a re-issue corrects, and by how much at most
_CODES, _STATES = 1_000_000, 100


def figures(leaves: Leaves, year: int, seed: int, revision: int = 0) -> Leaves:
    """The economy in another year; in its own it is as published.

    A `revision` other than 0 is a later issue of the year, in which single cells are corrected.
    """
    cells = _cells(leaves)
    growth = {name: np.ones(len(cells)) for name in GROWTH}
    steps = range(min(year, leaves.year) + 1, max(year, leaves.year) + 1)
    for step in steps:
        for name, grown in _growth(leaves, cells, step, seed).items():
            growth[name] *= grown if year > leaves.year else 1 / grown
    if revision:
        is_revised = _uniform(cells, seed, year, revision, 0) < REVISED
        growth["jobs"] *= np.where(is_revised, 1 + REVISION * (2 * _uniform(cells, seed, year, revision, 1) - 1), 1)
    wages = leaves.wages * growth["jobs"] * growth["pay"]
    return replace(
        leaves,
        year=year,
        estabs=_whole(leaves.estabs * growth["estabs"], leaves.estabs, cells, seed),
        jobs=_whole(leaves.jobs * growth["jobs"], leaves.jobs, cells, seed),
        wages=_whole(wages, leaves.wages, cells, seed),
    )


def _growth(leaves: Leaves, cells: np.ndarray, year: int, seed: int) -> dict[str, np.ndarray]:
    """Factors from the year before to this one; governments are industries of their own."""
    industry = np.where(leaves.own == 5, leaves.code, leaves.own)
    factors = {}
    for n, (name, (mean, among_industries, among_states)) in enumerate(GROWTH.items()):
        dice = np.random.default_rng([seed, year, n])
        by_industry = dice.normal(mean, among_industries, _CODES)[industry]
        by_state = dice.normal(0, among_states, _STATES)[leaves.county // 1000]
        own = OF_ITS_OWN * (2 * _uniform(cells, seed, year, n, 2) - 1)
        factors[name] = np.exp(by_industry + by_state + own)
    return factors


def _whole(values: np.ndarray, before: np.ndarray, cells: np.ndarray, seed: int) -> np.ndarray:
    """Rounded up or down by a chance that is the cell's own in all years: sums stay, and no path goes to and fro.

    What was there stays there: an establishment without jobs, or jobs in none, is rare.
    """
    return np.maximum(np.floor(values + _uniform(cells, seed, 3)), before >= 1).astype(np.int64)


def _cells(leaves: Leaves) -> np.ndarray:
    """A number for each cell that is the same in every real year."""
    return (leaves.county.astype(np.uint64) * 10 + leaves.own.astype(np.uint64)) * _CODES + leaves.code.astype(
        np.uint64
    )


def pick(leaves: Leaves, choices: int, *salt: int) -> np.ndarray:
    """One of `choices` for each cell, 0 and up."""
    return (_uniform(_cells(leaves), *salt) * choices).astype(np.int64)


def _uniform(cells: np.ndarray, *salt: int) -> np.ndarray:
    """A number from 0 to below 1 for each cell: a hash of it (SplitMix64: Steele, Lea & Flood, OOPSLA 2014)."""
    mixed = cells
    for number in (*salt, len(salt)):
        mixed = mixed + np.uint64(0x9E3779B97F4A7C15 * (number + 1) % (1 << 64))
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        mixed = mixed ^ (mixed >> np.uint64(31))
    return (mixed >> np.uint64(11)).astype(np.float64) / float(1 << 53)
