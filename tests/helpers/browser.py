"""A headless Chromium on a pipe: what a page logs, asks for and measures. Needs no package.

The DevTools protocol over `--remote-debugging-pipe`: commands go to the browser's file descriptor
3, answers and events come from its 4, JSON each, ended by a zero byte.
"""

import base64
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--remote-debugging-pipe",
]
PIPES = 'to=$1 from=$2; shift 2; exec "$@" 3<"/dev/fd/$to" 4>"/dev/fd/$from"'


@dataclass
class Browser:
    """One page of one browser, and every event that it sent."""

    to: Any
    answers: Any
    session: str = ""
    events: list[dict[str, Any]] = field(default_factory=list)
    sent: int = 0

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        self.sent += 1
        message: dict[str, Any] = {"id": self.sent, "method": method, "params": params}
        message |= {"sessionId": self.session} if self.session else {}
        self.to.write(json.dumps(message).encode() + b"\0")
        self.to.flush()
        while (answer := self._next()).get("id") != self.sent:
            self.events.append(answer)
        assert "error" not in answer, answer
        return answer["result"]

    def wait(self, method: str) -> None:
        while not any(event.get("method") == method for event in self.events):
            self.events.append(self._next())

    def _next(self) -> dict[str, Any]:
        text = bytearray()
        while (byte := self.answers.read(1)) != b"\0":
            assert byte, "the browser is gone"
            text += byte
        return json.loads(text)

    def open(self, page: Path | str, width: int, height: int) -> None:
        url = page if isinstance(page, str) else page.as_uri()
        self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=width < 600,
        )
        self.ask("Page.navigate", url=url)
        self.wait("Page.loadEventFired")

    def value(self, script: str) -> Any:
        return self.ask("Runtime.evaluate", expression=script, returnByValue=True)["result"].get(
            "value"
        )

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot")["data"]))

    def requests(self) -> list[str]:
        sent = [event for event in self.events if event["method"] == "Network.requestWillBeSent"]
        return [event["params"]["request"]["url"] for event in sent]

    def complaints(self) -> list[Any]:
        """Everything that a console would show: logged, thrown, or refused by the policy."""
        names = {"Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded"}
        return [event["params"] for event in self.events if event["method"] in names]


@contextmanager
def browser(home: Path) -> Iterator[Browser]:
    """Start Chromium with a profile of its own, and end it."""
    assert CHROMIUM
    to_read, to_write = os.pipe()
    from_read, from_write = os.pipe()
    words = [CHROMIUM, *FLAGS, f"--user-data-dir={home}"]
    process = subprocess.Popen(
        ["sh", "-c", PIPES, "sh", str(to_read), str(from_write), *words],
        pass_fds=(to_read, from_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        with os.fdopen(to_write, "wb") as to, os.fdopen(from_read, "rb") as answers:
            found = Browser(to, answers)
            target = found.ask("Target.createTarget", url="about:blank")["targetId"]
            attached = found.ask("Target.attachToTarget", targetId=target, flatten=True)
            found.session = attached["sessionId"]
            for domain in ("Page", "Network", "Runtime", "Log"):
                found.ask(f"{domain}.enable")
            yield found
            found.session = ""
            found.ask("Browser.close")
        process.wait(timeout=120)
    finally:
        process.kill()
        process.wait()
