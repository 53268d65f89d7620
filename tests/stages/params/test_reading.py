"""What a parameter file may not do: hang, explode, pass twice, or be no number."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.interface.errors import HhrecError
from stages.params import load, validated

BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 9)
)
BAD = {
    "bomb": (BOMB, "aliases"),
    "deep": ("[" * 5_000, "levels of nesting"),
    "deep mapping": ("{a: " * 5_000, "levels of nesting"),
    "no day": ("split: {kind: 2024-13-45}", "month must be in"),
    "no integer": ("seed: !!int x", "invalid literal"),
    "huge integer": ("seed: " + "9" * 10_000, "digit"),
    "large integer": ("train: {epochs: 1" + "0" * 300 + "}", "at most"),
    "twice": ("train: {lr: 0.1, lr: 0.2}", "stands twice"),
    "sections twice": ("train: {lr: 0.1}\ntrain: {lr: 0.2}", "stands twice"),
    "code": ("seed: !!python/object/apply:os.getcwd []", "could not determine a constructor"),
    "list as a key": ("[1]: 2", "unhashable"),
    "long": ("a: " + "x" * 2_000_000, "bytes"),
    "many": ("\n".join(f"k{n}: 1" for n in range(6_000)), "values"),
    "list": ("- 1", "expected a mapping"),
    "text": ("hello", "expected a mapping"),
    "half": ("train: {", "not YAML"),
    "unknown section": ("trayn: {lr: 1}", "trayn"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_one_short_error(tmp_path: Path, name: str) -> None:
    text, said = BAD[name]
    file = tmp_path / "params.yaml"
    file.write_text(text)
    with pytest.raises(HhrecError) as error:
        load(file)
    assert said in error.value.message
    assert len(error.value.message) < 2_000
    assert error.value.hint


@pytest.mark.parametrize(
    "setting",
    [
        *(
            f"{name}=.inf"
            for name in ("train.lr", "train.clip", "explode.memory_gb", "baseline.als.alpha")
        ),
        *(f"{name}=.nan" for name in ("train.lr", "baseline.item_knn.shrink", "train.warmup")),
        *("seed=true", "predict.k=true", "train.lr=false", "explode.buckets=yes"),
        *("predict.k=1000000000", "train.lr=1e30", "train.session_weight=1e38", "train.clip=1e300"),
        *("train.layers=" + "9" * 5_000, "seed=!!int x", "train.lr=[" * 3_000),
    ],
    ids=lambda setting: setting[:30],
)
def test_a_value_that_is_no_sensible_number_is_refused(tmp_path: Path, setting: str) -> None:
    (tmp_path / "params.yaml").write_text("seed: 1")
    with pytest.raises(HhrecError) as error:
        load(tmp_path / "params.yaml", [setting])
    assert len(error.value.message) < 2_000


def test_a_name_without_its_section_is_completed(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("seed: 1")
    with pytest.raises(HhrecError) as error:
        load(tmp_path / "params.yaml", ["lr=0.1"])
    assert "did you mean train.lr?" in error.value.hint


def test_few_aliases_are_fine(tmp_path: Path) -> None:
    (tmp_path / "params.yaml").write_text("seed: &seed 7\nexplode: {buckets: *seed}")
    assert load(tmp_path / "params.yaml").explode.buckets == 7


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_values_load_or_are_refused_in_a_screen(values: object) -> None:
    for given_values in ({"train": values}, {"seed": values}, {"split": {"kind": values}}):
        try:
            validated(given_values, where="test")
        except HhrecError as error:
            assert len(error.message) < 5_000  # noqa: PT017


@given(st.text())
def test_any_text_is_parameters_or_an_error(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    file = tmp_path_factory.mktemp("text") / "params.yaml"
    file.write_bytes(text.encode("utf-8", "surrogatepass"))
    try:
        load(file)
    except HhrecError as error:
        assert len(error.message) < 5_000  # noqa: PT017
