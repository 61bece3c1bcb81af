"""The `clusters` command.

Belongs here: the command's frame, one module a group of commands, what they print. Does not: the work itself.
Heavy libraries are imported inside the commands, so that `clusters --help` answers at once.
"""

from __future__ import annotations

import sys
import traceback
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from orchestration.cli import catalogue, explain, export, look, profile, query, refresh, sources, versions
from orchestration.cli.terminal import stderr
from orchestration.durable import nobody_else_writes
from orchestration.errors import ClustersError

CLICK_USAGE_ERROR = 2
SETUP_ERROR = ClustersError.exit_code


class Group(TyperGroup):
    """Commands whose exit code is that of the error which stopped them (see `orchestration.errors`)."""

    debug = False

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run the command line; an error becomes its message on stderr and its exit code."""
        nobody_else_writes()
        try:
            return super().main(*args, **kwargs)
        except (ClustersError, OSError) as error:
            if self.debug:
                stderr().print(_without_secrets(traceback.format_exc()), end="")
            stderr().print(_without_secrets(f"clusters: {error}"), style="red")
            sys.exit(error.exit_code if isinstance(error, ClustersError) else SETUP_ERROR)
        except SystemExit as stop:
            # 2 means "a source could not be pulled" here, so usage errors need another code than click's.
            sys.exit(SETUP_ERROR if stop.code == CLICK_USAGE_ERROR else stop.code)


def _without_secrets(text: str) -> str:
    """Text for the terminal without what the settings keep secret; settings that do not fit hide their own values."""
    from pydantic import ValidationError

    from orchestration.settings import settings
    from orchestration.wording import hidden

    try:
        return hidden(text, settings().secrets)
    except ValidationError:
        return text


app = typer.Typer(
    name="clusters",
    cls=Group,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Industry-cluster indicators: public statistics in, one read-only DuckDB file out.",
    epilog="Exit codes: 0 done (published or nothing new), 1 usage or set-up, "
    "2 a source could not be pulled, 3 a gate stopped the release (the previous one stays), "
    "4 another refresh holds the lock, 130 or 143 stopped by Ctrl-C or SIGTERM.",
)


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Take the options that come before the command."""
    command = context.command
    if isinstance(command, Group):
        command.debug = debug


app.command()(refresh.refresh)
app.command()(look.status)
app.command()(query.query)
app.command()(profile.profile)
app.command()(explain.explain)
app.command()(export.export)
app.command()(look.dictionary)
app.command()(catalogue.catalogue)
app.command()(look.releases)
app.command()(versions.diff)
app.command()(versions.rollback)
app.command()(versions.rebuild)
app.command()(sources.sources)
