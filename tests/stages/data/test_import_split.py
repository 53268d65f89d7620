"""Sessions of a log, its train and test, against a slow version."""

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stages.data import import_log
from stages.data.write_parts import Plan
from stages.interface.errors import HhrecError
from tests.oracles.import_split import START, slow_split
from tests.worlds.event_log import rows_of, sessions_of, write_log


def test_leave_one_out_asks_for_the_last_response(tmp_path: Path) -> None:
    report = import_log.run(write_log(tmp_path), out=tmp_path / "out")
    assert sorted(sessions_of(tmp_path / "out", "train")) == [
        ("ann", "ann-000000", ["a", "b"], [2, 1]),
        ("ann", "ann-000001", ["a"], [1]),
        ("bob", "bob-000000", ["a"], [1]),  # two events: wholly in train
        ("bob", "bob-000001", ["b"], [1]),
    ]
    assert sessions_of(tmp_path / "out", "test") == [("ann", "ann-000001+1", ["c"], [2])]
    assert rows_of(tmp_path / "out", "labels") == [("ann", "ann-000001+1", "c")]
    assert report.rejected == {
        "null_action": 1,
        "null_item": 1,
        "null_time": 1,
        "null_user": 1,
        "unknown_action": 1,
        "unreadable_time": 1,
        "duplicate": 1,
    }
    assert report.left_out == {"after_label": 1}
    assert report.unknown_actions == {"scroll": 1}
    assert report.unreadable_time == "32.13.2024"


def test_a_time_cut_asks_in_the_first_session_whose_next_one_has_a_response(tmp_path: Path) -> None:
    text = """user_id,item_id,timestamp,kind
u,a,2024-01-01 23:50:00,apply
u,b,2024-01-02 00:00:00,look
u,c,2024-01-02 05:00:00,look
u,d,2024-01-02 06:00:00,look
u,e,2024-01-02 06:10:00,apply
u,f,2024-01-02 06:20:00,apply
v,a,2024-01-03 00:00:00,apply
"""
    plan = Plan("time-cut", cut=datetime(2024, 1, 2))  # noqa: DTZ001  times are UTC without a zone
    report = import_log.run(write_log(tmp_path, text), out=tmp_path / "out", plan=plan)
    assert sessions_of(tmp_path / "out", "train") == [("u", "u-000000", ["a"], [1])]
    assert sessions_of(tmp_path / "out", "test") == [("u", "u-000001", ["c"], [2])]
    assert rows_of(tmp_path / "out", "labels") == [("u", "u-000001", "e")]
    assert report.left_out == {"after_cut": 4}


def test_the_test_share_sets_the_cut(tmp_path: Path) -> None:
    report = import_log.run(
        write_log(tmp_path), out=tmp_path / "out", plan=Plan("time-cut", test_share=0.7)
    )
    assert report.cut == datetime(2024, 1, 1, 10, 5)  # noqa: DTZ001
    assert rows_of(tmp_path / "out", "labels") == [("ann", "ann-000000+1", "a")]


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(
        st.tuples(
            st.sampled_from(["", "u", "v", "w"]),
            st.sampled_from("abcd"),
            st.integers(0, 40),
            st.sampled_from(["apply", "look", "star", "odd"]),
        ),
        min_size=1,
        max_size=40,
    ),
    order=st.randoms(use_true_random=False),
    cut=st.one_of(st.none(), st.integers(0, 40)),
)
def test_any_log_agrees_with_the_slow_version(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[str, str, int, str]],
    order: Random,
    cut: int | None,
) -> None:
    base = tmp_path_factory.mktemp("log")
    when = None if cut is None else START + timedelta(minutes=10 * cut)
    plan = Plan("leave-one-out") if when is None else Plan("time-cut", cut=when)

    def text(some: list[tuple[str, str, int, str]]) -> str:
        times = [(u, i, START + timedelta(minutes=10 * t), a) for u, i, t, a in some]
        return "user_id,item_id,timestamp,kind\n" + "".join(
            f"{u},{i},{t},{a}\n" for u, i, t, a in times
        )

    train, test, labels = slow_split(rows, cut)
    if not train or not test:
        with pytest.raises(HhrecError, match=r"none of|no (train|test) session"):
            import_log.run(write_log(base, text(rows)), out=base / "one", plan=plan)
        assert not (base / "one").exists()
        return
    report = import_log.run(write_log(base, text(rows)), out=base / "one", plan=plan)
    for name, wanted in (("train", train), ("test", test)):
        found = Counter(
            (user, tuple(zip(items, acts, strict=True)))
            for user, _, items, acts in sessions_of(base / "one", name)
        )
        assert found == Counter(wanted)
    assert {(user, item) for user, _, item in rows_of(base / "one", "labels")} == labels  # type: ignore[misc]
    kept = sum(report.events.values()) + sum(report.left_out.values())
    assert report.rows == kept + sum(report.rejected.values()) == len(rows)
    shuffled = list(rows)
    order.shuffle(shuffled)
    small = 3 * 400 / 2**30  # ranges of three events' memory
    again = import_log.run(
        write_log(base, text(shuffled)), out=base / "two", plan=plan, memory_gb=small
    )
    assert again.ranges == -(-len(rows) // 3)
    for name in import_log.FILES:
        assert (base / "one" / name).read_bytes() == (base / "two" / name).read_bytes()
