"""What one writes without a toolkit: transformers' BertForMaskedLM over item ids, AdamW, fp32.

`python plain_bert.py BATCHES ROWS HIDDEN LAYERS HEADS LENGTH` trains on the batches of a directory
in turn, one step each, and writes figures.json there. ROWS are the ids, special ones included.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import torch
from transformers import BertConfig, BertForMaskedLM

from tests.benchmarks.ours import resident


def main() -> None:
    """Take a step a batch; the first, in which memory is first touched, is not timed."""
    directory = Path(sys.argv[1])
    rows, hidden, layers, heads, length = map(int, sys.argv[2:])
    before = resident("VmRSS")
    torch.manual_seed(1)
    shape = BertConfig(
        vocab_size=rows,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        intermediate_size=4 * hidden,
        max_position_embeddings=length,
    )
    model = BertForMaskedLM(shape).train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    seconds, cpu, tokens, losses = [], 0.0, 0, []
    for number, file in enumerate(sorted(directory.glob("batch-*.npz"))):
        batch = {name: torch.from_numpy(values) for name, values in np.load(file).items()}
        started, cpu_started = time.perf_counter(), time.process_time()
        loss = model(**batch).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
        if number:
            seconds.append(time.perf_counter() - started)
            cpu += time.process_time() - cpu_started
            tokens += int(batch["attention_mask"].sum())
    found = {
        "tokens": tokens,
        "train_seconds": sum(seconds),
        "cpu_seconds": cpu,
        "step_seconds": seconds,
        "losses": losses,
        "memory_before": before,
        "memory_peak": resident("VmHWM"),
    }
    (directory / "figures.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
