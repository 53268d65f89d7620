"""Predict the k vacancies that each row's user will most likely respond to next, best first."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import polars as pl

from stages.calibration.recommender_choice import ChosenLists
from stages.core import kinds, outputs, tables
from stages.core.artifact_paths import VACANCIES_FILE
from stages.interface.processes import joined
from stages.interface.stage_report import Progress, silent
from stages.loaders import model_arrays
from stages.params import Params
from stages.predict import prediction_files, shard_key
from stages.predict.answering import activity_of
from stages.predict.list_rules import ListRules
from stages.predict.loaded_model import check_length, device, load
from stages.predict.prediction_files import Format
from stages.predict.ranking_task import RankingTask, require_shareable, shared_out
from stages.predict.report import PredictReport
from stages.predict.restrictions import Restrictions, restrictions
from stages.predict.shards import shards_of
from stages.rules import conditions, facts
from stages.rules.conditions import Condition


def run(
    params: Params,
    *,
    model: Path,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    part: str = "test",
    allow: Path | None = None,
    deny: Path | None = None,
    where: Sequence[str] = (),
    list_rules: ListRules | None = None,
    vacancies: Path | None = None,
    file_format: Format = "parquet",
    scores: bool = False,
    progress: Progress = silent,
) -> PredictReport:
    """Rank the candidates for every row of a part; see docs/rules.md for the rules.

    Several processes of one launch share the rows out (docs/distributed.md); the first one writes.

    Args:
        params: All parameters.
        model: Directory of the model.
        sequences: Rows to rank, and the train histories.
        features: Features of the vacancies.
        vocab: Their item ids.
        out: Predictions to write.
        part: Which rows.
        allow: Vacancies that may be recommended, to all or to some people.
        deny: Vacancies that may not.
        where: Conditions on fields of a vacancy, `FIELD=VALUE`.
        list_rules: Rules on whole lists.
        vacancies: The catalogue that fields are read from; by default that of `params.raw`.
        file_format: How the predictions are written: see `prediction_files`.
        scores: Whether to write what each was ranked by.
        progress: Told how many rows are ranked.

    Raises:
        MissingInputError: The model, a table or a list is not there.
        HhrecError: The model was trained with other books than the features were made with, or a
            list has no vacancy of the vocabulary, or nothing is left to recommend.
    """
    met, wanted = conditions.parsed(where), list_rules or ListRules()
    processes = joined("hhrec predict")
    require_shareable(wanted, processes)
    inputs = {"sequences": sequences, "features": features, "vocab": vocab}
    made = prepared(params, out, model, part, **inputs) if processes.main else None
    fields = [*(one.field for one in met), *wanted.max_per]
    catalogue = (vacancies or Path(params.raw) / VACANCIES_FILE) if fields else None
    files = {"model": model, "allow": allow, "deny": deny, "vacancies": catalogue}
    asked = {"part": part, "where": list(where), "rules": asdict(wanted)}
    kept = shards_of(out, shard_key.key(params, {**inputs, **files}, asked, processes))
    task = task_of(params, model, part, inputs, (allow, deny), met, wanted, catalogue, progress)
    found = shared_out(task, kept, processes, progress)
    if made is not None and found is not None:
        answered = found[0]
        with made.replacing() as scratch:
            prediction_files.write(
                task.limits.rows, answered.lists, task.loaded.names, scratch,
                file_format=file_format, scores=answered.scores if scores else None,
            )  # fmt: skip
        kept.clear()
    if found is None:
        return PredictReport.elsewhere(part)
    return report_of(part, task.limits, *found, len(task.loaded.names))


def task_of(
    params: Params,
    model: Path,
    part: str,
    inputs: Mapping[str, Path],
    lists: tuple[Path | None, Path | None],
    met: Sequence[Condition],
    wanted: ListRules,
    catalogue: Path | None,
    progress: Progress = silent,
) -> RankingTask:
    """Load the model, the rows and what restricts them.

    Args:
        params: All parameters.
        model: Directory of the model.
        part: Which rows.
        inputs: Paths of sequences, features and vocab.
        lists: Vacancies allowed and denied.
        met: Conditions on fields of a vacancy.
        wanted: Rules on whole lists.
        catalogue: Where fields are read from; None where none is named.
        progress: Told how far neighbours are counted, where that is still to be done.
    """
    loaded = load(model=model, **inputs, where=device(), progress=progress)
    check_length(loaded.network, model, params.sequences.max_length)
    rows = rows_of(inputs["sequences"], part)
    fields = [*(one.field for one in met), *wanted.max_per]
    known = facts.read(catalogue, loaded.names, fields) if catalogue else None
    active = activity_of(params, loaded, rows)
    limits = restrictions(
        rows, loaded.names, allow=lists[0], deny=lists[1], where=met, facts=known, activity=active
    )
    ranker = loaded.ranker(params, allowed=limits.allowed, activity=active, groups=limits.groups)
    held_out = part == "validation"
    return RankingTask(params, loaded, ranker, limits, wanted, known, held_out=held_out)


def report_of(
    part: str,
    limits: Restrictions,
    answered: ChosenLists,
    told: dict[str, float],
    catalogue: int,
) -> PredictReport:
    """Count what was recommended; `told` are the figures of the rules on lists."""
    counts = (answered.lists > 0).sum(axis=1)
    return PredictReport(
        part=part,
        rows=len(limits.rows),
        empty_contexts=int((limits.rows["items"].list.len() == 0).sum()),
        catalogue=catalogue,
        candidates=max(answered.pools, default=0),
        candidates_fewest=min(answered.pools, default=0),
        allow_unknown=limits.unknown[0],
        deny_unknown=limits.unknown[1],
        fewest=int(counts.min()) if len(counts) else 0,
        most=int(counts.max(initial=0)),
        rules=told,
        answered_by=answered.by,
        seen=answered.seen.model_dump(),
    )


def prepared(
    params: Params,
    out: Path,
    model: Path,
    part: str,
    sequences: Path,
    features: Path,
    vocab: Path,
) -> outputs.Output:
    """Check the place of the predictions, and that what they are made from fits together."""
    return outputs.prepare(
        out,
        kinds.PREDICTIONS,
        inputs={"sequences": sequences, "features": features, "vocab": vocab},
        references={"model": model},
        params=params,
        facts={"part": part},
    )


def rows_of(sequences: Path, part: str) -> pl.DataFrame:
    """Read the rows to rank, by user: in one order whatever the number of buckets."""
    rows = tables.scan(
        sequences / part, model_arrays.schema_of(part), made_by="hhrec sequences build"
    )
    return rows.collect().sort("user_id", maintain_order=True)
