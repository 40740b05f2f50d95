"""The real files read without a word more than the path."""

import pytest

import patrolgeo

pytestmark = pytest.mark.real


def test_new_york_reads_whole(real_data):
    folder = real_data / "nyc"
    area, _ = patrolgeo.read_area(folder / "boroughs.gpkg", return_ledger=True)
    _, ledger = patrolgeo.read_incidents(folder / "incidents_2014_2015.parquet", area=area, return_ledger=True)
    assert ledger.to_dict() == {"read": 191_580, "kept": 191_572, "set_aside": {"outside_area": 8}}
    people, counted = patrolgeo.read_population(folder / "tracts_population.parquet", return_ledger=True)
    assert people["population"].sum() == 8_560_072
    assert counted.set_aside == {"missing_population": 1}
    assert len(patrolgeo.read_polygons(folder / "precincts.parquet")) == 77
    assert len(patrolgeo.read_places(folder / "places.csv.gz")) == 22_802
    for name, rows in (("shootings", 21_874), ("vehicle_thefts", 35_746)):
        assert len(patrolgeo.read_incidents(folder / f"{name}.parquet", return_ledger=True)[0]) == rows


def test_vancouver_reads_and_its_two_differing_names_are_said(real_data):
    folder = real_data / "vancouver"
    area, drawn = patrolgeo.read_area(folder / "local_areas.parquet", return_ledger=True)
    assert any(e.code == "invalid_rings" for e in drawn.entries)
    _, ledger = patrolgeo.read_incidents(folder / "incidents_2020_2022.parquet", area=area, return_ledger=True)
    assert (ledger.read, ledger.read - ledger.kept) == (92_466, sum(ledger.set_aside.values()))
    said = next(e.detail for e in ledger.entries if e.code == "names_differ")
    assert "'Central Business District'" in said
    assert "most of them in 'Downtown'" in said
    assert "'Dunbar-Southlands'" in said
    assert "most of them in 'Dunbar Southlands'" in said
    assert len(patrolgeo.read_places(folder / "schools.csv")) == 194


def test_memphis_and_porto_alegre_read(real_data):
    area = real_data / "memphis" / "precincts.parquet"
    _, ledger = patrolgeo.read_incidents(
        real_data / "memphis" / "robberies_2019.parquet", area=area, return_ledger=True
    )
    assert ledger.to_dict() == {"read": 2_245, "kept": 2_244, "set_aside": {"outside_area": 1}}
    points = patrolgeo.read_population(real_data / "memphis" / "block_population.parquet")
    assert points["population"].sum() == 634_612
    cells = patrolgeo.read_population(real_data / "porto_alegre" / "h3_population.csv.gz")
    assert cells["population"].sum() == 812_935
    assert set(cells.geom_type) == {"Polygon"}


def test_carrollton_in_feet_reads_as_degrees(real_data):
    areas, ledger = patrolgeo.read_polygons(real_data / "carrollton" / "reporting_areas.parquet", return_ledger=True)
    assert (len(areas), areas.crs.to_epsg()) == (325, 4326)
    assert any("Reprojected" in note for note in ledger.notes)
    streets = patrolgeo.read_roads(real_data / "carrollton" / "streets.parquet")
    assert len(streets) == 4_599
    assert "road_class" in streets.columns
