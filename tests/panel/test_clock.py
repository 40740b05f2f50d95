"""Of which incidents the hour is known."""

import pandas as pd
import pytest

from patrolgeo import hour_known
from patrolgeo.errors import MissingColumnError


def test_dates_months_and_wide_intervals_tell_no_hour():
    table = pd.DataFrame({
        "time": pd.to_datetime(["2024-01-05 21:00"] * 5),
        "time_end": pd.to_datetime([None, None, None, "2024-01-05 22:30", "2024-01-06 07:00"]),
        "time_precision": ["exact", "day", "month", "exact", "exact"],
    })  # fmt: skip
    assert hour_known(table).tolist() == [True, False, False, True, False]
    assert hour_known(table, widest_hours=12).tolist() == [True, False, False, True, True]


@pytest.mark.parametrize(("midnights", "known"), [(2, True), (40, False)])
def test_midnights_count_unless_they_are_heaped(midnights, known):
    times = [*pd.date_range("2024-01-01", periods=240, freq="h")[1:], *pd.to_datetime(["2024-02-02"] * midnights)]
    found = hour_known(pd.DataFrame({"time": times}))
    assert found.iloc[-1] == known
    assert found.iloc[:9].all()


def test_without_a_time_nothing_is_known():
    with pytest.raises(MissingColumnError):
        hour_known(pd.DataFrame({"date": [1]}))
