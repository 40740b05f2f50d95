"""Areas without a unit are handed over to their neighbours: nobody loses what he has, all is given, in one piece."""

import numpy as np
import pytest
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo.plan.staffing.events import hand_over


def town(side=12, n=9):
    """A square town of nine square areas; minutes are those of a straight way."""
    xy = np.stack(np.meshgrid(np.arange(side), np.arange(side)), axis=-1).reshape(-1, 2)
    area = xy[:, 0] // 4 + 3 * (xy[:, 1] // 4)
    touches = sparse.csr_matrix(np.abs(xy[:, None] - xy[None]).sum(axis=2) == 1)
    middle = np.array([xy[area == a].mean(axis=0) for a in range(n)])
    return area, touches, np.hypot(*(middle[:, None] - xy[None]).transpose(2, 0, 1))


@pytest.mark.parametrize("keeping", [(0, 1, 2, 3, 5, 6, 7, 8), (0, 8), (4,), (1, 2)])
def test_all_is_given_and_areas_stay_in_one_piece(keeping):
    area, touches, minutes = town()
    keeps = np.isin(np.arange(9), keeping)
    work = np.random.default_rng(len(keeping)).uniform(1, 3, len(area))
    new = hand_over(area, keeps, touches, work, minutes)
    assert set(new) == set(keeping)
    assert (new == area)[keeps[area]].all()
    for one in keeping:
        own = np.flatnonzero(new == one)
        assert connected_components(touches[own][:, own])[0] == 1
    if len(keeping) == 2:  # two takers of a whole town end up with nearly the same
        load = np.bincount(new, work)[list(keeping)]
        assert load.max() / load.mean() < 1.1


def test_a_part_that_touches_nobody_goes_to_the_nearest():
    area, keeps = np.array([0, 1, 2]), np.array([True, True, False])
    alone = sparse.csr_matrix((3, 3))
    minutes = np.array([[0.0, 9, 5], [9, 0, 4], [5, 4, 0]])
    assert hand_over(area, keeps, alone, np.ones(3), minutes).tolist() == [0, 1, 1]
