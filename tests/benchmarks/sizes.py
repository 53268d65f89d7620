"""How much of each benchmark is run: BENCH_SIZE=full is what the issues state, tiny proves the harness."""

import os
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    """Attributes, with those of `full` as defaults.

    name: For the results.
    share: Of the users and items of each shape.
    epochs: Of ours and the peers on MovieLens-1M's shape.
    repeats: Runs of ours around those of the peers; their median counts.
    max_length: Window on MovieLens-1M's shape.
    batch_rows: Rows of a peer's batch; ours has as many tokens.
    batch_tokens: Positions of a batch on the shapes with many items.
    steps: Steps timed there.
    plain_steps: Steps of BertForMaskedLM, the first not timed.
    converge: Most epochs of a peer that trains to convergence.
    patience: Its epochs without a better validation score.
    histories: Asked for one by one.
    seconds: Of requests over HTTP.
    contest: Share of the contest's sessions and vacancies.
    contest_epochs: Of training there.
    strict: Whether an aim that is missed fails the test.
    """

    name: str = "full"
    share: float = 1.0
    epochs: int = 3
    repeats: int = 2
    max_length: int = 200
    batch_rows: int = 128
    batch_tokens: int = 4_096
    steps: int = 40
    plain_steps: int = 3
    converge: int = 200
    patience: int = 20
    histories: int = 400
    seconds: float = 60.0
    contest: float = 1.0
    contest_epochs: int = 1
    strict: bool = True


SIZES = {
    "full": Size(),
    "tiny": Size(
        name="tiny",
        share=0.01,
        epochs=1,
        repeats=1,
        max_length=32,
        batch_rows=16,
        batch_tokens=512,
        steps=6,
        plain_steps=2,
        converge=1,
        patience=1,
        histories=20,
        seconds=2.0,
        contest=0.001,
        strict=False,
    ),
}


def chosen() -> Size:
    """The size that BENCH_SIZE names; BENCH_EPOCHS overrides its epochs."""
    size = SIZES[os.environ.get("BENCH_SIZE", "tiny")]
    epochs = int(os.environ.get("BENCH_EPOCHS", size.epochs))
    return Size(**{**vars(size), "epochs": epochs})


def overrides() -> list[str]:
    """Further `section.key=value` for every run of ours, from BENCH_SET, separated by spaces."""
    return os.environ.get("BENCH_SET", "").split()
