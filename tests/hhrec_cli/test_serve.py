"""`hhrec serve` in a process of its own: what it says, reload by a signal, an orderly end."""

import json
import signal
import threading
import time
import urllib.request
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from hhrec_cli import serve
from stages.serve.run import Listening
from tests.helpers.command import Type
from tests.helpers.serving import serving
from tests.worlds.little_model import served


@pytest.fixture(scope="module")
def artifacts(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return served(small_artifacts, tmp_path_factory.mktemp("serve") / "artifacts")


def ask(url: str, body: Any = None, **headers: str) -> Any:
    data = None if body is None else json.dumps(body).encode()
    given = {"content-type": "application/json", **headers}
    with urllib.request.urlopen(urllib.request.Request(url, data, given), timeout=60) as answer:  # noqa: S310
        return json.loads(answer.read())


def test_it_answers_reloads_and_ends_in_order(artifacts: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    token = "a-token-for-this-test"  # noqa: S105  of this test
    with serving(artifacts, log, HHREC_TOKEN=token) as (process, url):
        bearer = {"authorization": f"Bearer {token}"}
        assert ask(f"{url}/ready")["vacancies"] == 300
        (person,) = ask(f"{url}/recommend", {"events": [], "k": 5}, **bearer)["people"]
        assert len(person["vacancies"]) == 5
        process.send_signal(signal.SIGHUP)
        answers: list[Any] = []

        def explain() -> None:
            people = {f"u{n}": [] for n in range(20)}
            answers.append(ask(f"{url}/recommend", {"people": people, "explain": True}, **bearer))

        asking = threading.Thread(target=explain)
        asking.start()
        while not answers and "hhrec_requests_running 2.0" not in metrics(url, bearer):
            pass  # the other one is the request for the metrics itself
        process.send_signal(signal.SIGTERM)
        asking.join()
        assert len(answers[0]["people"]) == 20
        assert process.wait(60) == 0
    lines = [json.loads(line) for line in log.read_text().splitlines() if line.startswith("{")]
    events = [line["event"] for line in lines]
    assert events.count("model ready") >= 1
    assert events[-1] == "stopped"
    assert token not in log.read_text()


def test_an_answer_is_sent_at_once(artifacts: Path, tmp_path: Path) -> None:
    """An answer whose body waits for the receipt of its head takes 40 ms at the least."""
    with serving(artifacts, tmp_path / "log") as (_, url):
        connection = HTTPConnection(url.removeprefix("http://"), timeout=60)
        taken = []
        for _ in range(20):
            begun = time.perf_counter()
            connection.request("GET", "/health")
            assert connection.getresponse().read() == b'{"status":"ok"}'
            taken.append(time.perf_counter() - begun)
        connection.close()
    assert min(taken) < 0.03


def metrics(url: str, headers: dict[str, str]) -> str:
    request = urllib.request.Request(f"{url}/metrics", headers=headers)  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        return answer.read().decode()


def test_without_the_extra_one_line_says_what_to_install(
    hhrec: Type, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(serve, "NEEDED", ("fastapi", "no_such_package"))
    typed = hhrec("serve", tmp_path)
    assert typed.code == 1
    assert "no_such_package" in typed.said()
    assert "pip install 'hhrec[serve]'" in typed.said()


def test_what_cannot_be_served_is_said(hhrec: Type, tmp_path: Path) -> None:
    assert hhrec("serve", tmp_path / "nothing", "--port", "0").code == 3
    typed = hhrec("serve", tmp_path, "--host", "192.0.2.1", "--port", "0")
    assert typed.code == 1
    assert "cannot listen there" in typed.said()


def test_where_it_listens_is_a_url() -> None:
    assert Listening("http://127.0.0.1:1", "m", 3).url.endswith(":1")
