"""Degrees given for metres, and incidents of another place, are told with their number."""

import warnings

import numpy as np
import pytest

from patrolgeo import crs
from patrolgeo.errors import PatrolgeoWarning

TOWN = np.array([[119.90, 31.70], [119.95, 31.72]])


@pytest.mark.parametrize("metres", [0.002, 0.1, 0.99])
def test_a_reach_that_looks_like_degrees_is_told_with_its_metres(metres):
    with pytest.warns(PatrolgeoWarning, match=rf"reach={metres:g} is read as metres.*{metres * 111_195:.0f}"):
        crs.warn_of_degrees(metres, "reach")


def test_longitude_and_latitude_in_a_plain_array_are_told():
    with pytest.warns(PatrolgeoWarning, match="coords spans 0.05 x 0.02"):
        crs.warn_of_lonlat(TOWN, "coords")


def test_most_outside_is_told_with_the_number():
    with pytest.warns(PatrolgeoWarning, match=r"67 of 100 calls \(67%\) lie outside"):
        crs.warn_if_mostly_outside(67, 100, "calls")


def test_metres_and_points_inside_say_nothing():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        crs.warn_of_degrees(1.0, "reach")
        crs.warn_of_degrees(0.0, "reach")
        crs.warn_of_lonlat(TOWN * 1000, "coords")
        crs.warn_of_lonlat(np.random.default_rng(0).random((50, 2)) * 80, "coords")
        crs.warn_of_lonlat(np.zeros((3, 2)), "coords")
        crs.warn_if_mostly_outside(66, 100)
        crs.warn_if_mostly_outside(0, 0)
