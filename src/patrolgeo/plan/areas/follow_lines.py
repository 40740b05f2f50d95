"""Borders moved to lines: units along the borders change area where that puts the border on a road or river."""

from __future__ import annotations

from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import inner, kernel
from patrolgeo.plan.optimise.districts.graph import Graph, minutes_near
from patrolgeo.plan.optimise.districts.state import can_leave, move, new_plan, no_rules
from patrolgeo.plan.optimise.districts.task import REACH
from patrolgeo.roads.hexagons import CellGraph
from patrolgeo.words.note import Note

ON_LINE = 0.2  # what a pair of neighbours parted by a border costs where a line runs between them; elsewhere 1
PER_TRAVEL = 0.35  # such prices for each unit's share of all travel: a quarter of what design_areas asks
STEPS = 1500  # tried for each unit along a border
HEAT = (0.5, 0.03)


class Sides(NamedTuple):
    """Pairs of units that touch, as a graph of prices: what a border between them costs."""

    indptr: Ints
    indices: Ints
    price: Floats


def price_sides(pairs: Ints, middles: Floats, lines: Any) -> Sides:
    """Return the price of every pair of touching units; cheap where a line crosses the way between their middles.

    Parameters
    ----------
    pairs
        Positions of units that touch, both ways round, shape (2, n_pairs).
    middles
        Longitude and latitude of the middles of the units, shape (n, 2).
    lines
        Roads and rivers.
    """
    i, j = pairs[:, pairs[0] != pairs[1]]
    price = np.ones(len(i))
    walls = crs.to_lonlat(lines, "follow_lines").geometry.to_numpy()
    ways = shapely.linestrings(np.stack([middles[i], middles[j]], axis=1))
    price[shapely.STRtree(ways).query(walls, predicate="intersects")[1]] = ON_LINE
    matrix = sparse.csr_matrix((price, (i, j)), shape=(len(middles), len(middles)))
    return Sides(matrix.indptr.astype(np.int64), matrix.indices.astype(np.int64), matrix.data)


def follow_lines(
    area: Ints, centers: Ints, weight: Floats, travel: CellGraph, shapes: gpd.GeoSeries, lines: Any, held: Bools,
    jurisdiction: pd.Series | None, tolerance: float | None, seed: int,
) -> tuple[Ints, list[Note]]:  # fmt: skip
    """Return the areas after their borders moved to the lines, and a note that says how much that did; no border, none.

    Only units that touch another area may move, so that no border moves farther than one unit. Areas stay connected
    and in their jurisdiction, and no area gets farther from the mean workload than `tolerance`, or than it was.
    """
    touching = shapely.STRtree(shapes.to_numpy()).query(shapes.to_numpy(), predicate="intersects")
    sides = price_sides(touching, shapely.get_coordinates(shapely.centroid(shapes.to_numpy())), lines)
    rows = np.repeat(np.arange(len(area)), np.diff(sides.indptr))
    movable = np.setdiff1d(rows[area[rows] != area[sides.indices]], np.flatnonzero(held))
    moved = area.copy()
    if len(movable):
        ways = Graph.of(within_jurisdictions(travel.minutes, jurisdiction))
        near = minutes_near(Graph.of(travel.minutes), centers, area, REACH)
        spent = float(weight @ near[np.arange(len(area)), area])
        toll = weight * (PER_TRAVEL * len(area) / spent) if spent > 0 else np.zeros(len(area))
        slack = 1.0 if tolerance is None else tolerance
        rules = no_rules(ways, weight)._replace(tolerance=slack)
        _anneal(ways, sides, np.array(weight), near, toll, moved, movable, rules, STEPS * len(movable), HEAT, seed)
    before, now = _share_on_lines(sides, area), _share_on_lines(sides, moved)
    said = {"n": int((moved != area).sum()), "now": now, "before": before}
    return moved, [Note("areas_on_lines", said)] if len(np.unique(moved)) > 1 else []


def within_jurisdictions(minutes: sparse.csr_matrix, jurisdiction: pd.Series | None) -> sparse.csr_matrix:
    """Leave out the ways from one jurisdiction to the next."""
    if jurisdiction is None:
        return minutes
    code, ways = pd.factorize(jurisdiction)[0], minutes.tocoo()
    same = code[ways.row] == code[ways.col]
    return sparse.csr_matrix((ways.data[same], (ways.row[same], ways.col[same])), shape=minutes.shape)


def _share_on_lines(sides: Sides, area: Ints) -> float:
    rows = np.repeat(np.arange(len(area)), np.diff(sides.indptr))
    cut = area[rows] != area[sides.indices]
    return float((sides.price[cut] < 1).mean()) if cut.any() else 1.0


@inner
def _price(unit, which, sides, area):  # type: ignore[no-untyped-def]
    """Return what the borders around `unit` cost when it belongs to area `which`."""
    total = 0.0
    for e in range(sides.indptr[unit], sides.indptr[unit + 1]):
        if area[sides.indices[e]] != which:
            total += sides.price[e]
    return total


@inner
def _excess(load, mean, tolerance):  # type: ignore[no-untyped-def]
    return max(0.0, abs(load - mean) - tolerance * mean)


@kernel
def _anneal(graph, sides, weight, near, toll, area, movable, rules, n_steps, heat, seed):  # type: ignore[no-untyped-def]
    """Move units in place, accepting dearer borders ever more rarely; imbalance beyond the tolerance never grows.

    A minute farther from the centre (`near`, units x areas) costs the `toll` of the unit.
    """
    np.random.seed(seed)
    k, tolerance = area.max() + 1, rules.tolerance
    plan = new_plan(graph, weight, area, k, rules)
    mean = weight.sum() / k
    temperature, cooling = heat[0], (heat[1] / heat[0]) ** (1.0 / n_steps)
    cost, least, best = 0.0, 0.0, area.copy()
    for _ in range(n_steps):
        temperature *= cooling
        unit = movable[np.random.randint(len(movable))]
        begin, end = graph.indptr[unit], graph.indptr[unit + 1]
        if begin == end:
            continue
        a, b = area[unit], area[graph.indices[begin + np.random.randint(end - begin)]]
        if a == b:
            continue
        w = weight[unit]
        before = _excess(plan.load[a], mean, tolerance) + _excess(plan.load[b], mean, tolerance)
        after = _excess(plan.load[a] - w, mean, tolerance) + _excess(plan.load[b] + w, mean, tolerance)
        if after > before:
            continue
        change = (
            _price(unit, b, sides, area) - _price(unit, a, sides, area) + toll[unit] * (near[unit, b] - near[unit, a])
        )
        if change > 0 and np.random.random() >= np.exp(-change / temperature):
            continue
        if can_leave(unit, graph, plan):
            move(unit, b, graph, weight, rules, plan)
            cost += change
            if cost < least - 1e-9:
                least = cost
                best = area.copy()
    for i in range(len(area)):
        area[i] = best[i]
