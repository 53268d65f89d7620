"""Names of the raw files and of the artifacts, and where a stage's parts stand in them.

`params.yaml` and `dvc.yaml` spell the same names; tests hold them together.
"""

from pathlib import Path

ARTIFACTS = Path("artifacts")  # by default, from the working directory

# raw input files, in the directory that `raw` of params.yaml names
TRAIN_FILE, TEST_FILE = "train.parquet", "test.parquet"
VACANCIES_FILE, LABELS_FILE = "vacancies.parquet", "labels.parquet"
RAW_FILES = (TRAIN_FILE, TEST_FILE, VACANCIES_FILE)
SAMPLE_FILE = "sample.json"  # beside a synthetic sample: what made it

# what stages write, under ARTIFACTS
SAMPLE_DIR = "sample"
EVENTS_DIR, FILTERED_DIR = "events", "filtered"
VOCAB_FILE = "vocab.parquet"
FEATURES_DIR, SEQUENCES_DIR = "features", "sequences"
MODEL_DIR, CHECKPOINTS_DIR, LIVE_DIR = "model", "checkpoints", "live"
CONTINUED = {CHECKPOINTS_DIR, LIVE_DIR}  # what a killed command leaves here is gone on with
BEST_BASELINE = "{part}.baseline.parquet"  # in the metrics: what the best baseline recommends first
METRICS_DIR, REPORT_FILE = "metrics", "report.html"
BASELINES_DIR = "baselines"
BUNDLE_DIR = "bundle"  # all that an answer needs, in one directory
TRIALS_FILE = "trials.json"  # of `hhrec tune`
INPUTS_FILE = "inputs.json"  # hashes of the raw files that all of it was made from
TEXT_CACHE_DIR = "text-cache"  # text vectors, reused by later runs
FINAL_DIR = "final"  # the artifacts of `hhrec run --final`
VALIDATED_DIR = "validated"  # those of `hhrec daily --train` that its final fit is judged by

# parts of the log: directories of sequences, values of the column `part`
TRAIN, VALIDATION, TEST = "train", "validation", "test"

# inside features
BOOKS_DIR, ITEMS_DIR = "books", "items"


def predictions_file(part: str) -> str:
    """Name of the predictions for the rows of a part."""
    return "predictions.parquet" if part == TEST else f"{part}_predictions.parquet"
