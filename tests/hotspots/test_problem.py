"""What is said of a hot spot is counted from its incidents."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from patrolgeo import describe_spots
from patrolgeo.errors import AlignmentError


@pytest.fixture
def records():
    rng = np.random.default_rng(5)
    n = 400
    times = pd.Timestamp("2023-01-01") + pd.to_timedelta(rng.integers(0, 700 * 24, n), unit="h")
    points = gpd.points_from_xy(119.9 + rng.integers(0, 4, n) / 1000, np.full(n, 31.7))
    table = gpd.GeoDataFrame({"time": times, "category": rng.choice(["a", "b", "c", "d"], n)}, geometry=points,
                             crs="EPSG:4326")  # fmt: skip
    return table, pd.Series(rng.integers(0, 3, n), index=table.index), pd.Series({1: 0.3, 2: 0.4})


def test_repeats_agree_with_looking_at_every_pair(records):
    table, spot, share = records
    said = describe_spots(table, spot, share, repeat_days=10, repeat_metres=50)["repeat_share"]
    for one in share.index:
        here = table[spot == one]
        earlier = [
            any((t - u) > pd.Timedelta(0) and (t - u) <= pd.Timedelta(days=10) and p.equals(q)
                for u, q in zip(here["time"], here.geometry, strict=True))
            for t, p in zip(here["time"], here.geometry, strict=True)
        ]  # fmt: skip
        assert said[one] == pytest.approx(np.mean(earlier))


def test_the_order_of_the_rows_does_not_matter(records):
    table, spot, share = records
    mixed = table.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(describe_spots(mixed, spot[mixed.index], share), describe_spots(table, spot, share))


def test_years_count_only_where_records_cover_half_of_them_and_compare_with_the_whole(records):
    table, spot, share = records
    said = describe_spots(table, spot, share)
    assert (said["years"] == 2).all()
    for one in share.index:
        years = table["time"].dt.year
        above = sum(((spot == one) & (years == y)).sum() > share[one] * (years == y).sum() for y in (2023, 2024))
        assert said.loc[one, "years_above"] == above


def test_peak_hours_hold_the_share_that_is_told(records):
    table, spot, share = records
    row = describe_spots(table, spot, share).loc[1]
    start = int(row["peak_weekend"].split("-")[0])
    times = table["time"][(spot == 1).to_numpy()]
    hours = times[times.dt.day_of_week >= 5].dt.hour
    assert row["peak_weekend_share"] == pytest.approx(((hours - start) % 24 < 4).mean())


def test_dates_alone_wide_intervals_and_filled_in_midnights_are_no_hours(records):
    """The same records beside twice as many without an hour: the same peaks, and a third of the hours known."""
    table, spot, share = records
    exact = table.assign(time=table["time"] + pd.Timedelta(minutes=7), time_precision="exact", time_end=pd.NaT)
    day = exact.assign(time=exact["time"].dt.normalize())
    dates, forms = day.assign(time_precision="day"), day  # a column of precisions, and a form that fills in 00:00
    nights = exact.assign(time_end=exact["time"] + pd.Timedelta(hours=9))
    told = describe_spots(exact, spot, share)
    assert (told["hours_known"] == 1).all()
    peaks = [c for c in told if c.startswith("peak")]
    for blank in (dates, forms, nights):
        both = pd.concat([exact, blank, blank], ignore_index=True)
        found = describe_spots(both, pd.concat([spot] * 3, ignore_index=True), share)
        pd.testing.assert_frame_equal(found[peaks], told[peaks])
        assert found["hours_known"].tolist() == pytest.approx([1 / 3, 1 / 3])
    assert describe_spots(dates, spot, share).loc[1, ["peak_workdays", "peak_weekend"]].tolist() == ["", ""]


def test_numbers_go_by_the_labels_of_the_rows_or_are_refused(records):
    table, spot, share = records
    shuffled = describe_spots(table, spot.sample(frac=1, random_state=0), share)
    pd.testing.assert_frame_equal(shuffled, describe_spots(table, spot, share))
    with pytest.raises(AlignmentError):
        describe_spots(table, spot.set_axis(spot.index + 1), share)


def test_repeats_by_chance_stand_beside_those_found():
    rng = np.random.default_rng(1)
    start = rng.integers(0, 700, 60)
    days = np.concatenate([start, start + 2])  # each incident has a twin two days later
    place = np.concatenate([np.arange(60), np.arange(60)])
    table = gpd.GeoDataFrame(
        {"time": pd.Timestamp("2023-01-01") + pd.to_timedelta(days, unit="D"), "category": "theft"},
        geometry=gpd.points_from_xy(119.9 + place * 0.002, np.full(120, 31.7)), crs="EPSG:4326",
    )  # fmt: skip
    told = describe_spots(table, pd.Series(1, index=table.index), pd.Series({1: 0.5})).loc[1]
    assert told["repeat_share"] == pytest.approx(0.5)
    assert told["repeat_by_chance"] < 0.15
