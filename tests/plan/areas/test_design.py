"""Patrol areas: every cell in one connected area, workloads even, the same seed the same plan."""

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo import (
    AlignmentError,
    AreaRules,
    DataError,
    HexGrid,
    InfeasibleError,
    compare_areas,
    design_areas,
    hexagon_graph,
    measure_areas,
    reform_curve,
)


def disk(rings, at=(22.8, 108.3)):
    return h3.grid_disk(h3.latlng_to_cell(*at, 9), rings)


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(disk(10))


@pytest.fixture(scope="module")
def travel(grid):
    return hexagon_graph(grid)


@pytest.fixture(scope="module")
def work(grid):
    return pd.Series(np.random.default_rng(3).gamma(2.0, size=len(grid)), index=grid.cells)


def split_areas(labels, travel):
    """Count areas that are not connected, independently of the library's own measure."""
    pairs = travel.minutes.tocoo()
    area = labels.to_numpy()
    same = area[pairs.row] == area[pairs.col]
    inner = sparse.csr_matrix((np.ones(same.sum()), (pairs.row[same], pairs.col[same])), shape=pairs.shape)
    return connected_components(inner)[0] - len(np.unique(area))


@pytest.mark.parametrize("n_areas", [1, 2, 6, 20])
def test_areas_cover_every_cell_once_and_are_connected(grid, travel, work, n_areas):
    plan = design_areas(work, grid, n_areas, travel=travel, random_state=1)
    assert plan.labels.index.equals(grid.cells)
    assert sorted(plan.labels.unique()) == list(range(n_areas))
    assert split_areas(plan.labels, travel) == plan.noncontiguous == 0


def test_workloads_are_within_the_tolerance_where_cells_are_light(grid, travel, work):
    plan = design_areas(work, grid, 4, travel=travel, tolerance=0.02, random_state=0)
    load = work.groupby(plan.labels).sum()
    assert (load / load.mean()).max() == pytest.approx(plan.max_over_mean)
    assert plan.max_over_mean <= 1.02
    assert plan.notes == ()


def test_objective_is_the_workload_times_minutes_from_the_centres(grid, travel, work):
    plan = design_areas(work, grid, 5, travel=travel, random_state=0)
    minutes = travel.travel_minutes(plan.measures.by_area["center"])
    served = pd.Series([minutes.loc[c, u] for u, c in plan.centers.items()], index=plan.centers.index)
    assert plan.objective == pytest.approx((work * served).sum())
    assert plan.worst_travel_minutes == pytest.approx(served.max())


def test_the_same_seed_gives_the_same_plan_and_leaves_the_input_alone(grid, travel, work):
    before = work.copy()
    first, second = (design_areas(work, grid, 6, travel=travel, random_state=7) for _ in range(2))
    pd.testing.assert_series_equal(first.labels, second.labels)
    pd.testing.assert_series_equal(work, before)


def test_the_order_and_the_scale_of_the_workload_do_not_matter(grid, travel, work):
    plan = design_areas(work, grid, 6, travel=travel, random_state=2)
    shuffled = design_areas(work.sample(frac=1, random_state=0), grid, 6, travel=travel, random_state=2)
    scaled = design_areas(work * 1024, grid, 6, travel=travel, random_state=2)
    pd.testing.assert_series_equal(plan.labels, shuffled.labels)
    pd.testing.assert_series_equal(plan.labels, scaled.labels)


def test_as_many_areas_as_cells_gives_each_its_own_and_one_more_is_infeasible():
    grid = HexGrid.from_cells(disk(1))
    work = pd.Series(1.0, index=grid.cells)
    assert design_areas(work, grid, 7).labels.is_unique
    with pytest.raises(InfeasibleError, match="only 7 cells"):
        design_areas(work, grid, 8)


@pytest.mark.parametrize("where", ["nowhere", "one cell"])
def test_extreme_workloads_still_give_connected_areas_and_a_note(grid, travel, where):
    work = pd.Series(0.0, index=grid.cells)
    if where == "one cell":
        work.iloc[40] = 5.0
    plan = design_areas(work, grid, 5, travel=travel, random_state=0)
    assert plan.labels.nunique() == 5
    assert split_areas(plan.labels, travel) == 0
    assert len(plan.notes) == 1


def test_heavy_parts_get_whole_areas_and_light_ones_join_by_their_link():
    big, island, rock = disk(6), disk(3, (22.8, 108.36)), disk(0, (22.85, 108.33))
    grid = HexGrid.from_cells([*big, *island, *rock])
    travel = hexagon_graph(grid)
    work = pd.Series(1.0, index=grid.cells)
    plan = design_areas(work, grid, 5, travel=travel, random_state=0)
    assert travel.n_parts == 3
    assert split_areas(plan.labels, travel) == 0
    own = plan.labels[list(island)].unique()
    assert len(own) == 1
    sharing = plan.labels.index[plan.labels == own[0]].difference(list(island))
    assert set(sharing) <= set(rock)
    assert "3 parts" in plan.notes[0]
    with pytest.raises(InfeasibleError, match="3 parts"):
        design_areas(work, grid, 5, link_parts=False)


def test_wrong_wishes_are_refused_with_the_value(grid, travel, work):
    with pytest.raises(DataError, match="n_areas=0"):
        design_areas(work, grid, 0, travel=travel)
    with pytest.raises(DataError, match="tolerance=2"):
        design_areas(work, grid, 3, travel=travel, tolerance=2)
    with pytest.raises(DataError, match="workload of"):
        design_areas(work.where(work.index != work.index[5]), grid, 3, travel=travel)
    with pytest.raises(AlignmentError, match="lacks 1 of"):
        design_areas(work.iloc[1:], grid, 3, travel=travel)


def test_outlines_are_valid_and_keep_the_land(grid, travel, work):
    plan = design_areas(work, grid, 4, travel=travel, random_state=0)
    outlines = plan.to_gdf()
    assert outlines.geometry.is_valid.all()
    assert shapely.area(outlines.geometry).sum() == pytest.approx(shapely.area(grid.geometry).sum(), rel=1e-9)


def test_measures_of_the_plan_agree_with_measures_of_its_labels(grid, travel, work):
    plan = design_areas(work, grid, 5, travel=travel, random_state=0)
    again = measure_areas(plan.labels, work, travel)
    table = compare_areas(plan, again)
    assert table.loc[["max_over_mean", "noncontiguous", "cut_pairs"], "change"].abs().max() < 1e-12
    assert again.mean_travel_minutes == pytest.approx(plan.mean_travel_minutes, rel=0.01)


def test_measures_count_split_areas_and_leave_out_units_without_an_area():
    grid = HexGrid.from_cells(disk(2))
    travel = hexagon_graph(grid)
    order = np.argsort(grid.lonlat[:, 0])
    labels = pd.Series("middle", index=grid.cells).astype(object)
    labels.iloc[order[[0, -1]]] = "ends"
    labels.iloc[order[1]] = None
    measures = measure_areas(labels, pd.Series(1.0, index=grid.cells), travel)
    assert measures.by_area["pieces"].to_dict() == {"ends": 2, "middle": 1}
    assert measures.by_area["units"].to_dict() == {"ends": 2, "middle": 16}
    assert measures.noncontiguous == 1


def test_the_bound_is_below_the_objective_and_none_only_when_told_to_skip(grid, travel, work):
    plan = design_areas(work, grid, 5, travel=travel, random_state=0)
    assert plan.bound <= plan.objective
    assert plan.gap < 0.03
    assert plan.bound_holds_for == "these centers"
    skipped = design_areas(work, grid, 5, travel=travel, prove=False, random_state=0)
    assert (skipped.bound, skipped.gap, skipped.bound_holds_for) == (None, None, "none")


def test_small_areas_are_proven_best_against_brute_force():
    grid = HexGrid.from_cells(disk(1) + disk(0, (22.8, 108.306)))
    travel = hexagon_graph(grid)
    work = pd.Series(np.random.default_rng(0).uniform(1, 2, len(grid)), index=grid.cells)
    plan = design_areas(work, grid, 2, travel=travel, tolerance=0.3)
    minutes = travel.travel_minutes(grid.cells).to_numpy()
    best = np.inf
    for code in range(1, 2 ** len(grid) - 1):
        side = (code >> np.arange(len(grid))) & 1
        load = np.bincount(side, work)
        if abs(load / load.mean() - 1).max() > 0.3 or split_areas(pd.Series(side), travel):
            continue
        own = [np.flatnonzero(side == j) for j in (0, 1)]
        best = min(best, sum((minutes[np.ix_(o, o)] @ work.to_numpy()[o]).min() for o in own))
    assert plan.objective == pytest.approx(best, rel=2e-3)
    assert plan.bound <= best * (1 + 1e-9)
    assert plan.bound_holds_for == "any plan"


def test_anchored_areas_are_centred_on_their_stations(grid, travel, work):
    stations = [grid.cells[3], grid.cells[200]]
    plan = design_areas(work, grid, 5, travel=travel, anchors=stations, random_state=0)
    assert set(stations) <= set(plan.measures.by_area["center"])
    assert plan.noncontiguous == 0
    assert plan.max_over_mean <= 1.03


def test_areas_nest_in_jurisdictions(grid, travel, work):
    east = pd.Series(grid.lonlat[:, 0] > np.median(grid.lonlat[:, 0]), index=grid.cells).map({True: "e", False: "w"})
    plan = design_areas(work, grid, 6, travel=travel, nest_in=east, random_state=0)
    assert (east.groupby(plan.labels).nunique() == 1).all()
    with pytest.raises(InfeasibleError, match="2 jurisdictions"):
        design_areas(work, grid, 1, travel=travel, nest_in=east)


def test_todays_areas_are_kept_where_they_are_good_enough(grid, travel, work):
    today = design_areas(work, grid, 6, travel=travel, random_state=0, prove=False).labels.map("area {}".format)
    busier = work.where(today != "area 2", work * 1.3)
    shy = design_areas(busier, grid, 6, travel=travel, current=today, stay_minutes=5, random_state=0)
    bold = design_areas(busier, grid, 6, travel=travel, current=today, stay_minutes=0, random_state=0)
    assert set(shy.labels) == set(today)
    assert 0 < shy.units_moved <= bold.units_moved
    assert shy.units_moved < 0.25 * len(grid)
    assert shy.max_over_mean <= 1.03
    held = list(grid.cells[:40])
    fixed = design_areas(busier, grid, 6, travel=travel, current=today, fixed=held, random_state=0)
    assert fixed.labels[held].equals(today[held].rename("area"))


def test_reassigning_by_hand_measures_again_and_says_so(grid, travel, work):
    plan = design_areas(work, grid, 4, travel=travel, random_state=0)
    unit = plan.labels.index[plan.labels == 0][0]
    changed = plan.reassign({unit: 1})
    assert changed.labels[unit] == 1
    assert plan.labels[unit] == 0
    gained = changed.measures.by_area.loc[1, "workload"] - plan.measures.by_area.loc[1, "workload"]
    assert gained == pytest.approx(work[unit])
    minutes = travel.travel_minutes(changed.centers.unique())
    truth = sum(work[u] * minutes.loc[center, u] for u, center in changed.centers.items())
    assert changed.objective == pytest.approx(truth)
    assert changed.objective != plan.objective
    assert changed.bound is None
    assert any("by hand" in note for note in changed.notes)
    with pytest.raises(DataError, match="is not an area"):
        plan.reassign({unit: 9})


def test_a_response_cap_is_kept_or_the_error_says_how_near_the_plan_came(grid, travel, work):
    free = design_areas(work, grid, 6, travel=travel, prove=False, random_state=0)
    cap = free.worst_travel_minutes * 0.97
    capped = design_areas(work, grid, 6, travel=travel, max_minutes=cap, tolerance=0.3, prove=False)
    assert capped.worst_travel_minutes <= cap
    with pytest.raises(InfeasibleError, match=r"max_minutes=1: .* minutes from a centre"):
        design_areas(work, grid, 4, travel=travel, max_minutes=1.0, prove=False, random_state=0)


def test_units_that_may_not_share_an_area_do_not(grid, travel, work):
    free = design_areas(work, grid, 5, travel=travel, prove=False, random_state=0).labels
    own = free.index[free == free.iloc[0]]
    pairs = [(own[0], own[len(own) // 2]), (own[0], own[-1])]
    apart = design_areas(work, grid, 5, travel=travel, forbidden=pairs, prove=False, random_state=0)
    assert all(apart.labels[a] != apart.labels[b] for a, b in pairs)
    assert split_areas(apart.labels, travel) == 0
    three = list(h3.grid_disk(grid.cells[0], 1))
    triangle = [cell for cell in three if cell in set(grid.cells)][:3]
    clique = [(a, b) for a in triangle for b in triangle if a < b]
    with pytest.raises(InfeasibleError, match="forbidden: no plan was found that keeps"):
        design_areas(work, grid, 2, travel=travel, forbidden=clique, prove=False)
    with pytest.raises(DataError, match="two different units"):
        design_areas(work, grid, 2, travel=travel, forbidden=[(own[0], own[0])])


def test_no_area_is_smaller_than_asked_for(grid, travel):
    crowded = pd.Series(1.0, index=grid.cells)
    crowded.iloc[:4] = 30.0
    free = design_areas(crowded, grid, 8, travel=travel, tolerance=0.5, prove=False, random_state=0)
    plan = design_areas(crowded, grid, 8, travel=travel, tolerance=0.5, min_units=20, prove=False, random_state=0)
    assert free.measures.by_area["units"].min() < 20 <= plan.measures.by_area["units"].min()
    with pytest.raises(InfeasibleError, match="min_units=50 in each of 8 areas needs 400"):
        design_areas(crowded, grid, 8, travel=travel, min_units=50)


def test_wishes_hold_together_with_the_areas_of_today(grid, travel, work):
    today = design_areas(work, grid, 6, travel=travel, prove=False, random_state=0).labels
    stations = [today.index[today == 4][0], today.index[today == 2][0]]
    plan = design_areas(work, grid, 6, travel=travel, current=today, anchors=stations, prove=False)
    assert plan.labels[stations].tolist() == [4, 2]
    assert set(stations) <= set(plan.measures.by_area["center"])
    county = today.map(lambda area: "east" if area < 3 else "west")
    nested = design_areas(work, grid, 6, travel=travel, current=today, nest_in=county, stay_minutes=0, prove=False)
    assert (county.groupby(nested.labels).nunique() == 1).all()
    with pytest.raises(InfeasibleError, match="lie in one area of `current`"):
        design_areas(work, grid, 6, travel=travel, current=today, anchors=list(today.index[today == 1][:2]))
    crossing = county.where(county.index != stations[0], "east")
    with pytest.raises(InfeasibleError, match="crosses a border of nest_in"):
        design_areas(work, grid, 6, travel=travel, current=today, nest_in=crossing)


def test_the_curve_of_gain_against_change_rises_with_the_units_moved(grid, travel, work):
    today = design_areas(work, grid, 6, travel=travel, prove=False, random_state=3).labels
    busier = work.where(today != 2, work * 1.5)
    curve = reform_curve(busier, today, (20.0, 1.0, 0.0), grid=grid, travel=travel, random_state=0)
    assert curve.index.tolist() == [20.0, 1.0, 0.0]
    assert curve["moved_share"].iloc[0] < curve["moved_share"].iloc[-1]
    assert (curve["max_over_mean"] <= curve["max_over_mean_today"]).all()
    assert curve["minutes_saved"].idxmax() == 0.0


def enclaves(labels, travel, grid):
    """Return the areas that touch only one other area and not the rim of the study area."""
    area, pairs = labels.to_numpy(), travel.minutes.tocoo()
    rim = np.flatnonzero(np.asarray(grid.adjacency(1).sum(axis=1)).ravel() < 6)
    beside = {a: set(area[pairs.col[area[pairs.row] == a]]) - {a} for a in np.unique(area)}
    return [a for a, others in beside.items() if len(others) == 1 and a not in set(area[rim])]


def test_no_area_is_an_enclave_and_few_hang_on_a_single_cell():
    grid = HexGrid.from_cells(disk(11))
    travel = hexagon_graph(grid)
    middle = np.hypot(*(grid.xy - grid.xy.mean(axis=0)).T)
    town = pd.Series(1 + 200 * np.exp(-((middle / 600) ** 2)), index=grid.cells)
    plan = design_areas(town, grid, 6, travel=travel, tolerance=0.1, prove=False, random_state=0)
    assert enclaves(plan.labels, travel, grid) == []
    necks = 0
    for area in range(6):
        own = np.flatnonzero(plan.labels.to_numpy() == area)
        inside = travel.minutes[own][:, own]
        for at in range(len(own)):
            rest = np.delete(np.arange(len(own)), at)
            sizes = np.bincount(connected_components(inside[rest][:, rest])[1])
            necks += len(sizes) > 1 and np.sort(sizes)[-2] >= 3
    assert necks <= 2


@pytest.mark.parametrize("seed", [0, 1])
def test_areas_meet_across_a_river_only_at_its_bridge(seed):
    grid = HexGrid.from_cells(disk(9))
    river = gpd.GeoSeries([shapely.LineString([(108.3005, 22), (108.3005, 23)])], crs="EPSG:4326")
    bridge = gpd.GeoSeries([shapely.Point(108.3005, 22.8)], crs="EPSG:4326")
    travel = hexagon_graph(grid, barriers=river, bridges=bridge)
    plan = design_areas(pd.Series(1.0, index=grid.cells), grid, 5, travel=travel, prove=False, random_state=seed)
    assert travel.n_parts == 1
    east = grid.lonlat[:, 0] > 108.3005
    pairs = sparse.triu(travel.minutes).tocoo()
    crossing = pairs.row[east[pairs.row] != east[pairs.col]], pairs.col[east[pairs.row] != east[pairs.col]]
    both = plan.labels.groupby(plan.labels).apply(lambda own: len(set(east[grid.cells.get_indexer(own.index)])) == 2)
    label = plan.labels.to_numpy()
    bridged = {int(label[i]) for i, j in zip(*crossing, strict=True) if label[i] == label[j]}
    assert len(crossing[0]) == 1
    assert set(both.index[both]) <= bridged


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 1000), n_areas=st.integers(1, 6), scale=st.sampled_from([1e-6, 1.0, 4096.0]))
def test_any_workload_is_divided_into_whole_connected_areas(seed, n_areas, scale):
    grid = HexGrid.from_cells(disk(3))
    travel = hexagon_graph(grid)
    draw = np.random.default_rng(seed)
    values = draw.gamma(0.5, size=len(grid)) * (draw.random(len(grid)) > 0.3)
    plan = design_areas(pd.Series(values * scale, index=grid.cells), grid, n_areas, travel=travel, prove=False)
    again = design_areas(
        pd.Series(values, index=grid.cells).sample(frac=1, random_state=seed), grid, n_areas, travel=travel, prove=False
    )
    assert sorted(plan.labels.unique()) == list(range(n_areas))
    assert split_areas(plan.labels, travel) == 0
    assert plan.measures.by_area["workload"].sum() == pytest.approx(values.sum() * scale)
    if scale != 1e-6:
        pd.testing.assert_series_equal(plan.labels, again.labels)


def test_polygons_instead_of_cells(grid):
    boxes = [
        shapely.box(108 + i / 100, 22 + j / 100, 108.01 + i / 100, 22.01 + j / 100) for i in range(6) for j in range(6)
    ]
    names = [f"village {i}" for i in range(36)]
    villages = gpd.GeoDataFrame(index=names, geometry=boxes, crs="EPSG:4326")
    plan = design_areas(pd.Series(1.0, index=names), None, 4, units=villages, random_state=0)
    assert plan.measures.by_area["units"].tolist() == [9, 9, 9, 9]
    assert plan.noncontiguous == 0
    assert len(plan.to_gdf()) == 4


def test_areas_of_today_can_be_mended_when_all_work_lies_in_one_unit_that_is_an_area(grid, travel):
    """One unit cannot be divided: nothing is given up for it; anchors and fixed units stay where they are."""
    today = design_areas(pd.Series(1.0, index=grid.cells), grid, 4, travel=travel, prove=False).labels
    spot = today.index[today == 2][0]
    today[spot] = 4
    work = pd.Series(0.0, index=grid.cells)
    work[spot] = 1.0
    rules = AreaRules(anchors=[today.index[today == 1][3]], fixed=list(today.index[today == 0][:3]))
    plan = design_areas(work, travel, 5, units=grid, current=today, rules=rules, prove=False, effort=20)
    assert plan.labels.nunique() == 5
    assert plan.noncontiguous == 0
    assert plan.labels[spot] == 4
    assert (plan.labels[list(rules.fixed)] == 0).all()
    assert plan.centers[rules.anchors[0]] == rules.anchors[0]
