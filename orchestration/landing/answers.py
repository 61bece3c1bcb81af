"""What the headers of requests and answers say: conditions, ranges, versions, redirects.

Belongs here: reading and writing headers. Does not: sending requests, and what follows from an answer (see `fetch`).
"""

from __future__ import annotations

import re
from pathlib import Path

import httpx

from orchestration.errors import SourceError
from orchestration.landing.origin import Job
from orchestration.landing.partial import Partial, Version
from orchestration.landing.pulls import Landed
from orchestration.landing.retry import Interrupted

SMALL_BODY = 64 * 1024
# As much of what a publisher wrote as a message repeats.
QUOTED = 80


def keep_if_resumable(partial: Partial) -> bool:
    """Whether an interrupted download can be resumed; its bytes are thrown away if not."""
    if partial.size and partial.version.resumable:
        return True
    partial.discard()
    return False


def of_another_version(version: Version, stored: Landed) -> bool:
    """Whether an answer that says "not modified" names another version than the one it was asked about."""
    if version.etag and stored.etag:
        return version.etag.removeprefix("W/") != stored.etag.removeprefix("W/")
    return not stored.etag and bool(version.last_modified) and version.last_modified != stored.last_modified


def end_unknown(response: httpx.Response) -> bool:
    """Whether the end of an answer is where the connection ends, so that a broken one looks complete."""
    return not {"content-length", "transfer-encoding"} & set(response.headers)


def ends_a_line(path: Path) -> bool:
    """Whether a file's last byte ends a line; an empty file has none to break off in."""
    with path.open("rb") as stream:
        if not stream.seek(0, 2):
            return True
        stream.seek(-1, 2)
        return stream.read() == b"\n"


def resuming(partial: Partial) -> dict[str, str]:
    """The headers that ask for the rest of a half-finished download; none where it cannot be resumed."""
    validator, size = partial.version.resumable, partial.size
    return {"Range": f"bytes={size}-", "If-Range": validator} if validator and size else {}


def conditional(stored: Landed | None) -> dict[str, str]:
    """The headers that ask for a file only if it is another than the stored one."""
    if stored is None:
        return {}
    asked = {"If-None-Match": stored.etag, "If-Modified-Since": stored.last_modified}
    return {name: value for name, value in asked.items() if value}


def whole_length(response: httpx.Response, partial: Partial, version: Version) -> int | None:
    """The length of the whole file of which a 206 answer brings the rest, once it is sure to be that rest."""
    headers = response.headers
    sent = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", headers.get("content-range", ""))
    total = int(sent[2]) if sent and sent[2] != "*" else version.length
    fits = sent and int(sent[1]) == partial.size and total == (version.length or total)
    if fits and headers.get("etag", version.etag) == version.etag:
        return total
    partial.discard()
    raise Interrupted("the rest of a half-finished download came from another byte or version of the file")


def same_place(here: httpx.URL, there: httpx.URL) -> bool:
    """Same scheme, host and port; or the host's own move from http to https."""
    if (here.scheme, here.host, here.port) == (there.scheme, there.host, there.port):
        return True
    return here.host == there.host and there.scheme == "https" and here.port is None and there.port is None


def followed(job: Job, here: httpx.URL, there: httpx.Request) -> httpx.Request:
    """The request that a redirect asks for.

    Raises:
        SourceError: if it leads to another place.
    """
    if same_place(here, there.url):
        return there
    unsafe = here.host == there.url.host and there.url.scheme == "http" != here.scheme
    where = "to unencrypted http" if unsafe else f"to another host, {there.url.host[:QUOTED]}"
    raise job.error(f"redirects {where}, which is not followed", "if the publisher moved the file, declare its new URL")


def leads_nowhere(job: Job, error: Exception) -> SourceError:
    """The error for a redirect to what is no address of the web: `javascript:`, `data:`, a name too long."""
    problem = f"redirects to what is no address ({str(error)[:QUOTED]})"
    return job.error(problem, "open the URL in a browser; if the publisher moved the file, declare its new URL")


def refuse_packed(job: Job, response: httpx.Response) -> None:
    """Refuses an answer that is packed for the way, although it was asked for as it is.

    A few bytes may unpack to gigabytes, packed several times over. What Apache says of a gz file is no such packing:
    the file itself is meant.

    Raises:
        SourceError: if it is; nothing has been unpacked.
    """
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing in ("", "identity") or (job.kind == "gz" and packing in ("gzip", "x-gzip")):
        return
    raise job.error(
        f"was sent packed (Content-Encoding: {packing[:QUOTED]}), although it was asked for as it is",
        "check whether a proxy stands between; if the publisher sends it so, declare another address of the file",
    )


def let_connection_live(response: httpx.Response) -> None:
    """Take in the rest of a small answer: an unread one costs the connection, and with it another handshake.

    As it is, since nobody reads it and it may be packed.
    """
    if response.status_code == 304 or int(response.headers.get("content-length", SMALL_BODY)) < SMALL_BODY:
        for _ in response.iter_raw():
            pass
