"""What every risk model must hold; a new one joins by being exported from `patrolgeo`."""

from inspect import isabstract

import numpy as np
import pandas as pd
import pytest

import patrolgeo
from patrolgeo.errors import PatrolgeoError, PatrolgeoWarning
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.testing import check_risk_model

MODELS = [
    name
    for name in patrolgeo.__all__
    if isinstance(getattr(patrolgeo, name), type)
    and issubclass(getattr(patrolgeo, name), BaseRisk)
    and not isabstract(getattr(patrolgeo, name))
]
WITHOUT_HISTORY = (
    "ExposureMap",
    "RiskTerrain",
    "NegativeBinomialRegression",
)  # these say where people and places are, whatever the past


@pytest.fixture(params=MODELS)
def model(request):
    return getattr(patrolgeo, request.param)()


def test_the_suite_finds_the_models():
    assert {"HistoricalMean", "Ewma", "ExposureMap", "KernelRisk", "RiskStack"} <= set(MODELS)


def test_the_public_check_of_risk_models_passes(model):
    check_risk_model(model, seed=3)


def test_columns_rows_and_signs_are_those_of_a_forecast(model, hex_panel):
    panel = hex_panel()
    said = model.fit(panel).predict(3)
    pd.testing.assert_index_equal(said.columns, panel.columns)
    assert said.index[0] == panel.index[-1] + pd.Timedelta(days=7)
    assert len(said) == 3
    assert (said.to_numpy() >= 0).all()
    assert np.isfinite(said.to_numpy()).all()


def test_input_stays_untouched_and_same_input_gives_same_answer(model, hex_panel):
    panel = hex_panel()
    before = panel.copy()
    first = model.fit(panel).predict()
    pd.testing.assert_frame_equal(panel, before)
    pd.testing.assert_frame_equal(type(model)().fit(panel).predict(), first)


def test_shuffling_cells_shuffles_the_answer(model, hex_panel):
    panel = hex_panel()
    mixed = panel[panel.columns[np.random.default_rng(1).permutation(panel.shape[1])]]
    said, said_mixed = model.fit(panel).predict(2), type(model)().fit(mixed).predict(2)
    pd.testing.assert_index_equal(said_mixed.columns, mixed.columns)
    pd.testing.assert_frame_equal(said_mixed[panel.columns], said)


def test_what_happens_after_the_origin_never_changes_a_forecast(model, hex_panel):
    panel = hex_panel()
    changed = panel.copy()
    changed.iloc[18:] = changed.iloc[18:].to_numpy()[:, ::-1] * 7 + 1
    models = {"m": model}
    a, b = (patrolgeo.backtest(models, p, min_train=16, horizon=1) for p in (panel, changed))
    pd.testing.assert_frame_equal(a.iloc[:3], b.iloc[:3])


def test_the_total_is_about_what_happens_in_a_period(model, hex_panel):
    panel = hex_panel(periods=40)
    assert model.fit(panel).predict().to_numpy().sum() == pytest.approx(panel.sum(axis=1).mean(), rel=0.25)


def test_an_all_zero_panel_is_forecast_as_zero_and_said_to_be_empty(model, hex_panel):
    with pytest.warns(PatrolgeoWarning, match="No incident in 24 periods and 61 cells"):
        said = model.fit(hex_panel() * 0).predict()
    assert said.to_numpy().sum() == pytest.approx(0, abs=1e-6)
    assert model.predict_interval()["high"].to_numpy().max() == 0


def test_one_period_is_repeated_and_said_to_teach_nothing(model, hex_panel):
    panel = hex_panel().iloc[:1]
    with pytest.warns(PatrolgeoWarning, match="The panel has 1 period"):
        said = model.fit(panel).predict(2)
    assert said.sum(axis=1).to_numpy() == pytest.approx(panel.to_numpy().sum(), rel=0.35)


def test_one_incident_is_not_taken_for_a_pattern(model, hex_panel):
    panel = hex_panel() * 0
    panel.iloc[-1, 7] = 1.0
    with pytest.warns(PatrolgeoWarning, match=r"Only 1 incident\(s\) in 24 periods"):
        said = model.fit(panel).predict().iloc[0]
    assert 0 < said.sum() <= 1
    assert said.iloc[7] == pytest.approx(said.max()) or type(model).__name__ in WITHOUT_HISTORY


def test_a_category_that_ended_fades_but_keeps_its_map_and_the_silence_is_told(model, hex_panel):
    panel = hex_panel(periods=40)
    before = panel.iloc[:20].sum(axis=1).mean()
    panel.iloc[20:] = 0
    with pytest.warns(PatrolgeoWarning, match=r"No incident in the last 20 of 40 periods, after .* until 2024-05-13"):
        said = model.fit(panel).predict().iloc[0]
    assert 0 <= said.sum() < 0.75 * before
    assert said.sum() == 0 or said.corr(panel.sum()) > 0.5 or type(model).__name__ in WITHOUT_HISTORY


def test_days_that_are_unknown_are_told_and_months_are_forecast_as_months(model, hex_panel):
    panel = hex_panel(periods=30)
    panel[(panel.index.day > 1) & (panel.index.day < 26)] = 0
    with pytest.warns(PatrolgeoWarning, match="days seem unknown. Count them by month"):
        said = model.fit(panel).predict(4)
    assert said.to_numpy().sum() < 3 * 4 * panel.sum(axis=1).mean()
    months = type(model)().fit(hex_panel(freq="MS")).predict(2)
    assert months.index.tolist() == [pd.Timestamp("2026-01-01"), pd.Timestamp("2026-02-01")]


def test_two_periods_and_one_cell_are_forecast_sanely(model, hex_panel):
    panel = hex_panel()
    busiest = panel[[panel.sum().idxmax()]]
    for case in (panel.iloc[:2], busiest):
        said = type(model)().fit(case).predict().to_numpy()
        assert np.isfinite(said).all()
        assert 0 <= said.sum() <= 2 * case.sum(axis=1).max()


def test_exposure_is_aligned_by_label_and_its_faults_are_told(model, hex_panel):
    panel = hex_panel()
    exposure = pd.Series(np.arange(panel.shape[1], dtype=float), index=panel.columns)
    straight = model.fit(panel, exposure=exposure).predict()
    turned = type(model)().fit(panel, exposure=exposure[::-1]).predict()
    pd.testing.assert_frame_equal(straight, turned)
    with pytest.raises(PatrolgeoError, match="lacks 1 of"):
        type(model)().fit(panel, exposure=exposure.iloc[1:])
    with pytest.raises(PatrolgeoError, match="not negative"):
        type(model)().fit(panel, exposure=-exposure)


def test_what_is_no_panel_is_refused_and_unfitted_models_say_so(model, hex_panel):
    panel = hex_panel()
    for bad in (panel.to_numpy(), panel.reset_index(drop=True), -panel - 1, panel.iloc[:0], panel.iloc[::-1]):
        with pytest.raises(PatrolgeoError):
            type(model)().fit(bad)
    with pytest.raises(PatrolgeoError, match="call fit"):
        type(model)().predict()
    with pytest.raises(PatrolgeoError, match="horizon=0"):
        model.fit(panel).predict(0)


def test_every_model_says_in_one_line_what_it_took_up_to_when(model, hex_panel):
    with pytest.raises(PatrolgeoError, match="has not learned anything"):
        _ = model.took_
    panel = hex_panel()
    line = model.fit(panel).took_
    assert line.endswith(f" up to the period of {panel.index[-1]:%Y-%m-%d}")
    assert "\n" not in line
    assert not line.startswith(type(model).__name__)  # the words are its own
    assert any(c.isdigit() for c in line.rsplit(" up to", 1)[0])
