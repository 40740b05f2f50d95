"""By count and by harm: the two orders, and what is refused."""

import numpy as np
import pandas as pd
import pytest

from patrolgeo import rank_by_harm
from patrolgeo.errors import AlignmentError, DataError

CELLS = pd.Index(list("dcba"), name="cell")
EXPECTED = {"theft": pd.Series([9.0, 1, 0, 0], CELLS), "robbery": pd.Series([0.0, 1, 2, 0], CELLS)}


def test_a_grave_kind_moves_its_cells_up_and_equal_cells_share_a_rank():
    table = rank_by_harm(EXPECTED, {"theft": 1, "robbery": 10, "fraud": 3})
    assert table.index.tolist() == ["b", "c", "d", "a"]
    assert table["harm"].tolist() == [20, 11, 9, 0]
    assert table.loc[["d", "b", "c", "a"], "rank_by_count"].tolist() == [1, 2, 2, 4]
    assert rank_by_harm(EXPECTED, {"theft": 1, "robbery": 1})["rank_by_harm"].equals(
        rank_by_harm(EXPECTED, {"theft": 1, "robbery": 1})["rank_by_count"]
    )


def test_order_and_unit_do_not_matter():
    harm = {"theft": 1, "robbery": 10}
    table = rank_by_harm(EXPECTED, harm)
    turned = rank_by_harm({k: v[::-1] for k, v in reversed(EXPECTED.items())}, {k: 7 * v for k, v in harm.items()})
    assert turned.index.equals(table.index)
    np.testing.assert_allclose(turned["harm"], 7 * table["harm"])
    pd.testing.assert_frame_equal(rank_by_harm(pd.DataFrame(EXPECTED), harm), table)


def test_nonsense_is_refused():
    for expected, harm in ((EXPECTED, {"theft": 1}), (EXPECTED, {"theft": 1, "robbery": -1}), ({}, {}),
                           (EXPECTED, {"theft": 1, "robbery": np.nan})):  # fmt: skip
        with pytest.raises(DataError):
            rank_by_harm(expected, harm)
    with pytest.raises(DataError):
        rank_by_harm({"theft": -EXPECTED["theft"]}, {"theft": 1})
    with pytest.raises(AlignmentError):
        rank_by_harm(EXPECTED | {"robbery": EXPECTED["robbery"][1:]}, {"theft": 1, "robbery": 10})
