"""A publisher that misbehaves as told, and a fetcher that pulls from it without ever waiting."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from orchestration.landing.fetch import Fetcher, Origin
from orchestration.landing.store import Store
from orchestration.settings import Settings

Answer = Callable[[BaseHTTPRequestHandler], None]


class Publisher:
    """Answers the first request with the first answer of `script`, and so on; the last one is repeated."""

    def __init__(self) -> None:
        self.script: list[Answer] = []
        self.requests: list[dict[str, str]] = []
        self.connections: set[tuple[str, int]] = set()
        publisher = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                publisher.connections.add(self.client_address)
                publisher.requests.append({k.lower(): v for k, v in self.headers.items()} | {":path": self.path})
                number = min(len(publisher.requests), len(publisher.script)) - 1
                publisher.script[number](self)

            do_HEAD = do_GET

            def log_message(self, *_: object) -> None:
                """Tests look at `requests` instead."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.base_url = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.thread = threading.Thread(target=lambda: self.server.serve_forever(poll_interval=0.01), daemon=True)
        self.thread.start()

    def plays(self, *script: Answer) -> None:
        self.script, self.requests = list(script), []

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


@pytest.fixture
def publisher() -> Iterator[Publisher]:
    publisher = Publisher()
    yield publisher
    publisher.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "landing") as store:
        yield store


@pytest.fixture
def waits() -> list[float]:
    """The seconds the fetcher would have waited."""
    return []


@pytest.fixture
def limits(tmp_path: Path) -> Settings:
    return Settings(
        home=tmp_path,
        attempts=4,
        longest_wait=60,
        read_timeout=5,
        connect_timeout=5,
        max_download_bytes=1_000_000,
    )


@pytest.fixture
def fetcher(publisher: Publisher, store: Store, limits: Settings, waits: list[float]) -> Iterator[Fetcher]:
    with Fetcher(store, Origin("mirror", publisher.base_url), limits, sleep=waits.append) as fetcher:
        yield fetcher
