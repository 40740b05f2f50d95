"""The units of a study, as its file names them."""

from __future__ import annotations

import geopandas as gpd
import h3

from patrolgeo.config.study import UNITS
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.grid.squares import METRES, SquareGrid
from patrolgeo.grid.units import Units


def lay_units(area: gpd.GeoDataFrame, name: str) -> Units:
    """Fill an area with the units that "h3:9" or "square:150m" names."""
    said = _said(name)
    if said["resolution"]:
        return HexGrid.from_area(area, int(said["resolution"]))
    return SquareGrid.from_area(area, float(said["side"]), said["unit"])


def usual_km2(name: str) -> float:
    """Return the usual area of such a unit."""
    said = _said(name)
    if said["resolution"]:
        return float(h3.average_hexagon_area(int(said["resolution"]), unit="km^2"))
    return float((float(said["side"]) * METRES[said["unit"]] / 1000) ** 2)


def _said(name: str) -> dict[str, str]:
    found = UNITS.fullmatch(name)
    assert found is not None  # noqa: S101  held when the study was read
    return found.groupdict()
