"""Roads at a date and an hour: floods begin and end, ferries have hours and a wait."""

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString

from patrolgeo import RoadGraph, open_roads, travel_time
from patrolgeo.errors import DataError, MissingColumnError


@pytest.fixture
def banks():
    """Two banks, a ferry between them, drawn in two pieces by a crossing lane, and a long way round."""
    lines = gpd.GeoSeries(
        [
            LineString([(119.90, 31.70), (119.92, 31.70)]),
            LineString([(119.92, 31.70), (119.94, 31.70)]),
            LineString([(119.92, 31.70), (119.93, 31.76), (119.94, 31.70)]),
            LineString([(119.93, 31.70), (119.93, 31.699)]),
        ],
        index=["west", "ferry", "round", "jetty"],
        crs="EPSG:4326",
    )
    return RoadGraph.from_lines(lines, minutes=[3, 6, 40, 1])


FERRY = pd.DataFrame({"line": ["ferry"] * 2, "opens": ["06:00", "22:00"], "closes": ["20:00", "01:00"]})


def ride(roads):
    points = gpd.GeoSeries.from_xy([119.90, 119.94], [31.70] * 2, crs="EPSG:4326")
    return travel_time(roads, points[:1], points[1:]).to_numpy().item()


@pytest.mark.parametrize(
    ("when", "minutes"),
    [("05:59", 43), ("06:00", 9), ("19:59", 9), ("20:00", 43), ("23:30", 9), ("00:30", 9), ("01:00", 43)],
)
def test_a_ferry_runs_in_its_hours_midnight_included(banks, when, minutes):
    assert ride(open_roads(banks, f"2026-05-01 {when}", hours=FERRY)) == pytest.approx(minutes, abs=0.01)


def test_the_wait_counts_once_however_many_pieces_a_ferry_has(banks):
    assert (banks.edges.line == "ferry").sum() == 2
    wait = FERRY.assign(wait_minutes=12.0)
    assert ride(open_roads(banks, "2026-05-01 12:00", hours=wait)) == pytest.approx(21, abs=0.01)
    assert ride(banks) == pytest.approx(9, abs=0.01)  # what was passed stays as it was


@pytest.mark.parametrize(
    ("when", "closed"),
    [("2026-06-09 23:59", 0), ("2026-06-10", 1), ("2026-06-14 23:00", 1), ("2026-06-15", 0), ("2026-09-01 08:30", 1)],
)
def test_a_flooded_road_is_closed_from_its_first_to_its_last_day(banks, when, closed):
    flood = pd.DataFrame({
        "line": ["ferry", "ferry"], "start": ["2026-06-10", "2026-09-01 08:00"], "end": ["2026-06-14", None],
    })  # fmt: skip
    roads = open_roads(banks, when, closures=flood, hours=FERRY.assign(opens="00:00", closes="24:00"))
    assert ("ferry" not in set(roads.edges.line)) == bool(closed)


def test_what_cannot_be_read_is_named(banks):
    with pytest.raises(DataError, match="'bridge'"):
        open_roads(banks, "2026-05-01", hours=FERRY.assign(line="bridge"))
    with pytest.raises(DataError, match="opens: 'dawn'"):
        open_roads(banks, "2026-05-01", hours=FERRY.assign(opens="dawn"))
    with pytest.raises(DataError, match="start: 'soon'"):
        open_roads(banks, "2026-05-01", closures=pd.DataFrame({"line": ["west"], "start": ["soon"], "end": [None]}))
    with pytest.raises(MissingColumnError, match="closes"):
        open_roads(banks, "2026-05-01", hours=FERRY.drop(columns="closes"))
