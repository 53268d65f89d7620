import json

import pytest

from stages.core import calibration_file
from stages.core.calibration_file import Calibration
from stages.core.model_files import CALIBRATION
from stages.interface.errors import HhrecError

FOUND = Calibration(
    heuristics=("popular",),
    weights={"vector": 1.0, "bias": -0.5},
    fold_weights=({"vector": 1.0, "bias": 0.0}, {"vector": 0.9, "bias": 1.0}),
    seen={"response": "keep", "favourite": "keep", "view": "keep"},
    lag=7,
    rows=2,
    mrr_100=0.5,
    baselines={},
)


def test_what_is_written_is_read(tmp_path):
    calibration_file.write(tmp_path, FOUND)
    assert calibration_file.read(tmp_path) == FOUND
    assert calibration_file.read(tmp_path).vector(1).tolist() == [0.9, 1.0]


def test_a_model_without_validation_rows_has_none(tmp_path):
    assert calibration_file.read(tmp_path) is None


@pytest.mark.parametrize(
    "broken", ["", "[]", "{}", '{"weights": 3}', json.dumps({"heuristics": [], "fold_weights": []})]
)
def test_what_is_no_calibration_is_refused_by_name(tmp_path, broken):
    (tmp_path / CALIBRATION).write_text(broken)
    with pytest.raises(HhrecError, match=r"calibration\.json"):
        calibration_file.read(tmp_path)
