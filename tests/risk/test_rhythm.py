import numpy as np
import pandas as pd
import pytest

from patrolgeo import PoissonRegression, RiskStack
from patrolgeo.errors import AlignmentError


@pytest.fixture
def markets(hex_panel):
    """A daily panel in which a third of the cells has four times the risk on every third day."""
    panel = hex_panel(periods=120, freq="D")
    rng = np.random.default_rng(7)
    index = pd.date_range(panel.index[0], periods=130, freq="D")
    on = np.outer(np.arange(130) % 3 == 0, np.arange(panel.shape[1]) % 3 == 0).astype(float)
    calendar = pd.DataFrame(on, index=index, columns=panel.columns)
    panel[:] = rng.poisson(0.3 * 4.0 ** calendar.iloc[:120].to_numpy())
    return panel, calendar


@pytest.mark.parametrize("model", [RiskStack, PoissonRegression])
def test_market_days_raise_the_forecast_of_their_days_and_cells_only(model, markets):
    panel, calendar = markets
    said = model().fit(panel, covariates={"market_day": calendar}).predict(3)
    coming = calendar.loc[said.index]
    on = coming.to_numpy() > 0
    same_cells = coming.columns[on.any(axis=0)]
    off = said.loc[~on.any(axis=1), same_cells].to_numpy().mean()
    assert said.to_numpy()[on].mean() / off == pytest.approx(4, rel=0.25)


def test_the_days_of_the_week_are_learned_from_daily_panels(hex_panel):
    panel = hex_panel(periods=140, freq="D")
    weekend = panel.index.day_of_week >= 5
    panel[:] = np.random.default_rng(8).poisson(np.where(weekend, 0.6, 0.3)[:, None] * np.ones(panel.shape[1]))
    said = RiskStack().fit(panel).predict(7).sum(axis=1)
    assert said[said.index.day_of_week >= 5].mean() / said[said.index.day_of_week < 5].mean() == pytest.approx(
        2, rel=0.2
    )


def test_a_calendar_that_ends_too_early_says_so(markets):
    panel, calendar = markets
    model = RiskStack().fit(panel, covariates={"market_day": calendar.iloc[:121]})
    model.predict(1)
    with pytest.raises(AlignmentError, match="not known for 1 period"):
        model.predict(2)


def test_hours_of_the_day_are_learned_from_panels_of_shifts(hex_panel):
    panel = hex_panel(periods=180, freq="8h")
    night = panel.index.hour == 16
    panel[:] = np.random.default_rng(8).poisson(np.where(night, 0.9, 0.3)[:, None], panel.shape)
    said = RiskStack().fit(panel).predict(3).sum(axis=1)
    assert said[said.index.hour == 16].iloc[0] / said[said.index.hour != 16].mean() == pytest.approx(3, rel=0.2)
