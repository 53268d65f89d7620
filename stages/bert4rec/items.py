"""A vacancy's vector: id embedding + categorical codes + salary + bags of words."""

from dataclasses import dataclass
from itertools import accumulate

import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the name torch's own documentation uses

from stages.bert4rec.neighbours import Neighbours
from stages.bert4rec.tokens import FIRST_ITEM
from stages.bert4rec.trends import Demand


@dataclass(frozen=True)
class Catalogue:
    """What is known of N vacancies, in rows by item id; rows 0..2 (special ids) are zeros.

    Attributes:
        codes: Categorical codes, (N, C) int32; 0 is missing.
        salary: Lower and upper bound on a log scale, 0 where missing, (N, 2) float32.
        words: Title and skill tokens, padded with 0, (N, W) int32.
        demand: How often they were met, and when.
        neighbours: Which of them follow which.
    """

    codes: Tensor
    salary: Tensor
    words: Tensor
    demand: Demand
    neighbours: Neighbours

    def __len__(self) -> int:
        """Return the number of rows, special ids included."""
        return len(self.codes)

    def to(self, device: torch.device) -> "Catalogue":
        """Return the same rows on a device."""
        return Catalogue(
            self.codes.to(device),
            self.salary.to(device),
            self.words.to(device),
            self.demand.to(device),
            self.neighbours,
        )


class ItemTower(nn.Module):
    """Vectors and biases of any vacancies of the catalogue.

    Args:
        hidden_size: H, width of a vector.
        trained: V, vocabulary items, which alone have an id embedding.
        code_sizes: Codes of each categorical column.
        word_count: Size of the tokenizer; 0 leaves words out.
        id_dropout: Share of vocabulary items that lose their id embedding in a training step, so
            that content carries weight (DropoutNet, Volkovs et al., 2017).
    """

    def __init__(
        self,
        hidden_size: int,
        trained: int,
        code_sizes: tuple[int, ...],
        word_count: int,
        id_dropout: float,
    ) -> None:
        super().__init__()
        self.id_dropout = id_dropout
        self.known = trained + FIRST_ITEM
        self.ids = nn.Embedding(self.known, hidden_size, sparse=True)
        self.id_bias = nn.Embedding(self.known, 1, sparse=True)
        self.code_starts = list(accumulate(code_sizes, initial=0))[:-1]
        self.codes = nn.Embedding(max(sum(code_sizes), 1), hidden_size)
        self.salary = nn.Linear(2, hidden_size, bias=False)
        self.words = nn.Embedding(max(word_count, 1), hidden_size)
        self.mix = nn.Sequential(
            nn.Linear(hidden_size, 2 * hidden_size),
            nn.GELU(),
            nn.Linear(2 * hidden_size, hidden_size),
        )
        self.content_bias = nn.Linear(hidden_size, 1, bias=False)

    def forward(self, items: Tensor, catalogue: Catalogue) -> tuple[Tensor, Tensor]:
        """Compute vectors (n, H) and biases (n,) of item ids (n,)."""
        raw = self.content(items, catalogue)
        content = raw + self.mix(raw)
        known = items < self.known
        if self.training and self.id_dropout:
            kept = torch.rand(items.shape, device=items.device) >= self.id_dropout
            known = known & (kept | (items < FIRST_ITEM))
        rows = torch.where(items < self.known, items, 0)
        weight = known.to(content.dtype)
        vectors = content + self.ids(rows) * weight[:, None]
        biases = self.content_bias(content) + self.id_bias(rows) * weight[:, None]
        return vectors, biases.squeeze(1)

    def content(self, items: Tensor, catalogue: Catalogue) -> Tensor:
        """Sum of what an item's own description says, (n,) -> (n, H); zeros for special ids."""
        real = (items >= FIRST_ITEM).to(self.salary.weight.dtype)[:, None]
        total = self.salary(catalogue.salary[items])
        if catalogue.codes.shape[1]:
            starts = torch.tensor(self.code_starts, device=items.device)
            codes = catalogue.codes[items] + starts
            total = total + F.embedding_bag(codes, self.codes.weight, mode="sum")
        if catalogue.words.shape[1]:
            words = catalogue.words[items]
            total = total + F.embedding_bag(words, self.words.weight, mode="mean", padding_idx=0)
        return total * real
