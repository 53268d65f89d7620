"""Training on many items: beside a plain BertForMaskedLM, and as the catalogue grows."""

import sys

import pytest

from tests.benchmarks import runs, shapes
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

OURS = [
    "train.objective=mlm",
    "train.mask_prob=0.2",
    "train.masking={mlm: 1, last: 0, next_response: 0}",
    "train.id_dropout=0",
    "train.precision=auto",
]
LENGTH = 64
PLAIN = {
    "same": "plain BertForMaskedLM, same batches",
    "shuffled": "plain BertForMaskedLM, 128 rows in any order",
}


def settings(size, loss):
    tokens = [f"train.batch_tokens={size.batch_tokens}", f"sequences.max_length={LENGTH}"]
    return [*OURS, *tokens, "train.epochs=1", f"train.loss={loss}", *overrides()]


@pytest.mark.slow
def test_a_hundred_thousand_items_beside_a_plain_masked_language_model(size, tmp_path):
    data = tmp_path / "data"
    shape = shapes.write("items100k", data, size.share)
    record = Record("train_items", size, shape=vars(shape), ours=settings(size, "sampled"))
    plain = tmp_path / "plain"
    made = runs.ours("batches", data, plain, settings(size, "full"), size.plain_steps)
    found: dict[str, list[runs.Found]] = {"sampled": [], "full": []}
    for turn in range(size.repeats):
        for loss, several in found.items():
            out = tmp_path / loss
            several.append(runs.ours("train", data, out, settings(size, loss), size.steps))
        for name in () if turn else PLAIN:
            sizes = (made["rows"], 128, 2, 4, LENGTH + 1)  # a question stands behind the events
            runs.run(sys.executable, "plain_bert.py", str(plain / name), *map(str, sizes))
    berts = {name: runs.read(plain / name / "figures.json") for name in PLAIN}
    record.runs = {**found, **berts}
    many = f"{shape.items:,} items"
    bound = {"aim": 0.1, "at_most": True}
    for name, title in PLAIN.items():
        bert = berts[name]
        for loss, aim in (("sampled", 150.0), ("full", 40.0)):
            fast = runs.median_speed(found[loss])
            record.add(f"train, {loss}, {many}", fast, "tokens/s", title, runs.speed(bert), aim=aim)
        peak = max(runs.memory(one) for one in found["full"])
        record.add(f"peak memory, full, {many}", peak, "GB", title, runs.memory(bert), **bound)
    record.finish()


@pytest.mark.slow
def test_a_step_costs_little_more_with_ten_times_the_items(size, tmp_path):
    record = Record("train_growth", size, ours=settings(size, "sampled"))
    names = ("items100k", "items1m", "items2734k")
    found: dict[str, list[runs.Found]] = {name: [] for name in names}
    few_items, more_items, most_items = (
        f"{shapes.scaled(name, size.share).items:,} items" for name in names
    )
    for turn in range(size.repeats):
        for name, several in found.items():
            if not turn:
                shapes.write(name, tmp_path / name, size.share)
            if name == "items2734k" and turn:
                continue
            chosen = settings(size, "sampled")
            several.append(
                runs.ours("train", tmp_path / name, tmp_path / "out", chosen, size.steps)
            )
    record.runs = found
    few = found["items100k"]
    against = few_items
    steps = {name: runs.median_step(several) for name, several in found.items()}
    bound = {"aim": 1.25, "at_most": True}
    record.add(f"step, {more_items}", steps["items1m"], "s", against, steps["items100k"], **bound)
    record.add(f"step, {most_items}", steps["items2734k"], "s", against, steps["items100k"])
    most = found["items2734k"]
    speeds = runs.median_speed(most), runs.median_speed(few)
    record.add(f"train, {most_items}", speeds[0], "tokens/s", against, speeds[1])
    record.add(f"memory, {most_items}", *grown(most, few, against))
    weights = [several[0]["report"]["parameters"] * 4 / 1e9 for several in (most, few)]
    record.add(f"weights, {most_items}", weights[0], "GB", against, weights[1])
    record.finish()


def grown(most, few, against):
    return runs.memory(most[0]), "GB", against, runs.memory(few[0])
