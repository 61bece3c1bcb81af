"""Pulling publishers' files: conditional, resumed, retried, polite.

Belongs here: HTTP. Does not: where bytes are kept (see `store`), what a kind of file looks like (see
`content`), which files a dataset has (see `sources`).
"""

from __future__ import annotations

import logging
import re
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import TYPE_CHECKING

import httpx

from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.landing.content import content_problem
from orchestration.landing.origin import Job, Origin
from orchestration.landing.partial import Partial, Version
from orchestration.landing.retry import Interrupted, retry_after, with_retries
from orchestration.landing.store import Landed, Store
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.sources.dataset import Kind

logger = logging.getLogger("clusters.landing")
# httpx logs every request with its full address; ours is one line a file, without the query, where keys live.
logging.getLogger("httpx").setLevel(logging.WARNING)

TRANSIENT = frozenset({429, 500, 502, 503, 504})
ABSENT = frozenset({404, 410})
REDIRECTS = 5
SMALL_BODY = 64 * 1024
BROKEN = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
    httpx.DecodingError,
)


@dataclass(frozen=True)
class _Answer:
    """What an attempt came to: a complete file in the partial, or news that the stored one still stands."""

    unchanged: bool
    version: Version


class Fetcher:
    """Pulls files into a store, over one connection at a time. A context manager.

    `sleep` is what waits between attempts.

    Example:
        >>> with Fetcher(store, Origin("live"), settings()) as fetcher:
        ...     landed = fetcher.get("https://data.bls.gov/cew/area_titles.csv", "csv", "bls_areas")
        >>> landed.outcome
        'new'
    """

    def __init__(
        self, store: Store, origin: Origin, settings: Settings, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._store, self._origin, self._settings, self._sleep = store, origin, settings, sleep
        self._client = httpx.Client(
            headers={"User-Agent": settings.user_agent, "Accept": "*/*", "Accept-Encoding": "identity"},
            limits=httpx.Limits(max_connections=1, max_keepalive_connections=1),
            timeout=httpx.Timeout(settings.read_timeout, connect=settings.connect_timeout, pool=None),
            follow_redirects=False,
            # A proxy from the environment stands between us and publishers, not between us and the loopback.
            trust_env=origin.base_url is None,
        )

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def get(self, url: str, kind: Kind, dataset: str) -> Landed:
        """Ask for a file and land it: `new`, `changed` or `unchanged`.

        On every error the file landed earlier stays the latest, and the failure is in the store's history.

        Raises:
            NotPublished: the publisher has no such file (404, 410).
            SourceError: it could not be pulled, or what came is not a file of that kind.
            SetupError: it could not be written.
        """
        job, started = Job(dataset, url, kind), time.monotonic()
        try:
            landed = self._pull(job)
        except SourceError as error:
            absent = isinstance(error, NotPublished)
            self._store.failed(dataset, self._origin.name, url, "absent" if absent else "failed", error.problem)
            level = logging.INFO if absent else logging.WARNING
            logger.log(level, "%s (%.1f s)", error, time.monotonic() - started)
            raise
        except (OSError, sqlite3.Error) as error:
            raise SetupError(
                f"{dataset}: {job.shown}: could not be written below {self._store.root} ({error}). "
                "Remedy: free disk space there, or point CLUSTERS_HOME elsewhere."
            ) from error
        seconds = time.monotonic() - started
        logger.info("%s: %s %s, %d bytes, %.1f s", dataset, job.shown, landed.outcome, landed.bytes, seconds)
        return landed

    def _pull(self, job: Job) -> Landed:
        origin = self._origin.name
        stored, partial = self._store.latest(origin, job.url), self._store.partial(origin, job.url)
        answer = self._persist(job, stored, partial)
        etag, last_modified = answer.version.etag, answer.version.last_modified
        if stored is not None and answer.unchanged:
            return self._store.touch(stored, etag, last_modified)
        if problem := content_problem(partial.path, job.kind):
            partial.discard()
            raise job.error(problem, "open the URL in a browser; if the file is right there, refresh again later")
        landed = self._store.add(partial.path, job.dataset, origin, job.url, etag, last_modified)
        partial.discard()
        return landed

    def _persist(self, job: Job, stored: Landed | None, partial: Partial) -> _Answer:
        limits = self._settings
        try:
            return with_retries(
                lambda: self._attempt(job, stored, partial),
                limits.attempts,
                limits.longest_wait,
                self._sleep,
                job.shown,
            )
        except Interrupted as error:
            raise job.error(
                f"could not be pulled in {limits.attempts} attempts; the last one: {error}",
                "check the network and refresh again later; what has arrived is kept and gone on from",
            ) from error

    def _attempt(self, job: Job, stored: Landed | None, partial: Partial) -> _Answer:
        headers = _resuming(partial) or _conditional(stored)
        try:
            response = self._send(job, headers)
            try:
                return self._answer(job, response, headers, partial)
            finally:
                response.close()
        except BROKEN as error:
            raise Interrupted(f"{type(error).__name__}: {error}") from error

    def _send(self, job: Job, headers: dict[str, str]) -> httpx.Response:
        """The answer after redirects, its body still to be read; redirects may not leave the host."""
        request = self._client.build_request("GET", self._origin.locate(job.url), headers=headers)
        for _ in range(REDIRECTS + 1):
            response = self._client.send(request, stream=True)
            if response.next_request is None:
                return response
            _let_connection_live(response)
            response.close()
            if not _same_place(request.url, response.next_request.url):
                raise job.error(
                    f"redirects to another host, {response.next_request.url.host}, which is not followed",
                    "if the publisher moved the file, declare its new URL",
                )
            request = response.next_request
        raise job.error(f"redirects more than {REDIRECTS} times", "open the URL in a browser and declare where it ends")

    def _answer(self, job: Job, response: httpx.Response, headers: dict[str, str], partial: Partial) -> _Answer:
        status = response.status_code
        if status == 200:
            version = Version.of(response.headers)
            partial.begin(version)
            self._receive(job, response, partial, version.length)
            return _Answer(False, version)
        if status == 206 and "Range" in headers:
            version = partial.version
            self._receive(job, response, partial, _whole_length(response, partial, version))
            return _Answer(False, version)
        _let_connection_live(response)
        if status == 304 and "Range" not in headers and headers:
            return _Answer(True, Version.of(response.headers))
        if status in TRANSIENT:
            raise Interrupted(f"HTTP {status}", retry_after(response.headers.get("retry-after")))
        if "Range" in headers and status not in ABSENT:
            # 416, or a server that dislikes ranges: start over, or it would refuse night after night.
            partial.discard()
            raise Interrupted(f"HTTP {status} when asked for the rest of a half-finished download")
        raise self._refusal(job, status)

    def _refusal(self, job: Job, status: int) -> SourceError:
        if status in ABSENT:
            if self._origin.base_url is None:
                remedy = "check the publisher's release calendar; ask for a period that is published"
            else:
                remedy = f"put the file into the {self._origin.name} by host and path, or ask for a period it has"
            return job.error(f"is not published (HTTP {status})", remedy, NotPublished)
        if status == 403:
            return job.error(
                "was refused (HTTP 403)",
                "set CLUSTERS_CONTACT to an e-mail address, which publishers such as BLS demand; if it is "
                "set, wait some hours: they may have blocked this machine",
            )
        return job.error(f"was answered with HTTP {status}", "open the URL in a browser and check its declaration")

    def _receive(self, job: Job, response: httpx.Response, partial: Partial, length: int | None) -> None:
        limit, size = self._settings.max_download_bytes, partial.size
        self._refuse_over(job, limit, length or 0, partial)
        with partial.path.open("ab") as file:
            for chunk in response.iter_bytes():
                size += len(chunk)
                self._refuse_over(job, limit, size, partial)
                file.write(chunk)
        if length is not None and size < length:
            raise Interrupted(f"only {size} of {length} bytes arrived")
        if length is not None and size > length:
            partial.discard()
            raise Interrupted(f"{size} bytes arrived where {length} were announced")

    def _refuse_over(self, job: Job, limit: int, size: int, partial: Partial) -> None:
        if size > limit:
            partial.discard()
            raise job.error(
                f"is larger than {limit} bytes",
                "if that is right, raise CLUSTERS_MAX_DOWNLOAD_BYTES and refresh again",
            )


def _resuming(partial: Partial) -> dict[str, str]:
    validator, size = partial.version.resumable, partial.size
    return {"Range": f"bytes={size}-", "If-Range": validator} if validator and size else {}


def _conditional(stored: Landed | None) -> dict[str, str]:
    if stored is None:
        return {}
    asked = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
    return {name: value for name, value in asked.items() if value}


def _whole_length(response: httpx.Response, partial: Partial, version: Version) -> int | None:
    """The length of the whole file of which a 206 answer brings the rest, once it is sure to be that rest."""
    headers = response.headers
    sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("content-range", ""))
    total = int(sent[2]) if sent and sent[2] != "*" else version.length
    fits = sent and int(sent[1]) == partial.size and total == (version.length or total)
    if fits and headers.get("etag", version.etag) == version.etag and "content-encoding" not in headers:
        return total
    partial.discard()
    raise Interrupted("the rest of a half-finished download came from another byte or version of the file")


def _same_place(here: httpx.URL, there: httpx.URL) -> bool:
    """Same scheme, host and port; or the host's own move from http to https."""
    if (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port):
        return True
    return here.host == there.host and there.scheme == "https" and here.port is None and there.port is None


def _let_connection_live(response: httpx.Response) -> None:
    """Read the rest of a small answer: an unread one costs the connection, and with it another handshake."""
    if response.status_code == 304 or int(response.headers.get("content-length", SMALL_BODY)) < SMALL_BODY:
        response.read()
