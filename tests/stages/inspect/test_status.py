"""How artifacts stand: a finished run is fresh, and each kind of trouble has its word."""

from collections.abc import Mapping
from pathlib import Path

import yaml

from stages.core import kinds
from stages.core.results import RESULTS
from stages.inspect.status import NAMES, SETTINGS, Standing, standings
from tests.helpers.source import ROOT
from tests.worlds.flow import Flow, settings
from tests.worlds.tiny import TEST, TRAIN

DATA = ("events", "filtered", "vocab.parquet", "sequences")


def flow(root: Path) -> Flow:
    made = Flow(root, settings()).write(TRAIN, TEST)
    made.all()
    return made


def by_name(directory: Path, params: Mapping[str, object] | None = None) -> dict[str, Standing]:
    return {one.name: one for one in standings(directory, params)}


def test_what_was_just_made_is_fresh_and_the_rest_absent(tmp_path: Path) -> None:
    made = flow(tmp_path / "a")
    found = by_name(made.root, made.params.model_dump(mode="json"))
    assert [found[name].state for name in DATA] == ["fresh"] * 4
    assert {one.state for name, one in found.items() if name not in DATA} == {"absent"}
    assert list(found) == list(NAMES)


def test_an_artifact_made_anew_makes_its_followers_stale(tmp_path: Path) -> None:
    made = flow(tmp_path / "a")
    made.write(TRAIN[:-1], TEST)
    made.explode()
    found = by_name(made.root)
    assert found["events"].state == "fresh"
    assert found["filtered"] == ("filtered", "stale", "events is another now", "hhrec filter")
    assert "filtered is stale" in found["vocab.parquet"].why
    assert found["sequences"].state == "stale"


def test_other_parameters_are_named(tmp_path: Path) -> None:
    made = flow(tmp_path / "a")
    other = settings(filter={"min_user_events": 2}, train={"epochs": 9})
    found = by_name(made.root, other.model_dump(mode="json"))
    assert found["filtered"].why == "filter.min_user_events was 1, is 2"
    assert found["events"].state == "fresh"  # which no parameter of another stage concerns


def test_changed_foreign_and_present(tmp_path: Path) -> None:
    made = flow(tmp_path / "a")
    (made.root / "vocab.parquet").write_bytes(b"mine")
    (made.root / "model").mkdir()
    (made.root / "model" / "letter.txt").write_text("dear")
    (made.root / "features").symlink_to(made.root / "events")
    bucket = made.root / "filtered" / "bucket-00000.parquet"
    (made.root / "sequences" / "train" / bucket.name).unlink()
    for manifest in (made.root / ".hhrec").glob("filtered.*.json"):
        manifest.unlink()
    found = by_name(made.root)
    assert {
        name: found[name].state for name in ("vocab.parquet", "model", "features")
    } == dict.fromkeys(("vocab.parquet", "model", "features"), "foreign")
    assert found["filtered"].state == "present"
    assert found["sequences"].state == "changed"
    assert found["sequences"].command == "hhrec sequences build"


def test_an_input_that_is_gone_is_said(tmp_path: Path) -> None:
    made = flow(tmp_path / "a")
    (made.root / "test.parquet").unlink()
    assert by_name(made.root)["events"].why == "test.parquet is gone"


def test_parameters_are_those_of_the_pipeline_file() -> None:
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    commands = {
        (cmd if isinstance(cmd, str) else cmd[0]): one.get("params")
        for one in stages.values()
        for cmd in [one["cmd"]]
    }
    made_by = {kind.name: kind.command for kind in RESULTS.values()}
    found = {
        name: commands[made_by[name].removesuffix(" build")]
        for name in SETTINGS
        if made_by[name].removesuffix(" build") in commands
    }
    found |= {name: commands[made_by[name]] for name in SETTINGS if made_by[name] in commands}
    assert {name: tuple(params) for name, params in found.items()} == {
        name: SETTINGS[name] for name in found
    }
    assert set(found) == set(SETTINGS)
    assert kinds.CHECKPOINTS.name not in SETTINGS
