"""Enclaves and necks: counted as taking units out one by one counts them, and mended without breaking a rule."""

import h3
import numpy as np
import pandas as pd
import pytest
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo import AreaRules, DataError, HexGrid, InfeasibleError, design_areas, hexagon_graph, measure_areas
from patrolgeo.plan.optimise.districts.faults import cut_units, necks
from patrolgeo.plan.optimise.districts.graph import Graph


@pytest.fixture(scope="module")
def grid():
    return HexGrid.from_cells(h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 5))


@pytest.fixture(scope="module")
def travel(grid):
    return hexagon_graph(grid)


def n_pieces(minutes, units):
    return connected_components(minutes[units][:, units], directed=False)[0]


def cut_by_hand(minutes, area):
    """Return which units cut their area, by taking each out and counting the pieces that are left."""
    cut = np.zeros(len(area), bool)
    for unit in range(len(area)):
        own = np.flatnonzero(area == area[unit])
        rest = own[own != unit]
        cut[unit] = len(rest) > 0 and n_pieces(minutes, rest) > n_pieces(minutes, own)
    return cut


def enclosed_by_hand(grid, labels):
    """Return the enclaves of each area: pieces in a hole of another one, by their outlines."""
    shapes = grid.geometry.to_numpy()
    outline = {a: shapely.union_all(shapes[labels.to_numpy() == a]) for a in labels.unique()}
    found = dict.fromkeys(outline, 0)
    for own, shape in outline.items():
        for piece in shapely.get_parts(shape):
            for around, other in outline.items():
                solid = shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(other)])
                ring = shapely.union_all([other, piece])
                filled = shapely.area(shapely.union_all([shapely.Polygon(p.exterior) for p in shapely.get_parts(ring)]))
                inside = solid.buffer(1e-9).contains(piece) and abs(filled - solid.area) < 1e-12
                touches = other.boundary.intersection(piece.buffer(1e-9)).length > piece.boundary.length * 0.99
                found[own] += own != around and inside and touches
    return found


@pytest.mark.parametrize("seed", range(8))
def test_cut_units_are_those_that_taking_out_one_by_one_finds(seed):
    rng = np.random.default_rng(seed)
    n = 60
    i, j = rng.integers(0, n, (2, 80))
    minutes = sparse.coo_matrix((np.ones(80), (i, j)), shape=(n, n)).tocsr()
    minutes.setdiag(0)
    minutes = minutes + minutes.T
    minutes.eliminate_zeros()
    area = rng.integers(0, 3, n)
    graph = Graph.of(minutes)
    assert cut_by_hand(minutes, area).any()
    assert (cut_units(graph, area) == cut_by_hand(minutes, area)).all()
    narrows = cut_by_hand(minutes, np.zeros(n, np.int64))
    assert (necks(graph, area) == (cut_by_hand(minutes, area) & ~narrows)).all()


@pytest.mark.parametrize("seed", range(4))
def test_measures_count_enclaves_and_necks_area_by_area(grid, travel, seed):
    rng = np.random.default_rng(seed)
    labels = pd.Series(np.where(np.arange(len(grid)) < 45, 0, 1), index=grid.cells)
    labels[rng.permutation(grid.cells)[:14]] = rng.integers(1, 4, 14)
    work = pd.Series(1.0, index=grid.cells)
    measures = measure_areas(labels, work, travel, grid.geometry)
    cut = pd.Series(cut_by_hand(travel.minutes, labels.to_numpy()), index=grid.cells)
    assert measures.by_area["necks"].tolist() == cut.groupby(labels).sum().tolist()
    assert measures.by_area["enclaves"].to_dict() == enclosed_by_hand(grid, labels)
    assert measures.summary()["necks"] == cut.sum() > 0
    blind = measure_areas(labels, work, travel)  # cells at the edge have fewer than six neighbours
    assert blind.by_area["enclaves"].tolist() == measures.by_area["enclaves"].tolist()


def test_an_area_within_another_is_an_enclave_and_one_at_the_edge_is_not(grid, travel):
    middle, corner = h3.latlng_to_cell(22.8, 108.3, 9), grid.cells[travel.minutes.getnnz(axis=1).argmin()]
    for at, expected in ((middle, 1), (corner, 0)):
        labels = pd.Series(0, index=grid.cells)
        labels[[c for c in h3.grid_disk(at, 1) if c in labels.index]] = 1
        measures = measure_areas(labels, pd.Series(1.0, index=grid.cells), travel, grid.geometry)
        assert measures.by_area["enclaves"].tolist() == [0, expected]


def test_compact_opens_the_enclaves_of_today_and_takes_the_necks_out(grid, travel):
    today = pd.Series(np.where(grid.lonlat[:, 0] > 108.308, "east", "west"), index=grid.cells)
    today[[c for c in h3.grid_disk(h3.latlng_to_cell(22.8, 108.3, 9), 1) if c in today.index]] = "seat"
    work = pd.Series(1.0, index=grid.cells)
    assert measure_areas(today, work, travel, grid.geometry).enclaves == 1
    rules = {"tolerance": None, "stay_minutes": 100.0}  # nothing but the rule moves a border
    kept = design_areas(work, grid, 3, current=today, rules=AreaRules(**rules))
    mended = design_areas(work, grid, 3, current=today, rules=AreaRules(**rules, compact=True))
    assert kept.measures.enclaves == 1
    assert (mended.measures.enclaves, mended.measures.necks, mended.noncontiguous) == (0, 0, 0)
    assert not cut_by_hand(travel.minutes, mended.measures.by_area.index.get_indexer(mended.labels)).any()


def test_compact_keeps_the_other_rules_and_the_bound_stays_one(grid):
    work = pd.Series(np.random.default_rng(5).gamma(1.0, size=len(grid)), index=grid.cells)
    anchors = [grid.cells[3], grid.cells[60]]
    plain = design_areas(work, grid, 12, rules=AreaRules(tolerance=0.2, anchors=anchors))
    plan = design_areas(work, grid, 12, rules=AreaRules(tolerance=0.2, anchors=anchors, compact=True))
    assert plain.measures.necks > 0
    assert (plan.measures.necks, plan.measures.enclaves, plan.noncontiguous) == (0, 0, 0)
    assert set(anchors) <= set(plan.measures.by_area["center"])
    assert plan.bound <= plan.objective + 1e-9
    total = plan.mean_travel_minutes * work.sum()
    assert plan.objective == pytest.approx(total, rel=1e-4)


def test_a_neck_that_rules_force_is_named(grid, travel):
    at = h3.latlng_to_cell(22.8, 108.3, 9)
    line = h3.grid_path_cells(at, grid.cells[travel.minutes.getnnz(axis=1).argmin()])
    today = pd.Series("rest", index=grid.cells)
    today[line] = "line"
    with pytest.raises(InfeasibleError, match=r"compact: the best plan found still has \d+ necks"):
        design_areas(
            pd.Series(1.0, index=grid.cells), grid, 2, current=today,
            rules=AreaRules(compact=True, tolerance=None, fixed=list(grid.cells)),
        )  # fmt: skip


def test_what_compact_cannot_be_combined_with_is_said(grid):
    work = pd.Series(1.0, index=grid.cells)
    with pytest.raises(DataError, match="compact=True holds for areas by travel"):
        design_areas(work, grid, 3, rules=AreaRules(compact=True), objective="minmax")
    with pytest.raises(DataError, match="compact"):
        AreaRules(compact="yes")
