"""Long road pieces cut into stretches, so that a place or a camera may stand anywhere along them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import check_positive
from patrolgeo._typing import Array, Ints
from patrolgeo.roads.graph import RoadGraph


def cut_stretches(roads: RoadGraph, longest_m: float) -> RoadGraph:
    """Cut every road piece into equal stretches of at most `longest_m` metres.

    Travel times stay as they are; the new nodes are bends, not junctions. For `camera_view`, and for candidates along
    roads where junctions are far apart.

    Parameters
    ----------
    roads
        The network.
    longest_m
        Longest stretch in metres.

    Returns
    -------
    RoadGraph with the nodes of `roads` first and further ones after them; pieces keep their `line`.

    Raises
    ------
    DataError
        When `longest_m` is not positive.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, cut_stretches
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)])], crs="EPSG:4326")
    >>> roads = cut_stretches(RoadGraph.from_lines(road, speed=40), 500)
    >>> roads.edges.length_m.round(0).tolist(), len(roads.nodes)
    ([474.0, 474.0, 474.0, 474.0], 5)
    """
    check_positive(longest_m, "longest_m")
    edges = roads.edges
    count = np.maximum(1, np.ceil(edges["length_m"].to_numpy() / longest_m)).astype(np.int64)
    piece = np.repeat(np.arange(len(edges)), count)
    step = np.arange(len(piece)) - np.repeat(np.cumsum(count) - count, count)
    last = step == count[piece] - 1
    fresh = len(roads.nodes) + np.cumsum(~last) - 1  # the node at the end of each stretch but the last
    table = edges.iloc[piece].reset_index(drop=True)
    table["source"] = np.where(step == 0, table["source"], np.r_[0, fresh[:-1]])
    table["target"] = np.where(last, table["target"], fresh)
    for column in ("minutes", "length_m"):
        table[column] = table[column] / count[piece]
    geometry = gpd.GeoSeries(even_parts(roads, count), crs=crs.LONLAT)
    ends = shapely.get_point(geometry[~last].to_numpy(), -1)
    return replace(roads, nodes=_with(roads.nodes, ends), edges=table.set_geometry(geometry))


def even_parts(roads: RoadGraph, count: Ints) -> Array:
    """Cut each road piece into `count` parts of equal length: lines in longitude and latitude, piece by piece.

    The pieces are laid end to end, a metre apart, so that one interpolation places every cut.
    """
    corner, own = shapely.get_coordinates(roads.edges.geometry.to_numpy(), return_index=True)
    step = np.hypot(*np.diff(shapely.get_coordinates(roads.metric), axis=0, prepend=np.nan).T)
    begins = np.r_[True, own[1:] != own[:-1]]
    step[begins] = 1.0
    place = np.cumsum(step)
    begin, end = place[begins], place[np.r_[begins[1:], True]]
    piece = np.repeat(np.arange(len(count)), count + 1)
    turn = np.arange(len(piece)) - np.repeat(np.cumsum(count + 1) - count - 1, count + 1)
    cut = np.where(turn == count[piece], end[piece], begin[piece] + (end - begin)[piece] * turn / count[piece])
    at = np.column_stack([np.interp(cut, place, corner[:, k]) for k in (0, 1)])
    before = np.searchsorted(cut, place, side="left") - 1
    bend = (before >= 0) & (before < len(cut) - 1)
    bend[bend] = (cut[before[bend]] < place[bend]) & (place[bend] < cut[before[bend] + 1])
    first, last = np.flatnonzero(turn < count[piece]), np.flatnonzero(turn > 0)
    part = np.r_[first - piece[first], before[bend] - own[bend], last - 1 - piece[last]]
    order = np.lexsort((np.r_[cut[first], place[bend], cut[last]], part))
    return shapely.linestrings(np.concatenate([at[first], corner[bend], at[last]])[order], indices=part[order])


def _with(nodes: gpd.GeoDataFrame, more: np.ndarray) -> gpd.GeoDataFrame:
    whole = pd.api.types.is_integer_dtype(nodes.index.dtype)
    first = int(nodes.index.max()) + 1 if whole else 0
    labels = [first + k if whole else f"stretch {k}" for k in range(len(more))]
    index = nodes.index.append(pd.Index(labels, dtype=nodes.index.dtype)) if len(more) else nodes.index
    points = np.concatenate([nodes.geometry.to_numpy(), more])
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(points, crs=nodes.crs).set_axis(index.rename(nodes.index.name)))
