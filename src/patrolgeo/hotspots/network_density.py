"""Density of incidents along streets: how many for each metre of road."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any, Literal

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import check_choice, check_positive
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.hotspots._street_waves import KERNELS, STEPS, Streets, read, send
from patrolgeo.roads.graph import RoadGraph
from patrolgeo.roads.stretches import even_parts

METHODS = ("continuous", "discontinuous", "heat")
LIXELS = 5  # pieces are cut into lixels of at most a fifth of the bandwidth
FAR_M = 100.0  # incidents further from every road are counted in a warning


def network_density(
    incidents: gpd.GeoDataFrame | gpd.GeoSeries,
    graph: RoadGraph,
    bandwidth: float,
    *,
    kernel: str = "epanechnikov",
    method: Literal["continuous", "discontinuous", "heat"] = "continuous",
    at: gpd.GeoDataFrame | gpd.GeoSeries | None = None,
) -> Any:
    """How densely do incidents lie along the streets?

    Distances go along the roads, so a hot street does not colour the street behind it, as a density by cell does.
    Each incident counts at the road piece it is nearest to. One-way rules do not matter: this is about distance, not
    about driving. Like every density it says where much was recorded, not where more than people or traffic explain;
    for that, count on segments and use `GetisOrd` with their length as exposure.

    Parameters
    ----------
    incidents
        Points in any CRS.
    graph
        The roads, as from `RoadGraph.from_lines` or `from_osm`.
    bandwidth
        Standard deviation of the kernel along a straight road, in metres. The half-width of the Epanechnikov kernel is
        the square root of 5 times this.
    kernel
        "epanechnikov", "quartic", "uniform" or "gaussian" (cut at five standard deviations). "heat" is always Gaussian.
    method
        What a junction of m pieces does. "continuous": 2/m goes on along each and 2/m - 1 turns back; the density does
        not jump and all of it stays on the roads. "discontinuous": 1/(m - 1) goes on along each other piece; never
        negative, but it jumps at junctions and dead ends lose what reaches them. "heat": as heat spreads, which is the
        continuous rule with a Gaussian kernel.
    at
        Points on (or near) the roads to read the density at; by default lixels, equal cuts of every piece no longer
        than a fifth of the bandwidth.

    Returns
    -------
    With `at` a Series by point, named "density", incidents per metre. Otherwise a GeoDataFrame of lixels: `piece` (row
    of ``graph.edges``), `line` (label of the road), `length_m`, `density` (the mean over the lixel: density times
    length sums to the incidents under "continuous" and "heat"), geometry.

    Raises
    ------
    CRSError
        When `incidents` or `at` has no CRS.
    DataError
        When `bandwidth` is not positive, a word is not known, or a point has no place.

    Notes
    -----
    Waves of all incidents travel together, in 128 steps of the half-width: time and memory (2 kB a road piece) go with
    the pieces, hardly with the incidents, and not with the number of paths.

    References
    ----------
    Okabe, Satoh and Sugihara 2009, doi:10.1080/13658810802475491 (equal split); McSwiggan, Baddeley and Nair 2017,
    doi:10.1111/sjos.12255 (heat; the continuous rule as a sum over paths).

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph, network_density
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)])], crs="EPSG:4326")
    >>> calls = gpd.GeoSeries.from_xy([119.901, 119.91, 119.91], [31.7, 31.7, 31.7], crs="EPSG:4326")
    >>> lixels = network_density(calls, RoadGraph.from_lines(road, speed=40), bandwidth=100)
    >>> len(lixels), float((lixels["density"] * lixels["length_m"]).sum().round(6))
    (95, 3.0)
    """
    check_positive(bandwidth, "bandwidth")
    crs.warn_of_degrees(bandwidth, "bandwidth")
    check_choice(kernel, KERNELS, "kernel")
    check_choice(method, METHODS, "method")
    shape = KERNELS["gaussian" if method == "heat" else kernel]
    edges, half = graph.edges, bandwidth * shape.reach
    streets = Streets(edges["source"].to_numpy(), edges["target"].to_numpy(), edges["length_m"].to_numpy(float))
    piece, along, count = _stacked(*_on_roads(incidents, graph, "incidents"))
    sent = send(streets, piece, along, count, half, continuous=method != "discontinuous")
    spread = _Spread(streets, piece, along, count, sent, half)
    u = np.linspace(0, 1, STEPS + 1)
    if at is None:
        return _by_lixel(spread, graph, bandwidth, shape.tail(u))
    density = _at_points(spread, *_on_roads(at, graph, "at"), shape.density(u) / half)
    return pd.Series(density, index=at.index, name="density")


@dataclass(frozen=True)
class _Spread:
    """Events (a spot and its incidents each) on their own piece, and the waves that they send along the others."""

    streets: Streets
    piece: Ints
    along: Floats
    count: Floats
    sent: Floats
    half: float

    def steps(self, metres: Floats) -> Floats:
        return np.maximum(metres, 0.0) * STEPS / self.half


def _on_roads(points: Any, graph: RoadGraph, name: str) -> tuple[Ints, Floats]:
    """Return the nearest piece of each point and how far along it, in metres."""
    places = crs.to_lonlat(points, name).geometry
    lost = places.isna() | places.is_empty
    if lost.any():
        raise DataError(f"{lost.sum()} of {len(places)} {name} have no place; set them aside first.")
    near = graph.nearest(places)
    far = near["metres"] > FAR_M
    if far.any():
        warnings.warn(
            f"{far.sum()} of {len(far)} {name} ({far.mean():.1%}) lie more than {FAR_M:g} m from every road, the "
            f"farthest {near['metres'].max():,.0f} m; they count at the nearest piece.",
            PatrolgeoWarning, stacklevel=4,
        )  # fmt: skip
    length = graph.edges["length_m"].to_numpy(float)
    return near["piece"].to_numpy(), near["share"].to_numpy() * length[near["piece"]]


def _stacked(piece: Ints, along: Floats) -> tuple[Ints, Floats, Floats]:
    """Return one event for all incidents of one spot, in an order that does not hang on theirs."""
    spots, count = np.unique(np.column_stack([piece, along]), axis=0, return_counts=True)
    return spots[:, 0].astype(np.int64), spots[:, 1], count.astype(float)


def _by_lixel(spread: _Spread, graph: RoadGraph, bandwidth: float, tail: Floats) -> gpd.GeoDataFrame:
    """Return the mean density over each lixel: the mass of all waves between its ends, by its length."""
    streets = spread.streets
    count = np.maximum(np.ceil(streets.length * LIXELS / bandwidth), 1).astype(np.int64)
    piece = np.repeat(np.arange(streets.n), count)
    width = np.repeat(streets.length / count, count)
    low = (np.arange(len(piece)) - (np.cumsum(count) - count)[piece]) * width
    mass = _own_mass(spread, count, low, width, tail)
    for directed, near in ((piece, low), (piece + streets.n, streets.length[piece] - low - width)):
        mass += read(spread.sent, tail, directed, spread.steps(near))
        mass -= read(spread.sent, tail, directed, spread.steps(near + width))
    known = {
        "piece": piece, "line": graph.edges["line"].to_numpy()[piece], "length_m": width,
        "density": np.divide(mass, width, out=np.zeros(len(mass)), where=width > 0),
    }  # fmt: skip
    return gpd.GeoDataFrame(known, geometry=even_parts(graph, count), crs=crs.LONLAT)


def _own_mass(spread: _Spread, count: Ints, low: Floats, width: Floats, tail: Floats) -> Floats:
    """Return the mass that events leave on the lixels of their own piece before a wave reaches its end."""
    piece, half = spread.piece, spread.half
    first, each = (np.cumsum(count) - count)[piece], spread.streets.length[piece] / count[piece]
    last = count[piece] - 1
    lo, hi = (np.clip((spread.along + reach) / each, 0, last).astype(np.int64) for reach in (-half, half))
    event, lixel = _ranges(first + lo, first + hi)
    ahead = low[lixel] - spread.along[event]
    part = _passed(ahead + width[lixel], half, tail) - _passed(ahead, half, tail)
    return np.bincount(lixel, spread.count[event] * part, len(width)).astype(float)


def _passed(x: Floats, half: float, tail: Floats) -> Floats:
    """Return the mass of a kernel between its middle and x, negative before it; straight between steps as waves are."""
    return np.sign(x) * (tail[0] - np.interp(np.abs(x), np.linspace(0, half, len(tail)), tail))


def _at_points(spread: _Spread, piece: Ints, along: Floats, density: Floats) -> Floats:
    """Return the density at points, incidents per metre."""
    streets, half = spread.streets, spread.half
    value = read(spread.sent, density, piece, spread.steps(along))
    value += read(spread.sent, density, piece + streets.n, spread.steps(streets.length[piece] - along))
    base = np.r_[0.0, np.cumsum(streets.length + 3 * half)]  # pieces laid end to end, too far apart to meet
    place, own = base[piece] + along, base[spread.piece] + spread.along
    order = np.argsort(place, kind="stable")
    lo, hi = np.searchsorted(place[order], own - half), np.searchsorted(place[order], own + half, side="right") - 1
    event, point = _ranges(lo, hi)
    apart = np.abs(place[order[point]] - own[event])
    height = np.interp(apart, np.linspace(0, half, len(density)), density)
    return value + np.bincount(order[point], spread.count[event] * height, len(place))


def _ranges(lo: Ints, hi: Ints) -> tuple[Ints, Ints]:
    """Return pairs of a row and each whole number from its `lo` to its `hi`, both counted in."""
    count = np.maximum(hi - lo + 1, 0)
    row = np.repeat(np.arange(len(lo)), count)
    return row, lo[row] + np.arange(len(row)) - (np.cumsum(count) - count)[row]
