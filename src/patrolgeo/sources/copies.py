"""The same event in several sources: a call, the case made of it, a citizen's report."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._typing import Ints
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import Points

_METRES, _MINUTES = 100.0, 15.0


def note_copies(table: Any, points: Points, ledger: Ledger, *, wanted: bool = False) -> None:
    """Warn of rows that lie within 100 m and 15 minutes of a row of another source, by pair of sources.

    They are kept: only who knows the sources can tell a call from the case that was made of it. Each row has at most
    one partner in another source, so that a busy corner is not counted many times. Who asked for copies (`wanted`)
    gets a note, not a warning.
    """
    if "source" not in table.columns:
        return
    rows = np.flatnonzero(ledger.alive & points.known)
    names = table["source"].to_numpy()[rows]
    place = _as_numbers(table, points, rows)
    told, copies = [], np.zeros(ledger.read, bool)
    for first, second in combinations(pd.unique(names), 2):
        here, there = np.flatnonzero(names == first), np.flatnonzero(names == second)
        partners = _pairs(place[here], place[there])
        if len(partners):
            told.append(f"{first} and {second}: {len(partners):,}")
            copies[rows[there[partners[:, 1]]]] = True
    if told:
        say = ledger.noted if wanted else ledger.warned
        say("copies_between_sources", copies, f"Within 100 m and 15 minutes of each other: {'; '.join(told)}.")


def _as_numbers(table: Any, points: Points, rows: Ints) -> Any:
    """Return place and time so that a distance of 1 is 100 m or 15 minutes."""
    xy = crs.local_xy(points.lon[rows], points.lat[rows]) / _METRES
    minutes = table["time"].to_numpy()[rows].astype("datetime64[s]").astype(float) / 60.0
    return np.column_stack([xy, minutes / _MINUTES])


def _pairs(here: Any, there: Any) -> Ints:
    """Return pairs of rows that are near, nearest first, each row in one pair at most."""
    near = cKDTree(here).sparse_distance_matrix(cKDTree(there), 1.0, p=np.inf, output_type="ndarray")
    near = near[np.hypot(*(here[near["i"]] - there[near["j"]])[:, :2].T) <= 1.0]
    order = np.lexsort((near["j"], near["i"], near["v"]))
    taken: list[tuple[int, int]] = []
    used: tuple[set[int], set[int]] = (set(), set())
    for i, j in zip(near["i"][order].tolist(), near["j"][order].tolist(), strict=True):
        if i not in used[0] and j not in used[1]:
            taken.append((i, j))
            used[0].add(i)
            used[1].add(j)
    return np.array(taken, np.int64).reshape(-1, 2)
