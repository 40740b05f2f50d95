"""Border places count when both sides reach them; what is missing is named; grades of duty are nested."""

from functools import partial
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import border_places, intercept_flows, joint_coverage, max_coverage, nested_tiers
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError


def border(seed, m=10, n=25):
    rng = np.random.default_rng(seed)
    sites, places = [f"s{i}" for i in range(m)], [f"v{j}" for j in range(n)]
    cost = pd.DataFrame(rng.uniform(0, 30, (m, n)), sites, places)
    area = pd.Series(rng.choice(["E", "W", "N"], m + n), [*sites, *places])
    return cost, area[sites], area[places], pd.Series(rng.integers(1, 50, n).astype(float), places)


def covered(cost, site_area, place_area, plan, reach):
    near = cost.loc[list(plan)] <= reach
    own = site_area[list(plan)].to_numpy()[:, None] == place_area.to_numpy()
    return (near & own).any().to_numpy() & (near & ~own).any().to_numpy()


@pytest.mark.parametrize("seed", range(8))
def test_equal_to_brute_force(seed):
    cost, site_area, place_area, demand = border(seed)
    best = max(
        demand.to_numpy()[covered(cost, site_area, place_area, s, 12)].sum() for s in combinations(cost.index, 4)
    )
    plan = joint_coverage(cost, 4, 12, site_area, place_area, demand=demand, prove=True)
    assert (plan.objective, plan.status) == (best, "optimal")
    assert joint_coverage(cost, 4, 12, site_area, place_area, demand=demand).objective <= best


@pytest.mark.parametrize("seed", range(4))
def test_every_place_has_its_second_cover_or_is_named(seed):
    cost, site_area, place_area, demand = border(seed)
    plan = joint_coverage(cost, 5, 12, site_area, place_area, demand=demand, existing=["s3", "s1"])
    assert plan.sites[:2].tolist() == ["s3", "s1"]
    both = covered(cost, site_area, place_area, plan.sites, 12)
    assert plan.places["both"].tolist() == both.tolist()
    assert set(plan.missing.index) == set(place_area.index[~both])
    assert plan.objective == demand[both].sum() == pytest.approx(plan.gain.sum())
    assert plan.covered_twice == plan.briefings["covered_twice"].sum() == both.sum()
    assert plan.briefings["demand"].sum() == demand.sum()
    for place, row in plan.places.iterrows():
        assert site_area[row.own_site] == place_area[place] if row.own else row.own_minutes > 12
        assert site_area[row.other_site] == row.neighbour != place_area[place]


def test_the_neighbour_named_is_the_one_that_must_come():
    cost = pd.DataFrame([[1.0], [1.0], [1.0]], ["e", "w", "n"], ["mill"])
    side = pd.Series({"e": "E", "w": "W", "n": "N"})
    plan = joint_coverage(cost, 2, 5, side, pd.Series({"mill": "E"}), neighbour=pd.Series({"mill": "N"}))
    assert set(plan.sites) == {"e", "n"}
    assert plan.briefings["sites"].tolist() == [("e", "n")]
    far = joint_coverage(cost + 9, 2, 5, side, pd.Series({"mill": "E"}))
    assert (far.objective, far.status, far.missing.index.tolist()) == (0.0, "optimal", ["mill"])
    with pytest.raises(AlignmentError, match="site_area lacks 1"):
        joint_coverage(cost, 2, 5, side[:2], pd.Series({"mill": "E"}))


def test_border_places_are_those_within_the_distance():
    areas = gpd.GeoSeries([shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)], ["west", "east"], crs="EPSG:4326")
    points = gpd.GeoSeries.from_xy([0.99, 0.5, 1.005, 1.0], [0.5, 0.5, 0.5, 0.5], index=list("abcd"), crs="EPSG:4326")
    table = border_places(points, areas, 2000)
    assert table.index.tolist() == ["a", "c", "d"]
    assert table.loc["c", ["area", "neighbour"]].tolist() == ["east", "west"]
    assert table.metres.round(-1).tolist() == [1110.0, 560.0, 0.0]
    with pytest.raises(InfeasibleError, match="at least two"):
        border_places(points, areas[:1])


@pytest.mark.parametrize("seed", range(5))
def test_grades_are_nested_and_their_loss_is_what_it_says(seed):
    rng = np.random.default_rng(seed)
    paths = [rng.choice(25, rng.integers(1, 6), replace=False).tolist() for _ in range(120)]
    model = partial(intercept_flows, paths, rng.uniform(1, 9, 120))
    tiers = nested_tiers(model, {"normal": 2, "raised": 5, "highest": 9}, existing=[3])
    normal, raised, highest = (set(p.sites) for p in tiers.plans.values())
    assert {3} <= normal < raised < highest
    assert tiers.table["sites"].tolist() == [2, 5, 9]
    alone = [model(n, existing=[3]).objective for n in (2, 5, 9)]
    assert np.allclose(tiers.table["alone"], alone)
    assert np.allclose(tiers.table["loss"], np.maximum(0, 1 - tiers.table["objective"] / alone))
    assert (tiers.table["loss"] < 0.1).all()
    assert tiers.grade.value_counts().to_dict() == {"normal": 2, "raised": 3, "highest": 4}


def test_grades_work_for_coverage_and_need_rising_numbers():
    cost = np.random.default_rng(0).uniform(0, 30, (15, 60))
    tiers = nested_tiers(partial(max_coverage, cost, max_cost=8), {"normal": 2, "raised": 4})
    assert set(tiers.plans["normal"].sites) < set(tiers.plans["raised"].sites)
    with pytest.raises(DataError, match="rising"):
        nested_tiers(partial(max_coverage, cost, max_cost=8), {"normal": 4, "raised": 2})
