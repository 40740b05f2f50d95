"""From one connected group of units to its areas: coarse plan first, many starts, then annealing of the borders."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from scipy import sparse

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan import _graph
from patrolgeo.plan._search import anneal
from patrolgeo.plan._seeds import grow_evenly, spread_seeds

PASSES = 60  # of growing and shrinking
REACH = 1.7  # how far beyond its own edge an area looks, as a multiple of its radius
CUT_WEIGHT = 0.35  # a cut pair of neighbours, in mean units of workload
COLD = 0.005
COARSE = 30  # clusters an area, where there are many more units than that
START_UNITS = 10_000  # units looked at in all starts together


class Round(NamedTuple):
    """A round of annealing: starting heat, penalty of imbalance, share of swaps, only areas beyond the tolerance."""

    heat: float
    penalty: float
    swaps: float
    focus: bool = False


SCHEDULE = (Round(1.0, 2.0, 0.0), Round(0.4, 6.0, 0.2), Round(0.2, 20.0, 0.4), Round(0.1, 100.0, 0.5))
REFINE = (Round(0.4, 6.0, 0.2), Round(0.2, 60.0, 0.5))  # after a coarse plan
LAST = (Round(0.5, 100.0, 0.5, focus=True), Round(0.5, 300.0, 0.7, focus=True), Round(0.5, 300.0, 0.7, focus=True))


@dataclass(frozen=True)
class Group:
    """A connected group of units to be divided: workload, travel graph, number of areas, balance, effort."""

    weight: Floats
    graph: _graph.Graph
    n_areas: int
    tolerance: float | None
    effort: int


def solve_group(
    weight: Floats, minutes: sparse.csr_matrix, n_areas: int, tolerance: float | None, effort: int, seed: int
) -> tuple[Ints, Ints]:
    """Return the area of each unit and the position of each area's centre."""
    n = len(weight)
    if n_areas == n:
        return np.arange(n), np.arange(n)
    felt = weight + weight.sum() / n * 1e-6  # units without workload still want to be near
    group = Group(felt, _graph.Graph.of(minutes), n_areas, tolerance, effort)
    if n > max(3 * COARSE * n_areas, 4000):
        cluster, heads, coarse = coarsen(group, COARSE * n_areas, seed)
        area, centers = _best_start(coarse, seed)
        area, centers = area[cluster], heads[centers]
        _improve(group, area, centers, REFINE + LAST, seed)
    else:
        area, centers = _best_start(group, seed)
    _graph.recenter(group.graph, felt, area, centers, 1000)
    return area, centers


def coarsen(group: Group, n_clusters: int, seed: int) -> tuple[Ints, Ints, Group]:
    """Return the cluster of each unit, the head of each cluster, and the group of clusters.

    Clusters are the Voronoi regions of heads drawn half by workload and half evenly, so they are connected; minutes
    between neighbouring clusters are the shortest way from head to head over their border.
    """
    graph, n = group.graph, len(group.weight)
    chance = 0.5 * group.weight / group.weight.sum() + 0.5 / n
    heads = np.sort(np.random.default_rng(seed).choice(n, n_clusters, replace=False, p=chance / chance.sum()))
    cluster, dist = np.empty(n, np.int64), np.empty(n)
    _graph.voronoi(graph, heads, np.zeros(n_clusters), cluster, dist, *_graph.new_heap(graph, n_clusters))
    rows = np.repeat(np.arange(n), np.diff(graph.indptr))
    crosses = cluster[rows] != cluster[graph.indices]
    i, j = rows[crosses], graph.indices[crosses]
    way = dist[i] + graph.minutes[crosses] + dist[j]
    order = np.lexsort((way, cluster[j], cluster[i]))
    a, b, way = cluster[i][order], cluster[j][order], way[order]
    first = np.r_[True, (np.diff(a) != 0) | (np.diff(b) != 0)]
    minutes = sparse.csr_matrix((way[first], (a[first], b[first])), shape=(n_clusters, n_clusters))
    load: Floats = np.bincount(cluster, group.weight, n_clusters).astype(float)
    return cluster, heads, Group(load, _graph.Graph.of(minutes), group.n_areas, group.tolerance, group.effort)


def _best_start(group: Group, seed: int) -> tuple[Ints, Ints]:
    """Return the best plan of several starts: all are grown, the most promising are annealed."""
    n_starts = int(np.clip(START_UNITS // len(group.weight), 4, 30))
    grown = [_grow(group, seed + 1000 * s) for s in range(n_starts)]
    finalists = sorted(grown, key=lambda plan: _score(group, plan, easy=0.2))[: max(2, n_starts // 3)]
    for area, centers in finalists:
        _improve(group, area, centers, SCHEDULE + LAST, seed)
    return min(finalists, key=lambda plan: _score(group, plan, easy=5.0))


def _grow(group: Group, seed: int) -> tuple[Ints, Ints]:
    centers = spread_seeds(group.graph, group.weight, group.n_areas, seed)
    return grow_evenly(group.graph, group.weight, centers, PASSES)


def _improve(group: Group, area: Ints, centers: Ints, schedule: tuple[Round, ...], seed: int) -> None:
    """Anneal the borders in rounds, in place; between the rounds the centres move to the middle of their areas."""
    slack = 1.0 if group.tolerance is None else 0.9 * group.tolerance
    steps = group.effort * len(area) // len(SCHEDULE)
    for turn, step in enumerate(schedule):
        if not step.focus:
            _graph.recenter(group.graph, group.weight, area, centers, 3)
            near = _graph.minutes_near(group.graph, centers, area, REACH)
        anneal(
            group.graph, group.weight, near, area, centers, slack, steps, (step.heat, COLD), CUT_WEIGHT,
            0.0 if group.tolerance is None else step.penalty, step.swaps, step.focus, seed + turn,
        )  # fmt: skip


def _score(group: Group, plan: tuple[Ints, Ints], easy: float) -> float:
    """Return the weighted minutes, made worse by `easy` times the overload beyond the tolerance."""
    area, centers = plan
    minutes = _graph.minutes_own(group.graph, centers, area)
    load = np.bincount(area, group.weight, group.n_areas)
    over = 0.0 if group.tolerance is None else max(0.0, load.max() / load.mean() - 1 - group.tolerance)
    return float(group.weight @ minutes) * (1 + easy * over)
