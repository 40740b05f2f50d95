"""Kilometres of road by cell."""

import geopandas as gpd
import pytest
import shapely

from patrolgeo import HexGrid, crs
from patrolgeo.grid.lines import line_km


def test_every_metre_is_on_a_cell_or_outside():
    grid = HexGrid.from_area(gpd.GeoSeries([shapely.box(119.90, 31.70, 119.93, 31.73)], crs="EPSG:4326"), 8)
    roads = gpd.GeoSeries(
        [shapely.LineString([(119.89, 31.69), (119.92, 31.72), (119.99, 31.72)]), grid.geometry.iloc[3].boundary],
        crs="EPSG:4326",
    )
    km = line_km(roads, grid)
    whole = crs.to_local(roads, tuple(grid.lonlat.mean(axis=0))).length.sum() / 1000
    assert km.sum() + km.attrs["outside"] == pytest.approx(whole, rel=1e-9)
    assert km.attrs["outside"] > 1
    assert (km >= 0).all()
