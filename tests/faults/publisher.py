"""A publisher on loopback that serves a folder `<host>/<path>` properly, and misbehaves where it is told to.

Belongs here: the server, on bare sockets, since no HTTP library sends what is wrong; and the ways to misbehave. Does
not: what a refresh has to make of them (see the tests).

A behaviour is a function of an `Exchange`; what it leaves unsent stays unsent.
"""

from __future__ import annotations

import gzip
import hashlib
import socket
import ssl
import threading
import time
from collections import defaultdict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from urllib.parse import unquote

MODIFIED = "Mon, 02 Nov 2015 10:00:00 GMT"
CHUNK = 1 << 16


class Hangup(Exception):
    """The connection ends here."""


@dataclass
class Exchange:
    """A request and the connection on which it waits; `content` is what the publisher has at that path, if anything."""

    path: str
    asked: dict[str, str]
    content: bytes | None
    connection: socket.socket
    stop: threading.Event

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.content or b"").hexdigest()[:16]}"'

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)

    def head(self, status: int, **headers: str | int) -> None:
        lines = [f"HTTP/1.1 {status} -", *(f"{k.replace('_', '-')}: {v}" for k, v in headers.items())]
        self.send("\r\n".join([*lines, "", ""]).encode("latin-1"))

    def pause(self, seconds: float) -> None:
        """Waits, but not beyond the end of the test."""
        if self.stop.wait(seconds):
            raise Hangup


Behaviour = Callable[[Exchange], None]


@dataclass
class Publisher:
    """Serves `root`, over TLS if there is a context for it.

    `replace` puts other bytes at a path, `misbehave` plays behaviours, one a request and the last for ever. A context
    manager. `requests` holds what was asked for at each path.
    """

    root: Path
    tls: ssl.SSLContext | None = None
    requests: defaultdict[str, list[dict[str, str]]] = field(default_factory=lambda: defaultdict(list))
    _scripts: dict[str, list[Behaviour]] = field(default_factory=dict)
    _replaced: dict[str, bytes | None] = field(default_factory=dict)
    _stop: threading.Event = field(default_factory=threading.Event)

    def __enter__(self) -> Publisher:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *error: object) -> None:
        self._stop.set()
        self._listener.close()

    def misbehave(self, url: str, *script: Behaviour) -> None:
        path = _path(url)
        self._scripts[path], self.requests[path] = list(script), []

    def behave(self) -> None:
        """From now on everything is as it should be; what was replaced stays."""
        self._scripts.clear()
        self.requests.clear()

    def replace(self, url: str, content: bytes | None) -> None:
        self._replaced[_path(url)] = content

    def has(self, url: str) -> bytes:
        """The bytes at a URL."""
        content = self._content(_path(url))
        assert content is not None, url
        return content

    def asked(self, url: str) -> list[dict[str, str]]:
        return self.requests[_path(url)]

    def _content(self, path: str) -> bytes | None:
        if path in self._replaced:
            return self._replaced[path]
        file = self.root / path
        return file.read_bytes() if file.is_file() else None

    def _accept(self) -> None:
        while not self._stop.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(OSError, Hangup):
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            while head := _request_head(connection):
                self._answer(head, connection)
        with suppress(OSError):
            connection.close()

    def _answer(self, head: str, connection: socket.socket) -> None:
        first, *lines = head.split("\r\n")
        path = unquote(first.split()[1].lstrip("/"))
        asked = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}
        self.requests[path].append(asked)
        script = self._scripts.get(path, [honest])
        behaviour = script.pop(0) if len(script) > 1 else script[0]
        behaviour(Exchange(path, asked, self._content(path.partition("?")[0]), connection, self._stop))


def _path(url: str) -> str:
    """Where a URL's file lies below a publisher's root, and how it is known when it is asked for."""
    return unquote(url.removeprefix("https://"))


def _request_head(connection: socket.socket) -> str:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        byte = connection.recv(CHUNK)
        if not byte or not (data or byte).startswith(b"GET"):
            return ""
        data += byte
    return data[:-4].decode("latin-1")


# --- as it should be


def honest(x: Exchange, **headers: str) -> None:
    """200, 206, 304 or 404, as RFC 9110 has it; `headers` in place of its own."""
    if x.content is None:
        x.head(404, Content_Length=0)
        return
    known = {"ETag": x.etag, "Last_Modified": MODIFIED} | headers
    if x.asked.get("if-none-match") == known["ETag"]:
        x.head(304, **known)
        return
    start = 0
    if "range" in x.asked and x.asked.get("if-range") == known["ETag"]:
        start = int(x.asked["range"].removeprefix("bytes=").removesuffix("-"))
        known["Content_Range"] = f"bytes {start}-{len(x.content) - 1}/{len(x.content)}"
    x.head(206 if start else 200, Content_Length=len(x.content) - start, **known)
    x.send(x.content[start:])


def labelled(**headers: str) -> Behaviour:
    """As it should be, but for these headers."""
    return partial(honest, **headers)


# --- answers


def answer(status: int, body: bytes = b"", **headers: str | int) -> Behaviour:
    """A whole answer, whatever the question."""

    def behaviour(x: Exchange) -> None:
        x.head(status, **({"Content_Length": len(body)} if status not in (204, 304) else {}), **headers)
        x.send(body)

    return behaviour


def refuse_conditions(x: Exchange) -> None:
    """Says that nothing has changed to whoever asks whether it did."""
    if "if-none-match" in x.asked or "if-modified-since" in x.asked:
        x.head(304, ETag=x.asked.get("if-none-match", ""))
    else:
        honest(x, ETag='"for ever"')


def same_etag(x: Exchange) -> None:
    """Sends what there is, under the ETag of whatever was there before."""
    honest(x, ETag='"for ever"')


def fresh_etag(x: Exchange) -> None:
    """Another ETag for each answer."""
    honest(x, ETag=f'"{time.monotonic_ns()}"')


def packed(content: bytes) -> Behaviour:
    """Compressed although nobody asked for it."""
    return answer(200, gzip.compress(content), Content_Encoding="gzip")


def raw(data: bytes) -> Behaviour:
    """These bytes, and nothing more."""

    def behaviour(x: Exchange) -> None:
        x.send(data)
        raise Hangup

    return behaviour


# --- the way there


def hang_up(x: Exchange) -> None:
    """Not a byte."""
    raise Hangup


def stall(after: int | None = None) -> Behaviour:
    """Falls silent: before the first byte of an answer, or within its body."""

    def behaviour(x: Exchange) -> None:
        if after is not None:
            assert x.content is not None
            x.head(200, Content_Length=len(x.content), ETag=x.etag)
            x.send(x.content[:after])
        x.pause(30)
        raise Hangup

    return behaviour


def drip(data: bytes | None = None, every: float = 0.02) -> Behaviour:
    """A byte now and then: of `data`, or of the body."""

    def behaviour(x: Exchange) -> None:
        if data is None:
            assert x.content is not None
            x.head(200, Content_Length=len(x.content), ETag=x.etag)
        for byte in data or x.content or b"":
            x.send(bytes([byte]))
            x.pause(every)

    return behaviour


def endless(data: bytes) -> Behaviour:
    """The same bytes for ever."""

    def behaviour(x: Exchange) -> None:
        while True:
            x.send(data)
            x.pause(0.01)

    return behaviour


def cut(at: int, *, etag: bool = True) -> Behaviour:
    """Promises all of it and hangs up after so many bytes."""

    def behaviour(x: Exchange) -> None:
        assert x.content is not None
        x.head(200, Content_Length=len(x.content), **({"ETag": x.etag} if etag else {}))
        x.send(x.content[:at])
        raise Hangup

    return behaviour


def cut_chunked(at: int) -> Behaviour:
    """Hangs up after so many bytes of a chunked answer, its last chunk never sent."""

    def behaviour(x: Exchange) -> None:
        assert x.content is not None
        x.head(200, Transfer_Encoding="chunked")
        x.send(f"{at:x}\r\n".encode() + x.content[:at] + b"\r\n")
        raise Hangup

    return behaviour


def cut_unmeasured(at: int | None) -> Behaviour:
    """An answer without a length, which ends where the connection does; whole if `at` is None."""

    def behaviour(x: Exchange) -> None:
        assert x.content is not None
        x.head(200, Connection="close")
        x.send(x.content[:at])
        raise Hangup

    return behaviour


def measured(difference: int) -> Behaviour:
    """A Content-Length that is wrong by so many bytes."""

    def behaviour(x: Exchange) -> None:
        assert x.content is not None
        x.head(200, Content_Length=len(x.content) + difference)
        x.send(x.content)
        raise Hangup

    return behaviour


def wrong_range(x: Exchange) -> None:
    """Sends another part than was asked for."""
    assert x.content is not None
    x.head(206, Content_Length=10, Content_Range=f"bytes 0-9/{len(x.content)}", ETag=x.etag)
    x.send(x.content[:10])
