"""A real model behind the server: its answers are those of `hhrec predict`."""

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from stages import predict
from stages.bundle import extension
from stages.interface.errors import HhrecError
from stages.recommend.answers import Query, Rules
from stages.recommend.engine import Engine as Core
from stages.recommend.recommender import Recommender
from stages.serve.engine import Wanted
from stages.serve.recommender_engine import RecommenderEngine, books_of, loader
from tests.worlds.little_model import answering, served, settings
from tests.worlds.serve_world import Shelf, asked, view

KEYS = ["user_id", "session_id"]
NEW = {"vacancy_id": "new", "name": "Cook"}


@pytest.fixture(scope="module")
def paths(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A directory of artifacts: the little model, and links to the rest."""
    out = tmp_path_factory.mktemp("served")
    root = served(small_artifacts, out / "artifacts")
    names = {"model": "model", "sequences": "sequences", "features": "features"}
    found = {name: root / file for name, file in (names | {"vocab": "vocab.parquet"}).items()}
    return {"root": root, "raw": root / "raw", **found}


@pytest.fixture(scope="module")
def engine(paths: dict[str, Path]) -> RecommenderEngine:
    found = loader(paths["raw"] / "vacancies.parquet")(paths["root"])
    assert isinstance(found, RecommenderEngine)
    return found


def test_answers_are_those_of_predict(
    engine: RecommenderEngine, paths: dict[str, Path], small_artifacts: Path, tmp_path: Path
) -> None:
    given = {name: paths[name] for name in ("model", "sequences", "features", "vocab")}
    predict.run(settings(k=30), **given, out=tmp_path / "p.parquet")
    expected = pl.read_parquet(tmp_path / "p.parquet")
    rows = pl.read_parquet(small_artifacts / "sequences" / "test" / "*.parquet")
    until = rows.select(*KEYS, until="asked_at")
    events = pl.read_parquet(small_artifacts / "events" / "*.parquet")
    people = {}
    for user, session, end in until.iter_rows():
        own = events.filter((pl.col("user_id") == user) & (pl.col("action_dt") <= end)).sort(
            "action_dt", "session_id", "position"
        )
        people[f"{user}/{session}"] = [
            {
                "vacancy_id": one["vacancy_id"],
                "action_type": one["action_type"],
                "action_dt": one["action_dt"].isoformat(),
                "session_id": one["session_id"],
            }
            for one in own.iter_rows(named=True)
        ]
    (tmp_path / "bundle").mkdir()
    found = {}
    with asked(tmp_path / "bundle", Shelf(engine)).client as client:
        names = list(people)
        for start in range(0, len(names), 50):
            some = {name: people[name] for name in names[start : start + 50]}
            answer = client.post("/recommend", json={"people": some, "k": 30})
            assert answer.status_code == 200, answer.text
            for one in answer.json()["people"]:
                found[one["user_id"]] = [x["vacancy_id"] for x in one["vacancies"]]
    for user, session, ids in expected.select(*KEYS, "predictions").iter_rows():
        assert found[f"{user}/{session}"] == ids


def test_reasons_for_the_first_of_a_list(engine: RecommenderEngine) -> None:
    seen = engine.recommend([Wanted(k=3)])[0].vacancies[2].vacancy_id
    wanted = Wanted(events=[event_of(seen)], k=30, explain=True)
    found = engine.recommend([wanted])[0].vacancies
    assert all(one.reasons for one in found[:20])
    assert not any(one.reasons for one in found[20:])
    own = next(one for one in found if one.vacancy_id == seen)
    assert any("viewed it" in str(reason["text"]) for reason in own.reasons)
    for one in found[:20]:
        assert sum(one.parts.values()) == pytest.approx(one.score, abs=1e-3)
    ruled = Wanted(events=[event_of(seen)], k=5, explain=True, where=("employment=part",))
    others = engine.recommend([ruled])[0].vacancies
    assert all(one.reasons for one in others)


def event_of(vacancy: str) -> dict[str, object]:
    """An event as a body that was checked holds it."""
    return view(vacancy) | {"action_dt": datetime.fromisoformat("2024-05-01T12:00:00")}


def test_facts_fields_and_the_like(engine: RecommenderEngine) -> None:
    first, second = engine.recommend([Wanted(k=2)])[0].vacancies
    facts = engine.facts([first.vacancy_id, "nowhere"])
    assert list(facts) == [first.vacancy_id]
    assert "name" in facts[first.vacancy_id]
    assert "description" not in facts[first.vacancy_id]
    fields = engine.fields()
    assert sum(count for _, count in fields["employment"]) == len(engine) == 300
    found = engine.similar(second.vacancy_id, 5)
    assert len(found) == 5
    assert second.vacancy_id not in [one.vacancy_id for one in found]
    with pytest.raises(HhrecError, match="unknown"):
        engine.similar("nowhere", 5)


def test_the_heuristic_is_the_best_on_the_validation_rows(engine: RecommenderEngine) -> None:
    events = [event_of(engine.recommend([Wanted(k=9)])[0].vacancies[8].vacancy_id)]
    name, (first, second) = engine.heuristic([Wanted(events=events, k=7), Wanted(k=7)])
    assert len(first) == len(second) == 7
    if name.startswith("last_viewed"):
        assert first[0].vacancy_id == events[0]["vacancy_id"]


def test_a_fault_of_the_caller_names_the_field(engine: RecommenderEngine, tmp_path: Path) -> None:
    (tmp_path / "bundle").mkdir()
    with asked(tmp_path / "bundle", Shelf(engine)).client as client:
        for more, field in (
            ({"where": ["salary=1"]}, ["body", "where"]),
            ({"where": ["employment>=1"]}, ["body", "where"]),
            ({"max_per": {"salary": 1}}, ["body", "max_per"]),
            ({"allow": ["nowhere"]}, ["body"]),
        ):
            answer = client.post("/recommend", json={"events": [], **more})
            assert answer.status_code == 422, answer.text
            assert answer.json()["detail"][0]["loc"] == field


def test_a_new_vacancy_has_the_vector_of_its_content(
    engine: RecommenderEngine, paths: dict[str, Path]
) -> None:
    """Twins of vacancies that no event trained: the same vectors, and no other answer changes."""
    catalogue = pl.read_parquet(paths["raw"] / "vacancies.parquet").unique("vacancy_id")
    names = pl.read_parquet(paths["vocab"])
    old = names.filter(~pl.col("trained")).join(catalogue, on="vacancy_id").head(7)
    assert len(old) > 3
    twins = catalogue.join(old.select("vacancy_id"), on="vacancy_id", maintain_order="right")
    rows = twins.with_columns(vacancy_id="new-" + pl.col("vacancy_id")).to_dicts()
    wider = engine.extended([*rows, {"vacancy_id": names["vacancy_id"][0], "name": "known"}])
    assert len(wider) == len(engine) + len(old)
    content = wider._own.content
    items = content.ids.items([row["vacancy_id"] for row in rows])
    first = content.ids.items([row["vacancy_id"].removeprefix("new-") for row in rows])
    assert (items > len(engine)).all()
    for told in (content.matrix.exact[:, :-2], content.tower.biases):
        assert (told[items - 3] - told[first - 3]).abs().max() < 1e-5  # another order of sums
    assert wider.facts([rows[0]["vacancy_id"]])[rows[0]["vacancy_id"]]["name"] == rows[0]["name"]

    seen = [event_of(one.vacancy_id) for one in engine.recommend([Wanted(k=4)])[0].vacancies]
    for events in ([], seen, [*seen, event_of(rows[0]["vacancy_id"])]):
        before = engine.recommend([Wanted(events=events, k=50)])[0].vacancies
        deny = frozenset(row["vacancy_id"] for row in rows)
        after = wider.recommend([Wanted(events=events, k=50, deny=deny)])[0].vacancies
        assert len(after) == 50
        if len(events) > len(seen):
            continue  # to the old one the newest is unknown
        assert [one.vacancy_id for one in before] == [one.vacancy_id for one in after]
    only = Wanted(events=seen, k=3, allow=deny, explain=True)
    found = wider.recommend([only])[0].vacancies
    assert {one.vacancy_id for one in found} <= deny
    assert all(one.reasons for one in found)
    own = [event_of(rows[0]["vacancy_id"])]
    assert wider.recommend([Wanted(events=own, k=1)])[0].vacancies[0].vacancy_id
    assert wider.heuristic([Wanted(events=own, k=3)])[1][0]
    assert wider.similar(rows[0]["vacancy_id"], 3)[0].score == pytest.approx(1, abs=1e-5)
    many = wider.recommend([Wanted(events=own, k=20)] * 20)
    assert [one.vacancy_id for one in many[0].vacancies] == [
        one.vacancy_id for one in many[19].vacancies
    ]


def test_a_new_vacancy_beside_a_catalogue_with_columns_of_its_own(
    paths: dict[str, Path], tmp_path: Path
) -> None:
    catalogue = pl.read_parquet(paths["raw"] / "vacancies.parquet").with_columns(
        pl.lit("Bakery").alias("company.name")
    )
    catalogue.write_parquet(tmp_path / "vacancies.parquet")
    wider = loader(tmp_path / "vacancies.parquet")(paths["root"]).extended([NEW])
    assert len(wider.recommend([Wanted(k=3)])[0].vacancies) == 3
    facts = wider.facts(["new"])["new"]
    assert (facts["name"], facts["company.name"]) == ("Cook", None)
    assert wider.recommend([Wanted(k=3, max_per=(("company.name", 1),))])[0].vacancies


def test_what_the_bundle_withdrew_is_back_once_it_is_added(engine: RecommenderEngine) -> None:
    first, second, third = (one.vacancy_id for one in engine.recommend([Wanted(k=3)])[0].vacancies)
    content = engine._own.content
    gone = replace(content, withdrawn=content.ids.items([first, second]).astype(np.int64))
    without = RecommenderEngine(Recommender(Core(gone)))
    asked = [Wanted(k=2)] * 20  # more than are answered one by one
    assert not {first, second} & {one.vacancy_id for one in without.recommend(asked)[0].vacancies}
    known = {"vacancy_id": first, "name": "known"}
    for more in ([known], [known, NEW]):
        back = without.extended(more)
        ids = [one.vacancy_id for one in back.recommend(asked)[0].vacancies]
        assert ids[0] == first
        assert second not in ids
        assert not {first, second} & {
            one.vacancy_id for one in without.recommend(asked)[0].vacancies
        }
    assert without.extended([{"vacancy_id": third, "name": "known"}]) is without


def test_who_answers_before_and_after_a_vacancy_is_back_spoils_nothing_of_each_other(
    engine: RecommenderEngine,
) -> None:
    """They share the vectors, in which a ranker writes what demand says at its moment."""
    content = engine._own.content
    before = replace(content, withdrawn=content.ids.items([content.ids.names[0]]).astype(np.int64))
    after = extension.returned(before, before.withdrawn)
    assert not len(after.withdrawn)
    early, late = (
        [Query(k=50, at=datetime.fromisoformat(f"{day}T12:00:00"))] * 20
        for day in ("2023-11-03", "2023-11-13")
    )
    old, new = Recommender(Core(before)), Recommender(Core(after))
    expected = old.answer(early)[0]
    assert new.answer(late)[0].scores != expected.scores
    assert old.answer(early)[0] == expected


@pytest.mark.parametrize("who", ["popular", "last_viewed_then_als"])
def test_a_new_vacancy_where_a_baseline_answers(
    engine: RecommenderEngine, paths: dict[str, Path], who: str
) -> None:
    given = engine._own.content
    loaded, params = answering(given.loaded, who, lag=10**18), settings(fallback="auto")
    content = replace(given, loaded=loaded, params=params)
    rows = extension.frame([NEW, NEW | {"vacancy_id": "newer"}])
    wider = extension.extended(content, rows, books_of(paths["root"]))
    (whole,) = Recommender(Core(wider)).answer([Query(k=len(engine) + 2)])
    assert whole.answered_by == who
    assert whole.ids[-2:] == ["new", "newer"]
    (only,) = Recommender(Core(wider)).answer([Query(rules=Rules(allow=["newer"]), explain=True)])
    assert only.ids == ["newer"]
    assert only.reasons[0].place is not None


def test_without_the_models_books_nothing_is_added(
    engine: RecommenderEngine, tmp_path: Path
) -> None:
    rows = extension.frame([{"vacancy_id": "new", "name": "Cook"}])
    with pytest.raises(HhrecError, match="not the code books"):
        extension.extended(engine._own.content, rows, tmp_path / "books")
    assert books_of(tmp_path / "model") == tmp_path / "features" / "books"


def test_who_answered_is_told_of_each_history(engine: RecommenderEngine) -> None:
    content = engine._own.content
    loaded = answering(content.loaded, "last_viewed", lag=0)
    content = replace(content, loaded=loaded, params=settings(fallback="auto"))
    found = RecommenderEngine(Recommender(Core(content)))
    seen = content.ids.names[0]
    soon, late = event_of(seen), event_of(seen)
    soon["action_dt"] = datetime.fromisoformat("2000-01-01T12:00:00")
    first, second = found.recommend([Wanted([soon]), Wanted([late])])
    assert (first.answered_by, second.answered_by) == ("last_viewed", "model as trained")
    assert first.vacancies[0].score is None
    assert second.vacancies[0].score is not None
    assert found.answers == "last_viewed"
