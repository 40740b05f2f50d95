"""What a plan of sites or checkpoints prints, and what every site model keeps."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from patrolgeo import (
    RoadGraph,
    backup_coverage,
    intercept_flows,
    joint_coverage,
    max_coverage,
    p_center,
    p_median,
    plan_checkpoints,
    seal_cordon,
    set_cover,
)
from patrolgeo.testing import check_site_plan

pytestmark = pytest.mark.usefixtures("little_work")

RNG = np.random.default_rng(0)
COST = pd.DataFrame(
    RNG.integers(0, 20, (12, 40)).astype(float), [f"site {i}" for i in range(12)], [f"village {j}" for j in range(40)]
)
DEMAND = pd.Series(RNG.integers(0, 9, 40).astype(float), COST.columns)
SIDE, HOME = pd.Series(["E", "W"] * 6, COST.index), pd.Series(["E", "W"] * 20, COST.columns)
WAYS = [shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(5)]
ROAD = gpd.GeoSeries(WAYS, crs=4326)
MODELS = {
    "max_coverage": lambda cost, demand: max_coverage(cost, 4, 6, demand),
    "backup_coverage": lambda cost, demand: backup_coverage(cost, 4, 6, demand),
    "p_median": lambda cost, demand: p_median(cost, 4, demand),
    "p_center": lambda cost, demand: p_center(cost, 4, demand),
    "set_cover": lambda cost, demand: set_cover(cost, 9, demand),
}
VALUES = {
    "max_coverage": lambda plan: float(plan.demand[plan.covered].sum()),
    "p_median": lambda plan: float(plan.demand @ plan.cost),
    "p_center": lambda plan: float(plan.cost[plan.demand > 0].max()),
    "set_cover": lambda plan: float(len(plan.sites)),
}
OTHERS = {
    "intercept_flows": lambda: intercept_flows([["a", "b"], ["b"], ["c"]], [3.0, 2.0, 1.0], 2),
    "joint_coverage": lambda: joint_coverage(COST, 4, 9, SIDE, HOME),
    "seal_cordon": lambda: seal_cordon(
        RoadGraph.from_lines(ROAD), [0], outside=[5], valid_until="2030-01-01", basis="order 1"
    ),
}


@pytest.mark.parametrize("name", [*MODELS, *OTHERS])
def test_a_plan_prints_what_a_person_reads(name):
    """The repr is one line; print shows at most twelve lines, with the status and the bound among them."""
    plan = MODELS[name](COST, DEMAND) if name in MODELS else OTHERS[name]()
    assert "\n" not in repr(plan)
    assert len(repr(plan)) < 120
    lines = str(plan).splitlines()
    assert 5 <= len(lines) <= 12
    assert all(len(line) < 120 for line in lines)
    assert plan.status in str(plan)
    assert any(line.startswith("bound") for line in lines)


@pytest.mark.parametrize("name", MODELS)
def test_every_site_model_keeps_what_plans_of_sites_keep(name):
    """Served from chosen sites, objective recomputed, input untouched, same answer again, labels may be shuffled."""
    cost, demand = COST.copy(), DEMAND.copy()
    plan = MODELS[name](cost, demand)
    check_site_plan(plan, COST, DEMAND, value=VALUES.get(name))
    pd.testing.assert_frame_equal(cost, COST)
    pd.testing.assert_series_equal(demand, DEMAND)
    assert MODELS[name](COST, DEMAND).sites.equals(plan.sites)
    mixed = COST.sample(frac=1, random_state=1)
    shuffled = MODELS[name](mixed, DEMAND.sample(frac=1, random_state=2))
    check_site_plan(shuffled, mixed, DEMAND, value=VALUES.get(name))
    if plan.status == shuffled.status == "optimal":
        assert shuffled.objective == pytest.approx(plan.objective)


def test_a_keyword_that_is_not_known_names_the_nearest():
    """Settings that are passed on are checked before anything runs."""
    graph = RoadGraph.from_lines(ROAD)
    people = gpd.GeoDataFrame({"population": [1.0]}, geometry=gpd.points_from_xy([119.9], [31.7]), crs=4326)
    with pytest.raises(TypeError, match="did you mean 'reach_minutes'"):
        plan_checkpoints(graph, people, 1, reach_minuts=5)
    with pytest.raises(TypeError, match="did you mean 'hospitals'"):
        seal_cordon(graph, [0], valid_until="2030-01-01", basis="order 1", hospital=people)
