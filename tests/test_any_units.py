"""Whatever the package computes on hexagons it computes on squares and on street segments."""

import warnings
from inspect import isabstract

import numpy as np
import pandas as pd
import pytest

import patrolgeo as pg
from patrolgeo import DataError
from patrolgeo.risk.protocol import BaseRisk
from small_city import KINDS, small_city

MODELS = [
    name
    for name in pg.__all__
    if isinstance(kind := getattr(pg, name), type) and issubclass(kind, BaseRisk) and not isabstract(kind)
]


@pytest.fixture(params=KINDS)
def city(request):
    return small_city(request.param)


@pytest.mark.parametrize("name", MODELS)
def test_every_risk_model_forecasts_and_is_kept(city, name, tmp_path):
    model = getattr(pg, name)().fit(city.panel, exposure=city.residents, units=city.units)
    said = model.predict(2)
    assert said.columns.equals(city.panel.columns)
    assert np.isfinite(said.to_numpy()).all()
    assert (said.to_numpy() >= 0).all()
    assert said.iloc[0].sum() == pytest.approx(60, rel=0.35)
    mixed = city.panel.sample(frac=1, axis=1, random_state=1)
    again = getattr(pg, name)().fit(mixed, exposure=city.residents, units=city.units).predict(2)
    pd.testing.assert_frame_equal(again[said.columns], said)
    file = pg.save_model(model, tmp_path / "m.npz")
    pd.testing.assert_frame_equal(pg.load_model(file, units=city.units).predict(2), said)


def test_a_model_asks_for_units_and_knows_them_again(tmp_path):
    city = small_city("squares")
    with pytest.raises(DataError, match=r"columns of the panel are not H3 cells .* as units="):
        pg.KernelRisk().fit(city.panel)
    file = pg.save_model(pg.KernelRisk().fit(city.panel, units=city.units), tmp_path / "m.npz")
    with pytest.raises(DataError, match="give them as units="):
        pg.load_model(file)
    moved = pg.SquareGrid(**{**city.units.__getstate__(), "corner": (0.0, 0.0)})
    with pytest.raises(DataError, match="other units of these labels"):
        pg.load_model(file, units=moved)
    with pytest.raises(pg.AlignmentError, match="units lacks 1 of 165"):
        pg.KernelRisk().fit(city.panel, units=city.units.select(city.units.cells[1:]))


def test_two_grids_with_the_same_labels_are_not_taken_for_each_other():
    city = small_city("squares")
    state = city.units.__getstate__()
    wide = pg.SquareGrid(**{**state, "side_m": 2000.0, "step": 2000.0})
    near, far = (pg.KernelRisk(bandwidth=300).fit(city.panel, units=u).predict() for u in (city.units, wide))
    assert not np.allclose(near, far)
    near, far = (pg.RiskStack().fit(city.panel, units=u).predict() for u in (city.units, wide))
    assert not np.allclose(near, far)


@pytest.mark.parametrize("null", ["expected", "raw"])
@pytest.mark.parametrize("name", ["GetisOrd", "LocalMoran"])
def test_local_statistics_find_the_three_spots(city, name, null):
    statistic = getattr(pg, name)(null=null)
    labels = statistic.fit_predict(city.panel, city.residents if null == "expected" else None, units=city.units)
    if null == "expected":
        busiest = city.panel.sum().nlargest(3).index
        assert labels[busiest].isin(["hot", "high-high", "high-low"]).any()
    by_hand = getattr(pg, name)(null=null, connectivity=city.units.adjacency(1))
    by_hand.fit(city.panel[city.units.cells], city.residents if null == "expected" else None)
    pd.testing.assert_series_equal(statistic.statistic_, by_hand.statistic_[city.panel.columns])


def test_without_an_exposure_units_are_expected_to_have_incidents_by_area_or_length(city):
    with pytest.warns(pg.PatrolgeoWarning, match="length" if city.units.are_lines else "area"):
        found = pg.GetisOrd(alone=False).fit(city.panel, units=city.units)
    near = city.units.adjacency(1) @ city.units.size + city.units.size
    expected = near / city.units.size.sum() * city.panel.to_numpy().sum()
    np.testing.assert_allclose(found.expected_[city.units.cells], expected)


@pytest.mark.parametrize("name", ["moran", "geary", "general_g"])
def test_global_statistics_see_the_pattern(city, name):
    people = () if name == "general_g" else (city.residents,)
    found = getattr(pg, name)(city.panel, *people, units=city.units, n_permutations=199)
    assert found.p_value <= 0.02
    mixed = city.panel.sample(frac=1, axis=1, random_state=2)
    assert getattr(pg, name)(mixed, *people, units=city.units, n_permutations=199).statistic == pytest.approx(
        found.statistic
    )


def test_densities_keep_their_incidents_and_peak_where_they_lie(city):
    inside = city.incidents[city.units.locate(city.incidents).notna()]
    surface = pg.kernel_density(inside, city.units, 200, edge_correction=True)
    assert (surface * city.units.ground_km2).sum() == pytest.approx(len(inside), rel=1e-6)
    assert surface[city.panel.sum().idxmax()] > 3 * surface.median()
    rate = pg.relative_density(city.incidents, city.units, city.residents, 300)
    assert np.isfinite(rate).all()


def test_hot_spots_are_joined_within_their_limit(city):
    counts = city.panel.sum()
    expected = counts.sum() * city.units.size / city.units.size.sum()
    spots = pg.join_hot_spots(counts > 2 * expected, counts, expected, city.units, max_km2=0.2, max_km=0.8)
    size = spots.table["length_km" if city.units.are_lines else "area_km2"]
    assert (size <= (0.8 if city.units.are_lines else 0.2) + 1e-9).all()
    assert len(spots) >= 3
    assert "km" in str(spots)


def test_what_follows_an_incident_is_expected_around_it(city):
    points = city.incidents[city.incidents["time"] > "2024-07-20"]
    bands = {"distance_bands": [0, 200, 400], "day_bands": [0, 7, 14]}
    xy = points.geometry.to_crs("EPSG:32650")
    found = pg.knox(np.column_stack([xy.x, xy.y]), points["time"], **bands, n_permutations=99, random_state=0)
    due = pg.follow_on_risk(found, points, city.units, "2024-07-30")
    assert due.index.equals(city.units.cells)
    assert (due >= 0).all()


def test_neighbours_by_distance_are_those_of_the_points(city):
    cells = city.panel.columns[::-1]
    near = pg.distance_neighbors(cells, 300, units=city.units).toarray()
    xy = pd.DataFrame(city.units.xy, index=city.units.cells).loc[cells].to_numpy()
    apart = np.hypot(*(xy[:, None] - xy[None]).transpose(2, 0, 1))
    np.testing.assert_array_equal(near > 0, (apart <= 300) & ~np.eye(len(cells), dtype=bool))


def test_concentration_and_change_go_by_unit(city):
    held = pg.concentration(city.panel.sum(), city.units.size)
    assert 0 < held.gini < 1
    change = pg.compare_periods(city.panel, "28D")
    assert change.index.equals(city.panel.columns)


def test_people_and_patrollable_units(city):
    people = pg.interpolate(_homes(city), city.units, "people")
    assert people["people"].sum() + people.attrs["outside"]["people"] == pytest.approx(4000)
    mark = pg.patrollable_cells(city.units, people["people"])
    assert mark.sum() == (people["people"] > 0).sum()


def _homes(city):
    homes = city.incidents.iloc[:400][["geometry"]].copy()
    homes["people"] = 10
    return homes


def test_patrol_areas_are_whole_balanced_and_serve_every_unit(city):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        plan = pg.design_areas(city.residents, city.units, 4, effort=30, prove=False)
    assert plan.labels.index.equals(city.units.cells)
    assert plan.labels.nunique() == 4
    load = city.residents.groupby(plan.labels).sum()
    assert load.max() / load.mean() < 1.1


@pytest.mark.parametrize("name", ["p_median", "p_center", "max_coverage", "backup_coverage", "set_cover", "capacity"])
def test_site_plans_serve_units_by_their_travel_time(city, name):
    candidates = city.roads.nodes.iloc[::18]
    cost = pg.travel_time(city.roads, candidates.geometry, city.units)
    demand = city.residents
    plan = {
        "p_median": lambda: pg.p_median(cost, 3, demand),
        "p_center": lambda: pg.p_center(cost, 3),
        "max_coverage": lambda: pg.max_coverage(cost, 3, 2.0, demand),
        "backup_coverage": lambda: pg.backup_coverage(cost, 3, 2.5, demand),
        "set_cover": lambda: pg.set_cover(cost, 12.0),
        "capacity": lambda: pg.capacitated_p_median(cost, 3, demand.sum() / 2, demand, load=demand, time_limit=2),
    }[name]()
    assert set(plan.sites) <= set(candidates.index)
    assert plan.status in ("optimal", "time_limit", "heuristic")


def test_backtests_are_run_and_scored_and_the_order_of_units_changes_nothing(city):
    class Plain:  # a model of one's own that knows no units
        def fit(self, panel, exposure=None, covariates=None):
            self.panel = panel
            return self

        def predict(self, horizon=1):
            rows = pg.next_periods(self.panel.index, horizon)
            return pd.DataFrame([self.panel.mean()] * horizon, index=rows)

    models = {"kernel": pg.KernelRisk(), "plain": Plain()}
    said = pg.backtest(models, city.panel, n_origins=2, units=city.units)
    scores = pg.evaluate(city.panel, said, units=city.units)
    mixed = city.panel.sample(frac=1, axis=1, random_state=1)
    again = pg.evaluate(mixed, pg.backtest(models, mixed, n_origins=2, units=city.units), units=city.units)
    pd.testing.assert_frame_equal(again, scores)
