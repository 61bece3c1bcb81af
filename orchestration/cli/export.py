"""`clusters export`: a release as a folder of files for those who have no DuckDB.

Belongs here: choosing the release and the folder. Does not: writing the files (see `release/export.py`).
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from orchestration.cli.terminal import current_release, load_settings, require_outside_home, size, stdout
from orchestration.errors import SetupError


def export(
    form: Annotated[Literal["parquet", "csv"], typer.Option("--format", help="parquet or csv.")] = "parquet",
    output: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder; without it clusters-<release>-<format> here.")
    ] = None,
    release: Annotated[str | None, typer.Option(metavar="ID", help="A release of `releases`, not the current.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export in that folder.")] = False,
) -> None:
    """Write every table of a release, one file each, with a datapackage.json that describes them.

    In CSV, text that a spreadsheet would take for a formula gets an apostrophe before it.
    """
    from orchestration.release.export import DESCRIPTION, export_release
    from orchestration.release.integrity import require_unaltered
    from orchestration.release.publish import Warehouse

    settings = load_settings()
    if release is None:
        chosen = current_release(settings)
    else:
        found = {each.id: each for each in Warehouse(settings).releases()}
        if release not in found:
            raise SetupError(f"there is no release {release!r}; `clusters releases` lists them")
        chosen = found[release]
        require_unaltered(settings.warehouse, chosen.path)
    target = (output or Path(f"clusters-{chosen.id}-{form}")).expanduser().absolute()
    require_outside_home(target, settings)
    files = export_release(chosen.path, target, form, settings.memory_limit, replace=force)
    total = sum(file.stat().st_size for file in files)
    stdout().print(
        f"{len(files)} tables of release {chosen.id} in {target} ({size(total)}); {DESCRIPTION} describes them"
    )
