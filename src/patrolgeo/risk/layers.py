"""Layers of a risk terrain: near a kind of place or not, among many of them or not."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.spatial import cKDTree

from patrolgeo._typing import Bools, Floats
from patrolgeo.kernels import within
from patrolgeo.risk.blocks import WIDTH_M, WIDTH_SPACINGS
from patrolgeo.risk.history import History
from patrolgeo.risk.smoothing import smooth

STEP_M = 50.0
RINGS = (0.0, 1.2, 2.2)  # spacings that take in whole rings of hexagons: 0, 1 and 2
DENSE = 2.0  # standard deviations above the mean


class Layer(NamedTuple):
    """What a 0/1 layer says of a cell: `operation` is "within" (so many metres of one) or "density" (of many)."""

    kind: str
    operation: str
    reach_m: float


def terrain_layers(history: History, reaches: tuple[float, ...] | None) -> dict[Layer, Bools]:
    """Return the layers of every kind of place, those that divide the cells in two; of equal ones the first.

    Distances are measured from the middle of a cell to the places where these are known as points, else to the middles
    of the cells that hold one. A cell is dense when the kernel density there (standard deviation = reach) lies more
    than two standard deviations above the mean of all cells.
    """
    made: dict[Layer, Bools] = {}
    for kind, values in history.places.items():
        points = history.points.get(kind)
        steps = reaches or (default_reaches(history) if points is not None else _rings(history))
        seen: set[bytes] = set()
        for layer, cells in _of_kind(history, kind, values, points, steps):
            if 0 < cells.sum() < len(cells) and cells.tobytes() not in seen:
                seen.add(cells.tobytes())
                made[layer] = cells
    return made


def default_reaches(history: History) -> tuple[float, ...]:
    """Return distances in metres, in steps of about a quarter of a cell spacing, up to two spacings or 750 m."""
    spacing = history.grid.spacing_m
    step = max(STEP_M * round(spacing / 4 / STEP_M), STEP_M)
    return tuple(np.arange(step, max(WIDTH_SPACINGS * spacing, WIDTH_M) / 2 + 1, step))


def _rings(history: History) -> tuple[float, ...]:
    return tuple(round(k * history.grid.spacing_m, 0) for k in RINGS)


def _of_kind(
    history: History, kind: str, values: Floats, points: Floats | None, steps: tuple[float, ...]
) -> list[tuple[Layer, Bools]]:
    xy = history.grid.xy
    where = xy[values > 0] if points is None else points
    if not len(where):
        return []
    distance = cKDTree(where).query(xy)[0]
    near = [(Layer(kind, "within", reach), distance <= within(reach)) for reach in steps]
    dense = [(Layer(kind, "density", reach), _dense(history, values, reach)) for reach in steps if reach > 0]
    return [*near, *dense]


def _dense(history: History, values: Floats, reach: float) -> Bools:
    density = smooth(values[None], history, reach)[0] / history.area
    return np.asarray(density > density.mean() + DENSE * density.std())
