"""The arithmetic that training cannot do without, counted on paper."""


def train_flops(
    tokens: int, pairs: int, asked: int, *, hidden: int, layers: int, items: int
) -> float:
    """Floating-point operations of matrix products in training, forward and backward.

    A product (n, a) @ (a, b) takes 2nab operations, and twice as many again in the backward pass.
    With H the width, per layer: keys and values of every token, 2 * 2H^2; queries, output and the
    feed-forward of 4H, 2 * (2H^2 + 8H^2), for every token, in the last layer for asked positions
    only; scores and their sums over the L tokens of the row, 2 * 2LH. Then per asked position a
    transform, 2H^2, and the projection on N items, 2HN. Padding, position-wise work, embeddings and
    the vectors of items count nothing: what is done beyond this is waste.

    Args:
        tokens: Real events of all rows.
        pairs: Sum over rows of their squared length.
        asked: Masked positions.
        hidden: H.
        layers: Encoder layers.
        items: N.
    """
    square = hidden * hidden
    before = layers - 1
    share = asked / tokens
    keys = layers * tokens * 4 * square
    rest = (before * tokens + asked) * 20 * square
    attention = (before + share) * pairs * 4 * hidden
    head = asked * (2 * square + 2 * hidden * items)
    return 3.0 * (keys + rest + attention + head)
