"""Ranks, flags and stars of a region's cluster, made again from the bounds of its peers as they stand in the release.

Belongs here: who the peers are, thresholds and tests. Does not: counting who lies above whom
(`orchestration.indicators.standings`), the peers' own figures.

Shares of a kind are in no table. The release has quotients, and all of one cluster's have the nation's share below
the line: times that they are shares again.
"""

from __future__ import annotations

from operator import ge, gt
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

import numpy as np

from orchestration.explaining.quotients import Pair, base, role, share
from orchestration.indicators.standings import COUNTS, standings

if TYPE_CHECKING:
    import duckdb

Verdict = Literal["yes", "no", "undetermined"]
SIZE = (("plants", "above", 25), ("jobs", "above", 25))
FLAGS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "ucm_qualifying": (*SIZE, ("share", "above", 25)),
    "ucm_significant": (*SIZE, ("share", "above", 50)),
    "ucm_strong": (*SIZE, ("lq", "at least", 1), ("share", "reaches", 75)),
    "ucm_strong10": (*SIZE, ("lq", "at least", 1), ("share", "reaches", 90)),
}
STARS: dict[str, tuple[tuple[str, str, int], ...]] = {
    "star_size": (("jobs", "more than", 0), ("jobs", "reaches", 90)),
    "star_specialisation": (("jobs", "more than", 0), ("lq_all", "at least", 2)),
    "star_focus": (("jobs", "more than", 0), ("focus", "reaches", 90)),
}
RANKED = {"rank_employment": "jobs", "rank_lq": "share"}
PEERS = """
    SELECT s.region_id, s.establishments, s.employment_lower, s.employment_upper, s.lq_lower, s.lq_upper,
        s.lq_all_lower, s.lq_all_upper, t.employment AS all_jobs
    FROM cluster_specialisation AS s JOIN dim_region AS r USING (region_id)
    LEFT JOIN employment AS t ON s.region_id = t.region_id AND s.year = t.year AND t.ownership = 'total'
        AND t.industry_id LIKE 'naics%:10'
    WHERE s.cluster_id = ? AND s.year = ? AND r.region_type = ? ORDER BY s.region_id
"""


class Peers(NamedTuple):
    """One cluster in all regions of a type: the least and the most of each figure, and which row is the region's.

    `is_compared` is whether a region's flags are compared with those of others.
    """

    bounds: dict[str, tuple[np.ndarray, np.ndarray]]
    is_compared: np.ndarray
    place: int


class Test(NamedTuple):
    """One condition of a flag: what the region has, what it is held against (both as least and most), the outcome."""

    figure: str
    asked: str
    own: tuple[float, float]
    threshold: tuple[float, float]
    verdict: Verdict


def peers(con: duckdb.DuckDBPyConnection, row: dict[str, Any], of: Pair) -> Peers:
    """Reads a cluster's figures in all regions of the type of the row's region."""
    kind = row["region_id"].split(":")[0]
    found = con.execute(PEERS, [row["cluster_id"], row["year"], kind]).fetchnumpy()
    names = found.pop("region_id").tolist()
    column = {name: np.ma.filled(values.astype(float), np.nan) for name, values in found.items()}
    least, most = column["employment_lower"], column["employment_upper"]
    bounds = {
        "plants": (column["establishments"], column["establishments"]),
        "jobs": (least, most),
        "share": _shares(con, names, row, of, column),
        "focus": (least / column["all_jobs"], most / column["all_jobs"]),
        "lq": (column["lq_lower"], column["lq_upper"]),
        "lq_all": (column["lq_all_lower"], column["lq_all_upper"]),
    }
    return Peers(bounds, np.array([role(con, name, "ucm_peer") for name in names]), names.index(row["region_id"]))


def _shares(
    con: duckdb.DuckDBPyConnection, names: list[str], row: dict[str, Any], of: Pair, column: dict[str, np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the kind, from quotients; summed up anew where a region may hold more than the nation surely has."""
    nation = of.nation
    if nation is None or of.is_nation:
        return column["lq_lower"], column["lq_upper"]
    below_least, below_most = share(nation.size.upper, nation.least), share(nation.size.lower, nation.most)
    lower = column["lq_lower"] * (np.nan if below_least is None else below_least)
    upper = column["lq_upper"] * (np.nan if below_most is None else below_most)
    for n in np.flatnonzero(~(column["employment_upper"] <= nation.size.lower)):
        here = base(con, names[n], row["cluster_id"], row["year"])
        found = here and share(None if np.isnan(m := column["employment_upper"][n]) else m, here.least)
        upper[n] = np.nan if found is None else found
    return _rounded(lower), _rounded(upper)


def _rounded(values: np.ndarray) -> np.ndarray:
    """To 12 digits, so that equal shares are equal after the detour over quotients."""
    with np.errstate(divide="ignore", invalid="ignore"):
        scale = 10 ** (11 - np.floor(np.log10(np.abs(values))))
        return np.where(values == 0, 0, np.round(values * scale) / scale)


def ranks(among: Peers) -> dict[str, int | None]:
    """The best and the worst rank of the region among those of its type, and the rank where they are one."""
    made: dict[str, int | None] = {}
    for name, figure in RANKED.items():
        counts = _counts(among, figure, np.full(len(among.is_compared), True))
        best, worst = 1 + counts["surely_above"], 1 + counts["possibly_above"]
        made |= {f"{name}_best": best, f"{name}_worst": worst, name: best if best == worst else None}
    return made


def tests(among: Peers, name: str) -> list[Test]:
    """The conditions of a flag or a star, each with its outcome; none where the region is compared with no others."""
    if name in FLAGS:
        return (
            [_test(among, among.is_compared, *each) for each in FLAGS[name]] if among.is_compared[among.place] else []
        )
    return [_test(among, np.full(len(among.is_compared), True), *each) for each in STARS[name]]


def _test(among: Peers, which: np.ndarray, figure: str, asked: str, number: int) -> Test:
    lower, upper = (ends[among.place] for ends in among.bounds[figure])
    if asked in ("at least", "more than"):
        holds = ge if asked == "at least" else gt
        surely, possibly = holds(lower, number), np.isnan(upper) or holds(upper, number)
        return Test(figure, f"{asked} {number}", (lower, upper), (number, number), _verdict(surely, possibly))
    counts = _counts(among, figure, which)
    # The least that lies on one side is held against the most that can lie on the other, and the other way about.
    under, over = ("below", "not_below") if asked == "above" else ("not_above", "above")
    compare = gt if asked == "above" else ge
    surely = compare((100 - number) * counts[f"surely_{under}"], number * counts[f"possibly_{over}"])
    possibly = compare((100 - number) * counts[f"possibly_{under}"], number * counts[f"surely_{over}"])
    return Test(
        figure,
        f"{asked} Q{number}",
        (lower, upper),
        _threshold(among, figure, which, number),
        _verdict(surely, possibly),
    )


def _threshold(among: Peers, figure: str, which: np.ndarray, percent: int) -> tuple[float, float]:
    """The quantile over peers that have jobs for certain, at their least and at their most."""
    there = which & (among.bounds["jobs"][0] > 0)
    ends = (np.nan_to_num(end[there], nan=np.inf) for end in among.bounds[figure])
    least, most = (float(np.quantile(end, percent / 100)) if there.any() else np.nan for end in ends)
    return least, most


def _verdict(surely: bool, possibly: bool) -> Verdict:
    if surely:
        return "yes"
    return "undetermined" if possibly else "no"


def together(found: list[Test]) -> Verdict | None:
    """The verdict of all conditions: no if one is no, yes if all are yes; None where there are none."""
    outcomes = {test.verdict for test in found}
    if not outcomes:
        return None
    if "no" in outcomes:
        return "no"
    return "yes" if outcomes == {"yes"} else "undetermined"


def _counts(among: Peers, figure: str, which: np.ndarray) -> dict[str, int]:
    """How many peers lie where (see `orchestration.indicators.standings`)."""
    most = among.bounds["jobs"][1]
    lower, upper = among.bounds[figure]
    lower = np.where(np.isnan(lower), 0, lower)
    upper = np.where(np.isnan(upper), np.where(most == 0, 0, np.inf), upper)
    there, possible = among.bounds["jobs"][0] > 0, ~(most <= 0)
    place = int(which[: among.place].sum())
    found = standings(
        np.zeros(int(which.sum()), dtype=np.int64), lower[which], upper[which], there[which], possible[which]
    )
    return dict(zip(COUNTS, map(int, found[:, place]), strict=True))
