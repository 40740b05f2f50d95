"""Where incidents can happen: clusters of homes, busy places, fields beside villages, points along the great roads."""

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from patrolgeo._typing import Floats, Ints
from patrolgeo.sources.synthetic.land import Land
from patrolgeo.sources.synthetic.roads import Network
from patrolgeo.sources.synthetic.settlements import Settlements

_BUSY = {
    "market": "market",
    "night market": "night",
    "karaoke": "night",
    "supermarket": "shop",
    "bus station": "shop",
    "hospital": "shop",
    "factory": "shop",
    "petrol station": "shop",
}
_HOME_REACH_M = {"village": 90.0, "seat": 110.0, "town": 150.0}


def make_points(
    land: Land, towns: Settlements, residents: Ints, places: pd.DataFrame, network: Network, rng: np.random.Generator
) -> pd.DataFrame:
    """Return kind, x, y, settlement, township and weight of each point; the weight of homes is their residents."""
    parts = [_homes(towns, residents, rng), _fields(towns, residents, rng), _busy_places(places, rng)]
    points = pd.concat([*parts, _roadsides(towns, network)], ignore_index=True)
    points["township"] = towns.table["township"].to_numpy()[points["settlement"]]
    return points[shapely.contains_xy(land.boundary.buffer(-50.0), points["x"], points["y"])].reset_index(drop=True)


def _table(kind: object, xy: Floats, settlement: object, weight: object) -> pd.DataFrame:
    return pd.DataFrame({"kind": kind, "x": xy[:, 0], "y": xy[:, 1], "settlement": settlement, "weight": weight})


def _homes(towns: Settlements, residents: Ints, rng: np.random.Generator) -> pd.DataFrame:
    """Return one to five clusters of homes in a village, eight in each block of the town and the seats."""
    village = (towns.table["kind"] == "village").to_numpy()
    home = np.repeat(np.arange(len(residents)), np.where(village, np.clip(residents // 40, 1, 5), 8))
    part = rng.gamma(3.0, size=len(home))
    reach = towns.table["kind"].map(_HOME_REACH_M).to_numpy()[home, None]
    xy = towns.xy[home] + np.clip(rng.normal(size=(len(home), 2)), -2, 2) * reach
    return _table("home", xy, home, residents[home] * part / np.bincount(home, part)[home])


def _fields(towns: Settlements, residents: Ints, rng: np.random.Generator) -> pd.DataFrame:
    village = np.flatnonzero(towns.table["kind"] == "village")
    away, turn = rng.uniform(350, 800, len(village)), rng.uniform(0, 2 * np.pi, len(village))
    xy = towns.xy[village] + away[:, None] * np.column_stack([np.cos(turn), np.sin(turn)])
    return _table("field", xy, village, 20 + 0.6 * residents[village])


def _busy_places(places: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    busy = places[places["kind"].isin(_BUSY)]
    weight = 12 * rng.lognormal(0, 0.5, len(busy))
    return _table(busy["kind"].map(_BUSY), busy[["x", "y"]].to_numpy(), busy["settlement"].to_numpy(), weight)


def _roadsides(towns: Settlements, network: Network) -> pd.DataFrame:
    """Return a point every 2 km of the great roads."""
    great = network.lines[np.isin(network.road_class, ["national", "provincial", "county"])]
    roads = shapely.get_parts(shapely.line_merge(shapely.union_all(great)))
    spots = [road.interpolate(metres) for road in roads for metres in np.arange(1000.0, road.length, 2000.0)]
    xy = np.array([(spot.x, spot.y) for spot in spots])
    return _table("road", xy, cKDTree(towns.xy).query(xy)[1], 4.0)
