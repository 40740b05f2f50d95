"""A proven bound of all balanced plans with any centres: prices for the units, branching on where the centres lie."""

from __future__ import annotations

import heapq
from typing import NamedTuple

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.subgradient import paced

ROOT_STEPS, STEPS = 1500, 120
PATIENCE = 11
NODES = 1500


class Ground(NamedTuple):
    """What is divided: minutes from each centre to each unit, workloads, number of areas, limits of their load."""

    travel: Floats
    weight: Floats
    n_areas: int
    least: float
    most: float


class Region(NamedTuple):
    """Some units, and how many of the centres lie among them."""

    units: Ints
    n_centers: int


class Node(NamedTuple):
    """A case of the search.

    Parameters
    ----------
    bound
        No plan of this case is better.
    turn
        When it was met; settles ties.
    regions, price
        What the case is, and the prices that prove the bound.
    often, centers
        How often each unit was a centre lately, and the centres of the bound.
    """

    bound: float
    turn: int
    regions: tuple[Region, ...]
    price: Floats
    often: Floats
    centers: Ints


def center_bound(
    travel: Floats, weight: Floats, n_areas: int, tolerance: float | None, value: float, gap: float
) -> tuple[float, list[Ints]]:
    """Return a lower bound of the weighted minutes of any balanced plan, and promising sets of centres, best first.

    That each unit is served once is priced (Lagrangian relaxation): each centre picks its own units, whole and in
    part, within the balance (a knapsack), and the best centres count. Then the study area is split again and again
    into regions with a known number of centres each, the case with the least bound first, until no case is more than
    `gap` below `value`, or a number of cases was seen. A case in which nothing can be split any more keeps its bound.
    Areas may be in pieces in all this.
    """
    weight = np.maximum(weight, 1e-12 * weight.sum())
    mean = weight.sum() / n_areas
    limits = (0.0, weight.sum()) if tolerance is None else ((1 - tolerance) * mean, (1 + tolerance) * mean)
    ground = Ground(travel, weight, n_areas, *limits)
    price = np.sort(travel, axis=0)[: max(2, len(travel) // n_areas // 2)].mean(axis=0)
    aim, turn = value * (1 - gap), 0
    heap, closed = [_bound(ground, (Region(np.arange(len(weight)), n_areas),), price, value, ROOT_STEPS, 0)], []
    while heap and heap[0].bound < aim and turn < NODES:
        case = heapq.heappop(heap)
        parts = _split(ground, case)
        if not parts:
            closed.append(case)
            break  # no split of another case lifts the bound above this one's
        for regions in parts:
            turn += 1
            node = _bound(ground, regions, case.price, aim, STEPS, turn)
            if node.bound < aim:
                heapq.heappush(heap, node)
            else:
                closed.append(node)
    ends = sorted([*heap, *closed])
    sets = {tuple(np.sort(node.centers)): node.centers for node in ends}
    return ends[0].bound, list(sets.values())


def _bound(ground: Ground, regions: tuple[Region, ...], price: Floats, value: float, steps: int, turn: int) -> Node:
    """Raise the bound by better prices (subgradient), until it reaches `value` or no longer rises."""
    rows = np.concatenate([r.units for r in regions])
    ends = np.cumsum([len(r.units) for r in regions])[:-1]
    best, best_price, best_centers, scale, idle = -np.inf, price, rows[: ground.n_areas], 1.0, 0
    often = np.zeros(len(ground.weight))
    for step in range(steps):
        worth, times = _relax(ground, rows, price)
        chosen = np.concatenate([
            start + np.argpartition(part, r.n_centers - 1)[: r.n_centers] if r.n_centers < len(part)
            else start + np.arange(len(part))
            for r, part, start in zip(regions, np.split(worth, ends), (0, *ends), strict=True)
        ])  # fmt: skip
        bound = float(ground.weight @ price + worth[chosen].sum())
        if step > steps // 3:
            often[rows[chosen]] += 1
        longer = scale
        scale, idle = paced(scale, idle, bool(bound > best + 1e-6 * value), PATIENCE, 0.5)
        if bound > best:
            best, best_price, best_centers = bound, price, rows[chosen]
        slope = ground.weight * (1.0 - times[chosen].sum(axis=0))
        size = slope @ slope
        if best >= value or size == 0 or scale < 1e-3:
            break
        if scale < longer:
            price = best_price
        price = price + scale * max(1.02 * value - bound, 1e-6 * value) / size * slope
    return Node(best, turn, regions, best_price, often / max(often.sum(), 1) * ground.n_areas, best_centers)


def _relax(ground: Ground, rows: Ints, price: Floats) -> tuple[Floats, Floats]:
    """Return what the best area of each centre is worth at these prices, and what share of each unit it takes.

    Units come in the order of what a unit of workload costs, while they pay or the load is below its lower limit.
    """
    gain = ground.travel[rows] - price
    order = np.argsort(gain, axis=1)
    gain, load = np.take_along_axis(gain, order, axis=1), ground.weight[order]
    before = np.cumsum(load, axis=1) - load
    limit = np.clip((load * (gain < 0)).sum(axis=1), ground.least, ground.most)
    share = np.clip((limit[:, None] - before) / load, 0.0, 1.0)
    times = np.empty_like(share)
    np.put_along_axis(times, order, share, axis=1)
    return (share * load * gain).sum(axis=1), times


def _split(ground: Ground, node: Node) -> list[tuple[Region, ...]]:
    """Return the cases in which the least certain region is split into two, by the number of centres in each.

    The cases together hold every plan of the node. A region whose units are all centres is settled; when all regions
    are, there are no cases.
    """
    at, halves, least_certain = -1, None, -1.0
    for r, region in enumerate(node.regions):
        if region.n_centers < len(region.units):
            left, right = _halve(ground.travel, region, node.often)
            doubt = _doubt(node.often[left].sum()) + 1e-6 * len(right)
            if doubt > least_certain:
                at, halves, least_certain = r, (left, right), doubt
    if halves is None:
        return []
    left, right = halves
    n_centers, others = node.regions[at].n_centers, node.regions[:at] + node.regions[at + 1 :]
    cases = []
    for n_left in range(n_centers + 1):
        pair = (Region(left, n_left), Region(right, n_centers - n_left))
        if all(r.n_centers <= len(r.units) for r in pair):
            cases.append((*others, *(r for r in pair if r.n_centers)))
    return cases


def _doubt(count: float) -> float:
    return abs(count - round(count))


def _halve(travel: Floats, region: Region, often: Floats) -> tuple[Ints, Ints]:
    """Return the units nearer to one and to the other of two poles: the likeliest centre, and a likely one far off.

    Both halves have units: where no minutes lie between the poles, the first one stands alone.
    """
    units = region.units
    first = units[np.argmax(often[units])]
    second = units[np.argmax((often[units] + 1e-9) * travel[first, units])]
    near = travel[first, units] <= travel[second, units]
    if near.all():
        near = units == first
    return units[near], units[~near]
