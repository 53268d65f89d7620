"""A vacancy's vector: id embedding + categorical codes + salary + bags of words + text vector."""

from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses

from stages.bert4rec.network.popularity_prior import Demand
from stages.bert4rec.retrieval.cooccurrence import Neighbours
from stages.core.item_ids import FIRST_ITEM


@dataclass(frozen=True)
class ItemInputs:
    """What is known of N vacancies, in rows by item id; rows 0..2 (special ids) are zeros.

    Attributes:
        codes: Categorical codes, (N, C) int32; 0 is missing.
        salary: Lower and upper bound on a log scale, 0 where missing, (N, 2) float32.
        words: Title and skill tokens, padded with 0, (N, W) int32.
        demand: How often they were met, and when.
        neighbours: Which of them follow which.
        text: Vectors of their texts, (N, D) float16; D is 0 without a text model.
    """

    codes: Tensor
    salary: Tensor
    words: Tensor
    demand: Demand
    neighbours: Neighbours
    text: Tensor = field(default_factory=lambda: torch.zeros(0, 0, dtype=torch.float16))

    def __len__(self) -> int:
        """Return the number of rows, special ids included."""
        return len(self.codes)

    def to(self, device: torch.device) -> "ItemInputs":
        """Return the same rows on a device."""
        return ItemInputs(
            self.codes.to(device),
            self.salary.to(device),
            self.words.to(device),
            self.demand.to(device),
            self.neighbours,
            self.text.to(device),
        )


@cache
def constant(numbers: tuple[int, ...], device: torch.device) -> Tensor:
    """Keep some numbers on a device: to send them is to wait for it."""
    with torch.inference_mode(mode=False):
        return torch.tensor(numbers, dtype=torch.int64, device=device)


class ItemTower(nn.Module):
    """Vectors and biases of any vacancies of the catalogue.

    What the catalogue does not say has no weights and costs nothing.

    Args:
        hidden_size: H, width of a vector.
        trained: V, vocabulary items, which alone have an id embedding.
        code_sizes: Codes of each categorical column; 0 leaves the column out.
        word_count: Size of the tokenizer; 0 leaves words out.
        id_dropout: Share of vocabulary items that lose their id embedding in a training step, so
            that content carries weight (DropoutNet, Volkovs et al., 2017).
        has_salary: Whether any salary is known.
        text_width: D, width of the text vectors; 0 leaves them out.
    """

    def __init__(
        self,
        hidden_size: int,
        trained: int,
        code_sizes: tuple[int, ...],
        word_count: int,
        id_dropout: float,
        *,
        has_salary: bool = True,
        text_width: int = 0,
    ) -> None:
        super().__init__()
        self.id_dropout = id_dropout
        self.known = trained + FIRST_ITEM
        self.ids = nn.Embedding(self.known, hidden_size, sparse=True)
        self.id_bias = nn.Embedding(self.known, 1, sparse=True)
        self.columns = tuple(place for place, size in enumerate(code_sizes) if size)
        sizes = [size for size in code_sizes if size]
        self.code_starts = tuple(accumulate(sizes, initial=0))[:-1]
        self.codes = nn.Embedding(sum(sizes), hidden_size) if sizes else None
        self.salary = nn.Linear(2, hidden_size, bias=False) if has_salary else None
        self.words = nn.Embedding(word_count, hidden_size) if word_count else None
        self.described = bool(sizes or has_salary or word_count or text_width)
        if self.described:
            self.mix = nn.Sequential(
                nn.Linear(hidden_size, 2 * hidden_size),
                nn.GELU(),
                nn.Linear(2 * hidden_size, hidden_size),
            )
            self.content_bias = nn.Linear(hidden_size, 1, bias=False)
        self.text = nn.Linear(text_width, hidden_size, bias=False) if text_width else None

    def forward(self, items: Tensor, catalogue: ItemInputs) -> tuple[Tensor, Tensor]:
        """Compute vectors (n, H) and biases (n,) of item ids (n,)."""
        known = items < self.known
        if self.training and self.id_dropout:
            kept = torch.rand(items.shape, device=items.device) >= self.id_dropout
            known = known & (kept | (items < FIRST_ITEM))
        vectors, biases = self.by_id(items, known)
        if self.described:
            raw = self.content(items, catalogue)
            content = raw + self.mix(raw)
            vectors, biases = content + vectors, self.content_bias(content) + biases
        return vectors, biases.squeeze(1)

    def by_id(self, items: Tensor, known: Tensor) -> tuple[Tensor, Tensor]:
        """Id embeddings (n, H) and biases (n, 1), zero where not `known` (n,)."""
        if known.is_cpu and bool(known.all()):  # a GPU would have to be waited for
            return self.ids(items), self.id_bias(items)  # without copies of a large table
        rows = torch.where(items < self.known, items, 0)
        weight = known.to(self.ids.weight.dtype)[:, None]
        return self.ids(rows) * weight, self.id_bias(rows) * weight

    def content(self, items: Tensor, catalogue: ItemInputs) -> Tensor:
        """Sum of what an item's own description says, (n,) -> (n, H); zeros for special ids."""
        total = torch.zeros(len(items), self.ids.embedding_dim, device=items.device)
        if self.salary is not None:
            total = total + self.salary(catalogue.salary[items])
        if self.codes is not None:
            codes = catalogue.codes[items].index_select(1, constant(self.columns, items.device))
            codes = codes + constant(self.code_starts, items.device)
            total = total + F.embedding_bag(codes, self.codes.weight, mode="sum")
        if self.words is not None and catalogue.words.shape[1]:
            words = catalogue.words[items]
            total = total + F.embedding_bag(words, self.words.weight, mode="mean", padding_idx=0)
        if self.text is not None:
            total = total + self.text(catalogue.text[items].to(total.dtype))
        return total * (items >= FIRST_ITEM)[:, None]
