"""Pairs of angles in one text: letters decide which is which, otherwise latitude comes first unless it cannot."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import read_incidents
from patrolgeo.sources.angles import pairs


@pytest.mark.parametrize(
    "text",
    ["POINT (119.9 31.7)", "(31.7, 119.9)", "31.7N, 119.9E", "119.9E, 31.7N", "(119.9E, 31.7)", "(119.9, 31.7N)",
     "(31.7N, 119.9)", "(31.7, 119.9E)", "(119.9, 31.7)"],
)  # fmt: skip
def test_the_letters_and_the_size_tell_longitude_from_latitude(text):
    lon, lat, unread, *_ = pairs(pd.Series([text]))
    np.testing.assert_allclose([lon[0], lat[0]], [119.9, 31.7])
    assert not unread.any()


@pytest.mark.parametrize("text", ["31.7N, 31.8N", "119.9E, 119.8E", "31.7", "(31.7, 119.9, 4)", "here, there"])
def test_what_is_no_pair_is_not_read(text):
    """Two latitudes, two longitudes, one number, three numbers, words."""
    lon, lat, unread, *_ = pairs(pd.Series([text, None]))
    assert unread.tolist() == [True, False]
    assert np.isnan([lon, lat]).all()


@pytest.mark.parametrize(
    ("texts", "lon", "said"),
    [
        (["(41.88, -87.63)", "(41.90, -87.70)"], -87.63, "no number is above 90"),
        (["(34.05, -118.24)"], -118.24, "some of the second numbers are above 90"),
        (["(-118.24, 34.05)"], -118.24, "most of the first numbers are above 90"),
        (["POINT (-87.63 41.88)"], -87.63, None),
    ],
)
def test_the_order_of_a_pair_is_told_by_the_ledger(texts, lon, said):
    table = pd.DataFrame({"time": "2024-03-05 23:40", "category": "theft", "location": texts})
    rows, ledger = read_incidents(table, return_ledger=True)
    assert rows.geometry.x[0] == lon
    details = [str(e.detail) for e in ledger.entries if e.code == "pair_order"]
    assert details == [] if said is None else said in details[0]
