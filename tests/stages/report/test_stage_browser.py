"""The page in a real browser: nothing in its console, nothing fetched, nothing too wide."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from stages import report as page
from stages.params import Params
from tests.helpers.browser import CHROMIUM, Browser, browser
from tests.worlds.report_world import HOSTILE

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on PATH")
WINDOWS = {"wide": (1280, 900), "phone": (390, 844)}


@pytest.fixture
def window(tmp_path: Path) -> Iterator[Browser]:
    with browser(tmp_path / "profile") as opened:
        yield opened


@pytest.fixture(scope="module")
def report(world: Path, params: Params, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("browser") / "report.html"
    page.run(params, raw=world / "raw", artifacts=world, out=out)
    return out


@pytest.mark.parametrize("size", WINDOWS.values(), ids=WINDOWS)
def test_it_opens_in_silence_and_fits(report: Path, window: Browser, size: tuple[int, int]) -> None:
    window.open(report, *size)
    assert window.complaints() == []
    assert window.requests() == [report.as_uri()]
    assert window.value("document.documentElement.scrollWidth") <= size[0]
    heights = window.value("[...document.querySelectorAll('svg')].map(svg => svg.clientHeight)")
    assert len(heights) > 10
    shown = window.value(
        "[...document.querySelectorAll('svg')].filter(s => s.checkVisibility()).map(s => s.clientHeight)"
    )
    assert min(shown) > 50
    assert window.value(
        f"[...document.querySelectorAll('b')].some(b => b.textContent === '{HOSTILE}')"
    )
    assert window.value("document.scripts.length") == 1


def test_a_button_leaves_the_sessions_of_its_kind(report: Path, window: Browser) -> None:
    window.open(report, *WINDOWS["wide"])
    shown = "[...document.querySelectorAll('details[data-kind]')].filter(d => !d.hidden).map(d => d.dataset.kind)"
    every = window.value(shown)
    assert len(set(every)) > 1
    window.value("document.querySelector('button[data-pick=new-found]').click()")
    assert window.value(shown) == [kind for kind in every if kind == "new-found"]
    assert window.value("document.querySelector('[aria-pressed=true]').dataset.pick") == "new-found"


def test_links_of_the_navigation_lead_to_sections(report: Path, window: Browser) -> None:
    window.open(report, *WINDOWS["phone"])
    links = (
        "[...document.querySelectorAll('nav a')].map(a => document.querySelector(a.hash)?.tagName)"
    )
    assert set(window.value(links)) == {"SECTION"}
    twice = "[...document.querySelectorAll('[id]')].map(e => e.id).filter((id, at, all) => all.indexOf(id) < at)"
    assert window.value(twice) == []


def test_a_page_that_misbehaves_would_be_caught(
    report: Path, window: Browser, tmp_path: Path
) -> None:
    bad = tmp_path / "bad.html"
    extra = "<img src='http://127.0.0.1:9/x.png'><p style='width:5000px'>wide</p><script>throw 1</script>"
    bad.write_text(report.read_text().replace("</main>", extra + "</main>"))
    window.open(bad, *WINDOWS["phone"])
    text = str(window.complaints())
    assert "violates" in text
    assert "exceptionDetails" not in text  # a script that is not ours does not run
    assert window.value("document.documentElement.scrollWidth") > 390
    loose = tmp_path / "loose.html"
    loose.write_text("<img src='http://127.0.0.1:9/x.png'><script>throw 1</script>")
    window.events.clear()
    window.open(loose, *WINDOWS["phone"])
    assert "http://127.0.0.1:9/x.png" in window.requests()
    assert "exceptionDetails" in str(window.complaints())
