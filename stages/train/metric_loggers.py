"""Metric loggers: dvclive (for `dvc plots`), TensorBoard, Weights & Biases, or none."""

import os
from itertools import takewhile
from pathlib import Path
from typing import Any, Protocol

from stages.core import json_text
from stages.interface.errors import HhrecError
from stages.params import Params

Values = dict[str, float]


class Tracker(Protocol):
    """Takes figures by step."""

    def log(self, values: Values, step: int) -> None:
        """Record figures of a step."""

    def close(self) -> None:
        """Write out what is pending."""


class Nowhere:
    """Keeps nothing."""

    def log(self, values: Values, step: int) -> None:
        """Forget the figures."""

    def close(self) -> None:
        """Do nothing."""


class Dvclive:
    """TSV files under `live`, which `dvc plots` draws; touches neither dvc.yaml nor git.

    A resumed run goes on with the curves of the run before: what that run logged after its checkpoint
    gives way to what is logged again.
    """

    def __init__(self, live: Path, resumed_at: int | None = None) -> None:
        os.environ.setdefault("DVC_NO_ANALYTICS", "true")
        from dvclive import Live  # noqa: PLC0415

        resumed = resumed_at is not None
        if resumed:
            _drop_unreadable(live / "metrics.json")
        self.live = Live(
            dir=str(live), resume=resumed, dvcyaml=None, save_dvc_exp=False, monitor_system=False
        )
        self.live.step = resumed_at or 0
        self.logged: set[str] = set()

    def log(self, values: Values, step: int) -> None:
        """Record figures of a step."""
        self.live.step = step
        for name, value in values.items():
            if name not in self.logged:
                drop_from(Path(self.live.plots_dir) / "metrics" / f"{name}.tsv", step)
                self.logged.add(name)
            self.live.log_metric(name, value)
        self.live.sync()

    def close(self) -> None:
        """End the run."""
        self.live.end()


def drop_from(curve: Path, step: int) -> None:
    """Drop the lines of a curve from a step on, and a line that a kill left half written.

    Args:
        curve: A header, then lines that begin with ascending steps; it need not be there.
        step: The first that is dropped.
    """
    if not curve.is_file():
        return

    def stays(line: bytes) -> bool:
        number, _, rest = line.partition(b"\t")
        return rest.endswith(b"\n") and int(number) < step

    header, *lines = curve.read_bytes().splitlines(keepends=True) or [b""]
    kept = sum(map(len, takewhile(stays, lines)))
    if kept:
        os.truncate(curve, len(header) + kept)  # in place: no scratch file that a kill could leave
    else:
        curve.unlink()  # dvclive writes the header into a new file


def _drop_unreadable(summary: Path) -> None:
    """Drop the newest figures where a kill left them half written: dvclive would fail on them."""
    try:
        json_text.loads(summary.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        summary.unlink(missing_ok=True)


class Tensorboard:
    """Event files under `live`."""

    def __init__(self, live: Path) -> None:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415

        self.writer: Any = SummaryWriter(str(live))

    def log(self, values: Values, step: int) -> None:
        """Record figures of a step."""
        for name, value in values.items():
            self.writer.add_scalar(name, value, step)

    def close(self) -> None:
        """Flush the event file."""
        self.writer.close()


class Wandb:
    """A Weights & Biases run; offline unless WANDB_MODE says otherwise."""

    def __init__(self, live: Path, params: Params) -> None:
        import wandb  # noqa: PLC0415

        live.mkdir(parents=True, exist_ok=True)
        mode = os.environ.get("WANDB_MODE", "offline")
        self.run: Any = wandb.init(
            project="hhrec", dir=str(live), mode=mode, config=params.model_dump()
        )

    def log(self, values: Values, step: int) -> None:
        """Record figures of a step."""
        self.run.log(values, step=step)

    def close(self) -> None:
        """Finish the run."""
        self.run.finish()


def open_tracker(
    kind: str, live: Path | None, params: Params, *, active: bool, resumed_at: int | None = None
) -> Tracker:
    """Open the chosen tracker in the main process; other processes track nowhere.

    Args:
        kind: `train.tracker`.
        live: Directory of curves.
        params: All, for those who ask what made the curves.
        active: Whether this process has anything to track.
        resumed_at: Step of the checkpoint that is gone on from; None begins new curves.

    Raises:
        HhrecError: The tracker's package is not installed.
    """
    if live is None or not active or kind == "none":
        return Nowhere()
    try:
        if kind == "dvclive":
            return Dvclive(live, resumed_at)
        return Tensorboard(live) if kind == "tensorboard" else Wandb(live, params)
    except ImportError as error:
        raise HhrecError(
            f"train.tracker={kind}: the package is not installed ({error})",
            f"pip install 'hhrec[{kind}]', or set train.tracker to dvclive or none",
        ) from error
