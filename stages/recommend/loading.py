"""What a recommender is loaded from: a bundle, a directory of artifacts, or that of a model."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from stages.bundle.content import Content, computed
from stages.bundle.facts import facts_of
from stages.bundle.opening import is_bundle, opened
from stages.core.artifact_paths import FEATURES_DIR, MODEL_DIR, SEQUENCES_DIR, VOCAB_FILE
from stages.core.model_files import CONFIG
from stages.interface.errors import MissingInputError
from stages.params import Params
from stages.predict import loaded_model


def content_of(
    path: Path, params: Params | None, tables: Mapping[str, Path], vacancies: Path | None
) -> Content:
    """Load all that an answer needs.

    Args:
        path: The directory.
        params: The parameters that the model was made with; a bundle has its own.
        tables: `sequences`, `features` and `vocab` where they are not beside the model.
        vacancies: The catalogue, where it is not that of `params.raw`.

    Raises:
        MissingInputError: Something is not there.
        HhrecError: The parts do not belong together.
    """
    if not path.is_dir():
        raise MissingInputError(
            f"{path}: expected a bundle, or a directory of artifacts or of a model, found none",
            "run `hhrec run` or `hhrec bundle`, or name the directory that it wrote",
        )
    if is_bundle(path):
        content = opened(path)
        content = content if params is None else replace(content, params=params)
        if vacancies is None:
            return content
        facts = facts_of(content.loaded.names, content.params, vacancies)
        return replace(content, known=lambda: facts)
    model = path if (path / CONFIG).is_file() else path / MODEL_DIR
    root, settings = model.parent, params or Params()
    loaded = loaded_model.load(
        model=model,
        sequences=tables.get("sequences", root / SEQUENCES_DIR),
        features=tables.get("features", root / FEATURES_DIR),
        vocab=tables.get("vocab", root / VOCAB_FILE),
        where=loaded_model.CPU,
    )
    facts = facts_of(loaded.names, settings, vacancies)
    return computed(loaded, settings, facts, {"kind": "artifacts", "path": str(path)})
