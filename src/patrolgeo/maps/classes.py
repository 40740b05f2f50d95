"""Values by cell as a few colours with a legend."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._typing import Array
from patrolgeo.maps.words import number, say

# light to dark in even steps of lightness, told apart without red and green
RAMPS = {
    "risk": ("#fdf6e3", "#fee0a3", "#fdb863", "#f07d3a", "#c8342b", "#7a0b2e"),
    "workload": ("#f3f6f8", "#cfe1ec", "#9cc4dd", "#5b9ec9", "#2a6fa8", "#0f3f73"),
    "population": ("#f7f4f9", "#ddd3e8", "#bfaad6", "#9a7fc0", "#7250a3", "#46237a"),
}
HOT = ("#f1ede3", "#b3122f")
TINTS = ("#4e79a7", "#f28e2b", "#59a14f", "#b07aa1", "#edc948", "#76b7b2", "#e15759", "#9c755f")
UNSCORED, WITHHELD = 254, 255
UPPER_SHARES = (0.5, 0.8, 0.95, 0.99)  # of the cells above zero


@dataclass(frozen=True)
class CellLayer:
    """One way to colour the cells: class and value of every cell, colour and words of every class."""

    key: str
    title: str
    unit: str
    colours: tuple[str, ...]
    labels: tuple[str, ...]
    classes: Array
    values: Array


def graded_layer(
    key: str, values: pd.Series, title: str, unit: str, words: dict[str, str], ramp: Sequence[str] | None = None
) -> CellLayer:
    """Grade non-negative numbers: none, then five classes of the cells above zero, finer towards the top."""
    ramp = tuple(ramp or RAMPS.get(key, RAMPS["risk"]))
    numbers = values.to_numpy(np.float32, na_value=np.nan)
    edges = upper_edges(numbers)
    classes = np.where(numbers > 0, 1 + np.searchsorted(edges, numbers, side="right"), 0)
    classes = np.where(np.isnan(numbers), WITHHELD, classes).astype(np.uint8)
    colours = (ramp[0], *ramp[len(ramp) - 1 - len(edges) :])
    return CellLayer(key, title, unit, colours, _labels(edges, classes, words), classes, numbers)


def upper_edges(numbers: Any) -> Array:
    """Return the distinct values that part the numbers above zero at 50, 80, 95 and 99 % of their cells."""
    positive = np.asarray(numbers)[np.asarray(numbers) > 0]
    if not len(positive):
        return np.zeros(0, np.float32)
    edges = np.unique(np.quantile(positive, UPPER_SHARES, method="higher").astype(np.float32))
    return edges[edges > positive.min()]


def _labels(edges: Array, classes: Array, words: dict[str, str]) -> tuple[str, ...]:
    shares = np.bincount(classes[classes < UNSCORED], minlength=len(edges) + 2) / max(len(classes), 1)
    ends = [number(float(e)) for e in edges]
    if ends:
        middle = [f"{low} – {high}" for low, high in pairwise(ends)]
        texts = [words["none"], f"< {ends[0]}", *middle, say(words, "above", low=ends[-1])]
    else:
        texts = [words["none"], "> 0"]
    return tuple(f"{text}  ·  {share:.1%}" for text, share in zip(texts, shares, strict=True))


def hotspot_layer(significant: pd.Series, words: dict[str, str]) -> CellLayer:
    """Colour the cells that stay significant after correction."""
    flags = significant.fillna(value=False).astype(bool).to_numpy()
    labels = (f"{words['not_hot']}  ·  {(~flags).sum():,}", f"{words['hot']}  ·  {flags.sum():,}")
    return CellLayer(
        "hotspot", words["hotspot"], words["hotspot_unit"], HOT, labels, flags.astype(np.uint8), flags.astype("f4")
    )


def tints(neighbours: Sequence[Sequence[int]]) -> list[str]:
    """Give every area a colour that none of its neighbours has, as long as the colours last."""
    chosen: list[int] = []
    for i, near in enumerate(neighbours):
        taken = {chosen[j] for j in near if j < i}
        used = [chosen.count(c) for c in range(len(TINTS))]
        free = [c for c in range(len(TINTS)) if c not in taken] or list(range(len(TINTS)))
        chosen.append(min(free, key=lambda c: (used[c], c)))
    return [TINTS[c] for c in chosen]
