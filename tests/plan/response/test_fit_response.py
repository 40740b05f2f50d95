"""Bases, ways and work fitted to recorded calls: two towns of known bases, and Boone County's two years."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from patrolgeo import DataError, MissingColumnError, fit_response, simulate_dispatch


def two_towns(n=600, seed=0, minutes_per_km=1.4):
    """Return calls around two bases 40 km apart; ways are straight lines at a known speed."""
    rng = np.random.default_rng(seed)
    base = rng.integers(0, 2, n)
    xy = rng.normal(0, 4, (n, 2)) + np.c_[40.0 * base, np.zeros(n)]
    way = minutes_per_km * np.hypot(xy[:, 0] - 40 * base, xy[:, 1]) + 0.1
    received = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 40 * 7 * 1440, n)), "min")
    stamps = {"received": received, "dispatched": received + pd.Timedelta(minutes=2)}
    stamps["arrived"] = stamps["dispatched"] + pd.to_timedelta(way, "min")
    stamps["cleared"] = stamps["arrived"] + pd.to_timedelta(rng.exponential(30, n), "min")
    points = gpd.points_from_xy(10 + xy[:, 0] / 111.32, xy[:, 1] / 110.57)
    return gpd.GeoDataFrame({**stamps, "unit": rng.integers(0, 4, n)}, geometry=points, crs=4326)


def test_known_bases_and_speed_are_found():
    """Two bases within a kilometre and a half, the way per kilometre within 10 %; as many calls are drawn."""
    model = fit_response(two_towns(), n_bases=2)
    found = np.sort(model.bases.x.to_numpy())
    assert np.abs((found - [10.0, 10 + 40 / 111.32]) * 111.32).max() < 1.5
    assert model.detour == pytest.approx(1.4, rel=0.1)
    drawn = model.draw(200, random_state=1)
    assert len(drawn) / 200 == pytest.approx(600 / model.weeks, rel=0.05)
    result = simulate_dispatch(drawn, model.units, model.travel)
    record = two_towns()
    known = ((record["arrived"] - record["received"]) / pd.Timedelta(minutes=1)).median()
    assert result.calls["response"].median() == pytest.approx(known, rel=0.1)


def test_what_cannot_be_fitted_is_said():
    """Too few calls, no units, categories that nobody has."""
    calls = two_towns()
    with pytest.raises(DataError, match="are needed"):
        fit_response(calls.head(50))
    with pytest.raises(MissingColumnError, match="n_units"):
        fit_response(calls.drop(columns="unit"))
    with pytest.raises(DataError, match="only 0 urgent"):
        fit_response(calls.assign(category="x"), urgent=["y"])


@pytest.mark.real
def test_boones_next_year_from_the_last(real_data):
    """2017 simulated from 2016: median within 10 %, 90th percentile within 15 %, 20 hours of the day within 20 %."""
    rows = pd.read_parquet(real_data / "boone" / "ambulance_calls_2016_2017.parquet").rename(
        columns={
            "call": "received",
            "dispatch": "dispatched",
            "arrive": "arrived",
            "clear": "cleared",
            "kind": "category",
        }
    )
    calls = gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=4326)
    model = fit_response(calls[calls["received"].dt.year == 2016], urgent=["emergency", "traffic"])
    result = simulate_dispatch(model.draw(52, random_state=1), model.units, model.travel)
    modelled = result.calls.query("priority == 1")
    later = calls[(calls["received"].dt.year == 2017) & calls["category"].isin(["emergency", "traffic"])]
    minutes = (later["arrived"] - later["received"]) / pd.Timedelta(minutes=1)
    minutes = minutes[(minutes > 0) & (minutes < 120)]
    assert modelled["response"].median() == pytest.approx(minutes.median(), rel=0.10)
    assert modelled["response"].quantile(0.9) == pytest.approx(minutes.quantile(0.9), rel=0.15)
    by_hour = modelled["response"].groupby(modelled["received"] // 60 % 24).median()
    known = minutes.groupby(later["received"].dt.hour).median()
    assert ((by_hour / known - 1).abs() < 0.2).sum() >= 20
