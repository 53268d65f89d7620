"""The files of a local text model, its prompt and its pooling."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.core import json_text
from stages.interface.errors import HhrecError, MissingInputError

READ = (".json", ".txt", ".safetensors", ".model")  # files that decide what a model answers
PLAIN = ("Transformer", "Pooling", "Normalize", "StaticEmbedding")
HINT = "set features.text_model to the directory of a local text model, or to null"


@dataclass(frozen=True)
class Layout:
    """What a directory of sentence-transformers, or a plain one, says.

    Attributes:
        root: Directory of the encoder and its tokenizer.
        pooling: `mean`, `max` or `cls`.
        limit: Most tokens it was made for, if it says so.
        lower: Whether texts are put into lower case first.
    """

    root: Path
    pooling: str = "mean"
    limit: int | None = None
    lower: bool = False


def layout(directory: Path) -> Layout:
    """Read `modules.json` and what it names; a directory without it is a plain model.

    Raises:
        MissingInputError: There is no such directory.
        HhrecError: It has parts that are not understood.
    """
    if not directory.is_dir():
        raise MissingInputError(f"{directory}: not found; a text model was expected there", HINT)
    modules = _json(directory / "modules.json", [])
    parts = {str(part["type"]).rpartition(".")[2]: directory / part["path"] for part in modules}
    if strange := sorted(set(parts) - set(PLAIN)):
        raise HhrecError(f"{directory}: module {', '.join(strange)} is not understood", HINT)
    root = parts.get("Transformer", parts.get("StaticEmbedding", directory))
    if not modules and (directory / "0_Transformer").is_dir():
        root = directory / "0_Transformer"
    said = _json(root / "sentence_bert_config.json", {})
    return Layout(
        root=root,
        pooling=_pooling(parts.get("Pooling", directory / "1_Pooling") / "config.json"),
        limit=said.get("max_seq_length"),
        lower=bool(said.get("do_lower_case", False)),
    )


def content_hash(directory: Path) -> str:
    """SHA-256 (hex) over names and bytes of the files that decide what a model answers."""
    digest = hashlib.sha256()
    for file in sorted(path for path in directory.rglob("*") if path.suffix in READ):
        digest.update(file.relative_to(directory).as_posix().encode() + b"\0")
        with file.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()


def _pooling(path: Path) -> str:
    said = _json(path, {})
    ways = {
        "mean": said.get("pooling_mode_mean_tokens", False),
        "cls": said.get("pooling_mode_cls_token", False),
        "max": said.get("pooling_mode_max_tokens", False),
    }
    chosen = said.get("pooling_mode") or next((way for way, on in ways.items() if on), None)
    if said and chosen not in ways:
        raise HhrecError(f"{path}: expected pooling by mean, max or cls, found {chosen}", HINT)
    return str(chosen or "mean")


def _json(path: Path, otherwise: Any) -> Any:
    if not path.is_file():
        return otherwise
    try:
        return json_text.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise HhrecError(f"{path}: not JSON ({error})", HINT) from error
