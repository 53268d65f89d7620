"""The report of a training."""

from typing import Any

from stages.calibration.model_selection import best_baseline
from stages.core.calibration_file import MODEL, Calibration
from stages.interface.stage_report import Report
from stages.train.callbacks import Watch
from stages.train.loss_choice import loss_name
from stages.train.precision import PrecisionChoice


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
        return str(PrecisionChoice(self.precision, self.bf16_speedup, self.bf16_loss_difference))

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


def report_of(watch: Watch, calibration: Calibration | None, *, resumed_at: int) -> TrainReport:
    """Sum a training up."""
    training, state, metrics = watch.training, watch.state, watch.metrics
    task, accelerator = training.task, training.accelerator
    chosen = watch.checkpoints.chosen(state)
    return TrainReport(
        main_process=accelerator.is_main_process,
        interrupted=watch.interrupted,
        processes=accelerator.num_processes,
        device=str(accelerator.device),
        parameters=sum(weight.numel() for weight in training.model.parameters()),
        trained_items=len(task.share),
        histories=len(task.rows),
        tokens_per_epoch=int(task.lengths().sum()),
        padding=metrics.padding(),
        loss=loss_name(training.params.train, len(task.share)),
        precision=state.precision,
        bf16_speedup=state.bf16_speedup,
        bf16_loss_difference=state.bf16_difference,
        steps=state.step,
        epochs=round(state.step / training.steps_per_epoch(), 2),
        resumed_at=resumed_at,
        started_from=training.started,
        final_loss=metrics.loss,
        tokens_per_second=metrics.speed(),
        validation_rows=len(watch.validation),
        best_mrr_100=state.best if state.best >= 0 else None,
        best_epoch=chosen.epoch if state.best >= 0 else None,
        stopped=watch.stopped,
        asks=chosen.asks,
        **compared(calibration),
    )


def compared(found: Calibration | None) -> dict[str, Any]:
    """Say who answers, and by how much the model leads the best baseline."""
    best = best_baseline(found) if found else None
    told = found.baselines[best] if found and best else {}
    return {
        "seen": found.seen if found else {},
        "answers": found.answers if found else MODEL,
        "best_baseline": best,
        "best_baseline_mrr_100": told.get("mrr_100"),
        "lead": told.get("lead", {}),
    }
