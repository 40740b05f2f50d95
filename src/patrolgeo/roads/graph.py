"""The road network as a graph: nodes, road pieces between them, minutes on each."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy import sparse
from scipy.sparse import csgraph
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import check_number, check_positive
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.roads import noding
from patrolgeo.roads.arcs import arcs, by_size, fastest
from patrolgeo.roads.layer import DEFAULT_SPEED_KMH, line_minutes, line_ways

OFF_ROAD_SPEED_KMH = 4.0
FRAGMENT_SHARE = 0.01  # a strong component with a smaller share of the nodes is a stub of the data, not a network
FRAGMENT_NODES = 10  # and so is one with fewer nodes, unless it is the largest
NODED_SNAP_M = 0.05  # lines that were cut at the nodes they share meet there and nowhere else
MAIN_M = 100.0  # a place enters the main part, unless another part is nearer by more than this


@dataclass(frozen=True, eq=False, repr=False)
class RoadGraph(Shown):
    """Roads as nodes and edges with travel minutes; use `from_lines` (or `from_osm`) to make one.

    Parameters
    ----------
    nodes
        GeoDataFrame of points in EPSG:4326, index = node labels.
    edges
        GeoDataFrame of road pieces in EPSG:4326: `line` (label of the road in the layer it came from), `source` and
        `target` (positions among `nodes`), `minutes`, `length_m`, `oneway` (from source to target only).
    center
        Longitude and latitude of the origin of the metric coordinates.
    default_speed
        Whether 30 km/h had to be assumed because the layer names neither minutes nor speeds.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo import RoadGraph
    >>> cross = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)]),
    ...                        shapely.LineString([(119.91, 31.69), (119.91, 31.71)])], crs="EPSG:4326")
    >>> roads = RoadGraph.from_lines(cross, speed=40)
    >>> len(roads.nodes), len(roads.edges)
    (5, 4)
    >>> roads.edges[["line", "minutes"]].round(2).to_dict("list")
    {'line': [0, 0, 1, 1], 'minutes': [1.42, 1.42, 1.66, 1.66]}
    """

    nodes: gpd.GeoDataFrame
    edges: gpd.GeoDataFrame
    center: tuple[float, float]
    default_speed: bool = False

    def _head(self) -> str:
        return (
            f"{len(self.nodes):,} nodes, {len(self.edges):,} road pieces, {self.edges['length_m'].sum() / 1000:,.1f} km"
        )

    def _rows(self) -> Rows:
        numbers = self.summary()
        speed = numbers["assumed_speed_kmh"]
        return [
            ("lines", f"{numbers['lines']:,}"),
            ("parts", f"{numbers['parts']:,}; {numbers['largest_part_share']:.1%} of the length in the largest"),
            ("no way back", f"{numbers['unusable_nodes']:,} nodes"),
            ("speed", "of the layer" if speed is None else f"{speed:g} km/h assumed"),
        ]

    @classmethod
    def from_lines(
        cls,
        lines: gpd.GeoDataFrame | gpd.GeoSeries,
        minutes: Any = None,
        speed: Any = None,
        oneway: Any = None,
        split_crossings: bool = True,
        *,
        road_class: str = "road_class",
        snap: float = 1.0,
    ) -> RoadGraph:
        """Make a graph of any layer of road lines.

        Line ends that lie within `snap` metres of each other become one node. With `split_crossings` lines are also cut
        where they cross and where another line ends on them; without it, lines meet at their ends alone (for layers
        whose bridges cross without meeting). Lines of OpenStreetMap (a column `noded`) always do.

        Parameters
        ----------
        lines
            Lines or multilines with a CRS; their index labels stay on the pieces (`edges["line"]`).
        minutes
            Travel minutes of each whole line: a column name, or values in the order of `lines`. Pieces take their share
            of the length.
        speed
            Used when `minutes` is None. Kilometres per hour: a column name, values in the order of `lines`, one number,
            or a mapping of the values of the column `road_class`. Words of speed limits ("25 mph", "50;30",
            "RO:urban") are read. When both are None, the columns `minutes` or
            `speed_kmh` are taken if the layer has them; otherwise 30 km/h is assumed and `summary()` says so.
        oneway
            Column name or values: yes, T, 1, True, FT where only the direction of drawing is open; -1, TF against it;
            no, F, 0, False, B, empty or missing for both ways. All roads are open both ways by default.
        snap
            Metres.

        Raises
        ------
        CRSError
            When the layer has no coordinate reference system.
        DataError
            When there is no line, a speed or time is not above zero, or a word of `oneway` is not known; the message
            names the road and the value.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> from patrolgeo import RoadGraph
        >>> ends = [(119.90, 31.7), (119.92, 31.7)], [(119.91, 31.7), (119.91, 31.71)]
        >>> ways = [shapely.LineString(e) for e in ends]
        >>> lines = gpd.GeoDataFrame({"road_class": ["county", "village"]}, geometry=ways, crs="EPSG:4326")
        >>> roads = RoadGraph.from_lines(lines, speed={"county": 50, "village": 25})
        >>> roads.edges[["line", "minutes"]].round(2).values.tolist()
        [[0.0, 1.14], [0.0, 1.14], [1.0, 2.66]]
        """
        layer = gpd.GeoDataFrame(geometry=lines) if isinstance(lines, gpd.GeoSeries) else lines
        if layer.empty:
            raise DataError("The road layer holds no line; name a file with at least one.")
        west, south, east, north = crs.to_lonlat(layer, "the road layer").total_bounds
        center = (float(west + east) / 2, float(south + north) / 2)
        check_number(snap, "snap", least=0)
        way = line_ways(layer, oneway)
        metric = layer.to_crs(crs.road_crs(center))
        if (way < 0).any():
            metric = metric.set_geometry(metric.geometry.where(way >= 0, metric.geometry.reverse()))
        noded = "noded" in layer and bool(layer["noded"].all())
        pieces = noding.cut(metric.geometry, min(snap, NODED_SNAP_M) if noded else snap, split_crossings and not noded)
        row = pieces.line
        length = shapely.length(metric.geometry.to_numpy())
        total, assumed = line_minutes(layer, length, minutes, speed, road_class)
        share = pieces.length / length[row]
        edges = gpd.GeoDataFrame(
            {
                "line": layer.index.to_numpy()[row], "source": pieces.source, "target": pieces.target,
                "minutes": total[row] * share, "length_m": pieces.length, "oneway": (way != 0)[row],
            },
            geometry=gpd.GeoSeries(pieces.geometry, crs=metric.crs).to_crs(crs.LONLAT),
        )  # fmt: skip
        nodes = gpd.GeoDataFrame(
            geometry=gpd.GeoSeries(shapely.points(pieces.nodes), crs=metric.crs).to_crs(crs.LONLAT)
        )
        nodes.index.name = "node"
        return cls(nodes, edges, center, assumed)

    @classmethod
    def from_osm(cls, path: Any, speeds: Mapping[str, float] | None = None) -> RoadGraph:
        """Make a graph of the roads for motor vehicles in an OpenStreetMap file (.osm.pbf or .osm).

        Speeds are three quarters of the posted limit, or by class (`speeds`, kilometres per hour by `highway` value;
        planning values by default). Roads meet at shared nodes only; one-way rules hold.

        Parameters
        ----------
        path
            The file; roads are named by the pieces between the nodes that ways share.
        speeds
            Ways of classes that are not named are left out.

        Raises
        ------
        MissingFileError
            When the file does not exist.
        DataError
            When it holds no road for motor vehicles.

        Examples
        --------
        >>> import tempfile
        >>> from patrolgeo import RoadGraph
        >>> path = tempfile.mkdtemp() + "/lane.osm"
        >>> nodes = "".join(f'<node id="{k}" lat="31.7" lon="{119.9 + k / 100}" version="1"/>' for k in (1, 2))
        >>> way = '<way id="7" version="1"><nd ref="1"/><nd ref="2"/><tag k="highway" v="residential"/></way>'
        >>> _ = open(path, "w").write(f'<osm version="0.6">{nodes}{way}</osm>')
        >>> RoadGraph.from_osm(path).edges.minutes.round(2).tolist()
        [2.28]
        """
        from patrolgeo.sources.osm import read_osm

        lines = read_osm(path, speeds)
        return cls.from_lines(lines, speed="speed_kmh", oneway="oneway")

    def without(self, lines: Any) -> RoadGraph:
        """Return the graph with roads closed (labels of `lines`): a flood, a market day.

        By date and hour: `open_roads`.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> from patrolgeo import RoadGraph
        >>> ways = [shapely.LineString([(119.9 + k / 100, 31.7), (119.91 + k / 100, 31.7)]) for k in range(2)]
        >>> roads = RoadGraph.from_lines(gpd.GeoSeries(ways, index=["street", "bridge"], crs="EPSG:4326"), speed=30)
        >>> roads.without(["bridge"]).edges.line.tolist()
        ['street']
        """
        closed = pd.Index(lines)
        unknown = closed.difference(pd.Index(self.edges.line.unique()))
        if len(unknown):
            raise DataError(f"{len(unknown)} roads to close are not in the graph (first: {unknown.tolist()[0]!r}).")
        return replace(self, edges=self.edges[~self.edges.line.isin(closed)].reset_index(drop=True))

    @property
    def labels(self) -> pd.Index:
        """The node labels."""
        return self.nodes.index

    @cached_property
    def xy(self) -> Floats:
        """Nodes in metres around the middle of the layer, shape (n, 2)."""
        return self._metres(self.nodes.geometry)

    def _metres(self, points: gpd.GeoSeries) -> Floats:
        return shapely.get_coordinates(points.to_crs(crs.road_crs(self.center)).to_numpy())

    @cached_property
    def minutes(self) -> sparse.csr_matrix:
        """Minutes from node to node along one road piece, CSR (n, n); of parallel pieces the fastest."""
        e = self.edges
        return fastest(
            arcs(e.source.to_numpy(), e.target.to_numpy(), e.minutes.to_numpy(), e.oneway.to_numpy()), len(self.nodes)
        )

    @cached_property
    def component(self) -> Ints:
        """The connected part of each node (either direction of a one-way road joins), 0 = the largest; shape (n,)."""
        return by_size(csgraph.connected_components(self.minutes, directed=False)[1])

    @cached_property
    def usable(self) -> Bools:
        """Nodes from which one can leave and return: strong components of 10 nodes and 1 % of them, or the largest."""
        size = np.bincount(self._strong)
        return size[self._strong] >= min(size.max(), max(FRAGMENT_NODES, FRAGMENT_SHARE * len(self._strong)))

    @cached_property
    def _strong(self) -> Ints:
        """The strong component of each node, 0 = the largest: within one, every node reaches every other."""
        return by_size(csgraph.connected_components(self.minutes, directed=True, connection="strong")[1])

    @cached_property
    def main(self) -> Bools:
        """Nodes of the largest part in which one can go everywhere and return (of equal parts all)."""
        size = np.bincount(self._strong)
        return (size == size[0])[self._strong]

    @property
    def left_out(self) -> pd.DataFrame:
        """Road pieces that no place enters by, because they cannot be left and reached again: `line`, `length_m`."""
        ends = self.edges[["source", "target"]].to_numpy()
        return self.edges.loc[~self.usable[ends].all(axis=1), ["line", "length_m"]]

    @cached_property
    def metric(self) -> Array:
        """The road pieces in metres around the middle of the layer."""
        return self.edges.geometry.to_crs(crs.road_crs(self.center)).to_numpy()

    @cached_property
    def _trees(self) -> dict[str, tuple[Ints, shapely.STRtree]]:
        """Positions and search trees of the pieces between nodes of the main part, between usable ones, of all."""
        ends = self.edges[["source", "target"]].to_numpy()
        masks = {"main": self.main, "usable": self.usable, "all": np.ones(len(self.nodes), bool)}
        pieces = {name: np.flatnonzero(mask[ends].all(axis=1)) for name, mask in masks.items()}
        return {name: (at, shapely.STRtree(self.metric[at])) for name, at in pieces.items()}

    def along(self, points: gpd.GeoSeries | gpd.GeoDataFrame, speed_kmh: float = OFF_ROAD_SPEED_KMH) -> pd.DataFrame:
        """Return where points enter the network: the nearest piece, how far along it, and the walk to it.

        Pieces that cannot be left and reached again (`left_out`) are passed over, and the main part of the network is
        preferred to another that is nearer by 100 m or less. Places that enter more than 100 m further away than the
        road they stand at are counted in a warning.

        Returns
        -------
        DataFrame by point: `piece` (row of `edges`), `share` (of its length, from its source), `walk_minutes`.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> from patrolgeo import RoadGraph
        >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)])], crs="EPSG:4326")
        >>> farm = gpd.GeoSeries.from_xy([119.905], [31.701], index=["farm"], crs="EPSG:4326")
        >>> RoadGraph.from_lines(road, speed=40).along(farm).round(2).to_dict("index")
        {'farm': {'piece': 0, 'share': 0.25, 'walk_minutes': 1.66}}
        """
        check_positive(speed_kmh, "speed_kmh")
        points = crs.to_lonlat(points, "points").geometry
        xy = shapely.points(self._metres(points))
        piece, metres = self._nearest(xy, "main")
        if not self.main.all():
            other, nearer = self._nearest(xy, "usable")
            away = metres > nearer + MAIN_M
            piece, metres = np.where(away, other, piece), np.where(away, nearer, metres)
        if not self.usable.all():
            self._name_moved(points, metres, *self._nearest(xy, "all"))
        share = shapely.line_locate_point(self.metric[piece], xy, normalized=True)
        table = {"piece": piece, "share": share, "walk_minutes": metres / 1000.0 / speed_kmh * 60.0}
        return pd.DataFrame(table, index=points.index)

    def nearest(self, points: gpd.GeoSeries | gpd.GeoDataFrame) -> pd.DataFrame:
        """Return the nearest piece of each point, whether one can drive to it or not.

        Returns
        -------
        DataFrame by point: `piece` (row of `edges`), `share` (of its length, from its source), `metres` to it.

        Examples
        --------
        >>> import geopandas as gpd, shapely
        >>> from patrolgeo import RoadGraph
        >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)])], crs="EPSG:4326")
        >>> call = gpd.GeoSeries.from_xy([119.905], [31.701], crs="EPSG:4326")
        >>> RoadGraph.from_lines(road).nearest(call).round(2).to_dict("index")
        {0: {'piece': 0, 'share': 0.25, 'metres': 110.85}}
        """
        points = crs.to_lonlat(points, "points").geometry
        xy = shapely.points(self._metres(points))
        piece, metres = self._nearest(xy, "all")
        share = shapely.line_locate_point(self.metric[piece], xy, normalized=True)
        return pd.DataFrame({"piece": piece, "share": share, "metres": metres}, index=points.index)

    def _nearest(self, xy: Array, among: str) -> tuple[Ints, Floats]:
        """Return the nearest of some pieces to each point, and its distance in metres."""
        pieces, tree = self._trees[among]
        near, metres = tree.query_nearest(xy, return_distance=True, all_matches=False)
        return pieces[near[1]], metres

    def _name_moved(self, points: gpd.GeoSeries, metres: Floats, nearest: Ints, nearer: Floats) -> None:
        """Warn of places that stand at a piece that cannot be left, and enter much further away."""
        moved = metres > nearer + MAIN_M
        if moved.any():
            at = np.flatnonzero(moved)[:1]
            place, road = points.index[at].tolist()[0], self.edges["line"].iloc[nearest[at]].tolist()[0]
            warnings.warn(
                f"{moved.sum()} of {len(points)} places stand at roads that are cut off from the network (first: "
                f"{place!r} at road {road!r}); they enter it up to {metres[moved].max():.0f} m away. See `left_out`, "
                "and join those roads if they do meet.",
                PatrolgeoWarning, stacklevel=4,
            )  # fmt: skip

    def access(
        self, points: gpd.GeoSeries | gpd.GeoDataFrame, speed_kmh: float = OFF_ROAD_SPEED_KMH
    ) -> tuple[Ints, Floats]:
        """Return the nearest usable node of each point, and the minutes to reach it off the road.

        Stubs of the network that cannot be left or reached again (see `usable`) are passed over. Travel times enter
        along the road instead, see `along`.
        """
        points = crs.to_lonlat(points, "points").geometry
        check_positive(speed_kmh, "speed_kmh")
        xy, node = self._metres(points), np.flatnonzero(self.main)
        metres, nearest = cKDTree(self.xy[node]).query(xy)
        nearest = node[nearest]
        if not self.main.all():
            node = np.flatnonzero(self.usable)
            nearer, other = cKDTree(self.xy[node]).query(xy)
            away = metres > nearer + MAIN_M
            nearest, metres = np.where(away, node[other], nearest), np.where(away, nearer, metres)
        return nearest, metres / 1000.0 / speed_kmh * 60.0

    def locate(self, points: gpd.GeoSeries | gpd.GeoDataFrame) -> pd.Series:
        """Return the label of the nearest usable node of each point, Series named "node"."""
        return pd.Series(self.labels[self.access(points)[0]], index=points.index, name="node")

    def summary(self) -> dict[str, Any]:
        """Return what was built: counts, kilometres, connected parts and the share of the length in the largest."""
        length = self.edges.length_m.to_numpy()
        largest = self.component[self.edges.source.to_numpy()] == 0
        return {
            "lines": int(self.edges.line.nunique()), "edges": len(self.edges), "nodes": len(self.nodes),
            "km": float(length.sum() / 1000.0), "parts": int(self.component.max()) + 1,
            "largest_part_share": float(length[largest].sum() / length.sum()),
            "unusable_nodes": int((~self.usable).sum()),
            "assumed_speed_kmh": DEFAULT_SPEED_KMH if self.default_speed else None,
        }  # fmt: skip
