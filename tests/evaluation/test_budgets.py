"""Budgets in every kind of amount, metrics by name, and what cannot be."""

import warnings
from functools import partial

import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo import DataError
from patrolgeo.evaluation.budgets import read_budget
from patrolgeo.evaluation.measures import MEASURES
from small_city import KINDS, small_city


@pytest.fixture(params=KINDS)
def scored(request):
    city = small_city(request.param)
    said = pg.backtest(
        {"mean": pg.HistoricalMean(), "kernel": pg.KernelRisk()}, city.panel, n_origins=2, units=city.units
    )
    return city, said


def test_every_metric_by_name_is_its_function(scored):
    city, said = scored
    names = [name for name, measure in MEASURES.items() if measure.function is not None]
    scores = pg.evaluate(city.panel, said, names, units=city.units, budgets=[0.05])
    size, period = city.units.size[city.panel.columns], said.index[0]
    y, m = city.panel.loc[period], said["kernel"].loc[period]
    row = scores.set_index(["model", "period"]).loc[("kernel", period)]
    for name in ("hit_rate", "pai", "pei", "pei_any_area", "penalised_pai", "ser", "rri", "predicted_over_observed"):
        assert row[f"{name}@0.05"] == pytest.approx(getattr(pg, name)(y, m, 0.05, size), rel=1e-12), name
    assert row["best_pai@0.05"] == pytest.approx(pg.best_pai(y, 0.05, size))
    assert row["pai@0.05"] / row["best_pai@0.05"] == pytest.approx(row["pei@0.05"])
    assert row["pei_equal_cells@0.05"] == pytest.approx(pg.pei_equal_cells(y, m, 0.05))
    assert row["area_under_curve"] == pytest.approx(pg.area_under_curve(y, m, size))
    assert row["log_score"] == pytest.approx(pg.log_score(y, m, area=size))
    assert row["log_score_spatial"] + row["log_score_level"] == pytest.approx(row["log_score"])
    assert row["crps"] == pytest.approx(pg.crps(y, m))
    assert set(pg.metric_table().index) == set(MEASURES)


def test_amounts_are_shares_of_their_whole(scored):
    city, said = scored
    minutes = pd.Series(np.random.default_rng(0).uniform(5, 15, len(city.units)), city.units.cells)
    whole = city.units.size.sum()
    share = 0.5 / whole
    amount = "0.5 km" if city.units.are_lines else "0.5 km2"
    found = pg.evaluate(city.panel, said, ["pai"], units=city.units, budgets=[share, amount, "1 %", 0.01])
    np.testing.assert_allclose(found[f"pai@{amount}"], found[f"pai@{share:g}"])
    equal = pg.evaluate(city.panel, said, ["hit_rate"], budget=minutes * 0 + 1, budgets=[10 / len(minutes)])
    units = pg.evaluate(city.panel, said, ["hit_rate"], units=city.units, budgets=["10 units"])
    np.testing.assert_allclose(units["hit_rate@10 units"], equal.iloc[:, -1])
    spent = pg.evaluate(
        city.panel, said, ["hit_rate"], budget=minutes, budgets=[120 / minutes.sum(), "120 minutes", "2 h"]
    )
    np.testing.assert_allclose(spent["hit_rate@120 minutes"], spent.iloc[:, 2])
    np.testing.assert_allclose(spent["hit_rate@2 h"], spent.iloc[:, 2])


def test_top_units_by_number_hold_what_they_hold():
    city = small_city("squares")
    said = pg.backtest({"mean": pg.HistoricalMean()}, city.panel, n_origins=1)
    found = pg.evaluate(city.panel, said, ["hit_rate"], budgets=["7 units"]).iloc[0, -1]
    mean, y = said["mean"].iloc[0], city.panel.loc[said.index[0]]
    cut = mean.nlargest(7).iloc[-1]
    surely, tied = mean > cut, mean == cut
    expected = y[surely].sum() + y[tied].mean() * (7 - surely.sum())
    assert found == pytest.approx(expected / y.sum())


@pytest.mark.parametrize(
    ("kind", "keywords", "sentence"),
    [
        (
            "squares",
            {"budgets": ["1000 km2"]},
            "budget of 1000 km2 is larger than the whole study area, which has 6.6 km2",
        ),
        ("squares", {"budgets": ["166 units"]}, "larger than the whole study area, which has 165 units"),
        ("squares", {"budgets": ["120 %"]}, "larger than the whole"),
        ("squares", {"budgets": ["5 km"]}, "needs budget=, the km of street"),
        ("squares", {"budgets": ["480 minutes"]}, "needs budget=, a Series of what each unit takes"),
        ("segments", {"budgets": ["2 km2"]}, "segments have no area: give a budget in km"),
        ("segments", {"budgets": ["100 km"]}, "larger than the whole study area, which has 52.8 km"),
        ("squares", {"budgets": ["5 acres"]}, "'5 acres' is not known"),
        ("squares", {"budgets": ["many units"]}, "'many units' is not known"),
        ("squares", {"budgets": [5]}, "budgets=5"),
        ("squares", {"budgets": [0]}, "budgets=0"),
        ("squares", {"metrics": ["pais"]}, "did you mean 'pai'"),
        ("squares", {"metrics": ["calibration_table"]}, "gives a table, not a number"),
    ],
)
def test_what_cannot_be_is_one_sentence(kind, keywords, sentence):
    city = small_city(kind)
    said = pg.backtest({"mean": pg.HistoricalMean()}, city.panel, n_origins=1)
    with pytest.raises(DataError, match=sentence):
        pg.evaluate(city.panel, said, units=city.units, **keywords)


def test_a_geometry_that_lacks_units_or_is_not_given_is_one_sentence():
    city = small_city("squares")
    said = pg.backtest({"mean": pg.HistoricalMean()}, city.panel, n_origins=1)
    with pytest.raises(pg.AlignmentError, match="units lacks 1 of 165 units"):
        pg.evaluate(city.panel, said, units=city.units.select(city.units.cells[1:]))
    with pytest.raises(DataError, match=r"not an H3 cell\. Give the squares"):
        pg.evaluate(city.panel, said)


def test_budgets_are_read():
    assert read_budget(0.2) == (0.2, "share")
    assert read_budget(" 2.5 km² ") == (2.5, "km2")
    assert read_budget("100 cells") == (100.0, "units")
    assert read_budget("90 min") == (90.0, "minutes")


def test_partials_and_functions_go_on_working_beside_names():
    city = small_city("segments")
    said = pg.backtest({"mean": pg.HistoricalMean()}, city.panel, n_origins=1)
    asked = {
        "bound": partial(pg.pai, area_share=0.05), "open": pg.pai, "alpha": partial(pg.penalised_pai, alpha=1.0),
        "own": lambda y_true, y_pred: float(y_true.sum()),
    }  # fmt: skip
    found = pg.evaluate(city.panel, said, asked, units=city.units, budgets=[0.05]).iloc[0]
    assert found["bound"] == found["open@0.05"] == pytest.approx(found["alpha@0.05"])
    assert found["own"] == city.panel.loc[said.index[0]].sum()


@pytest.mark.parametrize("dispersion", [0.0, 0.4, 3.0])
def test_crps_is_the_sum_over_all_counts(dispersion):
    from scipy import stats

    k = np.arange(600)
    for mean in (0.0, 0.03, 1.0, 8.5):
        size = 1 / max(dispersion, 1e-12)
        below = stats.poisson.cdf(k, mean) if not dispersion else stats.nbinom.cdf(k, size, size / (size + mean))
        for y in (0, 1, 4, 30):
            assert pg.crps([y], [mean], dispersion) == pytest.approx(((below - (k >= y)) ** 2).sum(), abs=1e-8)
    with pytest.raises(DataError, match=r"1\.5, which is no count"):
        pg.crps([1.5], [1.0])


def test_published_table_of_predicted_over_observed():
    """Wheeler's worked example (ptools): observed 6 7 3 2 1 0, said 8 4 4 2 1 0."""
    y, said = [6, 7, 3, 2, 1, 0], [8, 4, 4, 2, 1, 0]
    assert pg.predicted_over_observed(y, said, 1 / 6) == pytest.approx(8 / 6)
    assert pg.predicted_over_observed(y, said, 3 / 6) == pytest.approx(16 / 16)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.isnan(pg.predicted_over_observed([0, 0], [1, 2], 0.5))
