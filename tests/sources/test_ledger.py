"""What a ledger tells, it tells in the language of its reader, numbers and all."""

import re

import numpy as np
import pandas as pd
import pytest

from patrolgeo import read_incidents
from patrolgeo.words.messages import load_words
from patrolgeo.words.note import worded


@pytest.fixture(scope="module")
def ledger():
    """Rows with what most exports have: a heap, points far away, full hours, columns left out, few places of a kind."""
    rng = np.random.default_rng(0)
    n = 400
    lon, lat = 119.9 + 0.05 * rng.random(n), 31.7 + 0.05 * rng.random(n)
    lon[:60], lat[:60] = 119.91, 31.71
    lon[60:63] *= -1
    lon[100:180] = np.nan
    times = pd.Timestamp("2024-01-02") + pd.to_timedelta(rng.integers(0, 5000, n), unit="h")
    rows = pd.DataFrame({"nr": np.arange(n), "time": times.strftime("%d/%m/%Y %H:%M"), "category": "theft",
                         "lon": lon, "lat": lat, "colour": "red"})  # fmt: skip
    return read_incidents(rows, return_ledger=True)[1]


def test_the_rows_have_what_the_tests_look_for(ledger):
    codes = {entry.code for entry in ledger.entries}
    assert {"heaped_point", "far_place", "heaped_hours", "low_mapping_rate", "date_order", "columns_left_out"} <= codes


def test_details_in_chinese_hold_the_same_numbers_and_no_english_sentence(ledger):
    english, chinese = ledger.to_frame("en"), ledger.to_frame("zh")
    told = {"heaped_point", "far_place", "heaped_hours", "low_mapping_rate", "date_order", "columns_left_out"}
    for before, after in zip(english.itertuples(), chinese.itertuples(), strict=True):
        if before.code in told:
            assert re.findall(r"[\d.,]*\d", before.detail) == re.findall(r"[\d.,]*\d", after.detail)
            assert not re.search(r"[A-Za-z]{2,} [A-Za-z]{2,}", after.detail), after.detail


def test_a_warning_worded_in_chinese_keeps_its_details(ledger):
    said = [worded(note, load_words("zh")) for note in ledger.warnings]
    assert any("3行缺少负号" in text for text in said)
    assert [str(note) for note in ledger.warnings] == [str(e.detail) for e in ledger.entries if e.action == "warned"]
