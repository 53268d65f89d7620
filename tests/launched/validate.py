"""Print the validation MRR@100 of a model directory; launched by tests as one or several processes."""

import sys
from functools import partial
from pathlib import Path

import polars as pl
from accelerate import Accelerator

from stages.loaders import model_arrays, neighbour_files
from stages.params import validated
from stages.predict.loaded_model import load_model
from stages.train.validation import prepared


def main(artifacts: Path, model: Path) -> None:
    accelerator = Accelerator()
    many_batches = validated({"predict": {"batch_rows": 4}}, where="test")
    train = artifacts / "sequences" / "train"
    known = partial(neighbour_files.of_model, model, train)
    catalogue = model_arrays.catalogue(artifacts / "features" / "items", train, neighbours=known)
    validation = prepared(
        many_batches,
        pl.read_parquet(artifacts / "sequences" / "validation"),
        train=pl.scan_parquet(artifacts / "sequences" / "train" / "*.parquet"),
        vocab=pl.read_parquet(artifacts / "vocab.parquet"),
        accelerator=accelerator,
    )
    network = load_model(model)
    mrr = validation.ranked(network, catalogue, accelerator, asks=network.config.asks).mrr
    if accelerator.is_main_process:
        sys.stdout.write(f"{accelerator.num_processes} {mrr.hex()}\n")
    accelerator.end_training()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
