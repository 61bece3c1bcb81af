"""Where a file is asked for, and how it is named to a person.

Belongs here: addresses. Does not: requests (see `fetch`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import unquote

import httpx

from orchestration.errors import SetupError, SourceError

if TYPE_CHECKING:
    from orchestration.sources.dataset import Kind


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

    def locate(self, url: str) -> str:
        """The address to ask for a publisher's URL.

        Raises:
            SetupError: if a mirror is asked for a URL with a query, for which its layout has no place.

        Example:
            >>> Origin("mirror", "http://127.0.0.1:8000").locate("https://x.gov/a b.csv")
            'http://127.0.0.1:8000/x.gov/a%20b.csv'
        """
        if self.base_url is None:
            return url
        parsed = httpx.URL(url)
        if parsed.query:
            raise SetupError(
                f"{self.name}: {url}: a {self.name} holds files by path. Remedy: declare the URL without a query."
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

    @property
    def shown(self) -> str:
        """The address without user, password and query: fit for logs and messages."""
        parsed = httpx.URL(self.url)
        return str(parsed.copy_with(userinfo=b"", query=None, fragment=None))

    def error(self, problem: str, remedy: str, kind: type[SourceError] = SourceError) -> SourceError:
        """An error about this file; `problem` follows its address."""
        path = httpx.URL(self.url).path
        name = unquote(path.rsplit("/", 1)[-1]) or self.shown
        return kind(self.dataset, name, f"{self.shown} {problem}", remedy)
