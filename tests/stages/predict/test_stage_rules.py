"""`predict` under rules, against the whole catalogue ranked first."""

from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from stages import predict
from stages.calibration.order_choice import answerers
from stages.interface.errors import HhrecError, UsageError
from stages.params import validated
from stages.predict import loaded_model
from stages.predict.answering import answer
from stages.predict.list_rules import ListRules, unit_vectors
from stages.predict.restrictions import Restrictions, restrictions
from tests.worlds.little_model import TINY, trained

K = 8
COMPANY, REGION = "company.id", "area.regionId"


class World:
    """One model, its predictions under rules, and the whole ranking of each row."""

    def __init__(self, artifacts: Path, out: Path) -> None:
        self.paths: dict[str, Any] = {
            **trained(artifacts, out),
            "vacancies": artifacts / "raw" / "vacancies.parquet",
        }
        self.out = out
        keep = {"response": "keep", "view": "keep", "favourite": "keep"}
        self.settings = validated(
            {"train": TINY, "predict": {"k": K, "seen": keep, "fallback": "never"}}, where="test"
        )
        facts = pl.read_parquet(self.paths["vacancies"])
        self.facts = {row["vacancy_id"]: row for row in facts.iter_rows(named=True)}

    def predicted(self, **rules: Any) -> list[list[str]]:
        self.report = predict.run(self.settings, **self.paths, out=self.out / "p", **rules)
        return pl.read_parquet(self.out / "p")["predictions"].to_list()

    def whole(self, **rules: Any) -> list[list[str]]:
        """Every row's ranking of all that is eligible."""
        paths = {name: path for name, path in self.paths.items() if name != "vacancies"}
        loaded = loaded_model.load(**paths)
        rows = pl.read_parquet(self.paths["sequences"] / "test" / "*.parquet")
        limits = restrictions(rows, loaded.names, **rules)
        ranker = loaded.ranker(self.settings, allowed=limits.allowed, groups=limits.groups)
        order = answerers(
            self.settings,
            ranker,
            limits.rows,
            loaded.calibration,
            loaded.learned(self.settings),
            may=limits.may,
        ).order
        lists = order.to_depth(np.arange(len(rows)), 300)
        self.scores, self.items = lists.scores, lists.items
        self.vectors = unit_vectors(ranker).astype(np.float64)
        names = ["", "", "", *loaded.names["vacancy_id"]]
        return [[names[item] for item in row if item] for row in lists.items.tolist()]


@pytest.fixture(scope="module")
def world(small_artifacts: Path, tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(small_artifacts, tmp_path_factory.mktemp("rules"))


def test_without_rules_the_top_of_the_whole_ranking(world: World) -> None:
    assert world.predicted() == [row[:K] for row in world.whole()]
    assert world.report.rules == {}


def test_conditions_keep_to_what_meets_them(world: World) -> None:
    regions = [facts[REGION] for facts in list(world.facts.values())[:2]]
    conditions = [f"{REGION}={region}" for region in regions] + ["compensation.from>=30000"]
    found = world.predicted(where=conditions)
    for row in found:
        assert len(row) == min(K, world.report.candidates)
        for vacancy in row:
            assert world.facts[vacancy][REGION] in regions
            assert world.facts[vacancy]["compensation.from"] >= 30_000
    assert 0 < world.report.candidates < world.report.catalogue


def test_lists_of_vacancies_for_all_and_for_some(world: World, tmp_path: Path) -> None:
    plain, rows = world.predicted(), pl.read_parquet(world.out / "p")
    worst = pl.Series("vacancy_id", [row[0] for row in plain]).unique()
    (tmp_path / "deny.txt").write_text("\n".join(worst) + "\nno-such\n", encoding="utf-8")
    found = world.predicted(deny=tmp_path / "deny.txt")
    assert not set(worst) & {vacancy for row in found for vacancy in row}
    assert world.report.deny_unknown == 1
    user = rows["user_id"][0]
    own = pl.DataFrame({"user_id": [user] * 3, "vacancy_id": plain[0][:3]})
    own.write_parquet(tmp_path / "own.parquet")
    denied, allowed = (
        world.predicted(**{option: tmp_path / "own.parquet"}) for option in ("deny", "allow")
    )
    for row, name in enumerate(rows["user_id"]):
        if name != user:
            assert denied[row] == allowed[row] == plain[row]
    assert not set(denied[0]) & set(plain[0][:3])
    assert len(denied[0]) == K
    assert set(allowed[0]) == set(plain[0][:3])


def test_who_may_get_unknown_vacancies_only_gets_nothing(world: World, tmp_path: Path) -> None:
    plain, rows = world.predicted(), pl.read_parquet(world.out / "p")
    closed, open_one = rows["user_id"].unique(maintain_order=True)[:2]
    own = pl.DataFrame({"user_id": [closed, open_one], "vacancy_id": ["gone", plain[0][0]]})
    own.write_parquet(tmp_path / "own.parquet")
    found = world.predicted(allow=tmp_path / "own.parquet")
    assert world.report.allow_unknown == 1
    for row, name in enumerate(rows["user_id"]):
        expected = {closed: [], open_one: [plain[0][0]]}.get(name, plain[row])
        assert found[row] == expected, name


def test_at_most_n_of_a_field_are_the_first_that_may_be_chosen(world: World) -> None:
    found = world.predicted(list_rules=ListRules({COMPANY: 1, "employment": 5}))
    for row, ranking in zip(found, world.whole(), strict=True):
        chosen: list[str] = []
        for vacancy in ranking:
            facts = world.facts[vacancy]
            same = [
                sum(world.facts[one][name] == facts[name] for one in chosen)
                for name in (COMPANY, "employment")
            ]
            known = [facts[name] is not None for name in (COMPANY, "employment")]
            if not (known[0] and same[0] >= 1) and not (known[1] and same[1] >= 5):
                chosen.append(vacancy)
        assert row == chosen[:K]
    assert world.report.rules == {"max_per company.id": 1, "max_per employment": 5}


def test_diversity_is_of_the_whole_catalogue(world: World) -> None:
    found, weight = world.predicted(list_rules=ListRules(diversity=0.7)), 0.7
    whole = world.whole()
    differ = 0
    for number, row in enumerate(found):
        ranking, vectors = whole[number], world.vectors[world.items[number][: len(whole[number])]]
        chosen: list[int] = []
        worth = (1 - weight) * world.scores[number][: len(ranking)]
        for _ in range(K):
            like = (vectors @ vectors[chosen].T).max(axis=1) if chosen else np.zeros(len(ranking))
            value = worth - weight * like
            value[chosen] = -np.inf
            chosen.append(int(value.argmax()))
        assert row == [ranking[place] for place in chosen]
        differ += row != ranking[:K]
    assert differ


@pytest.mark.parametrize("assign", ["greedy", "auction"])
def test_no_vacancy_is_in_more_lists_than_its_capacity(world: World, assign: Any) -> None:
    plain = world.predicted()
    found = world.predicted(list_rules=ListRules(capacity=20, assign=assign))
    counts = pl.Series([vacancy for row in found for vacancy in row]).value_counts()["count"]
    assert counts.max() == 20 < pl.Series(chain.from_iterable(plain)).value_counts()["count"].max()
    assert {len(row) for row in found} == {K}
    assert world.report.rules["most_crowded"] == 20
    for row, ranking in zip(found, world.whole(), strict=True):
        places = [ranking.index(vacancy) for vacancy in row]
        assert places == sorted(places)


def test_a_baseline_that_answers_keeps_the_rules(world: World, tmp_path: Path) -> None:
    loaded = loaded_model.load(**{n: p for n, p in world.paths.items() if n != "vacancies"})
    found = loaded.calibration
    assert found is not None
    other = type(found)(**{**vars(found), "answers": "popular"})
    given = loaded_model.LoadedModel(
        loaded.network, loaded.catalogue, loaded.names, loaded.train, other
    )
    rows = pl.read_parquet(world.paths["sequences"] / "test" / "*.parquet").head(5)
    params = validated({"predict": {"k": K}}, where="test")
    allow = tmp_path / "allow"
    allow.write_text("\n".join(loaded.names["vacancy_id"][100:150]), encoding="utf-8")
    limits = restrictions(rows, loaded.names, allow=allow)
    ranker = given.ranker(params, allowed=limits.allowed)
    answered, _ = answer(params, given, ranker, limits, ListRules(), None)
    assert answered.by["popular"]
    for row in answered.lists.tolist():
        assert len(set(row)) == K
        assert set(row) <= set(range(103, 153))
    free, _ = answer(params, given, given.ranker(params), Restrictions(rows), ListRules(), None)
    assert answered.lists[0].tolist() != free.lists[0].tolist()


def test_rules_that_contradict_each_other_are_refused(world: World, tmp_path: Path) -> None:
    for wrong in (
        {"diversity": 1.0},
        {"capacity": 0},
        {"capacity": 3, "diversity": 0.5},
        {"assign": "auction"},
        {"assign": "auction", "capacity": 2, "max_per": {COMPANY: 1}},
    ):
        with pytest.raises(UsageError):
            ListRules(**wrong)
    names = tmp_path / "all.txt"
    names.write_text("\n".join(world.facts), encoding="utf-8")
    with pytest.raises(HhrecError, match="no vacancy is left"):
        world.predicted(deny=names)
