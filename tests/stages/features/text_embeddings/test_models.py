"""What a text model answers, held to the slow way: one text at a time, by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from transformers import AutoModel

from stages.features.text_embeddings.model_layout import content_hash, layout
from stages.features.text_embeddings.models import open_encoder
from stages.interface.errors import HhrecError, MissingInputError
from tests.worlds.text_world import (
    WORDS,
    as_sentence_transformers,
    sentence_model,
    static_model,
    tokenizer,
)

TEXTS = ["python", "водитель категории е", "sql python разработчик пишем sql"]


def by_hand(directory: Path, text: str, pooling: str) -> np.ndarray:
    ids = torch.tensor([tokenizer().encode(text).ids])
    states = AutoModel.from_pretrained(directory).eval()(ids).last_hidden_state[0].detach()
    vector = states.mean(0) if pooling == "mean" else states[0]
    return (vector / vector.norm()).numpy()


@pytest.mark.parametrize("pooling", ["mean", "cls"])
def test_padding_and_layout_change_no_vector(tmp_path: Path, pooling: str) -> None:
    sentence_model(tmp_path / "0_Transformer")
    as_sentence_transformers(tmp_path, "mean_tokens" if pooling == "mean" else "cls_token")
    found = open_encoder(tmp_path, 16).encode(TEXTS)
    expected = [by_hand(tmp_path / "0_Transformer", text, pooling) for text in TEXTS]
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_a_plain_directory_is_pooled_by_the_mean(tmp_path: Path) -> None:
    encoder = open_encoder(sentence_model(tmp_path), 16)
    assert encoder.width == 8
    np.testing.assert_allclose(
        encoder.encode(TEXTS[:1])[0], by_hand(tmp_path, TEXTS[0], "mean"), atol=1e-6
    )


def test_long_texts_are_cut_to_what_the_model_and_the_parameter_allow(tmp_path: Path) -> None:
    encoder = open_encoder(sentence_model(tmp_path), 500)  # the model has 20 positions
    long, longer = (encoder.encode(["python sql " * n])[0] for n in (9, 90))
    np.testing.assert_allclose(long, longer, atol=1e-6)
    short = open_encoder(tmp_path, 2)
    np.testing.assert_allclose(*short.encode(["python sql", "python sql водитель"]), atol=1e-6)


def test_static_vectors_are_a_mean_of_known_words(tmp_path: Path) -> None:
    python, sql = WORDS.index("python"), WORDS.index("sql")
    found = open_encoder(static_model(tmp_path), 16).encode(["python sql sql", "кот", ""])
    expected = np.zeros((3, len(WORDS)))
    expected[0, python], expected[0, sql] = 1 / 5**0.5, 2 / 5**0.5
    np.testing.assert_allclose(found, expected, atol=1e-6)


def test_weights_and_shared_rows_of_model2vec(tmp_path: Path) -> None:
    mapping = torch.arange(len(WORDS)).flip(0)
    weights = torch.ones(len(WORDS), dtype=torch.float64)
    weights[WORDS.index("sql")] = 0
    model = static_model(tmp_path, mapping=mapping, weights=weights)
    found = open_encoder(model, 16).encode(["python sql"])[0]
    assert found[len(WORDS) - 1 - WORDS.index("python")] == pytest.approx(1)


def test_static_embedding_of_sentence_transformers(tmp_path: Path) -> None:
    static_model(tmp_path / "0_StaticEmbedding", "embedding.weight")
    as_sentence_transformers(tmp_path, "", "StaticEmbedding")
    found = open_encoder(tmp_path, 16).encode(["кот python"])[0]
    assert found[[1, 2]] == pytest.approx(0.5**0.5)  # its unknown word counts


def test_the_hash_is_of_what_the_model_answers_by(tmp_path: Path) -> None:
    model = static_model(tmp_path)
    before = content_hash(model)
    (model / "README.md").write_text("Read me")
    assert content_hash(model) == before
    (model / "config.json").write_text("{}")
    assert content_hash(model) != before


def test_what_is_no_text_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"none: not found.*text model"):
        open_encoder(tmp_path / "none", 16)
    with pytest.raises(HhrecError, match="not a text model") as caught:
        open_encoder(tmp_path, 16)
    assert "docs/features.md" in caught.value.hint
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_text("no weights")
    (tmp_path / "tokenizer.json").write_text("{}")
    with pytest.raises(HhrecError, match="not a text model"):
        open_encoder(tmp_path, 16)
    modules = [{"path": "2_Dense", "type": "sentence_transformers.models.Dense"}]
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    with pytest.raises(HhrecError, match="module Dense is not understood"):
        layout(tmp_path)
    (tmp_path / "modules.json").write_text("[")
    with pytest.raises(HhrecError, match="not JSON"):
        layout(tmp_path)
    (tmp_path / "modules.json").unlink()
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling/config.json").write_text('{"pooling_mode_lasttoken": true}')
    with pytest.raises(HhrecError, match="expected pooling by mean, max or cls"):
        layout(tmp_path)
