"""Ranking with ties: expectations over random orders, and the exact area."""

import numpy as np
import pytest

from patrolgeo import AlignmentError, DataError
from patrolgeo.panel.ranking import expected_hits, selected_share


def test_ties_count_by_their_expectation_over_random_orders():
    rng = np.random.default_rng(0)
    score = rng.integers(0, 4, 12).astype(float)
    hits = rng.poisson(2, 12).astype(float)
    area, budget = np.ones(12), 5.5
    drawn = []
    for _ in range(4000):
        order = np.lexsort((rng.random(12), -score))
        taken = np.clip(budget - np.arange(12), 0, 1)
        drawn.append(hits[order] @ taken)
    assert expected_hits(hits, score, area, budget) == pytest.approx(np.mean(drawn), abs=4 * np.std(drawn) / 4000**0.5)


def test_the_area_taken_is_the_budget_exactly():
    rng = np.random.default_rng(1)
    score, area = rng.integers(0, 9, 200), rng.uniform(0.5, 2, 200)
    for budget in (0, 1, 37.5, area.sum() / 2, area.sum()):
        assert selected_share(score, area, budget) @ area == pytest.approx(budget)
    assert (selected_share(score, area, 2 * area.sum()) == 1).all()


def test_all_scores_equal_takes_the_same_of_each():
    np.testing.assert_allclose(selected_share(np.zeros(5), np.ones(5), 2), 0.4)


def test_without_ties_the_best_are_taken_whole():
    np.testing.assert_array_equal(selected_share([1, 9, 5], [1, 1, 1], 1.25), [0, 1, 0.25])


def test_what_cannot_be_ranked_is_an_error():
    with pytest.raises(DataError, match="missing"):
        selected_share([1, np.nan], [1, 1], 1)
    with pytest.raises(AlignmentError):
        selected_share([1, 2], [1], 1)
    with pytest.raises(DataError, match="area"):
        selected_share([1, 2], [1, 0], 1)
