"""A model that is taken over is the same model, elsewhere."""

from pathlib import Path

import pytest

from stages.core import identity
from stages.interface.errors import HhrecError, MissingInputError
from stages.params import Params
from stages.pipeline import take_over


def test_what_is_no_model_is_not_taken_over(tmp_path: Path) -> None:
    with pytest.raises(MissingInputError, match=r"config\.json"):
        take_over.run(Params(), model=tmp_path, out=tmp_path / "new")
    model = tmp_path / "model"
    model.mkdir()
    for name in ("config.json", "model.safetensors"):
        (model / name).write_text("{}")
    report = take_over.run(Params(), model=model, out=tmp_path / "new")
    assert report.bytes == 4
    known = identity.identify(tmp_path / "new")
    assert known.manifest
    assert list(known.manifest.references) == ["origin"]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(HhrecError, match=r"letter\.txt"):
        take_over.run(Params(), model=model, out=tmp_path / "other")
