"""Routes: exact where small, never over a shift, every stop where and when it may be."""

from dataclasses import replace
from itertools import pairwise, permutations

import numpy as np
import pandas as pd
import pytest

from patrolgeo import RouteRules, design_routes, street_routes, watch_routes
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.optimise.routes.bound import assignment_bound, knapsack_bound
from patrolgeo.plan.optimise.routes.pool import entropy_weights
from patrolgeo.testing import check_route_plan


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


def random_case(rng):
    n, units = int(rng.integers(6, 22)), int(rng.integers(1, 4))
    begin = rng.uniform(0, 200, n)
    some = rng.choice(n, 3, replace=False)
    rules = RouteRules(
        mandatory=rng.choice(n, int(rng.integers(0, 3)), replace=False).tolist(),
        windows={int(p): (begin[p], begin[p] + rng.uniform(30, 200)) for p in some},
        visits=int(rng.integers(1, 4)), gap_minutes=float(rng.uniform(0, 60)),
        break_minutes=float(rng.choice([0, 20])), break_window=(60, 200), day_begins="22:00",
        shift_begins=rng.uniform(0, 30, units).round(1).tolist(),
    )  # fmt: skip
    travel = town(n, int(rng.integers(1000)))[0] + rng.uniform(0, 3, (n, n)) * (1 - np.eye(n))
    given = (rng.lognormal(1, 0.8, n), travel, units, float(rng.uniform(150, 300)), rng.uniform(5, 15, n))
    return given, {"base": rng.choice(n, units).tolist(), "rules": rules}


def test_random_plans_break_no_rule():
    rng, made = np.random.default_rng(7), 0
    for seed in range(40):
        given, options = random_case(rng)
        try:
            plan = design_routes(*given, **options, effort=0.001, random_state=seed)
        except InfeasibleError:
            continue
        check_route_plan(plan)
        assert plan.objective <= plan.bound + 1e-9
        made += 1
    assert made >= 20


def test_a_plan_that_breaks_its_gap_is_caught():
    minutes, prizes = town(8, 4)
    rules = RouteRules(visits=2, gap_minutes=30)
    plan = design_routes(prizes, minutes, 1, 200, 8, base=0, rules=rules, effort=0.01)
    stops = plan.stops.copy()
    twice = stops["place"].duplicated(keep=False)
    assert twice.any()
    first = stops[twice].groupby("place")["arrive"].idxmin().iloc[0]
    later = stops.index[(stops["place"] == stops.at[first, "place"]) & (stops.index != first)][0]
    stops.loc[later, ["arrive", "leave"]] = stops.loc[first, "leave"] + 5, stops.loc[first, "leave"] + 13
    with pytest.raises(AssertionError, match=r"too near in time|too early"):
        check_route_plan(replace(plan, stops=stops))


def test_draws_repeat_keep_caps_and_never_see_control_places():
    minutes, prizes = town(25, 5)
    rules = RouteRules(control=[3, 4], week_minutes=36, day_begins="22:00")
    plan = design_routes(prizes, minutes, 2, 120, 12, base=0, rules=rules, effort=0.01)
    week = [plan.draw(day, 7) for day in pd.date_range("2025-01-06", periods=7)]
    again = plan.draw("2025-01-09", 7)
    pd.testing.assert_frame_equal(week[3].stops, again.stops)
    for drawn in week:
        check_route_plan(drawn)
    spent = pd.concat([drawn.stops for drawn in week]).assign(stay=lambda t: t["leave"] - t["arrive"])
    assert spent.groupby("place")["stay"].sum().max() <= 36 + 1e-6
    assert not set(spent["place"]) & {3, 4}
    assert spent["begins"].min() >= pd.Timestamp("2025-01-06 22:00")


def test_weights_of_highest_entropy_keep_the_wanted_chances():
    rng = np.random.default_rng(0)
    seen = rng.random((60, 8)) < 0.5
    low, high = np.full(8, 0.3), np.full(8, 0.6)
    low[0], high[1] = 0.7, 0.2
    high[0] = 1.0
    low[1] = 0.0
    weights, _ = entropy_weights(seen, low, high)
    assert weights.sum() == pytest.approx(1.0)
    chance = weights @ seen
    assert (chance >= low - 1e-3).all()
    assert (chance <= high + 1e-3).all()
    assert entropy_weights(seen, np.zeros(8), np.ones(8))[0] == pytest.approx(1 / 60)


def test_the_pool_meets_its_ranges_and_names_the_place_that_no_day_can_do_without():
    """One place is worth more than the 3 % that a plan may lose; all others are left out on some days."""
    minutes, prizes = town(70, 11)
    prizes[1:] = 1 + prizes[1:] / 100
    prizes[7] = 3.0
    rules = RouteRules(visit_range=(0.0, 0.9))
    plan = design_routes(prizes, minutes, 3, 180, 10, base=0, rules=rules, effort=0.01)
    chance = plan.pool.chance
    assert chance.index[chance["needed"]].tolist() == [7]
    assert chance.loc[7, "chance"] == pytest.approx(1.0)
    assert chance["reached"].drop(7).all()
    assert plan.pool.worth.min() >= 0.97 * plan.pool.worth.max() - 1e-9
    assert plan.pool.weights @ plan.pool.worth > 0.97


def test_breaks_that_must_be_made_do_not_drown_what_stops_are_worth():
    """A break of no length changes nothing but what the search counts; plans stay as good."""
    minutes, prizes = town(60, 12)
    minutes *= 2
    plain, with_break = (
        design_routes(prizes, minutes, 3, 150, 8, base=0, rules=RouteRules(break_minutes=length), effort=0.02).objective
        for length in (0.0, 1e-6)
    )
    assert with_break >= 0.99 * plain


def test_same_seed_gives_the_same_plan_and_relabelled_places_the_same_value():
    minutes, prizes = town(30, 6)
    one = design_routes(prizes, minutes, 2, 100, 10, base=0, effort=0.01, random_state=3)
    two = design_routes(prizes, minutes, 2, 100, 10, base=0, effort=0.01, random_state=3)
    pd.testing.assert_frame_equal(one.stops, two.stops)
    scaled = design_routes(prizes * 8, minutes, 2, 100, 10, base=0, effort=0.01, random_state=3)
    assert scaled.objective == pytest.approx(8 * one.objective)
    assert scaled.bound == pytest.approx(8 * one.bound)


def test_a_watcher_learns_a_plan_that_never_changes():
    minutes, prizes = town(5, 8)
    plan = design_routes(prizes, minutes, 1, 200, 8, base=0)
    told = watch_routes(plan, days=3, n_days=10)
    assert told.hit_rate <= 1.0
    assert told.low <= told.ratio <= told.high


def test_streets_are_served_once_and_cost_what_they_say():
    edges = pd.DataFrame(
        {"source": [0, 1, 2, 3, 0], "target": [1, 2, 3, 0, 2], "cost": [3.0, 4, 3, 4, 5], "demand": [1.0, 1, 1, 1, 0]}
    )
    plan = street_routes(edges, 0, 4)
    assert plan.objective == 14.0
    assert sorted(plan.routes["edge"]) == [0, 1, 2, 3]
    two = street_routes(edges, 0, 2)
    assert two.objective == pytest.approx(two.routes["cost"].sum() + two.routes["way"].sum() + two.units["back"].sum())
    assert two.units["demand"].max() <= 2
    assert two.objective == 24.0
    with pytest.raises(InfeasibleError, match="more than capacity"):
        street_routes(edges, 0, 0.5)


def test_clock_times_cross_midnight_and_nonsense_is_refused():
    rules = RouteRules(day_begins="22:00", windows={1: ("23:30", "01:00")})
    assert rules.windows_by(pd.RangeIndex(3), 480.0)[1].tolist() == [90.0, 180.0]
    for bad in ({"windows": {1: ("23:30", "01:00")}}, {"visits": 0}, {"mandatory": [9]}, {"unit_kinds": ["boat"]}):
        with pytest.raises(DataError):
            design_routes([0, 1, 1], np.ones((3, 3)), 1, 60, 5, base=0, rules=RouteRules(**bad))
    with pytest.raises(DataError, match="never rise"):
        RouteRules(falling=(0.5, 1.0))
    with pytest.raises(DataError, match="negative"):
        design_routes([0, -1, 1], np.ones((3, 3)), 1, 60, 5, base=0)


def test_start_and_end_may_be_two_places():
    minutes, prizes = town(8, 9)
    prizes[-1] = 0.0
    plan = design_routes(prizes, minutes, 2, 60, 5, start=0, end=7)
    check_route_plan(plan)
    assert plan.routes["start"].tolist() == [0, 0]
    assert plan.routes["finish"].tolist() == [7, 7]


def test_the_bounds_hold_for_plans_known_to_be_best_and_one_leg_each_is_nearer():
    """Random problems of up to 12 visits, solved exactly: windows, repeats, breaks, several units."""
    rng, nearer = np.random.default_rng(5), []
    for seed in range(25):
        minutes, prizes = town(6, seed)
        units = int(rng.integers(1, 3))
        rules = RouteRules(visits=int(rng.integers(1, 3)), gap_minutes=20, break_minutes=float(rng.choice([0, 5])),
                           windows={1: (10, 60)})  # fmt: skip
        try:
            plan = design_routes(prizes, minutes, units, float(rng.uniform(60, 110)), 8, base=0, rules=rules)
        except InfeasibleError:
            continue
        assert plan.status == "optimal"
        extra = plan.problem.bonus * plan.problem.forced.sum()
        bounds = [bound(plan.problem.visits) - extra for bound in (knapsack_bound, assignment_bound)]
        assert min(bounds) >= plan.objective - 1e-6
        nearer.append(bounds[1] < bounds[0] - 1e-6)
    assert len(nearer) > 15
    assert np.mean(nearer) > 0.3


def test_gaps_of_different_places_lie_at_different_times():
    """At no minute of the shift does every place wait for its gap; each band is long enough for a stop."""
    minutes, prizes = town(40, 3)
    visits = design_routes(
        prizes, minutes, 1, 480, 15, base=0, rules=RouteRules(visits=2, gap_minutes=90), effort=0.001
    ).problem.visits
    n = len(visits.group)
    assert n == 78
    open_ = [((visits.early[:n] <= t) & (t <= visits.late[:n])).sum() for t in range(0, 465, 5)]
    assert min(open_) >= 15
    for g in range(39):
        one, two = np.flatnonzero(visits.group == g)
        assert visits.early[two] - (visits.late[one] + 15) == pytest.approx(90)
        assert visits.late[one] >= visits.early[one]
