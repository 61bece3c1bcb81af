"""What can stop a refresh, and the exit code each kind of stop has.

Every error names what a person needs at 02:30: the dataset, the file and what to do about it.
"""

from __future__ import annotations

import signal


class ClustersError(Exception):
    """A stop with a message for a person; `exit_code` is what the `clusters` command returns."""

    exit_code = 1


class SetupError(ClustersError):
    """The command or its surroundings are wrong (usage, settings, missing folders): exit code 1."""


class SourceError(ClustersError):
    """A source could not be pulled or understood: exit code 2.

    Example:
        >>> str(SourceError("bls_qcew", "2016_annual_singlefile.zip", "the archive is truncated", "pull again"))
        'bls_qcew: 2016_annual_singlefile.zip: the archive is truncated. Remedy: pull again.'
    """

    exit_code = 2

    def __init__(self, dataset: str, file: str, problem: str, remedy: str) -> None:
        self.dataset, self.file, self.problem, self.remedy = dataset, file, problem, remedy
        super().__init__(f"{dataset}: {file}: {problem.rstrip('.')}. Remedy: {remedy.rstrip('.')}.")

    def __reduce__(self) -> tuple:
        return type(self), (self.dataset, self.file, self.problem, self.remedy)


class NotPublished(SourceError):
    """The publisher has no such file (404 or 410), yet or any more."""


class GateError(ClustersError):
    """A gate stopped the release; the previous one stays: exit code 3."""

    exit_code = 3


class Stopped(ClustersError):
    """A refresh that was told to end, by Ctrl-C or SIGTERM: exit code 130 or 143, as shells count an end by a signal.

    Example:
        >>> str(Stopped(signal.SIGINT)), Stopped(signal.SIGTERM).exit_code
        ('stopped by Ctrl-C; the published release stays. Refresh again to go on.', 143)
    """

    def __init__(self, number: int) -> None:
        by = "Ctrl-C" if number == signal.SIGINT else signal.Signals(number).name
        self.number, self.exit_code = number, 128 + number
        super().__init__(f"stopped by {by}; the published release stays. Refresh again to go on.")

    def __reduce__(self) -> tuple:
        return type(self), (self.number,)


class LockedError(ClustersError):
    """Another refresh holds the lock: exit code 4."""

    exit_code = 4
