"""QCEW rows as BLS prints them: quotients, changes over the year, quoting, order of columns.

Belongs here: the text of a row, for years and quarters. Does not: which files there are (see `write`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import get_args

import duckdb
import numpy as np

from orchestration.sample.accounts import ALL_OWNERS, Accounts, AreaKind
from orchestration.sample.books import Figures
from orchestration.sample.geography import NATION
from orchestration.sample.industries import TOTAL, edition_titles

_KEYS = (
    "area_fips",
    "own_code",
    "industry_code",
    "agglvl_code",
    "size_code",
    "year",
    "qtr",
    "disclosure_code",
)
_TITLES = ("area_title", "own_title", "industry_title", "agglvl_title", "size_title")
ANNUAL = (
    "annual_avg_estabs", "annual_avg_emplvl", "total_annual_wages", "taxable_annual_wages",
    "annual_contributions", "annual_avg_wkly_wage", "avg_annual_pay",
)  # fmt: skip
QUARTERLY = (
    "qtrly_estabs_count", "month1_emplvl", "month2_emplvl", "month3_emplvl", "total_qtrly_wages",
    "taxable_qtrly_wages", "qtrly_contributions", "avg_wkly_wage",
)  # fmt: skip
# Areas formatted at a time: keeps memory at a few hundred megabytes.
_BATCH = 40
_OWNERS = {
    "0": "Total Covered", "1": "Federal Government", "2": "State Government", "3": "Local Government",
    "5": "Private", "8": "Total Government",
}  # fmt: skip
_KINDS = {"nation": "National", "state": "State", "county": "County", "msa": "MSA", "micro": "MicroSA"}
_LEVELS = (
    "Total Covered", "Total -- by ownership sector", "by Domain -- by ownership sector",
    "by Supersector -- by ownership sector", "NAICS Sector -- by ownership sector",
    *(f"NAICS {d}-digit -- by ownership sector" for d in (3, 4, 5, 6)),
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """What is printed of a period: figures, and those of a year before; `qtr` is A or 1 to 4."""

    year: int
    qtr: str
    now: Figures
    before: Figures


def header(measures: tuple[str, ...], titled: bool) -> str:
    """The header line, without its end; `measures` is `ANNUAL` or `QUARTERLY`.

    Example:
        >>> header(ANNUAL, titled=False).split(",")[:2]
        ['"area_fips"', '"own_code"']
    """
    changes = [f"oty_{m}_{c}" for m in measures for c in ("chg", "pct_chg")]
    lq = [f"lq_{m}" for m in measures]
    keys = (*_KEYS, *_TITLES) if titled else _KEYS
    return ",".join(f'"{n}"' for n in (*keys, *measures, "lq_disclosure_code", *lq, "oty_disclosure_code", *changes))


def area_texts(
    accounts: Accounts,
    periods: Sequence[Period],
    titled: bool,
    end: str,
    kinds: Collection[AreaKind] = get_args(AreaKind),
) -> Iterator[tuple[str, str]]:
    """Each area's code and rows as text, lines closed by `end`, in the order of the publication.

    `titled` rows are the quarterly by-area file's, the others a year's. Quotients compare with the nation
    and have two decimals, percentages one; what is withheld prints 0 without decimals. Rows are in order of
    ownership, industry code as text, and period.
    """
    measures = QUARTERLY if titled else ANNUAL
    line = _line_sql(len(measures), titled)
    positions = [i for i, a in enumerate(accounts.areas) if a.kind in kinds]
    with duckdb.connect() as con:
        for name, names in _names(accounts).items():
            con.register(name, names)
        for start in range(0, len(positions), _BATCH):
            wanted = np.array(positions[start : start + _BATCH])
            parts = [_facts(accounts, period, len(measures), wanted) for period in periods]
            con.register("facts", {name: np.concatenate([part[name] for part in parts]) for name in parts[0]})
            found = con.execute(
                f"select area_code, string_agg({line} || $1, '' order by node, qtr) "
                "from facts join area_names using (area) join node_names using (node) "
                "join level_names using (agglvl) group by area_code order by area_code",
                [end],
            )
            yield from found.fetchall()


def _line_sql(measures: int, titled: bool) -> str:
    """SQL of a row's text over the columns of `_facts`; establishments, the first measure, always show."""
    keys = ["area_code", "own", "industry", "agglvl", "'0'", "year", "qtr", "['', 'N', '-'][1 + hidden]"]
    names = ["area_title", "own_title", "industry_title", "level_title", "'All establishment sizes'"]
    parts = [f"""'"' || {key} || '"'""" for key in keys + (names if titled else [])]
    parts += [f"v{m}" for m in range(measures)]
    parts += ["""if(lq_hidden, '"N"', '""')""", "q0::decimal(18,2)"]
    parts += [f"if(lq_hidden, '0', q{m}::decimal(18,2)::varchar)" for m in range(1, measures)]
    parts += ["""if(oty_hidden, '"N"', '""')""", "c0", "p0::decimal(18,1)"]
    for m in range(1, measures):
        parts += [f"c{m}", f"if(oty_hidden, '0', p{m}::decimal(18,1)::varchar)"]
    return f"concat_ws(',', {', '.join(parts)})"


def _facts(accounts: Accounts, period: Period, measures: int, areas: np.ndarray) -> dict[str, np.ndarray]:
    """What the rows of some areas print: per measure m its value v, quotient q, change c and percentage p."""
    nation = next(i for i, a in enumerate(accounts.areas) if a.code == NATION)
    total = next(i for i, n in enumerate(accounts.nodes) if (n.own, n.code) == (ALL_OWNERS, TOTAL))
    now, before = (_with_rates(f.totals[:, areas]) for f in (period.now, period.before))
    national = _with_rates(period.now.totals[:, [nation]])
    idle = now[0] == 0
    hidden = period.now.withheld[areas] | idle
    lq_hidden = hidden | period.now.withheld[[nation]]
    # BLS shows no change where there was no row the year before, but for establishments.
    oty_hidden = hidden | period.before.withheld[areas] | (before[0] == 0)
    grids = {"agglvl": accounts.aggregation_levels[areas], "hidden": np.where(idle, 2, hidden)}
    grids |= {"lq_hidden": lq_hidden, "oty_hidden": oty_hidden}
    for m in range(measures):
        change = now[m] - before[m]
        grids[f"v{m}"] = np.where(hidden & (m > 0), 0, now[m])
        grids[f"q{m}"] = _ratio(_share(now[m], total), np.broadcast_to(_share(national[m], total), now[m].shape))
        grids[f"c{m}"] = np.where(oty_hidden & (m > 0), 0, change)
        grids[f"p{m}"] = _percent(change, before[m])
    place, node = np.nonzero(period.now.rows[areas])
    facts = {name: grid[place, node] for name, grid in grids.items()}
    labels = {"year": str(period.year), "qtr": period.qtr}
    facts |= {name: np.full(len(node), text, dtype=object) for name, text in labels.items()}
    return facts | {"area": areas[place], "node": node}


def _with_rates(totals: np.ndarray) -> np.ndarray:
    """Totals with the rates BLS derives: weekly wage and pay of a year, weekly wage of a quarter."""
    if len(totals) == 5:
        pay = _ratio(totals[2], totals[1])
        rates = [np.rint(pay / 52), np.rint(pay)]
    else:
        rates = [np.rint(_ratio(3 * totals[4], totals[1:4].sum(axis=0)) / 13)]
    return np.concatenate([totals, np.stack(rates).astype(np.int64)])


def _ratio(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    return np.divide(above, below, out=np.zeros(above.shape), where=below != 0)


def _share(values: np.ndarray, total: int) -> np.ndarray:
    """Values [area, node] over their area's total; of a rate, over the rate of the total."""
    return _ratio(values, np.broadcast_to(values[:, [total]], values.shape))


def _percent(change: np.ndarray, before: np.ndarray) -> np.ndarray:
    """Percentage change; BLS prints 100.0 where there was nothing before."""
    return np.where(before == 0, np.where(change == 0, 0.0, 100.0), 100 * _ratio(change, before))


def _names(accounts: Accounts) -> dict[str, dict[str, np.ndarray]]:
    """The tables of names that rows are joined with, as columns."""
    named, areas, nodes = edition_titles(accounts.naics), accounts.areas, accounts.nodes
    levels = {96: "Total Government, by State"}
    for area, codes in zip(areas, accounts.aggregation_levels, strict=True):
        for agglvl, node in zip(codes.tolist(), nodes, strict=True):
            levels.setdefault(agglvl, f"{_KINDS[area.kind]}, {_LEVELS[node.level]}")
    return {
        "area_names": {
            "area": np.arange(len(areas)),
            "area_code": np.array([a.code for a in areas], dtype=object),
            "area_title": np.array([a.title for a in areas], dtype=object),
        },
        "node_names": {
            "node": np.arange(len(nodes)),
            "own": np.array([n.own for n in nodes], dtype=object),
            "industry": np.array([n.code for n in nodes], dtype=object),
            "own_title": np.array([_OWNERS[n.own] for n in nodes], dtype=object),
            "industry_title": np.array([named[n.code] for n in nodes], dtype=object),
        },
        "level_names": {
            "agglvl": np.array(list(levels)),
            "level_title": np.array(list(levels.values()), dtype=object),
        },
    }
