"""Metric loggers: dvclive (for `dvc plots`), TensorBoard, Weights & Biases, or none."""

import os
from pathlib import Path
from typing import Any, Protocol

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
    """TSV files under `live`, which `dvc plots` draws; touches neither dvc.yaml nor git."""

    def __init__(self, live: Path) -> None:
        os.environ.setdefault("DVC_NO_ANALYTICS", "true")
        from dvclive import Live  # noqa: PLC0415

        self.live = Live(dir=str(live), dvcyaml=None, save_dvc_exp=False, monitor_system=False)

    def log(self, values: Values, step: int) -> None:
        """Record figures of a step."""
        self.live.step = step
        for name, value in values.items():
            self.live.log_metric(name, value)
        self.live.sync()

    def close(self) -> None:
        """End the run."""
        self.live.end()


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


def open_tracker(kind: str, live: Path | None, params: Params, *, active: bool) -> Tracker:
    """Open the chosen tracker in the main process; other processes track nowhere.

    Raises:
        HhrecError: The tracker's package is not installed.
    """
    if live is None or not active or kind == "none":
        return Nowhere()
    try:
        if kind == "dvclive":
            return Dvclive(live)
        return Tensorboard(live) if kind == "tensorboard" else Wandb(live, params)
    except ImportError as error:
        raise HhrecError(
            f"train.tracker={kind}: the package is not installed ({error})",
            f"pip install 'hhrec[{kind}]', or set train.tracker to dvclive or none",
        ) from error
