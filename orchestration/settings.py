"""Where things are and what the limits are: read once from the environment, validated, then passed around.

Belongs here: paths, profile, user agent, limits. Does not: anything that knows what a dataset or a table is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PROJECT_ROOT = Path(__file__).resolve().parent.parent
Profile = Literal["sample", "mirror", "live"]


class Settings(BaseSettings):
    """Settings from `CLUSTERS_*` environment variables; every path hangs off `home`.

    Example:
        >>> Settings(home="/srv/clusters").releases.as_posix()
        '/srv/clusters/warehouse/releases'
    """

    model_config = SettingsConfigDict(env_prefix="CLUSTERS_", frozen=True, extra="ignore")

    home: Path = Field(default=PROJECT_ROOT / "data", description="where everything made at run time lives")
    profile: Profile = Field(default="live", description="whose files are pulled")
    mirror: Path | None = Field(default=None, description="folder of publishers' files, laid out <host>/<path>")
    contact: str | None = Field(
        default=None,
        description="your e-mail address, for the User-Agent; profile live needs it, BLS answers 403 without one",
    )
    years: str = Field(default="2015-2025", description="QCEW reference years a nightly refresh asks for, as A-B")
    timezone: str = Field(default="UTC", description="time zone of the 02:30 schedule")
    webhook: str | None = Field(default=None, description="URL that receives a JSON message when a run fails")
    connect_timeout: float = Field(default=20.0, gt=0, description="seconds")
    read_timeout: float = Field(default=120.0, gt=0, description="seconds without a byte")
    download_timeout: float = Field(default=3600.0, gt=0, description="seconds for one file in all, retries included")
    attempts: int = Field(default=5, ge=1, description="tries per file before giving up")
    longest_wait: float = Field(default=120.0, gt=0, description="seconds: cap on back-off and on Retry-After")
    max_download_bytes: int = Field(default=2_000_000_000, gt=0)
    max_unpacked_bytes: int = Field(default=8_000_000_000, gt=0)
    memory_limit: str = Field(default="1500MB", description="DuckDB memory limit while parsing")
    build_memory_limit: str = Field(default="6GB", description="DuckDB memory limit while dbt builds")
    threads: int = Field(default=2, ge=1)

    @field_validator("home", "mirror", mode="after")
    @classmethod
    def _absolute(cls, value: Path | None) -> Path | None:
        return value.expanduser().resolve() if value else None

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
        return f"cluster-warehouse/0.1 (regional statistics; contact: {self.contact or 'none given'})"


def year_range(text: str) -> range:
    """Years of an inclusive range `A-B` or a single year `A`.

    Raises:
        ValueError: if the text is not of that form or runs backwards.

    Example:
        >>> list(year_range("2015-2017"))
        [2015, 2016, 2017]
    """
    match = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", text)
    if not match:
        raise ValueError(f"{text!r} is not a year or a range of years such as 2015-2024")
    years = range(int(match[1]), int(match[2] or match[1]) + 1)
    if not years:
        raise ValueError(f"{text!r} runs backwards")
    return years


@lru_cache
def settings() -> Settings:
    """The settings of this process."""
    return Settings()
