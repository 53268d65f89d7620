"""Whatever models, metrics and segments a metrics file holds, they are shown."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from stages.interface.errors import HhrecError
from stages.report import headline, metrics_reader, scores, segments
from stages.report.markup import glue


def figures(value: float, rows: int = 50, **more: Any) -> dict[str, Any]:
    return {
        "rows": rows,
        "metrics": {"MRR@100": value, "HR@1": value / 2, "HR@10": value * 2},
        "intervals": {"MRR@100": [value - 0.01, value + 0.01]},
        **more,
    }


def found(**more: Any) -> dict[str, Any]:
    cuts = {"city": {"Москва": figures(0.1), "<b>": figures(0.3), "few": figures(0.01, rows=3)}}
    rival = {"city": {"Москва": figures(0.2), "<b>": figures(0.31)}}
    return {
        "protocol": {"hhrec": "1.2", "seed": 7, "data": {"train.parquet": "ab" * 32}, "x": None},
        "scores": {
            "model": figures(0.2, segments=cuts),
            "last_viewed": figures(0.15, segments=rival),
            "odd": {"rows": 50, "metrics": {"novelty": 0.5}},
        },
        **more,
    }


def text(content: Any) -> str:
    return str(glue(content))


def test_every_model_and_metric_has_a_cell() -> None:
    shown = text(scores.comparison("test", found()))
    assert '<th scope="col">novelty</th>' in shown  # nobody knows what that is
    for heading in ("MRR@100", "HR@1"):
        assert re.search(rf'<th scope="col"><abbr title="[^"]+">{heading}</abbr></th>', shown)
    assert "last viewed" in shown
    assert "<b>0.2000</b><small>0.1900–0.2100</small>" in shown
    assert "<b>0.5000</b></td>" in shown  # without an interval there is none
    assert shown.count("<svg ") == 2


def test_paired_differences_are_drawn_where_there_are_some() -> None:
    pair = {"value": 0.05, "low": 0.02, "high": 0.08, "above": 0.99}
    more = found(differences={"last_viewed": {"MRR@100": pair}, "odd": {}})
    assert text(scores.comparison("test", more)).count("<svg ") == 3
    assert "differ by 0.0500 (95 %: 0.0200 to 0.0800, which excludes zero)" in text(
        headline.headlines("test", more)
    )
    pair["low"] = -0.01
    assert "which includes zero" in text(headline.headlines("test", more))


def test_the_headline_says_how_sure_it_is() -> None:
    assert "above the best baseline, last viewed" in text(headline.headlines("test", found()))
    assert "intervals do not overlap" in text(headline.headlines("test", found()))
    alone = {"scores": {"model": figures(0.2)}}
    assert "no baseline" in text(headline.headlines("test", alone))
    other = {"scores": {"model": {"rows": 5, "metrics": {"NDCG@10": 0.5}}}}
    assert "NDCG@10 0.5000" in text(headline.headlines("test", other))


def test_the_worst_segment_comes_first_and_small_ones_are_left_out() -> None:
    pieces = segments.pieces_of(found()["scores"], "MRR@100")
    shown = text(segments.worst(pieces, "MRR@100"))
    assert shown.index("city: Москва") < shown.index("city: &lt;b&gt;")
    assert "few" not in shown
    moscow, other = shown.split("city: &lt;b&gt;")
    assert "behind" in moscow  # 0.2 lies above 0.09-0.11
    assert "behind" not in other  # 0.31 does not lie above 0.29-0.31
    every = text(segments.segments("test", found()))
    assert ">few</th>" in every


def test_without_segments_the_reason_is_said() -> None:
    assert "no segments" in text(segments.segments("test", {"scores": {"model": figures(0.2)}}))
    assert "no segment has 30 rows" in text(segments.worst([], "MRR@100"))


def test_the_protocol_is_shown_whole() -> None:
    shown = text(headline.protocol(found()))
    assert f'title="{"ab" * 32}">abababababab<' in shown
    assert "<dt>seed</dt><dd><code>7</code></dd>" in shown
    assert "<dt>x</dt>" not in shown
    assert "seed 7" in text(headline.brief(found()))


@pytest.mark.parametrize("broken", ["{", "[]", '{"scores": {}}', '{"scores": {"model": 1}}'])
def test_a_broken_file_is_named(tmp_path: Path, broken: str) -> None:
    (tmp_path / "test.json").write_text(broken)
    with pytest.raises(HhrecError, match=r"test\.json") as error:
        metrics_reader.parts(tmp_path)
    assert "hhrec evaluate" in error.value.hint


def test_test_rows_come_before_validation_rows(tmp_path: Path) -> None:
    for part in ("validation", "test"):
        (tmp_path / f"{part}.json").write_text(json.dumps(found()))
    (tmp_path / "summary.json").write_text("{}")
    assert list(metrics_reader.parts(tmp_path)) == ["test", "validation"]
