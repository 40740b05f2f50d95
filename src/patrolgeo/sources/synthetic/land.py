"""The land: a boundary of 3,000 km2, a meandering river of 110 km, hills with valleys between them.

Everything here is metres in a plane around `CENTER`; `to_lonlat` turns it into degrees at the very end.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyproj
import shapely
from scipy.spatial import cKDTree
from shapely import LineString, MultiPolygon, Polygon

from patrolgeo._typing import Floats
from patrolgeo.crs import LONLAT, local_crs

CENTER = (107.35, 24.35)
AREA_M2 = 3_000e6
RIVER_M = 110_000.0
_MEANDERS = 13


@dataclass(frozen=True, eq=False)
class Land:
    """The ground that everything else stands on.

    Attributes
    ----------
    boundary
        The county, in metres.
    river
        The river inside the county, flowing west to east.
    waves
        Directions (k, 2), phases (k,) and weights (k,) of the waves whose zero lines are the valleys.
    """

    boundary: Polygon
    river: LineString
    waves: tuple[Floats, Floats, Floats]

    def elevation(self, xy: Floats) -> Floats:
        """Return metres above the sea at points of shape (n, 2); the river and the valleys lie low."""
        directions, phases, weights = self.waves
        ridge = np.abs(np.cos(xy @ directions.T + phases) @ weights)
        return _floor(xy) + 620.0 * ridge * (1.0 - 0.85 * np.exp(-((self.from_river(xy) / 2200.0) ** 2)))

    def relief(self, xy: Floats) -> Floats:
        """Return metres above the valley floor."""
        return self.elevation(xy) - _floor(xy)

    def banks(self, margin: float) -> MultiPolygon:
        """Return the two banks without their margins; a bend whose neck is narrower than two margins is left out."""
        dry = self.boundary.buffer(-margin).difference(self.river.buffer(margin))
        return MultiPolygon([part for part in dry.geoms if part.area > 100e6])

    def from_river(self, xy: Floats) -> Floats:
        """Return metres to the river, to the nearest 20."""
        return self._river_points.query(xy)[0]

    @cached_property
    def _river_points(self) -> cKDTree:
        return cKDTree(shapely.get_coordinates(shapely.segmentize(self.river, 40.0)))


def _floor(xy: Floats) -> Floats:
    """Return the height of the valley floor, which falls with the river from west to east."""
    return 140.0 - 0.0006 * xy[:, 0]


def make_land(rng: np.random.Generator) -> Land:
    """Draw boundary, river and hills."""
    boundary = _boundary(rng)
    river = _river(rng, boundary)
    directions = rng.normal(0.0, 2 * np.pi / 13_000.0, (24, 2))
    weights = np.full(24, np.sqrt(2 / 24) * 0.55)
    return Land(boundary, river, (directions, rng.uniform(0, 2 * np.pi, 24), weights))


def _boundary(rng: np.random.Generator) -> Polygon:
    angle = np.linspace(0, 2 * np.pi, 720, endpoint=False)
    waves = np.arange(2, 120)
    heights = rng.normal(0.0, 0.24, waves.size) / waves**1.4
    radius = 1.0 + np.cos(np.outer(angle, waves) + rng.uniform(0, 2 * np.pi, waves.size)) @ heights
    ring = np.column_stack([1.18 * radius * np.cos(angle), radius * np.sin(angle) / 1.18])
    return Polygon(ring * np.sqrt(AREA_M2 / Polygon(ring).area))


def _river(rng: np.random.Generator, boundary: Polygon) -> LineString:
    """Return a sine-generated curve (Langbein and Leopold 1966), as winding as its length asks."""
    wander, phase = 0.55 * np.cumsum(rng.normal(0, 1, 60)), rng.uniform(0, 2 * np.pi)
    size = rng.uniform(0.35, 1.35, 24)
    drift = rng.uniform(-0.12, 0.12, 2)
    low, high = 0.2, 1.9
    for _ in range(50):
        winding = (low + high) / 2
        inside = _course(winding, wander, size, phase, drift, boundary)
        low, high = (winding, high) if inside.length < RIVER_M else (low, winding)
    return inside


def _course(winding: float, wander: Floats, size: Floats, phase: float, drift: Floats, boundary: Polygon) -> LineString:
    u = np.linspace(0, 1, 900)
    calm_ends = np.clip(np.minimum(u, 1 - u) / 0.14, 0, 1) ** 0.7
    bends = np.sin(2 * np.pi * _MEANDERS * u + phase + np.interp(u, np.linspace(0, 1, wander.size), wander))
    bends *= np.interp(u, np.linspace(0, 1, size.size), size)
    heading = winding * calm_ends * bends + 0.3 * np.sin(2 * np.pi * 1.5 * u + phase)
    steps = np.exp(1j * heading)
    line = np.r_[0, np.cumsum((steps[1:] + steps[:-1]) / 2)]
    west, _, east, _ = boundary.bounds
    ends = np.array([complex(1.12 * west, drift[0] * east), complex(1.12 * east, drift[1] * east)])
    line = ends[0] + line * (ends[1] - ends[0]) / line[-1]
    inside = LineString(np.column_stack([line.real, line.imag])).intersection(boundary)
    return max(shapely.get_parts(inside), key=shapely.length)


def to_lonlat(xy: Floats, decimals: int = 5) -> Floats:
    """Return degrees (n, 2) of metres around `CENTER`; five decimals are about a metre."""
    lon, lat = _DEGREES.transform(xy[:, 0], xy[:, 1])
    return np.round(np.column_stack([lon, lat]), decimals) + 0.0


def geometry_to_lonlat(geometry: object, decimals: int = 5) -> object:
    """Return a geometry, or an array of them, in degrees."""
    return shapely.transform(geometry, lambda xy: to_lonlat(xy, decimals))


_DEGREES = pyproj.Transformer.from_crs(local_crs(CENTER), LONLAT, always_xy=True)
