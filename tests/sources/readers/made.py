"""What a reader makes of a file, as the refresh reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from orchestration.errors import SourceError
from orchestration.sources.readers import READERS, Field
from orchestration.sources.source import Edition
from orchestration.sources.tidy import connect, write_partition

DATASET = "a_dataset"
CODE = Field("county", "VARCHAR", "County", width=5)
TITLE = Field("title", "VARCHAR", "Title")
JOBS = Field("jobs", "BIGINT", "Jobs", ("N", "(D)"))
SHARE = Field("share", "DOUBLE", "Share", ("N",))
COUNTY_JOBS = (CODE, JOBS)


def rows(
    reader: str, file: Path | Sequence[Path], fields: Sequence[Field] = COUNTY_JOBS, **options: Any
) -> list[tuple]:
    """The rows that a reader makes of files, written and read again; in the order of their values."""
    files = [file] if isinstance(file, Path) else file
    target = files[0].parent / "tidy" / "rows.parquet"
    with connect("1GB", 1, files[0].parent / "spill") as con:
        made = READERS[reader](con, DATASET, files, fields, options)
        assert made.columns == [field.name for field in fields]
        assert [str(kind) for kind in made.types] == [field.type for field in fields]
        write_partition(made, target, DATASET, files[0].name, Edition("series", None, ()))
        found = con.execute("SELECT * EXCLUDE (period, vintage) FROM read_parquet(?)", [str(target)]).fetchall()
    return sorted(found, key=str)


def refused(reader: str, file: Path, fields: Sequence[Field] = COUNTY_JOBS, **options: Any) -> str:
    """What is said of a file that must be refused; it names the dataset, the file and a remedy."""
    with pytest.raises(SourceError) as caught:
        rows(reader, file, fields, **options)
    assert (caught.value.dataset, caught.value.file) == (DATASET, file.name)
    assert len(caught.value.remedy) > 15
    return caught.value.problem
