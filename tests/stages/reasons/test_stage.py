"""Explanations: parts that add up, events that change the place as told."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages import predict
from stages.core.item_ids import FIRST_ITEM
from stages.interface.errors import HhrecError
from stages.loaders.rank_queries import asked_rows
from stages.predict import loaded_model
from stages.reasons import events, stage, words
from stages.reasons.explainer import LISTS, SHOWN, Explainer
from stages.rules import facts as catalogue_facts
from tests.worlds.little_model import answering, settings, trained

K = 10
LONG = 10**18  # microseconds after the log's end, within which all rows are asked


@pytest.fixture(scope="module")
def paths(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return trained(small_artifacts, tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="module")
def rows(small_artifacts: Path) -> pl.DataFrame:
    found = pl.read_parquet(small_artifacts / "sequences" / "test" / "*.parquet")
    return found.filter(pl.col("items").list.len() > 2).head(6)


@pytest.fixture(scope="module")
def facts(small_artifacts: Path, loaded: loaded_model.LoadedModel) -> pl.DataFrame:
    file = small_artifacts / "raw" / "vacancies.parquet"
    return catalogue_facts.read(file, loaded.names, SHOWN)


@pytest.fixture(scope="module")
def loaded(paths: dict[str, Path]) -> loaded_model.LoadedModel:
    return loaded_model.load(**paths)


@pytest.mark.parametrize("who", ["as trained", "model", "popular"])
@pytest.mark.parametrize("held_out", [False, True])
def test_parts_add_up_to_the_score_that_ranked_it(loaded, rows, facts, who, held_out) -> None:
    explainer = Explainer(answering(loaded, who), settings(), facts, held_out)
    for number in range(0, len(rows), 3):
        row = rows[number : number + 1]
        who_ranks = explainer.answerers(row)
        lists = who_ranks.order.to_depth(np.arange(1), 300)
        scores = dict(zip(lists.items[0].tolist(), lists.scores[0].tolist(), strict=True))
        every = list(range(FIRST_ITEM, FIRST_ITEM + 300))
        for found in explainer.explain(row, every, what_if=False):
            item = stage.item_of(loaded.names, found.vacancy_id, Path("vocab"))
            if found.place is None:
                assert item not in scores
                continue
            assert lists.items[0, found.place - 1] == item
            assert found.score == pytest.approx(scores[item], abs=1e-3)
            assert sum(found.parts.values()) == pytest.approx(found.score, abs=1e-3)
            assert sum(found.groups.values()) == pytest.approx(found.score, abs=1e-3)


def test_the_first_k_are_those_that_predict_writes(paths, rows, tmp_path) -> None:
    predict.run(settings(), **paths, out=tmp_path / "p.parquet")
    written = pl.read_parquet(tmp_path / "p.parquet")
    for user, session in rows.select("user_id", "session_id").head(3).iter_rows():
        report = stage.run(settings(), **paths, user=user, session=session, what_if=False)
        expected = written.filter(pl.col("user_id") == user, pl.col("session_id") == session)
        assert [one.vacancy_id for one in report.vacancies] == expected["predictions"][0].to_list()
        assert [one.rank for one in report.vacancies] == list(range(1, K + 1))


@pytest.mark.parametrize("who", ["as trained", "model", "last_viewed"])
def test_without_the_event_named_place_and_score_are_those_told(loaded, rows, facts, who) -> None:
    """The history is cut by hand, and ranked as any other row."""
    explainer = Explainer(answering(loaded, who), settings(), facts)
    told = moved = 0
    for number in range(3):
        row = rows[number : number + 1]
        for found in explainer.explain(row, k=4):
            item = stage.item_of(loaded.names, found.vacancy_id, Path("vocab"))
            for reason in found.reasons:
                if reason.vacancy_id is None:
                    assert reason.without is None
                    continue
                gone = stage.item_of(loaded.names, reason.vacancy_id, Path("vocab"))
                kept = np.flatnonzero(row["items"][0].to_numpy() != gone)
                cut = row.with_columns(
                    pl.Series(name, [row[name][0].gather(kept)], dtype=row.schema[name])
                    for name in LISTS
                )
                assert reason.without is not None
                lists = explainer.answerers(cut).order.to_depth(np.arange(1), 300)
                place = lists.items[0].tolist().index(item) + 1
                assert reason.without.place == place
                assert reason.without.score == pytest.approx(lists.scores[0, place - 1], abs=1e-3)
                told += 1
                moved += place > found.place
    assert told
    assert moved


def test_the_neighbours_named_say_what_the_model_is_told(loaded, rows) -> None:
    checked = 0
    for number in range(len(rows)):
        asked = asked_rows(rows[number : number + 1], 64, settings().predict.seen).rows
        batch = events.question(loaded.network, loaded.catalogue, asked, np.zeros(1, dtype=int))
        near, score = batch.near[0, 0].tolist(), batch.near_score[0, 0].tolist()
        for item, expected in zip(near, score, strict=True):
            found = events.neighbours(loaded.network, loaded.catalogue, asked, item) if item else []
            assert sum(weight for _, weight in found) == pytest.approx(expected, rel=1e-4, abs=1e-6)
            assert [weight for _, weight in found] == sorted(
                (weight for _, weight in found), reverse=True
            )
            checked += bool(item)
    assert checked


def test_a_description_alone_speaks_for_what_the_person_has_not_met_and_the_model_ranks(
    loaded, rows, facts
) -> None:
    demand = loaded.catalogue.demand.before
    unmet = [item for item in range(FIRST_ITEM, len(demand)) if not int(demand[item, -1])]
    row = rows[:1]
    own = row.with_columns(
        pl.Series("items", [[unmet[0]] * len(row["items"][0])], row.schema["items"])
    )

    def said(who: str, asked: pl.DataFrame) -> str:
        explainer = Explainer(answering(loaded, who, lag=LONG), settings(), facts)
        (found,) = explainer.explain(asked, unmet[:1], what_if=False)
        return next(one.text for one in found.reasons if one.kind == "demand")

    assert said("model", row) == "nobody had met it yet: its description alone speaks for it"
    assert said("model", own) == "nobody else had met it yet"
    assert said("last_viewed", row) == "nobody had met it yet"


@pytest.mark.parametrize("who", ["popular", "item_knn", "last_viewed_then_als"])
def test_places_in_plain_lists_are_those_of_the_lists_themselves(loaded, rows, who) -> None:
    """Not those behind other lists: without a history only `popular` has a list."""
    none = [pl.Series(name, [[]], rows.schema[name]) for name in LISTS]
    explainer = Explainer(answering(loaded, who, lag=LONG), settings())
    for row in (rows[:1], rows[:1].with_columns(none)):
        ranks = loaded.learned(settings()).ranks(row)
        for found in explainer.explain(row, what_if=False):
            item = stage.item_of(loaded.names, found.vacancy_id, Path("vocab"))
            own = ranks.of(np.zeros(1, dtype=int), np.array([item]))[0].astype(int).tolist()
            expected = words.listed(dict(zip(loaded.calibration.heuristics, own, strict=True)))
            told = [one.text for one in found.reasons if one.kind == "lists"]
            assert told == expected
            if not row["items"][0].len():
                assert not [text for text in told if "people" in text]


def test_without_titles_vacancies_are_named_by_their_ids(loaded, rows, facts) -> None:
    explainer = Explainer(loaded, settings(), facts.drop("name"))
    for found in explainer.explain(rows[:1], k=3, what_if=False):
        assert found.name is None
        assert found.reasons
    assert explainer.name(FIRST_ITEM) == loaded.names["vacancy_id"][0]
    assert events.title(FIRST_ITEM, facts) == facts["name"][0]
    assert events.title(FIRST_ITEM, None) is None


def test_the_vacancy_most_alike_is_of_the_history_and_shares_what_is_told(facts) -> None:
    table = pl.DataFrame(
        {
            "name": ["a", "b", "c", "d"],
            "company.id": ["1", "1", "2", None],
            "area.id": ["5", "6", "5", None],
            "area.regionId": ["5", "6", "5", None],
            "workSchedule": ["x", "x", "x", "x"],
            "workExperience": [None, None, None, None],
        }
    )
    history = [events.Touch(item, 2, None) for item in (1, 4, 5, 6, 3)]
    assert events.alike(3, history, table) == (5, ["area.id", "area.regionId", "workSchedule"])
    assert events.alike(3, history[:2], table) == (4, ["company.id", "workSchedule"])
    assert events.alike(6, history, table) is None
    assert events.alike(3, history, None) is None
    assert facts.columns == list(SHOWN)


def test_unknown_people_sessions_and_vacancies_are_named(paths, rows) -> None:
    with pytest.raises(HhrecError, match="no row of user 'nobody'"):
        stage.run(settings(), **paths, user="nobody")
    user = rows["user_id"][0]
    with pytest.raises(HhrecError, match="and session 'x'"):
        stage.run(settings(), **paths, user=user, session="x")
    with pytest.raises(HhrecError, match="no vacancy 'x'"):
        stage.run(settings(), **paths, user=user, vacancies=["x"])
