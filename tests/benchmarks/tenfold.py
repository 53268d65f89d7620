"""Ten logs in one: `python tenfold.py RAW OUT`; each copy has people and sessions of its own.

The catalogue stays: ten times the people look at the same vacancies.
"""

import shutil
import sys
from pathlib import Path

import polars as pl

TIMES = 10
OWN = ("user_id", "session_id")


def copied(file: Path) -> pl.LazyFrame:
    """The rows of a file ten times, one copy behind the other.

    Copies of one person are far apart in any order of names: side by side they would pack as one.
    """
    rows = pl.scan_parquet(file)
    return pl.concat(
        rows.with_columns(
            pl.format("{}-{}", pl.lit(copy), pl.col(name)).alias(name) for name in OWN
        )
        for copy in range(TIMES)
    )


def main(raw: Path, out: Path) -> None:
    """Write the files of the greater log."""
    out.mkdir(parents=True, exist_ok=True)
    for name in ("train", "test", "labels"):
        copied(raw / f"{name}.parquet").sink_parquet(out / f"{name}.parquet", compression="zstd")
    shutil.copyfile(raw / "vacancies.parquet", out / "vacancies.parquet")


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
