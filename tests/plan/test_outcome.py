"""A value, its bound and its status never contradict each other, whichever optimiser they come from."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from patrolgeo.plan.outcome import Outcome, same_value

NUMBERS = st.floats(-1e6, 1e6).filter(lambda x: x == 0 or abs(x) > 1e-6)


def outcome(objective, bound, status="heuristic", *, maximize=False):
    return Outcome(objective=objective, bound=bound, status=status, runtime=0.0, maximize=maximize)


@given(value=NUMBERS, bound=NUMBERS, maximize=st.booleans())
def test_a_bound_on_the_wrong_side_is_refused_and_never_called_a_gap_of_nothing(value, bound, maximize):
    right = bound >= value if maximize else bound <= value
    if right or same_value(value, bound):
        answer = outcome(value, bound, maximize=maximize)
        assert answer.gap >= 0
        assert answer.gap == 0 or answer.bound == bound
    else:
        with pytest.raises(AssertionError, match="better than its proven bound"):
            outcome(value, bound, maximize=maximize)


@pytest.mark.parametrize("maximize", [False, True])
def test_rounding_between_value_and_bound_is_no_gap_and_no_contradiction(maximize):
    for bound in (100 * (1 + 1e-9), 100 * (1 - 1e-9)):
        answer = outcome(100.0, bound, "optimal", maximize=maximize)
        assert (answer.bound, answer.gap) == (100.0, 0.0)


@pytest.mark.parametrize("maximize", [False, True])
def test_optimal_is_refused_where_a_gap_is_left(maximize):
    with pytest.raises(AssertionError, match="is called optimal"):
        outcome(100.0, 101.0 if maximize else 99.0, "optimal", maximize=maximize)


def test_the_gap_is_a_share_of_the_value():
    assert outcome(200.0, 150.0).gap == 0.25
    assert outcome(200.0, 250.0, maximize=True).gap == 0.25
    assert outcome(0.0, -1.0).gap == math.inf
    assert outcome(200.0, None).gap is None
