"""Pulling publishers' files: conditional, resumed, retried, polite.

Belongs here: HTTP. Does not: where bytes are kept (see `store`), what a kind of file looks like (see
`content`), which files a dataset has (see `sources`).
"""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import TYPE_CHECKING

import httpx

from orchestration.errors import NotPublished, SetupError, SourceError
from orchestration.landing.answers import (
    conditional,
    end_unknown,
    ends_a_line,
    followed,
    keep_if_resumable,
    leads_nowhere,
    let_connection_live,
    of_another_version,
    refuse_packed,
    resuming,
    whole_length,
)
from orchestration.landing.content import problem_told
from orchestration.landing.deadline import Deadline
from orchestration.landing.origin import Job, Origin
from orchestration.landing.partial import Partial, Version
from orchestration.landing.refusals import ABSENT, certificate_problem, given_up, refused, too_slow, untrusted
from orchestration.landing.retry import Interrupted, retry_after, with_retries
from orchestration.landing.store import Landed, Store
from orchestration.settings import Settings

if TYPE_CHECKING:
    from orchestration.sources.source import Kind

logger = logging.getLogger("clusters.landing")
# httpx logs every request with its full address; ours is one line a file, without the query, where keys live.
logging.getLogger("httpx").setLevel(logging.WARNING)

TRANSIENT = frozenset({429, 500, 502, 503, 504})
REDIRECTS = 5
TEXTS = frozenset({"csv", "text"})
# A 304 is the publisher's word for it. Now and then the file itself is asked for, in case that word is wrong: after
# so many days at least, and so many more by its address.
WHOLE_AFTER, WHOLE_SPREAD = 15, 30
BROKEN = (
    httpx.TimeoutException,
    httpx.NetworkError,
    httpx.RemoteProtocolError,
    httpx.ProxyError,
)
# What comes of an address that is none: it was declared so, or a publisher redirects to it.
NO_ADDRESS = (httpx.InvalidURL, httpx.UnsupportedProtocol, UnicodeError)


@dataclass(frozen=True)
class _Answer:
    """What an attempt came to: a complete file in the partial, or news that the stored one still stands."""

    unchanged: bool
    version: Version


def whole_every(url: str) -> timedelta:
    """How long *not modified* is believed of a file: 15 to 44 days, always the same for one address.

    Files that first came in one night would otherwise all be due again in one night, month after month.

    Example:
        >>> whole_every("https://data.bls.gov/cew/area_titles.csv").days
        26
    """
    number = int.from_bytes(hashlib.sha256(url.encode()).digest()[:8])
    return timedelta(days=WHOLE_AFTER + number % WHOLE_SPREAD)


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
        self._deadline = Deadline(settings.download_timeout)

    def __enter__(self) -> Fetcher:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._client.close()

    def get(self, url: str, kind: Kind, dataset: str, *, whole: bool = False, mirror: str | None = None) -> Landed:
        """Ask for a file and land it: `new`, `changed` or `unchanged`.

        On every error the file landed earlier stays the latest, and the failure is in the store's history.
        `whole` asks for the bytes even if the publisher says that they have not changed. `mirror` is where a folder of
        publishers' files holds it, if not at the address's path.

        Raises:
            NotPublished: the publisher has no such file (404, 410).
            SourceError: it could not be pulled, or what came is not a file of that kind.
            SetupError: it could not be written.
        """
        job, started = Job(dataset, url, kind, mirror), time.monotonic()
        try:
            with self._deadline.running():
                landed = self._pull(job, whole)
        except SourceError as error:
            absent = isinstance(error, NotPublished)
            self._store.failed(dataset, self._origin.name, job.public, "absent" if absent else "failed", error.problem)
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
        if landed.doubt:
            logger.warning("%s: %s: %s", dataset, job.shown, landed.doubt)
        return landed

    def probe(self, url: str, *, mirror: str | None = None) -> str:
        """Whether a place offers a file, without downloading it: `offered`, `not offered`, or what went wrong."""
        try:
            response = self._client.head(self._origin.locate(url, mirror), follow_redirects=True)
        except (httpx.HTTPError, *NO_ADDRESS, SetupError) as error:
            return f"no answer ({type(error).__name__})"
        if response.status_code in ABSENT:
            return "not offered"
        return "offered" if response.is_success else f"HTTP {response.status_code}"

    def verified(self, landed: Landed, url: str, kind: Kind, *, mirror: str | None = None) -> Landed:
        """The stored file of a URL, downloaded again if its checksum no longer matches. Reads all of its bytes.

        Raises:
            SourceError: if it does not match, and the publisher does not send the file again.
        """
        if landed.intact():
            return landed
        logger.warning("%s: %s: the stored copy was damaged on disk; pulled again", landed.dataset, landed.url)
        try:
            return self.get(url, kind, landed.dataset, whole=True, mirror=mirror)
        except SourceError as error:
            raise SourceError(
                landed.dataset,
                error.file,
                f"the stored copy {landed.path} was damaged on disk and cannot be pulled again: {error.problem}",
                "put the file back from a backup of landing/ and check the disk, or refresh again later",
            ) from error

    def reject(self, landed: Landed, problem: str) -> None:
        """Remember that a landed file could not be understood: it is then asked for whole, not whether it changed."""
        self._store.reject(landed, problem)

    def _pull(self, job: Job, whole: bool) -> Landed:
        origin = self._origin.name
        stored, partial = self._store.latest(origin, job.public), self._store.partial(origin, job.public)
        known = None if whole or stored is None or self._whole_is_due(stored) else stored
        answer = self._persist(job, known, partial)
        if answer.unchanged and known is not None and of_another_version(answer.version, known):
            answer = self._persist(job, None, partial)
        etag, last_modified = answer.version.etag, answer.version.last_modified
        if stored is not None and answer.unchanged:
            return self._store.touch(stored, etag, last_modified)
        if problem := problem_told(partial.path, job.kind, self._settings):
            partial.discard()
            raise job.error(problem, "open the URL in a browser; if the file is right there, refresh again later")
        landed = self._store.add(partial.path, job.dataset, origin, job.public, etag, last_modified)
        partial.discard()
        return landed

    def _whole_is_due(self, stored: Landed) -> bool:
        came = self._store.last_full_download(stored)
        return came is None or datetime.now(UTC) - came > whole_every(stored.url)

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
            resumable = keep_if_resumable(partial)
            raise given_up(job, limits.attempts, error, resumable) from error

    def _attempt(self, job: Job, stored: Landed | None, partial: Partial) -> _Answer:
        headers = resuming(partial) or conditional(stored)
        try:
            response = self._send(job, headers)
            try:
                answer = self._answer(job, response, headers, partial)
            finally:
                response.close()
        except BROKEN as error:
            self._refuse_late(job, partial)
            if certificate := certificate_problem(error):
                raise untrusted(job, certificate) from error
            raise Interrupted(f"{type(error).__name__}: {error}") from error
        self._refuse_late(job, partial)
        return answer

    def _refuse_late(self, job: Job, partial: Partial) -> None:
        # A connection shut in the middle may look like the end of a file that had no length.
        if self._deadline.passed:
            raise too_slow(job, self._deadline.seconds, keep_if_resumable(partial))

    def _send(self, job: Job, headers: dict[str, str]) -> httpx.Response:
        """The answer after redirects, its body still to be read; redirects may not leave the host."""
        request = self._client.build_request("GET", self._origin.locate(job.url, job.mirror), headers=headers)
        request.extensions["trace"] = self._deadline.trace
        for _ in range(REDIRECTS + 1):
            try:
                response = self._client.send(request, stream=True)
            except NO_ADDRESS as error:
                raise leads_nowhere(job, error) from error
            if response.next_request is None:
                return response
            let_connection_live(response)
            response.close()
            request = followed(job, request.url, response.next_request)
        raise job.error(f"redirects more than {REDIRECTS} times", "open the URL in a browser and declare where it ends")

    def _answer(self, job: Job, response: httpx.Response, headers: dict[str, str], partial: Partial) -> _Answer:
        status = response.status_code
        if status in (200, 206):
            refuse_packed(job, response)
        if status == 200:
            version = Version.of(response.headers)
            partial.begin(version)
            self._receive(job, response, partial, version.length)
            return _Answer(False, version)
        if status == 206 and "Range" in headers:
            version = partial.version
            self._receive(job, response, partial, whole_length(response, partial, version))
            # An archive's checksums would show two editions in one. A text's would not if the ETag lied: without a
            # validator of its own, the next refresh asks for all of it.
            return _Answer(False, Version() if job.kind in TEXTS else version)
        let_connection_live(response)
        if status == 304 and "Range" not in headers and headers:
            return _Answer(True, Version.of(response.headers))
        if status in TRANSIENT:
            raise Interrupted(f"HTTP {status}", retry_after(response.headers.get("retry-after")))
        if "Range" in headers and status not in ABSENT:
            # 416, or a server that dislikes ranges: start over, or it would refuse night after night.
            partial.discard()
            raise Interrupted(f"HTTP {status} when asked for the rest of a half-finished download")
        raise refused(job, self._origin, status)

    def _receive(self, job: Job, response: httpx.Response, partial: Partial, length: int | None) -> None:
        limit, size = self._settings.max_download_bytes, partial.size
        self._refuse_over(job, limit, length or 0, partial)
        with partial.path.open("ab") as file:
            for chunk in response.iter_raw():
                size += len(chunk)
                self._refuse_over(job, limit, size, partial)
                file.write(chunk)
        self._refuse_late(job, partial)
        if end_unknown(response) and job.kind in TEXTS and not ends_a_line(partial.path):
            raise Interrupted("the answer had no length and broke off in the middle of a line")
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
