"""The trials of `hhrec tune`, where there was a search: what was tried, and what came of it."""

from pathlib import Path

from stages.core import trials_file
from stages.core.trials_file import Trial, Value
from stages.report.markup import Content, fold, table, tag

STATES = {"complete": "ran to its end", "pruned": "ended early", "failed": "failed",
          "running": "cut off"}  # fmt: skip


def found(file: Path) -> Content:
    """A table of the trials, the best first; nothing where there was no search.

    Raises:
        HhrecError: The file holds something else.
    """
    known = trials_file.read(file)
    if known is None or not known.trials:
        return None
    ranked = known.ranked()
    rows = [*ranked, *(one for one in known.trials if one not in ranked)]
    names = list(dict.fromkeys(name for one in rows for name in one.params))
    head = ["trial", "best MRR@100", "epochs", "", *(name.removeprefix("train.") for name in names)]
    text = (
        "Each is a training with other parameters, judged on the validation rows alone. The best of "
        "many is partly the luckiest: the scores above, on rows that no trial saw, are what counts."
    )
    title = f"{len(rows)} trials of a search for parameters"
    return fold(title, tag("p", text), table(head, [_cells(one, names) for one in rows]))


def _cells(trial: Trial, names: list[str]) -> list[Content]:
    best = trial.best()
    return [
        str(trial.number),
        "" if best is None else f"{best:.4f}",
        str(len(trial.curve)),
        STATES[trial.state],
        *(_shown(trial.params.get(name)) for name in names),
    ]


def _shown(value: Value) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
