"""Long road pieces cut into stretches, so that a place or a camera may stand anywhere along them."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.ops import substring

from patrolgeo import crs
from patrolgeo._checks import check_positive
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
    lines = edges.geometry.to_crs(crs.road_crs(roads.center)).to_numpy()
    parts = [
        substring(lines[p], k / count[p], (k + 1) / count[p], normalized=True)
        for p, k in zip(piece.tolist(), step.tolist(), strict=True)
    ]
    last = step == count[piece] - 1
    fresh = len(roads.nodes) + np.cumsum(~last) - 1  # the node at the end of each stretch but the last
    table = edges.iloc[piece].reset_index(drop=True)
    table["source"] = np.where(step == 0, table["source"], np.r_[0, fresh[:-1]])
    table["target"] = np.where(last, table["target"], fresh)
    for column in ("minutes", "length_m"):
        table[column] = table[column] / count[piece]
    geometry = gpd.GeoSeries(parts, crs=crs.road_crs(roads.center)).to_crs(crs.LONLAT)
    ends = shapely.get_point(geometry[~last].to_numpy(), -1)
    return replace(roads, nodes=_with(roads.nodes, ends), edges=table.set_geometry(geometry))


def _with(nodes: gpd.GeoDataFrame, more: np.ndarray) -> gpd.GeoDataFrame:
    whole = pd.api.types.is_integer_dtype(nodes.index.dtype)
    first = int(nodes.index.max()) + 1 if whole else 0
    labels = [first + k if whole else f"stretch {k}" for k in range(len(more))]
    index = nodes.index.append(pd.Index(labels, dtype=nodes.index.dtype)) if len(more) else nodes.index
    points = np.concatenate([nodes.geometry.to_numpy(), more])
    return gpd.GeoDataFrame(geometry=gpd.GeoSeries(points, crs=nodes.crs).set_axis(index.rename(nodes.index.name)))
