"""What can only be ours though nothing says so, and what cannot."""

import json
from pathlib import Path

import pytest

from stages.core import kinds
from stages.core.kinds import Kind


def put(path: Path, said: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(said if isinstance(said, str) else json.dumps(said))


@pytest.mark.parametrize(
    ("kind", "name", "said", "ours"),
    [
        (kinds.SAMPLE, "sample.json", {"generator_version": 2}, True),
        (kinds.SAMPLE, "sample.json", {"version": 2}, False),
        (kinds.MODEL, "config.json", {"model_type": "hhrec"}, True),
        (kinds.MODEL, "config.json", {"model_type": "bert"}, False),
        (kinds.MODEL, "config.json", ["hhrec"], False),
        (kinds.MODEL, "config.json", "{", False),
        (kinds.LIVE, "metrics.json", {"loss": 1, "step": 2}, True),
        (kinds.LIVE, "metrics.json", {"loss": 1, "mood": 2}, False),
        (kinds.METRICS, "validation.json", {"scores": {}, "protocol": {}}, True),
        (kinds.METRICS, "validation.json", {"scores": {}}, False),
        (kinds.CHECKPOINTS, "step-000000001/state.json", {"fingerprint": "a"}, True),
        (kinds.CHECKPOINTS, "step-000000001/state.json", {"step": 1}, False),
        (kinds.CHECKPOINTS, "best/best.json", {}, True),
        (kinds.CHECKPOINTS, "best/notes.json", {}, False),
        (kinds.IMPORT, "train.parquet", "", False),
    ],
)
def test_a_directory_is_known_by_what_its_files_say(
    tmp_path: Path, kind: Kind, name: str, said: object, *, ours: bool
) -> None:
    put(tmp_path / "it" / name, said)
    assert kind.proof(tmp_path / "it") is ours


HASH = "0123456789abcdef" * 4
HASHES = {f"{name}.parquet": HASH for name in ("train", "test", "vacancies")}


@pytest.mark.parametrize(
    ("said", "ours"),
    [
        (HASHES, True),
        ({}, False),
        ("{", False),
        ([*HASHES], False),
        ({"train.parquet": HASH}, False),
        (HASHES | {"image": "a.png"}, False),
        (HASHES | {"train.parquet": HASH[1:]}, False),
        (HASHES | {"train.parquet": [HASH]}, False),
    ],
)
def test_hashes_of_all_three_input_files_and_nothing_else_are_ours(
    tmp_path: Path, said: object, *, ours: bool
) -> None:
    put(tmp_path / "inputs.json", said)
    assert kinds.INPUTS.proof(tmp_path / "inputs.json") is ours


@pytest.mark.parametrize("kind", [kinds.EVENTS, kinds.VOCAB, kinds.PREDICTIONS, kinds.SCORES])
def test_what_cannot_be_read_is_not_ours(tmp_path: Path, kind: Kind) -> None:
    put(tmp_path / "bucket-00000.parquet", "PAR1 or not")
    place = tmp_path if kind.directory else tmp_path / "bucket-00000.parquet"
    assert not kind.proof(place)
    assert not kinds.EVENTS.proof(tmp_path / "nowhere")


def test_a_page_is_known_by_its_end(tmp_path: Path) -> None:
    put(tmp_path / "ours.html", "<p>" * 2_000 + "<!-- Written by `hhrec report` -->")
    put(tmp_path / "other.html", "Written by `hhrec report`" + "<p>" * 2_000)
    assert kinds.PAGE.proof(tmp_path / "ours.html")
    assert not kinds.PAGE.proof(tmp_path / "other.html")
