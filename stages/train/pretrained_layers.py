"""Encoder layers from a local `transformers` checkpoint that was trained on text.

Its words mean nothing here: the word table is left behind, items come as vectors instead. What is
taken: attention, feed-forward and normalisation of every layer, and the positions, cut to ours.
"""

from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from transformers import AutoConfig, PreTrainedModel

from stages.core import weight_files
from stages.core.model_files import CONFIG, WEIGHTS
from stages.core.weight_files import BrokenWeightsError
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import Params

SHAPE = {
    "hidden_size": "train.hidden_size",
    "num_hidden_layers": "train.layers",
    "num_attention_heads": "train.heads",
}  # field of a checkpoint's config -> our parameter
FIXED = (
    "hidden_act", "activation", "hidden_activation", "attention_bias", "mlp_bias", "norm_bias",
    "is_decoder", "rope_parameters", "layer_types", "local_attention",
)  # fmt: skip
WORDS = ("word_embeddings", "tok_embeddings", "token_type_embeddings")
NAME = "train.layers_from"


def feed_width(params: Params) -> int | None:
    """Width of the feed-forward part of `train.layers_from`, None where that is not set.

    Raises:
        MissingInputError: No checkpoint is there.
        HhrecError: Its architecture or shape is not that of the parameters.
    """
    if params.train.layers_from is None:
        return None
    path = Path(params.train.layers_from)
    found = _config(path)
    _check(params, path, found)
    width = getattr(found, "intermediate_size", None) or getattr(found, "hidden_dim", None)
    return int(width) if width else None


def take(encoder: PreTrainedModel, path: Path) -> list[str]:
    """Put the layers and positions of the checkpoint at `path` into `encoder`, in place.

    Position p of ours becomes position p of theirs, plus, for BERT, the vector of segment 0, which
    every text carries. Word tables stay as they are.

    Returns:
        Names of the weights that were taken.

    Raises:
        HhrecError: The checkpoint is not readable, or weights are missing or of another shape.
    """
    _check_same(encoder.config, path)
    theirs = dict(_load(type(encoder), path).named_parameters())
    taken = []
    with torch.no_grad():
        for name, weight in encoder.named_parameters():
            if any(word in name for word in WORDS):
                continue
            found = theirs[name]
            if "position_embeddings" in name:
                found = found[: len(weight)]
                segments = theirs.get(name.replace("position", "token_type"))
                found = found if segments is None else found + segments[0]
            weight.copy_(found)
            taken.append(name)
    return taken


def _config(path: Path) -> Any:
    if not (path / CONFIG).is_file():
        raise MissingInputError(
            f"{NAME}={path}: expected a directory with {CONFIG} and {WEIGHTS}",
            "name the directory of a local `transformers` checkpoint (made by save_pretrained)",
        )
    try:
        return AutoConfig.from_pretrained(path, local_files_only=True, trust_remote_code=False)
    except (OSError, ValueError, KeyError) as error:
        raise HhrecError(
            f"{path}/{CONFIG}: not a readable configuration ({error})",
            "expected a directory written by save_pretrained",
        ) from error


def _check(params: Params, path: Path, found: Any) -> None:
    """Raise one HhrecError that says all that does not fit and what to set."""
    if found.model_type != params.train.backbone:
        raise HhrecError(
            f"{NAME}={path}: expected a {params.train.backbone}, found a {found.model_type}",
            f"--set train.backbone={found.model_type}, or another checkpoint",
        )
    ours = {name: getattr(params.train, SHAPE[name].partition(".")[2]) for name in SHAPE}
    other = {
        name: int(getattr(found, name)) for name in SHAPE if getattr(found, name) != ours[name]
    }
    if other:
        said = ", ".join(f"{SHAPE[name]}={ours[name]} (found {other[name]})" for name in other)
        raise HhrecError(
            f"{NAME}={path}: its layers have another shape than {said}",
            " ".join(f"--set {SHAPE[name]}={value}" for name, value in other.items()),
        )
    _check_positions(params, path, found)


def _check_positions(params: Params, path: Path, found: Any) -> None:
    rows = int(found.max_position_embeddings)
    longest = params.sequences.max_length
    if longest + 2 > rows and found.model_type != "modernbert":  # whose positions are rotations
        raise HhrecError(
            f"{NAME}={path}: has {rows} positions, but sequences.max_length={longest} needs "
            f"{longest + 2}",
            f"--set sequences.max_length={rows - 2} here, for `hhrec predict`, and for all later runs",
        )


def _load(kind: type[PreTrainedModel], path: Path) -> PreTrainedModel:
    more = {"add_pooling_layer": False} if kind.__name__ == "BertModel" else {}
    try:
        for file in path.glob("*.safetensors"):
            weight_files.shapes(file)
        model, found = kind.from_pretrained(
            path,
            local_files_only=True,
            trust_remote_code=False,
            use_safetensors=True,
            output_loading_info=True,
            **more,
        )
    except (OSError, ValueError, RuntimeError, SafetensorError, BrokenWeightsError) as error:
        raise HhrecError(
            f"{NAME}={path}: not a readable checkpoint ({error})",
            f"expected weights in {WEIGHTS}, written by save_pretrained",
        ) from error
    missing = sorted(name for name in found["missing_keys"] if "tok" not in name)
    if missing:
        raise HhrecError(
            f"{NAME}={path}: weights are missing, among them {missing[0]}",
            "save the whole model again with save_pretrained, or name another checkpoint",
        )
    return model


def _check_same(ours: Any, path: Path) -> None:
    """Refuse a checkpoint whose layers compute something else than ours, such as another activation."""
    found = _config(path)
    for name in FIXED:
        if getattr(found, name, None) != getattr(ours, name, None):
            raise HhrecError(
                f"{NAME}={path}: {name} is {getattr(found, name, None)!r}, expected "
                f"{getattr(ours, name, None)!r}",
                "choose a checkpoint with the architecture's standard layers",
            )
