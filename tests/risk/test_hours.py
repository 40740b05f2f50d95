"""Friday night: shares of the week by cell, from what was known, counted a second way where it can be."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest

from patrolgeo import HexGrid, HistoricalMean, count_incidents
from patrolgeo.errors import PatrolgeoError
from patrolgeo.risk.hours import Hours

NIGHT = {"days": ["Fri"], "hours": ("22:00", "06:00")}


@pytest.fixture(scope="module")
def town():
    """A year in which one half of the town lives by day and the other by night, on Fridays most of all."""
    grid = HexGrid.from_cells(sorted(h3.grid_disk("8930e1d8d03ffff", 5)))
    rng = np.random.default_rng(4)
    cell = rng.integers(0, len(grid), 12_000)
    west = grid.xy[cell, 0] < 0
    start = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 52 * 7, len(cell)), unit="D")
    at_night = rng.random(len(cell)) < np.where(west, 0.5, 0.1) + 0.3 * west * (start.day_of_week == 4)
    minute = np.where(at_night, rng.integers(1320, 1800, len(cell)), rng.integers(361, 1319, len(cell)))
    times = start + pd.to_timedelta(minute, unit="min")
    points = gpd.GeoDataFrame({"time": times}, geometry=gpd.points_from_xy(*grid.lonlat[cell].T), crs="EPSG:4326")
    points = points[points["time"] < "2024-12-30"]
    return grid, points, HistoricalMean().fit(count_incidents(points, grid))


def test_hours_after_midnight_belong_to_the_evening_before():
    times = pd.DatetimeIndex(["2024-01-05 21:59", "2024-01-05 22:00", "2024-01-06 05:59", "2024-01-06 06:00",
                              "2024-01-05 02:00"])  # fmt: skip
    night, minute = Hours.of(["Fri"], ("22:00", "06:00")), times.hour * 60 + times.minute
    assert (night.on_clock(minute) & night.on_day(times.day_of_week, minute)).tolist() == [
        False,
        True,
        True,
        False,
        False,
    ]
    everything = Hours.of(None, None)
    assert (everything.on_clock(minute) & everything.on_day(times.day_of_week, minute)).all()


def test_each_half_of_the_town_has_its_own_friday_night(town):
    grid, points, model = town
    share = (model.predict_hours(points, **NIGHT) / model.predict()).iloc[0].to_numpy()
    west = grid.xy[:, 0] < -300
    east = grid.xy[:, 0] > 300
    assert share[west].mean() == pytest.approx(0.8 / 7, rel=0.15)
    assert share[east].mean() == pytest.approx(0.1 / 7, rel=0.5)
    whole = model.predict_hours(points, 3)
    pd.testing.assert_frame_equal(whole, model.predict(3), check_exact=False, rtol=1e-3)


def test_parts_of_the_day_add_up_to_about_the_whole(town):
    _, points, model = town
    shifts = [("06:00", "14:00"), ("14:00", "22:00"), ("22:00", "06:00")]
    parts = sum(model.predict_hours(points, hours=h).to_numpy().sum() for h in shifts)
    assert parts == pytest.approx(model.predict().to_numpy().sum(), rel=0.03)


def test_nothing_is_expected_in_a_minute_in_which_nothing_ever_was(town):
    _, points, model = town
    assert not (points["time"].dt.time == pd.Timestamp("06:00").time()).any()
    said = model.predict_hours(points, hours=("06:00", "06:01")).to_numpy()
    assert (said >= 0).all()
    assert said.sum() < 1e-6 * model.predict().to_numpy().sum()


def test_later_incidents_and_the_order_of_rows_change_nothing(town):
    _, points, model = town
    later = points.assign(time=points["time"] + pd.Timedelta(days=364))
    said = model.predict_hours(points, **NIGHT)
    pd.testing.assert_frame_equal(model.predict_hours(pd.concat([points, later]), **NIGHT), said)
    pd.testing.assert_frame_equal(model.predict_hours(points.sample(frac=1, random_state=0), **NIGHT), said)


def test_without_any_known_hour_the_share_is_that_of_the_clock(town):
    _, points, model = town
    said = model.predict_hours(points.assign(time=points["time"].dt.normalize()), **NIGHT)
    np.testing.assert_allclose(said, model.predict() * 8 / 168)


@pytest.mark.parametrize(
    "wish", [{"days": "Fri"}, {"days": []}, {"days": ["Friday"]}, {"hours": "22:00"}, {"hours": ("22", "6")},
             {"hours": ("22:00", "26:00")}, {"horizon": 0}],
)  # fmt: skip
def test_nonsense_is_refused(town, wish):
    _, points, model = town
    with pytest.raises(PatrolgeoError):
        model.predict_hours(points, **wish)


def test_days_know_their_own_hours(town):
    grid, points, _ = town
    with pytest.raises(PatrolgeoError, match="weeks or longer"):
        HistoricalMean().fit(count_incidents(points, grid, "D")).predict_hours(points, **NIGHT)
