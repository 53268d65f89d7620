"""Train: fit the model on the train sequences, keep the best by validation MRR@100."""

import os
from pathlib import Path

import torch
from accelerate import Accelerator

from stages import tables
from stages.bert4rec import checkpoint, loop, optim
from stages.bert4rec.model import HhrecModel
from stages.bert4rec.quiet import quieten
from stages.bert4rec.task import padding, steps_per_epoch
from stages.errors import HhrecError
from stages.params import Params, TrainParams
from stages.report import Progress, Report, silent
from stages.seeds import derive
from stages.training import warm
from stages.training.inputs import config, fingerprint_of, make_task, read
from stages.training.trackers import open_tracker
from stages.training.watch import Watch

FULL_UNTIL = 4_096  # trained items up to which `auto` takes the whole softmax


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
    progress: Progress = silent,
) -> TrainReport:
    """Train from the sequences, features and vocabulary to a model directory.

    With `origin`, the directory of an older model, the weights start from that one's.

    Raises:
        MissingInputError: A table is not there.
        HhrecError: Nothing to train on, a checkpoint of another run, or unsynchronised processes.
    """
    quieten()
    accelerator = start(params.train)
    if accelerator.device.type == "cpu":  # on GPUs some kernels have no deterministic twin
        torch.use_deterministic_algorithms(mode=True)
    inputs = read(params, accelerator, sequences, features, vocab, checkpoints)
    task = make_task(params, inputs)
    torch.manual_seed(derive(params.seed, "weights"))
    shape = config(params, inputs)
    model = HhrecModel(warm.like(shape, origin) if origin else shape)
    started = warm.start(model, origin, inputs.names) if origin else {}
    optimizer = optim.adamw(model, params.train.lr, params.train.weight_decay)
    fingerprint = fingerprint_of(params, sequences, features, vocab, origin)
    state, found = stand(checkpoints, fingerprint, resume=resume, accelerator=accelerator)
    prepared, prepared_optimizer = accelerator.prepare(model, optimizer)
    if found:
        checkpoint.load(found, model, optimizer)
    tracker = open_tracker(params.train.tracker, live, params, active=accelerator.is_main_process)
    watch = Watch(
        params=params,
        task=task,
        model=model,
        optimizer=optimizer,
        accelerator=accelerator,
        validation=inputs.validation,
        checkpoints=checkpoints,
        state=state,
        tracker=tracker,
        progress=progress,
    )
    full = takes_all(params.train, len(inputs.share))
    if not state.done:
        with watch.signals():
            loop.run(
                task,
                prepared,
                prepared_optimizer,
                accelerator,
                full=full,
                first_step=state.step,
                after_step=watch.after_step,
            )
    tracker.close()
    if accelerator.is_main_process and not watch.interrupted:
        watch.publish(out, inputs.names)
    accelerator.wait_for_everyone()
    accelerator.end_training()
    return report_of(watch, started, resumed_at=state.step, full=full)


def takes_all(settings: TrainParams, trained: int) -> bool:
    """Whether the loss sums over all trained items instead of drawn ones."""
    return settings.loss == "full" or (settings.loss == "auto" and trained <= FULL_UNTIL)


def report_of(watch: Watch, started: dict[str, int], *, resumed_at: int, full: bool) -> TrainReport:
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
        padding=round(padding(task), 4),
        loss="full" if full else "sampled",
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
    )


def start(settings: TrainParams) -> Accelerator:
    """Join the other processes; refuse copies that do not know of each other."""
    accelerator = Accelerator(mixed_precision=settings.precision)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world > 1 and accelerator.num_processes == 1:
        raise HhrecError(
            f"WORLD_SIZE is {world}, but each process believes to be alone: expected {world} "
            "synchronised processes, found unsynchronised copies",
            "on CPUs: ACCELERATE_USE_CPU=true accelerate launch --multi_gpu "
            f"--num_processes {world} hhrec train",
        )
    return accelerator


def stand(
    checkpoints: Path, fingerprint: str, *, resume: bool, accelerator: Accelerator
) -> tuple[checkpoint.State, Path | None]:
    """Find where to go on from with `--resume`; without it, clear an earlier run away.

    Raises:
        HhrecError: The newest checkpoint was made with other data or parameters.
    """
    found = checkpoint.newest(checkpoints)
    if found and resume:
        state = checkpoint.read_state(found)
        if state.fingerprint != fingerprint:
            raise HhrecError(
                f"{found}: made with other parameters or other data than this run's",
                "start anew without --resume, or restore the parameters and data of that run",
            )
        return state, found
    if accelerator.is_main_process:
        checkpoint.prune(checkpoints, 0)
        tables.remove(checkpoints / "best")
    accelerator.wait_for_everyone()
    return checkpoint.State(0, -1.0, 0, fingerprint), None
