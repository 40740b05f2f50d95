import sys
from dataclasses import dataclass
from inspect import isabstract

import numpy as np
import pandas as pd
import pytest

import patrolgeo
from patrolgeo import BoostedStack, HistoricalMean, KernelRisk, RiskStack, load_model, roll_up, save_model
from patrolgeo.errors import DataError, MissingFileError
from patrolgeo.risk.protocol import BaseRisk

MODELS = [
    n
    for n in patrolgeo.__all__
    if isinstance(k := getattr(patrolgeo, n), type) and issubclass(k, BaseRisk) and not isabstract(k)
]


@pytest.mark.parametrize("name", MODELS)
def test_a_loaded_model_says_the_same_to_the_last_digit(name, hex_panel, tmp_path):
    panel = hex_panel()[hex_panel().columns[::-1]]
    model = getattr(patrolgeo, name)().fit(panel, exposure=panel.iloc[0] + 1)
    again = load_model(save_model(model, tmp_path / "m.npz"))
    pd.testing.assert_frame_equal(again.predict(2), model.predict(2))


def test_settings_signals_places_and_calendar_survive(hex_panel, tmp_path):
    panel = hex_panel()
    both = pd.concat({"a": panel, "b": panel * 2}, axis=1, names=["category", "cell"])
    dates = pd.date_range(panel.index[0], periods=30, freq="7D")
    covariates = {"bars": panel.iloc[1], "fair": pd.Series(np.arange(30) % 3 == 0, index=dates, dtype=float)}
    model = RiskStack(target="a").fit(both, covariates=covariates)
    again = load_model(save_model(model, tmp_path / "m.npz"))
    assert again.target == "a"
    pd.testing.assert_frame_equal(again.predict(3), model.predict(3))
    assert load_model(save_model(KernelRisk(bandwidth=300).fit(panel), tmp_path / "k.npz")).bandwidth == 300


def test_what_is_no_model_file_is_refused(hex_panel, tmp_path):
    with pytest.raises(MissingFileError):
        load_model(tmp_path / "none.npz")
    np.savez(tmp_path / "other.npz", x=np.arange(3))
    with pytest.raises(DataError, match="not a model of this version"):
        load_model(tmp_path / "other.npz")
    whole = save_model(HistoricalMean().fit(hex_panel()), tmp_path / "m.npz").read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut.npz").write_bytes(whole[:cut])
        with pytest.raises(DataError, match="damaged"):
            load_model(tmp_path / "cut.npz")
    with np.load(tmp_path / "m.npz") as stored:
        arrays = dict(stored)
    np.savez(tmp_path / "other.npz", **{**arrays, "counts": arrays["counts"] * 2})
    with pytest.raises(DataError, match="altered since it was written"):
        load_model(tmp_path / "other.npz")
    with pytest.raises(DataError, match="call fit"):
        save_model(HistoricalMean(), tmp_path / "m.npz")


def test_forecasts_of_fine_cells_roll_up_with_their_sums_kept(hex_panel):
    said = BoostedStack().fit(hex_panel()).predict(2)
    for resolution in (8, 7):
        rolled = roll_up(said, resolution)
        assert rolled.sum(axis=1).to_numpy() == pytest.approx(said.sum(axis=1).to_numpy(), rel=1e-12)
    assert roll_up(roll_up(said, 8), 7).to_numpy() == pytest.approx(rolled.to_numpy(), rel=1e-12)


@dataclass(kw_only=True, eq=False)
class Half(HistoricalMean):
    share: float = 0.5

    def _fit(self, history):
        super()._fit(history)
        self.rate_ = self.rate_ * self.share


def test_own_classes_are_saved_and_come_back_only_when_handed_over(hex_panel, tmp_path):
    model = Half(share=0.25).fit(hex_panel())
    path = save_model(model, tmp_path / "m.npz")
    pd.testing.assert_frame_equal(load_model(path, own=[Half]).predict(2), model.predict(2))
    with pytest.raises(DataError, match=r"load_model\(path, own=\[Half\]\)"):
        load_model(path)
    with pytest.raises(DataError, match="derived from BaseRisk"):
        load_model(path, own=[dict])


def test_a_file_cannot_name_what_is_imported(hex_panel, tmp_path, monkeypatch):
    monkeypatch.setattr("patrolgeo.risk.storage._name_of", lambda kind: "antigravity.geohash")
    path = save_model(HistoricalMean().fit(hex_panel()), tmp_path / "m.npz")
    with pytest.raises(DataError, match="not one of patrolgeo's"):
        load_model(path)
    assert "antigravity" not in sys.modules
