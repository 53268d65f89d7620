"""Train: fit the model on the train sequences, keep the best by validation MRR@100."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from accelerate import Accelerator

from stages.core import tables
from stages.core.artifact_paths import TRAIN
from stages.core.schema import HISTORY, VOCAB
from stages.interface.machine import give_back_memory
from stages.interface.quiet_libraries import quieten
from stages.interface.stage_report import Progress, silent
from stages.loaders.model_arrays import BUILD
from stages.params import Params
from stages.train import dataset_stats, loop, memory_check, places
from stages.train.auto_hyperparameters import sized
from stages.train.callbacks import Watch
from stages.train.callbacks.checkpoints import Checkpoints
from stages.train.callbacks.metrics import Metrics
from stages.train.checkpointing import State
from stages.train.fingerprint import fingerprint_of
from stages.train.inputs import read
from stages.train.metric_loggers import Tracker, open_tracker
from stages.train.plan import PlanReport, planned
from stages.train.prepare import prepare
from stages.train.publish import calibration_of, publish
from stages.train.report import TrainReport, report_of
from stages.train.resume import be_deterministic, restore, stand, start
from stages.train.validation import prepared


class Planning(NamedTuple):
    """Parameters with nothing left to choose, the tables that they were chosen by, and the plan."""

    params: Params
    counts: dataset_stats.DatasetStats
    report: PlanReport


def run(
    params: Params,
    *,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    checkpoints: Path,
    origin: Path | None = None,
    resume: bool = False,
    live: Path | None = None,
    calibrated: Path | None = None,
    on_epoch: Callable[[int, float], None] | None = None,
    progress: Progress = silent,
) -> TrainReport:
    """Train from the sequences, features and vocabulary to a model directory.

    With `origin`, the directory of an older model, the weights start from that one's. Where there are
    no validation rows, the calibration of the model in `calibrated` is taken over.
    `on_epoch` is told each epoch's number and MRR@100 on the validation rows; what it raises ends all.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: Nothing to train on, a checkpoint of another run, unsynchronised processes, or
            too little memory.
    """
    quieten()
    accelerator = start()
    progress = progress if accelerator.is_main_process else silent
    made = places.prepared(
        params,
        {"--out": out, "--checkpoints": checkpoints, "--live": live},
        inputs={"sequences": sequences, "features": features, "vocab": vocab},
        references={"origin": origin, "calibrated": calibrated},
        resume=resume,
        accelerator=accelerator,
    )
    be_deterministic(accelerator.device)
    params = sized_to_fit(params, accelerator, sequences, features, vocab)
    inputs = read(params, accelerator, sequences, features, vocab, checkpoints, progress)
    given = calibration_of(calibrated, len(inputs.validation))
    train = tables.scan(sequences / TRAIN, HISTORY, made_by=BUILD)
    names = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").collect()
    training = prepare(params, inputs, accelerator, train=train, vocab=names, origin=origin)
    fingerprint = fingerprint_of(
        params, sequences, features, vocab, origin, processes=accelerator.num_processes
    )
    state, found = stand(params, checkpoints, fingerprint, resume=resume, accelerator=accelerator)
    state, shared = restore(training, state, found, progress)
    tracker = tracker_of(params, live, state, accelerator, resumed=found is not None)
    metrics = Metrics(training.task, accelerator.num_processes, tracker, progress)
    validation = prepared(
        params, inputs.validation, train=train, vocab=names, accelerator=accelerator
    )
    watch = Watch(training, validation, Checkpoints(checkpoints, training), metrics, state)
    watch.on_epoch = on_epoch
    give_back_memory()
    fit(watch, shared)
    tracker.close()
    training.end_steps()
    calibration = None
    if made and not watch.interrupted:
        calibration = publish(watch, made, inputs.names, sequences / TRAIN, given)
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return report_of(watch, calibration, resumed_at=state.step)


def tracker_of(
    params: Params, live: Path | None, state: State, accelerator: Accelerator, *, resumed: bool
) -> Tracker:
    """Open the tracker where there is something to track: an ended training has its curves."""
    active = accelerator.is_main_process and not state.done
    resumed_at = state.step if resumed else None
    return open_tracker(params.train.tracker, live, params, active=active, resumed_at=resumed_at)


def sized_to_fit(
    params: Params, accelerator: Accelerator, sequences: Path, features: Path, vocab: Path
) -> Params:
    """Choose what the parameters leave open by the data's size; refuse what memory cannot hold."""
    found = planned_by(params, accelerator, sequences, features, vocab)
    memory_check.require(*found)
    return found.params


def fit(watch: Watch, shared: Any) -> None:
    """Train until the last step, the end of patience or a signal; `shared` is the model to call."""
    training, state = watch.training, watch.state
    if state.done:
        return
    with watch.signals.listening():
        if state.pending and not watch.end_epoch():
            return
        loop.run(
            training.task,
            shared,
            training.optimizers,
            training.accelerator,
            full=training.full(),
            first_step=state.step,
            after_step=watch.after_step,
            precision=state.precision,
        )


def plan(params: Params, *, sequences: Path, features: Path, vocab: Path) -> PlanReport:
    """Tell what `run` would do and hold, without training; `fits` says whether it would start.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: Nothing to train on, or unsynchronised processes.
    """
    return planning(params, sequences=sequences, features=features, vocab=vocab).report


def planning(params: Params, *, sequences: Path, features: Path, vocab: Path) -> Planning:
    """Plan as `plan` does; keep what the plan is of."""
    quieten()
    return planned_by(params, start(), sequences, features, vocab)


def planned_by(
    params: Params, accelerator: Accelerator, sequences: Path, features: Path, vocab: Path
) -> Planning:
    """Plan for the processes that take part."""
    counts = dataset_stats.read(params, sequences=sequences, features=features, vocab=vocab)
    shown, processes = counts.shown(params.sequences.max_length), accelerator.num_processes
    chosen = sized(params, shown, processes)
    report = planned(chosen, counts, device=accelerator.device, processes=processes)
    return Planning(chosen, counts, report)
