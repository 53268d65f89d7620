"""`Recommender`: the answers of `hhrec predict`, for anyone's events and from several threads."""

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import torch

from stages import predict, train
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import Params, validated
from stages.predict import loaded_model
from stages.recommend.recommender import Recommender

TINY = {"hidden_size": 16, "heads": 2, "layers": 1, "epochs": 1, "tracker": "none"}
LISTS = ("vacancy_id", "action_type", "action_dt")
EARLY = datetime.fromisoformat("2000-01-01T00:00:00")  # before the end of any log
NOON = datetime.fromisoformat("2024-05-01T12:00:00")


def params(**sections: Any) -> Params:
    return validated({"train": TINY, **sections}, where="test")


@pytest.fixture(scope="module")
def artifacts(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory of artifacts with a model. Read it only."""
    out = tmp_path_factory.mktemp("artifacts") / "a"
    shutil.copytree(small_artifacts, out)
    tables = {"sequences": out / "sequences", "features": out / "features"}
    paths = {**tables, "vocab": out / "vocab.parquet", "out": out / "model"}
    train.run(params(), **paths, checkpoints=out / "checkpoints")
    return out


@pytest.fixture(scope="module")
def recommender(artifacts: Path) -> Recommender:
    return Recommender.load(artifacts, params=params())


def events_of(artifacts: Path) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Test rows, and the raw events that each of their users had by the end of the session."""
    raw = {
        name: pl.read_parquet(artifacts / "raw" / f"{name}.parquet") for name in ("train", "test")
    }
    flat = pl.concat(raw.values()).explode(*LISTS, empty_as_null=True)
    rows = pl.read_parquet(artifacts / "sequences" / "test" / "*.parquet")
    asked = rows.select("user_id", asked="session_id", until="asked_at")
    known = asked.join(flat, on="user_id", how="left", maintain_order="left_right")
    known = known.filter(pl.col("action_dt") <= pl.col("until"))
    person = pl.concat_str("user_id", "asked", separator="/")
    return rows, known.select(person.alias("user_id"), "session_id", *LISTS)


@pytest.mark.parametrize("kind", ["calibrated", "as trained", "active", "hidden"])
def test_answers_of_the_test_rows_are_those_of_predict(
    kind: str, artifacts: Path, tmp_path: Path
) -> None:
    settings = {
        "active": {"candidates": "active", "active_days": 1},
        "hidden": {"seen": {"response": "hide", "view": "last", "favourite": "keep"}},
    }
    chosen = params(predict={"fallback": "never", **settings.get(kind, {})})
    model = tmp_path / "model"
    shutil.copytree(artifacts / "model", model)
    if kind == "as trained":
        (model / "calibration.json").unlink()
    tables = {"sequences": artifacts / "sequences", "features": artifacts / "features"}
    tables["vocab"] = artifacts / "vocab.parquet"
    predict.run(chosen, model=model, **tables, out=tmp_path / "p.parquet")
    expected = pl.read_parquet(tmp_path / "p.parquet")["predictions"]

    rows, events = events_of(artifacts)
    found = Recommender.load(model, params=chosen, **tables).recommend(events)
    lists = found.group_by("user_id", maintain_order=True).agg("vacancy_id")
    keys = rows.select(pl.concat_str("user_id", "session_id", separator="/"))["user_id"]
    assert lists["user_id"].to_list() == keys.to_list()
    assert lists["vacancy_id"].to_list() == expected.to_list()
    assert found["score"].is_not_null().all()


def test_scores_fall_where_nothing_is_put_last(artifacts: Path) -> None:
    keep = {"response": "keep", "view": "keep", "favourite": "keep"}
    chosen = params(predict={"fallback": "never", "seen": keep})
    found = Recommender.load(artifacts, params=chosen).recommend(events_of(artifacts)[1], k=30)
    steps = found.select(pl.col("score").diff().over("user_id"))["score"]
    assert (steps.drop_nulls() <= 0).all()
    assert found.group_by("user_id").agg(pl.col("rank").max())["rank"].unique().to_list() == [30]


def test_a_baseline_that_ranks_gives_no_scores(artifacts: Path, tmp_path: Path) -> None:
    shutil.copytree(artifacts, tmp_path, dirs_exist_ok=True)
    file = tmp_path / "model" / "calibration.json"
    found = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(found | {"answers": "last_viewed"}), encoding="utf-8")
    recommender = Recommender.load(tmp_path, params=params())
    assert recommender.answers == "last_viewed"
    seen = recommender.vacancies[5]
    table = recommender.recommend([view(seen) | {"action_dt": EARLY}], k=5)
    assert table.columns == ["rank", "vacancy_id", "score"]
    assert table["vacancy_id"][0] == seen
    assert table["score"].to_list() == [None] * 5


def view(vacancy: str, minutes: int = 0, **more: Any) -> dict[str, Any]:
    when = NOON + timedelta(minutes=minutes)
    return {"vacancy_id": vacancy, "action_type": "view", "action_dt": when, **more}


def test_nobody_and_the_unknown_get_an_answer(recommender: Recommender) -> None:
    known = recommender.vacancies[7]
    found = recommender.recommend(
        {"new": [], "strange": [view("no such vacancy")], "usual": [view(known)]}, k=10
    )
    assert found["user_id"].to_list() == ["new"] * 10 + ["strange"] * 10 + ["usual"] * 10
    for _, own in found.group_by("user_id"):
        assert own["vacancy_id"].n_unique() == 10
        assert own["vacancy_id"].is_in(recommender.vacancies.implode()).all()
    alone = recommender.recommend([], k=10)
    assert alone["vacancy_id"].to_list() == found["vacancy_id"].to_list()[:10]
    assert recommender.recommend({}, k=10).is_empty()


def test_artifacts_are_answered_from_on_a_machine_with_a_gpu(
    artifacts: Path, recommender: Recommender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`meta` stands for a GPU: its tensors are no arrays either."""
    monkeypatch.setattr(loaded_model, "device", lambda: torch.device("meta"))
    found = Recommender.load(artifacts, params=params())
    assert found.recommend([], k=5).equals(recommender.recommend([], k=5))


def test_who_has_nothing_left_gets_no_reasons_either(artifacts: Path) -> None:
    """Of a person who responded to the only vacancy allowed; others get theirs."""
    hide = {"response": "hide", "view": "keep", "favourite": "keep"}
    chosen = params(predict={"fallback": "never", "seen": hide})
    found = Recommender.load(artifacts, params=chosen)
    only = found.vacancies[0]
    people = {"done": [view(only, action_type="response")], "new": [view(found.vacancies[1])]}
    table = found.recommend(people, allow=[only], explain=True)
    assert table["user_id"].to_list() == ["new"]
    assert table["reasons"].list.len().min()
    assert found.recommend(people["done"], allow=[only], explain=True).is_empty()


def test_other_people_change_nothing_of_an_answer(recommender: Recommender) -> None:
    ids = recommender.vacancies
    some = {f"u{n}": [view(ids[n + m], 50 * m) for m in range(n)] for n in range(6)}
    together = recommender.recommend(some, k=20)
    for user, events in some.items():
        own = recommender.recommend(events, k=20)["vacancy_id"]
        assert own.to_list() == together.filter(pl.col("user_id") == user)["vacancy_id"].to_list()


def test_events_after_the_question_do_not_count(recommender: Recommender) -> None:
    ids = recommender.vacancies
    early, late = view(ids[3], 0), view(ids[9], 60)
    asked = NOON + timedelta(minutes=10)
    found = recommender.recommend([early, late], k=20, at=asked)
    assert found.equals(recommender.recommend([early], k=20, at=asked))


def test_threads_get_the_answers_of_one(recommender: Recommender) -> None:
    ids = recommender.vacancies
    asked = [([view(ids[n], n)], 5 + n) for n in range(12)]
    expected = [recommender.recommend(events, k) for events, k in asked]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda one: recommender.recommend(*one), asked))
    assert all(one.equals(other) for one, other in zip(found, expected, strict=True))


def test_what_cannot_be_meant_is_refused(recommender: Recommender, tmp_path: Path) -> None:
    with pytest.raises(HhrecError, match="k: expected 1 or more"):
        recommender.recommend([], k=0)
    with pytest.raises(MissingInputError, match="none"):
        Recommender.load(tmp_path / "nowhere")
    with pytest.raises(MissingInputError, match=r"config\.json"):
        Recommender.load(tmp_path)
