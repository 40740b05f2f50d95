"""Units that are not cells: villages, census areas, reporting areas, street segments."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from patrolgeo import crs
from patrolgeo._checks import check_columns, check_positive, check_type
from patrolgeo._show import some_of
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units, links

OVERLAP = 0.01  # polygons may cover each other by this share of the smaller: borders drawn twice never agree quite
TOUCH_M = 0.01


@dataclass(frozen=True, eq=False, repr=False)
class AreaUnits(Units):
    """Polygons or lines with a label each, to count on and to carry people in place of cells.

    A point belongs to the polygon that holds it, or to the nearest line at most `within_m` metres away; on a shared
    border the first unit takes it. Whatever accepts a grid accepts units; tables then have the labels where cells
    would stand.

    Parameters
    ----------
    geometry
        Polygons or lines in longitude and latitude, their index the labels, ascending. Use `from_layer` or
        `from_roads`.
    within_m
        Reach of lines, metres.
    ends
        Numbers of the nodes at both ends of each line, shape (n, 2): lines that share one are neighbours. None: units
        that touch are.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import AreaUnits
    >>> villages = gpd.GeoDataFrame({"village": ["west", "east"]}, crs="EPSG:4326",
    ...     geometry=[shapely.box(119.90, 31.70, 119.91, 31.73), shapely.box(119.91, 31.70, 119.93, 31.73)])
    >>> units = AreaUnits.from_layer(villages, label="village")
    >>> units.cells.tolist(), units.positions([119.92, 119.90], [31.71, 31.80]).tolist()
    (['east', 'west'], [0, -1])
    """

    geometry: gpd.GeoSeries
    within_m: float = 50.0
    ends: Ints | None = None

    def _head(self) -> str:
        return f"{len(self.geometry):,} units: {some_of(self.geometry.index, 3)}"

    @classmethod
    def from_layer(cls, layer: gpd.GeoDataFrame, label: str | None = None, within_m: float = 50.0) -> AreaUnits:
        """Take a layer with a CRS, polygons or lines; `label` names the column of labels, by default its index is used.

        Raises
        ------
        DataError
            When a label occurs twice, a shape is missing or has no area or length, or two polygons cover each other.
        """
        check_positive(within_m, "within_m")
        crs.warn_of_degrees(within_m, "within_m")
        layer = crs.to_lonlat(layer, "units")
        if label is not None:
            check_columns(layer, [label], "units")
            layer = layer.set_index(label)
        shapes = layer.geometry
        if shapes.index.has_duplicates:
            twice = shapes.index[shapes.index.duplicated()][0]
            raise DataError(f"The unit {twice!r} occurs twice; labels must be unique. Dissolve its parts first.")
        if not len(shapes) or (shapes.isna() | shapes.is_empty).any():
            raise DataError("Every unit needs a shape, and at least one unit is needed.")
        whole = gpd.GeoSeries(shapely.make_valid(shapes.to_numpy()), index=shapes.index, crs=crs.LONLAT)
        units = cls(whole.rename("geometry").sort_index(), within_m)
        units._check_sizes()
        return units

    @classmethod
    def from_roads(cls, graph: Any, within_m: float = 50.0) -> AreaUnits:
        """Take the pieces of a `RoadGraph` between its nodes; pieces that share a node are neighbours.

        Labels are texts: that of the line, and the number of the piece where a line has several ("12", "13/2").
        """
        check_positive(within_m, "within_m")
        edges: Any = getattr(graph, "edges", None)
        check_type(edges, gpd.GeoDataFrame, "graph.edges", "give a RoadGraph")
        check_columns(edges, ["line", "source", "target"], "graph.edges")
        piece, pieces = edges.groupby("line").cumcount() + 1, edges.groupby("line")["line"].transform("size")
        name = edges["line"].astype(str)
        labels = pd.Index(name.where(pieces == 1, name + "/" + piece.astype(str)), name="segment")
        order = np.argsort(labels)
        shapes = crs.to_lonlat(edges, "graph.edges").geometry.set_axis(labels).iloc[order].rename("geometry")
        units = cls(shapes, within_m, edges[["source", "target"]].to_numpy(np.int64)[order])
        units._check_sizes()
        return units

    def _check_sizes(self) -> None:
        """Raise for units of no area or length, for points, and for polygons that cover each other."""
        dimension = shapely.get_dimensions(self._local)
        if (dimension < 1).any() or len(np.unique(dimension)) > 1:
            odd = self.cells[(dimension < 1) | (dimension != dimension.max())].tolist()[0]
            raise DataError(
                f"The unit {odd!r} is a {self.geometry[odd].geom_type}; units are all polygons or all lines."
            )
        empty = ~(self.size.to_numpy() > 0)
        if empty.any():
            what = "length" if self.are_lines else "area"
            raise DataError(
                f"{empty.sum()} of {len(self)} units have no {what} (first: {self.cells[empty].tolist()[0]!r}); "
                "leave them out."
            )
        if not self.are_lines:
            self._check_overlap()

    def _check_overlap(self) -> None:
        pairs = [self._tree.query(self._local, predicate=how) for how in ("overlaps", "covers")]
        a, b = np.unique(np.sort(np.concatenate(pairs, axis=1), axis=0), axis=1)
        a, b = a[a != b], b[a != b]
        shapes, area = self._local, self.area_km2.to_numpy() * 1e6
        covered = shapely.area(shapely.intersection(shapes[a], shapes[b])) / np.minimum(area[a], area[b])
        if (covered > OVERLAP).any():
            worst = int(covered.argmax())
            one, other = (self.cells.tolist()[at] for at in (a[worst], b[worst]))
            raise DataError(
                f"{(covered > OVERLAP).sum()} pair(s) of units overlap ({one!r} and {other!r} by {covered[worst]:.0%} "
                "of the smaller), so that area and incidents would count twice; cut them first."
            )

    @property
    def cells(self) -> pd.Index:
        """The labels of the units."""
        return self.geometry.index

    @cached_property
    def lonlat(self) -> Floats:
        """Longitude and latitude of a point in each polygon, or of the middle of each line, shape (n, 2)."""
        shapes = self.geometry.to_numpy()
        if not self.are_lines:
            return shapely.get_coordinates(shapely.point_on_surface(shapes))
        part, line = shapely.get_parts(shapes, return_index=True)
        order = np.lexsort((-shapely.length(part), line))  # of a line in several parts the longest
        longest = part[order][np.unique(line[order], return_index=True)[1]]
        return shapely.get_coordinates(shapely.line_interpolate_point(longest, 0.5, normalized=True))

    @cached_property
    def are_lines(self) -> bool:
        """Whether the units are lines, which have a length and no area."""
        return bool((shapely.get_dimensions(self.geometry.to_numpy()) == 1).all())

    @cached_property
    def area_km2(self) -> pd.Series:
        """Area of each unit to a hundredth of a square metre, so that equal ones are equal; 0 for lines."""
        return pd.Series(shapely.area(self._local) / 1e6, index=self.cells, name="area_km2").round(8)

    @cached_property
    def size(self) -> pd.Series:
        """What a budget takes of each unit: Series "area_km2", or "length_km" to the millimetre of lines."""
        if not self.are_lines:
            return self.area_km2
        return (self.geometry.to_crs(crs.road_crs(self._middle)).length / 1000).rename("length_km").round(6)

    def positions(self, lon: Any, lat: Any) -> Ints:
        """Return the position of the unit of each point, -1 where there is none; shape (n,)."""
        lon, lat = np.asarray(lon, float), np.asarray(lat, float)
        known = np.isfinite(lon) & np.isfinite(lat)
        if not known.all():
            at = np.full(len(known), -1)
            at[known] = self.positions(lon[known], lat[known])
            return at
        points = crs.to_local(gpd.GeoSeries(shapely.points(lon, lat), crs=crs.LONLAT), self._middle).to_numpy()
        if self.are_lines:
            point, unit = self._tree.query_nearest(points, max_distance=self.within_m, all_matches=True)
        else:
            unit, point = shapely.STRtree(points).query(self._local, predicate="intersects")
        at = np.full(len(points), len(self))
        np.minimum.at(at, point, unit)
        return np.where(at < len(self), at, -1)

    def _touching(self) -> sparse.csr_matrix:
        if self.ends is None:
            a, b = self._tree.query(self._local, predicate="dwithin", distance=TOUCH_M)
            return links(a, b, len(self))
        ends = self.ends.ravel()
        at_node = sparse.csr_matrix((np.ones(len(ends)), (np.arange(len(ends)) // 2, ends)))
        met = (at_node @ at_node.T).tocoo()
        return links(met.row, met.col, len(self))

    def _taken(self, at: Ints) -> AreaUnits:
        return AreaUnits(self.geometry.iloc[at], self.within_m, None if self.ends is None else self.ends[at])

    @cached_property
    def _middle(self) -> tuple[float, float]:
        west, south, east, north = self.geometry.total_bounds
        return (west + east) / 2, (south + north) / 2

    @cached_property
    def _local(self) -> Array:
        return crs.to_local(self.geometry, self._middle).to_numpy()

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self._local)
