"""Colours of values and labels: which belong together, and what a legend says of them."""

from __future__ import annotations

import colorsys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._typing import Array
from patrolgeo.errors import DataError
from patrolgeo.words.messages import number

# light to dark in even steps of lightness, told apart without red and green
RAMPS = {
    "risk": ("#fdf6e3", "#fee0a3", "#fdb863", "#f07d3a", "#c8342b", "#7a0b2e"),
    "workload": ("#f3f6f8", "#cfe1ec", "#9cc4dd", "#5b9ec9", "#2a6fa8", "#0f3f73"),
    "population": ("#f7f4f9", "#ddd3e8", "#bfaad6", "#9a7fc0", "#7250a3", "#46237a"),
}
# told apart by the colour-blind (Okabe and Ito 2008), the lighter and the darker by turns; the grey is ours
TINTS = ("#0072b2", "#e69f00", "#009e73", "#f0e442", "#cc79a7", "#56b4e9", "#d55e00", "#4d4d4d")
TOUCH = 1e-5  # degrees (a metre) between areas that have a border in common
MISSING = "#c9c3d6"
# what the labels of hotspots mean can be seen: red where it is high, blue where it is low, pale where it is neither
KNOWN_LABELS = {
    "hot": "#b3122f", "high-high": "#b3122f", "high-low": "#f07d3a", "low-high": "#9cc4dd", "low-low": "#0f3f73",
    "cold": "#0f3f73", "not significant": "#f1ede3", "True": "#b3122f", "False": "#f1ede3",
}  # fmt: skip
UPPER_SHARES = (0.5, 0.8, 0.95, 0.99)  # of the cells above zero


@dataclass(frozen=True)
class Scale:
    """Colours of numbers: one for each class between the edges, and one for zero.

    A class holds its lower edge, not its upper one. Zero stands for itself unless a class holds numbers on both sides
    of it.
    """

    edges: tuple[float, ...]
    colours: tuple[str, ...]
    zero: str

    def colour(self, value: float | None) -> str:
        """Return the colour of a number; None is missing."""
        if value is None:
            return MISSING
        return self.zero if value == 0 else self.colours[int(np.searchsorted(self.edges, value, side="right"))]

    def rows(self) -> list[tuple[str, str]]:
        """Return colour and words of every class, from the lowest on."""
        ends = [number(edge) for edge in self.edges]
        texts = [f"< {ends[0]}", *(f"{a} – {b}" for a, b in pairwise(ends)), f"≥ {ends[-1]}"] if ends else ["> 0"]
        rows = list(zip(self.colours, texts, strict=True))
        if self.zero not in self.colours:
            rows.insert(sum(edge <= 0 for edge in self.edges), (self.zero, "0"))
        return rows


def scale_of(values: Any, bins: Sequence[float] | None = None) -> Scale:
    """Return the scale of some numbers: one hue from zero up, two hues on both sides of zero where some are negative.

    `bins` are the edges of the classes, ascending; by default `class_edges`.
    """
    edges = class_edges(values) if bins is None else _checked(bins)
    numbers = np.asarray(values, float)
    ends = [-np.inf if (numbers < 0).any() or (edges < 0).any() else 0.0, *edges, np.inf]
    below, above = sum(high <= 0 for high in ends[1:]), sum(low >= 0 for low in ends[:-1])
    middle = len(ends) - 1 - below - above
    zero = RAMPS["risk"][0]
    colours = (*reversed(_shades("workload", below)), *[zero] * middle, *_shades("risk", above))
    return Scale(tuple(float(edge) for edge in edges), colours, zero)


def class_edges(values: Any) -> Array:
    """Return the values that part the numbers at 50, 80, 95 and 99 % of their cells that are not zero.

    Where some are negative the edges lie at the same distances on both sides of zero.
    """
    numbers = np.asarray(values, float)
    if not (numbers < 0).any():
        return upper_edges(numbers)
    far = upper_edges(np.abs(numbers))
    return np.concatenate([-far[::-1], [0.0], far])


def upper_edges(numbers: Any) -> Array:
    """Return the distinct values that part the numbers above zero at 50, 80, 95 and 99 % of their cells."""
    positive = np.asarray(numbers)[np.asarray(numbers) > 0]
    if not len(positive):
        return positive
    edges = np.unique(np.quantile(positive, UPPER_SHARES, method="higher").astype(positive.dtype))
    return edges[edges > positive.min()]


def _checked(bins: Sequence[float]) -> Array:
    try:
        edges = np.asarray(bins, float)
    except (TypeError, ValueError):
        raise DataError(f"bins={bins!r} must be numbers, the edges of the classes, for example [1, 5, 20].") from None
    if edges.ndim != 1 or not len(edges) or not np.isfinite(edges).all() or (np.diff(edges) <= 0).any():
        raise DataError(f"bins={bins!r} must be finite numbers in ascending order, for example [1, 5, 20].")
    return edges


def _shades(ramp: str, n: int) -> tuple[str, ...]:
    """Return n colours from light to dark; the darkest always ends them."""
    shades = RAMPS[ramp][1:]
    if n <= len(shades):
        return shades[len(shades) - n :]
    parts = np.array([[int(shade[i : i + 2], 16) for i in (1, 3, 5)] for shade in shades])
    at = np.linspace(0, len(shades) - 1, n)
    mixed = np.stack([np.interp(at, np.arange(len(shades)), parts[:, k]) for k in range(3)], axis=1)
    return tuple("#" + "".join(f"{round(part):02x}" for part in colour) for colour in mixed)


def label_colours(labels: pd.Series) -> dict[str, str]:
    """Return the colour of every label: labels of hotspots have their own, others get one each in their order."""
    if isinstance(labels.dtype, pd.CategoricalDtype):
        kinds = [str(kind) for kind in labels.cat.categories if (labels == kind).any()]
    else:
        kinds = sorted({str(label) for label in labels.dropna()})
    free = iter(_distinct(len(kinds)))
    return {kind: KNOWN_LABELS.get(kind) or next(free) for kind in kinds}


def _distinct(n: int) -> list[str]:
    """Return n colours: the tints, then further hues that lie a golden section apart."""
    more = [colorsys.hls_to_rgb(0.618034 * i % 1, 0.35 + 0.3 * (i % 2), 0.5) for i in range(n - len(TINTS))]
    return [*TINTS, *("#" + "".join(f"{round(255 * part):02x}" for part in rgb) for rgb in more)]


def area_tints(shapes: gpd.GeoSeries) -> list[str]:
    """Return a colour for each polygon, another than those of the polygons it touches."""
    near: list[list[int]] = [[] for _ in range(len(shapes))]
    for a, b in shapes.sindex.query(shapes.to_numpy(), predicate="dwithin", distance=TOUCH).T:
        if a != b:
            near[a].append(int(b))
    return tints(near)


def tints(neighbours: Sequence[Sequence[int]]) -> list[str]:
    """Give every area a colour that none of its neighbours has, as long as the colours last.

    The area with the fewest neighbours left is coloured last, so that on a map six colours always last (Matula and Beck
    1983: the smallest last).
    """
    left = {i: set(near) - {i} for i, near in enumerate(neighbours)}
    order = []
    while left:
        least = min(left, key=lambda i: (len(left[i]), -i))
        order.append(least)
        for near in left.pop(least):
            left[near].discard(least)
    chosen: dict[int, int] = {}
    for i in reversed(order):
        taken = {chosen[j] for j in neighbours[i] if j in chosen}
        used = Counter(chosen.values())
        free = [c for c in range(len(TINTS)) if c not in taken] or list(range(len(TINTS)))
        chosen[i] = min(free, key=lambda c: (used[c], c))
    return [TINTS[chosen[i]] for i in range(len(neighbours))]
