"""The shape of explanations: what `hhrec explain --json` prints."""

from stages.interface.stage_report import Report


class Without(Report):
    """The score and place of a vacancy if a history lacked all events of another, or of itself."""

    score: float | None
    place: int | None


class Reason(Report):
    """One reason: its kind, its words, and the vacancy of the history that it names, if it does."""

    kind: str
    text: str
    vacancy_id: str | None = None
    without: Without | None = None


class Explanation(Report):
    """One vacancy.

    `rank` is its place in the list of k that `predict` writes; `place` that in the total order of all
    candidates; `parts` add up to `score`, `groups` too.
    """

    vacancy_id: str
    name: str | None
    rank: int | None
    place: int | None
    score: float | None
    groups: dict[str, float]
    parts: dict[str, float]
    reasons: list[Reason]


class ExplainReport(Report):
    """Explanations for one row, and who ranked it."""

    user_id: str
    session_id: str
    answered_by: str
    vacancies: list[Explanation]
