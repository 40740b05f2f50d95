"""Windows of the stops of a run: from the hours of the cells' risk, or a message where no hour is known."""

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely.geometry import Point

from patrolgeo.config.plan import Plan
from patrolgeo.config.routes import RouteWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline import routes


@pytest.fixture
def asked(monkeypatch):
    """Return what makes windows of two cells, one with risk at 21, one at 2 o'clock, and a base."""
    spots = gpd.GeoDataFrame({"prize": [2.0, 1.0, 0.0]}, index=[11, 12, "base"], geometry=[Point(0, 0)] * 3, crs=4326)
    risk = pd.DataFrame(np.zeros((3, 24)), [10, 11, 12])
    risk.loc[11, 21], risk.loc[12, 2], risk.loc[10, 5] = 2.0, 1.0, 9.0
    told = {"risk": risk}
    monkeypatch.setattr(routes, "cells_by_hour", lambda forecast, records: told["risk"])

    def windows(share):
        wish = RouteWish(n=1, begins="20:00", risk_share=share)
        return routes._windows(Plan.__new__(Plan), wish, spots, None, None)

    return told, windows


def test_each_cell_has_the_hours_of_its_own_risk_and_bases_none(asked):
    windows = asked[1](0.5)
    assert windows[["from", "to"]].to_numpy().tolist() == [[60.0, 120.0], [360.0, 420.0]]
    assert windows.index.tolist() == [11, 12]


def test_without_the_key_stops_may_be_at_any_hour(asked):
    assert asked[1](None) is None


def test_without_hours_of_day_the_message_names_the_key(asked, monkeypatch):
    asked[0]["risk"] = None
    monkeypatch.setattr(Plan, "path", Path("plan.toml"), raising=False)
    with pytest.raises(DataError, match=r"routes\.risk_share = 0\.5 needs incidents with a time of day"):
        asked[1](0.5)


def test_a_break_lies_in_the_middle_half_of_the_shift_where_it_fits():
    """Nobody rests in the first minutes of a shift; a break longer than the half may be at any time."""
    assert routes._break_window(RouteWish(n=1, begins="20:00", shift_minutes=480)) == (120.0, 360.0)
    assert routes._break_window(RouteWish(n=1, begins="20:00", shift_minutes=50)) is None
