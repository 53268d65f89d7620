"""The layers of an encoder of `transformers`, run for the positions that are asked only.

The layers are the library's own, with its names and weights. What differs is the order of work:
a stream of events gives keys and values, and rows that are asked for read them. For `mlm` and
`causal` those rows are events, and only the last layer can be cut to them; for `prefix` they are a
stream of questions of their own, and the events' stream ends before the last layer's output.
"""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812
from transformers import BertModel, ModernBertModel, PreTrainedModel

# Where torch prefers cuDNN's attention (an H100), that makes a plan, for tens of milliseconds, of every
# shape it has not met, and hardly two batches have one shape. The other fused kernels need no plan.
torch.backends.cuda.enable_cudnn_sdp(False)

Sees: TypeAlias = Tensor | Literal["past"] | None
"""What reads what: where (B, 1, Q, L) is true, itself and all before it, or all."""


@dataclass(frozen=True)
class Layer:
    """One post-norm layer, taken apart: BERT's and DistilBERT's differ in names only."""

    query: nn.Module
    key: nn.Module
    value: nn.Module
    after: Any  # (attended, residual) -> hidden
    feed: Any  # hidden -> hidden
    heads: int

    def split(self, states: Tensor) -> Tensor:
        """(B, L, H) -> (B, heads, L, H / heads)."""
        return states.unflatten(-1, (self.heads, -1)).transpose(1, 2)

    def __call__(self, asking: Tensor, events: Tensor, sees: Sees) -> Tensor:
        """Let `asking` (B, Q, H) read `events` (B, L, H)."""
        attended = attend(
            self.split(self.query(asking)),
            self.split(self.key(events)),
            self.split(self.value(events)),
            sees,
        )
        return self.feed(self.after(attended.transpose(1, 2).flatten(2), asking))


def attend(query: Tensor, key: Tensor, value: Tensor, sees: Sees) -> Tensor:
    """Fused attention; on a CPU in fp32, where its backward pass is twice as fast as in bf16."""
    if isinstance(sees, str):
        if not query.is_cpu:  # the fastest kernels take no mask
            return F.scaled_dot_product_attention(query, key, value, is_causal=True)
        sees = causal(query.shape[2], query.device)
    if query.device.type != "cpu" or query.dtype == torch.float32:
        return F.scaled_dot_product_attention(query, key, value, attn_mask=sees)
    with torch.autocast("cpu", enabled=False):
        return F.scaled_dot_product_attention(
            query.float(), key.float(), value.float(), attn_mask=sees
        ).to(query.dtype)


def layers(encoder: PreTrainedModel) -> list[Layer]:
    """Take the layers of a BERT or DistilBERT apart."""
    if isinstance(encoder, BertModel):
        return [_bert(layer, encoder.config.num_attention_heads) for layer in encoder.encoder.layer]
    return [_distilbert(layer) for layer in encoder.transformer.layer]


def _bert(layer: Any, heads: int) -> Layer:
    own = layer.attention.self
    return Layer(
        own.query, own.key, own.value, layer.attention.output, layer.feed_forward_chunk, heads
    )


def _distilbert(layer: Any) -> Layer:
    own = layer.attention
    return Layer(
        own.q_lin,
        own.k_lin,
        own.v_lin,
        lambda attended, residual: layer.sa_layer_norm(own.out_lin(attended) + residual),
        lambda hidden: layer.output_layer_norm(layer.ffn(hidden) + hidden),
        own.n_heads,
    )


def embed(encoder: PreTrainedModel, vectors: Tensor, positions: Tensor) -> Tensor:
    """Add position embeddings, normalise, drop out: (B, L, H), (B, L) -> (B, L, H)."""
    parts = encoder.embeddings
    if isinstance(encoder, ModernBertModel):  # rotary positions: none to add
        return parts.drop(parts.norm(vectors))
    return parts.dropout(parts.LayerNorm(vectors + parts.position_embeddings(positions)))


def read(
    encoder: PreTrainedModel, events: Tensor, event_sees: Tensor | None, rows: Tensor
) -> Tensor:
    """States of the asked rows of one stream.

    Args:
        encoder: Any backbone.
        events: Embedded events, (B, L, H).
        event_sees: Which event sees which, (B, 1, L, L) bool; none if each sees all.
        rows: Places asked for, (B, Q).

    Returns:
        (B, Q, H).
    """
    index = rows[..., None].expand(-1, -1, events.shape[-1])
    if isinstance(encoder, ModernBertModel):
        sliding = within(events.shape[1], encoder.config.sliding_window, events.device)
        if event_sees is not None:  # and each sees itself, the padding too
            sliding = (event_sees & sliding) | within(events.shape[1], 0, events.device)
        masks = {"full_attention": event_sees, "sliding_attention": sliding}
        states = encoder(inputs_embeds=events, attention_mask=masks).last_hidden_state
        return states.gather(1, index)
    *first, last = layers(encoder)
    for layer in first:
        events = layer(events, events, event_sees)
    sees = event_sees
    if sees is not None:
        seen = sees.squeeze(1).gather(1, rows[..., None].expand(-1, -1, events.shape[1]))
        sees = seen.unsqueeze(1)
    return last(events.gather(1, index), events, sees)


def ask(
    encoder: PreTrainedModel,
    events: Tensor,
    event_sees: Sees,
    questions: Tensor,
    question_sees: Tensor,
) -> Tensor:
    """States of a stream of questions that read a stream of events (two-stream attention).

    Args:
        encoder: A BERT or DistilBERT.
        events: Embedded events, (B, L, H).
        event_sees: Which event sees which.
        questions: Embedded questions, (B, Q, H).
        question_sees: Which question sees which event, (B, 1, Q, L) bool, at least one each.

    Returns:
        (B, Q, H).
    """
    stack = layers(encoder)
    for layer in stack[:-1]:
        questions = layer(questions, events, question_sees)
        events = layer(events, events, event_sees)
    return stack[-1](questions, events, question_sees)


def within(width: int, distance: int, device: torch.device) -> Tensor:
    """Every event sees those at most so many places away, (1, 1, L, L) bool."""
    place = torch.arange(width, device=device)
    return ((place[:, None] - place).abs() <= distance)[None, None]


def causal(width: int, device: torch.device) -> Tensor:
    """Every event sees itself and those before it, (1, 1, L, L) bool."""
    return torch.ones(width, width, dtype=torch.bool, device=device).tril()[None, None]
