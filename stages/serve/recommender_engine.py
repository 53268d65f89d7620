"""A loaded recommender as the server's engine."""

from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from stages.bundle import extension
from stages.core.artifact_paths import BOOKS_DIR, FEATURES_DIR
from stages.interface.errors import HhrecError
from stages.reasons.report import Explanation
from stages.recommend import heuristic
from stages.recommend.answers import Answer, Query, Rules
from stages.recommend.engine import Engine
from stages.recommend.history import history_of
from stages.recommend.recommender import Recommender
from stages.rules import conditions
from stages.serve.engine import Answered, Facts, Listed, Lists, Loader, Wanted

EXPLAINED = 20  # first vacancies of a list that get reasons
SAMPLE = 20_000  # vacancies whose fields are counted
OFFERED = 50  # values of a field that a filter offers
FILTERS = ("area.regionId", "workSchedule", "workExperience", "employment")


def loader(vacancies: Path | None) -> Loader:
    """Open bundles, with the facts of a catalogue where one is given."""

    def load(path: Path) -> "RecommenderEngine":
        return RecommenderEngine(Recommender.load(path, vacancies=vacancies))

    return load


class RecommenderEngine:
    """See `Engine`."""

    def __init__(self, recommender: Recommender) -> None:
        self._own = recommender
        self._names = recommender.vacancies

    @property
    def model(self) -> str:
        """See `Engine`."""
        return str(self._own.info.get("digest", "artifacts"))[:12]

    @property
    def answers(self) -> str:
        """See `Engine`."""
        return self._own.answers

    def __len__(self) -> int:
        """Return how many vacancies may be recommended."""
        return len(self._names)

    def recommend(self, asked: Sequence[Wanted]) -> list[Answered]:
        """See `Engine`; reasons are given for the first `EXPLAINED`."""
        for wanted in asked:
            require_fields(wanted, self._own.fields)
        found = self._own.answer([_query(wanted) for wanted in asked])
        return [
            Answered(self._listed(wanted, one), one.answered_by)
            for wanted, one in zip(asked, found, strict=True)
        ]

    def _listed(self, wanted: Wanted, found: Answer) -> list[Listed]:
        why = {one.vacancy_id: one for one in self._why(wanted, found)}
        return [
            Listed(
                name,
                score,
                tuple(one.model_dump(exclude={"without"}) for one in why[name].reasons),
                why[name].groups,
            )
            if name in why
            else Listed(name, score)
            for name, score in zip(found.ids, found.scores, strict=True)
        ]

    def _why(self, wanted: Wanted, found: Answer) -> list[Explanation]:
        """Explain the first of a list: those that rules brought up need a deeper look."""
        if not (wanted.explain and found.ids):
            return []
        first = found.ids[:EXPLAINED]
        said = self._own.explain(wanted.events, (), len(first), at=wanted.at, what_if=False)
        known = {one.vacancy_id for one in said}
        others = [name for name in first if name not in known]
        if others:
            said += self._own.explain(wanted.events, others, at=wanted.at, what_if=False)
        return said

    def similar(self, vacancy: str, k: int) -> list[Listed]:
        """See `Engine`."""
        found = self._own.similar(vacancy, k)
        return [Listed(*pair) for pair in found.select("vacancy_id", "score").iter_rows()]

    def heuristic(self, asked: Sequence[Wanted]) -> tuple[str, Lists]:
        """See `Engine`."""
        content = self._own.content
        name = heuristic.best(content)
        if name is None:
            return "", []
        read = [history_of(one.events, content.ids, one.at) for one in asked]
        known = [one for one in read if one is not None]
        if len(known) < len(asked):
            raise HhrecError("events: cannot be read", "give vacancy_id, action_type, action_dt")
        lists = heuristic.lists(content, name, known, asked[0].k)
        return name, [[Listed(vacancy) for vacancy in names] for names in lists]

    def facts(self, vacancies: Sequence[str]) -> dict[str, Facts]:
        """See `Engine`."""
        ids = list(vacancies)
        known = (self._own.content.ids.items(ids) > 0).tolist()
        told = zip(ids, known, self._own.describe(ids), strict=True)
        return {name: facts for name, there, facts in told if there}

    def fields(self) -> dict[str, list[tuple[str, int]]]:
        """See `Engine`; counted over at most `SAMPLE` vacancies."""
        return self._fields

    @cached_property
    def _fields(self) -> dict[str, list[tuple[str, int]]]:
        some = self._names.gather_every(max(1, len(self) // SAMPLE))
        told = self._own.describe(some.to_list())
        known = [name for name in FILTERS if name in self._own.fields]
        counts = {name: Counter(one.get(name) for one in told) for name in known}
        return {
            name: [(str(value), n) for value, n in found.most_common(OFFERED) if value is not None]
            for name, found in counts.items()
        }

    def extended(self, vacancies: Sequence[Facts]) -> "RecommenderEngine":
        """See `Engine`; facts of vacancies that are known already stay as they are."""
        content = self._own.content
        rows = extension.frame([dict(one) for one in vacancies])
        items = content.ids.items(rows["vacancy_id"].to_list())
        made, new = extension.returned(content, items), rows.filter(items == 0)
        if len(new):
            made = extension.extended(made, new, books_of(Path(str(content.info["path"]))))
        return self if made is content else RecommenderEngine(Recommender(Engine(made)))


def require_fields(wanted: Wanted, known: Sequence[str]) -> None:
    """Refuse rules on fields that the catalogue lacks, by the name of the rule.

    Raises:
        HhrecError: It names the rule first, then the field.
    """
    if not (wanted.where or wanted.max_per):
        return
    rules = {
        "where": [one.field for one in conditions.parsed(wanted.where)],
        "max_per": [field for field, _ in wanted.max_per],
    }
    for rule, fields in rules.items():
        missing = [field for field in fields if field not in known]
        if missing:
            told = f"{rule}: the catalogue has no field {missing[0]!r}"
            raise HhrecError(told, f"its fields are {', '.join(known)}")


def books_of(path: Path) -> Path:
    """Find the code books of a bundle, of a directory of artifacts, or of a model in one."""
    places = (path / BOOKS_DIR, path / FEATURES_DIR / BOOKS_DIR)
    beside = path.parent / FEATURES_DIR / BOOKS_DIR
    return next((place for place in places if place.is_dir()), beside)


def _query(wanted: Wanted) -> Query:
    rules = Rules(wanted.allow, wanted.deny, wanted.where, dict(wanted.max_per))
    return Query(wanted.events, wanted.k, wanted.at, rules)
