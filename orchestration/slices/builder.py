"""The steps by which a build file is made: each a run of dbt, in a process of its own, in the memory of a few years.

Belongs here: their order, what lies where while they run, and what is remembered of them. Does not: running dbt.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from orchestration.layout import link_partitions
from orchestration.partitions import Partition
from orchestration.quality.engine import literal
from orchestration.release.manifest import YearRecord
from orchestration.settings import Settings
from orchestration.slices import assembly
from orchestration.slices.ledger import Project, YearLedger, held, ledger_of, stale
from orchestration.slices.making import FILE, Slice, Step, emptied, slice_step
from orchestration.slices.phases import rows_by_year, selected, span_marts, with_counterparts, year_marts
from orchestration.slices.shelf import Shelf, name_of

EARLIER = "an earlier refresh that did not publish"
WORKER = "a worker"
# Makes slices and puts them on the shelf, several at a time.
MakeAll = Callable[[Sequence[Slice]], None]


def in_one_go(partitions: Iterable[Partition], of: Settings) -> bool:
    """Whether all years together are so small that one start of dbt is dearer than making them all again."""
    return sum(rows_by_year(partitions).values()) <= of.rows_in_one_go


@dataclass(frozen=True)
class Before:
    """The release that tables may be taken over from: its file, and what it remembers of each year."""

    path: Path
    years: Mapping[int, YearRecord]

    @property
    def keys(self) -> dict[int, Mapping[str, str]]:
        """The keys of its tables, by year."""
        return {year: record.keys for year, record in self.years.items()}


@dataclass
class Build:
    """A build of all years that partitions are there for, from what is new and from the release before.

    `from_scratch` makes everything, whatever is there already. `make_all` makes several slices ahead of their steps, if
    it is there; what it does not put on the shelf is made in its step. Known after the steps: `ledgers` by year, and
    `made`, the tables that were made by year; all others were taken over.

    Example:
        >>> build = Build(settings(), project, partitions, options, before)              # doctest: +SKIP
        >>> for step in build.steps():
        ...     run_dbt(step)
        >>> build.made
        {2016: ['cluster_linkage']}
    """

    settings: Settings
    project: Project
    partitions: Sequence[Partition]
    options: Mapping[str, str]
    before: Before | None = None
    from_scratch: bool = False
    make_all: MakeAll | None = None
    ledgers: dict[int, YearLedger] = field(default_factory=dict)
    made: dict[int, list[str]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """The build file; published, it becomes the release."""
        return self.settings.work / "build.duckdb"

    @property
    def keys(self) -> dict[int, dict[str, str]]:
        """The keys of its tables, by year."""
        return {year: ledger.keys for year, ledger in self.ledgers.items()}

    @property
    def rows(self) -> dict[int, int]:
        """Rows of each reference year."""
        return rows_by_year(self.partitions)

    def taken_over(self, year: int) -> list[str]:
        """The tables of a year whose rows are those of the release before, copied."""
        if self.before is None or in_one_go(self.partitions, self.settings):
            return []
        return sorted(set(self.ledgers[year].keys) - set(self.made.get(year, ())))

    def steps(self) -> Iterator[Step]:
        """The runs of dbt, one after the other; each must have ended well before the next is asked for.

        At the end only the build file is left.
        """
        self._lay_out()
        yield from self._runs()
        self._common.unlink()

    def _runs(self) -> Iterator[Step]:
        years = sorted(self.rows)
        if in_one_go(self.partitions, self.settings):
            yield Step("all years", "build", None, {}, years)
            self._look_up(years)
            return
        if self.before is not None:
            kept = {name: self._of_before(name) for name in year_marts(self.project.nodes)}
            assembly.start_from(self.before.path, self.path, kept | dict.fromkeys(span_marts(self.project.nodes)))
        yield Step("what all years share", "build", selected(self.project.nodes, ["common"]), {})
        self._look_up(years)
        yield from self._slices()
        for folder in self._makers_folders:
            shutil.rmtree(folder, ignore_errors=True)
        if self.before is not None:
            for name in span_marts(self.project.nodes):
                assembly.delete_spans(self.path, name, self._years_of_other_spans(name))
        yield Step("what is made of all years", "build", selected(self.project.nodes, ["whole"]), {})
        assembly.compact(self.path)

    def _slices(self) -> Iterator[Step]:
        slices, shelf = list(self._groups()), Shelf(self.settings.slices)
        shelf.keep_only({one.name for one in slices})
        known = {one.name: shelf.findings(one.name) for one in slices}
        ahead = [one for one in slices if known[one.name] is None]
        if self.make_all and len(ahead) > 1:
            self.make_all(ahead)
            known |= {one.name: shelf.findings(one.name) for one in ahead}
        for one in slices:
            step = slice_step(one, emptied(self._folder), self.project, self.partitions, self.settings)
            if (found := known[one.name]) is not None:
                step.found, step.done_by = found, WORKER if one in ahead else EARLIER
            yield step
            if not step.done_by:
                shelf.put(one.name, self._folder / FILE, step.found)
            assembly.take_in(self.path, shelf.path(one.name), dict.fromkeys(one.tables, one.years))

    @property
    def _common(self) -> Path:
        return self.settings.work / "common.duckdb"

    @property
    def _folder(self) -> Path:
        return self.settings.work / "slice"

    @property
    def _makers_folders(self) -> list[Path]:
        # A machine's own folder for its workers may be in use for another home, too.
        return [self._folder, self.settings.work / self.settings.places.name]

    def _lay_out(self) -> None:
        work = self.settings.work
        for leftover in work.glob("*.duckdb*"):
            leftover.unlink()
        for folder in (work / "spill", *self._makers_folders):
            shutil.rmtree(folder, ignore_errors=True)
        (work / "spill").mkdir(parents=True)
        if self.from_scratch:
            Shelf(self.settings.slices).clear()
        link_partitions(self.partitions, self.settings)

    def _of_before(self, table: str) -> list[int]:
        """The years of a table that the release before holds and this one needs."""
        keys = self.before.keys if self.before else {}
        return [year for year in self.rows if table in keys.get(year, {})]

    def _years_of_other_spans(self, table: str) -> list[int]:
        """The years, of now or before, whose spans cannot stay: what they are made from is other, or gone."""
        before = (
            {year: record.span_keys.get(table) for year, record in self.before.years.items()} if self.before else {}
        )
        now = {year: ledger.span_keys.get(table) for year, ledger in self.ledgers.items()}
        return sorted(year for year in before.keys() | now.keys() if before.get(year) != now.get(year))

    def _look_up(self, years: Sequence[int]) -> None:
        """The keys of today, now that what all years share is there, and what must be made for them."""
        with duckdb.connect() as con:
            for name, path in (("common", self._common), ("build", self.path)):
                con.execute(f"ATTACH {literal(str(path))} AS {name} (READ_ONLY)")

            def shared(node: Mapping[str, Any], year: int) -> str:
                return held(con, node, year)

            for year in years:
                self.ledgers[year] = ledger_of(year, self.project, self.partitions, shared, self.options)
        marts = year_marts(self.project.nodes)
        names = {unique_id: name for name, unique_id in marts.items()}
        for year, tables in stale(self.keys, self.before.keys if self.before else {}).items():
            together = with_counterparts({marts[table] for table in tables}, self.project.nodes)
            self.made[year] = sorted(names[unique_id] for unique_id in together)

    def _groups(self) -> Iterator[Slice]:
        """Years that are made in one go: the same tables of few enough rows."""
        group: list[int] = []
        for year, tables in sorted(self.made.items()):
            full = sum(self.rows[y] for y in group) + self.rows[year] > self.settings.rows_in_one_go
            if group and (full or tables != self.made[group[0]]):
                yield self._named(group)
                group = []
            group.append(year)
        if group:
            yield self._named(group)

    def _named(self, years: Sequence[int]) -> Slice:
        tables, keys = self.made[years[0]], self.keys
        return Slice(name_of({year: {table: keys[year][table] for table in tables} for year in years}), years, tables)
