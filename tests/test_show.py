"""What results show: the repr is one line, print shows at most ten lines, and the numbers are the result's own."""

import inspect
from dataclasses import is_dataclass
from functools import cache, partial

import geopandas as gpd
import h3
import numpy as np
import pandas as pd
import pytest
import shapely

import patrolgeo as pg
from patrolgeo._show import Shown

pytestmark = pytest.mark.filterwarnings("ignore")

RNG = np.random.default_rng(0)
GRID = pg.HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(31.7, 119.95, 9), 4))
PEOPLE = pd.Series(np.arange(10.0, 10.0 + len(GRID)), GRID.cells)
PANEL = pd.DataFrame(RNG.poisson(1.0, (3, len(GRID))), pd.date_range("2024-01-01", periods=3, freq="7D"), GRID.cells)
WAYS = [shapely.LineString([(119.9 + k / 50, 31.7), (119.92 + k / 50, 31.7)]) for k in range(5)]
ROADS = pg.RoadGraph.from_lines(gpd.GeoSeries(WAYS, crs=4326), speed=40)
COST = pd.DataFrame(RNG.integers(0, 20, (6, 30)).astype(float), list("abcdef"), [f"village {j}" for j in range(30)])
SIDE = pd.Series(["E", "W"] * 3, COST.index), pd.Series(["E", "W"] * 15, COST.columns)
VILLAGES = gpd.GeoDataFrame(
    {"population": [900, 100, 500]}, geometry=gpd.points_from_xy([119.9, 119.92, 119.96], [31.7] * 3), crs=4326
)
POINTS = gpd.GeoDataFrame(
    {"time": pd.date_range("2024-01-01", periods=40, freq="12h"), "id": range(40)},
    geometry=gpd.points_from_xy(*RNG.uniform([119.9, 31.7], [119.903, 31.703], (40, 2)).T), crs=4326,
)  # fmt: skip
AROUND = gpd.GeoSeries([shapely.box(119.9, 31.7, 119.903, 31.703)], crs=4326)
METRES = RNG.uniform(0, 500, (40, 2))
SITES = pd.Index(["a very long name of a road\nthat goes on over two lines" + "x" * 90] * 30)

VILLAGES = VILLAGES.assign(name=["a market", "a bus stop", "a school"], kind=["market", "bus stop", "school"])
RECEIVED = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.arange(200) * 60, "min")
CALLS = gpd.GeoDataFrame(
    {name: RECEIVED + pd.Timedelta(minutes=m) for name, m in zip(
        ("received", "dispatched", "arrived", "cleared"), (0, 1, 9, 30), strict=True)},
    geometry=gpd.points_from_xy(*RNG.uniform([119.9, 31.7], [120.1, 31.8], (200, 2)).T), crs=4326,
)  # fmt: skip
SPOTS = gpd.GeoDataFrame({
    "incidents": [40.0], "expected": [9.0], "kinds": ["theft 80 %"], "peak_workdays": ["20-24"],
    "peak_weekend": ["21-1"], "hours_known": [0.8], "repeat_share": [0.5], "repeat_by_chance": [0.2],
    "years_above": [2], "years": [2],
}, geometry=VILLAGES.geometry.iloc[:1], crs=4326)  # fmt: skip


@cache
def areas():
    return pg.design_areas(PEOPLE, GRID, 3, effort=500)


def ledger():
    rows = pd.DataFrame({"time": ["2024-03-05", None], "category": "theft", "lon": 119.9, "lat": 31.7})
    return pg.read_incidents(rows, return_ledger=True)[1]


MAKE = {
    "HexGrid": lambda: GRID,
    "SquareGrid": lambda: pg.SquareGrid.from_area(VILLAGES.set_geometry(VILLAGES.buffer(0.01)), 500),
    "AreaUnits": lambda: pg.AreaUnits.from_layer(VILLAGES.set_geometry(VILLAGES.buffer(0.01)), "population"),
    "SuppressedCounts": lambda: pg.suppress_small_counts(PANEL),
    "GlobalStatistic": lambda: pg.moran(PANEL, PEOPLE, n_permutations=19),
    "KnoxResult": lambda: pg.knox(METRES, POINTS["time"], [0, 100, 200, 300], range(0, 20, 3), n_permutations=9),
    "NearRepeats": lambda: pg.near_repeat(POINTS, 200, 3),
    "Concentration": lambda: pg.concentration(PANEL),
    "RepeatPlaces": lambda: pg.repeat_places(POINTS, GRID),
    "RiskyFacilities": lambda: pg.risky_facilities(POINTS, VILLAGES.assign(kind=["bar", "bar", "shop"])),
    "ProblemSheet": lambda: pg.problem_sheets(SPOTS, VILLAGES, found_on="2024-12-31", days=730)[0],
    "Centrography": lambda: pg.centrography(POINTS),
    "IncidentClusters": lambda: pg.cluster_incidents(POINTS, max_distance=100, min_incidents=3),
    "HierarchicalClusters": lambda: pg.nearest_neighbor_clusters(POINTS, AROUND, min_incidents=3),
    "NearestNeighborIndex": lambda: pg.nearest_neighbor_index(POINTS, AROUND, n_permutations=19),
    "RipleyK": lambda: pg.ripley_k(POINTS, [50, 100], AROUND, n_permutations=19),
    "ScanResult": lambda: pg.scan_statistic(PANEL.sum(), PEOPLE, grid=GRID, n_permutations=19),
    "SpaceTimeHotspots": lambda: pg.space_time_hotspots(PANEL, units=GRID),
    "HotSpots": lambda: pg.join_hot_spots(PEOPLE > 40, PANEL.sum(), PEOPLE / 20, GRID),
    "CellGraph": lambda: pg.hexagon_graph(GRID),
    "AreaDraft": lambda: pg.draft_areas(areas()),
    "AreaHierarchy": lambda: pg.nest_areas(PEOPLE, GRID, {"station": 2, "police": 4}, effort=20),
    "AreaRobustness": lambda: pg.area_robustness(areas(), pd.DataFrame({"next": PEOPLE}), redrawn=1),
    "AreaGoals": lambda: pg.AreaGoals(travel=0.6, response=0.4, within_minutes=8),
    "ShiftAreas": lambda: pg.design_shift_areas(PEOPLE.to_frame("day").assign(night=1.0), GRID, 3, effort=20),
    "ParetoAreas": lambda: pg.pareto_areas(PEOPLE, GRID, 3, tolerances=(0.1,), effort=20),
    "AreaRules": lambda: pg.AreaRules(tolerance=0.1, fixed=pd.Series(0, GRID.cells[:3])),
    "AreaPlan": areas,
    "Delivery": lambda: pg.compare_delivery(PEOPLE.iloc[:9], PEOPLE / 2, areas=pd.Series(1, PEOPLE.index)),
    "ExposureAudit": lambda: pg.exposure_audit(PEOPLE, pd.DataFrame({"a": PEOPLE / 100, "b": 0.0}), PEOPLE, n_boot=50),
    "FeedbackAudit": lambda: pg.feedback_audit(PANEL, PANEL * 0.1),
    "Effect": lambda: pg.weighted_displacement((20, 20), (20, 10)),
    "Impact": lambda: pg.difference_in_differences(pd.DataFrame(RNG.poisson(5, (12, 30))), range(9), 6),
    "SyntheticControl": lambda: pg.synthetic_control(pd.DataFrame(RNG.poisson(9, (20, 25))), 3, 12),
    "InterruptedSeries": lambda: pg.interrupted_time_series(pd.Series(RNG.poisson(9, 156)), 104),
    "HotPlaceChange": lambda: pg.hot_place_change(pd.Series(range(40)), pd.Series(range(40)), range(30, 40)),
    "Assignment": lambda: pg.assign_treatment(pd.Series(range(1, 41)), 9, random_state=0),
    "CostBenefit": lambda: pg.cost_benefit(-40, 120_000, 22.4, value=5000),
    "AreaMeasures": lambda: areas().measures,
    "Edition": lambda: pg.Edition("A title\nof two lines"),
    "Findings": lambda: pg.Findings({"n": 1}, cells=PANEL),
    "RoadGraph": lambda: ROADS,
    "JoinedGraph": lambda: pg.join_graphs(ROADS, pg.hexagon_graph(GRID)),
    "FlowPaths": lambda: pg.flow_paths(ROADS, pd.Series({(0, 3): 120.0, (1, 2): 7.0})),
    "RouteRules": lambda: pg.RouteRules(mandatory=["a long way"], visits=2),
    "RoutePlan": lambda: pg.design_routes(np.ones(9), np.arange(81.0).reshape(9, 9), 2, 90, 12, base=0),
    "RoutePool": lambda: pg.design_routes(np.ones(9), np.arange(81.0).reshape(9, 9), 2, 90, 12, base=0).pool,
    "Watcher": lambda: pg.watch_routes(MAKE["RoutePlan"](), days=3, n_days=5),
    "StreetPlan": lambda: pg.street_routes(
        pd.DataFrame({"source": range(40), "target": range(1, 41), "cost": 1.0, "demand": 1.0}), 0, 10, effort=0
    ),
    "SitePlan": lambda: pg.max_coverage(COST, 3, 6),
    "SiteRules": lambda: pg.SiteRules(site_cost=pd.Series(1.0, COST.index), budget=3.0),
    "InterceptionPlan": lambda: pg.intercept_flows([["a", "b"], ["b"], ["c"]], [3.0, 2.0, 1.0], 2),
    "CordonPlan": lambda: pg.seal_cordon(ROADS, [0], outside=[5], valid_until="2030-01-01", basis="order 1"),
    "JointPlan": lambda: pg.joint_coverage(COST, 4, 9, *SIDE),
    "NestedTiers": lambda: pg.nested_tiers(
        partial(pg.intercept_flows, [["a", "m"], ["m", "b"], ["a"], ["b"]], [3.0, 3.0, 2.0, 2.0]), {"low": 1, "high": 2}
    ),
    "Traffic": lambda: pg.county_traffic(ROADS, VILLAGES),
    "Defence": lambda: pg.defend_places(ROADS, VILLAGES, 2, 3.0, pd.Series(1.0, range(5))),
    "CheckpointPlan": lambda: pg.plan_checkpoints(ROADS, VILLAGES, 1, grades={"raised": 2}, key_places=VILLAGES),
    "HypercubeResult": lambda: pg.hypercube([1.0, 2.0], 2.0, [[0, 1], [1, 0]], travel=[[1.0, 3.0], [3.0, 1.0]]),
    "DispatchResult": lambda: pg.simulate_dispatch(
        pg.sample_calls([1.0, 2.0], 1), [0, 1], pd.DataFrame([[1.0, 3.0], [3.0, 1.0]])
    ),
    "ShiftPlan": lambda: pg.staff_shifts([3] * 168, lengths=(12,)),
    "ResponseModel": lambda: pg.fit_response(CALLS, n_bases=2, n_units=3),
    "ResponsePlan": lambda: pg.plan_response(
        pg.sample_calls([1.0, 2.0], 1), pd.DataFrame({"base": [0, 1]}), pd.DataFrame([[1.0, 3.0], [3.0, 1.0]]),
        today=pd.DataFrame({"base": [0]}),
    ),
    "Ledger": ledger,
    "Ears": lambda: pg.Ears(method="C2"),
    "Farrington": pg.Farrington,
    "NegBinEwma": lambda: pg.NegBinEwma(half_life=8),
    "Cusum": pg.Cusum,
    "ProspectiveScan": pg.ProspectiveScan,
    "Glr": pg.Glr,
}  # fmt: skip
RESULTS = [
    name
    for name in pg.__all__
    if inspect.isclass(what := getattr(pg, name))
    and (is_dataclass(what) or name == "Ledger")
    and not issubclass(what, pg.BaseRisk)
]


@pytest.mark.parametrize("name", RESULTS)
def test_a_result_shows_one_line_and_prints_ten(name):
    """Every public result: the repr is one line that names the class; print shows at most ten lines."""
    result = MAKE[name]()
    assert isinstance(result, getattr(pg, name))
    assert "\n" not in repr(result)
    assert repr(result).startswith(f"{name}(")
    assert len(repr(result)) <= 120
    lines = str(result).splitlines()
    assert 1 <= len(lines) <= 10
    assert all(len(line) <= 120 for line in lines)


@pytest.mark.parametrize("name", [name for name in MAKE if name.endswith("Plan")])
def test_a_plan_prints_its_value_its_bound_and_its_status(name):
    """The numbers that are printed are those of the plan."""
    plan = MAKE[name]()
    proved = plan.interception if name == "CheckpointPlan" else plan
    told = dict(line.split(maxsplit=1) for line in str(plan).splitlines())
    assert told["value"] == f"{proved.objective:,.6g} ({proved.status})"
    assert float(told["bound"].split()[0].replace(",", "")) == pytest.approx(proved.bound, rel=1e-5)
    assert proved.status in repr(plan)


def test_the_numbers_that_are_printed_are_counted_again():
    """Counts of the lines of several results, found a second way."""
    assert f"{len(GRID.cells)} cells of resolution 9" in repr(GRID)
    assert f"{len(ROADS.edges)} road pieces" in repr(ROADS)
    plan = areas()
    load = PEOPLE.groupby(plan.labels).sum()
    assert f"heaviest {load.max() / load.mean():.3f} of the mean" in repr(plan)
    pairs = (
        sum(plan.labels[a] != plan.labels[b] for a in GRID.cells for b in h3.grid_ring(a, 1) if b in GRID.cells) // 2
    )
    assert f"{pairs} pairs of neighbours" in str(plan.measures)
    book = ledger()
    assert "2 read, 1 kept, set aside: missing_time 1" in repr(book)
    spots = MAKE["HotSpots"]()
    assert f"{spots.table['cells'].sum()} of {len(GRID)} cells" in repr(spots)


def test_long_and_many_things_are_cut_and_counted():
    """Names with line breaks stay on one line; what does not fit into ten lines is counted."""

    class Long(Shown):
        def _head(self):
            return " and ".join(SITES)

        def _rows(self):
            return [(f"row {k}", SITES[0]) for k in range(40)]

    lines = str(Long()).splitlines()
    assert len(lines) == 10
    assert lines[-1].endswith("and 32 more lines")
    assert all(len(line) <= 120 for line in (*lines, repr(Long())))


def test_settings_name_what_was_said():
    """A settings object shows the fields that are not as they are by default, tables by their size."""
    assert repr(pg.AreaRules(tolerance=0.1)) == "AreaRules(tolerance=0.1)"
    assert repr(MAKE["AreaRules"]()) == "AreaRules(tolerance=0.1, fixed=Series of 3)"


NOTHING = {
    "no incident": lambda: pg.concentration(PANEL * 0),
    "no hot spot": lambda: pg.join_hot_spots(PEOPLE > 1e9, PANEL.sum(), PEOPLE / 20, GRID),
    "no pair": lambda: pg.near_repeat(POINTS.iloc[:0], 10, 1),
    "no close pair": lambda: pg.knox(METRES, POINTS["time"], [0, 1e-4], [0, 1e-3], n_permutations=9),
    "no demand": lambda: pg.max_coverage(COST, 2, 6, pd.Series(0.0, COST.columns)),
    "no variation": lambda: pg.moran(PANEL * 0, PEOPLE, n_permutations=9),
    "one cell": lambda: pg.hexagon_graph(pg.HexGrid.from_cells(list(GRID.cells[:1]))),
    "no way": lambda: pg.flow_paths(ROADS, pd.Series({(0, 0): 1.0})),
}


@pytest.mark.parametrize("name", NOTHING)
def test_where_there_is_nothing_no_nan_is_printed(name):
    """Empty and even inputs: what is printed says so in words."""
    shown = str(NOTHING[name]())
    assert shown
    assert "nan" not in shown.lower()
