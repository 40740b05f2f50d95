import geopandas as gpd
import pytest

from patrolgeo.errors import DataError
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
