"""Distances and spreading weights, recomputed pair by pair."""

import numpy as np
import pytest

from patrolgeo.kernels import close_pairs, least_csr, smoother

XY = np.array([[0.0, 0.0], [30.0, 40.0], [30.0, 40.0], [200.0, 0.0], [0.0, 120.0]])


def test_close_pairs_are_all_pairs_within_the_radius_both_ways():
    """By hand over all pairs; points in one place keep a pair above 0, and no point is near itself."""
    near = close_pairs(XY, 120.0)
    far = np.hypot(*(XY[:, None] - XY[None]).transpose(2, 0, 1))
    wanted = (far <= 120.0) & ~np.eye(len(XY), dtype=bool)
    assert ((near != 0).toarray() == wanted).all()
    np.testing.assert_allclose(near.toarray(), np.where(wanted, far, 0.0), atol=1e-9)
    assert 0 < near[1, 2] < 1e-300


@pytest.mark.parametrize("kernel", ["gaussian", "quartic"])
def test_what_is_spread_is_never_negative_and_keeps_its_sum(kernel):
    """Most stays where it was, nearer cells get more, and nothing is lost."""
    spread = smoother(XY, 60.0, kernel).toarray()
    assert (spread >= 0).all()
    np.testing.assert_allclose(spread.sum(axis=0), 1.0)
    assert (spread.argmax(axis=0) == [0, 1, 1, 3, 4]).all()
    assert spread[1, 0] > spread[4, 0]


def test_of_entries_in_one_place_the_lowest_stays_and_zeros_too():
    """Against a dictionary of the lowest value by place."""
    rng = np.random.default_rng(0)
    row, column, value = rng.integers(0, 4, 60), rng.integers(0, 5, 60), rng.integers(0, 9, 60).astype(float)
    lowest = {}
    for r, c, v in zip(row.tolist(), column.tolist(), value.tolist(), strict=True):
        lowest[r, c] = min(v, lowest.get((r, c), np.inf))
    found = least_csr(row, column, value, (4, 5)).tocoo()
    assert (
        dict(zip(zip(found.row.tolist(), found.col.tolist(), strict=True), found.data.tolist(), strict=True)) == lowest
    )
