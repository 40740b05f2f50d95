"""Points that lie far from the rest: what they may be, counted."""

from __future__ import annotations

import numpy as np
import shapely

from patrolgeo._typing import Bools, Floats
from patrolgeo.sources.datum import to_wgs84
from patrolgeo.sources.ledger import Ledger
from patrolgeo.sources.positions import Points
from patrolgeo.words.note import Note

_FEWEST, _MANY = 5, 100
_WIDEST = 0.05  # the share at either end that does not tell where the rest lies
_INHABITED = -60.0  # no town lies further south; American longitudes taken for latitudes do
_DEGREES = 1.0  # what is nearer than this to the rest is not far
# Mainland China by a coarse line (to about half a degree): where coordinates may be shifted. The box that published
# shifts use also holds India, Mongolia and Korea.
CHINA = shapely.Polygon([
    (73.5, 39.5), (75.0, 37.0), (78.0, 35.3), (79.0, 32.5), (81.5, 30.2), (86.0, 28.0), (89.0, 27.4), (92.0, 27.5),
    (97.5, 28.2), (97.7, 24.0), (99.5, 21.8), (102.0, 21.3), (102.5, 22.6), (106.7, 22.0), (108.0, 21.2), (107.5, 18.0),
    (111.5, 18.0), (118.0, 22.0), (122.5, 27.0), (123.0, 32.0), (121.0, 35.0), (123.0, 37.5), (122.0, 39.0),
    (124.5, 39.9),
    (128.3, 41.5), (131.0, 42.6), (131.5, 45.0), (135.0, 48.4), (131.0, 47.9), (127.5, 50.0), (121.0, 53.5),
    (120.0, 51.0),
    (117.5, 49.6), (115.5, 47.8), (119.5, 46.8), (111.8, 43.7), (105.0, 41.6), (97.0, 42.8), (91.0, 45.2), (87.5, 49.1),
    (82.5, 45.2), (80.3, 42.1),
])  # fmt: skip


def warn_of_outliers(points: Points, ledger: Ledger) -> None:
    """Warn of points far from the rest, and say how many of them a known mistake explains."""
    rows = np.flatnonzero(ledger.alive & points.known)
    if len(rows) < _FEWEST:
        return
    lon, lat = points.lon[rows], points.lat[rows]
    south = lat < _INHABITED
    if south.mean() > 0.5:
        ledger.warned("antarctic_place", ledger.at(rows[south]))
        return
    box = [_range(v) for v in (lon, lat)]
    far = ~_inside(lon, lat, box)
    if far.any():
        why = tuple(_mistakes(lon[far], lat[far], box))
        at = int(np.flatnonzero(far)[0])
        first = {"lon": float(lon[at]), "lat": float(lat[at]), "row": ledger.rows[rows[at]]}
        code = "detail_far_place_why" if why else "detail_far_place"
        ledger.warned("far_place", ledger.at(rows[far]), Note(code, {"rows": int(far.sum()), **first, "why": why}))


def _range(values: Floats) -> tuple[float, float]:
    """Return where values usually lie: nine tenths of them (half of them when they are few), and three times around."""
    low, high = np.quantile(values, [_WIDEST, 1 - _WIDEST] if len(values) >= _MANY else [0.25, 0.75])
    reach = max(3 * (high - low), _DEGREES)
    return float(low - reach), float(high + reach)


def _inside(lon: Floats, lat: Floats, box: list[tuple[float, float]]) -> Bools:
    (west, east), (south, north) = box
    inside: Bools = (lon >= west) & (lon <= east) & (lat >= south) & (lat <= north)
    return inside


def _mistakes(lon: Floats, lat: Floats, box: list[tuple[float, float]]) -> list[Note]:
    """Return the mistakes that explain points far away, each with its count; the first that fits counts."""
    kinds = {
        "detail_far_missing": (np.abs(lon + 1) < 1e-6) & (np.abs(lat + 1) < 1e-6),
        "detail_far_zero": (np.abs(lon) < 1e-6) | (np.abs(lat) < 1e-6),
        "detail_far_pole": np.abs(lat) > 89,
        "detail_far_exchanged": _inside(lat, lon, box),
        "detail_far_sign": _inside(-lon, lat, box) | _inside(lon, -lat, box) | _inside(-lon, -lat, box),
    }
    left = np.ones(len(lon), bool)
    told = []
    for code, fits in kinds.items():
        here = fits & left
        left &= ~here
        if here.any():
            told.append(Note(code, {"n": int(here.sum())}))
    return told


def warn_of_shift(lon: Floats, lat: Floats, outside: Bools, shape: shapely.Geometry, ledger: Ledger) -> None:
    """Warn when taking a Chinese shift back would bring most of the points outside into the area, and few out of it.

    Points that spill over one border are not a shift: taking one back would push others over the opposite border.
    """
    near = outside & shapely.intersects_xy(CHINA, lon, lat)
    if near.sum() < max(10, 0.01 * len(lon)):
        return
    for datum in ("GCJ02", "BD09"):
        back = shapely.intersects_xy(shape, *to_wgs84(lon, lat, datum))
        gained, lost = back[near].sum(), (~back & ~outside).sum()
        if gained > 0.5 * near.sum() and lost <= 0.5 * gained:
            ledger.warned(
                "shift_suspect",
                detail=Note("detail_shift_suspect", {"gained": int(gained), "near": int(near.sum()), "datum": datum}),
            )
            return
