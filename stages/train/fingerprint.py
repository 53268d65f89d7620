"""The hash of all that a training's weights depend on: a checkpoint of another is not resumed."""

import hashlib
import json
from pathlib import Path

from stages.core.artifact_paths import ITEMS_DIR, TRAIN, VALIDATION
from stages.core.model_files import WEIGHTS
from stages.features.vector_file import VECTORS
from stages.params import Params

WITHOUT_EFFECT = {"keep", "tracker", "patience", "save_minutes", "save_steps"}


def fingerprint_of(
    params: Params,
    sequences: Path,
    features: Path,
    vocab: Path,
    origin: Path | None = None,
    *,
    processes: int = 1,
) -> str:
    """Hash what the weights published depend on: parameters that shape or choose them, and files.

    Batches a step count, not who makes them: two processes may go on where one had stopped that
    added up two batches. The precision is not among them: a checkpoint's state says which it is,
    also after `auto`.
    """
    settings = params.train.model_dump(exclude=WITHOUT_EFFECT | {"precision"})
    settings["accumulation"] *= processes
    seen = params.predict.seen.model_dump()
    baseline = params.baseline.model_dump()
    shaping = [params.seed, params.sequences.max_length, seen, settings, baseline]
    digest = hashlib.sha256(json.dumps(shaping, sort_keys=True).encode())
    files = [
        *sorted((sequences / TRAIN).glob("*")),
        *sorted((sequences / VALIDATION).glob("*")),
        *sorted((features / ITEMS_DIR).glob("*")),
        *features.glob(VECTORS),
        vocab,
    ]
    files += [origin / WEIGHTS] if origin else []
    for file in files:
        digest.update(file.name.encode())
        with file.open("rb") as opened:
            digest.update(hashlib.file_digest(opened, "sha256").digest())
    return digest.hexdigest()
