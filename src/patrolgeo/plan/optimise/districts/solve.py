"""From one connected group of units to its areas: coarse plan first, many starts, then annealing of the borders."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.districts.anneal import Round, anneal
from patrolgeo.plan.optimise.districts.contract import sums_of, ways_between
from patrolgeo.plan.optimise.districts.graph import (
    Graph,
    heaviest_units,
    minutes_own,
    new_heap,
    pieces,
    recenter,
    voronoi,
)
from patrolgeo.plan.optimise.districts.growth import grow_evenly, spread_seeds
from patrolgeo.plan.optimise.districts.task import Task

Division = tuple[Ints, Ints]  # the area of each unit, the centre of each area

PASSES, COARSE_PASSES = 60, 30  # of growing and shrinking
COLD = 0.02
NECK = 0.3
FIRST = Round(0.5, COLD, 20.0, 0.3)
LATER = (Round(0.25, COLD, 60.0, 0.3), Round(0.12, COLD, 300.0, 0.3, NECK))
REFINE = (Round(0.4, COLD, 30.0, 0.3), LATER[1])  # after a coarse plan
FOCUS = (Round(0.5, COLD, 300.0, 0.5, focus=True), Round(0.5, COLD, 300.0, 0.7, focus=True))
PRESSED = tuple(step._replace(penalty=4 * step.penalty) for step in (*LATER, *FOCUS))  # where changes are scarce
SLOW = 5000  # units beyond which each gets ever fewer moves
COARSE = 30  # clusters an area, where there are many more units than that
STARTS, STARTS_AN_AREA = 100, 5
START_UNITS, COARSE_START_UNITS = 100_000, 12_000  # units looked at in all starts together
EARLY = 0.34  # share of the passes after which the starts that lie behind are given up
BRIEF = 0.2  # share of the moves, while many starts are still in the race
GROW_ON, ADVANCE, WIN = 0.4, 0.25, 0.07  # shares of the starts that grow to the end, are annealed briefly, and in full
FEW_ON, FEW_AHEAD = 8, 6  # starts at least that grow to the end, and are annealed briefly
LEAST = 4  # starts
LEAST_PRICE, PRICES = 0.25, 8  # of the mean minutes, to begin with; prices of a change tried
SETTLED = 2  # further rounds for the balance
RELOCATIONS = 8  # times that areas of today are given up and others divided


def solve_task(task: Task, seed: int) -> Division:
    """Return the area of each unit and the position of each area's centre, those of the anchors first."""
    n, k = len(task.weight), task.n_areas
    if task.current is not None:
        begin = _from_today if np.isinf(task.max_change) else _within_change
        area, centers = begin(task, task.current, seed)
    elif k == n:
        rest = np.setdiff1d(np.arange(n), task.anchors)
        centers = np.r_[task.anchors, rest].astype(np.int64)
        return np.argsort(centers).astype(np.int64), centers
    elif n > max(3 * COARSE * k, 10_000) and not len(task.forbidden) and task.min_units == 1:
        cluster, heads, coarse = coarsen(task, COARSE * k, seed)
        area, centers = _best_start(coarse, seed, COARSE_START_UNITS, COARSE_PASSES)
        area, centers = area[cluster], heads[centers]
        _improve(task, area, centers, (*REFINE, *FOCUS), seed)
    else:
        area, centers = _best_start(task, seed, START_UNITS, PASSES)
    area, centers = _settle(task, area, centers, seed)
    recenter(task.graph, task.weight, area, centers, len(task.anchors), 1000, task.goal)
    return area, centers


def _settle(task: Task, area: Ints, centers: Ints, seed: int) -> Division:
    """Return the areas after further rounds while some are beyond the tolerance, as long as that brings them nearer."""
    for turn in range(1, SETTLED + 1):
        beyond = _beyond(task, area)
        if beyond <= 0:
            break
        other = anneal_from(task, area, centers, seed + 7 * turn)
        if _beyond(task, other[0]) < beyond:
            area, centers = other
    return area, centers


def _beyond(task: Task, area: Ints) -> float:
    """Return how far the heaviest or lightest area is beyond the tolerance, 0 or less where none is."""
    load = np.bincount(area, task.weight, task.n_areas)
    off = float(np.abs(load / load.mean() - 1).max())
    return 0.0 if task.tolerance is None else off - max(task.tolerance, float(task.weight.max() / load.mean()) / 2)


def _from_today(task: Task, current: Ints, seed: int) -> Division:
    """Return better areas that start from today's; whole areas move where work lies that no border can reach.

    Where a region has too few areas for its work (an island with four of them and the work of six), borders alone
    cannot even it out: the lightest areas elsewhere are then given up, and the heaviest ones divided.
    """
    held = np.r_[task.anchors, task.fixed]
    plan = _repair(task, current)
    _improve(task, *plan, (*LATER, *FOCUS), seed)
    for turn in range(1, RELOCATIONS + 1):
        drawn = _moved_areas(task, *plan, _given_up(task, plan[0]))
        if (drawn == plan[0]).all():
            break
        other = _repair(task, drawn)
        if (other[0][held] != current[held]).any():
            break
        _improve(task, *other, (FIRST, *LATER, *FOCUS), seed + turn)
        if task.score(*other, easy=5.0) >= task.score(*plan, easy=5.0):
            break
        plan = other
    return plan


def _within_change(task: Task, current: Ints, seed: int) -> Division:
    """Return better areas with no more change than allowed: the price of a change is raised until it keeps to it."""
    first = _repair(task, current)
    minutes = minutes_own(task.graph, first[1], first[0])
    price = max(task.stay_minutes, float(task.weight @ minutes) / task.weight.sum() * LEAST_PRICE)
    low, high, best = 0.0, np.inf, first
    for turn in range(PRICES):
        plan = anneal_from(replace(task, stay_minutes=price, max_change=np.inf), *first, seed + turn, PRESSED)
        if task.changed(plan[0]) > task.max_change:
            low = price
        else:
            high = price
            best = min(best, plan, key=lambda known: _worth(task, known))
        price = 3 * low if np.isinf(high) else np.sqrt(low * high) if low else high / 3
    plan = anneal_from(task, *best, seed + PRICES, PRESSED)
    return min(best, plan, key=lambda known: _worth(task, known))


def _worth(task: Task, plan: Division) -> tuple[float, float]:
    return max(_beyond(task, plan[0]), 0.0), task.score(*plan, easy=5.0)


def _given_up(task: Task, area: Ints) -> Ints:
    """Return the lightest areas, as many as the work above the tolerance would fill, none that a rule holds."""
    load = np.bincount(area, task.weight, task.n_areas) * task.n_areas / task.weight.sum()
    over = load > 1 + (np.inf if task.tolerance is None else task.tolerance)
    n = min(round((load[over] - 1).sum()), over.sum())
    held = np.r_[np.arange(len(task.anchors)), area[task.fixed]]
    light = np.setdiff1d(np.flatnonzero(load < 1), held)
    return light[np.argsort(load[light], kind="stable")][:n]


def _moved_areas(task: Task, area: Ints, centers: Ints, given_up: Ints) -> Ints:
    """Return the area of each unit when each area given up (-1: nobody's) takes half of one of the heaviest."""
    load, moved = np.bincount(area, task.weight, task.n_areas), area.copy()
    held = np.isin(np.arange(len(area)), np.r_[task.anchors, task.fixed])
    for new, heavy in zip(given_up, np.argsort(-load, kind="stable"), strict=False):
        own = np.flatnonzero((area == heavy) & ~held)
        if len(own) < 2:
            continue  # one unit cannot be divided; the lightest area stays where it is
        far = int(own[np.argmax(_minutes_from(task.graph, int(centers[heavy]))[own])])
        nearer = np.argsort(_minutes_from(task.graph, far)[own], kind="stable")
        half = np.searchsorted(np.cumsum(task.weight[own][nearer]), load[heavy] / 2)
        moved[area == new] = -1
        moved[own[nearer[: np.clip(half, 1, len(own) - 1)]]] = new
    return moved


def _minutes_from(graph: Graph, source: int) -> Floats:
    return minutes_own(graph, np.array([source]), np.zeros(len(graph.indptr) - 1, np.int64))


def _repair(task: Task, current: Ints) -> Division:
    """Return connected areas as near to today's as possible: of each area its heaviest piece grows over the rest."""
    piece = pieces(task.graph, current)[1]
    load = np.bincount(piece, task.weight)
    order = np.lexsort((-load[piece], current))
    heaviest = piece[order[np.searchsorted(current[order], np.arange(task.n_areas))]]
    stays = np.isin(piece, heaviest)
    sources = np.flatnonzero(stays)
    owner, dist = np.empty(len(current), np.int64), np.empty(len(current))
    heap = new_heap(task.graph, len(sources))
    voronoi(task.graph, sources, np.zeros(len(sources)), owner, dist, *heap)
    area = current[sources[owner]]
    centers = heaviest_units(area, task.weight, task.n_areas)
    centers[: len(task.anchors)] = task.anchors
    recenter(task.graph, task.weight, area, centers, len(task.anchors), 1000, task.goal)
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
    voronoi(graph, heads, np.zeros(n_clusters), cluster, dist, *new_heap(graph, n_clusters))
    minutes = ways_between(graph, cluster, dist, n_clusters)
    load: Floats = np.bincount(cluster, task.weight, n_clusters).astype(float)
    coarse = replace(
        task, weight=load, graph=Graph.of(minutes), anchors=np.searchsorted(heads, task.anchors), prices=None,
        criteria=None if task.criteria is None else sums_of(task.criteria, cluster, n_clusters),
    )  # fmt: skip
    return cluster, heads, coarse


def _best_start(task: Task, seed: int, units: int, passes: int) -> Division:
    """Return the best plan of many starts: a race in which those that lie behind are given up, stage by stage."""
    most = min(units // len(task.weight), STARTS_AN_AREA * task.n_areas)
    n_starts = int(np.clip(most, LEAST, STARTS))
    race = _grown(task, [seed + 1000 * s for s in range(n_starts)], passes)
    race = _ahead(task, race, max(int(ADVANCE * n_starts), FEW_AHEAD), easy=0.2)
    for area, centers in race:
        _improve(replace(task, effort=int(BRIEF * task.effort)), area, centers, (FIRST, *LATER), seed)
    race = _ahead(task, race, int(WIN * n_starts), easy=1.0)
    for area, centers in race:
        _improve(task, area, centers, (*LATER, *FOCUS), seed)
    return _ahead(task, race, 1, easy=5.0)[0]


def _ahead(task: Task, race: list[Division], n: int, easy: float) -> list[Division]:
    return sorted(race, key=lambda plan: task.score(plan[0], plan[1], easy))[: max(n, 1)]


def _grown(task: Task, seeds: list[int], passes: int) -> list[Division]:
    """Return a first plan of each seed; those that lie behind after some passes are given up."""
    if len(task.forbidden) or len(seeds) <= FEW_ON:
        return [_grow(task, seed, passes) for seed in seeds]
    graph, weight, early = task.graph, task.weight, int(EARLY * passes)
    rivals: list[tuple[float, int, Ints, Floats]] = []
    for seed in seeds:
        centers, offsets = spread_seeds(graph, weight, task.n_areas, task.anchors, seed), np.zeros(task.n_areas)
        plan = grow_evenly(graph, weight, centers, offsets, len(task.anchors), 0, early, passes)
        rivals.append((task.score(plan[0], plan[1], easy=0.2), len(rivals), centers, offsets))
    ahead = sorted(rivals)[: max(int(GROW_ON * len(seeds)), FEW_ON)]
    return [
        grow_evenly(graph, weight, centers, offsets, len(task.anchors), early, passes, passes)
        for *_, centers, offsets in ahead
    ]


def _grow(task: Task, seed: int, passes: int) -> Division:
    """Return a first plan; units that may not share an area become seeds where they would."""
    first = task.anchors
    while True:
        centers = spread_seeds(task.graph, task.weight, task.n_areas, first, seed)
        offsets = np.zeros(task.n_areas)
        plan = grow_evenly(task.graph, task.weight, centers, offsets, len(first), 0, passes, passes)
        wanted = np.setdiff1d(task.together(plan[0]), first)
        if not len(wanted) or len(first) + len(wanted) > task.n_areas:
            return plan
        first = np.r_[first, wanted]


def anneal_from(
    task: Task, area: Ints, centers: Ints, seed: int, rounds: tuple[Round, ...] = (*LATER, *FOCUS)
) -> Division:  # fmt: skip
    """Return better areas from known ones, by whatever the task asks for."""
    area, centers = area.copy(), centers.copy()
    _improve(task, area, centers, rounds, seed)
    recenter(task.graph, task.weight, area, centers, len(task.anchors), 1000, task.goal)
    return area, centers


def _improve(task: Task, area: Ints, centers: Ints, schedule: tuple[Round, ...], seed: int) -> None:
    """Anneal the borders in rounds, in place; between the rounds the centres move to the middle of their areas."""
    n = len(area)
    steps = int(task.effort * n * min(1.0, SLOW / n)) // 3
    for turn, step in enumerate(schedule):
        if not step.focus:
            recenter(task.graph, task.weight, area, centers, len(task.anchors), 3, task.goal)
            near = task.near(centers, area)
        _anneal(task, area, centers, near, step, steps, seed + turn)


def anneal_once(task: Task, area: Ints, centers: Ints, near: Floats, seed: int) -> None:
    """Anneal the borders, in place, with given costs of a unit's workload from each centre, shape (units, areas)."""
    for turn, step in enumerate((*LATER, *FOCUS)):
        _anneal(task, area, centers, near, step, task.effort * len(area), seed + turn)


def _anneal(task: Task, area: Ints, centers: Ints, near: Floats, step: Round, n_steps: int, seed: int) -> None:
    if task.tolerance is None:
        step = step._replace(penalty=0.0)
    anneal(task.graph, task.weight, near, area, centers, task.rules, step, n_steps, seed)
