"""From one connected group of units to its areas: coarse plan first, many starts, then annealing of the borders."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
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
SMALL = 150  # units up to which the plan is compared with a proven optimum, so that only minutes count
COLD = 0.005
COARSE = 30  # clusters an area, where there are many more units than that
START_UNITS = 20_000  # units looked at in all starts together


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
class Task:
    """A connected group of units to be divided.

    Parameters
    ----------
    weight
        Workload of each unit, above zero.
    graph
        Travel minutes between neighbours.
    n_areas, tolerance, effort
        As in `design_areas`.
    anchors
        Units that are the centres of the first areas and stay so.
    current
        Area of each unit today, None for a plan from scratch.
    stay_minutes
        Minutes a unit must come nearer before it leaves its area of today.
    max_minutes
        Minutes beyond which travel counts ten times.
    fixed
        Units that stay in their area of today.
    """

    weight: Floats
    graph: _graph.Graph
    n_areas: int
    tolerance: float | None
    effort: int
    anchors: Ints
    current: Ints | None = None
    stay_minutes: float = 0.0
    max_minutes: float = np.inf
    fixed: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def is_free(self) -> bool:
        """Whether nothing but travel and balance is asked for."""
        return self.current is None and len(self.anchors) == 0 and not np.isfinite(self.max_minutes)

    def felt(self) -> Task:
        """Return the task with a little weight on every unit: those without workload still want to be near."""
        return replace(self, weight=self.weight + self.weight.sum() / len(self.weight) * 1e-6)

    def part(self, units: Ints, minutes: sparse.csr_matrix, n_areas: int) -> Task:
        """Return the task of dividing some of the units only."""
        anchors = np.flatnonzero(np.isin(units, self.anchors))
        graph = _graph.Graph.of(minutes[units][:, units])
        weight = self.felt().weight[units]
        tolerance = self.tolerance
        if tolerance is not None:  # where the part's own mean is high, less is left up to the heaviest area allowed
            mean_over_part = self.weight.sum() / self.n_areas / (weight.sum() / n_areas)
            tolerance = float(np.clip((1 + tolerance) * mean_over_part - 1, tolerance / 4, tolerance))
        return replace(self, weight=weight, graph=graph, n_areas=n_areas, anchors=anchors, tolerance=tolerance)

    @property
    def cut_weight(self) -> float:
        """What a cut pair of neighbours costs, in mean units of workload."""
        return CUT_WEIGHT if len(self.weight) > SMALL else CUT_WEIGHT / 20

    def near(self, centers: Ints, area: Ints) -> Floats:
        """Return what a minute's way from each centre to each unit counts, shape (areas, units)."""
        near = _graph.minutes_near(self.graph, centers, area, REACH)
        if np.isfinite(self.max_minutes):
            near = np.where(near > self.max_minutes, 10 * near - 9 * self.max_minutes, near).astype(np.float32)
        if self.current is not None:
            near += np.float32(self.stay_minutes)
            near[self.current, np.arange(len(area))] -= np.float32(self.stay_minutes)
            moved = np.ones(near.shape, bool)[:, self.fixed]
            moved[self.current[self.fixed], np.arange(len(self.fixed))] = False
            near[:, self.fixed] = np.where(moved, np.float32(np.inf), near[:, self.fixed])
        return near


def solve_task(task: Task, seed: int) -> tuple[Ints, Ints]:
    """Return the area of each unit and the position of each area's centre, those of the anchors first."""
    n, k = len(task.weight), task.n_areas
    if task.current is not None:
        area, centers = _repair(task, task.current)
        _improve(task, area, centers, REFINE + LAST, seed)
    elif k == n:
        rest = np.setdiff1d(np.arange(n), task.anchors)
        centers = np.r_[task.anchors, rest].astype(np.int64)
        return np.argsort(centers).astype(np.int64), centers
    elif n > max(3 * COARSE * k, 4000):
        cluster, heads, coarse = coarsen(task, COARSE * k, seed)
        area, centers = _best_start(coarse, seed, START_UNITS // 2)
        area, centers = area[cluster], heads[centers]
        _improve(task, area, centers, REFINE + LAST, seed)
    else:
        area, centers = _best_start(task, seed, START_UNITS)
    _graph.recenter(task.graph, task.weight, area, centers, len(task.anchors), 1000)
    return area, centers


def _repair(task: Task, current: Ints) -> tuple[Ints, Ints]:
    """Return connected areas as near to today's as possible: of each area its heaviest piece grows over the rest."""
    piece = _graph.pieces(task.graph, current)[1]
    load = np.bincount(piece, task.weight)
    order = np.lexsort((-load[piece], current))
    heaviest = piece[order[np.searchsorted(current[order], np.arange(task.n_areas))]]
    stays = np.isin(piece, heaviest)
    sources = np.flatnonzero(stays)
    owner, dist = np.empty(len(current), np.int64), np.empty(len(current))
    heap = _graph.new_heap(task.graph, len(sources))
    _graph.voronoi(task.graph, sources, np.zeros(len(sources)), owner, dist, *heap)
    area = current[sources[owner]]
    centers = _graph.heaviest_units(area, task.weight, task.n_areas)
    _graph.recenter(task.graph, task.weight, area, centers, 0, 1000)
    return area, centers


def coarsen(task: Task, n_clusters: int, seed: int) -> tuple[Ints, Ints, Task]:
    """Return the cluster of each unit, the head of each cluster, and the task of clusters.

    Clusters are the Voronoi regions of heads drawn half by workload and half evenly, so they are connected; minutes
    between neighbouring clusters are the shortest way from head to head over their border.
    """
    graph, n = task.graph, len(task.weight)
    chance = 0.5 * task.weight / task.weight.sum() + 0.5 / n
    chance[task.anchors] = 0.0
    drawn = np.random.default_rng(seed).choice(
        n, n_clusters - len(task.anchors), replace=False, p=chance / chance.sum()
    )
    heads = np.sort(np.r_[task.anchors, drawn]).astype(np.int64)
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
    load: Floats = np.bincount(cluster, task.weight, n_clusters).astype(float)
    coarse = replace(task, weight=load, graph=_graph.Graph.of(minutes), anchors=np.searchsorted(heads, task.anchors))
    return cluster, heads, coarse


def _best_start(task: Task, seed: int, units: int) -> tuple[Ints, Ints]:
    """Return the best plan of several starts: all are grown, the most promising are annealed."""
    n_starts = int(np.clip(units // len(task.weight), 4, 30))
    grown = [_grow(task, seed + 1000 * s) for s in range(n_starts)]
    finalists = sorted(grown, key=lambda plan: _score(task, plan, easy=0.2))[: max(2, n_starts // 3)]
    for area, centers in finalists:
        _improve(task, area, centers, SCHEDULE + LAST, seed)
    return min(finalists, key=lambda plan: _score(task, plan, easy=5.0))


def _grow(task: Task, seed: int) -> tuple[Ints, Ints]:
    centers = spread_seeds(task.graph, task.weight, task.n_areas, task.anchors, seed)
    return grow_evenly(task.graph, task.weight, centers, len(task.anchors), PASSES)


def _improve(task: Task, area: Ints, centers: Ints, schedule: tuple[Round, ...], seed: int) -> None:
    """Anneal the borders in rounds, in place; between the rounds the centres move to the middle of their areas."""
    steps = task.effort * len(area) // len(SCHEDULE)
    for turn, step in enumerate(schedule):
        if not step.focus:
            _graph.recenter(task.graph, task.weight, area, centers, len(task.anchors), 3)
            near = task.near(centers, area)
        _anneal(task, area, centers, near, step, steps, seed + turn)


def anneal_once(task: Task, area: Ints, centers: Ints, near: Floats, seed: int) -> None:
    """Anneal the borders, in place, with given costs of a unit's workload from each centre, shape (areas, units)."""
    for turn, step in enumerate((SCHEDULE[2], *LAST)):
        _anneal(task, area, centers, near, step, task.effort * len(area), seed + turn)


def _anneal(task: Task, area: Ints, centers: Ints, near: Floats, step: Round, n_steps: int, seed: int) -> None:
    penalty = 0.0 if task.tolerance is None else step.penalty
    anneal(
        task.graph, task.weight, near, area, centers, _slack(task), n_steps, (step.heat, COLD), task.cut_weight,
        penalty, step.swaps, step.focus, seed,
    )  # fmt: skip


def _slack(task: Task) -> float:
    """Return the tolerance the search aims at, a little inside the one that is asked for."""
    return 1.0 if task.tolerance is None else task.tolerance - min(0.002, 0.1 * task.tolerance)


def _score(task: Task, plan: tuple[Ints, Ints], easy: float) -> float:
    """Return the weighted minutes, made worse by the borders and `easy` times the overload beyond the tolerance."""
    area, centers = plan
    minutes = _graph.minutes_own(task.graph, centers, area)
    load = np.bincount(area, task.weight, task.n_areas)
    over = 0.0 if task.tolerance is None else max(0.0, load.max() / load.mean() - 1 - task.tolerance)
    rows = np.repeat(np.arange(len(area)), np.diff(task.graph.indptr))
    cut = np.count_nonzero(area[rows] != area[task.graph.indices]) / 2
    return float(task.weight @ minutes) * (1 + easy * over + task.cut_weight * cut / len(area))
