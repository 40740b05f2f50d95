"""The grid: filling, true areas, parents, labels, clear errors."""

import geopandas as gpd
import h3
import numpy as np
import pytest
import shapely

from patrolgeo import CRSError, DataError, HexGrid

AREA = gpd.GeoSeries([shapely.box(119.90, 31.70, 119.96, 31.75)], crs="EPSG:4326")


def test_the_three_fillings_nest_and_overlap_covers_the_area():
    full, center, overlap = (HexGrid.from_area(AREA, 9, fill=f) for f in ("full", "center", "overlap"))
    assert set(full.cells) < set(center.cells) < set(overlap.cells)
    assert shapely.union_all(overlap.geometry.to_numpy()).buffer(1e-9).covers(AREA.iloc[0])
    assert AREA.iloc[0].buffer(1e-9).covers(shapely.union_all(full.geometry.to_numpy()))
    with pytest.raises(DataError, match="did you mean 'center'"):
        HexGrid.from_area(AREA, 9, fill="centre")


def test_areas_are_the_true_ones_and_cells_are_sorted():
    grid = HexGrid.from_area(AREA, 9)
    assert grid.area_km2.iloc[0] == pytest.approx(h3.cell_area(grid.cells[0], "km^2"))
    assert (np.diff(grid.ids.astype(np.int64)) > 0).all()
    assert grid.cells.name == "cell"
    assert list(grid.to_gdf().columns) == ["area_km2", "geometry"]


def test_parents_are_those_of_h3():
    grid = HexGrid.from_area(AREA, 9)
    assert list(grid.parents(7)) == [h3.cell_to_parent(c, 7) for c in grid.cells]
    with pytest.raises(DataError, match="resolution=10"):
        grid.parents(10)


def test_a_stray_corner_is_named():
    stray = gpd.GeoSeries([shapely.Polygon([(119.9, 31.7), (119.95, 31.7), (0, 0), (119.9, 35.0)])], crs="EPSG:4326")
    with pytest.raises(DataError, match=r"farthest point is 0\.0000 0\.0000"):
        HexGrid.from_area(stray, 9)


def test_other_crs_are_projected_and_none_is_an_error():
    assert HexGrid.from_area(AREA.to_crs(32650), 9).cells.equals(HexGrid.from_area(AREA, 9).cells)
    with pytest.raises(CRSError, match="set_crs"):
        HexGrid.from_area(gpd.GeoSeries(AREA.to_numpy()), 9)


def test_points_find_their_cell_and_others_none():
    grid = HexGrid.from_area(AREA, 9)
    points = gpd.GeoSeries([shapely.Point(119.91, 31.71), shapely.Point(0, 0)], index=["a", "b"], crs="EPSG:4326")
    located = grid.locate(points)
    assert located["a"] == h3.latlng_to_cell(31.71, 119.91, 9)
    assert located.isna().tolist() == [False, True]


def test_what_is_no_grid_is_an_error():
    with pytest.raises(DataError, match="at least one"):
        HexGrid.from_cells([])
    with pytest.raises(DataError, match="no H3 cell"):
        HexGrid.from_cells(["village"])
    with pytest.raises(DataError, match="several resolutions"):
        HexGrid.from_cells(["88309c4de3fffff", "89309c4de3bffff"])
    with pytest.raises(DataError, match="no polygon"):
        HexGrid.from_area(gpd.GeoSeries([shapely.Point(1, 1)], crs="EPSG:4326"))


def test_dissolved_cells_cover_what_they_covered():
    grid = HexGrid.from_area(AREA, 9)
    outlines = grid.dissolve(grid.parents(7))
    assert set(outlines.index) == set(grid.parents(7))
    assert shapely.area(outlines.array).sum() == pytest.approx(shapely.area(grid.geometry.array).sum())
    assert len(grid.dissolve(grid.parents(7).where(grid.parents(7) == outlines.index[0]))) == 1
