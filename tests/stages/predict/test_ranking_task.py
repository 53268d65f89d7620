"""Rows ranked in shards get what they get ranked at once; rules on all rows need one process."""

from pathlib import Path

import numpy as np
import pytest

from stages.calibration import rerank
from stages.core.artifact_paths import TEST
from stages.interface.errors import HhrecError, UsageError
from stages.interface.processes import Processes
from stages.interface.stage_report import silent
from stages.predict import shards, stage
from stages.predict.list_rules import ListRules
from stages.predict.ranking_task import RankingTask, gathered, require_shareable, shared_out
from stages.predict.shards import Shards
from tests.worlds.little_model import settings, trained

ROWS = 4


@pytest.fixture(scope="module")
def paths(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return trained(small_artifacts, tmp_path_factory.mktemp("model"))


def task_of(paths: dict[str, Path], rules: ListRules) -> RankingTask:
    inputs = {name: path for name, path in paths.items() if name != "model"}
    return stage.task_of(settings(), paths["model"], TEST, inputs, (None, None), (), rules, None)


def test_shards_are_the_slices_that_one_process_ranks(
    paths: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slow second way: all rows in one call, which slices them by itself."""
    monkeypatch.setattr(rerank, "SLICE", ROWS)
    task = task_of(paths, ListRules())
    whole, _ = task.answer(np.arange(len(task.limits.rows)), silent)
    monkeypatch.setattr(shards, "ROWS", ROWS)
    told: list[tuple[int, int]] = []
    kept = Shards(tmp_path / "shards", "a" * 64)
    found = shared_out(
        task, kept, Processes(), lambda done, total, *_, **__: told.append((done, total))
    )
    assert found is not None
    assert len(list(kept.folder.iterdir())) == len(task.cut()) > 2
    assert np.array_equal(found[0].lists, whole.lists)
    assert np.array_equal(found[0].scores, whole.scores, equal_nan=True)
    assert found[0].by == whole.by
    assert told == sorted(told)
    assert told[-1] == (len(task.limits.rows),) * 2


def test_a_shard_that_cannot_be_seen_is_missed(tmp_path: Path) -> None:
    with pytest.raises(HhrecError, match="not found, though another process has ranked it"):
        gathered([np.arange(2)], Shards(tmp_path, "a" * 64))


def test_a_capacity_weighs_all_rows_and_is_not_cut(
    paths: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shards, "ROWS", ROWS)
    limited = ListRules(capacity=3)
    assert len(task_of(paths, limited).cut()) == 1
    require_shareable(limited, Processes())
    require_shareable(ListRules(diversity=0.1), Processes(0, 2))
    with pytest.raises(UsageError, match="expected one process, found 2"):
        require_shareable(limited, Processes(0, 2))
