"""The whole page: complete, escaped, offline, equal each time, honest about what is missing."""

import re
import shutil
from pathlib import Path

import pytest

from stages import report as page
from stages.core import tables
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import Params
from stages.remote.urls import parsed
from stages.report.stage import PageReport
from tests.helpers.markup_reader import Reader
from tests.worlds.report_world import HOSTILE


@pytest.fixture(scope="module")
def written(
    world: Path, params: Params, tmp_path_factory: pytest.TempPathFactory
) -> tuple[PageReport, str]:
    out = tmp_path_factory.mktemp("written") / "report.html"
    report = page.run(params, raw=world / "raw", artifacts=world, out=out)
    return report, out.read_text(encoding="utf-8")


def test_everything_is_there(written: tuple[PageReport, str]) -> None:
    report, html = written
    seen = Reader(html)
    ids = [attributes["id"] for name, attributes in seen.elements if name == "section"]
    assert ids == [
        "scores",
        "segments",
        "sessions",
        "data",
        "log",
        "training",
        "protocol",
        "glossary",
    ]
    assert report.notes == []
    assert report.bytes == len(html.encode())
    assert report.pictures == html.count("<svg ") > 10
    assert report.sessions == 5
    for text in ("Повар", "Водитель категории B", "Best 0.2500 at step 15.", "last_session"):
        assert text in html
    assert "tokens_per_second" not in html  # differs from run to run


def test_the_funnel_tells_why(written: tuple[PageReport, str]) -> None:
    text = re.sub(r"<[^>]+>", " ", written[1])
    for reason in (
        "bots: users with more than 3 events",
        "actions of unknown kind",
        "too rare",
        "held out for validation",
    ):
        assert reason in text
    assert re.search(r"Input files, train and test\s+26\s+44\s+11", text)


def test_no_text_of_the_data_becomes_markup(written: tuple[PageReport, str]) -> None:
    html = written[1]
    assert HOSTILE not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;") > 1
    elements = [name for name, _ in Reader(html).elements]
    assert elements.count("script") == 1
    assert "img" not in elements


def test_nothing_is_fetched(written: tuple[PageReport, str]) -> None:
    html = written[1]
    for name, attributes in Reader(html).elements:
        assert not {"src", "srcset", "action", "onclick", "onload"} & set(attributes), name
        for key in ("href", "xlink:href"):
            assert (attributes.get(key) or "#").startswith("#")
        assert name not in {"link", "iframe", "object", "base", "form"}
    assert "://" not in html
    assert "@import" not in html
    assert set(re.findall(r"url\((.)", html)) <= {"#"}
    assert "default-src &#x27;none&#x27;" in html


def test_equal_inputs_give_equal_bytes(
    written: tuple[PageReport, str], world: Path, params: Params, tmp_path: Path
) -> None:
    page.run(params, raw=world / "raw", artifacts=world, out=tmp_path / "again.html")
    assert (tmp_path / "again.html").read_text(encoding="utf-8") == written[1]


DRAWN = ("metrics", "live", "events")  # what pictures are made of: slow, and told of together


@pytest.mark.parametrize(
    ("gone", "what"),
    [
        (
            DRAWN,
            [
                "scores",
                "segments",
                "protocol card",
                "data funnel",
                "distributions",
                "training curves",
            ],
        ),
        ((*DRAWN, "vocab.parquet"), ["sessions", "vacancies", "questions"]),
        ((*DRAWN, "sequences"), ["sessions", "questions"]),
        ((*DRAWN, "raw/vacancies.parquet"), ["sessions"]),
        (("metrics", "live", "raw/train.parquet"), ["input files"]),
    ],
)
def test_a_missing_part_is_named(
    world: Path, params: Params, tmp_path: Path, gone: tuple[str, ...], what: list[str]
) -> None:
    report, html = without(world, params, tmp_path, gone)
    assert {f"no {part}" for part in what} <= {note.split(":")[0] for note in report.notes}
    assert html.count("Not here: ") == len(report.notes)


def test_what_an_object_store_lacks_is_named_by_its_url(
    world: Path, params: Params, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HHREC_CACHE", str(tmp_path))
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    raw, out = parsed("s3://bucket/raw").local, tmp_path / "report.html"
    page.run(params, raw=raw, artifacts=world, out=out)
    html = out.read_text(encoding="utf-8")
    assert "s3://bucket/raw/train.parquet" in html
    assert str(tmp_path) not in html


@pytest.mark.parametrize("gone", ["predictions.parquet", "raw/labels.parquet"])
def test_validation_sessions_take_the_place_of_test_sessions(
    world: Path, params: Params, tmp_path: Path, gone: str
) -> None:
    report, html = without(world, params, tmp_path, (*DRAWN, gone))
    assert "validation sessions, drawn" in html
    assert report.sessions > 0


def without(
    world: Path, params: Params, tmp_path: Path, gone: tuple[str, ...]
) -> tuple[PageReport, str]:
    """Report on a copy of the world that lacks something."""
    copy, out = tmp_path / "copy", tmp_path / "report.html"
    shutil.copytree(world, copy)
    for name in gone:
        tables.remove(copy / name)
    report = page.run(params, raw=copy / "raw", artifacts=copy, out=out)
    return report, out.read_text(encoding="utf-8")


def test_an_empty_directory_is_refused_and_nothing_is_written(
    params: Params, tmp_path: Path
) -> None:
    with pytest.raises(MissingInputError, match="nothing to report on"):
        page.run(params, raw=tmp_path, artifacts=tmp_path / "no", out=tmp_path / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_a_failed_run_leaves_the_old_page(world: Path, params: Params, tmp_path: Path) -> None:
    copy, out = tmp_path / "copy", tmp_path / "report.html"
    shutil.copytree(world, copy)
    page.run(params, raw=copy / "raw", artifacts=copy, out=out)
    old = out.read_bytes()
    (copy / "metrics" / "test.json").write_text("{")
    with pytest.raises(HhrecError, match=r"test\.json"):
        page.run(params, raw=copy / "raw", artifacts=copy, out=out)
    assert out.read_bytes() == old
