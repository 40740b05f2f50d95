"""The calendar: what belongs to which period."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import DataError
from patrolgeo.panel.periods import FREQUENCIES, period_index, period_positions


def starts(first, last, freq, **how):
    return period_index(pd.Timestamp(first), pd.Timestamp(last), freq, **how)


@pytest.mark.parametrize("freq", FREQUENCIES)
def test_every_time_is_in_its_period(freq):
    rng = np.random.default_rng(0)
    times = pd.Series(pd.Timestamp("2023-11-07 03:12") + pd.to_timedelta(rng.integers(0, 400 * 86400, 500), unit="s"))
    edges = starts(times.min(), times.max(), freq)
    at = period_positions(times, edges)
    assert ((edges[at] <= times) & (times < edges[at + 1])).all()
    assert at.min() == 0
    assert at.max() == len(edges) - 2
    outside = pd.Series([edges[0] - pd.Timedelta(seconds=1), edges[-1], pd.NaT])
    assert list(period_positions(outside, edges)) == [-1, -1, -1]


def test_weeks_and_days_start_where_the_user_says():
    assert starts("2024-01-06 12:00", "2024-01-06 12:00", "W", week_start="Sat")[0] == pd.Timestamp("2024-01-06")
    friday = starts("2024-01-06 01:30", "2024-01-06 01:30", "D", day_start="06:00")
    assert list(friday) == [pd.Timestamp("2024-01-05 06:00"), pd.Timestamp("2024-01-06 06:00")]


def test_a_night_shift_belongs_to_the_evening_it_began():
    shift = starts("2024-01-06 01:30", "2024-01-06 01:30", "shift", shifts=("22:00", "06:00", "14:00"))
    assert list(shift) == [pd.Timestamp("2024-01-05 22:00"), pd.Timestamp("2024-01-06 06:00")]


def test_uneven_shifts_follow_each_other_without_gaps():
    edges = starts("2024-01-01 08:00", "2024-01-04 23:30", "shift", shifts=("07:30", "19:00"))
    assert set(np.diff(edges) / np.timedelta64(1, "m")) == {690, 750}
    times = pd.Series(pd.to_datetime(["2024-01-02 07:29", "2024-01-02 07:30", "2024-01-02 19:00"]))
    assert list(edges[period_positions(times, edges)].strftime("%d %H:%M")) == ["01 19:00", "02 07:30", "02 19:00"]


def test_the_newest_28_days_are_whole():
    edges = starts("2023-01-01", "2024-03-03 18:00", "28D")
    assert edges[-1] == pd.Timestamp("2024-03-04")


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_the_unit_of_the_times_does_not_matter(unit):
    times = pd.Series(pd.to_datetime(["2024-01-03", "2024-01-29"]).as_unit(unit))
    assert list(period_positions(times, starts("2024-01-01", "2024-02-01", "W"))) == [0, 4]


def test_clear_messages_for_a_wrong_calendar():
    with pytest.raises(DataError, match="Choose one of"):
        starts("2024-01-01", "2024-01-02", "W-MON")
    with pytest.raises(DataError, match="25:00"):
        starts("2024-01-01", "2024-01-02", "shift", shifts=("25:00",))
    with pytest.raises(DataError, match="only once"):
        starts("2024-01-01", "2024-01-02", "shift", shifts=("06:00", "06:00"))
