import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from patrolgeo import DataError, read_incidents, read_population
from patrolgeo.sources.numbers import read_numbers

STYLES = [("", "."), ("", ","), (",", "."), (".", ","), (" ", "."), (" ", ","), ("'", "."), ("’", "."), ("\xa0", ",")]


def written(value, thousands, mark, decimals):
    """Write a number with its separators, without the library under test."""
    text = f"{value:,.{decimals}f}"
    return text.replace(",", "t").replace(".", mark).replace("t", thousands)


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 10**9), min_size=1, max_size=20),
    st.sampled_from(STYLES),
    st.sampled_from([0, 1, 2]),
)
def test_a_column_reads_the_same_whatever_separates_its_digits(values, style, decimals):
    numbers = [v / 10**decimals for v in values]
    texts = [written(v, *style, decimals) for v in numbers]
    try:
        found = read_numbers(pd.Series(texts), "column").values
    except DataError as error:
        assert "can mean" in str(error)  # noqa: PT017 - only where the digits alone do not tell
        assert decimals == 0
        assert style[0] == ","
        return
    if not (decimals == 0 and style[0] == "." and all(v < 10**6 for v in values)):  # "1.234" alone is a fraction
        assert found.tolist() == numbers


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 10**8), min_size=1, max_size=20), st.sampled_from(["", ",", ".", " ", "'"]))
def test_counts_of_people_are_whole_whatever_separates_their_thousands(values, thousands):
    texts = [written(v, thousands, ".", 0) for v in values]
    assert read_numbers(pd.Series(texts), "people", whole=True).values.tolist() == values


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8))
def test_full_width_digits_are_digits(values):
    texts = ["".join(chr(ord(c) + 0xFEE0) for c in str(v)) for v in values]
    assert read_numbers(pd.Series(texts), "column").values.tolist() == values


def test_text_among_numbers_is_unread_and_missing_is_not():
    found = read_numbers(pd.Series(["1.5", "REDACTED", None, "n/a", ""]), "column")
    assert found.unread.tolist() == [False, True, False, False, False]
    assert np.isnan(found.values[1:]).all()


def test_a_comma_that_can_be_either_is_refused_with_both_readings():
    with pytest.raises(DataError, match=r"1234 or 1\.234"):
        read_numbers(pd.Series(["1,234", "5"]), "column")


@pytest.mark.parametrize("text", ["1,23,4", "1.2.3", "12 34", "1,2345,678", "--5", "5-", "1e", "0x10", "1_000"])
def test_what_is_no_number_stays_unread(text):
    assert read_numbers(pd.Series([text, "1.5"]), "column").unread.tolist() == [True, False]


def test_the_separators_of_people_stand_in_the_ledger(write):
    text = "name;population;lon;lat\nA;1.234;-3,7;40,4\nB;2.345.678;-3,71;40,41\nC;987;-3,72;40,42\n"
    people, ledger = read_population(write(text), return_ledger=True)
    assert people["population"].tolist() == [1234, 2345678, 987]
    assert any("point separates thousands" in e.detail for e in ledger.entries if e.code == "separators")


def test_the_separators_of_an_easting_are_those_of_its_northing(write):
    """ "440.291" alone is a fraction; beside 4.474.254 it is not."""
    text = "id;datetime;category;x;y\n1;2024-03-05;theft;440.290;4.474.254\n2;2024-03-06;theft;440.900;4.475.100\n"
    incidents = read_incidents(write(text), datum="EPSG:25830")
    assert incidents.geometry.x.tolist() == pytest.approx([-3.7036, -3.6965], abs=2e-3)
    assert incidents.geometry.y.tolist() == pytest.approx([40.4154, 40.4231], abs=2e-3)


@pytest.mark.parametrize("weight", ["", "nan", "-3", "heavy", "inf"])
def test_a_weight_that_is_none_sets_its_row_aside(write, weight):
    text = f"id,datetime,category,lon,lat,weight\n1,2024-03-05,theft,1,2,2.5\n2,2024-03-05,theft,1.1,2,{weight}\n"
    incidents, ledger = read_incidents(write(text), return_ledger=True)
    assert incidents["weight"].tolist() == [2.5]
    assert ledger.set_aside == {"bad_weight": 1}
