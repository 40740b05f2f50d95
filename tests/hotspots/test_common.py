"""What holds for every hotspot statistic: order of cells, scale of weights, weights that matter, empty tables."""

from copy import copy
from functools import partial

import h3
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import DataError, GetisOrd, LocalMoran, concentration, geary, general_g, moran

CELLS = pd.Index(sorted(h3.grid_disk("8840e0c48bfffff", 4)), name="cell")
RESIDENTS = pd.Series(np.random.default_rng(0).gamma(1, 100, len(CELLS)).round() + 1, index=CELLS)

LOCAL = {
    "gi* expected": GetisOrd(),
    "gi expected": GetisOrd(star=False),
    "gi* raw": GetisOrd(null="raw"),
    "gi* permuted": GetisOrd(null="raw", n_permutations=99, early_stop=None),
    "gi* rate": GetisOrd(null="rate"),
    "moran expected": LocalMoran(),
    "moran raw": LocalMoran(null="raw", n_permutations=99, early_stop=None),
    "moran normal": LocalMoran(null="raw", n_permutations=0),
}
GLOBAL = {
    "moran expected": partial(moran, exposure=RESIDENTS, n_permutations=99),
    "moran raw": partial(moran, null="raw", n_permutations=0),
    "geary expected": partial(geary, exposure=RESIDENTS, n_permutations=99),
    "geary raw": partial(geary, null="raw", n_permutations=0),
    "general g": general_g,
}


def weekly(rng: np.random.Generator, mean: float = 0.4) -> pd.DataFrame:
    counts = rng.poisson(mean, (8, len(CELLS))).astype(float)
    return pd.DataFrame(counts, index=pd.date_range("2024-01-01", periods=8, freq="7D"), columns=CELLS)


@pytest.mark.parametrize("name", LOCAL)
def test_shuffling_cells_shuffles_the_answer(name):
    panel = weekly(np.random.default_rng(1))
    mixed = panel.sample(frac=1, axis=1, random_state=1)
    one, other = (copy(LOCAL[name]).fit(p, RESIDENTS) for p in (panel, mixed))
    for answer in ("statistic_", "p_value_", "p_randomised_", "p_adjusted_", "labels_"):
        pd.testing.assert_series_equal(getattr(one, answer), getattr(other, answer).reindex(CELLS))


@pytest.mark.parametrize("name", LOCAL)
@settings(max_examples=8, deadline=None)
@given(factor=st.floats(0.01, 1000), harm=st.booleans())
def test_a_constant_factor_changes_no_p_value(name, factor, harm):
    panel = weekly(np.random.default_rng(2))
    if harm:
        panel *= np.random.default_rng(3).lognormal(1, 1, panel.shape)
    one, other = (LOCAL[name].fit(panel * c, RESIDENTS, incident=c).p_value_ for c in (1.0, factor))
    np.testing.assert_allclose(one, other, rtol=1e-6)


@pytest.mark.parametrize("name", LOCAL)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 1000))
def test_weights_change_every_local_statistic(name, seed):
    panel = weekly(np.random.default_rng(seed), 1.0)
    harm = panel * np.random.default_rng(seed + 1).lognormal(1, 1, panel.shape)
    one, other = (LOCAL[name].fit(p, RESIDENTS, incident=1).statistic_ for p in (panel, harm))
    assert not np.allclose(one, other)


@pytest.mark.parametrize("name", GLOBAL)
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 1000))
def test_weights_change_every_global_statistic_and_a_constant_none(name, seed):
    panel = weekly(np.random.default_rng(seed), 1.0)
    harm = panel * np.random.default_rng(seed + 1).lognormal(1, 1, panel.shape)
    one, other, scaled = (GLOBAL[name](p, incident=c) for p, c in ((panel, 1), (harm, 1), (panel * 7.3, 7.3)))
    assert one.statistic != pytest.approx(other.statistic, rel=1e-6)
    assert one.p_value == pytest.approx(scaled.p_value)


@pytest.mark.parametrize("name", GLOBAL)
def test_global_statistics_do_not_mind_the_order_of_cells_and_are_quiet_about_nothing(name):
    panel = weekly(np.random.default_rng(4))
    mixed = panel.sample(frac=1, axis=1, random_state=1)
    one = GLOBAL[name](panel).statistic
    other = (
        GLOBAL[name](mixed).statistic if name == "general g" or "raw" in name else GLOBAL[name](mixed[CELLS]).statistic
    )
    assert one == pytest.approx(other)
    for nothing in (panel * 0, panel.iloc[:0], panel.iloc[:, :1]):
        found = GLOBAL[name](nothing)
        assert (found.p_value, found.z) == (1.0, 0.0)
        assert "nothing to test" in found.summary()


@pytest.mark.parametrize("name", LOCAL)
def test_nothing_one_incident_one_cell_and_one_place_are_quiet(name):
    panel = weekly(np.random.default_rng(5))
    alone = panel * 0
    alone.iloc[0, 7] = 1
    crowd = panel * 0
    crowd.iloc[0, 7] = 500
    for table in (panel * 0, panel.iloc[:0], panel.iloc[:, :1], alone):
        found = LOCAL[name].fit(table, RESIDENTS)
        assert found.p_value_.between(0, 1).all()
        if "raw" not in name or table is not alone:
            assert not found.labels_.isin(["cold", "low-low"]).any()
    assert "nothing to test" in LOCAL[name].fit(panel * 0, RESIDENTS).note_
    assert "no neighbour" in LOCAL[name].fit(panel.iloc[:, [0, 60]], RESIDENTS).note_
    assert LOCAL[name].fit(panel, RESIDENTS).note_ == ""
    found = LOCAL[name].fit(crowd, RESIDENTS)
    assert "one cell" in found.note_
    assert np.isfinite(found.statistic_).all()
    assert found.p_value_.between(0, 1).all()


@pytest.mark.parametrize("name", LOCAL)
def test_the_panel_stays_as_it_was_and_the_answer_repeats(name):
    panel = weekly(np.random.default_rng(6))
    before = panel.copy()
    one, other = (LOCAL[name].fit(panel, RESIDENTS).p_randomised_ for _ in range(2))
    pd.testing.assert_frame_equal(panel, before)
    pd.testing.assert_series_equal(one, other)


def test_parts_that_do_not_touch_are_tested_each_in_itself():
    far = pd.Index(sorted(h3.grid_disk(h3.latlng_to_cell(24.5, 107.5, 8), 3)), name="cell")
    cells = CELLS.append(far)
    rng = np.random.default_rng(7)
    panel = pd.DataFrame(rng.poisson(3.0, (1, len(cells))), index=pd.to_datetime(["2024-01-01"]), columns=cells)
    panel[h3.grid_disk(h3.latlng_to_cell(24.5, 107.5, 8), 1)] += 40
    people = pd.Series(100.0, index=cells)
    for model in (GetisOrd(), LocalMoran(), GetisOrd(null="raw")):
        labels = model.fit_predict(panel.astype(float), people)
        assert labels[far].isin(["hot", "high-high"]).any()
        assert not labels[CELLS].isin(["hot", "high-high"]).any()


def test_concentration_answers_to_weights():
    panel = weekly(np.random.default_rng(8))
    harm = panel * np.random.default_rng(9).lognormal(1, 1, panel.shape)
    assert concentration(panel).gini != pytest.approx(concentration(harm, incident=1).gini)


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 5}, {"alpha": 0}, {"alpha": "0.05"}, {"min_expected": -1}, {"dispersion": -2},
        {"n_permutations": 2.5},
        {"n_permutations": -1}, {"early_stop": 0}, {"connectivity": 0}, {"connectivity": True}, {"null": "expect"},
        {"random_state": "one"},
    ],
)  # fmt: skip
@pytest.mark.parametrize("kind", [GetisOrd, LocalMoran])
def test_settings_out_of_range_are_refused_by_name(kind, wrong):
    with pytest.raises(DataError, match=next(iter(wrong))):
        kind(**wrong).fit(weekly(np.random.default_rng(1)), RESIDENTS)
