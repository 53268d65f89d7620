"""Bundle: write all that an answer needs into one directory."""

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl

from stages.bert4rec.network.item_tower import ItemInputs
from stages.bundle import array_files, heuristic_files, manifest, model_card
from stages.bundle.array_files import Arrays
from stages.bundle.content import Content, computed
from stages.bundle.facts import facts_of, missing
from stages.bundle.opening import BOOKS, FACTS, PARAMS
from stages.core import kinds, outputs
from stages.core.artifact_paths import BOOKS_DIR, VACANCIES_FILE
from stages.core.fingerprints import listed
from stages.core.model_files import NEIGHBOURS
from stages.interface.stage_report import Progress, Report, silent
from stages.params import Params
from stages.predict.loaded_model import CPU, check_length, load
from stages.remote.urls import named

STEPS = 4


class BundleReport(Report):
    """What was written: vacancies, those of them never recommended, files and bytes; the digest; and who answers."""

    vacancies: int
    withdrawn: int
    fields: int
    files: int
    bytes: int
    digest: str
    answers: str

    def remarks(self) -> list[str]:
        """Say so where nothing is known of the vacancies."""
        told = (
            "no catalogue was found: fields and names of vacancies will not be known "
            "(name it with --vacancies FILE)"
        )
        return [] if self.fields else [told]


def run(
    params: Params,
    *,
    model: Path,
    sequences: Path,
    features: Path,
    vocab: Path,
    out: Path,
    vacancies: Path | None = None,
    withdraw: bool = False,
    progress: Progress = silent,
) -> BundleReport:
    """Write a bundle.

    Args:
        params: All parameters.
        model: Directory of the model.
        sequences: The train histories.
        features: Features of the vacancies.
        vocab: Their item ids.
        out: Directory to write.
        vacancies: The catalogue, for rules and names; by default that of `params.raw`, if it is
            there.
        withdraw: Do not recommend what the catalogue lacks, such as expired vacancies. It must be
            there.
        progress: Told how far it has come.

    Raises:
        MissingInputError: The model or a table is not there.
        HhrecError: They do not belong together.
    """
    made = outputs.prepare(
        out,
        kinds.BUNDLE,
        inputs={"sequences": sequences, "features": features, "vocab": vocab},
        references={"model": model},
        params=params,
    )
    loaded = load(model=model, sequences=sequences, features=features, vocab=vocab, where=CPU)
    check_length(loaded.network, model, params.sequences.max_length)
    facts = facts_of(loaded.names, params, vacancies)
    progress(1, STEPS, "learning")
    content = computed(loaded, params, facts, {})
    if withdraw:
        gone = missing(loaded.names, vacancies or Path(params.raw) / VACANCIES_FILE)
        content = replace(content, withdrawn=gone.cast(pl.Int64).to_numpy())
    progress(2, STEPS, "writing")
    with made.replacing() as scratch:
        scratch.mkdir()
        written = write(content, scratch, model=model, books=features / BOOKS_DIR)
        progress(3, STEPS, "checking")
        files = listed(scratch)
        size = sum(file.stat().st_size for file in files.values())
    found = loaded.calibration
    return BundleReport(
        vacancies=len(loaded.names),
        withdrawn=len(content.withdrawn),
        fields=len(written.fields or ()),
        files=len(files),
        bytes=size,
        digest=written.digest,
        answers=found.answer(params.predict.fallback)[0] if found else "model as trained",
    )


def write(
    content: Content, directory: Path, *, model: Path, books: Path
) -> manifest.BundleManifest:
    """Write the files of a bundle into an empty directory."""
    loaded, facts = content.loaded, content.facts
    for source, target in ((model, directory), (books, directory / BOOKS)):
        target.mkdir(exist_ok=True)
        for name, file in listed(source).items():
            if not name.startswith(f"{NEIGHBOURS}/"):  # which are among the arrays
                shutil.copyfile(file, target / name)
    names = loaded.names.select("vacancy_id")
    table = names if facts is None else pl.concat([names, facts], how="horizontal")
    table.rechunk().write_ipc(directory / FACTS, compression="uncompressed")
    arrays, numbers = arrays_of(content)
    array_files.save(directory, arrays)
    params = content.params.model_copy(update={"raw": named(content.params.raw)})
    (directory / PARAMS).write_text(params.model_dump_json(indent=1) + "\n", encoding="utf-8")
    until = numbers["trained_until"]
    text = model_card.text(content, until=moment(until))
    (directory / model_card.FILE).write_text(text, encoding="utf-8")
    return manifest.write(
        directory,
        vacancies=len(names),
        fields=None if facts is None else facts.columns,
        trained_until=moment(until),
        numbers=numbers,
    )


def arrays_of(content: Content) -> tuple[Arrays, dict[str, float]]:
    """Take everything apart: arrays, and the numbers that belong to them."""
    tower, ids = content.tower, content.ids
    days = content.met
    arrays, numbers = inputs_of(content.loaded.catalogue)
    arrays |= {
        "vectors": content.matrix.exact.numpy(),
        "biases": tower.biases.numpy(),
        "special_vectors": tower.special.numpy(),
        "special_biases": tower.special_biases.numpy(),
        "id_hashes": ids.hashes,
        "id_places": ids.places,
        "met_items": days.items,
        "met_days": days.days,
    }
    numbers["longest"] = content.matrix.longest
    if len(content.withdrawn):
        arrays["withdrawn"] = content.withdrawn
    if content.learned is not None:
        more, counted = heuristic_files.arrays_of(content.learned)
        arrays, numbers = {**arrays, **more}, {**numbers, **counted}
    return arrays, numbers


def inputs_of(catalogue: ItemInputs) -> tuple[Arrays, dict[str, float]]:
    """Take what is known of vacancies apart."""
    demand, follow = catalogue.demand, catalogue.neighbours
    arrays: Arrays = {
        "codes": catalogue.codes.numpy(),
        "salary": catalogue.salary.numpy(),
        "words": catalogue.words.numpy(),
        "texts": catalogue.text.numpy(),
        "demand": demand.before.numpy(),
        "demand_first": demand.first.numpy(),
        "follow_source": follow.whole.source,
        "follow_target": follow.whole.target,
        **array_files.of_table("follow", follow.whole.table),
    }
    numbers: dict[str, float] = {
        "demand_start": demand.start,
        "demand_length": demand.length,
        "follow_end": follow.end,
        "trained_until": follow.end or demand.start + demand.length * demand.periods(),
    }
    return arrays, numbers


def moment(microseconds: float) -> str | None:
    """Write a moment as ISO 8601; None before 1970, where none is known."""
    if microseconds <= 0:
        return None
    return datetime.fromtimestamp(microseconds / 1e6, tz=UTC).isoformat(timespec="seconds")
