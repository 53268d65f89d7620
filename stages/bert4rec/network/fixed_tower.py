"""An item tower whose vectors are computed already, for answers only."""

from copy import copy

import torch
from torch import Tensor, nn

from stages.bert4rec.network.item_tower import ItemInputs
from stages.bert4rec.network.model import HhrecModel
from stages.core.item_ids import FIRST_ITEM


class FixedTower(nn.Module):
    """Looks vectors and biases up.

    Args:
        vectors: Of the vacancies from the first on, (C, H) or wider.
        biases: Theirs, (C,).
        special: Vectors of the special ids, (3, H).
        special_biases: Theirs, (3,).
    """

    def __init__(
        self, vectors: Tensor, biases: Tensor, special: Tensor, special_biases: Tensor
    ) -> None:
        super().__init__()
        self.width = special.shape[1]
        self.vectors, self.biases = vectors, biases
        self.special, self.special_biases = special, special_biases

    def forward(self, items: Tensor, catalogue: ItemInputs) -> tuple[Tensor, Tensor]:
        """Look up vectors (n, H) and biases (n,) of item ids (n,)."""
        del catalogue
        place = (items - FIRST_ITEM).clamp_min(0)
        vectors = self.vectors.index_select(0, place)[:, : self.width]
        biases = self.biases.index_select(0, place)
        few = (items < FIRST_ITEM).nonzero()[:, 0]
        if len(few):
            vectors[few], biases[few] = self.special[items[few]], self.special_biases[items[few]]
        return vectors, biases


def with_fixed_tower(model: HhrecModel, tower: FixedTower) -> HhrecModel:
    """Give a model that shares all weights but looks vectors up; the one given stays as it is."""
    served = copy(model)
    modules = {**model._modules, "tower": tower}  # noqa: SLF001  what `nn.Module` offers no copy of
    served.__dict__ = {**model.__dict__, "_modules": modules}
    return served


@torch.inference_mode()
def special_vectors(model: HhrecModel, catalogue: ItemInputs) -> tuple[Tensor, Tensor]:
    """Vectors (3, H) and biases (3,) of the special ids."""
    vectors, biases = model.tower(torch.arange(FIRST_ITEM), catalogue)
    return vectors, biases
