"""The report of a search."""

from typing import Any

from stages.core.trials_file import Trials
from stages.interface.stage_report import Report


class TuneReport(Report):
    """The trials of a search, and the best of those that ran to their end."""

    interrupted: bool
    complete: int
    pruned: int
    failed: int
    best_trial: int | None
    best_mrr_100: float | None
    best_params: dict[str, Any]
    trials: list[dict[str, Any]]

    def words(self) -> str:
        """The best parameters as words for another command."""
        return " ".join(f"--set {name}={_text(value)}" for name, value in self.best_params.items())


def report_of(found: Trials, *, interrupted: bool) -> TuneReport:
    """Sum a search up; its trials the best first."""
    ranked = found.ranked()
    best = next((one for one in ranked if one.state == "complete"), None)
    rest = [one for one in found.trials if one not in ranked]
    states = [one.state for one in found.trials]
    return TuneReport(
        interrupted=interrupted,
        complete=states.count("complete"),
        pruned=states.count("pruned"),
        failed=states.count("failed"),
        best_trial=best.number if best else None,
        best_mrr_100=best.best() if best else None,
        best_params=dict(best.params) if best else {},
        trials=[
            {
                "number": one.number,
                "state": one.state,
                "mrr_100": one.best(),
                "epochs": len(one.curve),
                "seconds": one.seconds,
                "why": one.why,
                **one.params,
            }
            for one in (*ranked, *rest)
        ],
    )


def _text(value: Any) -> str:
    """A value as YAML reads it."""
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )
