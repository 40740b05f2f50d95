"""What can be wrong with positions of units: clocks that were never set, jumps, repeats; arrays in, masks out."""

from __future__ import annotations

from typing import Any

import numpy as np

from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.crs import on_sphere

_NEAR_M = 200.0  # a step so short is the noise of a receiver, not a jump
_FEWEST = 10
_FAR = np.timedelta64(366, "D")


def far_clocks(time: Any, alive: Bools) -> Bools:
    """Return which clocks stand more than a year beyond the middle 98 % of the log: receivers that were never set.

    At least one row at each end is left out of the middle; of fewer than ten rows nothing can be told.
    """
    known = np.sort(time[alive])
    if len(known) < _FEWEST:
        return np.zeros(len(time), bool)
    out = max(len(known) // 100, 1)
    low, high = known[out], known[-1 - out]
    return (time < low - _FAR) | (time > high + _FAR)


def by_unit_and_time(code: Ints, time: Any) -> Ints:
    """Return the order of rows by unit and time; rows of one unit and time stay as they are in the file."""
    seconds = time.astype("datetime64[s]").astype(np.int64)
    if not len(seconds):
        return np.zeros(0, np.int64)
    keys = code * (int(np.ptp(seconds)) + 1) + (seconds - seconds.min())
    return np.arange(len(keys)) if (np.diff(keys) >= 0).all() else np.argsort(keys, kind="stable")


def until_next(code: Ints, time: Any) -> Ints:
    """Return the seconds until the next position of the same unit, 0 for its last; rows by unit and time."""
    seconds = np.zeros(len(code), np.int64)
    same = code[1:] == code[:-1]
    seconds[:-1][same] = np.diff(time).astype(np.int64)[same]
    return seconds


def repeats_and_jumps(code: Ints, time: Any, lonlat: Floats, most_kmh: float) -> tuple[Bools, Bools, int]:
    """Return which positions are repeated by the next, which are jumps, and how many steps were too fast.

    A jump can be neither reached nor left at `most_kmh`; at an end of a track one of the two suffices. Rows by unit and
    time, all with a place.
    """
    other = np.diff(code) != 0
    metres = np.sqrt((np.diff(on_sphere(lonlat), axis=0) ** 2).sum(axis=1))
    elapsed = np.diff(time).astype(float)
    fast = ~other & (metres > _NEAR_M) & (3.6 * metres > most_kmh * elapsed)
    again = ~other & (metres == 0) & (elapsed == 0)
    one = np.ones(min(len(code), 1), bool)
    reached, left = np.concatenate([~one, fast]), np.concatenate([fast, ~one])
    first, last = np.concatenate([one, other]), np.concatenate([other, one])
    jumps = (reached | first) & (left | last) & (reached | left)
    return np.concatenate([again, ~one]), jumps, int(fast.sum())
