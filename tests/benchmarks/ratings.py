"""A log of MovieLens-1M's size, made up, as MovieLens writes its own: `python ratings.py OUT`.

`ratings.csv` has a line an event: who, which film, when. Who and which come from `worlds.walks`
(tastes for a few clusters of films, likely successors, skewed popularity, nothing twice), as in the
shape `ml1m` of `shapes.py`; but here everything from the raw file on is hhrec's own work. A log is a
function of its size.
"""

import argparse
from pathlib import Path

import numpy as np
import polars as pl

from tests.benchmarks.shapes import scaled, timed
from tests.benchmarks.worlds import walks

SEED = 1_000_209  # MovieLens-1M's ratings


def write(out: Path, size: float = 1.0) -> Path:
    """Write `ratings.csv` under `out`; `size` is the share of its users and items."""
    shape, generator = scaled("ml1m", size), np.random.default_rng(SEED)
    met = walks(shape.users, shape.items, shape.clusters, generator)
    whole = timed(met, generator).with_row_index("userId")
    columns = {"movieId": "items", "timestamp": "times"}
    events = whole.select("userId", **columns).explode(*columns)
    out.mkdir(parents=True, exist_ok=True)
    found = out / "ratings.csv"
    events.with_columns(pl.col("timestamp").dt.epoch("s")).write_csv(found)
    return found


def main() -> None:
    """Write the log from the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out", type=Path)
    parser.add_argument("--size", type=float, default=1.0, help="share of the users and items")
    given = parser.parse_args()
    write(given.out, given.size)


if __name__ == "__main__":
    main()
