"""`clusters catalogue`: what a release offers, for programs and for the docs.

Belongs here: the command. Does not: what the catalogue says (`orchestration.release.catalogue`), the dictionary for
people (`look`).
"""

from __future__ import annotations

import json
from typing import Annotated, Literal

import typer

from orchestration.cli.terminal import load_settings


def catalogue(
    format: Annotated[
        Literal["json", "markdown"], typer.Option(help="markdown: the docs' tables of computed columns.")
    ] = "json",
) -> None:
    """Tables, grain, columns, measures and checks as JSON, for programs."""
    from orchestration.release.catalogue import catalogue as described
    from orchestration.release.catalogue import markdown
    from orchestration.release.publish import Warehouse
    from orchestration.release.records import read_checks, read_dictionary

    if format == "markdown":
        typer.echo(markdown())
        return
    current = Warehouse(load_settings()).current()
    found = described(read_checks(current.path), read_dictionary(current.path)) if current else described()
    found = {"release": current.id if current else None} | found
    typer.echo(json.dumps(found, indent=1))
