"""Geometry and numbers packed for the browser: quantised, little-endian, base64."""

import base64
from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely

from patrolgeo._typing import Array
from patrolgeo.errors import DataError

QUANTUM = 1e-6  # degrees, about 0.1 m
FAR = -(2**15)  # no step, but that one is too wide for two bytes
LINE_TOLERANCE = 5e-5  # degrees, about 5 m: thinner than a line on any screen


def pack(values: Any, kind: str) -> str:
    """Return an array as base64 text; `kind` is a numpy type such as "<i4", read as the typed array of its width."""
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode("ascii")


def pack_numbers(values: Any) -> dict[str, Any]:
    """Pack numbers as the page tells them: three digits, all of them from 100 on; each once, and which a cell has.

    One or two bytes a cell are enough then, and none where all have the same number.
    """
    exact = np.asarray(values, np.float64)
    size = np.floor(np.log10(np.abs(exact), where=exact != 0, out=np.zeros_like(exact)))
    digits = 10.0 ** np.minimum(2 - size, 300)
    told = np.where(size >= 2, np.round(exact), np.round(exact * digits) / digits).astype(np.float32)
    levels, code = np.unique(told, return_inverse=True)
    if len(levels) > 2**16:
        return {"levels": pack(told, "<f4"), "bytes": 4, "code": ""}
    width = 0 if len(levels) <= 1 else 1 if len(levels) <= 2**8 else 2
    return {"levels": pack(levels, "<f4"), "bytes": width, "code": pack(code, f"<u{width}") if width else ""}


def pack_walk(points: Any) -> dict[str, str]:
    """Pack whole-numbered points as steps from one to the next, two bytes each; where a step is too wide, FAR stands
    for it and the point itself is in `far`.
    """
    there = np.asarray(points).astype(np.int32).reshape(-1, 2)
    steps = np.diff(there, axis=0, prepend=np.zeros((1, 2), np.int32))
    wide = np.abs(steps).max(axis=1) > -FAR - 1
    return {"steps": pack(np.where(wide[:, None], FAR, steps), "<i2"), "far": pack(there[wide], "<i4")}


def pack_kinds(kinds: Any) -> str:
    """Pack kinds of cells from 0 to 13, 254 and 255 in half a byte each, the earlier cell in the lower half."""
    half = np.asarray(kinds, np.uint8) & 15
    half = np.append(half, np.zeros(len(half) % 2, np.uint8)).reshape(-1, 2)
    return pack(half[:, 0] | half[:, 1] << 4, "<u1")


def pack_rings(polygons: Any) -> dict[str, Any]:
    """Pack cells: one corner each in full, and how the steps to its other corners differ from those of the mean cell.

    Neighbouring cells have nearly the same shape, so one byte a step is exact enough (`step` degrees); where it is
    not, two are taken. Rings with fewer corners than the longest repeat their last one.
    """
    rings = _open_rings(polygons)
    low, high = ([float(end(rings[..., axis])) for axis in (0, 1)] for end in (np.min, np.max))
    steps = rings[:, 1:] - rings[:, :1]
    mean = steps.mean(axis=0)
    apart = steps - mean
    widest, size = float(np.abs(apart).max(initial=0.0)), float(np.abs(steps).max(initial=0.0))
    wide = widest / 127 > max(QUANTUM, size / 1000)
    step = max(QUANTUM, widest / (32_000 if wide else 127))
    return {
        "count": len(rings),
        "corners": rings.shape[1],
        "low": np.round(low, 9).tolist(),
        "high": np.round(high, 9).tolist(),
        "unit": QUANTUM,
        "first": pack_walk(np.round((rings[:, 0] - low) / QUANTUM)),
        "mean": np.round(mean, 9).tolist(),
        "step": step,
        "wide": wide,
        "apart": pack(np.round(apart / step), "<i2" if wide else "<i1"),
    }


def _open_rings(polygons: Any) -> Array:
    xy, owner = shapely.get_coordinates(np.asarray(polygons, dtype=object), return_index=True)
    sizes = np.bincount(owner) - 1  # the closing corner is implied
    corner = np.minimum(np.arange(sizes.max()), sizes[:, None] - 1)
    starts = np.cumsum(sizes + 1) - (sizes + 1)
    return xy[starts[:, None] + corner]


def pack_ids(cells: Sequence[str]) -> dict[str, Any]:
    """Pack H3 cells of one resolution: what they share once, the rest in four bytes a cell where that is enough."""
    ids = np.array([int(cell, 16) for cell in cells], np.uint64)
    resolution = (ids >> np.uint64(52)) & np.uint64(15)
    if (resolution != resolution[0]).any():
        raise DataError(f"cells are of resolutions {np.unique(resolution).tolist()}; a map takes one.")
    unused = 3 * (15 - int(resolution[0]))  # bits of the finer resolutions, all ones
    short = ids >> np.uint64(unused)
    rest = short - short.min()
    wide = bool(rest.max() >= 2**32)
    return {"base": str(short.min()), "unused": unused, "wide": wide, "rest": pack(rest, "<u8" if wide else "<u4")}


def pack_paths(geometries: Any, tolerance: float = LINE_TOLERANCE) -> dict[str, Any]:
    """Pack lines and polygon outlines as parts: `owner` says to which geometry a part belongs."""
    shapes = shapely.simplify(np.asarray(geometries, dtype=object), tolerance)
    parts, owner = shapely.get_parts(shapes, return_index=True)
    surface = shapely.get_dimensions(parts) == 2
    rings, ring_owner = shapely.get_rings(parts[surface], return_index=True)
    lines = np.concatenate([parts[~surface], rings])
    owner = np.concatenate([owner[~surface], owner[surface][ring_owner]])
    order = np.argsort(owner, kind="stable")
    xy, line = shapely.get_coordinates(lines[order], return_index=True)
    origin = xy.min(axis=0) if len(xy) else np.zeros(2)
    return {
        "origin": [round(float(o), 9) for o in origin],
        "unit": QUANTUM,
        "owner": pack(owner[order], "<i4"),
        "sizes": pack(np.bincount(line, minlength=len(lines)), "<i4"),
        "xy": pack_walk(np.round((xy - origin) / QUANTUM)),
    }
