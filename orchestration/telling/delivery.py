"""How an alert reaches people: a log line, a line in `alerts.jsonl`, a webhook, an e-mail.

Belongs here: the ways, their retries and what is said when one fails. Does not: what an alert says (see `alerts`).
Errors are named by their kind only: their texts may hold an address with a token, or a server's echo of a password.
"""

from __future__ import annotations

import json
import logging
import os
import smtplib
import ssl
import time
from collections.abc import Callable
from email.message import EmailMessage
from email.utils import format_datetime, localtime, make_msgid
from typing import Any
from urllib.parse import unquote, urlsplit

import httpx

from orchestration.landing.retry import Interrupted, with_retries
from orchestration.settings import Settings

log = logging.getLogger("clusters.alert")
# It logs every request with its full address.
logging.getLogger("httpx").setLevel(logging.WARNING)

FILE = "alerts.jsonl"
# Dagster gives a sensor a minute for all of it.
ATTEMPTS, LONGEST_WAIT, TIMEOUT = 3, 4.0, 5.0
LATER = frozenset({408, 425, 429, 500, 502, 503, 504})


def deliver(settings: Settings, alert: dict[str, Any], sleep: Callable[[float], None] = time.sleep) -> None:
    """Logs an alert, appends it to `alerts.jsonl`, posts it to the webhook and mails it, where these are set.

    A way that fails is logged and leaves the others alone; nothing is raised. The file comes first: it is how a second
    teller knows that this run has been told of.
    """
    failed = alert["exit_code"] != 0
    log.log(logging.ERROR if failed else logging.WARNING, "%s", alert["subject"])
    ways: list[tuple[str, Callable[[], None]]] = [("alerts.jsonl", lambda: _write(settings, alert))]
    if settings.webhook:
        ways.append(("the webhook", lambda: _post(settings, alert)))
    if settings.smtp_url:
        ways.append(("the mail server", lambda: _send(settings, alert)))
    for name, way in ways:
        try:
            with_retries(way, ATTEMPTS, LONGEST_WAIT, sleep, name)
        except Exception as error:
            kind = error if isinstance(error, Interrupted) else type(error).__name__
            log.warning("could not deliver the alert to %s (%s)", name, kind)


def history(settings: Settings) -> list[dict[str, Any]]:
    """The alerts given so far, oldest first; lines that a crash cut short, be it within a letter, are passed over.

    None where the file cannot be read: an alert that is given twice is better than one that is not given.
    """
    try:
        text = (settings.home / FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return []
    except OSError as error:
        log.warning("the history of alerts cannot be read (%s)", type(error).__name__)
        return []
    found = [entry for line in text.split("\n") if isinstance(entry := _loaded(line), dict)]
    return [entry for entry in found if {"at", "outcome", "findings"} <= entry.keys()]


def _loaded(line: str) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        return None


def _write(settings: Settings, alert: dict[str, Any]) -> None:
    settings.home.mkdir(parents=True, exist_ok=True)
    with (settings.home / FILE).open("ab+") as file:
        if file.tell():
            file.seek(-1, os.SEEK_END)
            # A line that was cut short would take this one with it.
            file.write(b"" if file.read() == b"\n" else b"\n")
        file.write(json.dumps(alert, ensure_ascii=False).encode() + b"\n")


def _post(settings: Settings, alert: dict[str, Any]) -> None:
    url = settings.webhook.get_secret_value() if settings.webhook else ""
    try:
        answer = httpx.post(url, json=alert, timeout=TIMEOUT)
    except httpx.TransportError as error:
        raise Interrupted(type(error).__name__) from None
    if answer.status_code in LATER:
        raise Interrupted(f"HTTP {answer.status_code}")
    # A redirect is a refusal too: the message goes where the operator said, and nowhere else.
    if not answer.is_success:
        raise httpx.HTTPStatusError("refused", request=answer.request, response=answer)


def _send(settings: Settings, alert: dict[str, Any]) -> None:
    message = mail(settings, alert)
    try:
        with _server(settings) as server:
            server.send_message(message)
    except ssl.SSLError:
        raise
    except smtplib.SMTPResponseException as error:
        if 400 <= error.smtp_code < 500:
            raise Interrupted(f"{type(error).__name__} {error.smtp_code}") from None
        raise
    except (smtplib.SMTPServerDisconnected, ConnectionError, TimeoutError) as error:
        raise Interrupted(type(error).__name__) from None


def _server(settings: Settings) -> smtplib.SMTP:
    """A connection that is encrypted, to the server that its certificate names, and logged in."""
    address = urlsplit(settings.smtp_url.get_secret_value() if settings.smtp_url else "")
    host, verified = address.hostname or "", ssl.create_default_context()
    if address.scheme == "smtps":
        server: smtplib.SMTP = smtplib.SMTP_SSL(host, address.port or 465, timeout=TIMEOUT, context=verified)
    else:
        server = smtplib.SMTP(host, address.port or 587, timeout=TIMEOUT)
    try:
        if address.scheme == "smtp":
            # Raises where the server offers none: nothing is ever sent in the clear.
            server.starttls(context=verified)
        if address.username:
            server.login(unquote(address.username), unquote(address.password or ""))
    except BaseException:
        server.close()
        raise
    return server


def mail(settings: Settings, alert: dict[str, Any]) -> EmailMessage:
    """The e-mail that an alert becomes: plain text, one for all recipients."""
    message = EmailMessage()
    sender = settings.mail_from or (settings.contact.get_secret_value() if settings.contact else "")
    message["Subject"], message["From"] = alert["subject"], sender
    message["To"] = ", ".join(name.strip() for name in (settings.mail_to or "").split(",") if name.strip())
    message["Date"], message["Message-ID"] = format_datetime(localtime()), make_msgid(domain="clusters.invalid")
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(alert["text"], cte="quoted-printable")
    return message
