"""A bundle answers as `hhrec predict`: one history at a time, many at once, and under rules."""

import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

import hhrec
from stages import predict
from stages.bundle import stage as bundle
from stages.interface.errors import HhrecError
from stages.predict import loaded_model
from stages.predict.list_rules import ListRules, unit_vectors
from stages.recommend.answers import Answer, Query, Rules
from stages.recommend.engine import Engine
from stages.recommend.recommender import Recommender
from tests.worlds.served import KEEP, Served, settings, view

COMPANY = "company.id"
KINDS: dict[str, dict[str, Any]] = {
    "calibrated": {},
    "as trained": {},
    "active": {"candidates": "active", "active_days": 1},
    "hidden": {"seen": {"response": "hide", "view": "last", "favourite": "keep"}},
    "kept": {"seen": KEEP},
}


@pytest.fixture(scope="module")
def world(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A model and its bundle. Read it only."""
    found = Served(small_artifacts, tmp_path_factory.mktemp("served"))
    found.write()
    return found


@pytest.fixture(scope="module")
def recommender(world: Served) -> Recommender:
    return Recommender.load(world.path)


def queries_of(world: Served, recommender: Recommender, **more: Any) -> list[Query]:
    """Every test row as a question."""
    names = ["", "", "", *recommender.vacancies]
    found = []
    for row in world.rows().iter_rows(named=True):
        lists = (row[name] for name in ("items", "actions", "times", "sessions"))
        events = [
            {
                "vacancy_id": names[item] or "no such",
                "action_type": action,
                "action_dt": time,
                "session_id": f"{session:06}",
            }
            for item, action, time, session in zip(*lists, strict=True)
        ]
        found.append(Query(events, at=row["asked_at"], **more))
    return found


def predicted(world: Served, out: Path, params: Any, **rules: Any) -> list[list[str]]:
    predict.run(params, **world.paths, vacancies=world.vacancies, out=out, **rules)
    return pl.read_parquet(out)["predictions"].to_list()


@pytest.mark.parametrize("kind", KINDS)
def test_one_by_one_in_fives_and_together_as_predict(
    kind: str, world: Served, tmp_path: Path
) -> None:
    params, paths = settings(**KINDS[kind]), dict(world.paths)
    if kind == "as trained":
        paths["model"] = tmp_path / "model"
        shutil.copytree(world.paths["model"], paths["model"])
        (paths["model"] / "calibration.json").unlink()
    bundle.run(params, **paths, out=tmp_path / "bundle", vacancies=world.vacancies)
    predict.run(params, **paths, out=tmp_path / "p", scores=True)
    expected = pl.read_parquet(tmp_path / "p")
    from_files = Recommender.load(tmp_path / "bundle")
    queries = queries_of(world, from_files)
    together = from_files.answer(queries)
    alone = [from_files.answer([query])[0] for query in queries]
    fives = [from_files.answer(queries[start : start + 5]) for start in range(0, len(queries), 5)]
    few = [answer for some in fives for answer in some]
    beside = {name: paths[name] for name in ("sequences", "features", "vocab")}
    in_memory = Recommender.load(paths["model"], params=params, **beside)
    computed = [in_memory.answer([query])[0] for query in queries[:20]]
    for answers in (together, alone, few, computed):
        for one, ids, scores in zip(
            answers, expected["predictions"], expected["scores"], strict=False
        ):
            if kind != "active":  # of which rows ranked together know each other's events
                assert one.ids == ids.to_list()
                assert one.scores == pytest.approx(scores.to_list(), abs=1e-4)
    assert [one.ids for one in alone] == [one.ids for one in few]
    assert [one.ids for one in alone] == [one.ids for one in together] or kind == "active"
    assert {one.answered_by for one in alone} == {one.answered_by for one in together}


def test_active_alone_as_ranked_alone(
    world: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    params = settings(**KINDS["active"])
    bundle.run(params, **world.paths, out=tmp_path / "bundle")
    found = Recommender.load(tmp_path / "bundle")
    for query in queries_of(world, found)[:40]:
        rows = found._engine.content, found._asked(query.events, query.at)[1]
        slow = Engine(rows[0])
        monkeypatch.setattr(slow, "_few", lambda *_: None)
        expected = slow.answers(rows[1], 100, Rules())
        assert found.answer([query])[0].ids == expected[0].ids


RULES: list[dict[str, Any]] = [
    {"deny": 40},
    {"allow": 30},
    {"where": ["compensation.from>=30000", "employment=full"]},
    {"max_per": {COMPANY: 1}},
    {"max_per": {COMPANY: 2}, "where": ["employment=full"], "deny": 25},
]


def rule_files(rules: dict[str, Any], ids: pl.Series, out: Path) -> Iterator[tuple[str, Any]]:
    """The same rules as `predict` takes them."""
    for name in ("allow", "deny"):
        if name in rules:
            file = out / f"{name}.txt"
            file.write_text("\n".join(ids.head(rules[name])), encoding="utf-8")
            yield name, file
    yield "where", rules.get("where", ())
    yield "list_rules", ListRules(rules.get("max_per", {}))


@pytest.mark.parametrize("given", RULES)
def test_rules_as_predict(
    given: dict[str, Any], world: Served, recommender: Recommender, tmp_path: Path
) -> None:
    expected = predicted(
        world,
        tmp_path / "p",
        world.params,
        **dict(rule_files(given, recommender.vacancies, tmp_path)),
    )
    named = {
        name: recommender.vacancies.head(given[name]).to_list()
        for name in ("allow", "deny")
        if name in given
    }
    rules = Rules(**{**given, **named})
    queries = queries_of(world, recommender, rules=rules)
    alone = [recommender.answer([query])[0] for query in queries[:25]]
    together = recommender.answer(queries)
    assert [one.ids for one in together] == expected
    assert [one.ids for one in alone] == expected[:25]
    assert all(None not in one.scores for one in together)
    table = recommender.recommend(queries[0].events, at=queries[0].at, **{**given, **named})
    assert table["vacancy_id"].to_list() == expected[0]


def test_a_baseline_answers_as_predict_under_rules(world: Served, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(world.paths["model"], model)
    file = model / "calibration.json"
    found = json.loads(file.read_text(encoding="utf-8")) | {"answers": "last_viewed", "lag": 10**18}
    file.write_text(json.dumps(found), encoding="utf-8")
    paths, params = {**world.paths, "model": model}, settings(fallback="auto")
    bundle.run(params, **paths, out=tmp_path / "bundle", vacancies=world.vacancies)
    recommender = Recommender.load(tmp_path / "bundle")
    given: dict[str, Any] = {"where": ["employment=full"], "max_per": {COMPANY: 2}, "deny": 25}
    for rules in ({}, {"deny": 25}, given):
        files = dict(rule_files(rules, recommender.vacancies, tmp_path))
        predict.run(params, **paths, vacancies=world.vacancies, out=tmp_path / "p", **files)
        expected = pl.read_parquet(tmp_path / "p")["predictions"].to_list()
        denied = {"deny": recommender.vacancies.head(25).to_list()} if "deny" in rules else {}
        queries = queries_of(world, recommender, rules=Rules(**{**rules, **denied}))
        answers = recommender.answer(queries)
        assert [one.ids for one in answers] == expected
        assert {one.answered_by for one in answers} == {"last_viewed"}
        assert all(score is None for one in answers for score in one.scores)
        assert recommender.answer(queries[:1])[0] == answers[0]


def test_rules_that_cannot_be_met_are_refused(recommender: Recommender) -> None:
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"where": ["colour=red"]}, "no field 'colour'"),
        ({"max_per": {"colour": 1}}, "no field 'colour'"),
        ({"max_per": {COMPANY: 0}}, "expected 1 or more"),
        ({"where": ["employment=none such"]}, "no vacancy meets that"),
        ({"allow": ["no such"]}, "no vacancy is left"),
        ({"deny": recommender.vacancies.to_list()}, "no vacancy is left"),
    ]
    for rules, said in wrong:
        with pytest.raises(HhrecError, match=said):
            recommender.recommend([], **rules)
    denied = recommender.recommend([], deny=["no such"])
    assert denied.equals(recommender.recommend([]))


def test_mixed_questions_are_answered_in_their_order(recommender: Recommender) -> None:
    ids = recommender.vacancies
    queries = [
        Query([view(ids[number])], k=3 + number % 3, rules=Rules(deny=[ids[number % 2]]))
        for number in range(30)
    ]
    found = recommender.answer(queries)
    for query, answer in zip(queries, found, strict=True):
        assert isinstance(answer, Answer)
        assert answer.ids == recommender.answer([query])[0].ids
        assert len(answer.ids) == query.k
        assert not set(query.rules.deny) & set(answer.ids)
    assert recommender.answer([]) == []


def test_threads_mix_one_many_and_reasons(recommender: Recommender) -> None:
    ids = recommender.vacancies
    one = [Query([view(ids[number])], k=5) for number in range(8)]
    many = [Query([view(ids[number])], k=5) for number in range(20)]
    reasons = [Query([view(ids[3])], k=2, explain=True)]
    asked = [one, many, reasons, one[:1]] * 3
    expected = [recommender.answer(queries) for queries in asked]
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(recommender.answer, asked))
    assert [[one.ids for one in some] for some in found] == [
        [one.ids for one in some] for some in expected
    ]


def test_reasons_are_of_the_places_they_stand_beside(recommender: Recommender) -> None:
    first = recommender.vacancies[0]
    events = [view(first), view(first, 5)]
    table = recommender.recommend(events, k=4, explain=True)
    assert table.columns == ["rank", "vacancy_id", "score", "reasons"]
    assert all(table["reasons"].list.len() > 0)
    answer = recommender.answer([Query(events, k=4, explain=True)])[0]
    assert [one.vacancy_id for one in answer.reasons] == answer.ids
    for why, score in zip(answer.reasons, answer.scores, strict=True):
        assert sum(why.groups.values()) == pytest.approx(score, abs=1e-3)
    told = recommender.explain(events, [first])[0].reasons[0]
    assert told.text == "you viewed it twice on the same day and have not responded"
    assert told.without is not None
    assert [one.vacancy_id for one in recommender.explain(events, k=3)] == answer.ids[:3]
    with pytest.raises(HhrecError, match="unknown"):
        recommender.explain(events, ["no such"])


def test_what_is_like_a_vacancy(world: Served, recommender: Recommender) -> None:
    loaded = loaded_model.load(**world.paths)
    vectors = unit_vectors(loaded.ranker(world.params))[3:].astype(np.float64)
    ids = recommender.vacancies.to_list()
    for place in (0, 7, 250):
        cosines = vectors @ vectors[place]
        cosines[place] = -2
        order = sorted(range(len(ids)), key=lambda one: -cosines[one])[:5]
        found = recommender.similar(ids[place], 5)
        assert found["vacancy_id"].to_list() == [ids[one] for one in order]
        assert found["score"].to_list() == pytest.approx(cosines[order].tolist(), abs=1e-5)
    near = recommender.similar(ids[0], 500)
    assert near.height == len(ids) - 1
    denied = recommender.similar(ids[0], 3, deny=[near["vacancy_id"][0]])
    assert denied["vacancy_id"].to_list() == near["vacancy_id"].to_list()[1:4]
    with pytest.raises(HhrecError, match="unknown"):
        recommender.similar("no such")
    with pytest.raises(HhrecError, match="expected 1 or more"):
        recommender.similar(ids[0], 0)


def test_facts_for_display(world: Served, recommender: Recommender) -> None:
    catalogue = {row["vacancy_id"]: row for row in pl.read_parquet(world.vacancies).to_dicts()}
    ids = [recommender.vacancies[5], "no such", recommender.vacancies[0]]
    found = recommender.describe(ids)
    assert found[1] == {"vacancy_id": "no such"}
    for place in (0, 2):
        expected = {k: v for k, v in catalogue[ids[place]].items() if k != "description"}
        assert found[place] == expected
    assert COMPANY in recommender.fields
    assert recommender.info["kind"] == "bundle"
    assert recommender.info["vacancies"] == len(recommender.vacancies)


def test_a_bundle_takes_other_parameters_and_another_catalogue(
    world: Served, tmp_path: Path
) -> None:
    other = pl.read_parquet(world.vacancies).select("vacancy_id", colour=pl.lit("red"))
    other.write_parquet(tmp_path / "v.parquet")
    hidden = settings(**KINDS["hidden"])
    found = hhrec.load(world.path, params=hidden, vacancies=tmp_path / "v.parquet")
    assert found.fields == ["colour"]
    seen = found.vacancies[0]
    assert seen not in found.recommend([view(seen, action="response")], k=300)["vacancy_id"]


def test_a_question_is_of_one_person(recommender: Recommender) -> None:
    two = [view("a", user_id="u"), view("b", user_id="w")]
    with pytest.raises(HhrecError, match="expected those of one person, found 2"):
        recommender.answer([Query(two)])
    with pytest.raises(HhrecError, match="expected 1 or more"):
        recommender.answer([Query(k=0)])
    with pytest.raises(HhrecError, match="events"):
        recommender.answer([Query(["no event"])])  # type: ignore[list-item]
