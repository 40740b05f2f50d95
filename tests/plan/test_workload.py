"""The workload index: shares, weighted."""

import pandas as pd
import pytest

from patrolgeo import DataError, workload_index

people = pd.Series({"a": 30.0, "b": 10.0, "c": 0.0})
risk = pd.Series({"c": 2.0, "b": 2.0, "a": 0.0})


def test_the_index_is_the_weighted_sum_of_shares_by_label():
    index = workload_index(people, risk, weights={"population": 3, "risk": 1})
    assert index.to_dict() == pytest.approx({"a": 0.5625, "b": 0.3125, "c": 0.125})
    assert index.sum() == pytest.approx(1)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ({"population": 1}, "risk is given but has no weight"),
        ({"population": 1, "risk": 1, "roads": 1}, "'roads', which is not given"),
        ({"population": 0, "risk": 0}, "sum above 0"),
        ({"population": -1, "risk": 2}, "0 or more"),
    ],
)
def test_weights_and_parts_must_match(weights, message):
    with pytest.raises(DataError, match=message):
        workload_index(people, risk, weights=weights)


def test_a_part_of_zeros_has_no_shares():
    with pytest.raises(DataError, match="sums to zero"):
        workload_index(people * 0, weights={"population": 1})
