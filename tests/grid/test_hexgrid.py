"""The grid: filling, true areas, parents, labels, clear errors."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import AlignmentError, CRSError, DataError, HexGrid

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


def test_values_of_cells_need_no_name_and_those_of_other_things_are_refused():
    grid = HexGrid.from_area(AREA, 9)
    counts = pd.Series(range(len(grid)), grid.cells)
    assert grid.to_gdf(counts)["value"].equals(counts.rename("value"))
    with pytest.raises(AlignmentError, match=r"no label is a cell of the grid \(first: 0\)"):
        grid.to_gdf(counts.reset_index(drop=True))


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
    with pytest.raises(DataError, match="not an H3 cell"):
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


@pytest.mark.parametrize(
    ("box", "words"),
    [
        ((179, -17, 181, -16), "179.000 to 181.000, to or over the antimeridian"),
        ((-181, -17, -179, -16), "-181.000 to -179.000"),
        ((178, -17, 180, -16), "study each side"),
        ((350, 50, 370, 51), "350.000 to 370.000"),
        ((-180, 89, 180, 90), "latitude 89.000 to 90.000"),
        ((10, -95, 20, -85), "latitude -95.000"),
    ],
)
def test_areas_at_the_antimeridian_or_a_pole_are_refused_in_one_sentence(box, words):
    with pytest.raises(DataError, match=words):
        HexGrid.from_area(gpd.GeoSeries([shapely.box(*box)], crs=4326), 5)


def test_infinite_corners_and_wrong_resolutions_are_refused():
    bent = shapely.Polygon([(0, 0), (np.inf, 0), (1, 1)])
    with pytest.raises(DataError, match="infinite or missing coordinates"):
        HexGrid.from_area(gpd.GeoSeries([bent], crs=4326), 8)
    for resolution in (8.5, "8", 16, -1, None):
        with pytest.raises(DataError, match="not an H3 resolution"):
            HexGrid.from_area(gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=4326), resolution)


def test_labels_in_place_of_numbers_are_refused_at_the_door():
    with pytest.raises(DataError, match="from_cells"):
        HexGrid(["8840288c4dfffff"])
