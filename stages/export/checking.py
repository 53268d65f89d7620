"""Whether the graphs answer as the model does."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from stages.bert4rec.examples.histories import Histories, meetings, window
from stages.bert4rec.ranking.query_rows import QueryRows
from stages.bert4rec.ranking.ranker import Ranker
from stages.bundle.content import Content
from stages.core.item_ids import FIRST_ITEM, UNK
from stages.core.time_units import HOUR
from stages.export.plain_model import plain_model

ROWS, DEPTH = 64, 100
Lists = tuple[NDArray[np.int64], NDArray[np.float32]]


class OnnxModel:
    """The graphs in onnxruntime.

    Args:
        directory: What `hhrec export onnx` wrote.
    """

    def __init__(self, directory: Path) -> None:
        import onnxruntime  # noqa: PLC0415  of the extra

        self.sessions = [
            onnxruntime.InferenceSession(str(directory / name), providers=["CPUExecutionProvider"])
            for name in ("encoder.onnx", "ranking.onnx")
        ]

    def encode(self, histories: Histories, rows: NDArray[np.int64], length: int) -> dict[str, Any]:
        """Encode histories: the inputs given, `states` and `own`."""
        view = window(histories, rows, length)
        columns = ("items", "actions", "times", "sessions", "lengths")
        asked = {name: getattr(view, name).astype(np.int64) for name in columns}
        states, own = self.sessions[0].run(None, asked)
        return {**asked, "states": states, "own": own}

    def rank(self, histories: Histories, rows: NDArray[np.int64], *, length: int, k: int) -> Lists:
        """The k best vacancies of histories, with scores."""
        encoded = self.encode(histories, rows, length)
        asked = {name: encoded[name] for name in ("states", "items", "own")}
        items, scores = self.sessions[1].run(None, {**asked, "k": np.array([k])})
        return items, scores


def by_torch(content: Content, histories: Histories, k: int) -> Lists:
    """Rank histories as `hhrec predict` would, without neighbours and calibration."""
    count, size = len(histories), len(content.loaded.catalogue)
    kept = np.setdiff1d(np.arange(FIRST_ITEM, size), content.withdrawn)
    none = np.zeros(0, dtype=np.int64)
    rows = QueryRows(
        histories,
        np.full(count, -1),
        content.loaded.network.config.history_length,
        none,
        np.zeros(count + 1, dtype=np.int64),
        np.zeros(count, dtype=np.int64),
    )
    ranker = Ranker(
        plain_model(content),
        content.loaded.catalogue,
        k=k,
        batch_rows=256,
        precision="no",
        groups=[kept],
        matrix=content.matrix,
    )
    items, scores = np.zeros((count, k), dtype=np.int64), np.zeros((count, k), dtype=np.float32)
    for found in ranker.rank(rows):
        items[found.rows], scores[found.rows] = found.items.numpy(), found.scores.numpy()
    return items, scores


def made_up(content: Content, count: int = ROWS, seed: int = 1) -> Histories:
    """Histories drawn at random, of any length, with repeats and unknown vacancies."""
    generator = np.random.default_rng(seed)
    length, size = content.loaded.network.config.history_length, len(content.loaded.catalogue)
    lengths = generator.integers(0, length + 3, count)
    offsets = np.concatenate([[0], np.cumsum(lengths)])
    total = int(offsets[-1])
    few = generator.integers(UNK, size, (count, 1 + length // 4))
    items = np.repeat(few, lengths, axis=0)[
        np.arange(total), generator.integers(0, few.shape[1], total)
    ]
    items[items < FIRST_ITEM] = UNK
    waits = (generator.pareto(0.6, total) * HOUR / 60).clip(0, 1000 * HOUR).astype(np.int64)
    times = np.cumsum(waits) + 1_700_000_000_000_000
    starts = np.repeat(offsets[:-1], lengths)
    new = np.cumsum(waits > HOUR / 2)
    ranks, met = meetings(items, offsets)
    return Histories(
        items=items,
        actions=generator.integers(0, 4, total),
        times=times,
        sessions=new - new[starts],
        ranks=ranks,
        met=met,
        offsets=offsets,
    )


@torch.inference_mode()
def largest_difference(content: Content, directory: Path) -> float:
    """How far scores of lists by the graphs and by torch lie apart at most, place by place."""
    histories = made_up(content)
    size = len(content.loaded.catalogue) - FIRST_ITEM - len(content.withdrawn)
    k, length = min(DEPTH, size), content.loaded.network.config.history_length
    _, expected = by_torch(content, histories, k)
    _, found = OnnxModel(directory).rank(histories, np.arange(len(histories)), length=length, k=k)
    return float(np.abs(found - expected).max())
