"""The guard before Dagster's interface: what a foreign page could send is refused, what the interface sends is not."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from dagster import DagsterInstance
from starlette.responses import PlainTextResponse

from orchestration.assets.resources import ByCommand, Refresh, asked_by_command
from orchestration.web import Guard, refusal

NAMES = ["127.0.0.1:3000", "localhost:3000"]
OWN = {"host": "127.0.0.1:3000", "origin": "http://127.0.0.1:3000", "sec-fetch-site": "same-origin"}
JSON = {"content-type": "application/json"}
MUTATION = b"query=mutation%20%7Blaunch%7D"


def scope(kind: str = "http", method: str = "POST", query: bytes = b"", **headers: str) -> dict[str, Any]:
    named = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": kind, "method": method, "path": "/graphql", "query_string": query, "headers": named}


def as_keywords(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("-", "_"): value for name, value in headers.items()}


@pytest.mark.parametrize(
    ("kind", "method", "query", "headers"),
    [
        # DNS rebinding: the page and the server have one name, which is not ours.
        ("http", "POST", b"", JSON | {"host": "evil.example:3000", "origin": "http://evil.example:3000"}),
        ("http", "POST", b"", JSON),  # no name at all
        ("http", "POST", b"", OWN | JSON | {"origin": "http://evil.example"}),
        ("http", "POST", b"", OWN | JSON | {"origin": "null"}),
        ("http", "POST", b"", OWN | JSON | {"origin": "https://127.0.0.1:3000"}),
        ("http", "POST", b"", OWN | JSON | {"origin": "http://127.0.0.1:3001"}),
        ("http", "POST", b"", OWN | {"content-type": "text/plain"}),
        ("http", "POST", b"", OWN | {"content-type": "application/x-www-form-urlencoded"}),
        ("http", "POST", b"", OWN | {"content-type": "text/plain; application/json"}),
        ("http", "POST", b"", OWN),
        ("http", "POST", b"", {"host": OWN["host"], "sec-fetch-site": "cross-site"} | JSON),
        ("http", "POST", b"", {"host": OWN["host"], "sec-fetch-site": "same-site"} | JSON),
        ("http", "GET", MUTATION, {"host": OWN["host"]}),
        ("http", "GET", MUTATION, {"host": OWN["host"], "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
        ("http", "GET", b"", {"host": OWN["host"], "sec-fetch-site": "cross-site", "sec-fetch-mode": "no-cors"}),
        ("http", "OPTIONS", b"", {"host": OWN["host"], "origin": "http://evil.example"}),
        ("websocket", "GET", b"", {"host": OWN["host"], "origin": "http://evil.example"}),
        ("websocket", "GET", b"", {"host": "evil.example:3000", "origin": "http://evil.example:3000"}),
    ],
)
def test_what_a_foreign_page_can_send_is_refused(kind: str, method: str, query: bytes, headers: dict[str, str]) -> None:
    asked = scope(kind, method, query, **as_keywords(headers))
    assert refusal(asked, NAMES)
    assert answers(asked) == [403 if kind == "http" else 1008]


@pytest.mark.parametrize(
    ("kind", "method", "headers"),
    [
        ("http", "POST", OWN | JSON),
        ("http", "POST", OWN | {"content-type": "application/json; charset=utf-8"}),
        ("http", "POST", {"host": "localhost:3000"} | JSON),  # a program that is no browser
        ("http", "GET", {"host": "localhost:3000", "sec-fetch-site": "none", "sec-fetch-mode": "navigate"}),
        ("http", "GET", {"host": OWN["host"], "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}),
        ("http", "GET", {"host": OWN["host"]}),
        ("websocket", "GET", OWN),
        ("websocket", "GET", {"host": OWN["host"]}),
    ],
)
def test_what_the_interface_and_programs_send_is_let_through(kind: str, method: str, headers: dict[str, str]) -> None:
    asked = scope(kind, method, **as_keywords(headers))
    assert refusal(asked, NAMES) is None
    assert answers(asked) == ["let through"]


def answers(asked: dict[str, Any]) -> list[Any]:
    """The statuses and codes that the guard sends, or `let through` where the application behind it was asked."""
    found: list[Any] = []

    async def app(*_: Any) -> None:
        found.append("let through")

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        found.extend(message[key] for key in ("status", "code") if key in message)

    asyncio.run(Guard(app, NAMES)(asked, receive, send))
    return found


def test_every_answer_forbids_pages_of_others_to_frame_it() -> None:
    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    asked = scope("http", "GET", **as_keywords(OWN))
    asyncio.run(
        Guard(PlainTextResponse("hello", headers={"content-security-policy": "base-uri 'none'"}), NAMES)(
            asked, receive, send
        )
    )
    policies = [value for name, value in sent[0]["headers"] if name == b"content-security-policy"]
    assert policies == [b"base-uri 'none'", b"frame-ancestors 'self'"]


def test_nothing_that_waives_a_gate_is_a_setting_of_a_run() -> None:
    fields = set(Refresh.model_fields)
    assert {"accept_revision", "rebuild"}.isdisjoint(fields)
    assert {"only", "years", "from_scratch", "remake"} <= fields
    with asked_by_command(ByCommand(("bls_qcew",), "manifest.json")):
        assert (Refresh().accept_revision, Refresh().rebuild) == (["bls_qcew"], "manifest.json")
    assert (Refresh().accept_revision, Refresh().rebuild) == ([], "")


def test_a_run_from_the_interface_that_asks_for_it_does_not_start() -> None:
    from orchestration.definitions import defs

    config = {"resources": {"refresh": {"config": {"accept_revision": ["bls_qcew"]}}}}
    with DagsterInstance.ephemeral() as instance, pytest.raises(Exception, match="accept_revision"):
        defs.resolve_job_def("nightly").execute_in_process(instance=instance, run_config=config)
