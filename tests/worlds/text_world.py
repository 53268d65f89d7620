"""Text models small enough to make in a test: random weights, a vocabulary of words."""

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

WORDS = ["[PAD]", "[UNK]", "python", "sql", "водитель", "категории", "разработчик", "е", "пишем"]


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordLevel({word: n for n, word in enumerate(WORDS)}, "[UNK]"))
    made.normalizer = normalizers.Lowercase()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    return made


def sentence_model(where: Path, *, seed: int = 0, width: int = 8) -> Path:
    """A one-layer BERT with its tokenizer, as `transformers` writes both."""
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=len(WORDS),
        hidden_size=width,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=16,
        max_position_embeddings=20,
        initializer_range=0.5,
    )
    BertModel(config).save_pretrained(where)
    names = {"unk_token": WORDS[1], "pad_token": WORDS[0]}
    PreTrainedTokenizerFast(tokenizer_object=tokenizer(), **names).save_pretrained(where)
    return where


def static_model(where: Path, name: str = "embeddings", **more: torch.Tensor) -> Path:
    """A table of one vector a word: that of word n is e_n, so that a mean counts words."""
    where.mkdir(parents=True, exist_ok=True)
    save_file({name: torch.eye(len(WORDS)), **more}, where / "model.safetensors")
    tokenizer().save(str(where / "tokenizer.json"))
    return where


def as_sentence_transformers(where: Path, pooling: str, module: str = "Transformer") -> Path:
    """The files of sentence-transformers around a model in `0_<module>`."""
    parts = {f"0_{module}": module, "1_Pooling": "Pooling", "2_Normalize": "Normalize"}
    kept = {path: kind for path, kind in parts.items() if pooling or kind != "Pooling"}
    modules = [
        {"idx": n, "name": str(n), "path": path, "type": f"sentence_transformers.models.{kind}"}
        for n, (path, kind) in enumerate(kept.items())
    ]
    (where / "modules.json").write_text(json.dumps(modules))
    if pooling:
        (where / "1_Pooling").mkdir()
        said = {f"pooling_mode_{way}": pooling == way for way in ("mean_tokens", "cls_token")}
        (where / "1_Pooling/config.json").write_text(json.dumps(said))
    return where
