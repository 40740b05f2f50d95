"""Edges of classes that people can read: round numbers, whole counts, "one a month"."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

import numpy as np

from patrolgeo._typing import Floats
from patrolgeo.maps.colours import upper_edges
from patrolgeo.words.messages import number, say
from patrolgeo.words.rates import SPANS, often

# days between two events that are told in few words
INTERVALS = [
    *(SPANS["year"] * n for n in (1000, 500, 300, 200, 100, 50, 30, 20, 10, 5, 3, 2, 1)),
    *(SPANS["month"] * n for n in (6, 4, 3, 2, 1)),
    *(7.0 * n for n in (2, 1)),
    *(5.0, 4.0, 3.0, 2.0, 1.0),
    *(1 / n for n in (2, 3, 5, 10, 20, 30, 50, 100, 200, 300, 500, 1000)),
]


def round_edges(values: Any, *, days: float = 0.0, whole: bool = False) -> Floats:
    """Return numbers of two digits near those that part the values above zero at 50, 80, 95 and 99 % of their cells.

    With `days` the values are rates of so many days, and the edges are told as intervals; `whole` ones are counts.
    """
    numbers = np.asarray(values, float)
    positive = numbers[numbers > 0]
    wanted = upper_edges(positive).astype(float)
    if not len(wanted):
        return wanted
    if days:
        steps = days / np.array(INTERVALS)
        wanted = steps[np.abs(np.log(wanted[:, None] / steps)).argmin(axis=1)]
    edges = np.unique([float(f"{edge:.2g}") if not days else edge for edge in wanted])
    edges = np.unique(np.round(edges)) if whole else edges
    return edges[(edges > positive.min()) & (edges <= positive.max())]


def class_texts(edges: Floats, words: Mapping[str, str], *, days: float = 0.0, whole: bool = False) -> list[str]:
    """Return what each class holds: none, below the first edge, between two, from the last on."""
    if not len(edges):
        return [words["none"], words["some"]]
    if whole:
        ends = [1, *(int(edge) for edge in edges)]
        between = [f"{low:,}" if high - low == 1 else f"{low:,} – {high - 1:,}" for low, high in pairwise(ends)]
        return [words["none"], *between, say(words, "above", low=f"{ends[-1]:,}")]
    told = [often(float(edge) / days, words) if days else number(float(edge)) for edge in edges]
    key = "often_" if days else ""
    between = [say(words, f"{key}between", low=low, high=high) for low, high in pairwise(told)]
    return [words["none"], say(words, f"{key}below", high=told[0]), *between, say(words, f"{key}above", low=told[-1])]
