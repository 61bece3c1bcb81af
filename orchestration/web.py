"""Dagster's interface, behind a guard: on an operator's desk other pages stand open in the same browser.

Belongs here: what may ask the interface for anything, and serving it. Does not: starting it and the daemon (`serve`).

Dagster asks nobody who he is, takes commands by GET, by forms and by WebSocket, and listens to any name. So a page from
anywhere could have the operator's browser start a refresh. The guard lets through what a page of the interface sends,
and what a program sends that is no browser.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from urllib.parse import parse_qs

import uvicorn
from dagster import DagsterInstance
from dagster._core.workspace.context import WorkspaceProcessContext
from dagster._core.workspace.load_target import WorkspaceFileTarget
from dagster_webserver.app import create_app_from_workspace_process_context
from dagster_webserver.version import __version__
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from orchestration.serve import HOST, WORKSPACE

POLICY_VIOLATION = 1008
# Shown in a frame under another page's buttons, the interface would get the clicks that were meant for those.
UNFRAMED = (b"content-security-policy", b"frame-ancestors 'self'")
READING = ("GET", "HEAD")


class Guard:
    """An ASGI application around another that refuses what a foreign page could have sent, and to be shown in one.

    `names` are what the server is called in addresses: `127.0.0.1:3000`, say.

    Example:
        >>> Guard(app, ["127.0.0.1:3000", "localhost:3000"])                    # doctest: +SKIP
    """

    def __init__(self, app: ASGIApp, names: list[str]) -> None:
        self._app, self._names = app, names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (why := refusal(scope, self._names)):
            if scope["type"] == "websocket":
                await send({"type": "websocket.close", "code": POLICY_VIOLATION, "reason": why})
            else:
                await PlainTextResponse(f"{why}\n", 403)(scope, receive, send)
            return

        async def send_unframed(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], UNFRAMED]
            await send(message)

        await self._app(scope, receive, send_unframed)


def refusal(scope: Scope, names: list[str]) -> str | None:
    """Why a request is not let through; None if it is.

    Args:
        scope: of ASGI, of a request or a WebSocket.
        names: what the server is called in addresses.

    Example:
        >>> refusal({"type": "http", "method": "GET", "path": "/", "headers": [(b"host", b"evil.example")]}, ["a:1"])
        'this server is not called evil.example'
    """
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    if (host := headers.get("host", "").lower()) not in names:
        return f"this server is not called {host}"
    if (origin := headers.get("origin")) is not None and origin not in [f"http://{name}" for name in names]:
        return f"pages of {origin} may not ask this server"
    if scope["type"] == "websocket":
        return None
    return _foreign_page(scope, headers) or _no_plain_question(scope, headers)


def _foreign_page(scope: Scope, headers: Mapping[str, str]) -> str | None:
    """A browser says where a request comes from, also where it sends no origin: with an image, a form, a link."""
    if headers.get("sec-fetch-site", "none") in ("same-origin", "none"):
        return None
    # A link to a page of the interface, in a mail say, only shows it.
    if scope["method"] in READING and headers.get("sec-fetch-mode") == "navigate":
        return None
    return "other sites' pages may not ask this server"


def _no_plain_question(scope: Scope, headers: Mapping[str, str]) -> str | None:
    """Commands come as JSON, which a page of another site cannot send without asking first."""
    if scope["method"] in READING:
        asks = parse_qs(scope.get("query_string", b"").decode("latin-1"), keep_blank_values=True)
        return "nothing is asked or commanded by an address; use POST" if "query" in asks else None
    if headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return "only JSON is taken: Content-Type: application/json"
    return None


def main(port: str) -> None:
    """Serves the interface on loopback until it is told to end."""
    target = WorkspaceFileTarget(paths=[str(WORKSPACE)])
    with (
        DagsterInstance.get() as instance,
        WorkspaceProcessContext(instance, target, version=__version__, read_only=False) as context,
    ):
        app = create_app_from_workspace_process_context(context)
        names = [f"{name}:{port}" for name in (HOST, "localhost")]
        uvicorn.run(Guard(app, names), host=HOST, port=int(port), log_level="warning")


if __name__ == "__main__":
    main(*sys.argv[1:])
