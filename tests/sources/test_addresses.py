"""Addresses are placed at the house, the block or the crossing, or not at all; they go no further themselves."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import DataError, MissingColumnError, locate_addresses, read_incidents
from patrolgeo.sources.address_text import read_address

X = [119.900, 119.902, 119.904]  # three blocks of Main St from west to east, crossed by 4th Ave
STREETS = gpd.GeoDataFrame(
    {
        "FULLNAME": ["Main St", "Main St", "4th Ave", "南环二路", "东环一路", "Elm St", "Elm St"],
        "LFROMADD": [1200, 1300, 400, None, None, 100, 100], "LTOADD": [1298, 1398, 498, None, None, 198, 198],
        "RFROMADD": [1201, 1301, 401, None, None, 101, 101], "RTOADD": [1299, 1399, 499, None, None, 199, 199],
    },
    geometry=[
        shapely.LineString([(X[0], 31.7), (X[1], 31.7)]), shapely.LineString([(X[1], 31.7), (X[2], 31.7)]),
        shapely.LineString([(X[1], 31.699), (X[1], 31.701)]), shapely.LineString([(119.92, 31.70), (119.92, 31.72)]),
        shapely.LineString([(119.91, 31.71), (119.93, 31.71)]), shapely.LineString([(119.8, 31.7), (119.801, 31.7)]),
        shapely.LineString([(120.1, 31.7), (120.101, 31.7)]),
    ],
    crs="EPSG:4326",
)  # fmt: skip
POINTS = pd.DataFrame({"地址": ["江苏省常州市金坛区东城街道南环二路12号"], "lon": [119.9203], "lat": [31.7051]})


@pytest.mark.parametrize(
    ("text", "streets", "low", "high"),
    [
        ("1200 BLOCK OF MAIN ST", ("MAIN ST",), 1200, 1299), ("12XX N Main Street", ("N MAIN ST",), 1200, 1299),
        ("0000X E GRAND AVE", ("E GRAND AVE",), 0, 99), ("1234 Main Street, Springfield, IL", ("MAIN ST",), 1234, 1234),
        ("1500 BLOCK X", ("X",), 1500, 1599), ("Main St. & 4th Avenue", ("MAIN ST", "4TH AVE"), -1, -1),
        ("MAIN ST / 4TH AVE", ("MAIN ST", "4TH AVE"), -1, -1),
        ("730 N 14th St (HALL)", ("N 14TH ST",), 730, 730),
        (" ELM DR / OAK AVE", ("ELM DR", "OAK AVE"), -1, -1),
        ("12 Oak Rd Apt 3", ("OAK RD",), 12, 12),
        ("南环二路12号3幢201室", ("南环二路",), 12, 12), ("常州市金坛区东城街道南环二路12号", ("南环二路",), 12, 12),
        ("南环二路与东环一路交叉口", ("南环二路", "东环一路"), -1, -1),
        ("金坛区南环二路东环一路路口东北角", ("南环二路", "东环一路"), -1, -1),
        ("人民大道１８号", ("人民大道",), 18, 18),
    ],
)  # fmt: skip
def test_addresses_are_understood(text, streets, low, high):
    found = read_address(text)
    assert (found.streets, found.low, found.high) == (streets, low, high)


@pytest.mark.parametrize("text", ["Main St", "somewhere", "", "12", "南环二路", "村口大树下", "999999"])
def test_what_is_less_than_a_block_is_not_understood(text):
    assert read_address(text) is None


CASES = {
    "1200 BLOCK OF MAIN ST": ("street", 119.901, 31.7),
    "1350 Main Street": ("street", 119.903, 31.7),  # a range is not a house: the middle of its block
    "Main St & 4th Ave": ("street", 119.902, 31.7),
    "南环二路12号": ("exact", 119.9203, 31.7051),
    "南环二路与东环一路交叉口": ("street", 119.92, 31.71),
    "1400 BLOCK OF MAIN ST": None,  # no such block
    "9 Oak St": None,  # no such street
    "南环二路99号": None,  # the street is known, not the number
    "100 BLOCK OF ELM ST": None,  # two towns have it
    "Main St": None,
}


def test_each_address_lies_where_it_should_or_nowhere():
    found, ledger = locate_addresses(
        pd.DataFrame({"category": "theft", "address": list(CASES)}), streets=STREETS, points=POINTS, return_ledger=True
    )
    for (text, wanted), precision, spot in zip(CASES.items(), found["precision"], found.geometry, strict=True):
        if wanted is None:
            assert (pd.isna(precision), spot) == (True, None), text
        else:
            assert precision == wanted[0], text
            assert (spot.x, spot.y) == pytest.approx(wanted[1:], abs=2e-6), text
    assert "address" not in found.columns
    assert ledger.mapping.set_index("value").loc["theft", "share"] == 0.5
    assert {e.code: e.rows for e in ledger.entries if e.code.startswith("address")} == {
        "address_placed": 5, "address_ambiguous": 1, "address_not_understood": 1, "address_number_unknown": 2,
        "address_street_unknown": 1,
    }  # fmt: skip


def test_the_order_of_rows_and_layers_changes_nothing():
    table = pd.DataFrame({"address": list(CASES)})
    found = locate_addresses(table, streets=STREETS, points=POINTS, return_ledger=True)[0]
    back = locate_addresses(table[::-1], streets=STREETS[::-1], points=POINTS, return_ledger=True)[0].loc[table.index]
    both = found.geometry.notna()
    assert (both == back.geometry.notna()).all()
    ours, theirs = (shapely.get_coordinates(g.geometry[both].to_numpy()) for g in (found, back))
    assert np.abs(ours - theirs).max() < 1e-9


def incidents():
    rows = pd.DataFrame(
        {"time": pd.date_range("2024-03-01", periods=len(CASES)), "category": "theft", "address": list(CASES)}
    )
    rows["lon"], rows["lat"] = np.nan, np.nan
    rows.loc[0, ["lon", "lat"]] = [119.95, 31.75]
    return rows


def test_reading_places_rows_without_coordinates_and_drops_the_addresses(tmp_path):
    STREETS.to_file(tmp_path / "streets.gpkg")
    options = {"streets": tmp_path / "streets.gpkg", "address_points": POINTS}
    found, ledger = read_incidents(incidents(), **options, return_ledger=True)
    assert found["precision"].tolist() == ["exact", "street", "street", "exact", "street"]
    assert found.geometry.x[0] == 119.95
    assert ledger.set_aside == {"missing_place": 5}
    written = found.to_csv() + ledger.to_text()
    assert not any(text in written for text in CASES)
    assert ledger.mapping["share"].tolist() == [0.5]


def test_a_table_with_addresses_alone_needs_no_coordinates():
    rows = incidents().drop(columns=["lon", "lat"]).rename(columns={"address": "where_it_was"})
    found, _ = read_incidents(rows, streets=STREETS, address_points=POINTS, return_ledger=True)
    assert len(found) == 5
    named, _ = read_incidents(rows, columns={"address": "where_it_was"}, streets=STREETS, return_ledger=True)
    assert len(named) == 4


def test_without_layers_or_addresses_it_is_one_sentence():
    with pytest.raises(DataError, match="streets=, points="):
        locate_addresses(pd.DataFrame({"address": ["1 Main St"]}))
    with pytest.raises(MissingColumnError, match="No column holds addresses"):
        locate_addresses(pd.DataFrame({"a": [1]}), streets=STREETS)
    with pytest.raises(MissingColumnError, match="Name it: columns="):
        read_incidents(incidents().drop(columns="address"), streets=STREETS)


def test_an_address_that_a_user_names_is_dropped_when_no_layer_places_it():
    rows = incidents().assign(lon=119.9, lat=31.7)
    found = read_incidents(rows, columns={"address": "address"})
    assert "address" not in found.columns
