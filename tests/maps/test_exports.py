import contextlib

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo.errors import CRSError, DataError, PatrolgeoWarning
from patrolgeo.maps.exports import write_layer


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "parquet"])
def test_a_layer_comes_back_and_repeats_byte_for_byte(tmp_path, areas, ending):
    first, second = (write_layer(areas, tmp_path / folder / f"areas.{ending}") for folder in "ab")
    assert first.read_bytes() == second.read_bytes()
    back = gpd.read_parquet(first) if ending == "parquet" else gpd.read_file(first).set_index("area")
    assert back.geometry.geom_equals_exact(areas.geometry, 1e-6).all()
    assert back["workload"].tolist() == areas["workload"].tolist()


def test_an_unknown_ending_leaves_nothing_behind(tmp_path, areas):
    with pytest.raises(DataError, match="ending"):
        write_layer(areas, tmp_path / "areas.xyz")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "kml"])
def test_columns_that_other_programs_take_for_one_are_all_written(tmp_path, ending):
    layer = gpd.GeoDataFrame(
        {"Town": ["a", "b"], "town": ["c", "d"], "fid": ["e", "e"], "key": [1, 2]},
        geometry=[shapely.Point(1, 2)] * 2, crs="EPSG:4326", index=pd.Index(["g", "h"], name="key"),
    )  # fmt: skip
    with pytest.warns(PatrolgeoWarning, match="'town' as 'town_2', 'key' as 'key_2'"):
        back = gpd.read_file(write_layer(layer, tmp_path / f"layer.{ending}"))
    for column, values in {"Town": list("ab"), "town_2": list("cd"), "fid": list("ee"), "key": list("gh")}.items():
        assert back[column].tolist() == values
    assert back["key_2"].astype(int).tolist() == [1, 2]


@pytest.mark.parametrize("ending", ["geojson", "kml"])
def test_formats_of_degrees_are_written_in_degrees(tmp_path, ending):
    layer = gpd.GeoDataFrame({"a": [1]}, geometry=[shapely.Point(107.0, 23.0)], crs="EPSG:4326")
    path = write_layer(layer.to_crs("EPSG:32648"), tmp_path / f"layer.{ending}")
    assert "3857" not in path.read_text("utf-8")
    back = gpd.read_file(path)
    assert back.crs == "EPSG:4326"
    assert back.geometry.iloc[0].distance(layer.geometry.iloc[0]) < 1e-6
    with pytest.raises(CRSError, match="coordinate reference system"):
        write_layer(layer.set_crs(None, allow_override=True), path)


def test_what_is_not_a_layer_is_refused(tmp_path):
    with pytest.raises(DataError, match="GeoDataFrame"):
        write_layer(pd.DataFrame({"a": [1]}), tmp_path / "a.gpkg")


@pytest.mark.parametrize("ending", ["gpkg", "geojson", "kml", "parquet"])
def test_any_layer_is_written_or_a_sentence(tmp_path, ending):
    point = gpd.GeoDataFrame({"a": [1, 2]}, geometry=[shapely.Point(1, 2), None], crs="EPSG:4326")
    levels = pd.MultiIndex.from_tuples([(1, "x"), (2, "y")], names=["p", None])
    mixed = point.assign(a=np.array([1, "b"], dtype=object))
    for layer in (point.set_axis(levels), point.rename(columns={"a": 5}), point.iloc[:0]):
        write_layer(layer, tmp_path / f"a.{ending}")
    for layer in (mixed, point.assign(other=point.geometry)):
        with contextlib.suppress(DataError):  # any other error fails
            write_layer(layer, tmp_path / f"b.{ending}")
