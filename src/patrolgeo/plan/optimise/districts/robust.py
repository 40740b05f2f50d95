"""Areas that hold when the workload comes out otherwise: balanced over many draws of it, not for one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.optimise.districts.contract import sums_of
from patrolgeo.plan.optimise.districts.graph import minutes_own
from patrolgeo.plan.optimise.districts.solve import Division, anneal_from
from patrolgeo.plan.optimise.districts.task import Task

MORE_TRAVEL = 0.03  # share of the travel that may be paid
SEARCHED = 12  # draws that the search looks at; all of them judge
TRIALS = ((0.25, 30.0), (0.1, 100.0), (0.1, 300.0))  # share of the tolerance, and what unequal draws cost


def excess(draws: Floats, area: Ints, n_areas: int) -> Floats:
    """Return by draw how far the heaviest area is above the mean, as a share of it."""
    load = sums_of(draws, area, n_areas)
    total = load.sum(axis=0)
    return np.where(total > 0, load.max(axis=0) * n_areas / np.where(total > 0, total, 1.0) - 1, 0.0)


def reach_robust(task: Task, draws: Floats, area: Ints, centers: Ints, seed: int) -> Division:
    """Return the division with the least mean excess over the draws, at little more travel; the known one at worst."""
    travel = float(task.weight @ minutes_own(task.graph, centers, area))
    best, least = (area, centers), float(excess(draws, area, task.n_areas).mean())
    some = draws[:, np.linspace(0, draws.shape[1] - 1, min(SEARCHED, draws.shape[1])).astype(int)]
    for turn, (tight, press) in enumerate(TRIALS):
        asked = replace(
            task, tolerance=None if task.tolerance is None else tight * task.tolerance, criteria=some,
            press=(press / some.shape[1],) * some.shape[1],
        )  # fmt: skip
        found = anneal_from(asked, area, centers, seed + turn)
        value = float(excess(draws, found[0], task.n_areas).mean())
        paid = float(task.weight @ minutes_own(task.graph, found[1], found[0]))
        if value < least and paid <= travel * (1 + MORE_TRAVEL):
            best, least = found, value
    return best
