import geopandas as gpd
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    CRSError,
    DataError,
    MissingColumnError,
    MissingFileError,
    read_area,
    read_incidents,
    read_population,
)

ROWS = "id,datetime,category,lon,lat\n1,2024-03-05 23:40:00,theft,119.97,31.81\n2,2024-03-06 01:00:00,theft,0,0\n"


def test_four_columns_and_an_id_need_no_further_word(write):
    incidents, ledger = read_incidents(write(ROWS), return_ledger=True)
    assert incidents.columns.tolist() == ["id", "time", "category", "record_span", "geometry"]
    assert incidents.crs == "EPSG:4326"
    assert ledger.to_dict() == {"read": 2, "kept": 1, "set_aside": {"zero_place": 1}}


def test_all_rows_outside_the_area_are_one_clear_error(write):
    area = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)], crs="EPSG:4326")
    with pytest.raises(DataError, match="none of the 2 incidents can be used"):
        read_incidents(write(ROWS), area=area)


def test_an_empty_table_is_one_clear_error(write):
    with pytest.raises(DataError, match="holds no rows"):
        read_incidents(write("id,datetime,category,lon,lat\n"))


def test_a_missing_file_names_its_neighbours(write):
    path = write(ROWS)
    with pytest.raises(MissingFileError, match=r"incidents\.csv"):
        read_incidents(path.with_name("incident.csv"))


def test_an_unknown_column_names_the_nearest(write):
    with pytest.raises(MissingColumnError, match="did you mean 'datetime'"):
        read_incidents(write(ROWS), columns={"time": "datetme"})


def test_a_boundary_without_a_crs_is_an_error():
    with pytest.raises(CRSError, match="set_crs"):
        read_area(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1, 1)]))


def test_another_crs_is_reprojected_and_said():
    area = gpd.GeoDataFrame(geometry=[shapely.box(119, 31, 120, 32)], crs="EPSG:4326").to_crs("EPSG:32650")
    read, ledger = read_area(area, return_ledger=True)
    assert read.crs == "EPSG:4326"
    assert "Reprojected" in ledger.notes[0]


def test_population_is_read_from_points_and_cells():
    points = pd.DataFrame({"pop": [3, 4], "lon": [1, 2], "lat": [1, 2]})
    assert read_population(points)["population"].sum() == 7
    cells = pd.DataFrame({"population": [3, 4], "cell": ["88309c4de3fffff", "nonsense"]})
    people, ledger = read_population(cells, return_ledger=True)
    assert people.geom_type.tolist() == ["Polygon"]
    assert ledger.set_aside == {"bad_cell": 1}


@pytest.mark.parametrize("kind", [str, lambda path: path])
def test_the_area_and_the_gazetteer_may_be_files(write, tmp_path, kind):
    gpd.GeoDataFrame(geometry=[shapely.box(119, 31, 120, 32)], crs="EPSG:4326").to_file(tmp_path / "area.gpkg")
    places = write("name,lon,lat\nAsh,119.9,31.7\n", "places.csv")
    _, ledger = read_incidents(
        kind(write(ROWS)), area=kind(tmp_path / "area.gpkg"), places=kind(places), return_ledger=True
    )
    assert ledger.to_dict() == {"read": 2, "kept": 1, "set_aside": {"zero_place": 1}}
