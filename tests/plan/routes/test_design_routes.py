"""Routes: exact where small, never over a shift, every stop where and when it may be."""

from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest

from patrolgeo import RouteRules, design_routes
from patrolgeo.errors import DataError, InfeasibleError


def town(n, seed):
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 20, (n, 2))
    return np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1)), np.r_[0.0, rng.lognormal(1, 0.8, n - 1).round(2)]


def best_by_hand(prizes, minutes, shift, stop):
    """Return the best prize of one unit from place 0 and back, by trying every order."""
    best = 0.0
    for r in range(1, len(prizes)):
        for order in permutations(range(1, len(prizes)), r):
            way = [0, *order, 0]
            if sum(minutes[a, b] for a, b in pairwise(way)) + stop * r <= shift + 1e-9:
                best = max(best, prizes[list(order)].sum())
    return best


@pytest.mark.parametrize("seed", range(4))
def test_one_unit_takes_the_best_of_all_orders(seed):
    minutes, prizes = town(7, seed)
    plan = design_routes(prizes, minutes, 1, 70, 8, base=0)
    assert plan.status == "optimal"
    assert plan.objective == pytest.approx(best_by_hand(prizes, minutes, 70, 8))


def test_stops_have_ids_places_and_times_within_the_shift():
    minutes, prizes = town(30, 1)
    plan = design_routes(prizes, minutes, 3, 120, 12, base=0, effort=0.02)
    stops = plan.stops
    assert stops["id"].is_unique
    assert (stops["leave"] - stops["arrive"]).to_numpy() == pytest.approx(12)
    assert plan.routes["minutes"].max() <= 120 + 1e-6
    assert plan.objective == pytest.approx(prizes[stops["place"]].sum())
    assert plan.objective <= plan.bound


def test_a_mandatory_place_that_does_not_fit_is_named():
    minutes, prizes = town(6, 2)
    minutes[5, :] = minutes[:, 5] = 500.0
    with pytest.raises(InfeasibleError, match="mandatory place 5"):
        design_routes(prizes, minutes, 1, 60, 10, base=0, rules=RouteRules(mandatory=[5]))


def test_labels_are_aligned_or_refused():
    minutes, prizes = town(5, 3)
    table, by_name = pd.DataFrame(minutes, list("abcde"), list("abcde")), pd.Series(prizes, list("abcde"))
    plan = design_routes(by_name[::-1], table, 1, 80, 8, base="a")
    assert plan.objective == design_routes(prizes, minutes, 1, 80, 8, base=0).objective
    with pytest.raises(DataError, match="'z' is none of the places"):
        design_routes(by_name, table, 1, 80, 8, base="z")
