"""Ten times the contest: the data stages end, in bounded memory, on as much disk as was planned."""

import json
from dataclasses import asdict

import pytest

from tests.benchmarks import contest, runs
from tests.benchmarks.contest import DATA, GB
from tests.benchmarks.record import Record
from tests.benchmarks.sizes import overrides
from tests.benchmarks.tenfold import TIMES


@pytest.mark.slow
def test_ten_times_as_many_people_take_ten_times_the_time_and_no_more_memory(size, kept):
    """The single log is that of test_contest.py, whose stages BENCH_RUNS keeps."""
    one, ten = kept / f"contest_{size.name}", kept / f"tenfold_{size.name}"
    settings = overrides()
    commands = contest.stages(size.contest, settings)
    record = Record("tenfold", size, target="bench-tenfold", ours=settings)
    contest.taken(contest.hhrec(commands["sample"]), one, one, contest.figures_of(one, "sample"))
    script = contest.python(runs.HERE / "tenfold.py", one / "raw", ten / "raw")
    contest.taken(script, ten.parent, ten, contest.figures_of(ten, "tenfold"))
    plan = planned(ten, settings)
    record.runs["plan"] = plan
    for name in DATA:
        words = contest.hhrec(commands[name])
        single = contest.taken(words, one, one, contest.figures_of(one, name))
        found = contest.taken(words, ten, ten, contest.figures_of(ten, name))
        record.runs[name] = asdict(found)
        more = TIMES if name in contest.ORDERED else 1  # the catalogue stays
        bound = {"aim": 1.2 * more, "at_most": True}
        record.add(f"{name}: wall", found.wall, "s", "the contest", single.wall, **bound)
        record.add(f"{name}: cpu", found.cpu, "s", "the contest", single.cpu)
        limit = {"aim": 1.0, "at_most": True}
        record.add(f"{name}: peak memory", found.memory / GB, "GB", "limit", 8.0, **limit)
        foretold = next(stage for stage in plan["stages"] if stage["stage"] == name)
        record.add(f"{name}: disk", found.disk / GB, "GB", "plan", foretold["disk"] / GB)
    whole = sum(record.runs[name]["disk"] for name in DATA) / GB
    foretold = sum(stage["disk"] for stage in plan["stages"] if stage["stage"] in DATA) / GB
    record.add("disk of all data stages", whole, "GB", "plan", foretold, aim=1.25, at_most=True)
    record.add("the same, from below", whole, "GB", "plan", foretold, aim=0.75)
    record.finish()


def planned(place, settings):
    """What `hhrec plan` says beforehand."""
    chosen = [word for one in settings for word in ("--set", one)]
    command = contest.hhrec(["plan", "--raw", "raw", "--json", "--quiet", *chosen])
    kept = contest.figures_of(place, "plan")
    contest.taken(command, place, place, kept)
    return json.loads(contest.whole_output(kept))
