"""Site models where little or nothing is left to choose: the value is right, it is called optimal, and it ends."""

import os
import subprocess
import sys
from functools import partial
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from patrolgeo import (
    SiteRules,
    backup_coverage,
    capacitated_p_median,
    intercept_flows,
    joint_coverage,
    max_coverage,
    p_center,
    p_median,
    set_cover,
)
from patrolgeo.errors import InfeasibleError

INTERPRETED = os.environ.get("NUMBA_DISABLE_JIT") == "1"
REACH = 6.0


if INTERPRETED:
    pytestmark = pytest.mark.usefixtures("little_work")


def town(m=6, n=7, seed=0):
    rng = np.random.default_rng(seed)
    names = [f"s{i}" for i in range(m)], [f"d{j}" for j in range(n)]
    cost = pd.DataFrame(rng.integers(0, 13, (m, n)).astype(float), *names)
    return cost, pd.Series(rng.integers(1, 9, n).astype(float), cost.columns)


def median_value(cost, demand, sites):
    return float((cost.loc[sites].min() * demand).sum()) if len(cost.columns) else 0.0


def center_value(cost, demand, sites):
    return float(cost.loc[sites, demand > 0].min().max()) if (demand > 0).any() else 0.0


def cover_value(cost, demand, sites, second=0.0):
    times = (cost.loc[sites] <= REACH).sum()
    return float(demand[times > 0].sum() + second * demand[times > 1].sum())


MODELS = {
    "p_median": (p_median, median_value, False),
    "p_median under rules": (partial(p_median, rules=SiteRules(most={"k": 99})), median_value, False),
    "p_center": (p_center, center_value, False),
    "max_coverage": (partial(max_coverage, max_cost=REACH), cover_value, True),
    "max_coverage under rules": (partial(max_coverage, max_cost=REACH), cover_value, True),
    "backup_coverage": (partial(backup_coverage, max_cost=REACH), partial(cover_value, second=0.5), True),
}


def solve(name, cost, n, demand, **options):
    model, value, most = MODELS[name]
    if "rules" in name:
        kind = pd.Series("k", cost.index)
        options["rules"] = SiteRules(kind=kind, most={"k": len(cost)})
    model = model.func if isinstance(model, partial) and "rules" in model.keywords else model
    plan = model(cost, n, demand=demand, random_state=0, **options)
    fixed = list(dict.fromkeys(options.get("existing", ())))
    free = [s for s in cost.index if s not in fixed]
    worth = [value(cost, demand, [*fixed, *extra]) for extra in combinations(free, n - len(fixed))]
    best = max(worth) if most else min(worth)
    assert plan.objective == pytest.approx(best)
    assert plan.bound == pytest.approx(best)
    assert plan.status == "optimal"
    assert set(fixed) <= set(plan.sites)
    assert len(set(plan.sites)) == len(plan.sites) <= n
    return plan


@pytest.mark.parametrize("name", MODELS)
def test_all_sites_are_given(name):
    """How good are the sites of today: existing sites fill the number that is wanted."""
    cost, demand = town()
    for n in (1, 2, 5):
        solve(name, cost, n, demand, existing=list(cost.index[-n:]))


@pytest.mark.parametrize("name", MODELS)
def test_every_candidate_is_a_site(name):
    """As many sites as candidates, with and without existing ones."""
    cost, demand = town(5, 6, 1)
    solve(name, cost, 5, demand)
    solve(name, cost, 5, demand, existing=["s4", "s0"])


@pytest.mark.parametrize("name", MODELS)
def test_one_site_is_free(name):
    """All sites but one are given."""
    cost, demand = town(6, 5, 2)
    solve(name, cost, 3, demand, existing=["s1", "s5"])


@pytest.mark.parametrize("name", MODELS)
def test_one_candidate_and_one_place(name):
    """Tables of one row, one column, or one entry."""
    cost, demand = town(5, 6, 3)
    solve(name, cost.iloc[[2]], 1, demand)
    solve(name, cost.iloc[:, [3]], 1, demand.iloc[[3]])
    solve(name, cost.iloc[:, [3]], 3, demand.iloc[[3]])
    solve(name, cost.iloc[[2]].clip(upper=1), 1, demand)
    solve(name, cost.iloc[[4], [5]].clip(upper=1), 1, demand.iloc[[5]])


@pytest.mark.parametrize("name", MODELS)
def test_nobody_asks(name):
    """No place has demand: any choice is worth nothing, and that is optimal."""
    cost, demand = town(4, 5, 4)
    solve(name, cost, 2, 0 * demand)


@pytest.mark.parametrize("name", MODELS)
def test_who_is_named_twice_is_one_site(name):
    """A label that occurs twice among the existing sites counts once."""
    cost, demand = town(6, 7, 5)
    twice = solve(name, cost, 3, demand, existing=["s2", "s2"])
    once = solve(name, cost, 3, demand, existing=["s2"])
    assert twice.objective == once.objective


@pytest.mark.parametrize("scale", [1e-9, 1e-3, 1e3, 1e12])
@pytest.mark.parametrize("name", MODELS)
def test_demand_in_other_units_gives_the_same_sites(name, scale):
    """Demand times a constant changes no choice that is optimal."""
    cost, demand = town(7, 9, 6)
    plan, scaled = (solve(name, cost, 3, f * demand) for f in (1.0, scale))
    assert scaled.objective == pytest.approx(plan.objective * (scale if name != "p_center" else 1.0))


def test_capacities_without_a_choice():
    """Every candidate is open, or there is one candidate, or one place."""
    cost, demand = town(4, 6, 7)
    for rows in (cost, cost.iloc[[1]], cost.iloc[:, [2]]):
        weight = demand[rows.columns]
        plan = capacitated_p_median(rows, len(rows), np.inf, weight, random_state=0)
        assert plan.status == "optimal"
        assert plan.objective == pytest.approx(median_value(rows, weight, list(rows.index)))


def test_everybody_is_covered_by_given_sites():
    """Existing sites that cover all stay, and none is added; with no demand none is opened."""
    cost, demand = town(5, 6, 8)
    assert set_cover(cost, 12, demand, existing=list(cost.index)).objective == 5
    assert len(set_cover(cost, 12, 0 * demand).sites) == 0
    with pytest.raises(InfeasibleError):
        set_cover(cost + 20, 12, demand)


def test_checkpoints_that_all_stand_already():
    """Interception and joint coverage with nothing free, one site, or one flow."""
    ways, flows = [["a", "b"], ["b"], ["c"], ["a", "c"]], [4.0, 3.0, 2.0, 1.0]
    assert intercept_flows(ways, flows, 2, existing=["a", "c"]).objective == 7.0
    assert intercept_flows(ways, flows, 3).objective == 10.0
    assert intercept_flows(ways, flows, 2, existing=["b", "b"]).sites.is_unique
    assert intercept_flows([["a"]], [5.0], 1).status == "optimal"
    cost, demand = town(4, 5, 9)
    side = pd.Series(["E", "W", "E", "W"], cost.index)
    home = pd.Series(["E", "W", "E", "W", "E"], cost.columns)
    plan = joint_coverage(cost, 4, REACH, side, home, demand=demand, existing=list(cost.index))
    assert plan.status == "optimal"
    assert plan.objective == demand[plan.places["both"]].sum()


def test_an_entry_that_is_stored_twice_is_the_lower_one():
    """Sparse tables with two ways to one place do not add them up."""
    rows, columns, minutes = [0, 0, 1, 1], [0, 0, 0, 1], [7.0, 3.0, 9.0, 1.0]
    table = sparse.coo_matrix((minutes, (rows, columns)), shape=(2, 2))
    for given in (table, sparse.csr_matrix((minutes, columns, [0, 2, 4]), shape=(2, 2)), table.tocsc(copy=True)):
        if given.format != "csc":
            assert p_median(given, 2).objective == 4.0
            assert max_coverage(given, 1, 5, [2.0, 1.0]).objective == 2.0


@pytest.mark.check
@pytest.mark.skipif(INTERPRETED, reason="this is the run without compilation")
def test_the_same_holds_where_bounds_are_checked():
    """Without compilation Python checks every index; the tests of this file pass there too."""
    here = Path(__file__)
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", str(here)],
        env={**os.environ, "NUMBA_DISABLE_JIT": "1", "PYTHONPATH": str(here.parents[3] / "src")},
        cwd=here.parents[3], capture_output=True, text=True, timeout=300, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout[-3000:]
