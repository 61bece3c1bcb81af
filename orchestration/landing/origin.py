"""Where a file is asked for, and how it is named to a person.

Belongs here: addresses. Does not: requests (see `fetch`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import quote, unquote

import httpx

from orchestration.errors import SetupError, SourceError

if TYPE_CHECKING:
    from orchestration.sources.source import Kind


# Names of query parameters whose values are nobody else's business, as publishers write them: `key` (Census),
# `UserID` (BEA), `api_key` (EIA), `registrationkey` (BLS), `uid` and `signature` (Nomis).
SECRET = re.compile(r"(?:.*(?:key|token|secret|signature|password|credential)|user|userid|uid|auth|sig|pwd)", re.I)
MASK = "***"


def public(url: str) -> str:
    """A URL as it may be kept and published: without user and password, keys in its query masked.

    It still tells one file from another, so the store knows files by it, and a new key makes no new file.

    Example:
        >>> public("https://api.census.gov/data?get=NAICS&YEAR=2020&key=1f2e")
        'https://api.census.gov/data?get=NAICS&YEAR=2020&key=***'
    """
    head, mark, query = url.partition("#")[0].partition("?")
    parts = [part.partition("=") for part in query.split("&")]
    masked = [f"{name}={MASK}" if _secret(name) and equals else name + equals + value for name, equals, value in parts]
    return re.sub(r"(?<=//)[^/@]*@", "", head) + mark + "&".join(masked)


def _secret(name: str) -> bool:
    return SECRET.fullmatch(re.sub(r"[-_.]", "", unquote(name))) is not None


def file_name(url: str) -> str:
    """The publisher's name of the file at a URL, for messages; the host where the path names none.

    Example:
        >>> file_name("https://x.gov/MAKE%20USE.csv?key=1")
        'MAKE USE.csv'
    """
    parsed = httpx.URL(url)
    return unquote(parsed.path.rsplit("/", 1)[-1]) or parsed.host


@dataclass(frozen=True)
class Origin:
    """Where publishers' files come from: the publishers themselves, or a server that holds `<host>/<path>`.

    Raises:
        ValueError: if `live` has a base URL or another origin has none.
    """

    name: Literal["live", "mirror", "sample"]
    base_url: str | None = None

    def __post_init__(self) -> None:
        if (self.name == "live") != (self.base_url is None):
            raise ValueError(f"origin {self.name} with base URL {self.base_url}: live has none, the others need one")

    def locate(self, url: str, mirror: str | None = None) -> str:
        """The address to ask for a publisher's URL; `mirror` is its place in a folder, if not `<host>/<path>`.

        Raises:
            SetupError: if a mirror is asked for a URL with a query, for which it has no place, and none is named.

        Example:
            >>> Origin("mirror", "http://127.0.0.1:8000").locate("https://x.gov/a b.csv")
            'http://127.0.0.1:8000/x.gov/a%20b.csv'
        """
        if self.base_url is None:
            return url
        if mirror is not None:
            return f"{self.base_url.rstrip('/')}/{quote(mirror)}"
        parsed = httpx.URL(url)
        if parsed.query:
            raise SetupError(
                f"{self.name}: {public(url)}: a {self.name} holds files by path. "
                "Remedy: declare its place there as `mirror`."
            )
        return f"{self.base_url.rstrip('/')}/{parsed.host}{parsed.raw_path.decode('ascii')}"


@dataclass(frozen=True)
class Job:
    """One file to pull, and the words for what can go wrong with it.

    Example:
        >>> str(Job("bls_qcew", "https://x.gov/a.csv?key=1", "csv").error("is gone", "look again"))
        'bls_qcew: a.csv: https://x.gov/a.csv is gone. Remedy: look again.'
    """

    dataset: str
    url: str
    kind: Kind
    mirror: str | None = None

    @property
    def shown(self) -> str:
        """The address without user, password and query: fit for logs and messages."""
        parsed = httpx.URL(self.url)
        return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))

    @property
    def host(self) -> str:
        """The publisher's host."""
        return httpx.URL(self.url).host

    @property
    def public(self) -> str:
        """The address by which the store knows the file."""
        return public(self.url)

    def error(self, problem: str, remedy: str, kind: type[SourceError] = SourceError) -> SourceError:
        """An error about this file; `problem` follows its address."""
        return kind(self.dataset, file_name(self.url), f"{self.shown} {problem}", remedy)
