"""Where things are and what the limits are: read once from the environment, validated, then passed around.

Belongs here: paths, profile, user agent, limits. Does not: anything that knows what a dataset or a table is.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self
from urllib.parse import parse_qsl, unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ByteSize, Field, SecretStr, TypeAdapter, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
Profile = Literal["sample", "mirror", "live"]
Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday", "never"]
PROXIES = frozenset({"http_proxy", "https_proxy", "all_proxy"})
# What the library that reaches CLUSTERS_STORE reads by itself.
STORE_KEYS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token"})
# In a path, what SQL, patterns of files, addresses of databases or dbt take for something else.
ODD = re.compile(r"[{}'\"#%*?\[\]\\\x00-\x1f\x7f]")
SHORTEST_SECRET = 4
LONGEST_WORD = 12
# Each of two models may then take what one has needed of the sample, and twice as much again.
MEMORY_OF_TWO_MODELS = 1_000_000_000

# How the addresses begin that settings name; a password may stand in each.
SCHEMES = {
    "webhook": ("http", "https"),  # http on this machine only
    "smtp_url": ("smtp", "smtps"),
    "broker": ("rediss", "redis"),
    "run_storage": ("postgresql+psycopg2",),
}


class Settings(BaseSettings):
    """Settings from `CLUSTERS_*` environment variables; every path hangs off `home`.

    Example:
        >>> Settings(home="/srv/clusters").releases.as_posix()
        '/srv/clusters/warehouse/releases'
    """

    # An error that quotes what it was given would print passwords.
    model_config = SettingsConfigDict(
        env_prefix="CLUSTERS_", frozen=True, extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    home: Path = Field(default=PROJECT_ROOT / "data", description="where everything made at run time lives")
    profile: Profile = Field(default="live", description="whose files are pulled")
    mirror: Path | None = Field(default=None, description="folder of publishers' files, laid out <host>/<path>")
    contact: SecretStr | None = Field(
        default=None,
        description="your e-mail address, for the User-Agent; profile live needs it, BLS answers 403 without one",
    )
    years: str = Field(
        default="2015-",
        description="reference years a nightly refresh asks for: A-B, or A- for every year from A that may exist",
    )
    timezone: str = Field(default="UTC", description="time zone of the 02:30 schedule")
    from_scratch_on: Weekday = Field(
        default="sunday", description="when the schedule makes every table from scratch and compares; or `never`"
    )
    webhook: SecretStr | None = Field(
        default=None, description="`https://` URL that receives each alert as JSON; `http://` only on this machine"
    )
    smtp_url: SecretStr | None = Field(
        default=None,
        description="mail server for alerts: `smtps://user:password@host` (TLS, port 465) or `smtp://` (STARTTLS, 587)",
    )
    mail_to: str | None = Field(default=None, description="who gets the alerts by e-mail, separated by commas")
    mail_from: str | None = Field(default=None, description="sender of that e-mail; without it `CLUSTERS_CONTACT`")
    connect_timeout: float = Field(default=20.0, gt=0, description="seconds")
    read_timeout: float = Field(default=120.0, gt=0, description="seconds without a byte")
    download_timeout: float = Field(default=3600.0, gt=0, description="seconds for one file in all, retries included")
    attempts: int = Field(default=5, ge=1, description="tries per file before giving up")
    longest_wait: float = Field(default=120.0, gt=0, description="seconds: cap on back-off and on Retry-After")
    max_download_bytes: int = Field(default=2_000_000_000, gt=0)
    max_unpacked_bytes: int = Field(default=8_000_000_000, gt=0)
    memory_limit: str = Field(
        default="1500MB", description="DuckDB memory limit while parsing and comparing releases, and of a query"
    )
    parse_memory_limit: str = Field(default="4GB", description="memory of the process that reads a publisher's file")
    parse_timeout: float = Field(default=1800.0, gt=0, description="seconds that reading one edition's files may take")
    build_memory_limit: str = Field(default="1600MB", description="DuckDB memory limit while dbt builds")
    rows_in_one_go: int = Field(
        default=2_000_000,
        ge=1,
        description="rows of a publisher that are built in one go; a national year has 3 million",
    )
    workers: int = Field(
        default=1, ge=1, description="slices that are made side by side, fewer where memory has no room for so many"
    )
    worker_scratch: Path | None = Field(
        default=None, description="folder of this machine's own in which its workers make slices; else `work/`"
    )
    broker: SecretStr | None = Field(
        default=None,
        description="`redis://host:6379/0`, at which Celery workers on several machines wait for slices to make",
    )
    run_storage: SecretStr | None = Field(
        default=None,
        description="`postgresql+psycopg2://user:password@host/database`, where Dagster keeps runs; a broker needs it",
    )
    # No key can stand in it: the address is shown.
    store: str | None = Field(
        default=None,
        pattern=r"^s3://[a-z0-9][a-z0-9.-]+(/[A-Za-z0-9_.-]+)*/?$",
        description="`s3://bucket/prefix`, by which workers that do not share the home get files; AWS_* lead there",
    )
    keep_releases: int = Field(default=30, ge=1, description="releases that stay; older ones go")
    keep_days: int = Field(default=400, ge=1, description="days before the newest release after which others go")
    keep_bytes: int = Field(
        default=40_000_000_000, gt=0, description="bytes of all releases beyond which the oldest go"
    )
    threads: int = Field(default=2, ge=1)
    bound_programmes: int = Field(
        default=0, ge=0, description="linear programmes a year for withheld cells whose bounds stay wide"
    )

    @field_validator("home", "mirror", "worker_scratch", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        path = value.expanduser().resolve() if value else None
        if path and (odd := ODD.search(str(path))):
            raise ValueError(f"{path} holds {odd[0]!r}, which dbt or SQL would misread; choose another folder")
        return path

    @field_validator("memory_limit", "parse_memory_limit", "build_memory_limit")
    @classmethod
    def _size(cls, value: str) -> str:
        TypeAdapter(ByteSize).validate_python(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, OSError) as error:
            # Not a ValueError, so it would end the command with a traceback.
            raise ValueError(f"{value!r} is not a time zone such as UTC or America/New_York") from error
        return value

    @field_validator("years")
    @classmethod
    def _year_range(cls, value: str) -> str:
        year_range(value)
        return value

    @field_validator(*SCHEMES)
    @classmethod
    def _address(cls, value: SecretStr | None, info: ValidationInfo) -> SecretStr | None:
        schemes = SCHEMES[str(info.field_name)]
        if value is not None and not _is_address(value.get_secret_value(), schemes):
            raise ValueError(f"not an address of the form {schemes[-1]}://host")
        if value is not None and info.field_name == "webhook" and _is_in_the_clear(value.get_secret_value()):
            raise ValueError("http:// would send alerts and the address's token in the clear; use https://")
        return value

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.smtp_url and not self.mail_to:
            raise ValueError("CLUSTERS_SMTP_URL is set, yet CLUSTERS_MAIL_TO names nobody to write to")
        if self.smtp_url and not (self.mail_from or self.contact):
            raise ValueError("CLUSTERS_SMTP_URL is set, yet neither CLUSTERS_MAIL_FROM nor CLUSTERS_CONTACT is")
        return self

    @model_validator(mode="after")
    def _runs_are_shared(self) -> Self:
        if self.broker and not self.run_storage:
            raise ValueError("CLUSTERS_BROKER is set, yet CLUSTERS_RUN_STORAGE names no database that machines share")
        if self.store and not self.broker:
            raise ValueError("CLUSTERS_STORE is set, yet CLUSTERS_BROKER names no Redis at which workers wait")
        return self

    @property
    def models_at_once(self) -> int:
        """Tables that dbt builds side by side: one where memory is too short to be sure that any two of them fit."""
        # A share of the machine ("80%") counts as too short: how much it is, DuckDB alone knows.
        return 2 if TypeAdapter(ByteSize).validate_python(self.build_memory_limit) >= MEMORY_OF_TWO_MODELS else 1

    @property
    def landing(self) -> Path:
        return self.home / "landing"

    @property
    def tidy(self) -> Path:
        return self.home / "tidy"

    @property
    def work(self) -> Path:
        """Scratch space of the one refresh that runs; emptied by the next."""
        return self.home / "work"

    @property
    def slices(self) -> Path:
        """Finished slices of a release that is not published yet."""
        return self.home / "slices"

    @property
    def places(self) -> Path:
        """Scratch folders of those who make slices side by side, one each."""
        return (self.worker_scratch or self.work) / "places"

    @property
    def warehouse(self) -> Path:
        return self.home / "warehouse"

    @property
    def releases(self) -> Path:
        return self.warehouse / "releases"

    @property
    def current(self) -> Path:
        return self.warehouse / "current.duckdb"

    @property
    def dagster_home(self) -> Path:
        return self.home / "dagster"

    @property
    def data_docs(self) -> Path:
        return self.home / "data_docs"

    @property
    def user_agent(self) -> str:
        contact = self.contact.get_secret_value() if self.contact else "none given"
        return f"cluster-warehouse/0.1 (regional statistics; contact: {contact})"

    @property
    def secrets(self) -> set[str]:
        """Every text that no log, record, alert or message may hold: the secret settings, proxies' passwords, and the
        parts of each that are secret by themselves."""
        values = [value.get_secret_value() for name in SCHEMES if (value := getattr(self, name))]
        values += [v for n, v in os.environ.items() if n.lower() in STORE_KEYS or (n.lower() in PROXIES and "@" in v)]
        found = {part for value in values for part in (value, *_secret_parts(value))}
        return {part for part in found if len(part) >= SHORTEST_SECRET}


def without_secrets(environment: Mapping[str, str], needed: Collection[str] = ()) -> dict[str, str]:
    """An environment for child processes that need none of our secrets but those of the settings named in `needed`.

    Example:
        >>> without_secrets({"PATH": "/bin", "CLUSTERS_WEBHOOK": "https://x.org/?token=abc"})
        {'PATH': '/bin'}
    """
    secret = {f"CLUSTERS_{name.upper()}" for name in ("contact", *SCHEMES) if name not in needed}
    # Settings are read under names in small letters too.
    return {n: v for n, v in environment.items() if n.upper() not in secret and n.lower() not in PROXIES | STORE_KEYS}


@contextmanager
def secrets_set_aside(needed: Collection[str] = ()) -> Iterator[None]:
    """While the block runs, processes that are started inherit none of our secrets but those of `needed` settings."""
    aside = {name: os.environ.pop(name) for name in set(os.environ) - set(without_secrets(os.environ, needed))}
    try:
        yield
    finally:
        os.environ.update(aside)


def _is_address(text: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _is_in_the_clear(url: str) -> bool:
    """Whether what is sent there can be read on its way; within this machine nobody reads it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    return parts.scheme == "http" and host not in ("localhost", "::1") and not re.fullmatch(r"127(\.\d+){3}", host)


def _secret_parts(url: str) -> set[str]:
    """What in an address is secret by itself, as written and as meant; short user names and paths are mere words."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return set()
    user, password, path = parts.username or "", parts.password or "", parts.path.strip("/")
    words = {part for part in (user, unquote(user), path, path.rsplit("/", 1)[-1]) if len(part) >= LONGEST_WORD}
    return words | {password, unquote(password)} | {value for _, value in parse_qsl(parts.query)}


def year_range(text: str) -> range:
    """Years of an inclusive range `A-B`, of a single year `A`, or of `A-`: every year from A to the current one.

    Raises:
        ValueError: if the text is not of that form, ends before it begins, or goes beyond the current year.

    Example:
        >>> list(year_range("2015-2017"))
        [2015, 2016, 2017]
    """
    match = re.fullmatch(r"([0-9]{4})(-([0-9]{4})?)?", text)
    if not match:
        raise ValueError(f"{text!r} is not a year or a range of years such as 2015-2024 or 2015-")
    today = datetime.now(UTC).year
    last = int(match[3] or (today if match[2] else match[1]))
    years = range(int(match[1]), last + 1)
    if not years:
        raise ValueError(f"{text!r} ends before it begins")
    if last > today:
        raise ValueError(f"{text!r} goes beyond this year; {match[1]}- asks for every year from {match[1]} on")
    return years


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
