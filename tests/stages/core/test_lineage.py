"""Artifacts that were not made from each other are refused; those that were always fit."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.core import kinds, lineage, outputs
from stages.core.kinds import Kind
from stages.interface.errors import HhrecError

MADE_FROM = {"events": (), "filtered": ("events",), "vocab": ("filtered",), "sequences": ("filtered", "events", "vocab")}  # fmt: skip
KIND = {name: Kind(name, f"hhrec {name}") for name in MADE_FROM}


def make(root: Path, name: str, text: str) -> None:
    """Write an artifact whose content is `text` and the contents of what it is made from."""
    inputs = {role: root / role for role in MADE_FROM[name]}
    with outputs.prepare(root / name, KIND[name], inputs=inputs).replacing() as scratch:
        scratch.write_text(text + "".join(file.read_text() for file in inputs.values()))


def read(root: Path, *names: str) -> None:
    lineage.check(outputs.identified({name: root / name for name in names}))


@given(st.lists(st.tuples(st.sampled_from(list(MADE_FROM)), st.sampled_from("ab")), max_size=6))
def test_whatever_is_rebuilt_in_order_fits(
    tmp_path_factory: pytest.TempPathFactory, changes: list[tuple[str, str]]
) -> None:
    """After each rebuild all later ones are made anew, or refused until they are."""
    root = tmp_path_factory.mktemp("flow")
    for name in MADE_FROM:
        make(root, name, "a")
    read(root, *MADE_FROM)
    for name, text in changes:
        before = (root / name).read_text()
        make(root, name, text)
        late = [other for other, sources in MADE_FROM.items() if name in sources]
        if late and (root / name).read_text() != before:
            with pytest.raises(HhrecError, match="made from another"):
                read(root, *MADE_FROM)
        for other in list(MADE_FROM)[list(MADE_FROM).index(name) + 1 :]:
            make(root, other, "a")
        read(root, *MADE_FROM)


def test_two_that_were_made_from_different_thirds_are_refused(tmp_path: Path) -> None:
    for name in MADE_FROM:
        make(tmp_path, name, "a")
    make(tmp_path, "events", "b")
    make(tmp_path, "filtered", "b")
    with pytest.raises(HhrecError, match="vocab: made from another filtered than") as error:
        read(tmp_path, "vocab", "filtered")
    assert "run `hhrec vocab`" in error.value.hint


def test_an_equal_content_made_again_fits(tmp_path: Path) -> None:
    """As when DVC skips a stage because its inputs have equal bytes."""
    for name in MADE_FROM:
        make(tmp_path, name, "a")
    old = (tmp_path / "filtered").read_bytes()
    make(tmp_path, "events", "b")
    with outputs.prepare(
        tmp_path / "filtered", KIND["filtered"], inputs={"events": tmp_path / "events"}
    ).replacing() as scratch:
        scratch.write_bytes(old)
    read(tmp_path, "vocab", "filtered", "events")


def test_facts_are_compared_where_they_are_known(tmp_path: Path) -> None:
    with outputs.prepare(
        tmp_path / "p", kinds.SCORES, facts={"part": "test"}
    ).replacing() as scratch:
        scratch.write_text("{}")
    (tmp_path / "q").write_text("{}")
    known = outputs.identified({name: tmp_path / name for name in "pq"})
    lineage.require_fact(known["p"], "part", "test")
    lineage.require_fact(known["q"], "part", "test")
    with pytest.raises(HhrecError, match="expected scores of part validation, found test"):
        lineage.require_fact(known["p"], "part", "validation")
