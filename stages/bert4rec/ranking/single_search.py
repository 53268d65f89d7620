"""The exact k best of very many items for one query: one matrix-vector product and little more.

As in `top_k`, the product only says which items can still matter, and those are scored exactly. With
e a bound on how far product and exact score can lie apart, and t a product that k items reach, an
item whose product is below t - 2 e is not among the k best.
"""

import torch
from torch import Tensor

from stages.bert4rec.ranking.exact_scores import exact_scores
from stages.bert4rec.ranking.item_index import ItemMatrix
from stages.bert4rec.ranking.score_keys import keys, top

GROUP = 64  # items of which only the greatest product counts for the threshold


def best_of_one(
    state: Tensor,
    own: Tensor,
    out: Tensor,
    items: ItemMatrix,
    biases: Tensor,
    k: int,
    products: Tensor | None = None,
) -> Tensor:
    """Find the k best of all items and of what the query brings along.

    Args:
        state: The query, (1, H) float32.
        own: Keys of candidates with scores of their own, (S,).
        out: Which items the query must not get, (C,) bool.
        items: The items; their biases are not read.
        biases: Of the items, (C,).
        k: Candidates wanted.
        products: Of the query and the items' vectors, (C,), where they are known.

    Returns:
        Keys, best first, (k,); NOTHING where candidates ran out.
    """
    query = torch.nn.functional.pad(state, (0, 2))
    if products is None:
        products = torch.addmv(biases, items.exact[: len(items)], query[0])
    else:
        products = products + biases
    products.masked_fill_(out, -torch.inf)
    greatest = products[: len(products) // GROUP * GROUP].view(GROUP, -1).amax(0)
    least = _reached(greatest if len(greatest) >= k else products, k)
    bound = items.error(query, state, least.nan_to_num(neginf=0.0)[None])[0]
    near = _reaching(products, greatest, least - 2 * bound)
    rows = items.exact[near]
    rows[:, -2] = biases[near]
    packed = keys(exact_scores(items.query(state), rows), items.ids[near])
    return top(torch.cat([own, packed])[None], k)[0]


def _reached(products: Tensor, k: int) -> Tensor:
    """Find a product that k of some reach, a scalar; -inf where there are fewer."""
    if len(products) < k:
        return products.new_tensor(-torch.inf)
    return products.topk(k).values[-1]


def _reaching(products: Tensor, greatest: Tensor, level: Tensor) -> Tensor:
    """Find the places of finite products from a level on.

    Args:
        products: (C,).
        greatest: Of each group, (G,): group g holds the places g, g + G, ... of the first GROUP * G.
        level: A scalar.
    """
    width = len(greatest)
    columns = (greatest >= level).nonzero()[:, 0]
    inside = torch.arange(GROUP)[:, None] * width + columns
    rest = torch.arange(GROUP * width, len(products))
    places = torch.cat([inside.flatten(), rest])
    found = products[places]
    return places[(found >= level) & (found > -torch.inf)]
