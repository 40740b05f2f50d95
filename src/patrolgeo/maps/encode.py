"""Geometry and numbers packed for the browser: quantised, little-endian, base64."""

import base64
from typing import Any

import numpy as np
import shapely

from patrolgeo._typing import Array

QUANTUM = 1e-6  # degrees, about 0.1 m
LINE_TOLERANCE = 5e-5  # degrees, about 5 m: thinner than a line on any screen


def pack(values: Any, kind: str) -> str:
    """Return an array as base64 text; `kind` is a numpy type such as "<i4", read as the typed array of its width."""
    return base64.b64encode(np.ascontiguousarray(values).astype(kind).tobytes()).decode("ascii")


def pack_rings(polygons: Any) -> dict[str, Any]:
    """Pack small polygons (cells): one corner in full, the others as 16-bit steps from it.

    Rings with fewer corners than the longest repeat their last one, so every ring has `corners` of them.
    """
    rings = _open_rings(polygons)
    origin = rings.min(axis=(0, 1)) if len(rings) else np.zeros(2)
    first = np.round((rings[:, 0] - origin) / QUANTUM)
    steps = rings[:, 1:] - rings[:, :1]
    quantum = max(QUANTUM, float(np.abs(steps).max(initial=0.0)) / 32_000)
    return {
        "count": len(rings),
        "corners": rings.shape[1],
        "origin": [round(float(o), 9) for o in origin],
        "unit": QUANTUM,
        "first": pack(first, "<i4"),
        "step": quantum,
        "rest": pack(np.round(steps / quantum), "<i2"),
    }


def _open_rings(polygons: Any) -> Array:
    outer = shapely.get_exterior_ring(np.asarray(polygons, dtype=object))
    xy, owner = shapely.get_coordinates(outer, return_index=True)
    sizes = np.bincount(owner, minlength=len(outer)) - 1  # the closing corner is implied
    longest = int(sizes.max(initial=3))
    starts = np.concatenate([[0], np.cumsum(sizes + 1)[:-1]]) if len(sizes) else np.zeros(0, int)
    corner = np.minimum(np.arange(longest), sizes[:, None] - 1)
    return xy[(starts[:, None] + corner).astype(int)].reshape(len(outer), longest, 2)


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
        "xy": pack(np.round((xy - origin) / QUANTUM), "<i4"),
    }
