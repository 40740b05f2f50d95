"""What a layer of road lines says of each line: minutes, speed, one-way."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.sources.road_words import read_limits, read_oneway

DEFAULT_SPEED_KMH = 30.0


def line_minutes(
    layer: gpd.GeoDataFrame, length: Floats, minutes: Any, speed: Any, road_class: str
) -> tuple[Floats, bool]:
    """Return the minutes of each whole line, and whether 30 km/h had to be assumed for want of anything else."""
    if minutes is None and speed is None:
        minutes, speed = (n if n in layer.columns else None for n in ("minutes", "speed_kmh"))
    if minutes is not None:
        return _positive(_values(layer, minutes), "minutes", layer), False
    assumed = speed is None
    if isinstance(speed, Mapping):
        check_columns(layer, [road_class], "The road layer")
        unknown = set(layer[road_class]) - set(speed)
        if unknown:
            raise DataError(f"speed names no speed for the road class(es) {', '.join(sorted(map(str, unknown)))}.")
        speed = layer[road_class].map(speed)
    kmh = _values(layer, DEFAULT_SPEED_KMH if assumed else speed)
    return length / 1000.0 / _positive(kmh, "speed", layer) * 60.0, assumed


def _values(layer: gpd.GeoDataFrame, given: Any) -> Array:
    if isinstance(given, str):
        check_columns(layer, [given], "The road layer")
        given = layer[given]
    values = given.to_numpy(object) if isinstance(given, pd.Series) and given.dtype.kind == "O" else np.asarray(given)
    if values.ndim and len(values) != len(layer):
        raise DataError(f"{len(values)} values were given for {len(layer)} roads; give one a road, in their order.")
    return np.broadcast_to(values, len(layer))


def _positive(values: Array, name: str, layer: gpd.GeoDataFrame) -> Floats:
    numbers = read_limits(values)
    bad = ~(np.isfinite(numbers) & (numbers > 0))
    if bad.any():
        at = int(np.argmax(bad))
        raise DataError(
            f"{name}: {bad.sum()} of {len(values)} roads have none above 0 (first: road {layer.index[at]!r} with "
            f"{values[at]}). Fill them, for example by road class, or leave those roads out."
        )
    return numbers


def line_ways(layer: gpd.GeoDataFrame, oneway: Any) -> Ints:
    """Return 1 for one-way roads, -1 for those against their drawing, 0 for both ways."""
    if oneway is None:
        return np.zeros(len(layer), np.int64)
    return read_oneway(_values(layer, oneway), layer.index)
