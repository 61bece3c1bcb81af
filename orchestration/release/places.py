"""Whether a home's folders are fit to be emptied, and to rename a finished release between.

Belongs here: what is looked at before a refresh touches anything. Does not: touching it (see `publish`).
"""

from __future__ import annotations

from orchestration.errors import SetupError
from orchestration.settings import Settings


def require_fit(settings: Settings) -> None:
    """Stops before anything is emptied or pulled where a folder of the home leads elsewhere.

    Scratch folders are emptied, so what a link in their place leads to would be, too. A release is published by being
    renamed, which no system does across two disks.

    Raises:
        SetupError: naming the folder and the remedy.

    Example:
        >>> require_fit(settings())                                              # doctest: +SKIP
    """
    for folder in (settings.work, settings.slices, settings.releases):
        if folder.is_symlink():
            raise SetupError(
                f"{folder} is a link to {folder.resolve()}, whose files a refresh would take for its own. "
                "Remedy: remove the link; to have it on another disk, move all of CLUSTERS_HOME there"
            )
    between = (settings.work, settings.warehouse, settings.releases)
    if len({folder.stat().st_dev for folder in between if folder.exists()}) > 1:
        raise SetupError(
            f"{settings.work} and {settings.warehouse} are not on one disk, so no release can be renamed from one to "
            "the other. Remedy: move all of CLUSTERS_HOME to one disk"
        )
