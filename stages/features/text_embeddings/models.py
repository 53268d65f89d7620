"""Local models that turn a text into a unit vector: sentence encoders and tables of static vectors.

Read from a directory, never from a network: a `transformers` encoder with its tokenizer, with or
without the files of sentence-transformers around it (Reimers and Gurevych, 2019), or a table of one
vector a token, as model2vec and StaticEmbedding write it.
"""

import json
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load_file
from tokenizers import Tokenizer
from torch import Tensor
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses
from transformers import AutoModel, AutoTokenizer

from stages.core import weight_files
from stages.core.weight_files import BrokenWeightsError
from stages.features.text_embeddings.model_layout import Layout, layout
from stages.interface.errors import HhrecError
from stages.interface.quiet_libraries import quieten

TABLES = ("embeddings", "embedding.weight", "embedding")  # names of a table of static vectors
UNREADABLE = (
    OSError, ValueError, KeyError, RuntimeError, ImportError, SafetensorError, BrokenWeightsError
)  # fmt: skip
RESERVED = 2  # positions that some encoders keep for themselves


class Encoder(Protocol):
    """Turns texts into vectors of `width`."""

    width: int

    def encode(self, texts: list[str]) -> np.ndarray:
        """Unit vectors (n, width) float32; zeros for a text without a token."""


class SentenceEncoder:
    """A transformer whose token states are pooled to one vector.

    Args:
        where: What the directory holds.
        tokens: Most tokens of a text that are read.
    """

    def __init__(self, where: Layout, tokens: int) -> None:
        quieten()
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.tokenizer: Any = AutoTokenizer.from_pretrained(
            where.root, local_files_only=True, trust_remote_code=False
        )
        model: Any = AutoModel.from_pretrained(
            where.root,
            local_files_only=True,
            trust_remote_code=False,  # a directory may name code of its own: it is never run
            use_safetensors=True,
            dtype=torch.float32,
        )
        self.model, self.where = model.to(self.device).eval(), where
        places = getattr(model.config, "max_position_embeddings", None) or tokens + RESERVED
        self.limit = min(tokens, places - RESERVED, where.limit or tokens)
        self.width = int(model.config.hidden_size)

    @torch.inference_mode()
    def encode(self, texts: list[str]) -> np.ndarray:
        """Encode texts of like length together, (n, width)."""
        said = [text.lower() for text in texts] if self.where.lower else texts
        inputs = self.tokenizer(
            said, padding=True, truncation=True, max_length=self.limit, return_tensors="pt"
        ).to(self.device)
        states = self.model(**inputs).last_hidden_state
        pooled = pool(states, inputs["attention_mask"], self.where.pooling)
        return np.asarray(F.normalize(pooled, dim=-1).cpu().numpy(), dtype=np.float32)


class StaticEncoder:
    """The mean of one vector a token.

    Args:
        root: Directory of model.safetensors and tokenizer.json.
        tokens: Most tokens of a text that are read.
    """

    def __init__(self, root: Path, tokens: int) -> None:
        tensors = load_file(root / "model.safetensors")
        name = next(name for name in TABLES if name in tensors)
        table = tensors[name].float()
        if "mapping" in tensors:  # model2vec shares rows among tokens, and weighs tokens
            table = table[tensors["mapping"].long()]
        if "weights" in tensors:
            table = table * tensors["weights"].float()[:, None]
        self.table, self.width = table, table.shape[1]
        self.tokenizer = Tokenizer.from_file(str(root / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(tokens)
        model = json.loads(self.tokenizer.to_str())["model"]
        unknown = model.get("unk_token") if name == TABLES[0] else None  # model2vec skips it
        self.unknown = None if unknown is None else self.tokenizer.token_to_id(unknown)

    def encode(self, texts: list[str]) -> np.ndarray:
        """Encode texts, (n, width)."""
        found = self.tokenizer.encode_batch_fast(texts, add_special_tokens=False)
        ids = [[one for one in text.ids if one != self.unknown] for text in found]
        ends = np.cumsum([0, *map(len, ids)])
        flat = torch.tensor([one for text in ids for one in text], dtype=torch.int64)
        offsets = torch.from_numpy(ends[:-1].copy())
        means = F.embedding_bag(flat, self.table, offsets, mode="mean")
        return np.asarray(F.normalize(means, dim=-1).numpy(), dtype=np.float32)


def pool(states: Tensor, mask: Tensor, way: str) -> Tensor:
    """Bring token states (B, L, H) with mask (B, L) to (B, H): their mean, maximum, or the first."""
    if way == "cls":
        return states[:, 0]
    inside = mask[..., None].bool()
    if way == "max":
        return states.masked_fill(~inside, float("-inf")).amax(1)
    return states.masked_fill(~inside, 0).sum(1) / inside.sum(1).clamp_min(1)


def open_encoder(directory: Path, tokens: int) -> Encoder:
    """Load the text model of a directory.

    Raises:
        MissingInputError: Nothing is there.
        HhrecError: It is of no kind that is understood, or broken.
    """
    where = layout(directory)
    weights = where.root / "model.safetensors"
    try:
        for file in where.root.glob("*.safetensors"):
            weight_files.shapes(file)
        if weights.is_file() and (where.root / "tokenizer.json").is_file():
            with safe_open(weights, framework="pt") as file:
                names = set(file.keys())
            if names & set(TABLES):
                return StaticEncoder(where.root, tokens)
        return SentenceEncoder(where, tokens)
    except UNREADABLE as error:
        said = str(error).strip().splitlines()[0] if str(error).strip() else repr(error)
        raise HhrecError(
            f"{where.root}: not a text model that can be read: {said}",
            "expected config.json, model.safetensors and tokenizer.json of an encoder, or a table "
            "of token vectors; see docs/features.md",
        ) from error
