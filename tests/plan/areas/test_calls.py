"""How design_areas may be called: older names mean the same, wrong words and labels are refused with a sentence."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse

from patrolgeo import (
    AlignmentError,
    AreaRules,
    DataError,
    HexGrid,
    InfeasibleError,
    PatrolgeoError,
    compare_areas,
    design_areas,
    design_areas_by_cost,
    hexagon_graph,
    measure_areas,
    unit_graph,
)

import h3  # isort: skip


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 3))


@pytest.fixture(scope="module")
def travel(grid):
    return hexagon_graph(grid)


@pytest.fixture(scope="module")
def work(grid):
    return pd.Series(np.random.default_rng(0).gamma(3.0, size=len(grid)), index=grid.cells)


@pytest.fixture(scope="module")
def board():
    """A line of eight units that know only what they cost: cost, neighbours."""
    places = np.arange(8.0)
    cost = np.abs(places[:, None] - places) * (1 + places % 3)
    return cost, np.abs(places[:, None] - places) == 1


QUICK = {"prove": False, "effort": 20, "random_state": 3}


def test_older_names_mean_the_same_as_the_rules_and_the_ground(grid, travel, work):
    east = pd.Series(np.where(grid.lonlat[:, 0] > np.median(grid.lonlat[:, 0]), "e", "w"), index=grid.cells)
    old = {"tolerance": 0.2, "anchors": [grid.cells[1]], "nest_in": east, "min_units": 3}
    new = design_areas(work, travel, 4, rules=AreaRules(**old), units=grid, **QUICK)
    for older in (
        design_areas(work, grid, 4, travel=travel, **old, **QUICK),
        design_areas(work, grid=grid, n_areas=4, travel=travel, **old, **QUICK),
        design_areas(workload=work, grid=grid, n_areas=4, **old, **QUICK),
        design_areas(work, None, 4, travel=travel, **old, **QUICK),
        design_areas(work, grid, 4, **old, objective="travel", **QUICK),
    ):
        pd.testing.assert_series_equal(older.labels, new.labels)
    assert new.to_gdf().geometry.is_valid.all()


def test_barriers_and_links_by_their_older_names_are_those_of_the_graph(grid, work):
    river = gpd.GeoSeries([shapely.LineString([(108.3005, 22), (108.3005, 23)])], crs="EPSG:4326")
    graph = hexagon_graph(grid, barriers=river)
    older = design_areas(work, grid, 4, barriers=river, tolerance=0.3, **QUICK)
    now = design_areas(work, graph, 4, units=grid, rules=AreaRules(tolerance=0.3), **QUICK)
    pd.testing.assert_series_equal(older.labels, now.labels)
    with pytest.raises(InfeasibleError, match="parts"):
        design_areas(work, grid, 4, barriers=river, link_parts=False)


def test_a_table_of_costs_by_its_older_name_is_design_areas_by_cost(board):
    cost, near = board
    older = design_areas(None, None, 3, cost=cost, adjacency=near, tolerance=None, random_state=0)
    now = design_areas_by_cost(None, cost, 3, adjacency=near, tolerance=None, random_state=0)
    pd.testing.assert_series_equal(older.labels, now.labels)
    assert older.objective == now.objective


def test_without_labels_centres_are_whole_numbers_and_with_labels_the_labels(board):
    cost, near = board
    plan = design_areas(None, None, 3, cost=cost, adjacency=near, tolerance=None)
    assert plan.centers.dtype.kind == "i"
    assert plan.labels.dtype.kind == "i"
    assert plan.measures.by_area["center"].dtype.kind == "i"
    assert plan.objective == pytest.approx(cost[plan.centers, np.arange(8)].sum())
    names = list("abcdefgh")
    named = design_areas(None, None, 3, cost=pd.DataFrame(cost, names, names), adjacency=near, tolerance=None)
    assert named.centers.tolist() == [names[c] for c in plan.centers]


def test_minutes_that_nobody_knows_are_none_not_hops(board, travel, work):
    cost, near = board
    plan = design_areas_by_cost(None, cost, 3, adjacency=near, tolerance=None)
    assert (plan.mean_travel_minutes, plan.worst_travel_minutes, plan.measures.inertia) == (None, None, None)
    assert plan.measures.by_area[["mean_minutes", "worst_minutes", "inertia"]].isna().all(axis=None)
    assert plan.summary()["mean_travel_minutes"] is None
    assert "not known" in str(plan)
    assert np.isnan(compare_areas(plan, plan).loc["mean_travel_minutes", "change"])
    minutes = travel.travel_minutes(travel.cells).to_numpy()
    known = design_areas_by_cost(work, minutes * work.to_numpy(), 3, adjacency=travel, tolerance=None)
    assert known.mean_travel_minutes == pytest.approx(known.objective / work.sum())


def test_a_change_by_hand_is_valued_by_the_table_of_costs(board):
    cost, near = board
    plan = design_areas_by_cost(None, cost, 2, adjacency=near, tolerance=None)
    unit = int(np.flatnonzero(plan.labels.to_numpy() == 0)[-1])
    changed = plan.reassign({unit: 1})
    truth = sum(
        cost[np.ix_(own, own)].sum(axis=1).min()
        for own in (np.flatnonzero(changed.labels.to_numpy() == j) for j in (0, 1))
    )
    assert changed.objective == pytest.approx(truth)


def test_tables_go_by_label_and_arrays_by_position(board):
    cost, near = board
    names, order = list("abcdefgh"), np.random.default_rng(0).permutation(8)
    mixed = [names[i] for i in order]
    table, joined = pd.DataFrame(cost, names, names), pd.DataFrame(near, names, names)
    work = pd.Series(np.arange(1.0, 9.0), names)
    plan = design_areas_by_cost(work, table, 3, adjacency=joined, distance=table, tolerance=0.6)
    for given in (
        {"cost": table.loc[mixed], "adjacency": joined, "distance": table},
        {"cost": table, "adjacency": joined.loc[mixed, mixed], "distance": table[mixed]},
    ):
        again = design_areas_by_cost(work[mixed], n_areas=3, tolerance=0.6, **given)
        pd.testing.assert_series_equal(plan.labels, again.labels)
    with pytest.raises(AlignmentError):
        design_areas_by_cost(work, table.rename(index={"a": "z"}), 3, adjacency=joined)
    with pytest.raises(AlignmentError):
        design_areas_by_cost(work, table, 3, adjacency=joined.rename(columns={"a": "z"}))


def test_units_name_an_array_of_costs_and_whole_number_labels_are_labels(grid, travel, work, board):
    table = travel.travel_minutes(travel.cells).to_numpy() * work.to_numpy()
    plan = design_areas(work, grid, 3, cost=table, adjacency=travel.minutes, tolerance=None)
    assert set(plan.centers) <= set(grid.cells)
    assert len(plan.to_gdf()) == 3
    cost, near = board
    order = np.random.default_rng(1).permutation(8)
    told, mixed = (design_areas_by_cost(None, c, 3, adjacency=near, tolerance=None)
                   for c in (cost, pd.DataFrame(cost).iloc[order]))  # fmt: skip
    pd.testing.assert_series_equal(told.labels, mixed.labels)
    assert told.objective == mixed.objective


def test_labels_shuffled_or_lacking_are_aligned_or_refused(grid, travel, work):
    today = design_areas(work, travel, 3, **QUICK).labels
    mixed = work.sample(frac=1, random_state=1).index
    rules = AreaRules(tolerance=0.3, nest_in=(today > 0).astype(int))
    plan = design_areas(work, travel, 3, current=today, rules=rules, **QUICK)
    again = design_areas(
        work[mixed],
        travel,
        3,
        current=today[mixed],
        rules=AreaRules(tolerance=0.3, nest_in=rules.nest_in[mixed]),
        **QUICK,
    )
    pd.testing.assert_series_equal(plan.labels, again.labels)
    pd.testing.assert_frame_equal(
        measure_areas(today, work, travel).by_area, measure_areas(today[mixed], work[mixed], travel).by_area
    )
    twice = pd.concat([work, work.iloc[:1]])
    for wrong in ({"workload": twice}, {"current": today.iloc[1:]}, {"nest_in": today.iloc[1:]}):
        with pytest.raises(AlignmentError):
            design_areas(**{"workload": work, "grid": grid, "n_areas": 3, **wrong}, **QUICK)


def test_units_named_twice_are_merged_or_refused(grid, travel, work):
    a, b = grid.cells[0], grid.cells[-1]
    once = design_areas(work, travel, 3, rules=AreaRules(tolerance=0.4, forbidden=[(a, b)]), **QUICK)
    often = design_areas(work, travel, 3, rules=AreaRules(tolerance=0.4, forbidden=[(a, b), (b, a), (a, b)]), **QUICK)
    pd.testing.assert_series_equal(once.labels, often.labels)
    with pytest.raises(DataError, match="twice"):
        design_areas(work, travel, 3, rules=AreaRules(anchors=[a, a]))
    with pytest.raises(DataError, match="twice"):
        design_areas(work, travel, 3, current=once.labels, rules=AreaRules(fixed=[b, b]))


def test_neighbours_given_often_count_once_and_one_way_round_is_refused(board):
    cost, near = board
    i, j = np.nonzero(near)
    often = sparse.coo_matrix((np.ones(2 * len(i)), (np.r_[i, i], np.r_[j, j])), shape=near.shape)
    plan, again = (design_areas_by_cost(None, cost, 3, adjacency=a, tolerance=None) for a in (near, often))
    pd.testing.assert_series_equal(plan.labels, again.labels)
    with pytest.raises(DataError, match="one way round"):
        design_areas_by_cost(None, cost, 3, adjacency=np.triu(near))
    boxes = gpd.GeoDataFrame(index=list("abc"), geometry=[shapely.box(i, 0, i + 1, 1) for i in range(3)], crs=32648)
    with pytest.raises(DataError, match="one way round"):
        unit_graph(boxes, adjacency=np.tril(np.ones((3, 3))))


WRONG = {
    "n_areas": [0, -1, 2.5, "three", None, True, np.nan, 10**9],
    "tolerance": [-0.1, 1.0, 5, "much", np.nan, np.inf],
    "min_units": [0, -3, 1.5, "one", np.nan, 38],
    "max_minutes": [0, -1.0, "far", np.nan],
    "stay_minutes": [-1.0, "long", np.nan, np.inf],
    "effort": [-1, 2.5, "much", None],
    "random_state": [-1, 1.5, "seed"],
    "anchors": ["nowhere", ["nowhere"], 7, [None]],
    "fixed": ["nowhere", ["nowhere"], 7],
    "forbidden": [["ab"], [("nowhere", "there")], 7, [(1, 2, 3)], "ab"],
    "nest_in": ["township", 7, [1, 2]],
    "current": ["today", 7, [1, 2]],
    "objective": ["inertia", 7],
    "rules": [{"tolerance": 0.1}, "tight", None],
    "units": ["villages", 7],
    "prove": ["yes", None],
    "link_parts": ["yes"],
    "follow_lines": [7],
    "grid": ["cells", 7],
    "workload": [None, "much", 7, [1.0, 2.0]],
}


@pytest.mark.parametrize(("name", "value"), [(name, value) for name, values in WRONG.items() for value in values])
def test_wrong_words_and_numbers_are_refused_with_a_sentence(grid, work, name, value):
    given = {"workload": work, "grid": grid, "n_areas": 3, "prove": False, "effort": 2} | {name: value}
    with pytest.raises((PatrolgeoError, TypeError, ValueError)) as refused:
        design_areas(**given)
    assert refused.traceback[-1].path.parts[-3:-1] in {("plan", "areas"), ("src", "patrolgeo"), ("patrolgeo", "roads")}
    assert len(str(refused.value).split()) > 3


@pytest.mark.parametrize(
    ("name", "value"),
    [("n_areas", 0), ("n_areas", 9), ("tolerance", 2), ("compactness", 4), ("compactness", "high"),
     ("distance", [[1.0]]),
     ("cost", np.ones((3, 8))), ("cost", "dear"), ("cost", np.full((8, 8), np.nan)), ("adjacency", None),
     ("adjacency", "near"), ("adjacency", -np.ones((8, 8))), ("workload", [1.0]), ("workload", -np.ones(8)),
     ("random_state", "seed"), ("units", 7)],
)  # fmt: skip
def test_wrong_tables_and_words_are_refused_with_a_sentence(board, name, value):
    cost, near = board
    given = {"workload": None, "cost": cost, "n_areas": 3, "adjacency": near} | {name: value}
    with pytest.raises((PatrolgeoError, TypeError, ValueError)) as refused:
        design_areas_by_cost(**given)
    assert len(str(refused.value).split()) > 3


def test_an_unknown_name_tells_the_nearest(grid, work):
    with pytest.raises(TypeError, match="did you mean 'tolerance'"):
        design_areas(work, grid, 3, tolerence=0.1)


def test_an_objective_that_gives_no_number_is_refused(grid, work):
    with pytest.raises(DataError, match="finite number"):
        design_areas(work, grid, 3, objective=lambda labels: "good", tolerance=0.5, **QUICK)


def test_a_plan_is_told_in_one_line_and_in_ten(grid, work):
    plan = design_areas(work, grid, 3, tolerance=0.3, random_state=0)
    assert "\n" not in repr(plan)
    lines = str(plan).splitlines()
    assert 6 <= len(lines) <= 10
    assert f"{plan.max_over_mean:.3f}" in lines[1]
