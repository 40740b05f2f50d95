"""Pairs of angles in one text: letters decide which is which, otherwise latitude comes first unless it cannot."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo.sources.angles import pairs


@pytest.mark.parametrize(
    "text",
    ["POINT (119.9 31.7)", "(31.7, 119.9)", "31.7N, 119.9E", "119.9E, 31.7N", "(119.9E, 31.7)", "(119.9, 31.7N)",
     "(31.7N, 119.9)", "(31.7, 119.9E)", "(119.9, 31.7)"],
)  # fmt: skip
def test_the_letters_and_the_size_tell_longitude_from_latitude(text):
    lon, lat, unread = pairs(pd.Series([text]))
    np.testing.assert_allclose([lon[0], lat[0]], [119.9, 31.7])
    assert not unread.any()


@pytest.mark.parametrize("text", ["31.7N, 31.8N", "119.9E, 119.8E", "31.7", "(31.7, 119.9, 4)", "here, there"])
def test_what_is_no_pair_is_not_read(text):
    """Two latitudes, two longitudes, one number, three numbers, words."""
    lon, lat, unread = pairs(pd.Series([text, None]))
    assert unread.tolist() == [True, False]
    assert np.isnan([lon, lat]).all()
