"""Encoders of `transformers` with random weights, fed with vectors instead of token ids."""

from dataclasses import dataclass

from transformers import (
    BertConfig,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
    ModernBertConfig,
    ModernBertModel,
    PreTrainedModel,
)


@dataclass(frozen=True)
class Shape:
    """Size of an encoder: width H, layers, heads, positions, dropout of hidden states.

    `feed_width` is the inner width of the feed-forward parts; None: 4 H, in ModernBERT 2 H, whose
    feed-forward part is gated.
    """

    hidden_size: int
    layers: int
    heads: int
    positions: int
    dropout: float
    feed_width: int | None = None


def build(backbone: str, shape: Shape) -> PreTrainedModel:
    """Make an encoder with random weights and a word table of one row: items come as vectors."""
    makers = {"bert": _bert, "distilbert": _distilbert, "modernbert": _modernbert}
    return makers[backbone](shape)


def _bert(shape: Shape) -> PreTrainedModel:
    config = BertConfig(
        vocab_size=1,
        pad_token_id=0,
        type_vocab_size=1,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_width or 4 * shape.hidden_size,
        hidden_dropout_prob=shape.dropout,
        attention_probs_dropout_prob=0.0,
        max_position_embeddings=shape.positions,
    )
    return BertModel(config, add_pooling_layer=False)


def _distilbert(shape: Shape) -> PreTrainedModel:
    config = DistilBertConfig(
        vocab_size=1,
        pad_token_id=0,
        dim=shape.hidden_size,
        n_layers=shape.layers,
        n_heads=shape.heads,
        hidden_dim=shape.feed_width or 4 * shape.hidden_size,
        dropout=shape.dropout,
        attention_dropout=0.0,
        max_position_embeddings=shape.positions,
    )
    return DistilBertModel(config)


def _modernbert(shape: Shape) -> PreTrainedModel:
    config = ModernBertConfig(
        vocab_size=1,
        pad_token_id=0,
        bos_token_id=None,
        eos_token_id=None,
        cls_token_id=None,
        sep_token_id=None,
        hidden_size=shape.hidden_size,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        intermediate_size=shape.feed_width or 2 * shape.hidden_size,
        embedding_dropout=shape.dropout,
        mlp_dropout=shape.dropout,
        attention_dropout=0.0,
        max_position_embeddings=shape.positions,
    )
    return ModernBertModel(config)


def freeze_unused(encoder: PreTrainedModel) -> None:
    """Take what vectors make superfluous (word and segment tables) out of training."""
    for name, weight in encoder.embeddings.named_parameters():
        if name.startswith(("word_embeddings", "tok_embeddings", "token_type_embeddings")):
            weight.requires_grad_(requires_grad=False)
