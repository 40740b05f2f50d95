"""When there is no pattern p is uniform for continuous data and never liberal for counts (500 runs: benchmark)."""

import importlib.util
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "hotspots_calibration.py"
spec = importlib.util.spec_from_file_location("hotspots_calibration", SCRIPT)
calibration = importlib.util.module_from_spec(spec)
spec.loader.exec_module(calibration)


@pytest.mark.parametrize("name", calibration.CONTINUOUS)
def test_p_values_of_continuous_data_are_uniform(name):
    assert calibration.uniformity(calibration.CONTINUOUS[name], runs=50) > 0.005


@pytest.mark.parametrize("name", calibration.COUNTS)
def test_randomised_p_values_of_counts_are_uniform_and_reported_ones_never_liberal(name):
    result = calibration.count_calibration(calibration.COUNTS[name], runs=50)
    assert result["randomised_ks_p"] is None or result["randomised_ks_p"] > 0.005
    assert result["liberal"] == []
