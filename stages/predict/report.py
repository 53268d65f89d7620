"""The report of a prediction."""

from pydantic import Field

from stages.calibration.recommender_choice import AS_TRAINED
from stages.core.calibration_file import MODEL
from stages.interface.stage_report import Report

COUNTS = (
    *("rows", "empty_contexts", "catalogue", "candidates", "candidates_fewest"),
    *("allow_unknown", "deny_unknown", "fewest", "most"),
)


class PredictReport(Report):
    """How many rows were ranked over how many candidates.

    `catalogue` counts all vacancies; `candidates` and `candidates_fewest` those that could be
    recommended to the rows with the most and the fewest of them, before seen ones are hidden;
    `fewest` and `most` are lengths of lists; `allow_unknown` and `deny_unknown` are ids of these lists
    that the vocabulary lacks; `rules` are those on lists, with what came of them; `answered_by` counts rows by who ranked them (the model, or the baseline that
    `predict.fallback` chose; `model as trained` those that no validation row stands for); `seen` is
    what became of vacancies that the context touched. Of several processes the first alone reports.
    """

    part: str
    rows: int
    empty_contexts: int
    catalogue: int
    candidates: int
    candidates_fewest: int
    allow_unknown: int
    deny_unknown: int
    fewest: int
    most: int
    rules: dict[str, float]
    answered_by: dict[str, int]
    seen: dict[str, str]
    main_process: bool = Field(default=True, exclude=True)

    @classmethod
    def elsewhere(cls, part: str) -> "PredictReport":
        """What a process has to say that is not the first: nothing."""
        counts = dict.fromkeys(COUNTS, 0)
        return cls(part=part, **counts, rules={}, answered_by={}, seen={}, main_process=False)

    def remarks(self) -> list[str]:
        """Say so where a baseline answers, or where validation says nothing of a row."""
        told = []
        for name, rows in self.answered_by.items():
            if name == AS_TRAINED:
                told.append(
                    f"{rows:,} rows get the model as trained, without calibration: nothing was held "
                    "out, or they are asked later after the end of the train part than what was"
                )
            elif name != MODEL:
                told.append(
                    f"{name} ranked the validation rows better than the model, so it answers "
                    f"{rows:,} rows (predict.fallback: never answers with the model)"
                )
        return told
