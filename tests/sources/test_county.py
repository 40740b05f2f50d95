"""The sample county reads whole, and each kind of its planted dirt is found."""

import json
from pathlib import Path

import pandas as pd
import pytest

from patrolgeo import find_duplicates, read_calls, read_incidents, read_population, spread_places

COUNTY = Path(__file__).parents[2] / "data" / "samples" / "county"
pytestmark = pytest.mark.skipif(not (COUNTY / "incidents.csv").exists(), reason="the sample county is not there")


@pytest.fixture(scope="module")
def planted():
    return json.loads((COUNTY / "dirt.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def truth():
    return pd.read_csv(COUNTY / "incidents_truth.csv")


@pytest.fixture(scope="module")
def county():
    return read_incidents(
        COUNTY / "incidents.csv", area=COUNTY / "area.geojson", places=COUNTY / "villages.csv", return_ledger=True
    )


def rows_of(ledger, *codes):
    return sum(e.rows for e in ledger.entries if e.code in codes)


def test_every_row_is_accounted_for(county, planted):
    table, ledger = county
    assert ledger.read == planted["rows"] == ledger.kept + sum(ledger.set_aside.values())
    assert len(table) == ledger.kept


@pytest.mark.parametrize(
    ("kind", "codes"),
    [
        ("village_only", ["named_place"]),
        ("gcj02", ["shifted_place"]),
        ("duplicate", ["duplicate_id", "look_alike"]),
        ("overnight", ["intervals"]),
        ("fraud_at_station", ["not_place_bound"]),
        ("officer", ["officer_initiated"]),
    ],
)
def test_planted_dirt_is_found_within_two_per_cent(kind, codes, county, planted):
    count = planted["counts"][kind]
    assert rows_of(county[1], *codes) == pytest.approx(count, rel=0.02)


def test_dirty_rows_are_told_apart_from_good_ones(county, truth):
    table, _ = county
    true = truth.drop_duplicates("id").set_index("id").loc[table["id"]]
    mine = table.set_index("id")
    assert ((mine["precision"] == "village") == (true["village_only"] == 1)).all()
    assert ((mine["origin"] == "officer") == (true["officer"] == 1)).all()
    assert (mine["time_end"].notna() == (true["overnight"] == 1)).all()
    assert (true["fraud_at_station"] == 0).all()


def test_shifted_points_come_back_to_where_it_happened(county, truth):
    table, _ = county
    true = truth[(truth["gcj02"] == 1) & (truth["duplicate"] == 0) & (truth["fraud_at_station"] == 0)].set_index("id")
    mine = table.drop_duplicates("id").set_index("id")
    mine = mine.loc[mine.index.intersection(true.index)]
    true = true.loc[mine.index]
    assert len(mine) > 50
    assert (mine.geometry.x - true["lon"]).abs().max() < 3e-5  # the file is rounded to five digits
    assert (mine.geometry.y - true["lat"]).abs().max() < 3e-5


def test_look_alikes_are_dropped_when_asked(county, planted):
    table = read_incidents(
        COUNTY / "incidents.csv", area=COUNTY / "area.geojson", places=COUNTY / "villages.csv", duplicates="alike"
    )
    copies = planted["counts"]["duplicate"] - planted["duplicates_same_id"]
    assert len(county[0]) - len(table) == pytest.approx(copies, abs=3)
    assert len(find_duplicates(table[table["precision"] == "exact"], metres=1)) == 0


def test_without_a_gazetteer_village_rows_are_set_aside_with_their_reason(planted):
    _, ledger = read_incidents(COUNTY / "incidents.csv", area=COUNTY / "area.geojson", return_ledger=True)
    assert ledger.set_aside["missing_place"] == planted["counts"]["village_only"]
    assert any("75.0% of the rows have a place" in w for w in ledger.warnings)


def test_a_township_is_spread_over_its_villages_with_its_mass_kept():
    villages = pd.read_csv(COUNTY / "villages.csv")
    rows = pd.DataFrame({"time": ["2024-03-05"] * 3, "category": "theft", "township": ["桐坪镇", "桐坪镇", "白渡镇"]})
    incidents = read_incidents(rows, places=villages)
    assert set(incidents["precision"]) == {"township"}
    spread = spread_places(incidents, villages)
    assert spread["weight"].sum() == pytest.approx(3.0)
    assert len(spread) > 100
    assert set(spread["place"]) <= set(villages["name"])


def test_all_calls_are_read():
    calls, ledger = read_calls(COUNTY / "calls.csv", area=COUNTY / "area.geojson", return_ledger=True)
    assert ledger.to_dict() == {"read": len(calls), "kept": len(calls), "set_aside": {}}
    assert ((calls["arrived"] >= calls["dispatched"]) | calls["arrived"].isna()).all()


def test_all_residents_are_read():
    people = read_population(COUNTY / "villages.csv")
    assert people["population"].sum() == 143_000
    assert people["registered"].sum() == 180_000
