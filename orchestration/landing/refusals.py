"""The errors for a file that cannot be had, each with what to do about it.

Belongs here: words. Does not: when an answer is refused (see `fetch`).
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from orchestration.errors import NotPublished, SourceError

if TYPE_CHECKING:
    from orchestration.landing.origin import Job, Origin

ABSENT = frozenset({404, 410})


def refused(job: Job, origin: Origin, status: int) -> SourceError:
    """The error for an answer that asking again will not change.

    Example:
        >>> str(refused(job, Origin("live"), 404))
        'bls_qcew: 2031.csv: https://x.gov/2031.csv is not published (HTTP 404). Remedy: check the publisher's …'
    """
    if status in ABSENT:
        if origin.base_url is None:
            remedy = "check the publisher's release calendar; ask for a period that is published"
        else:
            remedy = f"put the file into the {origin.name} by host and path, or ask for a period it has"
        return job.error(f"is not published (HTTP {status})", remedy, NotPublished)
    if status == 403:
        return job.error(
            "was refused (HTTP 403)",
            "set CLUSTERS_CONTACT to an e-mail address, which publishers such as BLS demand; if it is "
            "set, wait some hours: they may have blocked this machine",
        )
    if status == 413:
        return job.error(
            "was refused as asking for too much at once (HTTP 413)",
            "declare it in smaller pieces, or the whole table without a filter, in orchestration/sources",
        )
    return job.error(f"was answered with HTTP {status}", "open the URL in a browser and check its declaration")


def too_slow(job: Job, seconds: float, resumable: bool) -> SourceError:
    """The error for a file that is still arriving when its time is up."""
    later = "the partial download is kept and will be resumed" if resumable else "the publisher may be faster then"
    return job.error(
        f"did not arrive within {seconds:g} seconds",
        f"refresh again later, {later}; if the line is that slow, raise CLUSTERS_DOWNLOAD_TIMEOUT",
    )


def given_up(job: Job, attempts: int, problem: Exception, resumable: bool) -> SourceError:
    """The error for a file that could not be downloaded in so many attempts; `problem` is what the last one met."""
    kept = "; the partial download is kept and will be resumed" if resumable else ""
    return job.error(
        f"could not be pulled in {attempts} attempts; the last one: {problem}",
        f"check the network and refresh again later{kept}",
    )


def untrusted(job: Job, certificate: ssl.SSLCertVerificationError) -> SourceError:
    """The error for a server that could not prove to be the publisher's."""
    return job.error(
        f"was not downloaded: the TLS certificate could not be verified for {job.host} ({certificate.verify_message})",
        "check this machine's clock and whether a proxy stands between (add its authority's certificate to the "
        "file that SSL_CERT_FILE names); otherwise wait until the publisher has renewed its certificate",
    )


def certificate_problem(error: BaseException) -> ssl.SSLCertVerificationError | None:
    """What a failed connection says about the server's certificate, if that is why it failed."""
    cause: BaseException | None = error
    while cause is not None and not isinstance(cause, ssl.SSLCertVerificationError):
        cause = cause.__cause__ or cause.__context__
    return cause
