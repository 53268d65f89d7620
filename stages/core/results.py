"""What stands in a directory of artifacts: each name with its kind, in the order of the pipeline."""

from collections.abc import Mapping

from stages.core import kinds
from stages.core.artifact_paths import (
    BUNDLE_DIR,
    CHECKPOINTS_DIR,
    EVENTS_DIR,
    FEATURES_DIR,
    FILTERED_DIR,
    LIVE_DIR,
    METRICS_DIR,
    MODEL_DIR,
    REPORT_FILE,
    SEQUENCES_DIR,
    TEST,
    TRIALS_FILE,
    VALIDATION,
    VOCAB_FILE,
    predictions_file,
)
from stages.core.kinds import Kind

RESULTS: Mapping[str, Kind] = {
    EVENTS_DIR: kinds.EVENTS,
    FILTERED_DIR: kinds.FILTERED,
    VOCAB_FILE: kinds.VOCAB,
    FEATURES_DIR: kinds.FEATURES,
    SEQUENCES_DIR: kinds.SEQUENCES,
    MODEL_DIR: kinds.MODEL,
    CHECKPOINTS_DIR: kinds.CHECKPOINTS,
    LIVE_DIR: kinds.LIVE,
    predictions_file(TEST): kinds.PREDICTIONS,
    predictions_file(VALIDATION): kinds.PREDICTIONS,
    TRIALS_FILE: kinds.TRIALS,
    METRICS_DIR: kinds.METRICS,
    REPORT_FILE: kinds.PAGE,
    BUNDLE_DIR: kinds.BUNDLE,
}
