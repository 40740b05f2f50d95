"""Intercepted flow against brute force; each flow counts once, and on all its ways or not at all."""

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from patrolgeo import FlowPaths, intercept_flows
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError


def traffic(seed, ways=40, sites=12):
    rng = np.random.default_rng(seed)
    paths = [rng.choice(sites, rng.integers(0, 5), replace=False).tolist() for _ in range(ways)]
    return paths, rng.integers(0, 20, ways).astype(float)


def most(paths, flows, p, flow_of=None):
    """The best of all plans, by trying them all."""
    flow_of = range(len(paths)) if flow_of is None else flow_of
    sites = sorted({s for way in paths for s in way})

    def worth(plan):
        missed = {q for q, way in zip(flow_of, paths, strict=True) if not set(plan) & set(way)}
        return sum(f for q, f in enumerate(flows) if q not in missed)

    return max(worth(plan) for plan in combinations(sites, min(p, len(sites))))


def with_ways(paths, flow_of, n_flows, sites=12):
    start = np.r_[0, np.cumsum([len(p) for p in paths])]
    pairs = pd.MultiIndex.from_tuples([(q, -q) for q in range(n_flows)])
    step = np.array([s for p in paths for s in p], np.int64)
    return FlowPaths(pairs, np.asarray(flow_of), start, step, np.ones(len(paths)), pd.RangeIndex(sites), "edges")


@pytest.mark.parametrize("seed", range(12))
def test_proved_plans_equal_brute_force_and_quick_ones_stay_within_their_bound(seed):
    paths, flows = traffic(seed)
    p = 1 + seed % 4
    best = most(paths, flows, p)
    proved, quick = intercept_flows(paths, flows, p, prove=True), intercept_flows(paths, flows, p)
    assert (proved.objective, proved.status, proved.gap) == (best, "optimal", 0.0)
    assert 0.97 * best <= quick.objective <= best <= quick.bound + 1e-9


@pytest.mark.parametrize("seed", range(12))
def test_with_several_ways_a_flow_counts_only_when_all_are_met(seed):
    rng = np.random.default_rng(100 + seed)
    paths, _ = traffic(seed, 45)
    paths = [p or [0] for p in paths]
    flow_of = np.sort(np.r_[np.arange(20), rng.integers(0, 20, 25)])
    flows, p = pd.Series(rng.integers(1, 20, 20).astype(float)), 2 + seed % 3
    ways = with_ways(paths, flow_of, 20)
    flows.index = ways.pairs
    best = most(paths, flows.to_numpy(), p, flow_of)
    proved, quick = intercept_flows(ways, flows, p, prove=True), intercept_flows(ways, flows, p)
    assert (proved.objective, proved.status) == (best, "optimal")
    assert 0.9 * best <= quick.objective <= best <= quick.bound + 1e-9
    missed = {q for q, way in zip(flow_of, paths, strict=True) if not set(proved.sites) & set(way)}
    assert set(np.flatnonzero(~proved.intercepted)) == missed


@pytest.mark.parametrize("seed", range(5))
def test_the_answer_adds_up(seed):
    paths, flows = traffic(seed, 200, 40)
    plan = intercept_flows(paths, flows, 6)
    assert plan.objective == plan.flows[plan.intercepted].sum() == pytest.approx(plan.gain.sum())
    assert plan.gain.is_monotonic_decreasing
    assert plan.times.tolist() == [len(set(plan.sites) & set(p)) for p in paths]
    assert plan.sites.is_unique


@pytest.mark.parametrize("seed", range(8))
def test_a_second_interception_is_worth_its_share_against_brute_force(seed):
    paths, flows = traffic(seed, 30, 9)
    paths = [[*p, 90, 91] if 0 in p else p for p in paths]  # two more sites on the ways of site 0
    p, backup = 2 + seed % 3, 0.4

    def worth(plan):
        times = [len(set(plan) & set(way)) for way in paths]
        return sum(f * ((t > 0) + backup * (t > 1)) for f, t in zip(flows, times, strict=True))

    sites = sorted({s for way in paths for s in way})
    for existing in ([], [91]):
        best = max(worth([*existing, *plan]) for plan in combinations(sites, p - len(existing)))
        proved = intercept_flows(paths, flows, p, backup=backup, existing=existing, prove=True)
        quick = intercept_flows(paths, flows, p, backup=backup, existing=existing)
        assert (proved.objective, proved.status) == (pytest.approx(best), "optimal")
        assert proved.objective == pytest.approx(worth(proved.sites)) == pytest.approx(proved.gain.sum())
        assert 0.97 * best <= quick.objective <= best + 1e-9 <= quick.bound + 1e-8
        assert set(existing) <= set(proved.sites)
        assert len(set(proved.sites)) == p


def test_a_flow_whose_second_interception_counts_nothing_is_met_once():
    paths, flows = [["a", "b"], ["c"]], [10.0, 4.0]
    assert set(intercept_flows(paths, flows, 2).sites) == {"a", "c"}
    assert set(intercept_flows(paths, flows, 2, backup=0.5).sites) == {"a", "b"}
    assert intercept_flows(paths, flows, 2, backup=0.5).intercepted_share == 10 / 14


def test_sites_on_the_same_ways_are_merged_and_named():
    plan = intercept_flows([["bridge", "ramp"], ["bridge", "ramp", "pass"]], [5.0, 4.0], 1)
    assert plan.sites.tolist() == ["bridge"]
    assert plan.alternatives["bridge"] == ("ramp",)
    assert plan.objective == 9.0


def test_existing_sites_stay_even_where_nobody_passes():
    paths, flows = [["a", "b"], ["b"], ["c"], ["d"]], [1.0, 1.0, 5.0, 0.0]
    plan = intercept_flows(paths, flows, 3, existing=["d", "a"])
    assert plan.sites.tolist() == ["d", "a", "c"]
    assert plan.gain.tolist() == [0.0, 1.0, 5.0]
    assert intercept_flows(paths, flows, 2, candidates=["a", "b"]).objective == 2.0


def test_lists_matrix_and_paths_say_the_same():
    paths, flows = traffic(7)
    ways = with_ways(paths, np.arange(40), 40)
    named = pd.Series(flows, ways.pairs)
    plans = [
        intercept_flows(x, f, 3) for x, f in ((paths, flows), (ways, named), (sparse.csr_matrix(ways.passes), flows))
    ]
    assert len({(tuple(p.sites), p.objective, p.bound) for p in plans}) == 1


def test_shares_by_kind_and_staffing_count_what_they_say():
    plan = intercept_flows([["a"], ["a"], ["b"]], [2.0, 3.0, 6.0], 1)
    assert plan.share_by(pd.Series(["in", "out", "out"])).to_dict() == {"in": 0.0, "out": 6 / 9}
    assert plan.staffing(2, hours=24, shift_hours=8) == {
        "posts": 1, "shifts_per_day": 3, "officers_per_day": 6, "officer_hours_per_day": 48.0,
    }  # fmt: skip


def test_no_traffic_at_all_is_sane():
    plan = intercept_flows([["a"], ["b"]], [0.0, 3.0], 2)
    assert (plan.objective, plan.intercepted_share, plan.status) == (3.0, 1.0, "optimal")


@pytest.mark.parametrize(
    ("wish", "error", "words"),
    [
        ({"n_sites": 0}, DataError, "at least 1"),
        ({"n_sites": 9}, InfeasibleError, "more than the 3"),
        ({"existing": ["x"]}, DataError, "'x' is not a candidate"),
        ({"flows": [1.0]}, AlignmentError, "2 flows with paths"),
        ({"flows": [1.0, np.nan]}, DataError, "missing"),
        ({"candidates": ["nowhere"]}, InfeasibleError, "nothing to intercept"),
        ({"paths": [[], []]}, InfeasibleError, "no site at all"),
        ({"backup": 1.5}, DataError, "between 0 and 1"),
        ({"paths": with_ways([[0], [1], [2]], [0, 0, 1], 2), "backup": 0.5}, DataError, "one way for each"),
    ],
)
def test_a_wish_that_cannot_be_met_says_why(wish, error, words):
    given = {"paths": [["a", "b"], ["c"]], "flows": [1.0, 2.0], "n_sites": 1} | wish
    with pytest.raises(error, match=words):
        intercept_flows(given.pop("paths"), given.pop("flows"), given.pop("n_sites"), **given)
