"""Budgets, kinds, spacing, company and closable sites against brute force; zones; what cannot be is named."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    SiteRules,
    backup_coverage,
    max_coverage,
    outside_zones,
    p_center,
    p_median,
    pairs_within,
    set_cover,
)
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError

NAMES = [f"s{i}" for i in range(11)]
PRICE = pd.Series([3.0, 5, 2, 4, 1, 6, 3, 2, 5, 4, 3], NAMES)
KIND = pd.Series(["post", "camera"] * 5 + ["post"], NAMES)
PAIRS = [("s0", "s2"), ("s1", "s4"), ("s6", "s7"), ("s2", "s9")]
NEEDS = [("s1", "s0"), ("s5", "s8"), ("s3", "s10")]
WISHES = {
    "budget": (None, SiteRules(site_cost=PRICE, budget=9)),
    "budget and number": (2, SiteRules(site_cost=PRICE, budget=9)),
    "closable": (3, SiteRules(site_cost=PRICE, budget=5, closable=["s5", "s8"])),
    "kinds": (5, SiteRules(kind=KIND, most={"post": 2, "camera": 1})),
    "spacing": (4, SiteRules(apart=PAIRS)),
    "company": (4, SiteRules(needs=NEEDS)),
    "all": (
        4,
        SiteRules(site_cost=PRICE, budget=10, closable=["s5"], kind=KIND, most={"camera": 2}, apart=PAIRS, needs=NEEDS),
    ),
}


def town(seed, n=35):
    rng = np.random.default_rng(seed)
    a, b = rng.uniform(0, 10, (11, 2)), rng.uniform(0, 10, (n, 2))
    cost = np.hypot(*(a[:, None] - b).transpose(2, 0, 1))
    demand = pd.Series(rng.integers(0, 20, n).astype(float), [f"d{j}" for j in range(n)])
    return pd.DataFrame(cost, NAMES, demand.index), demand


EVERY = ((np.arange(1, 2 ** len(NAMES))[:, None] >> np.arange(len(NAMES))) & 1).astype(bool)


def choices(n_sites, rules, existing=()):
    """All choices that keep the rules, in plain words: rows of true and false by candidate."""
    chosen = pd.DataFrame(EVERY, columns=NAMES)
    new = chosen.drop(columns=[*rules.closable, *existing])
    kept = (chosen.sum(axis=1) <= (n_sites or len(NAMES))) & chosen[list(existing)].all(axis=1)
    if rules.budget is not None:
        kept &= new @ PRICE[new.columns] <= rules.budget
    for kind, n in (rules.most or {}).items():
        kept &= chosen[KIND.index[KIND == kind]].sum(axis=1) <= n
    for a, b in rules.apart:
        kept &= ~(chosen[a] & chosen[b])
    for a, b in rules.needs:
        kept &= chosen[b] | ~chosen[a]
    return EVERY[kept.to_numpy()]


def covered(cost, demand, reach, rows, backup=0.0):
    times = rows.astype(int) @ (cost.to_numpy() <= reach)
    return ((times > 0) + backup * (times > 1)) @ demand.to_numpy()


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("seed", range(3))
def test_coverage_under_rules_equals_brute_force_and_is_proved(seed, wish):
    cost, demand = town(seed)
    n_sites, rules = WISHES[wish]
    allowed = choices(n_sites, rules)
    plan = max_coverage(cost, n_sites, 2.5, demand, rules=rules)
    assert plan.objective == covered(cost, demand, 2.5, allowed).max()
    assert (plan.status, plan.bound) == ("optimal", plan.objective)
    assert (allowed == np.isin(NAMES, plan.sites)).all(axis=1).any()


@pytest.mark.parametrize("wish", ["budget", "closable", "all"])
@pytest.mark.parametrize("seed", range(2))
def test_backup_under_rules_equals_brute_force(seed, wish):
    cost, demand = town(seed)
    n_sites, rules = WISHES[wish]
    plan = backup_coverage(cost, n_sites, 2.5, demand, backup_weight=0.5, rules=rules)
    assert plan.objective == pytest.approx(covered(cost, demand, 2.5, choices(n_sites, rules), 0.5).max())
    assert plan.status == "optimal"


@pytest.mark.parametrize("wish", WISHES)
@pytest.mark.parametrize("seed", range(3))
def test_the_median_under_rules_equals_brute_force_and_is_proved(seed, wish):
    cost, demand = town(seed)
    n_sites, rules = WISHES[wish]
    plan = p_median(cost, n_sites, demand, rules=rules)
    weighted = (cost * demand).to_numpy()
    best = min(weighted[row].min(axis=0).sum() for row in choices(n_sites, rules))
    assert plan.objective == pytest.approx(best, rel=1e-9)
    assert (plan.status, plan.bound) == ("optimal", plan.objective)


@pytest.mark.parametrize("wish", WISHES)
def test_the_center_under_rules_equals_brute_force_and_is_proved(wish):
    cost, _ = town(1)
    n_sites, rules = WISHES[wish]
    plan = p_center(cost, n_sites, rules=rules)
    longest = min(cost.to_numpy()[row].min(axis=0).max() for row in choices(n_sites, rules))
    assert (plan.objective, plan.bound, plan.status) == (longest, longest, "optimal")


@pytest.mark.parametrize("wish", ["budget", "kinds", "spacing", "company"])
def test_full_cover_under_rules_equals_brute_force(wish):
    cost, _ = town(2)
    rules = WISHES[wish][1]
    rows = choices(None, rules)
    full = rows[((cost.to_numpy() <= 6)[None] & rows[:, :, None]).any(axis=1).all(axis=1)]
    if len(full):
        assert set_cover(cost, 6, rules=rules).objective == full.sum(axis=1).min()
    with pytest.raises(InfeasibleError, match=r"No choice of sites reaches .*budget=1"):
        set_cover(cost, 4.5, rules=SiteRules(site_cost=PRICE, budget=1))


def test_existing_sites_stay_closable_ones_may_go_and_both_are_paid_for():
    cost, demand = town(4)
    rules = SiteRules(site_cost=PRICE, budget=5, closable=["s8", "s9"])
    plan = max_coverage(cost, 3, 2.5, demand, existing=["s5"], rules=rules)
    assert plan.sites[0] == "s5"
    assert plan.objective == covered(cost, demand, 2.5, choices(3, rules, ["s5"])).max()
    account = rules.account(plan.sites, existing=["s5"])
    assert account["cost"].sum() <= 5
    assert account["cost"]["s5"] == 0
    assert set(account.index[~account["open"]]) == {"s8", "s9"} - set(plan.sites)


def test_without_effect_rules_change_nothing():
    cost, demand = town(5)
    plain = max_coverage(cost, 3, 2.5, demand, prove=True)
    ruled = max_coverage(cost, 3, 2.5, demand, rules=SiteRules(budget=99))
    assert ruled.objective == plain.objective
    assert p_median(cost, 3, demand, rules=SiteRules(budget=3)).objective == p_median(cost, 3, demand).objective


def test_a_large_plan_keeps_the_rules_and_its_bound_holds():
    rng = np.random.default_rng(0)
    a, b, demand = rng.random((300, 2)), rng.random((2000, 2)), rng.random(2000)
    points = gpd.GeoSeries.from_xy(*(a * 20_000 + [500_000, 2_600_000]).T, crs="EPSG:32648")
    cost = np.hypot(*(a[:, None] - b).transpose(2, 0, 1))
    rules = SiteRules(site_cost=pd.Series(rng.uniform(1, 4, 300)), budget=25, apart=pairs_within(points, 2500))
    one, two = (max_coverage(cost, None, 0.06, demand, rules=rules, effort=0.1) for _ in range(2))
    assert one.sites.equals(two.sites)
    assert one.objective <= one.bound <= 1.05 * one.objective
    assert rules.account(one.sites)["cost"].sum() <= 25
    chosen = points[one.sites]
    assert all(chosen.drop(i).distance(p).min() >= 2500 - 1 for i, p in chosen.items())


def test_a_place_in_a_zone_is_refused_and_the_zone_named():
    gates = gpd.GeoSeries.from_xy([1.0, 5.0, 2.0, 9.0], [1.0, 5.0, 0.0, 9.0], index=list("abcd"), crs="EPSG:4326")
    zones = gpd.GeoDataFrame({"name": ["school", "flood"]}, geometry=[shapely.box(0, 0, 2, 2)] * 2, crs="EPSG:4326")
    allowed, refused = outside_zones(gates, zones, keep=["c"])
    assert allowed.index.tolist() == ["b", "c", "d"]
    assert refused.to_dict() == {"a": "inside the zone school"}
    assert outside_zones(gates, zones)[1].index.tolist() == ["a", "c"]  # the outline refuses too


def test_pairs_are_counted_on_the_ground():
    points = gpd.GeoSeries.from_xy([119.9, 119.91, 119.93], [31.7] * 3, index=list("abc"), crs="EPSG:4326")
    assert pairs_within(points, 1000)[["first", "second"]].to_numpy().tolist() == [["a", "b"]]
    assert len(pairs_within(points, 5000)) == 3


@pytest.mark.parametrize(
    ("n_sites", "existing", "rules", "error", "words"),
    [
        (None, (), {}, DataError, "give a budget or most="),
        (3, (), {"site_cost": PRICE, "budget": 0.5}, InfeasibleError, "budget=0.5 pays for no site"),
        (3, ["s0", "s2"], {"apart": PAIRS}, InfeasibleError, "'s0' and 's2' are too near"),
        (3, ["s1"], {"needs": NEEDS}, InfeasibleError, "'s1' needs 's0'"),
        (3, ["s0", "s2"], {"kind": KIND, "most": {"post": 1}}, InfeasibleError, "most=1 of kind 'post'"),
        (3, (), {"most": {"post": 1}}, DataError, "give kind="),
        (3, (), {"kind": KIND, "most": {"booth": 1}}, DataError, "'booth', which no candidate has"),
        (3, (), {"kind": KIND[:3], "most": {"post": 1}}, AlignmentError, "lacks 8 of 11"),
        (3, (), {"site_cost": PRICE[:3], "budget": 3}, AlignmentError, "lacks 8 of 11"),
        (3, (), {"budget": -1}, DataError, "budget=-1"),
        (3, (), {"apart": [("s0", "nowhere")]}, DataError, "'nowhere' is not a candidate"),
    ],
)
def test_an_impossible_wish_names_the_rule(n_sites, existing, rules, error, words):
    cost, demand = town(0)
    with pytest.raises(error, match=words):
        max_coverage(cost, n_sites, 2.5, demand, existing=existing, rules=SiteRules(**rules))


def test_where_nothing_is_to_gain_nothing_is_opened():
    cost, demand = town(0)
    for plan in (
        max_coverage(cost, 2, 2.5, 0 * demand, rules=SiteRules()),
        p_median(cost, 2, 0 * demand, rules=SiteRules()),
    ):
        assert (len(plan.sites), plan.objective, plan.status) == (0, 0.0, "optimal")
        assert plan.served_by.isna().all()
    assert len(max_coverage(cost, 2, 2.5, 0 * demand, existing=["s1"], rules=SiteRules()).sites) == 1


def test_a_median_that_cannot_serve_everybody_names_the_budget_and_the_place():
    cost, demand = town(0)
    with pytest.raises(InfeasibleError, match=r"There is no plan .*budget=1; \d+ stay out of reach .*'d"):
        p_median(cost.where(cost <= 5, np.inf), None, demand, rules=SiteRules(site_cost=PRICE, budget=1))


def test_when_time_is_up_the_best_plan_and_its_bound_come_back():
    cost = np.random.default_rng(0).uniform(0, 1, (80, 80))  # no geography: a wide gap
    plan = p_median(cost, None, rules=SiteRules(budget=9), time_limit=1e-6, prove=True)
    assert plan.status == "time_limit"
    assert 0 < plan.bound < plan.objective
    assert len(plan.sites) <= 9
