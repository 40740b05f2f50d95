import itertools

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import (
    DataError,
    HexGrid,
    aoristic_week,
    aoristic_weights,
    count_incidents,
    hour_of_week,
    read_incidents,
)

MONDAY = pd.Timestamp("2024-01-01")
intervals = st.lists(
    st.tuples(st.integers(0, 40 * 86_400), st.one_of(st.just(0), st.integers(0, 30 * 86_400))), min_size=1, max_size=30
)


def table(pairs):
    start = MONDAY + pd.to_timedelta([s for s, _ in pairs], unit="s")
    return pd.DataFrame({"time": start, "time_end": start + pd.to_timedelta([d for _, d in pairs], unit="s")})


def by_minutes(incidents):
    """Spread each incident over the seconds of its interval, in steps of the common divisor: the plain way."""
    hours = np.zeros(168)
    for row in incidents.itertuples():
        start = int((row.time - MONDAY).total_seconds())
        length = int((row.time_end - row.time).total_seconds())
        edges = np.unique([start, *range((start // 3600 + 1) * 3600, start + length, 3600), start + length])
        if length == 0:
            hours[start // 3600 % 168] += 1
        for a, b in itertools.pairwise(edges):
            hours[a // 3600 % 168] += (b - a) / length
    return hours.reshape(7, 24)


@settings(max_examples=60, deadline=None)
@given(intervals)
def test_hours_of_the_week_agree_with_the_plain_way(pairs):
    incidents = table(pairs)
    found = aoristic_week(incidents).to_numpy()
    np.testing.assert_allclose(found, by_minutes(incidents), atol=1e-9)
    assert found.sum() == pytest.approx(len(pairs), abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(intervals)
def test_periods_hold_each_incident_once(pairs):
    incidents = table(pairs)
    starts = pd.date_range(MONDAY, periods=12, freq="7D")
    weights = aoristic_weights(incidents, starts).toarray()
    np.testing.assert_allclose(weights.sum(axis=1), 1.0)
    assert (weights >= 0).all()


def test_what_lies_outside_the_periods_is_not_counted():
    incidents = table([(0, 2 * 86_400), (86_400, 0), (9 * 86_400, 0)])
    weights = aoristic_weights(incidents, pd.DatetimeIndex(["2024-01-02", "2024-01-08"]))
    assert weights.toarray().ravel().tolist() == [0.5, 1.0, 0.0]


def test_a_known_moment_counts_in_its_hour_as_in_hour_of_week():
    incidents = table([(3600 * 30 + 5, 0), (3600 * 200, 0)])
    pd.testing.assert_frame_equal(aoristic_week(incidents), hour_of_week(incidents), check_dtype=False)


def test_weights_are_mass():
    incidents = table([(0, 7200)]).assign(weight=3.0)
    assert aoristic_week(incidents, weight="weight").iloc[0, :2].tolist() == [1.5, 1.5]


def test_an_end_before_its_beginning_is_an_error():
    with pytest.raises(DataError, match="end before they begin"):
        aoristic_week(table([(7200, -3600)]))


@pytest.mark.real
def test_the_hours_of_new_york_vehicle_thefts_sum_to_the_number_of_thefts(real_data):
    thefts = read_incidents(real_data / "nyc" / "vehicle_thefts.parquet")
    assert len(thefts) == 35_746
    assert aoristic_week(thefts).to_numpy().sum() == pytest.approx(35_746, abs=1e-6)


def test_incidents_of_which_only_the_month_is_known_are_not_counted_by_week():
    table = pd.DataFrame({"time": ["2024-01", "2024-02-05 10:00"], "category": "theft", "lon": 119.9, "lat": 31.7})
    incidents = read_incidents(table)
    grid = HexGrid.from_cells(["88309c4de3fffff"])
    with pytest.raises(DataError, match="only the month is known"):
        count_incidents(incidents, grid, "W")
    months = count_incidents(incidents, grid, "MS", partial=True)
    assert months.to_numpy().sum() + months.attrs["outside"] == 2
