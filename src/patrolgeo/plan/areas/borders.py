"""What a patrol area borders on, side by side: roads, rivers, other areas, the edge of the study area."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_number, check_positive
from patrolgeo.plan.areas.area_plan import AreaPlan

SIDES = ["north", "east", "south", "west"]


def describe_borders(
    plan: AreaPlan, lines: gpd.GeoDataFrame | None = None, *, reach_m: float = 50.0, enough: float = 0.25
) -> pd.DataFrame:
    """What does each area border on to the north, east, south and west?

    The outline is cut into short pieces; each lies on the side of the middle of the area's box that it is nearest to,
    and on a line, on another area or on the edge of the study area.

    Parameters
    ----------
    plan
        The areas, with outlines.
    lines
        Roads and rivers with `kind` ("river", "national", ...) and `name`, empty where it has none.
    reach_m
        How near a line must run to be the border, metres.
    enough
        Share of a side that must lie on the same thing; the longest is always told, two at most.

    Returns
    -------
    DataFrame, one row a thing bordered on: `area`, `side` ("north", "east", "south", "west"), `kind` (that of the
    line, "area" or "edge"), `name` (of the line; for "area" the area's label), `share` of the side.

    Raises
    ------
    DataError
        When the plan knows no outlines, or `reach_m` or `enough` is out of its range.
    MissingColumnError
        When `lines` lack a column.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import describe_borders, design_areas
    >>> boxes = [shapely.box(108 + i / 100, 22, 108.01 + i / 100, 22.01) for i in range(4)]
    >>> units = gpd.GeoDataFrame(index=list("abcd"), geometry=boxes, crs="EPSG:4326")
    >>> plan = design_areas(pd.Series(1.0, index=units.index), None, 2, units=units)
    >>> river = gpd.GeoDataFrame({"name": ["Lan"], "kind": ["river"]}, crs="EPSG:4326",
    ...                          geometry=[shapely.LineString([(107.9, 22.01), (108.1, 22.01)])])
    >>> describe_borders(plan, river).query("area == 0").set_index("side")[["kind", "name"]].to_dict("index")
    {'north': {'kind': 'river', 'name': 'Lan'}, 'east': {'kind': 'area', 'name': 1},
     'south': {'kind': 'edge', 'name': ''}, 'west': {'kind': 'edge', 'name': ''}}
    """
    check_positive(reach_m, "reach_m")
    check_number(enough, "enough", least=0, most=1)
    outlines = crs.to_local(plan.measures.outlines)
    if lines is not None:
        check_columns(lines, ["kind", "name"], "lines")
    pieces = _pieces(outlines, reach_m)
    pieces["kind"], pieces["name"] = "edge", ""
    _beside(pieces, outlines)
    if lines is not None and len(lines):
        _along(pieces, crs.to_lonlat(lines, "lines").to_crs(outlines.crs), reach_m)
    km = pieces.groupby(["area", "side", "kind", "name"], sort=False)["length"].sum()
    share = (km / km.groupby(["area", "side"]).transform("sum")).rename("share").reset_index()
    share["side"] = pd.Categorical(share["side"], SIDES, ordered=True)
    share["text"] = share["name"].astype(str)
    share = share.sort_values(["area", "side", "share", "kind", "text"], ascending=[True, True, False, True, True])
    rank = share.groupby(["area", "side"], observed=True).cumcount()
    told = share[(rank == 0) | ((rank == 1) & (share["share"] >= enough))]
    return told.drop(columns="text").astype({"side": str}).reset_index(drop=True)


def _pieces(outlines: gpd.GeoSeries, step: float) -> pd.DataFrame:
    """Cut the outlines into pieces of at most `step` metres: area, side, length, middle."""
    rings = shapely.segmentize(shapely.boundary(outlines.to_numpy()), step)
    parts, owner = shapely.get_parts(rings, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    same = part[1:] == part[:-1]
    a, b, area = xy[:-1][same], xy[1:][same], owner[part[:-1][same]]
    middle = (a + b) / 2
    box = outlines.bounds.to_numpy()[area]
    half = np.maximum((box[:, 2:] - box[:, :2]) / 2, 1e-9)
    east, north = ((middle - (box[:, 2:] + box[:, :2]) / 2) / half).T
    upright = np.abs(north) >= np.abs(east)
    side = np.where(upright, np.where(north > 0, "north", "south"), np.where(east > 0, "east", "west"))
    length = np.hypot(*(b - a).T)
    return pd.DataFrame({
        "area": outlines.index[area], "side": side, "length": length, "x": middle[:, 0], "y": middle[:, 1],
    }).assign(position=area)  # fmt: skip


def _beside(pieces: pd.DataFrame, outlines: gpd.GeoSeries) -> None:
    """Write down which other area lies beyond each piece."""
    points = shapely.points(pieces[["x", "y"]].to_numpy())
    piece, other = shapely.STRtree(outlines.to_numpy()).query(points, predicate="dwithin", distance=1.0)
    apart = other != pieces["position"].to_numpy()[piece]
    kind, name = (pieces[column].to_numpy(object, copy=True) for column in ("kind", "name"))
    kind[piece[apart]] = "area"
    name[piece[apart]] = outlines.index.to_numpy(object)[other[apart]]
    pieces["kind"], pieces["name"] = kind, name


def _along(pieces: pd.DataFrame, lines: gpd.GeoDataFrame, reach_m: float) -> None:
    """Write down which line each piece runs on, in place of what lies beyond."""
    points = shapely.points(pieces[["x", "y"]].to_numpy())
    piece, line = shapely.STRtree(lines.geometry.to_numpy()).query_nearest(
        points, max_distance=reach_m, all_matches=False
    )
    kind, name = (pieces[column].to_numpy(object, copy=True) for column in ("kind", "name"))
    kind[piece] = lines["kind"].astype(str).to_numpy(object)[line]
    name[piece] = lines["name"].fillna("").astype(str).to_numpy(object)[line]
    pieces["kind"], pieces["name"] = kind, name
