"""Borders drawn along lines: the parts of a cell beyond a road or river are drawn with the area on that side.

Only the drawing leaves the cells; every cell still belongs to one area. The drawn areas tile what the cells tile.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo import crs
from patrolgeo._typing import Array, Bools, Ints
from patrolgeo.plan.areas.outlines import area_outlines

GRID = 1e-9  # degrees, a tenth of a millimetre: corners on it are the same corners for every neighbour
ROUNDS = 10


def draw_along(geometry: gpd.GeoSeries, labels: pd.Series, lines: gpd.GeoSeries) -> gpd.GeoSeries:
    """Return the outline of each area with its borders on the lines where these cross the cells of a border.

    Parameters
    ----------
    geometry
        The cells, in longitude and latitude.
    labels
        Area of each cell.
    lines
        Roads and rivers, in longitude and latitude.

    Returns
    -------
    GeoSeries by area.
    """
    cells = shapely.set_precision(geometry.to_numpy(), GRID, mode="pointwise")
    area, names = pd.factorize(labels.reindex(geometry.index), sort=True)
    area = area.astype(np.int64)
    near = _touching(cells)
    crossed = _crossed_at_borders(cells, area, near, lines)
    if not crossed.any():
        return area_outlines(geometry, labels)
    meshed = crossed | (near @ crossed > 0)
    pieces, home = _cut(cells, meshed, crossed, lines)
    drawn = _sides(pieces, home, area, shapely.centroid(cells))
    shapes = np.concatenate([pieces, cells[~meshed]])
    owner = np.concatenate([drawn, area[~meshed]])
    return area_outlines(gpd.GeoSeries(shapes, crs=crs.LONLAT), pd.Series(names.to_numpy()[owner]))


def _touching(cells: Array) -> sparse.csr_matrix:
    a, b = shapely.STRtree(cells).query(cells, predicate="intersects")
    return sparse.csr_matrix((np.ones(len(a)), (a, b)), shape=(len(cells), len(cells)))


def _crossed_at_borders(cells: Array, area: Ints, near: sparse.csr_matrix, lines: gpd.GeoSeries) -> Bools:
    """Return the cells that touch another area and are crossed by a line."""
    a, b = near.nonzero()
    at_border = np.zeros(len(cells), bool)
    at_border[a[area[a] != area[b]]] = True
    crossed = np.zeros(len(cells), bool)
    crossed[shapely.STRtree(cells).query(lines.to_numpy(), predicate="intersects")[1]] = True
    return at_border & crossed


def _cut(cells: Array, meshed: Bools, crossed: Bools, lines: gpd.GeoSeries) -> tuple[Array, Ints]:
    """Cut the crossed cells along the lines; return the pieces of all meshed cells and the cell of each."""
    inside = shapely.intersection(lines.to_numpy(), shapely.union_all(cells[crossed]))
    edges = np.concatenate([shapely.boundary(cells[meshed]), inside[~shapely.is_empty(inside)]])
    pieces = shapely.get_parts(shapely.polygonize([shapely.union_all(edges, grid_size=GRID)]))
    which = np.flatnonzero(meshed)
    piece, cell = shapely.STRtree(cells[which]).query(shapely.point_on_surface(pieces), predicate="intersects")
    first = np.unique(piece, return_index=True)[1]
    return pieces[piece[first]], which[cell[first]]


def _sides(pieces: Array, home: Ints, area: Ints, middles: Array) -> Ints:
    """Return the area that each piece is drawn with.

    The piece with the middle of its cell stays; another goes to the area that it shares most of its outer sides with.
    """
    free = ~shapely.intersects(pieces, middles[home])
    a, b = shapely.STRtree(pieces).query(pieces, predicate="intersects")
    a, b = a[a < b], b[a < b]
    length = shapely.length(shapely.intersection(pieces[a], pieces[b]))
    a, b, length = a[length > 0], b[length > 0], length[length > 0]
    shape = (len(pieces), len(pieces))
    side: sparse.csr_matrix = sparse.csr_matrix((np.r_[length, length], (np.r_[a, b], np.r_[b, a])), shape=shape)
    same = home[np.repeat(np.arange(len(pieces)), np.diff(side.indptr))] == home[side.indices]
    outer = side.copy()
    outer.data[same] = 0.0
    drawn = area[home]
    for _ in range(ROUNDS):
        wanted = _strongest(outer, drawn, free)
        if (wanted == drawn).all():
            break
        drawn = wanted
    return _whole(side, drawn, area[home], free)


def _strongest(side: sparse.csr_matrix, drawn: Ints, free: Bools) -> Ints:
    """Return for each free piece the area it shares the longest side with; its own where none is longer."""
    k = int(drawn.max()) + 1
    member = sparse.csr_matrix((np.ones(len(drawn)), (np.arange(len(drawn)), drawn)), shape=(len(drawn), k))
    shared = np.asarray((side[free] @ member).todense())
    shared[np.arange(len(shared)), drawn[free]] *= 1 + 1e-6
    new = drawn.copy()
    new[free] = np.where(shared.max(axis=1) > 0, shared.argmax(axis=1), drawn[free])
    return new


def _whole(side: sparse.csr_matrix, drawn: Ints, plain: Ints, free: Bools) -> Ints:
    """Give pieces back to the area of their cell where they hang together with nothing that is fixed."""
    for _ in range(ROUNDS):
        ends = side.tocoo()
        same = drawn[ends.row] == drawn[ends.col]
        within = sparse.csr_matrix((np.ones(same.sum()), (ends.row[same], ends.col[same])), shape=side.shape)
        part = connected_components(within, directed=False)[1]
        alone = ~np.isin(part, part[~free])
        if not alone.any() or (drawn[alone] == plain[alone]).all():
            break
        drawn = np.where(alone, plain, drawn)
    return drawn
