"""The explorer in a real browser, on a real server: find, read, drop, see the list change."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.helpers.browser import CHROMIUM, Browser, browser
from tests.helpers.serving import serving
from tests.worlds.little_model import served

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
WINDOWS = {"wide": (1400, 900), "phone": (390, 844)}
SHOWN = "document.querySelectorAll('#model .why').length > 5 && document.querySelectorAll('#plain .card').length > 5"
LIST = "[...document.querySelectorAll('#model .card')].map(card => card.dataset.id).join()"


@pytest.fixture(scope="module")
def url(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    out = tmp_path_factory.mktemp("explored")
    with serving(served(small_artifacts, out / "artifacts"), out / "log") as (_, found):
        yield found


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile") as opened:
        yield opened


def until(window: Browser, script: str, seconds: float = 60) -> None:
    """Wait until a condition of the page holds."""
    end = time.monotonic() + seconds
    while not window.value(script):
        assert time.monotonic() < end, (script, window.complaints())
        time.sleep(0.05)


def press(window: Browser, key: str, code: int, text: str = "") -> None:
    for kind in ("keyDown", "keyUp"):
        more = {"text": text} if text and kind == "keyDown" else {}
        window.ask("Input.dispatchKeyEvent", type=kind, key=key, windowsVirtualKeyCode=code, **more)


@pytest.mark.parametrize("size", WINDOWS.values(), ids=WINDOWS)
def test_find_a_person_read_why_drop_an_event_see_the_list_change(
    url: str, window: Browser, size: tuple[int, int]
) -> None:
    window.open(f"{url}/", *size)
    until(window, "document.querySelectorAll('#examples button').length > 3")
    user = window.value("document.querySelector('#examples b').textContent")
    window.value("document.querySelector('#person').focus()")
    window.ask("Input.insertText", text=user)
    until(window, f"document.querySelector('#people [role=option]')?.dataset.user === '{user}'")
    press(window, "ArrowDown", 40)
    press(window, "Enter", 13, "\r")
    until(window, SHOWN)
    assert window.value("document.querySelector('#name').textContent") == user
    assert window.value("document.documentElement.scrollWidth") <= size[0]

    window.value("document.querySelector('#model .open').click()")
    until(window, "document.querySelectorAll('#details-similar .card').length === 8")
    assert window.value("document.querySelectorAll('#details-why .parts').length") == 1
    press(window, "Escape", 27)
    until(window, "!document.querySelector('#details').open")

    before = window.value(LIST)
    window.value("document.querySelector('.drop').click()")
    until(window, "document.querySelector('#status').textContent.startsWith('The list changed')")
    assert window.value(LIST) != before
    assert window.value("document.querySelectorAll('#model mark.up, #model mark.down').length") > 0
    window.value("document.querySelector('#reset').click()")
    until(window, f"{LIST} === '{before}' && document.querySelector('#changed').hidden")

    assert window.complaints() == []
    foreign = [one for one in window.requests() if not one.startswith((url, "data:"))]
    assert foreign == []


def test_a_pasted_history_and_a_filter(url: str, window: Browser) -> None:
    window.open(f"{url}/", *WINDOWS["wide"])
    until(window, "document.querySelectorAll('#examples button').length > 3")
    window.value("document.querySelector('#paste').click()")
    window.value(
        "document.querySelector('#text').value = 'x click'; document.querySelector('#use').click()"
    )
    until(window, "!document.querySelector('#text-problem').hidden")
    window.value(
        "fetch('recommend', {method: 'POST', headers: {'content-type': 'application/json'}, "
        "body: JSON.stringify({events: [], k: 3})}).then(a => a.json()).then(found => { "
        "document.querySelector('#text').value = found.people[0].vacancies.map(v => v.vacancy_id).join('\\n'); "
        "document.querySelector('#use').click() })"
    )
    until(window, SHOWN)
    assert window.value("document.querySelectorAll('#history .event').length") == 3
    window.value(
        "const s = document.querySelector('select[name=employment]'); s.value = 'part'; "
        "s.dispatchEvent(new Event('change'))"
    )
    until(window, "document.querySelector('#status').textContent.startsWith('The list changed')")
    assert window.complaints() == []


def test_every_control_has_a_name_and_no_id_stands_twice(url: str, window: Browser) -> None:
    window.open(f"{url}/", *WINDOWS["phone"])
    until(window, "document.querySelectorAll('#examples button').length > 3")
    window.value("document.querySelector('#examples button').click()")
    until(window, SHOWN)
    nameless = (
        "[...document.querySelectorAll('button, input, select, textarea')].filter(one => "
        "!one.textContent.trim() && !one.ariaLabel && !one.labels?.length).map(one => one.outerHTML)"
    )
    assert window.value(nameless) == []
    twice = "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) < at)"
    assert window.value(twice) == []
    window.value("document.querySelector('#tab-model').focus()")
    press(window, "ArrowRight", 39)
    assert window.value("document.querySelector('#panel-history').checkVisibility()")
    assert not window.value("document.querySelector('#panel-model').checkVisibility()")
