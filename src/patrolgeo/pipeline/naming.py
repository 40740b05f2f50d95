"""What a place is called: the nearest named thing that people know."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs

WITHIN_M = 1_500.0


def nearest_names(shapes: gpd.GeoDataFrame, layers: Sequence[gpd.GeoDataFrame | None]) -> pd.Series:
    """Return for each shape the name of the nearest thing within 1.5 km, from the first layer that has one; else "".

    Names without a letter (numbers of tracts) and H3 ids are passed over.
    """
    names = pd.Series("", index=shapes.index, dtype="str")
    if not len(shapes):
        return names
    middle = tuple(shapely.get_coordinates(crs.to_lonlat(shapes, "shapes").geometry.to_numpy()).mean(axis=0))
    here = crs.to_local(shapes, middle).geometry.to_numpy()
    for layer in layers:
        bare = np.flatnonzero((names == "").to_numpy())
        named = None if layer is None else with_names(layer)
        if named is None or not len(named) or not len(bare):
            continue
        tree = shapely.STRtree(crs.to_local(named, middle).geometry.to_numpy())
        at, thing = tree.query_nearest(here[bare], max_distance=WITHIN_M, all_matches=False)
        names.iloc[bare[at]] = named["name"].astype(str).to_numpy()[thing]
    return names


def with_names(layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame | None:
    """Return the rows of a layer that have a name with a letter; None when the layer has no names."""
    if "name" not in layer:
        return None
    known = layer["name"].fillna("").astype(str).str.contains(r"[^\W\d_]", regex=True)
    return layer[(known & ~layer.geometry.is_empty & layer.geometry.notna()).to_numpy()]
