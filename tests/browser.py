"""A real browser for tests: Chromium without a window, told what to do through its own debugging protocol.

Belongs here: starting it, opening pages, running scripts in them. Does not: what is tested (see `test_browser`).
"""

from __future__ import annotations

import json
import shutil
import subprocess
import time
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any

import httpx
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome")
QUIET = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
]


def found() -> str | None:
    """The program, if this machine has one."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


class Browser:
    """Chromium with one open page.

    Example:
        >>> with Browser(tmp_path, "MAP evil.example 127.0.0.1") as browser:    # doctest: +SKIP
        ...     browser.open("http://evil.example:8000/")
        ...     browser.run("document.title")
    """

    def __init__(self, folder: Path, resolver_rules: str) -> None:
        options = [*QUIET, f"--user-data-dir={folder}", f"--host-resolver-rules={resolver_rules}", "about:blank"]
        self._process = subprocess.Popen(
            [str(found()), *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
        )
        self._folder, self._numbers, self._open = folder, count(1), ExitStack()
        self.seen: list[dict[str, Any]] = []
        self._socket: ClientConnection

    def __enter__(self) -> Browser:
        port = self._folder / "DevToolsActivePort"
        wait_for(lambda: port.exists() and port.read_text().count("\n"), "the browser")
        address = f"http://127.0.0.1:{port.read_text().splitlines()[0]}/json/list"
        page = next(each for each in httpx.get(address, trust_env=False).json() if each["type"] == "page")
        self._socket = self._open.enter_context(connect(page["webSocketDebuggerUrl"], max_size=None, proxy=None))
        for domain in ("Page", "Network", "Runtime"):
            self.ask(f"{domain}.enable")
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()

    def ask(self, method: str, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        """Send a command and return its result; events that come meanwhile are kept in `seen`."""
        number = next(self._numbers)
        to = {"sessionId": session} if session else {}
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters} | to))
        while (answer := json.loads(self._socket.recv(timeout=90))).get("id") != number:
            self.seen.append(answer)
        return answer.get("result", answer)

    def open(self, address: str) -> None:
        """Go to an address and wait until the page is there."""
        before = len(self.seen)
        self.ask("Page.navigate", url=address)
        wait_for(lambda: self._loaded(before), address)

    def _loaded(self, before: int) -> bool:
        self.ask("Browser.getVersion")
        return any(event.get("method") == "Page.loadEventFired" for event in self.seen[before:])

    def run(self, script: str) -> Any:
        """The value of an expression in the page; promises are awaited."""
        answer = self.ask("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def frames(self) -> list[str]:
        """The addresses that the page shows in frames, also where these are processes of their own."""
        tree = self.ask("Page.getFrameTree")["frameTree"]
        found = [each["frame"] for each in tree.get("childFrames", [])]
        for target in self.ask("Target.getTargets", filter=[{}])["targetInfos"]:
            if target["type"] == "iframe":
                session = self.ask("Target.attachToTarget", targetId=target["targetId"], flatten=True)["sessionId"]
                found.append(self.ask("Page.getFrameTree", session)["frameTree"]["frame"])
        return [frame["url"] for frame in found if frame["url"] and not frame.get("unreachableUrl")]

    def asked(self) -> list[str]:
        """The addresses of all requests and WebSockets so far."""
        requests = [e["params"]["request"]["url"] for e in self.seen if e.get("method") == "Network.requestWillBeSent"]
        return requests + [e["params"]["url"] for e in self.seen if e.get("method") == "Network.webSocketCreated"]


def wait_for(condition: Any, what: str, seconds: float = 90) -> None:
    """Wait until a condition holds.

    Raises:
        TimeoutError: if it does not in time.
    """
    last = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > last:
            raise TimeoutError(what)
        time.sleep(0.1)
