"""Outlines of areas from those of their units, and how compact they are."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._typing import Ints
from patrolgeo.plan.optimise.districts.faults import Inside
from patrolgeo.plan.optimise.districts.graph import Graph
from patrolgeo.plan.optimise.districts.task import SIDES

TOUCHES = 1e-6  # share of an outline that may lie at the edge by the dust of coordinates


def inside_test(outlines: gpd.GeoSeries | None, graph: Graph) -> Inside:
    """Return what tells whether units lie in a hole of others: by their outlines, else by sides that lead nowhere.

    Where no polygons are known a unit with fewer than six neighbours (a cell has six sides) lies at the edge of all.
    """
    if outlines is None or not outlines.geom_type.isin(["Polygon", "MultiPolygon"]).all():
        degree = np.diff(graph.indptr)
        return lambda units, _: bool((degree[units] >= SIDES).all())
    shapes = outlines.to_numpy()

    def inside(units: Ints, around: Ints) -> bool:
        own = dissolve(shapes[units])
        both = shapely.get_parts(dissolve(shapes[np.r_[units, around]]))
        edge = shapely.union_all(shapely.get_exterior_ring(both))
        at_edge = shapely.length(shapely.intersection(shapely.boundary(own), edge))
        return bool(at_edge <= TOUCHES * shapely.length(shapely.boundary(own)))

    return inside


def area_outlines(geometry: gpd.GeoSeries, labels: pd.Series) -> gpd.GeoSeries:
    """Return the outline of each area, Series by area; units without an area are left out."""
    code, names = pd.factorize(labels.reindex(geometry.index), sort=True)
    shapes = geometry.to_numpy()
    order = np.argsort(code, kind="stable")[(code < 0).sum() :]
    groups = np.split(shapes[order], np.cumsum(np.bincount(code[order], minlength=len(names)))[:-1])
    return gpd.GeoSeries([dissolve(group) for group in groups], index=pd.Index(names, name="area"), crs=geometry.crs)


def dissolve(shapes: Any) -> Any:
    """Join polygons to one outline along their shared corners, with a plain union where corners do not match."""
    try:
        joined = shapely.coverage_union_all(shapes)
    except shapely.errors.GEOSException:  # outlines from a file overlap, or leave gaps
        return shapely.union_all(shapes)
    return joined if joined.is_valid else shapely.union_all(shapes)


def shape_measures(outlines: gpd.GeoSeries) -> pd.DataFrame:
    """Return `area_km2`, `perimeter_km` and `polsby_popper` of each outline."""
    flat = crs.to_local(outlines)
    area, perimeter = flat.area / 1e6, flat.length / 1000
    compact = (4 * np.pi * area / perimeter**2).where(perimeter > 0, 0.0)
    return pd.DataFrame({"area_km2": area, "perimeter_km": perimeter, "polsby_popper": compact})
