"""Compiling before it is needed: small problems of each room that compiles, side by side in processes.

What is compiled is kept on disk, so that the first plan after it costs what every later one does.
"""

from __future__ import annotations

import doctest
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import pandas as pd

import patrolgeo

# public names whose examples compile a room, the dearest rooms first; `routes` is a problem of its own
ROOMS = {
    "areas": ("design_areas", "draft_areas", "design_shift_areas"),
    "posts": ("plan_posts", "seal_cordon"),
    "routes": ("design_routes",),
    "rosters": ("staff_shifts",),
    "response": ("simulate_dispatch", "hypercube"),
    "hotspots": ("scan_statistic", "space_time_scan", "knox"),
}


def warm() -> dict[str, float]:
    """Compile what plans need, each room in a process of its own; return the CPU seconds of each.

    Examples
    --------
    >>> from patrolgeo.doctor.warm import warm
    >>> seconds = warm()  # doctest: +SKIP
    """
    with ProcessPoolExecutor(min(len(ROOMS), os.cpu_count() or 1), get_context("spawn")) as workers:
        return dict(zip(ROOMS, workers.map(warm_room, ROOMS), strict=True))


def warm_room(room: str) -> float:
    """Compile a room; return the CPU seconds that took."""
    begin = time.process_time()
    for name in ROOMS[room]:
        _run_examples(name)
    if room == "routes":
        _routes()
    return time.process_time() - begin


def _run_examples(name: str) -> None:
    runner = doctest.DocTestRunner(verbose=False)
    for test in doctest.DocTestFinder(recurse=False).find(getattr(patrolgeo, name), name, globs={}):
        runner.run(test, out=lambda _: None)  # what they say is told by the tests of the library


def _routes() -> None:
    """Draw routes among more places than are solved exactly, with gaps between visits and a place that must be seen."""
    rng = np.random.default_rng(0)
    places = [f"p{k}" for k in range(40)]
    at = rng.uniform(0, 20, (40, 2))
    travel = pd.DataFrame(np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1)), places, places)
    rules = patrolgeo.RouteRules(mandatory=(places[3],), visits=2, gap_minutes=30)
    patrolgeo.design_routes(
        pd.Series(rng.gamma(1, 1, 40), places), travel, 2, 120, 10, base=places[0], rules=rules, effort=0.001
    )
