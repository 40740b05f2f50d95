"""Counting: every incident is on the panel, outside or in an unfinished period, whatever the order and the weights."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import AreaUnits, DataError, HexGrid, MissingColumnError, count_incidents, hour_of_week

BOX = (119.88, 31.68, 119.98, 31.77)


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326"), 9)


@pytest.fixture(scope="module")
def incidents():
    rng = np.random.default_rng(5)
    n = 3000
    return gpd.GeoDataFrame(
        {
            "time": pd.Timestamp("2023-03-03 05:00") + pd.to_timedelta(rng.integers(0, 300 * 86400, n), unit="s"),
            "category": rng.choice(["theft", "robbery", "fraud"], n, p=[0.7, 0.2, 0.1]),
            "severity": rng.integers(1, 4, n),
        },
        geometry=shapely.points(rng.uniform(BOX[0], BOX[2], n), rng.uniform(BOX[1], BOX[3], n)),
        crs="EPSG:4326",
    )


def by_hand(incidents, grid, edges):
    counts = pd.DataFrame(0.0, index=edges[:-1], columns=grid.cells)
    for time, point in zip(incidents["time"], incidents.geometry, strict=True):
        cell = h3.latlng_to_cell(point.y, point.x, grid.resolution)
        if cell in counts.columns:
            counts.loc[edges[edges <= time][-1], cell] += 1
    return counts


def test_counts_are_those_counted_by_hand(grid, incidents):
    some = incidents[:300]
    panel = count_incidents(some, grid, "W", partial=True)
    expected = by_hand(some, grid, panel.index.append(pd.DatetimeIndex([panel.index[-1] + pd.Timedelta(days=7)])))
    np.testing.assert_array_equal(panel, expected)
    assert list(panel.columns) == list(grid.cells)
    assert panel.index.freq is not None


@pytest.mark.parametrize("freq", ["D", "W", "28D", "91D", "MS", "YS", "shift", "auto"])
@pytest.mark.parametrize("partial", [True, False])
def test_what_comes_in_is_on_cells_outside_or_unfinished(grid, incidents, freq, partial):
    panel = count_incidents(incidents, grid, freq, partial=partial)
    assert panel.attrs["outside"] > 0
    assert panel.to_numpy().sum() + panel.attrs["outside"] + panel.attrs["unfinished"] == len(incidents)
    assert not (partial and panel.attrs["unfinished"])


def test_shuffling_rows_changes_nothing(grid, incidents):
    shuffled = incidents.sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(count_incidents(shuffled, grid), count_incidents(incidents, grid))
    repeated = incidents.set_axis(np.zeros(len(incidents), int))
    pd.testing.assert_frame_equal(
        count_incidents(repeated, grid, category=["fraud"]), count_incidents(incidents, grid, category=["fraud"])
    )


def test_the_order_of_the_cells_given_changes_nothing(grid, incidents):
    backwards = HexGrid.from_cells(list(grid.cells[::-1]))
    pd.testing.assert_frame_equal(count_incidents(incidents, backwards), count_incidents(incidents, grid))


def test_rolling_up_through_the_parents_keeps_every_sum(incidents):
    fine = HexGrid.from_area(gpd.GeoSeries([shapely.box(*BOX)], crs="EPSG:4326"), 10)
    panel = count_incidents(incidents, fine)
    for resolution in (9, 8, 5):
        up = panel.T.groupby(fine.parents(resolution)).sum().T
        assert up.to_numpy().sum() == panel.to_numpy().sum()
        np.testing.assert_array_equal(up.sum(axis=1), panel.sum(axis=1))


def test_categories_apart_sum_to_all_and_share_the_periods(grid, incidents):
    apart = count_incidents(incidents, grid, category=["theft", "robbery", "fraud"])
    pd.testing.assert_frame_equal(apart["theft"] + apart["robbery"] + apart["fraud"], count_incidents(incidents, grid))
    alone = count_incidents(incidents, grid, category="fraud")
    pd.testing.assert_frame_equal(alone, apart["fraud"])


def test_weights_and_harm_are_summed(grid, incidents):
    weighted = count_incidents(incidents, grid, weight="severity", partial=True)
    assert weighted.to_numpy().sum() + weighted.attrs["outside"] == incidents["severity"].sum()
    harm = {"theft": 1, "robbery": 365.5, "fraud": 0}
    harmed = count_incidents(incidents, grid, weight=harm, partial=True)
    apart = count_incidents(incidents, grid, category=list(harm), partial=True)
    expected = sum(harm[c] * apart[c] for c in harm)
    pd.testing.assert_frame_equal(harmed, expected, check_like=True)


def test_zones_are_read_as_the_clock_on_the_wall(grid, incidents):
    zoned = incidents.assign(time=incidents["time"].dt.tz_localize("Asia/Shanghai"))
    pd.testing.assert_frame_equal(count_incidents(zoned, grid, "D"), count_incidents(incidents, grid, "D"))


def test_auto_takes_the_shortest_period_with_enough(grid, incidents):
    three_times = pd.concat([incidents] * 3)
    for some, freq in ((three_times, "7D"), (incidents, "28D"), (incidents[::4], "91D"), (incidents[::100], "91D")):
        assert count_incidents(some, grid, "auto").index.freqstr == freq


def test_until_says_how_far_the_records_reach(grid, incidents):
    days = count_incidents(incidents[:1], grid, "D", until=incidents["time"].iloc[0].normalize() + pd.Timedelta(days=5))
    assert len(days) == 5
    cut = count_incidents(incidents, grid, "W", until="2023-06-01")
    assert cut.index[-1] == pd.Timestamp("2023-05-22")


def test_an_empty_category_and_missing_times_are_said(grid, incidents):
    with pytest.raises(DataError, match="did you mean 'theft'"):
        count_incidents(incidents, grid, category="thefts")
    with pytest.raises(DataError, match="no incident"):
        count_incidents(incidents[:0], grid)
    with pytest.raises(DataError, match="1 incidents have no time"):
        count_incidents(incidents.assign(time=incidents["time"].where(incidents.index != 3)), grid)
    with pytest.raises(DataError, match="'robbery'"):
        count_incidents(incidents, grid, weight={"theft": 1, "fraud": 2})
    with pytest.raises(MissingColumnError, match="severe"):
        count_incidents(incidents, grid, weight="severe")
    with pytest.raises(DataError, match="to_datetime"):
        count_incidents(incidents.assign(time="2023-05-05"), grid)


def test_one_event_in_one_cell():
    one = gpd.GeoDataFrame({"time": [pd.Timestamp("2024-05-05")]}, geometry=[shapely.Point(119.9, 31.7)], crs=4326)
    panel = count_incidents(one, HexGrid.from_cells([h3.latlng_to_cell(31.7, 119.9, 8)]), "D")
    assert panel.to_numpy().tolist() == [[1.0]]


def test_hours_of_the_week_hold_every_incident(incidents):
    table = hour_of_week(incidents)
    assert table.to_numpy().sum() == len(incidents)
    friday = incidents["time"].dt.day_of_week == 4
    assert table.loc["Fri", 22] == (friday & (incidents["time"].dt.hour == 22)).sum()


def test_villages_and_streets_carry_counts_too(incidents):
    halves = gpd.GeoDataFrame(
        {"village": ["west", "east"]},
        geometry=[shapely.box(119.88, 31.68, 119.93, 31.77), shapely.box(119.93, 31.68, 119.96, 31.77)],
        crs="EPSG:4326",
    )
    panel = count_incidents(incidents, AreaUnits.from_layer(halves, "village"), "MS", partial=True)
    assert panel["west"].sum() == (incidents.geometry.x < 119.93).sum()
    assert panel.to_numpy().sum() + panel.attrs["outside"] == len(incidents)
    street = gpd.GeoDataFrame(
        index=["Long Street"], geometry=[shapely.LineString([(119.88, 31.72), (119.98, 31.72)])], crs="EPSG:4326"
    )
    near = count_incidents(incidents, AreaUnits.from_layer(street, within_m=100), "YS", partial=True)
    metres = (incidents.geometry.y - 31.72).abs() * 111_195
    assert near.to_numpy().sum() == pytest.approx((metres < 100).sum(), abs=2)


def test_auto_wants_enough_in_the_busiest_cells_too(grid):
    """Enough incidents a week, but less than one a week in the busiest hundredth of cells: periods must be longer."""
    n = 40 * 60
    where = grid.centroids.iloc[np.arange(n) % len(grid)]
    spread = gpd.GeoDataFrame(
        {"time": pd.Timestamp("2023-01-02") + pd.to_timedelta(np.arange(n) * 280 / n, unit="D")},
        geometry=where.to_numpy(), crs=4326,
    )  # fmt: skip
    weeks = count_incidents(spread, grid, "W")
    busiest = np.sort(weeks.sum(axis=0))[-int(np.ceil(0.01 * len(grid))) :].sum()
    assert weeks.sum(axis=1).mean() >= 50
    assert busiest < len(weeks)
    assert count_incidents(spread, grid, "auto").index.freqstr == "28D"
