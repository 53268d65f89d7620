"""Train: fit the model on the train sequences, keep the best by validation MRR@100."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator

from stages.bert4rec.network.model import HhrecModel
from stages.calibration.model_selection import best_baseline
from stages.core import tables
from stages.core.artifact_paths import TRAIN
from stages.core.calibration_file import MODEL, Calibration
from stages.core.calibration_file import read as read_calibration
from stages.core.model_files import CONFIG
from stages.core.schema import HISTORY, VOCAB
from stages.core.seeds import derive
from stages.interface.errors import HhrecError, MissingInputError
from stages.interface.quiet_libraries import quieten
from stages.interface.stage_report import Progress, Report, silent
from stages.loaders.model_arrays import BUILD
from stages.params import Params
from stages.train import (
    checkpointing,
    dataset_stats,
    loop,
    memory_check,
    parameter_groups,
    pretrained_layers,
    sparse_gradients,
    warm_start,
)
from stages.train.als_embeddings import start_items
from stages.train.auto_hyperparameters import sized
from stages.train.callbacks import Watch
from stages.train.dataset import steps_per_epoch
from stages.train.inputs import config, fingerprint_of, loss_name, make_task, read, takes_all
from stages.train.metric_loggers import open_tracker
from stages.train.plan import PlanReport, planned
from stages.train.precision import Choice, settle
from stages.train.resume import stand, start
from stages.train.score_priors import priors, start_from
from stages.train.validation import prepared as prepared_validation


class TrainReport(Report):
    """What was trained, how fast, and how well it ranks the validation rows."""

    main_process: bool
    interrupted: bool
    processes: int
    device: str
    parameters: int
    trained_items: int
    histories: int
    tokens_per_epoch: int
    padding: float
    loss: str
    precision: str
    bf16_speedup: float | None
    bf16_loss_difference: float | None
    steps: int
    epochs: float
    resumed_at: int
    started_from: dict[str, int]
    final_loss: float | None
    tokens_per_second: float | None
    validation_rows: int
    best_mrr_100: float | None
    best_epoch: int | None
    stopped: str
    asks: str
    seen: dict[str, str]
    answers: str
    best_baseline: str | None
    best_baseline_mrr_100: float | None
    lead: dict[str, float]

    def choice(self) -> str:
        """Say in which precision it trained and why."""
        return str(Choice(self.precision, self.bf16_speedup, self.bf16_loss_difference))

    def remarks(self) -> list[str]:
        """Say how the model stands beside the best baseline on the validation rows."""
        if self.interrupted:
            return []
        if self.best_baseline is None:
            return ["no validation rows: the model was not compared with any baseline"]
        lead = "{value:+.4f} (95 %: {low:+.4f} to {high:+.4f})".format(**self.lead)
        text = f"on the validation rows the model leads {self.best_baseline} by {lead} MRR@100"
        if self.answers != MODEL:
            text += (
                ": the baseline is better, and `hhrec predict` answers with it"
                " unless predict.fallback is never"
            )
        return [text]


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
    progress: Progress = silent,
) -> TrainReport:
    """Train from the sequences, features and vocabulary to a model directory.

    With `origin`, the directory of an older model, the weights start from that one's. Where there are
    no validation rows, the calibration of the model in `calibrated` is taken over.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: Nothing to train on, a checkpoint of another run, unsynchronised processes, or
            too little memory.
    """
    quieten()
    accelerator = start()
    if accelerator.device.type == "cpu":  # on GPUs some kernels have no deterministic twin
        torch.use_deterministic_algorithms(mode=True)
        torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    counts = dataset_stats.read(params, sequences=sequences, features=features, vocab=vocab)
    shown = counts.shown(params.sequences.max_length)
    params = sized(params, shown, accelerator.num_processes)
    memory_check.require(params, counts, plan_of(params, counts, accelerator))
    inputs = read(params, accelerator, sequences, features, vocab, checkpoints)
    taken_over = calibration_of(calibrated, len(inputs.validation))
    task = make_task(params, inputs)
    torch.manual_seed(derive(params.seed, "weights"))
    shape, settings = config(params, inputs), params.train
    model = HhrecModel(warm_start.like(shape, origin) if origin else shape)
    if settings.layers_from:
        pretrained_layers.take(model.streams.encoder, Path(settings.layers_from))
    known = tables.scan(sequences / TRAIN, HISTORY, made_by=BUILD)
    named = tables.scan(vocab, VOCAB, made_by="hhrec vocab build").collect()
    started: dict[str, int] = {}
    if origin:
        started = warm_start.start(model, origin, inputs.names)
    else:
        start_items(model, params, train=known, vocab=named)
        if params.train.priors:
            start_from(model, priors(task, derive(params.seed, "priors")))
    optimizers = parameter_groups.optimizers(
        model, settings.lr, settings.weight_decay, settings.id_lr
    )
    fingerprint = fingerprint_of(
        params, sequences, features, vocab, origin, processes=accelerator.num_processes
    )
    state, found = stand(params, checkpoints, fingerprint, resume=resume, accelerator=accelerator)
    full = takes_all(params.train, len(inputs.share))
    sparse_gradients.leave_to_merge(model)
    prepared = accelerator.prepare(model)
    if found:
        checkpointing.load(found, model, optimizers)
    else:
        choice = settle(params.train.precision, task, prepared, accelerator, full=full)
        progress(0, 1, str(choice))
        state = replace(
            state,
            precision=choice.kind,
            bf16_speedup=choice.speedup,
            bf16_difference=choice.difference,
        )
    model.config.precision = state.precision
    tracker = open_tracker(params.train.tracker, live, params, active=accelerator.is_main_process)
    watch = Watch(
        params=params,
        task=task,
        model=model,
        optimizers=optimizers,
        accelerator=accelerator,
        validation=prepared_validation(
            params,
            inputs.validation,
            train=known,
            vocab=named,
            accelerator=accelerator,
        ),
        checkpoints=checkpoints,
        state=state,
        tracker=tracker,
        progress=progress,
    )
    if not state.done:
        with watch.signals():
            loop.run(
                task,
                prepared,
                optimizers,
                accelerator,
                full=full,
                first_step=state.step,
                after_step=watch.after_step,
                precision=state.precision,
            )
    tracker.close()
    if accelerator.is_main_process and not watch.interrupted:
        watch.publish(out, inputs.names, taken_over)
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return report_of(watch, started, resumed_at=state.step)


def calibration_of(model: Path | None, held_out: int) -> Calibration | None:
    """Read the calibration to take over; a model that had nothing held out has none either.

    Raises:
        MissingInputError: There is no model.
        HhrecError: There are validation rows, on which this training is calibrated itself.
    """
    if model is None:
        return None
    if held_out:
        raise HhrecError(
            f"--calibrated {model}: expected no validation rows, found {held_out:,}, on which this "
            "model will be calibrated itself",
            "leave --calibrated out, or hold nothing out: --set split.kind=none from explode on",
        )
    if not (model / CONFIG).is_file():
        raise MissingInputError(f"{model}: expected a model there", "run `hhrec train`")
    return read_calibration(model)


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


def plan_of(params: Params, found: dataset_stats.Sizes, accelerator: Accelerator) -> PlanReport:
    """Plan for the processes that take part."""
    return planned(params, found, device=accelerator.device, processes=accelerator.num_processes)


def report_of(watch: Watch, started: dict[str, int], *, resumed_at: int) -> TrainReport:
    """Sum a training up."""
    task, processes = watch.task, watch.accelerator.num_processes
    return TrainReport(
        main_process=watch.accelerator.is_main_process,
        interrupted=watch.interrupted,
        processes=processes,
        device=str(watch.accelerator.device),
        parameters=sum(weight.numel() for weight in watch.model.parameters()),
        trained_items=len(task.share),
        histories=len(task.rows),
        tokens_per_epoch=int(task.lengths().sum()),
        padding=watch.padding(),
        loss=loss_name(watch.params.train, len(task.share)),
        precision=watch.state.precision,
        bf16_speedup=watch.state.bf16_speedup,
        bf16_loss_difference=watch.state.bf16_difference,
        steps=watch.state.step,
        epochs=round(watch.state.step / steps_per_epoch(task, processes), 2),
        resumed_at=resumed_at,
        started_from=started,
        final_loss=watch.loss,
        tokens_per_second=watch.speed(),
        validation_rows=len(watch.validation),
        best_mrr_100=watch.state.best if watch.state.best >= 0 else None,
        best_epoch=watch.chosen().epoch if watch.state.best >= 0 else None,
        stopped=watch.stopped,
        asks=watch.model.config.asks,
        **beside(watch.calibration),
    )


def beside(found: Calibration | None) -> dict[str, Any]:
    """What the report says of the calibration: who answers, and the lead over the best baseline."""
    best = best_baseline(found) if found else None
    told = found.baselines[best] if found and best else {}
    return {
        "seen": found.seen if found else {},
        "answers": found.answers if found else MODEL,
        "best_baseline": best,
        "best_baseline_mrr_100": told.get("mrr_100"),
        "lead": told.get("lead", {}),
    }
