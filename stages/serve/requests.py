"""Bodies of requests, with their limits; a wrong one is refused with the field's name."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from stages.core.actions import ACTION_NAMES, KNOWN_ACTIONS
from stages.serve.engine import Wanted
from stages.serve.settings import Limits

LONGEST = 200  # characters of an id, a field or a value
MOST = Limits()
FIRST, LAST = datetime(1970, 1, 2, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)
CODES = {code: ACTION_NAMES[code] for code in KNOWN_ACTIONS}


def _moment(value: datetime) -> datetime:
    """Refuse what no calendar of ours holds; without a zone it is UTC."""
    whole = value if value.tzinfo else value.replace(tzinfo=UTC)
    if not FIRST.timestamp() <= whole.timestamp() < LAST.timestamp():
        raise ValueError(f"expected a time from {FIRST.year} to {LAST.year - 1}")
    return whole.astimezone(UTC).replace(tzinfo=None)


def _action(value: Any) -> Any:
    """Name an action that came as its number."""
    return CODES.get(value, value) if type(value) is int else value


Text: TypeAlias = Annotated[str, Field(min_length=1, max_length=LONGEST)]
Moment: TypeAlias = Annotated[datetime, AfterValidator(_moment)]
Action: TypeAlias = Annotated[
    Literal["response", "view", "favourite"],
    BeforeValidator(
        _action, json_schema_input_type=Literal["response", "view", "favourite", 1, 2, 3]
    ),
]
Condition: TypeAlias = Annotated[
    str, Field(min_length=1, max_length=2 * LONGEST, pattern=r"^[^=!<>]+(!=|>=|<=|=)")
]
Limit: TypeAlias = Annotated[int, Field(ge=1, le=MOST.k)]


class Body(BaseModel):
    """A body without any field that is not known; ids may be numbers."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, allow_inf_nan=False)


class Event(Body):
    """One event of a history."""

    vacancy_id: Text
    action_type: Action = Field(description="`response` or 1, `view` or 2, `favourite` or 3.")
    action_dt: Moment = Field(description="ISO 8601; UTC if it has no zone.")
    session_id: Text | None = Field(
        default=None, description="Without it a pause of more than 30 minutes ends a session."
    )


History: TypeAlias = Annotated[list[Event], Field(max_length=MOST.events)]


class Question(Body):
    """What to recommend: to one history (`events`), or to each of several people (`people`)."""

    events: History | None = Field(default=None, description="The history of one person.")
    people: dict[Text, History] | None = Field(
        default=None,
        description="Histories by user id: a batch.",
        min_length=1,
        max_length=MOST.people,
    )
    k: Limit = Field(default=100, description="Most recommendations for each person.")
    at: Moment | None = Field(
        default=None,
        description="When the question is asked; later events do not count. "
        "By default as each history ends.",
    )
    allow: Annotated[list[Text], Field(max_length=MOST.ids)] | None = Field(
        default=None, description="Recommend only these vacancies."
    )
    deny: list[Text] = Field(
        default=[], max_length=MOST.ids, description="Recommend none of these."
    )
    where: list[Condition] = Field(
        default=[],
        max_length=50,
        description="Conditions on fields, such as `area.regionId=1`; also `!=`, `>=`, `<=`. "
        "Of one field any value, of several fields all.",
    )
    max_per: dict[Text, Limit] = Field(
        default={}, max_length=10, description="At most so many of a list share a field's value."
    )
    explain: bool = Field(default=False, description="Reasons for the first 20, in words.")
    facts: bool = Field(default=False, description="Name, employer, area and salary of each.")
    compare: bool = Field(
        default=False, description="Also what the best plain recommender answers, without rules."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.events is None) == (self.people is None):
            raise ValueError("expected either `events` or `people`")
        return self

    def names(self) -> list[str | None]:
        """Ids of the people; None for the only, nameless one."""
        return [None] if self.people is None else [*self.people]

    def wanted(self, withdrawn: frozenset[str]) -> list[Wanted]:
        """Give what is asked for each person."""
        lists = [self.events or []] if self.people is None else [*self.people.values()]
        rules: dict[str, Any] = {
            "allow": None if self.allow is None else frozenset(self.allow),
            "deny": withdrawn | frozenset(self.deny),
            "where": tuple(self.where),
            "max_per": tuple(self.max_per.items()),
        }
        more: dict[str, Any] = {"k": self.k, "at": self.at, "explain": self.explain}
        return [
            Wanted(events=[dict(event) for event in events], **more, **rules) for events in lists
        ]


Money: TypeAlias = Annotated[int, Field(ge=0, le=10**12)]


class Vacancy(Body):
    """A new vacancy, with the columns of `vacancies.parquet`."""

    vacancy_id: Text
    name: Text
    company: Text | None = Field(default=None, alias="company.id")
    description: Annotated[str, Field(max_length=100_000)] | None = None
    skills: Annotated[list[Text], Field(max_length=200)] | None = Field(
        default=None, alias="keySkills.keySkill"
    )
    low: Money | None = Field(default=None, alias="compensation.from")
    high: Money | None = Field(default=None, alias="compensation.to")
    currency: Text | None = Field(default=None, alias="compensation.currencyCode")
    area: Text | None = Field(default=None, alias="area.id")
    region: Text | None = Field(default=None, alias="area.regionId")
    employment: Text | None = None
    schedule: Text | None = Field(default=None, alias="workSchedule")
    experience: Text | None = Field(default=None, alias="workExperience")


class NewVacancies(Body):
    """Vacancies to add."""

    vacancies: list[Vacancy] = Field(min_length=1, max_length=1_000)
