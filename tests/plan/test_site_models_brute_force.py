"""Every site model beside all choices there are, on random small instances.

No difference where the status says optimal, never better than the truth, and a bound on the right side in all.
`make check` takes ten times as many.
"""

from functools import partial
from itertools import combinations, product

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    RoadGraph,
    SiteRules,
    backup_coverage,
    capacitated_p_median,
    intercept_flows,
    joint_coverage,
    max_coverage,
    p_center,
    p_median,
    seal_cordon,
    set_cover,
)
from patrolgeo.errors import InfeasibleError

MANDATE = {"valid_until": "2030-01-01", "basis": "order 1"}
MANY = [pytest.param(range(200), id="200"), pytest.param(range(200, 2_200), marks=pytest.mark.check, id="2000")]
pytestmark = pytest.mark.usefixtures("little_work")  # few steps leave more to the bounds


def judge(plan, best, seed):
    """Hold a plan against the best there is."""
    near = pytest.approx(best, rel=1e-6, abs=1e-9)
    sign = 1 if plan.maximize else -1
    assert plan.objective == near or sign * plan.objective < sign * best, f"seed {seed}: better than the truth"
    assert plan.bound is None or plan.bound == near or sign * plan.bound > sign * best, f"seed {seed}: no bound"
    if plan.status == "optimal":
        assert plan.objective == near, f"seed {seed}: called optimal"


def town(seed):
    """A small table: ties, fractions, places out of reach, candidates that are there already."""
    rng = np.random.default_rng(seed)
    m, n = int(rng.integers(1, 8)), int(rng.integers(1, 9))
    cost = rng.integers(0, 12, (m, n)) / rng.choice([1.0, 3.0, 10.0])
    cost[rng.random((m, n)) < rng.choice([0.0, 0.0, 0.3])] = np.inf
    demand = rng.choice([rng.integers(0, 4, n).astype(float), rng.random(n), np.ones(n)])
    p = int(rng.integers(1, m + 1))
    fixed = rng.permutation(m)[: rng.integers(0, p + 1)].tolist()
    reach = float(rng.choice(cost[np.isfinite(cost)])) if np.isfinite(cost).any() else 1.0
    return cost, demand, p, fixed, reach, rng


def choices(m, p, fixed):
    free = [i for i in range(m) if i not in fixed]
    return [[*fixed, *extra] for extra in combinations(free, p - len(fixed))]


def compared(call, values, seed, *, most=False, impossible=np.inf):
    """Hold a call against the values of all choices; where none is possible it must say so."""
    best = max(values, default=-impossible) if most else min(values, default=impossible)
    if np.isinf(best):
        with pytest.raises(InfeasibleError):
            call()
        return
    judge(call(), best, seed)


@pytest.mark.parametrize("seeds", MANY)
def test_median(seeds):
    """Demand-weighted cost, plain and under a rule that binds nothing."""
    for seed in seeds:
        cost, demand, p, fixed, _, _ = town(seed)
        wanted = demand > 0
        values = [(cost[s][:, wanted].min(axis=0) * demand[wanted]).sum() for s in choices(len(cost), p, fixed)]
        compared(partial(p_median, cost, p, demand, existing=fixed, random_state=0), values, seed)


@pytest.mark.parametrize("seeds", MANY)
def test_center(seeds):
    """Longest cost of any place with demand."""
    for seed in seeds:
        cost, demand, p, fixed, _, _ = town(seed)
        wanted = demand > 0
        values = [cost[s][:, wanted].min(axis=0).max(initial=0.0) for s in choices(len(cost), p, fixed)]
        compared(partial(p_center, cost, p, demand, existing=fixed, random_state=0), values, seed)


def covered(cost, demand, reach, sites, second=0.0):
    times = (cost[sites] <= reach * (1 + 1e-9)).sum(axis=0)
    return demand[times > 0].sum() + second * demand[times > 1].sum()


@pytest.mark.parametrize("seeds", MANY)
@pytest.mark.parametrize("second", [0.0, 0.4])
def test_covering_and_backup(seeds, second):
    """Demand within reach, and the second cover."""
    for seed in seeds:
        cost, demand, p, fixed, reach, _ = town(seed)
        if not np.isfinite(cost).any():
            continue
        values = [covered(cost, demand, reach, s, second) for s in choices(len(cost), p, fixed)]
        model = partial(backup_coverage, backup_weight=second) if second else max_coverage
        compared(
            partial(model, cost, p, reach, demand, existing=fixed, random_state=0), values, seed, most=True
        )  # fmt: skip


@pytest.mark.parametrize("seeds", MANY)
def test_rules(seeds):
    """Covering and median with a budget, a pair apart and a site that may close."""
    for seed in seeds:
        cost, demand, p, fixed, reach, rng = town(seed)
        m = len(cost)
        price = pd.Series(rng.integers(1, 5, m).astype(float))
        budget, closable = float(rng.integers(4, 10)), [int(rng.integers(m))]
        apart = [(0, m - 1)] if m > 1 and not {0, m - 1} <= set(fixed) else []
        rules = SiteRules(site_cost=price, budget=budget, closable=closable, apart=apart)
        paid = price.drop([*fixed, *closable], errors="ignore")
        plans = [
            [*fixed, *extra] for k in range(p - len(fixed) + 1)
            for extra in combinations([i for i in range(m) if i not in fixed], k)
        ]  # fmt: skip
        plans = [
            s for s in plans
            if paid.reindex(s).sum() <= budget and not any(a in s and b in s for a, b in apart)
        ]  # fmt: skip
        if not (np.isfinite(cost) & (cost <= reach)).any():
            continue
        common = {"existing": fixed, "rules": rules, "random_state": 0}
        values = [covered(cost, demand, reach, s) for s in plans]
        compared(partial(max_coverage, cost, p, reach, demand, **common), values, seed, most=True)
        wanted = demand > 0
        values = [
            (cost[s][:, wanted].min(axis=0, initial=np.inf) * demand[wanted]).sum() if wanted.any() else 0.0
            for s in plans
        ]  # fmt: skip
        compared(partial(p_median, cost, p, demand, **common), values, seed)


@pytest.mark.parametrize("seeds", MANY)
def test_set_cover(seeds):
    """Fewest or cheapest sites that reach everybody once or twice."""
    for seed in seeds:
        cost, demand, _, fixed, reach, rng = town(seed)
        price = rng.integers(0, 4, len(cost)) / 3
        often = int(rng.integers(1, 3))
        near, wanted = cost <= reach * (1 + 1e-9), demand > 0
        free = [i for i in range(len(cost)) if i not in fixed]
        plans = [[*fixed, *extra] for k in range(len(free) + 1) for extra in combinations(free, k)]
        values = [price[s].sum() for s in plans if (near[s][:, wanted].sum(axis=0) >= often).all()]
        call = partial(set_cover, cost, reach, demand, existing=fixed, site_cost=price, times=often)
        compared(call, values, seed)


@pytest.mark.parametrize("seeds", MANY)
def test_capacities(seeds):
    """Each place served by one site within its capacity: all assignments."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        m, n = int(rng.integers(1, 5)), int(rng.integers(1, 6))
        cost, load = rng.integers(0, 9, (m, n)) / 3, rng.integers(1, 4, n).astype(float)
        p, most = int(rng.integers(1, m + 1)), rng.integers(2, 9, m).astype(float)
        values = []
        for to in product(range(m), repeat=n):
            used = np.bincount(to, load, m)
            if len(set(to)) <= p and (used <= most).all():
                values.append((cost[list(to), range(n)] * load).sum())
        call = partial(capacitated_p_median, cost, p, most, load, random_state=0, prove=True)
        if not values:
            with pytest.raises(InfeasibleError):
                call()
        else:
            judge(call(), min(values), seed)


@pytest.mark.parametrize("seeds", MANY)
def test_interception(seeds):
    """Flows met on each of their ways, one or several a flow, with sites that stand already."""
    for seed in seeds:
        rng = np.random.default_rng(seed)
        m, n = int(rng.integers(1, 8)), int(rng.integers(1, 9))
        ways = [rng.permutation(m)[: rng.integers(1, m + 1)].tolist() for _ in range(n)]
        flow = rng.integers(0, 5, n) / rng.choice([1.0, 3.0])
        sites = sorted({s for way in ways for s in way})
        p = int(rng.integers(1, len(sites) + 1))
        fixed = rng.permutation(sites)[: rng.integers(0, p + 1)].tolist()
        plans = [[*fixed, *e] for e in combinations([s for s in sites if s not in fixed], p - len(fixed))]
        values = [sum(f for f, way in zip(flow, ways, strict=True) if set(way) & set(s)) for s in plans]
        call = partial(intercept_flows, ways, flow, p, existing=fixed, random_state=0)
        if flow.sum() == 0:
            with pytest.raises(InfeasibleError):
                call()
        else:
            judge(call(), max(values), seed)


@pytest.mark.parametrize("seeds", MANY)
def test_joint_coverage(seeds):
    """Places reached from their own side and from the other."""
    for seed in seeds:
        cost, demand, p, fixed, reach, rng = town(seed)
        side, home = rng.integers(0, 2, len(cost)), rng.integers(0, 2, cost.shape[1])
        reach = max(reach, 0.1)
        near = cost <= reach * (1 + 1e-9)
        values = []
        for s in choices(len(cost), p, fixed):
            chosen = np.array(s)
            own = (near[chosen] & (side[chosen, None] == home)).any(axis=0)
            other = (near[chosen] & (side[chosen, None] != home)).any(axis=0)
            values.append(demand[own & other].sum())
        call = partial(
            joint_coverage, cost, p, reach, pd.Series(side), pd.Series(home), demand=demand, existing=fixed,
            random_state=0,
        )  # fmt: skip
        judge(call(), max(values), seed)


SPOTS = [(119.9 + 0.01 * k, 31.7 + 0.004 * (k * k % 5)) for k in range(7)]


def small_roads(seed):
    """A connected graph of few roads with whole, fractional or nearly equal costs; some one-way."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(3, 7))
    tree = [(int(rng.integers(k)), k) for k in range(1, n)]
    more = [tuple(sorted(rng.choice(n, 2, replace=False).tolist())) for _ in range(rng.integers(0, 4))]
    pairs = list(dict.fromkeys([*tree, *more]))
    cost = rng.choice([rng.integers(1, 5, len(pairs)), np.round(rng.random(len(pairs)) * 3 + 0.1, 2),
                       0.1 * rng.integers(1, 4, len(pairs)), 1e-6 * rng.random(len(pairs)) + 1e-9])  # fmt: skip
    lines = gpd.GeoSeries([shapely.LineString([SPOTS[a], SPOTS[b]]) for a, b in pairs], crs=4326)
    oneway = rng.random(len(pairs)) < rng.choice([0.0, 0.4])
    graph = RoadGraph.from_lines(lines, speed=30, split_crossings=False, oneway=oneway)
    at = {tuple(np.round([p.x, p.y], 6)): label for label, p in graph.nodes.geometry.items()}
    label = [at[tuple(np.round(SPOTS[k], 6))] for k in range(n)]
    return label, pairs, cost.astype(float), oneway, graph, rng


def separates(closed, pairs, oneway, sides, direction):
    """Whether, with some roads closed, no way leads from an area to any other side."""
    arcs = []
    for k, (a, b) in enumerate(pairs):
        if not closed[k]:
            back = direction == "both" or not oneway[k]
            arcs += [(a, b), *([(b, a)] if back else [])]
    arcs = arcs if direction != "in" else [(b, a) for a, b in arcs]
    for start in sides[:-1]:
        seen, waiting = {start}, [start]
        while waiting:
            here = waiting.pop()
            new = [b for a, b in arcs if a == here and b not in seen]
            seen |= set(new)
            waiting += new
        if seen & (set(sides) - {start}):
            return False
    return True


@pytest.mark.parametrize("areas", [1, 2])
@pytest.mark.parametrize("seeds", MANY)
def test_cordon_and_multiway_cut(seeds, areas):
    """The cheapest roads that keep one area, or two areas, apart from the rest: any costs, each direction."""
    for seed in seeds:
        label, pairs, cost, oneway, graph, rng = small_roads(seed)
        if len(label) <= areas:
            continue
        sides = rng.choice(len(label), areas + 1, replace=False).tolist()
        direction = str(rng.choice(["both", "in", "out"]))
        inside = [label[sides[0]]] if areas == 1 else {"A": [label[sides[0]]], "B": [label[sides[1]]]}
        plan = seal_cordon(
            graph, inside, direction=direction, outside=[label[sides[-1]]], costs=dict(enumerate(cost)), **MANDATE
        )
        best = min(
            float(cost[closed].sum())
            for closed in map(np.array, product([False, True], repeat=len(pairs)))
            if separates(closed, pairs, oneway, sides, direction)
        )
        judge(plan, best, seed)
        assert separates(np.isin(range(len(pairs)), plan.sites), pairs, oneway, sides, direction), f"seed {seed}: leaks"
