"""Train: fit the model on the train sequences, keep the best by validation MRR@100."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

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
    counts = dataset_stats.read(params, sequences=sequences, features=features, vocab=vocab)
    shown = counts.shown(params.sequences.max_length)
    params = sized(params, shown, accelerator.num_processes)
    memory_check.require(params, counts, plan_of(params, counts, accelerator))
    return params


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
    quieten()
    found = dataset_stats.read(params, sequences=sequences, features=features, vocab=vocab)
    accelerator, shown = start(), found.shown(params.sequences.max_length)
    return plan_of(sized(params, shown, accelerator.num_processes), found, accelerator)


def plan_of(
    params: Params, found: dataset_stats.DatasetStats, accelerator: Accelerator
) -> PlanReport:
    """Plan for the processes that take part."""
    return planned(params, found, device=accelerator.device, processes=accelerator.num_processes)
