"""`hhrec` whose training waits after each step, so that a test can reach the middle of an epoch.

HHREC_TEST_SLOWLY names a file that is written when the third step is done.
"""

import os
import time
from pathlib import Path

from hhrec_cli.main import main
from stages.train.callbacks.metrics import Metrics
from stages.train.loop import Figures

show = Metrics.show


def wait(metrics: Metrics, figures: Figures, best: float) -> None:
    show(metrics, figures, best)
    if figures.step == 3:
        Path(os.environ["HHREC_TEST_SLOWLY"]).touch()
    time.sleep(0.05)


if __name__ == "__main__":
    Metrics.show = wait  # type: ignore[method-assign]
    main()
