"""A warm start takes the layers of a text model, and nothing of its words."""

from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
)

from stages.bert4rec.network.backbones import Shape, build
from stages.bert4rec.network.encoder_layers import layers as taken_apart
from stages.interface.errors import HhrecError, MissingInputError
from stages.predict.loaded_model import load_model
from stages.train import pretrained_layers
from tests.worlds.small_training import fit, params

SIZE = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2}
WORDS = {"vocab_size": 90, "max_position_embeddings": 80}
PADS = {
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "cls_token_id": 1,
    "sep_token_id": 2,
}
MAKERS: dict[str, Any] = {
    "bert": lambda: BertForMaskedLM(BertConfig(**SIZE, **WORDS, intermediate_size=40)),
    "distilbert": lambda: DistilBertModel(
        DistilBertConfig(dim=16, n_layers=2, n_heads=2, hidden_dim=40, **WORDS)
    ),
    "modernbert": lambda: ModernBertModel(
        ModernBertConfig(**SIZE, **WORDS, **PADS, intermediate_size=24)
    ),
}
LIKE_IT = {"layers": 2, "objective": "mlm", "epochs": 1, "lr": 1e-9, "weight_decay": 0.0}


def text_model(kind: str, out: Path) -> dict[str, torch.Tensor]:
    """Write a text model with random weights; give back its encoder's weights by name."""
    torch.manual_seed(3)
    model = MAKERS[kind]()
    for weight in model.parameters():
        torch.nn.init.normal_(weight)
    model.save_pretrained(out)
    return dict(getattr(model, "bert", model).named_parameters())


@pytest.mark.parametrize("kind", sorted(MAKERS))
def test_training_starts_from_the_layers_of_a_text_model(
    small_artifacts: Path, tmp_path: Path, kind: str
) -> None:
    """Trained at a rate of almost nothing, the model still has them."""
    theirs = text_model(kind, tmp_path / "text")
    settings = params(backbone=kind, layers_from=str(tmp_path / "text"), **LIKE_IT)
    fit(small_artifacts, tmp_path, settings)
    ours = dict(load_model(tmp_path / "model").streams.encoder.named_parameters())
    inner = [name for name in ours if "embeddings" not in name or "norm" in name.lower()]
    assert len(inner) > 10
    for name in inner:
        torch.testing.assert_close(ours[name], theirs[name], atol=1e-5, rtol=0)
    words = next(weight for name, weight in ours.items() if "tok" in name or "word" in name)
    assert len(words) == 1  # none of its 90 words


def test_a_vector_goes_through_the_layers_as_in_the_text_model(tmp_path: Path) -> None:
    """Words that become vectors in the text model give the same states when we feed the vectors."""
    text_model("bert", tmp_path)
    theirs = BertModel.from_pretrained(tmp_path, add_pooling_layer=False).eval()
    ours = build("bert", Shape(16, 2, 2, 12, 0.0, 40)).eval()
    pretrained_layers.take(ours, tmp_path)
    words = torch.tensor([[5, 7, 9, 4]])
    vectors = theirs.embeddings.word_embeddings(words)
    hidden = ours.embeddings.LayerNorm(vectors + ours.embeddings.position_embeddings.weight[:4])
    sees = torch.ones(1, 1, 4, 4, dtype=torch.bool)
    for layer in taken_apart(ours):
        hidden = layer(hidden, hidden, sees)
    torch.testing.assert_close(hidden, theirs(words).last_hidden_state, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("changes", "said", "hint"),
    [
        (
            {"hidden_size": 32, "heads": 4, "layers": 1},
            "train.hidden_size=32 (found 16), train.layers=1 (found 2), train.heads=4 (found 2)",
            "--set train.hidden_size=16 --set train.layers=2 --set train.heads=2",
        ),
        (
            {"backbone": "distilbert"},
            "expected a distilbert, found a bert",
            "--set train.backbone=bert",
        ),
    ],
)
def test_a_checkpoint_that_does_not_fit_says_what_to_set(
    small_artifacts: Path, tmp_path: Path, changes: dict[str, Any], said: str, hint: str
) -> None:
    text_model("bert", tmp_path / "text")
    settings = params(**{**LIKE_IT, **changes}, layers_from=str(tmp_path / "text"))
    with pytest.raises(HhrecError) as caught:
        fit(small_artifacts, tmp_path, settings)
    assert said in caught.value.message
    assert hint in caught.value.hint


def test_too_few_positions_are_refused(tmp_path: Path) -> None:
    text_model("bert", tmp_path)
    settings = params(**LIKE_IT, layers_from=str(tmp_path))
    longer = settings.model_copy(
        update={"sequences": settings.sequences.model_copy(update={"max_length": 79})}
    )
    with pytest.raises(HhrecError, match=r"80 positions.*needs 81") as caught:
        pretrained_layers.feed_width(longer)
    assert "sequences.max_length=78" in caught.value.hint


def test_another_activation_is_refused(tmp_path: Path) -> None:
    BertModel(BertConfig(**SIZE, **WORDS, hidden_act="relu")).save_pretrained(tmp_path)
    with pytest.raises(HhrecError, match="hidden_act is 'relu', expected 'gelu'"):
        pretrained_layers.take(build("bert", Shape(16, 2, 2, 66, 0.0)), tmp_path)


def test_a_directory_without_a_checkpoint_is_missing_input(
    small_artifacts: Path, tmp_path: Path
) -> None:
    with pytest.raises(MissingInputError, match=r"config\.json"):
        fit(small_artifacts, tmp_path, params(layers_from=str(tmp_path / "nothing")))


def test_broken_weights_are_a_users_error(tmp_path: Path) -> None:
    text_model("bert", tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"not tensors")
    with pytest.raises(HhrecError, match="not a readable checkpoint"):
        pretrained_layers.take(build("bert", Shape(16, 2, 2, 66, 0.0, 40)), tmp_path)
