"""How long does learning take? CPU seconds of Hawkes and of the stack: ``python benchmarks/risk_speed.py``."""

import time
from pathlib import Path

import h3
import numpy as np
import pandas as pd

from patrolgeo import BoostedStack, RiskStack, fit_hawkes
from patrolgeo.files import write_json

RESULT = Path(__file__).parent / "results" / "risk_speed.json"


def seconds(task):
    start = time.process_time()
    task()
    return round(time.process_time() - start, 2)


def hawkes(n=100_000, side=40_000.0, days=730.0):
    """Clustered events: 800 centres of 800 m."""
    rng = np.random.default_rng(0)
    xy = (rng.random((800, 2)) * side)[rng.integers(0, 800, n)] + rng.normal(0, 800, (n, 2))
    even = np.full((n, 1), 1 / (side**2 * days))
    times = rng.random(n) * days
    fit_hawkes(xy[:200], times[:200], even[:200], steps=1)
    return seconds(lambda: fit_hawkes(xy, times, even, steps=50))


def stack(n_cells=5000, weeks=104):
    rng = np.random.default_rng(0)
    cells = sorted(h3.grid_disk("892a100d2c3ffff", 41))[:n_cells]
    rate = rng.gamma(0.3, 0.15, n_cells)
    index = pd.date_range("2024-01-01", periods=weeks, freq="7D", name="period")
    panel = pd.DataFrame(rng.poisson(rate, (weeks, n_cells)).astype(float), index=index, columns=cells)
    found = {}
    for model in (RiskStack(), BoostedStack()):
        first = seconds(lambda m=model: m.fit(panel))
        found[type(model).__name__] = {"first": first, "bank cached": seconds(lambda m=model: m.fit(panel))}
    return found


if __name__ == "__main__":
    result = {
        "command": "python benchmarks/risk_speed.py",
        "hawkes_100000_events_50_steps": hawkes(),
        "stack_5000_cells_104_weeks": stack(),
    }
    write_json(RESULT, result)
    print(result)
