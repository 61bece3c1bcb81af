"""Dagster's interface in a real browser: other pages launch nothing and read nothing, the interface itself works.

Belongs here: what only a browser can show: which requests it really sends from where. Does not: the guard's rules one
by one (see `test_web`).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest

from orchestration.dagster_home import prepare_dagster
from orchestration.settings import PROJECT_ROOT, Settings
from tests import browser
from tests.browser import Browser, wait_for

NO_BROWSER = "NO BROWSER: apt-get install chromium, or this is not tested"
pytestmark = pytest.mark.skipif(browser.found() is None, reason=NO_BROWSER)
LAUNCH = """mutation { launchRun(executionParams: {selector: {repositoryLocationName: "%s", repositoryName: "%s",
jobName: "nightly"}, mode: "default", runConfigData: "{}", executionMetadata: {tags: [%s]}})
{ __typename ... on PythonError { message } } }"""
WAYS = Path(__file__).with_name("foreign_page.js").read_text(encoding="utf-8")
RUNS = "{ runsOrError { ... on Runs { results { runId status } } } }"
REPOSITORIES = "{ repositoriesOrError { ... on RepositoryConnection { nodes { name location { name } } } } }"


@dataclass(frozen=True)
class Service:
    """Dagster's interface as the service starts it, and a foreign web server beside it."""

    port: int
    foreign_port: int

    def asked(self, query: str) -> dict[str, Any]:
        answer = httpx.post(f"http://127.0.0.1:{self.port}/graphql", json={"query": query}, timeout=60, trust_env=False)
        return answer.raise_for_status().json()["data"]

    def runs(self) -> list[dict[str, Any]]:
        return self.asked(RUNS)["runsOrError"]["results"]

    def launch(self) -> str:
        """The mutation that the interface itself sends."""
        (repository,) = self.asked(REPOSITORIES)["repositoriesOrError"]["nodes"]
        return " ".join((LAUNCH % (repository["location"]["name"], repository["name"], "")).split())


class Foreign(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(b"<!doctype html><title>foreign</title><body></body>")

    def log_message(self, format: str, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = tmp_path_factory.mktemp("served")
    with pytest.MonkeyPatch.context() as patch:
        # The daemon does not run: what is launched waits in the queue.
        patch.setenv("DAGSTER_HOME", "")
        prepare_dagster(Settings(home=home))
        foreign = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
        free = ThreadingHTTPServer(("127.0.0.1", 0), Foreign)
        port = free.server_address[1]
        free.server_close()
        threading.Thread(target=foreign.serve_forever, daemon=True).start()
        environment = os.environ | {
            "CLUSTERS_HOME": str(home),
            "CLUSTERS_PROFILE": "sample",
            "PYTHONPATH": str(PROJECT_ROOT),
        }
        served = subprocess.Popen([sys.executable, "-m", "orchestration.web", str(port)], env=environment)
        try:
            wait_for(lambda: served.poll() is not None or _answers(port), "the interface")
            yield Service(port, foreign.server_address[1])
        finally:
            served.terminate()
            served.wait(60)
            foreign.shutdown()
            foreign.server_close()


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/", trust_env=False, timeout=5).is_success
    except httpx.TransportError:
        return False


@pytest.fixture
def chromium(service: Service, tmp_path: Path) -> Iterator[Browser]:
    # Names that no machine knows lead here, as an attacker's own name server would make them.
    with Browser(tmp_path, "MAP *.example 127.0.0.1, MAP *.localhost 127.0.0.1") as opened:
        yield opened


def read_by_every_way(page: Browser, address: str, launch: str) -> dict[str, str]:
    """What the page that is open can read at an address, by all ways that try to launch a run there."""
    arguments = ", ".join(json.dumps(each) for each in (address, launch, RUNS))
    found = page.run(f"{WAYS}\neveryWay({arguments})")
    assert len(found) > 15
    return {name: text for name, text in found.items() if text}


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "attacker.localhost", "evil.example"])
def test_a_page_from_elsewhere_launches_nothing_and_reads_nothing(
    service: Service, chromium: Browser, host: str
) -> None:
    launch = service.launch()
    for called in {"127.0.0.1", host}:
        chromium.open(f"http://{host}:{service.foreign_port}/")
        assert chromium.run("document.title") == "foreign"
        assert read_by_every_way(chromium, f"http://{called}:{service.port}", launch) == {}
    assert service.runs() == []


def test_a_name_that_leads_here_only_now_is_not_answered(service: Service, chromium: Browser) -> None:
    """DNS rebinding: to the browser the page and the interface are one site, whose name the attacker owns."""
    address = f"http://rebound.example:{service.port}"
    chromium.open(f"{address}/")
    refused = "this server is not called rebound.example"
    assert refused in chromium.run("document.body.innerText")
    found = read_by_every_way(chromium, address, service.launch())
    assert {name: text for name, text in found.items() if refused not in text} == {}
    assert service.runs() == []


@pytest.mark.parametrize("host", ["127.0.0.1", "evil.example"])
def test_no_page_from_elsewhere_shows_the_interface_in_a_frame(service: Service, chromium: Browser, host: str) -> None:
    """Under another page's buttons a person would click the interface's own."""
    chromium.open(f"http://{host}:{service.foreign_port}/")
    chromium.run(f"{WAYS}\nframes('http://127.0.0.1:{service.port}/')")
    assert chromium.frames() == []


def test_the_interface_itself_works_and_asks_nobody_else(service: Service, chromium: Browser) -> None:
    chromium.open(f"http://127.0.0.1:{service.port}/jobs")
    wait_for(lambda: "nightly" in (chromium.run("document.body.innerText") or ""), "the list of jobs")
    wait_for(lambda: "Network.webSocketFrameReceived" in {event.get("method") for event in chromium.seen}, "an answer")
    own = (f"http://127.0.0.1:{service.port}/", f"ws://127.0.0.1:{service.port}/", "data:", "blob:")
    assert [address for address in chromium.asked() if not address.startswith(own)] == []
    launched = chromium.run(
        f"""fetch("/graphql", {{method: "POST", headers: {{"Content-Type": "application/json"}},
        body: {json.dumps(json.dumps({"query": service.launch()}))}}}).then(answer => answer.text())"""
    )
    assert "LaunchRunSuccess" in launched
    assert len(service.runs()) == 1
