"""A count of 0 is a count: it is read, kept, and never taken for something missing."""

import pandas as pd

from patrolgeo import compare_counts, read_forces, read_incidents, read_population


def test_a_place_without_residents_stays():
    """0 residents are kept; a negative number and an empty one are set aside."""
    rows = pd.DataFrame({"population": [0, 5, -1, None], "lon": 119.9, "lat": [31.7, 31.71, 31.72, 31.73]})
    people, ledger = read_population(rows, return_ledger=True)
    assert people["population"].tolist() == [0, 5]
    assert sum(ledger.set_aside.values()) == 2


def test_an_incident_of_weight_0_stays():
    """0 is a weight; a negative one is set aside."""
    rows = pd.DataFrame(
        {"time": "2024-03-05 10:00", "category": "theft", "lon": 119.9, "lat": 31.7, "weight": [0, 2, -1]}
    )
    incidents, ledger = read_incidents(rows.assign(id=[1, 2, 3]), return_ledger=True)
    assert incidents["weight"].tolist() == [0.0, 2.0]
    assert ledger.set_aside == {"bad_weight": 1}


def test_a_force_without_vehicles_stays():
    """Volunteers on foot have 0 vehicles."""
    rows = pd.DataFrame({"name": ["Ash"], "kind": ["volunteer"], "vehicles": [0], "lon": 119.9, "lat": 31.7})
    assert read_forces(rows)["vehicles"].tolist() == [0]


def test_nothing_before_is_compared_all_the_same():
    """From 0 to 9 is a rise; from 9 to 0 a fall, as sure as the rise."""
    table = compare_counts([0, 9], [9, 0])
    assert table["p_value"].nunique() == 1
    assert table["p_value"].max() < 0.05
