"""The predict stage: the seen policy, empty contexts, few candidates, other books."""

import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from stages import predict, train
from stages.core.keys import KEYS
from stages.interface.errors import HhrecError
from stages.params import Params, validated

TINY = {"hidden_size": 16, "heads": 2, "layers": 1, "epochs": 1, "tracker": "none"}


def params(**sections: Any) -> Params:
    return validated({"train": TINY, **sections}, where="test")


@pytest.fixture(scope="module")
def model(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("model")
    train.run(
        params(),
        sequences=small_artifacts / "sequences",
        features=small_artifacts / "features",
        vocab=small_artifacts / "vocab.parquet",
        out=out / "model",
        checkpoints=out / "checkpoints",
    )
    return out / "model"


def answers(artifacts: Path, model: Path, out: Path, settings: Params, **more: Any) -> pl.DataFrame:
    paths = {
        "sequences": artifacts / "sequences",
        "features": artifacts / "features",
        "vocab": artifacts / "vocab.parquet",
    }
    predict.run(settings, model=model, out=out / "p.parquet", **paths | more)
    return pl.read_parquet(out / "p.parquet")


def contexts(artifacts: Path) -> pl.DataFrame:
    """Vacancies each test row's user responded to, and those only seen."""
    names = pl.read_parquet(artifacts / "vocab.parquet").select("item", "vacancy_id")
    return (
        pl.read_parquet(artifacts / "sequences" / "test" / "*.parquet")
        .select(*KEYS, "items", "actions")
        .explode("items", "actions", empty_as_null=False)
        .join(names, left_on="items", right_on="item")
        .group_by(KEYS)
        .agg(
            responded=pl.col("vacancy_id").filter(pl.col("actions") == 1).unique(),
            touched=pl.col("vacancy_id").unique(),
        )
    )


def test_responded_vacancies_come_last_and_hidden_ones_not_at_all(
    small_artifacts: Path, model: Path, tmp_path: Path
) -> None:
    rows = answers(small_artifacts, model, tmp_path, params()).join(
        contexts(small_artifacts), on=KEYS
    )
    late = 0
    for found, responded in rows.select("predictions", "responded").iter_rows():
        inside = [vacancy in set(responded) for vacancy in found]
        assert inside == sorted(inside)
        late += sum(inside)
    assert late > 0
    nothing_seen = {"seen": {"response": "hide", "view": "hide", "favourite": "hide"}}
    hidden = answers(small_artifacts, model, tmp_path, params(predict=nothing_seen))
    joined = hidden.join(contexts(small_artifacts), on=KEYS)
    for found, touched in joined.select("predictions", "touched").iter_rows():
        assert not set(found) & set(touched)


def test_k_beyond_the_catalogue_returns_all_of_it_once(
    small_artifacts: Path, model: Path, tmp_path: Path
) -> None:
    found = answers(small_artifacts, model, tmp_path, params(predict={"k": 1_000}))
    assert set(found["predictions"].list.len()) == {300}
    assert set(found["predictions"].list.n_unique()) == {300}


def test_an_empty_context_gets_an_answer(
    small_artifacts: Path, model: Path, tmp_path: Path
) -> None:
    other = tmp_path / "sequences"
    shutil.copytree(small_artifacts / "sequences", other)
    for file in (other / "test").glob("*.parquet"):
        rows = pl.read_parquet(file)
        lists = ["items", "actions", "times", "sessions"]
        emptied = [pl.col(name).list.head(0) for name in lists]
        moment = pl.lit(None).cast(pl.Datetime("us")).alias("asked_at")
        rows.with_columns(*emptied, moment).write_parquet(file)
    found = answers(small_artifacts, model, tmp_path, params(), sequences=other)
    assert found["predictions"].list.len().to_list() == [100] * len(found)
    assert found["predictions"].n_unique() == 1  # nothing known: one answer for all


def test_settings_of_speed_change_no_answer(
    small_artifacts: Path, model: Path, tmp_path: Path
) -> None:
    found = [
        answers(small_artifacts, model, tmp_path, params(predict=settings))
        for settings in (
            {"batch_rows": 1, "precision": "no"},
            {"batch_rows": 512, "precision": "no"},
            {"batch_rows": 512, "precision": "bf16"},
        )
    ]
    assert found[1].equals(found[0])
    assert found[2].equals(found[0])


def test_an_allow_list_is_all_that_is_recommended(
    small_artifacts: Path, model: Path, tmp_path: Path
) -> None:
    names = pl.read_parquet(small_artifacts / "vocab.parquet").sort("item")["vacancy_id"]
    wanted = names.gather([0, 7, 7, 250])
    text, table = tmp_path / "allow.txt", tmp_path / "allow.parquet"
    text.write_text("\n".join([*wanted, "", " no-such-id "]), encoding="utf-8")
    wanted.to_frame("vacancy_id").write_parquet(table)
    paths = {"sequences": small_artifacts / "sequences", "features": small_artifacts / "features"}
    for file, unknown in ((text, 1), (table, 0)):
        report = predict.run(
            params(), model=model, vocab=small_artifacts / "vocab.parquet",
            out=tmp_path / "p.parquet", allow=file, **paths,
        )  # fmt: skip
        assert (report.allow_unknown, report.candidates, report.catalogue) == (unknown, 3, 300)
        found = pl.read_parquet(tmp_path / "p.parquet")["predictions"]
        assert {frozenset(row) for row in found.to_list()} == {frozenset(wanted)}
        assert (report.fewest, report.most) == (3, 3)


def test_an_active_vacancy_has_a_recent_event_or_none(
    small_artifacts: Path, model: Path, tmp_path: Path
) -> None:
    settings = params(predict={"candidates": "active", "active_days": 1, "k": 300})
    found = answers(small_artifacts, model, tmp_path, settings)
    names = pl.read_parquet(small_artifacts / "vocab.parquet").select("item", "vacancy_id")
    rows = pl.read_parquet(small_artifacts / "sequences" / "test" / "*.parquet")
    learnt = pl.read_parquet(small_artifacts / "sequences" / "train" / "*.parquet")
    events = [
        frame.select("items", "times").explode("items", "times", empty_as_null=False)
        for frame in (learnt, rows)
    ]
    log = pl.concat(events).join(names, left_on="items", right_on="item")
    left_out = 0
    for asked_at, predictions in (
        rows.join(found, on=KEYS).select("asked_at", "predictions").iter_rows()
    ):
        midnight = asked_at.replace(hour=0, minute=0, second=0, microsecond=0)
        before = log.filter(pl.col("times") < midnight)
        recent = before.filter(pl.col("times") >= midnight - timedelta(days=1))
        over = set(before["vacancy_id"]) - set(recent["vacancy_id"])
        returned = set(predictions) & over
        own = log.filter(pl.col("times") >= midnight, pl.col("times") <= asked_at)
        assert returned <= set(own["vacancy_id"])  # revived by the row itself on that day
        assert set(names["vacancy_id"]) - over <= set(predictions)
        left_out += len(over)
    assert left_out > 0


def test_other_books_are_refused(small_artifacts: Path, model: Path, tmp_path: Path) -> None:
    other = tmp_path / "features"
    shutil.copytree(small_artifacts / "features", other)
    books = json.loads((other / "books" / "books.json").read_text(encoding="utf-8"))
    books["rates"]["USD"] = 1.0
    (other / "books" / "books.json").write_text(json.dumps(books), encoding="utf-8")
    with pytest.raises(HhrecError, match="was trained with") as caught:
        answers(small_artifacts, model, tmp_path, params(), features=other)
    assert "features build --books" in caught.value.hint
