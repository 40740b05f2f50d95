import geopandas as gpd
import numpy as np
import pandas as pd
import pyproj
import pytest
import shapely

from patrolgeo import CRSError, DataError, from_wgs84, read_incidents, to_wgs84

AREA = gpd.GeoDataFrame(geometry=[shapely.box(119.9, 31.7, 120.1, 31.9)], crs="EPSG:4326")


def rows(**columns):
    n = len(next(iter(columns.values())))
    return pd.DataFrame({"time": ["2024-03-05"] * n, "category": "theft", **columns})


def read(table, **options):
    incidents, ledger = read_incidents(table, return_ledger=True, **options)
    return incidents.geometry.x.to_numpy(), incidents.geometry.y.to_numpy(), ledger


def metres(lon, lat, true_lon, true_lat):
    return np.hypot((lon - true_lon) * 111_320 * np.cos(np.radians(true_lat)), (lat - true_lat) * 110_900)


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
def test_chinese_datums_there_and_back_below_a_millimetre(datum):
    rng = np.random.default_rng(1)
    lon, lat = rng.uniform(75, 134, 100_000), rng.uniform(19, 53, 100_000)
    back = to_wgs84(*from_wgs84(lon, lat, datum), datum)
    assert metres(*back, lon, lat).max() < 1e-3
    assert 100 < metres(*from_wgs84(lon, lat, datum), lon, lat).mean() < 1500


@pytest.mark.parametrize("datum", ["GCJ02", "BD09"])
def test_outside_china_datums_change_nothing(datum):
    lon, lat = np.array([-73.98, 0.0, 151.2]), np.array([40.75, 51.5, -33.9])
    assert (np.array(from_wgs84(lon, lat, datum)) == [lon, lat]).all()


@pytest.mark.parametrize(
    ("datum", "theirs"),
    [("GCJ02", (119.97474085402182, 31.807948308333003)), ("BD09", (119.98122522463737, 31.814038809789672))],
)
def test_the_shift_agrees_with_an_independent_implementation(datum, theirs):
    """The reference is prcoords 1.0.2 (CC0) at 119.97 E, 31.81 N."""
    ours = np.array(from_wgs84([119.97], [31.81], datum)).ravel()
    np.testing.assert_allclose(ours, theirs, atol=1e-10)


def test_points_in_gcj02_come_back():
    shifted = from_wgs84([119.97], [31.81], "GCJ02")
    lon, lat, _ = read(rows(lon=shifted[0], lat=shifted[1]), datum="GCJ02")
    assert metres(lon, lat, 119.97, 31.81)[0] < 1e-3


@pytest.mark.parametrize(
    ("epsg", "swap"),
    [("EPSG:4549", False), ("EPSG:4549", True), ("EPSG:4528", False), ("EPSG:4528", True), ("EPSG:4498", True)],
)
def test_gauss_krueger_with_and_without_zone_in_either_order(epsg, swap):
    easting, northing = pyproj.Transformer.from_crs(4326, epsg, always_xy=True).transform(
        [119.97, 120.01], [31.81, 31.82]
    )
    x, y = (northing, easting) if swap else (easting, northing)
    lon, lat, ledger = read(rows(x=x, y=y), datum="CGCS2000", area=AREA)
    assert metres(lon, lat, np.array([119.97, 120.01]), np.array([31.81, 31.82])).max() < 0.01
    assert any(e.code == "reprojected" for e in ledger.entries)


def test_gauss_krueger_without_zone_needs_the_area():
    easting, northing = pyproj.Transformer.from_crs(4326, 4549, always_xy=True).transform([119.97], [31.81])
    with pytest.raises(CRSError, match="carry no zone"):
        read(rows(x=easting, y=northing), datum="CGCS2000")


def test_degrees_of_cgcs2000_are_those_of_wgs84():
    assert read(rows(lon=[119.97], lat=[31.81]), datum="EPSG:4490")[0][0] == 119.97


def test_state_plane_feet_are_reprojected():
    x, y = pyproj.Transformer.from_crs(4326, 2276, always_xy=True).transform([-96.8], [32.78])
    lon, lat, _ = read(rows(x=x, y=y), datum="EPSG:2276")
    assert metres(lon, lat, -96.8, 32.78)[0] < 0.01


def test_metres_without_a_system_are_an_error_that_names_the_row():
    with pytest.raises(CRSError, match="row 0"):
        read(rows(x=[500_000.0], y=[3_500_000.0]))


def test_an_unknown_datum_is_an_error_that_names_the_nearest():
    with pytest.raises(CRSError, match="did you mean 'GCJ02'"):
        read(rows(lon=[119.97], lat=[31.81]), datum="GCJ2")


def test_comma_decimals_and_degrees_minutes_seconds_are_read():
    lon, lat, _ = read(rows(lon=["119,97", "119°58'12\"E"], lat=["31,81", "31°48′36″N"]))
    assert lon == pytest.approx([119.97, 119.97])
    assert lat == pytest.approx([31.81, 31.81])


def test_exchanged_rows_are_turned_and_said():
    table = rows(lon=[119.97, 31.81, 31.80], lat=[31.81, 119.97, 119.98])
    lon, _, ledger = read(table)
    assert lon.tolist() == [119.97, 119.97, 119.98]
    assert sum(e.rows for e in ledger.entries if e.code == "swapped_place") == 2


def test_exchange_is_seen_by_the_area_where_degrees_allow_both():
    area = gpd.GeoDataFrame(geometry=[shapely.box(-1, 50, 1, 52)], crs="EPSG:4326")
    lon, _, ledger = read(rows(lon=[0.5, 51.0, 20.0], lat=[51.0, 0.5, 20.0]), area=area)
    assert lon.tolist() == [0.5, 0.5]
    assert ledger.set_aside == {"outside_area": 1}


def test_each_unusable_place_has_its_reason():
    table = rows(lon=[119.97, 0, None, 400.0, 121.0], lat=[31.81, 0, 31.8, 31.8, 31.8])
    ledger = read(table, area=AREA)[2]
    assert ledger.set_aside == {"zero_place": 1, "bad_place": 1, "missing_place": 1, "outside_area": 1}


def test_the_border_is_inside():
    assert read(rows(lon=[119.9, 120.1], lat=[31.8, 31.9]), area=AREA)[2].kept == 2


def test_points_off_by_a_chinese_shift_warn_when_it_moves_them_out_of_the_area():
    rng = np.random.default_rng(0)
    strip = gpd.GeoDataFrame(geometry=[shapely.box(119.95, 31.80, 119.952, 31.95)], crs="EPSG:4326")
    lon, lat = from_wgs84(rng.uniform(119.95, 119.952, 300), rng.uniform(31.85, 31.90, 300), "GCJ02")
    lon[:100] = 119.951  # some lie inside in any case
    ledger = read(rows(lon=lon, lat=lat), area=strip)[2]
    assert any("GCJ02" in w for w in ledger.warnings)


def test_points_of_a_layer_are_taken_and_lines_give_an_inner_point():
    shapes = [shapely.Point(119.97, 31.81), shapely.LineString([(119.9, 31.8), (120.0, 31.8)]), None]
    layer = gpd.GeoDataFrame(rows(id=["a", "b", "c"]), geometry=shapes, crs="EPSG:4326").to_crs("EPSG:32650")
    lon, _, ledger = read(layer)
    assert lon[0] == pytest.approx(119.97)
    assert 119.899 < lon[1] < 120.001
    assert ledger.set_aside == {"missing_place": 1}


def test_no_usable_row_is_an_error_with_the_reasons():
    with pytest.raises(DataError, match=r"none of the 2 incidents can be used \(zero_place 2\)"):
        read(rows(lon=[0, 0], lat=[0, 0]))
