import re
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from stages.report import histograms, training_curves
from stages.report.figures import INK, picture
from stages.report.score_plots import Bar, forest, reach, rivals
from stages.report.table_counts import Histogram
from stages.report.training_curves import Curve

NASTY = "a<b & $x_1$ 'q' Повар"
BARS = [Bar("model", 0.2, 0.1, 0.3), Bar(NASTY, 0.1, 0.1, 0.1)]
PICTURES = {
    "spread": lambda: histograms.spread("k", "T", Histogram({1: 5, 2: 3, 900: 1}), "users"),
    "one value": lambda: histograms.spread("k", "T", Histogram({1: 1}), "users"),
    "gaps": lambda: histograms.gaps(Histogram({0: 2, 70: 3, 20_000: 1})),
    "weekdays": lambda: histograms.weekdays({(1, 2): 3, (6, 1): 1}),
    "no events": lambda: histograms.weekdays({}),
    "curve": lambda: training_curves.draw("k", "T", Curve([1, 2], [0.1, 0.3]), best=True),
    "forest": lambda: forest("k", "T", BARS, first="model"),
    "zero": lambda: forest("k", "T", BARS, first="", zero=True),
    "reach": lambda: reach("k", "T", {"model": {1: 0.1, 10: 0.5}, NASTY: {1: 0.2}}, first="model"),
    "alone": lambda: reach("k", "T", {"model": {10: 0.5}}, first="model"),
    "rivals": lambda: rivals("k", "T", [(BARS[0], BARS[1]), (BARS[1], None)]),
}


def svg(figure: str) -> Any:
    text = figure[figure.index("<svg") : figure.index("</svg>") + 6]
    return ET.fromstring(text.replace("<svg", '<svg xmlns:xlink="x"', 1))  # noqa: S314


@pytest.mark.parametrize("make", PICTURES.values(), ids=PICTURES)
def test_pictures_are_whole_named_and_equal_each_time(make: Any) -> None:
    first = make()
    assert first == make()
    root = svg(first)
    names = {element.get("id"): element.text for element in root.iter() if element.get("id")}
    assert names[root.get("aria-labelledby")]
    assert root.get("aria-describedby") in names
    used = re.findall(r'(?:href="|url\()#([^")]+)', first)
    assert set(used) <= set(names)
    assert INK not in first
    assert "<style" not in first
    assert "http" not in first


def test_texts_stay_texts_and_are_escaped() -> None:
    drawn = forest("k", NASTY, BARS, first="model")
    texts = ["".join(element.itertext()) for element in svg(drawn).iter() if element.tag == "text"]
    assert NASTY in texts
    assert "<b &" not in drawn


def test_ids_of_two_pictures_differ() -> None:
    ids = [
        set(re.findall(r'\bid="([^"]+)"', picture(key, "T", lambda axes: axes.plot([1, 2]))))
        for key in ("one", "two")
    ]
    assert ids[0]
    assert not ids[0] & ids[1]


def test_the_machines_own_style_is_not_used() -> None:
    import matplotlib as mpl

    before = picture("k", "T", lambda axes: axes.plot([1, 2]))
    with mpl.rc_context({"font.size": 30, "axes.grid": True}):
        assert picture("k", "T", lambda axes: axes.plot([1, 2])) == before
        assert mpl.rcParams["font.size"] == 30


def test_an_empty_log_has_no_pictures_of_it() -> None:
    assert "There are none." in histograms.spread("k", "Title", Histogram(), "users")
    assert "<svg" not in histograms.gaps(Histogram())


def test_bars_are_doublings() -> None:
    note = histograms.spread("k", "T", Histogram({1: 4, 3: 1, 8: 1}), "users")
    assert "Mean 2.5, median 1, most 8 events." in note
