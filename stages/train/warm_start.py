"""Warm start: the weights of an earlier model under a new vocabulary.

Vacancies are matched by their id. Those of both vocabularies keep their rows; a new one starts from
its content alone, as in a step in which its id is dropped (without content: from the mean of the
known rows); rows of vacancies that are gone are left behind. All other weights are taken whole.
"""

from pathlib import Path

import polars as pl
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from stages.bert4rec.network.config import HhrecConfig
from stages.bert4rec.network.model import HhrecModel
from stages.core import model_files, weight_files
from stages.core.item_ids import FIRST_ITEM
from stages.interface import failures
from stages.interface.errors import HhrecError

ROWS = ("tower.ids.weight", "tower.id_bias.weight")  # a row an item id
SETTINGS = {
    "backbone": "train.backbone",
    "objective": "train.objective",
    "hidden_size": "train.hidden_size",
    "layers": "train.layers",
    "heads": "train.heads",
    "history_length": "sequences.max_length",
}
DESCRIPTION = ("code_sizes", "word_count", "has_salary", "text_width")


def like(config: HhrecConfig, directory: Path) -> HhrecConfig:
    """Make a new model's config fit for the weights of an older one.

    Equal books give equal codes; which of them have weights is taken from the older model.

    Raises:
        MissingInputError: No model is there.
        HhrecError: Its books or its shape are other than those of `config`.
    """
    model_files.require(directory)
    old = _config(directory)
    if old.books != config.books:
        raise HhrecError(
            f"{directory}: trained with the code books {old.books[:12]}, but the features were "
            f"made with {config.books[:12]}",
            "encode with the model's books: hhrec features build --books DIR, or train without --from",
        )
    faults = {
        name: (getattr(old, field), getattr(config, field))
        for field, name in SETTINGS.items()
        if getattr(old, field) != getattr(config, field)
    }
    if faults:
        said = "; ".join(f"{name} was {was}, is {now}" for name, (was, now) in faults.items())
        sets = " ".join(f"--set {name}={was}" for name, (was, _) in faults.items())
        raise HhrecError(f"{directory}: {said}", f"add {sets}, or train without --from")
    for field in DESCRIPTION:
        setattr(config, field, getattr(old, field))
    return config


def _config(directory: Path) -> HhrecConfig:
    """Read what an older model is made of."""
    try:
        return HhrecConfig.from_pretrained(
            directory, local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise HhrecError(
            f"{directory}/config.json: not the configuration of a model ({failures.short(error)})",
            "run `hhrec train` without --from",
        ) from error


def start(model: HhrecModel, directory: Path, names: pl.Series) -> dict[str, int]:
    """Put an older model's weights into a new one, in place.

    Args:
        model: Of a config that went through `like`.
        directory: The older model.
        names: Vacancy ids of the new vocabulary by item, (V,).

    Returns:
        Vacancies of the vocabularies that are `kept`, `new` and `gone`.

    Raises:
        HhrecError: The weights are not readable, or are not those of such a model.
    """
    old = model_files.read_names(directory)
    try:
        weight_files.shapes(directory / model_files.WEIGHTS)
        weights = load_file(directory / model_files.WEIGHTS)
    except (OSError, SafetensorError) as error:
        raise HhrecError(f"{directory}: not readable ({error})", "train without --from") from error
    rows = _rows(old, names)
    for name in ROWS:
        mean = name == ROWS[0] and not model.tower.described
        weights[name] = _moved(weights[name], rows, mean=mean)
    _check(weights, model.state_dict(), directory)
    model.load_state_dict(weights)
    kept = int((rows >= 0).sum())
    return {"kept": kept, "new": len(names) - kept, "gone": len(old) - kept}


def _rows(old: pl.Series, new: pl.Series) -> Tensor:
    """Row of each new vacancy among the old ones, -1 where it is new, (V,)."""
    places = pl.DataFrame({"vacancy_id": old, "row": pl.int_range(len(old), eager=True)})
    found = new.alias("vacancy_id").to_frame().join(places, on="vacancy_id", how="left",
                                                    maintain_order="left")  # fmt: skip
    return torch.from_numpy(found["row"].fill_null(-1).to_numpy().copy())


def _moved(table: Tensor, rows: Tensor, *, mean: bool) -> Tensor:
    """Rows of item ids (old, D) in the order of the new ids; new ones are 0, or the mean."""
    special, known = table[:FIRST_ITEM], table[FIRST_ITEM:]
    blank = known.mean(0) if mean else torch.zeros_like(table[0])
    moved = torch.where((rows >= 0)[:, None], known[rows.clamp_min(0)], blank)
    return torch.cat([special, moved])


def _check(weights: dict[str, Tensor], wanted: dict[str, Tensor], directory: Path) -> None:
    faults = [
        f"{name} is {_shape(weights.get(name))}, expected {_shape(wanted.get(name))}"
        for name in sorted({*weights, *wanted})
        if _shape(weights.get(name)) != _shape(wanted.get(name))
    ]
    if faults:
        raise HhrecError(
            f"{directory}: {len(faults)} weights of another shape: {'; '.join(faults[:3])}",
            "train without --from, or with the settings that made the model",
        )


def _shape(weight: Tensor | None) -> str:
    return "absent" if weight is None else " x ".join(map(str, weight.shape)) or "a number"
