"""The whole size of the contest on two cores: every stage, from the log to the page."""

import json
from dataclasses import asdict

import pytest

from tests.benchmarks import contest, runs
from tests.benchmarks.contest import GB, ORDERED
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides

LIMIT = "the issue's limit"
AT_MOST = {"aim": 1.0, "at_most": True}


@pytest.mark.slow
def test_every_stage_ends_at_the_size_of_the_contest(size, kept):
    """BENCH_RUNS keeps the stages that are done, so that a run that was cut off goes on."""
    place = kept / f"contest_{size.name}"
    settings = [f"train.epochs={size.contest_epochs}", "train.tracker=none", *overrides()]
    commands = contest.stages(size.contest, settings)
    record = Record("contest", size, target="bench-contest", ours=settings)
    found = {}
    for name, line in commands.items():
        found[name] = contest.taken(
            contest.hhrec(line), place, place, contest.figures_of(place, name)
        )
        record.runs[name] = asdict(found[name])
        if name == "sample":
            found["bare"] = bare(place)
    record.runs["bare"] = asdict(found["bare"])
    data_stages(record, found)
    training(record, found, plan_of(place, commands["train"]), loaded(place))
    record.runs["scores"] = scores(place / "artifacts")
    record.finish()


def bare(place):
    """The bare script on the same log."""
    script = runs.HERE / "bare_polars.py"
    command = contest.python(script, "raw", "bare")
    return contest.taken(command, place, place, contest.figures_of(place, "bare"))


def loaded(place):
    """A process that has loaded what training needs."""
    command = contest.python("-c", contest.LOADED)
    return contest.taken(command, place, place, contest.figures_of(place, "loaded"))


def plan_of(place, line):
    """What `hhrec train --plan` says beforehand."""
    command = contest.hhrec([*line, "--plan", "--json", "--quiet"])
    kept = contest.figures_of(place, "plan")
    contest.taken(command, place, place, kept)
    return json.loads(contest.whole_output(kept))


def data_stages(record, found):
    """The stages that have a bare counterpart, together; features alone."""
    reference, ours = found["bare"], [found[name] for name in ORDERED]
    for name in ("wall", "cpu"):
        record.add(
            f"explode, filter, vocab, sequences: {name}",
            sum(getattr(one, name) for one in ours),
            "s",
            "bare Polars",
            getattr(reference, name),
            aim=2.5,
            at_most=True,
        )
    peak = max(one.memory for one in ours) / GB
    record.add("the same: peak memory", peak, "GB", LIMIT, 3.0, **AT_MOST)
    record.add("the same: peak memory", peak, "GB", "bare Polars", reference.memory / GB)
    features = found["features"]
    record.add("features: cpu", features.cpu, "s", LIMIT, 120.0, **AT_MOST)
    record.add("features: peak memory", features.memory / GB, "GB", LIMIT, 2.5, **AT_MOST)


def training(record, found, plan, empty):
    """Training beside its plan; what follows beside the whole."""
    train, bound = found["train"], {"aim": 1.25, "at_most": True}
    grown = (train.memory - empty.memory) / GB
    record.add(
        "train: memory beside the libraries", grown, "GB", "plan", plan["peak"] / GB, **bound
    )
    tables = plan["memory"]["neighbours"] / GB
    record.add("train: neighbour tables as planned", tables, "GB", LIMIT, 1.5, **AT_MOST)
    whole = sum(one.wall for name, one in found.items() if name != "bare")
    for name in ("train", "predict", "evaluate", "report"):
        record.add(f"{name}: wall", found[name].wall, "s", "all stages", whole)
    record.runs["plan"] = plan


def scores(out):
    """MRR@100 on the test rows of the model and of each baseline."""
    told = json.loads((out / "metrics/test.json").read_text(encoding="utf-8"))
    return {name: score["metrics"]["MRR@100"] for name, score in told["scores"].items()}
