"""One grouped alert a night: what it says, that it arrives, and that it never gets in the way."""

from __future__ import annotations

import json
import logging
import pwd
import shutil
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from orchestration.errors import GateError, LockedError, SetupError, SourceError
from orchestration.partitions import File, Partition, TidyIndex
from orchestration.quality.verdict import CheckResult
from orchestration.release.publish import Warehouse
from orchestration.settings import Settings, settings, year_range
from orchestration.sources.catalogue import SOURCES
from orchestration.telling import alerts, delivery
from orchestration.telling.alerts import run_with_alerts, tell_of_failure, tell_of_success
from orchestration.telling.failure import GatesStopped, RefreshFailed
from orchestration.telling.run_record import Asked, record_run
from orchestration.telling.staleness import staleness
from orchestration.telling.unwritable import storage_error
from tests.release.builds import MOMENT, RELEASE_ID, published

PASSWORD, TOKEN = "correct/horse@battery", "tok-8d1f9a"
SOURCE = SourceError("bls_qcew", "2016_annual_singlefile.zip", "the archive is truncated", "pull again")
CHECK = CheckResult("rows", "stg_qcew", "great_expectations", "error", False, "year = 2016: 9 rows", "at least 1000")

ALL_YEARS = tuple(year_range("2015-"))

# QCEW of 2026 should be out 270 days after the end of that year.
DUE = datetime(2027, 9, 28, 6, tzinfo=UTC)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Settings]:
    for name in ("WEBHOOK", "SMTP_URL", "MAIL_TO", "MAIL_FROM", "CONTACT", "TIMEZONE", "PROFILE"):
        monkeypatch.delenv(f"CLUSTERS_{name}", raising=False)
    monkeypatch.setenv("CLUSTERS_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(delivery, "LONGEST_WAIT", 0.01)
    settings.cache_clear()
    yield settings()
    settings.cache_clear()


@pytest.fixture
def release(home: Settings) -> Path:
    house = Warehouse(home)
    return published(house, RELEASE_ID, "live", year=2025)


def use(monkeypatch: pytest.MonkeyPatch, **values: str) -> Settings:
    for name, value in values.items():
        monkeypatch.setenv(f"CLUSTERS_{name.upper()}", value)
    settings.cache_clear()
    return settings()


def told(home: Settings) -> list[dict[str, Any]]:
    return delivery.history(home)


def partition(year: int = 2016, outcome: str = "unchanged") -> Partition:
    file = File("https://data.bls.gov/cew/2016.zip", "0" * 64, 1, None, None, "2026-01-01T00:00:00+00:00")
    return Partition("bls_qcew", "qcew", str(year), None, "singlefile", f"qcew/{year}/x.parquet", 1, outcome, (file,))


def fail(home: Settings, error: Exception = SOURCE) -> None:
    with pytest.raises(type(error)):
        run_with_alerts(home, lambda: raising(error), at_terminal=False)


def raising(error: Exception) -> None:
    raise error


def at(monkeypatch: pytest.MonkeyPatch, moment: datetime) -> None:
    """Alerts are made at another time; ages in them too."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:
            return moment.astimezone(tz)

    monkeypatch.setattr(alerts, "datetime", Clock)
    monkeypatch.setattr(alerts, "staleness", lambda of: staleness(of, moment))


# --- what it says -------------------------------------------------------------------------------------------------


def test_a_gate_that_stops_is_told_with_all_a_person_needs(home, release, monkeypatch) -> None:
    at(monkeypatch, MOMENT + timedelta(days=2, hours=5))
    TidyIndex(home).put(partition())
    second = CheckResult("sum", "employment", "dbt", "error", False, "3 failing rows", "no failing rows")
    fail(home, GatesStopped("the gates stopped the release", [CHECK, second]))
    (alert,) = told(home)
    assert (alert["outcome"], alert["exit_code"], alert["nights_in_a_row"]) == ("failed", 3, 1)
    assert alert["subject"] == (
        f"[clusters] refresh failed: 2 findings on bls_qcew and 1 more; analysts see release {RELEASE_ID} (2 days old)"
    )
    first = alert["findings"][0]
    assert (first["dataset"], first["files"]) == ("bls_qcew", ["2016.zip"])
    assert (first["gate"], first["check"]) == ("great_expectations", "stg_qcew.rows")
    assert (first["observed"], first["expected"]) == ("year = 2016: 9 rows", "at least 1000")
    assert "look at the file named" in first["remedy"]
    assert alert["findings"][1]["dataset"] == "warehouse"
    seen = alert["analysts_see"]
    assert (seen["release_id"], seen["profile"], seen["age"]) == (RELEASE_ID, "live", "2 days")
    assert [(s["dataset"], s["age"]) for s in seen["sources"]] == [("bls_qcew", "2 days")]
    text = alert["text"]
    for expected in ("2016.zip", "observed: year = 2016: 9 rows", "expected: at least 1000", "What to do:", RELEASE_ID):
        assert expected in text
    assert text.count("What to do:") == 1


def test_a_source_that_fails_is_read_back_from_its_message(home) -> None:
    fail(home, GateError(f"{SOURCE}\nand more"))
    (found,) = told(home)[0]["findings"]
    assert (found["dataset"], found["files"]) == ("bls_qcew", ["2016_annual_singlefile.zip"])
    assert (found["observed"], found["remedy"]) == ("the archive is truncated", "pull again")
    assert told(home)[0]["subject"].endswith("of bls_qcew; nothing is published yet")


def test_an_error_nobody_foresaw_is_told_by_its_kind_and_message(home) -> None:
    fail(home, ZeroDivisionError("division by zero"))
    (alert,) = told(home)
    assert (alert["exit_code"], alert["message"], alert["findings"]) == (1, "ZeroDivisionError: division by zero", [])
    assert "division by zero" in alert["text"]


def test_the_same_failure_is_told_once_a_night_and_counted(home, monkeypatch) -> None:
    for night in range(3):
        at(monkeypatch, MOMENT + timedelta(days=night))
        fail(home)
    at(monkeypatch, MOMENT + timedelta(days=2, hours=6))
    fail(home)
    assert [a["nights_in_a_row"] for a in told(home)] == [1, 2, 3, 3]
    assert "for the 3rd night in a row" in told(home)[2]["subject"]
    assert "in a row" not in told(home)[0]["subject"]


def test_a_success_after_failures_is_told_once(home, release) -> None:
    fail(home)
    for _ in range(2):
        assert run_with_alerts(home, lambda: "summary", at_terminal=False) == "summary"
    assert [a["outcome"] for a in told(home)] == ["failed", "recovered"]
    assert told(home)[1]["subject"].startswith("[clusters] refresh recovered: analysts see release")
    assert told(home)[1]["exit_code"] == 0
    fail(home)
    assert told(home)[2]["nights_in_a_row"] == 1


def test_a_success_without_anything_to_see_tells_nobody(home, release) -> None:
    record_run(home, "published", release_id=RELEASE_ID)
    tell_of_success(home)
    assert told(home) == []


def test_sources_kept_are_told_when_published_and_not_again_on_quiet_nights(home, release) -> None:
    TidyIndex(home).put(partition(outcome="kept"))
    record_run(home, "published", release_id=RELEASE_ID)
    tell_of_success(home)
    record_run(home, "nothing new", release_id=RELEASE_ID)
    tell_of_success(home)
    (alert,) = told(home)
    assert alert["outcome"] == "succeeded with warnings"
    assert alert["subject"].startswith("[clusters] refresh published with warnings: offered_2016 of bls_qcew; analysts")
    assert "no longer offered" in alert["findings"][0]["observed"]
    TidyIndex(home).put(partition(2017, outcome="kept"))
    tell_of_success(home)
    assert [len(a["findings"]) for a in told(home)] == [1, 2]


def test_a_source_that_vanishes_a_second_time_is_told_again(home, release) -> None:
    """Known is what the night before found, and not what was told some day."""
    told_on = []
    for night, outcome in enumerate(("kept", "kept", "unchanged", "unchanged", "kept", "kept")):
        TidyIndex(home).put(partition(outcome=outcome))
        record_run(home, "nothing new", release_id=RELEASE_ID)
        before = len(told(home))
        tell_of_success(home)
        told_on += [night] * (len(told(home)) - before)
    assert told_on == [0, 4]


def test_a_failed_night_makes_nothing_known_or_forgotten(home, release) -> None:
    TidyIndex(home).put(partition(outcome="kept"))
    record_run(home, "nothing new", release_id=RELEASE_ID)
    tell_of_success(home)
    record_run(home, "failed", exit_code=2, message="x")
    record_run(home, "nothing new", release_id=RELEASE_ID)
    tell_of_success(home)
    assert len(told(home)) == 1


def test_what_a_gate_warned_of_is_not_news_where_none_has_looked_between(home, release) -> None:
    """Once a week all is looked at, on a night on which nothing is new."""
    folder = home.work / "findings" / "checks"
    warning = vars(CHECK) | {"severity": "warning"}
    for looked in (True, False, True):
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "tidy.json").write_text(json.dumps([warning] if looked else []), encoding="utf-8")
        record_run(home, "nothing new", release_id=RELEASE_ID)
        tell_of_success(home)
    assert len(told(home)) == 1


def test_a_refresh_of_a_part_is_no_recovery(home, release) -> None:
    fail(home)
    for part in (Asked(ALL_YEARS, ("census_gazetteer",)), Asked(ALL_YEARS[-1:])):
        record_run(home, "nothing new", asked=Asked(ALL_YEARS), release_id=RELEASE_ID)
        record_run(home, "nothing new", asked=part, release_id=RELEASE_ID)
        tell_of_success(home)
    assert [alert["outcome"] for alert in told(home)] == ["failed"]
    TidyIndex(home).put(partition(outcome="kept"))
    tell_of_success(home)
    assert told(home)[-1]["outcome"] == "succeeded with warnings", "what it found is told"
    fail(home)
    record_run(home, "nothing new", asked=Asked(ALL_YEARS), release_id=RELEASE_ID)
    tell_of_success(home)
    assert [alert["outcome"] for alert in told(home)][2:] == ["failed", "recovered"]


def test_warning_checks_are_told(home, release) -> None:
    folder = home.work / "findings" / "checks"
    folder.mkdir(parents=True)
    warning = vars(CHECK) | {"severity": "warning"}
    (folder / "tidy.json").write_text(json.dumps([warning, warning | {"passed": True}]), encoding="utf-8")
    record_run(home, "published", release_id=RELEASE_ID)
    tell_of_success(home)
    (alert,) = told(home)
    assert [f["check"] for f in alert["findings"]] == ["stg_qcew.rows"]


def test_a_source_overdue_is_told_once_also_when_nothing_is_new(home, release, monkeypatch) -> None:
    record_run(home, "nothing new", release_id=RELEASE_ID)
    for days in (0, 1, 2):
        at(monkeypatch, DUE + timedelta(days=days))
        tell_of_success(home)
    (alert,) = told(home)
    assert (alert["findings"][0]["gate"], alert["findings"][0]["dataset"]) == ("cadence", "bls_qcew")
    assert alert["findings"][0]["observed"] == "the newest edition is 2025"
    assert alert["findings"][0]["expected"].startswith("the one after it by 2027-09-28")
    assert alert["analysts_see"]["sources"][0]["overdue"] is True


def test_a_lock_is_told_at_night_and_not_to_who_reads_it(home) -> None:
    with pytest.raises(LockedError):
        run_with_alerts(home, lambda: raising(LockedError("another refresh is running")), at_terminal=True)
    assert told(home) == []
    fail(home, LockedError("another refresh is running"))
    assert [a["exit_code"] for a in told(home)] == [4]
    with pytest.raises(SetupError):
        run_with_alerts(home, lambda: raising(SetupError("the disk is full")), at_terminal=True)
    assert [a["exit_code"] for a in told(home)] == [4, 1]


def test_another_users_home_is_told_at_night_and_not_to_who_reads_it(home, monkeypatch) -> None:
    """Somebody without rights tries the command: the operator need not be told. A service that lost them must be."""
    home.home.mkdir(parents=True)
    home.home.chmod(0o555)
    monkeypatch.setattr("os.geteuid", lambda: home.home.stat().st_uid + 1)
    monkeypatch.setattr("os.access", lambda *_: False)
    refused = storage_error(home.home, "[Errno 13] Permission denied")
    assert refused is not None
    assert f"refresh as {pwd.getpwuid(home.home.stat().st_uid).pw_name}, whose folder it is" in str(refused)
    for at_terminal, delivered in ((True, 0), (False, 1)):
        given: list[object] = []
        monkeypatch.setattr(alerts, "deliver", lambda _, alert, given=given: given.append(alert))
        with pytest.raises(SetupError):
            run_with_alerts(home, lambda: raising(refused), at_terminal=at_terminal)
        assert len(given) == delivered
    monkeypatch.undo()
    home.home.chmod(0o755)


def test_what_stopping_by_hand_is_no_failure(home) -> None:
    with pytest.raises(KeyboardInterrupt):
        run_with_alerts(home, lambda: raising(KeyboardInterrupt()), at_terminal=False)  # type: ignore[arg-type]
    assert told(home) == []


def test_many_findings_stay_readable(home) -> None:
    many = [CheckResult(f"c{n}", "employment", "dbt", "error", False, "x" * 5000, "none") for n in range(40)]
    fail(home, GatesStopped("stopped", many))
    (alert,) = told(home)
    assert len(alert["findings"]) == 40
    assert "And 30 more in alerts.jsonl." in alert["text"]
    assert len(alert["text"]) < 6000
    assert len(alert["subject"]) < 150


def test_publishers_text_commands_no_terminal_and_no_header(home) -> None:
    fail(home, SourceError("bls_qcew", "a\x1b[2J\r\nBcc: all@x.org.zip", "\x9bbad\u202e", "wait"))
    written = (home.home / "alerts.jsonl").read_text(encoding="utf-8")
    assert not set(written) & set("\x1b\x9b\u202e\r")
    assert "\n" not in told(home)[0]["subject"]


def test_the_subject_of_an_unforeseen_error_holds_no_stack(home: Settings) -> None:
    stack = "KeyError: 'x'\n\nStack Trace:\n  File \"a.py\", line 1, in f\n    g()\n"
    tell_of_failure(home, RefreshFailed(stack, 1))
    (alert,) = told(home)
    assert alert["subject"] == "[clusters] refresh failed: KeyError: 'x'; nothing is published yet"
    assert "Stack Trace" in alert["message"]


def test_a_crash_in_the_middle_of_a_line_is_passed_over(home) -> None:
    fail(home)
    with (home.home / "alerts.jsonl").open("a", encoding="utf-8") as file:
        file.write('{"at": "2026-01-\n[1]\n{}\n')
    fail(home)
    assert [a["outcome"] for a in told(home)] == ["failed", "failed"]


@pytest.mark.parametrize("cut", [b'{"at": "2026-01-', b'{"subject": "Universit\xc3', b"\xff\xfe\x00"])
def test_a_line_cut_within_a_letter_silences_no_later_alert(home, cut: bytes) -> None:
    """As a full disk leaves it: without a line feed, and not text."""
    fail(home)
    with (home.home / "alerts.jsonl").open("ab") as file:
        file.write(cut)
    fail(home)
    fail(home)
    assert [a["outcome"] for a in told(home)] == ["failed"] * 3


def test_a_history_that_cannot_be_read_leaves_the_other_ways(home, hook, monkeypatch, caplog) -> None:
    (home.home / "alerts.jsonl").mkdir(parents=True)
    fail(use(monkeypatch, webhook=hook.url))
    assert [alert["outcome"] for alert in hook.got] == ["failed"]
    assert "could not deliver the alert to alerts.jsonl" in caplog.text


# --- how it travels -----------------------------------------------------------------------------------------------


class Hook(HTTPServer):
    """A webhook on loopback that keeps what it is sent; it answers with the statuses given, the last one for ever."""

    def __init__(self, statuses: list[int]) -> None:
        self.got: list[dict] = []
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                hook.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                status = statuses[min(len(hook.got), len(statuses)) - 1]
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", f"{hook.url}&again")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Nothing on stderr."""

        super().__init__(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        return f"http://reporter:{TOKEN}-pw@127.0.0.1:{self.server_port}/hook?api_key={TOKEN}"


@pytest.fixture
def hook(request: pytest.FixtureRequest) -> Iterator[Hook]:
    with Hook(getattr(request, "param", [204])) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_webhook_gets_what_the_file_holds(home, hook, monkeypatch) -> None:
    fail(use(monkeypatch, webhook=hook.url))
    assert hook.got == told(home)
    assert hook.got[0]["text"].startswith("Refresh failed: ")


@pytest.mark.parametrize("hook", [[503, 429, 200]], indirect=True)
def test_a_webhook_in_trouble_is_asked_again(home, hook, monkeypatch, caplog) -> None:
    fail(use(monkeypatch, webhook=hook.url))
    assert len(hook.got) == 3
    assert "could not deliver the alert" not in caplog.text


@pytest.mark.parametrize(
    ("hook", "asked", "said"),
    [([500], 3, "HTTP 500"), ([403], 1, "HTTPStatusError"), ([302], 1, "HTTPStatusError")],
    indirect=["hook"],
)
def test_a_webhook_that_refuses_is_only_noted(home, hook, asked, said, monkeypatch, caplog) -> None:
    caplog.set_level(logging.DEBUG)
    fail(use(monkeypatch, webhook=hook.url))
    assert (len(hook.got), len(told(home))) == (asked, 1)
    assert f"could not deliver the alert to the webhook ({said})" in caplog.text
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("clusters"))
    assert TOKEN not in ours


def test_a_webhook_nobody_answers_at_is_only_noted(home, monkeypatch, caplog) -> None:
    fail(use(monkeypatch, webhook=f"http://127.0.0.1:9/{TOKEN}"))
    assert len(told(home)) == 1
    assert "could not deliver the alert to the webhook (ConnectError)" in caplog.text
    assert TOKEN not in caplog.text


def test_a_disk_that_is_full_stops_neither_the_webhook_nor_the_error(home, hook, monkeypatch, caplog) -> None:
    of = use(monkeypatch, webhook=hook.url)
    monkeypatch.setattr(delivery, "_write", lambda *_: raising(OSError(28, "No space left on device")))
    fail(of)
    assert len(hook.got) == 1
    assert "could not deliver the alert to alerts.jsonl (OSError)" in caplog.text


def test_an_alert_that_cannot_be_made_changes_nothing(home, monkeypatch, caplog) -> None:
    monkeypatch.setattr(alerts, "staleness", lambda _: raising(RuntimeError(TOKEN)))
    fail(home)
    assert run_with_alerts(home, lambda: 1, at_terminal=False) == 1
    assert "an alert could not be given (RuntimeError)" in caplog.text
    assert TOKEN not in caplog.text


class Inbox:
    """A mail server on loopback, with a certificate for `localhost`, that keeps what it is sent."""

    def __init__(self) -> None:
        self.got: list[EmailMessage] = []
        self.logins: list[tuple[bytes, bytes]] = []
        self.refusals: list[str] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.refusals:
            return self.refusals.pop(0)
        assert session.ssl is not None or isinstance(server.transport.get_extra_info("ssl_object"), ssl.SSLObject)
        self.got.append(message_from_bytes(envelope.content, policy=policy.default))  # type: ignore[arg-type]
        return "250 OK"

    def authenticate(self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == PASSWORD.encode(), handled=False)


class AnyPort(Controller):
    """A controller whose probe connects to the port it got: the one asked for is 0."""

    def _trigger_server(self) -> None:
        assert self.server is not None
        socket.create_connection(self.server.sockets[0].getsockname()).close()


@pytest.fixture
def authority(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.CA:
    """A certificate authority that this process trusts."""
    ca = trustme.CA()
    ca.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    return ca


@pytest.fixture
def inbox() -> Inbox:
    return Inbox()


@pytest.fixture(params=["smtp", "smtps"])
def server(request: pytest.FixtureRequest, authority: trustme.CA, inbox: Inbox) -> Iterator[str]:
    """The address, without login, of a mail server that wants TLS and a login."""
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    authority.issue_cert("localhost").configure_cert(tls)
    implicit = request.param == "smtps"
    controller = AnyPort(
        inbox,
        hostname="127.0.0.1",
        port=0,
        ssl_context=tls if implicit else None,
        tls_context=None if implicit else tls,
        require_starttls=not implicit,
        auth_required=True,
        auth_require_tls=not implicit,
        authenticator=inbox.authenticate,
    )
    controller.start()
    assert controller.server is not None
    yield f"{request.param}://{{login}}@localhost:{controller.server.sockets[0].getsockname()[1]}"
    controller.stop(no_assert=True)


def login(password: str = PASSWORD) -> str:
    return "night%40example.org:" + password.replace("/", "%2F").replace("@", "%40")


def test_mail_goes_encrypted_with_a_login_and_reads_as_plain_text(home, release, server, inbox, monkeypatch) -> None:
    url = server.format(login=login())
    fail(use(monkeypatch, smtp_url=url, mail_to="a@example.org, b@example.org", mail_from="night@example.org"))
    (mail,) = inbox.got
    assert inbox.logins[-1] == (b"night@example.org", PASSWORD.encode())
    assert (mail["To"], mail["From"]) == ("a@example.org, b@example.org", "night@example.org")
    assert mail["Subject"] == told(home)[0]["subject"]
    assert mail.get_content_type() == "text/plain"
    text = mail.get_content().replace("\r\n", "\n")
    assert text == told(home)[0]["text"]
    assert "the archive is truncated" in text
    assert mail["Date"]
    assert mail["Message-ID"]


def test_mail_is_sent_again_where_the_server_asks_for_it(home, server, inbox, monkeypatch, caplog) -> None:
    inbox.refusals = ["451 later", "451 later"]
    fail(use(monkeypatch, smtp_url=server.format(login=login()), mail_to="a@example.org", contact="c@example.org"))
    assert len(inbox.got) == 1
    assert inbox.got[0]["From"] == "c@example.org"
    assert "could not deliver the alert" not in caplog.text


def test_a_wrong_password_is_only_noted_and_never_shown(home, server, inbox, monkeypatch, caplog) -> None:
    wrong = f"{TOKEN}-wrong"
    fail(use(monkeypatch, smtp_url=server.format(login=login(wrong)), mail_to="a@example.org", contact="c@example.org"))
    assert (inbox.got, len(told(home))) == ([], 1)
    assert "could not deliver the alert to the mail server (SMTPAuthenticationError)" in caplog.text
    assert TOKEN not in "\n".join(r.getMessage() for r in caplog.records if r.name.startswith("clusters"))


def test_a_certificate_nobody_vouches_for_gets_no_password(home, server, inbox, monkeypatch, caplog, tmp_path) -> None:
    trustme.CA().cert_pem.write_to_path(str(tmp_path / "other.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "other.pem"))
    fail(use(monkeypatch, smtp_url=server.format(login=login()), mail_to="a@example.org", contact="c@example.org"))
    assert (inbox.got, inbox.logins) == ([], [])
    assert "could not deliver the alert to the mail server (SSLCertVerificationError)" in caplog.text


def test_a_server_without_encryption_gets_nothing(home, inbox, monkeypatch, caplog) -> None:
    controller = AnyPort(inbox, hostname="127.0.0.1", port=0)
    controller.start()
    assert controller.server is not None
    port = controller.server.sockets[0].getsockname()[1]
    fail(use(monkeypatch, smtp_url=f"smtp://u:{PASSWORD[:7]}@localhost:{port}", mail_to="a@x.org", contact="c@x.org"))
    controller.stop(no_assert=True)
    assert (inbox.got, inbox.logins) == ([], [])
    assert f"could not deliver the alert to the mail server ({smtplib.SMTPNotSupportedError.__name__})" in caplog.text


# --- how old it is ------------------------------------------------------------------------------------------------


def test_a_release_nobody_confirms_becomes_stale(home, release) -> None:
    fresh = staleness(home, MOMENT + timedelta(hours=49))
    assert fresh is not None
    assert fresh.reasons == []
    assert fresh.confirmed_at == MOMENT
    old = staleness(home, MOMENT + timedelta(days=3))
    assert old is not None
    assert old.reasons == ["no refresh has succeeded for 3 days; see the last run"]


def test_a_quiet_night_confirms_and_a_failed_one_does_not(home, release) -> None:
    record_run(home, "nothing new", release_id=RELEASE_ID)
    confirmed = staleness(home)
    record_run(home, "failed", exit_code=2, message="x")
    after = staleness(home)
    assert confirmed is not None
    assert after is not None
    assert after.confirmed_at == confirmed.confirmed_at > datetime.now(UTC) - timedelta(minutes=1)
    assert after.reasons == []


@pytest.mark.parametrize("part", [("census_gazetteer",), ()], ids=["one source", "one year"])
def test_a_refresh_of_a_part_confirms_nothing(home, release, part: tuple[str, ...]) -> None:
    """Not even where it publishes: what it did not ask for is as old as before."""
    first = record_run(home, "nothing new", asked=Asked(ALL_YEARS), release_id=RELEASE_ID)["succeeded_at"]
    run_of_part = record_run(
        home, "published", asked=Asked(ALL_YEARS if part else ALL_YEARS[-1:], part), release_id=RELEASE_ID
    )
    assert (run_of_part["succeeded_at"], run_of_part["in_part"]) == (first, True)
    row = json.loads((home.home / "last_run.json").read_text()) | {"succeeded_at": "2026-01-01T00:00:00+00:00"}
    (home.home / "last_run.json").write_text(json.dumps(row))
    seen = staleness(home, MOMENT)
    assert seen is not None
    assert seen.confirmed_at == datetime(2026, 1, 1, tzinfo=UTC), "although the release is newer"


def test_a_night_that_asks_as_the_last_one_did_counts(home, release) -> None:
    """Whoever gives the years on the command line every night does not have them in the settings."""
    some = Asked(ALL_YEARS[-2:])
    assert record_run(home, "published", asked=Asked(ALL_YEARS, ("bls_qcew",)))["in_part"]
    assert not record_run(home, "published", asked=some)["in_part"], (
        "the first one of all sources counts whatever years it asked for"
    )
    assert not record_run(home, "nothing new", asked=some)["in_part"]
    assert record_run(home, "nothing new", asked=Asked(ALL_YEARS[-1:]))["in_part"]
    assert not record_run(home, "nothing new", asked=some)["in_part"]
    assert not record_run(home, "nothing new", asked=Asked((1990, *ALL_YEARS)))["in_part"]
    assert record_run(home, "nothing new", asked=Asked((1990, *ALL_YEARS), ("bls_qcew",)))["in_part"]


def test_a_source_is_overdue_after_its_own_time_only(home, release) -> None:
    at_once, late = (staleness(home, DUE + timedelta(days=days)) for days in (0, 1))
    assert at_once is not None
    assert late is not None
    assert [s.overdue for s in at_once.sources] == [False]
    assert [s.overdue for s in late.sources] == [True]
    said = "bls_qcew: the edition after 2025 is overdue since 2027-09-28 (yearly, revised in the year after)"
    assert said in late.reasons


def test_new_bytes_of_an_older_edition_do_not_reset_the_alarm(home) -> None:
    """A publisher that restates the last year it has, and does not bring the next one."""
    house = Warehouse(home)
    published(house, RELEASE_ID, "live", year=2024)
    seen = staleness(home, MOMENT + timedelta(minutes=1))
    assert seen is not None
    (source,) = seen.sources
    assert source.age == timedelta(minutes=1)
    assert (source.newest, source.due, source.overdue) == ("2024", date(2026, 9, 28), True)


def test_a_source_that_is_no_longer_declared_is_never_overdue(home, release, monkeypatch) -> None:
    monkeypatch.delitem(SOURCES, "bls_qcew")
    seen = staleness(home, DUE + timedelta(days=1))
    assert seen is not None
    assert [(s.cadence, s.due, s.overdue) for s in seen.sources] == [("no longer pulled", None, False)]


def test_without_a_release_there_is_no_age(home) -> None:
    assert staleness(home) is None
    tell_of_failure(home, SOURCE)
    assert told(home)[0]["analysts_see"] is None
