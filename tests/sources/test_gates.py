"""Camera gates bring counts of vehicles, never plates."""

import pandas as pd
import pytest

from patrolgeo import read_gates
from patrolgeo.errors import DataError, MissingColumnError

GATES = pd.DataFrame({"卡口": ["东", "西", "南"], "车流量": ["1,800", "900", "-3"], "plate": ["x", "y", "z"],
                      "lon": [119.9] * 3, "lat": [31.7] * 3})  # fmt: skip


def test_counts_are_read_bad_ones_set_aside_and_plates_dropped():
    gates, ledger = read_gates(GATES, return_ledger=True)
    assert gates["count"].tolist() == [1800.0, 900.0]
    assert ledger.set_aside == {"bad_count": 1}
    assert "plate" not in gates


def test_without_counts_nothing_can_be_fitted():
    with pytest.raises(MissingColumnError, match="count"):
        read_gates(GATES.drop(columns="车流量"))
    with pytest.raises(DataError, match="none of the 3 gates"):
        read_gates(GATES.assign(车流量="-1"))
