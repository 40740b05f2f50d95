"""One small city on three kinds of units: hexagons, squares of 200 m, street segments; quick to run, seeded."""

from functools import cache
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import AreaUnits, HexGrid, RoadGraph, SquareGrid, Units, count_incidents
from patrolgeo.crs import road_crs

KINDS = ["hexagons", "squares", "segments"]
MIDDLE = (119.92, 31.72)
WIDTH_M, BLOCK_M, WEEKS = 2400.0, 200.0, 30


class City(NamedTuple):
    """Incidents of a city, the units they are counted on, and the panel."""

    incidents: gpd.GeoDataFrame
    roads: RoadGraph
    units: Units
    panel: pd.DataFrame
    residents: pd.Series


@cache
def small_city(kind):
    """Return the city counted on one kind of units."""
    incidents, area, roads = _incidents(), _area(), _roads()
    units = {
        "hexagons": lambda: HexGrid.from_area(area, 9),
        "squares": lambda: SquareGrid.from_area(area, 200),
        "segments": lambda: AreaUnits.from_roads(roads, within_m=150),
    }[kind]()
    panel = count_incidents(incidents, units, until="2024-07-29")
    residents = pd.Series(np.random.default_rng(3).integers(20, 400, len(units)), units.cells, dtype=float)
    return City(incidents, roads, units, panel, residents)


def in_degrees(x, y):
    """Return points given in metres around the middle of the city."""
    points = gpd.GeoSeries(shapely.points(x, y), crs=road_crs(MIDDLE))
    return points.to_crs("EPSG:4326")


def _area():
    half = WIDTH_M / 2
    return gpd.GeoSeries([shapely.box(-half, -half, half, half)], crs=road_crs(MIDDLE)).to_crs("EPSG:4326")


def _roads():
    at = np.arange(-WIDTH_M / 2 + BLOCK_M / 2, WIDTH_M / 2, BLOCK_M)
    ends = at[0], at[-1]
    lines = [shapely.LineString([(ends[0], y), (ends[1], y)]) for y in at]
    lines += [shapely.LineString([(x, ends[0]), (x, ends[1])]) for x in at]
    return RoadGraph.from_lines(gpd.GeoSeries(lines, crs=road_crs(MIDDLE)).to_crs("EPSG:4326"), speed=30)


def _incidents():
    """Some everywhere, half of them around three spots."""
    rng = np.random.default_rng(7)
    n = 60 * WEEKS
    spot = rng.integers(0, 6, n)
    x, y = rng.uniform(-WIDTH_M / 2, WIDTH_M / 2, (2, n))
    for number, (east, north) in enumerate([(-700, 500), (300, -200), (800, 900)]):
        here = spot == number
        x[here], y[here] = rng.normal(east, 200, here.sum()), rng.normal(north, 200, here.sum())
    times = pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.uniform(0, 7 * WEEKS * 24, n), unit="h")
    return gpd.GeoDataFrame({"time": times, "category": rng.choice(["theft", "robbery"], n)}, geometry=in_degrees(x, y))
