"""About 2,000 km of roads in one network, from the national road to the track, with bridges, ferries and borders."""

from dataclasses import dataclass
from functools import cached_property
from itertools import combinations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra, minimum_spanning_tree
from shapely import LineString
from shapely.ops import substring

from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.sources.synthetic.land import Land
from patrolgeo.sources.synthetic.settlements import Settlements, climb_costs

TOTAL_KM = 2_000.0
SHARES = {"national": 0.04, "provincial": 0.07, "county": 0.15, "township": 0.40, "village": 0.34}
SPEED_KMH = {"national": 80.0, "provincial": 60.0, "county": 45.0, "township": 30.0, "village": 18.0, "ferry": 1.5}
N_BRIDGES, N_FERRIES, N_BORDER = 9, 3, 16
FERRY_HOURS = ("07:00", "19:00")
_SPAN_M = 110.0  # half a bridge or ferry
_CLASSES = list(SHARES)


@dataclass(frozen=True, eq=False)
class Network:
    """Ways between settlements and border crossings (metres); `chosen` are those that are roads.

    Nodes are the settlements, then the 16 border crossings.
    """

    xy: Floats
    pairs: Ints
    lines: Array
    cost: Floats
    crossing: Array  # "", "bridge", "ferry"
    road_class: Array  # "" where no road was built
    route: Array  # name of the road, or ""
    minutes: Floats
    speed: Floats
    slope: Floats

    def matrix(self, values: Floats) -> csr_matrix:
        """Return built roads as a sparse matrix of `values` between nodes."""
        built = self.road_class != ""
        n = len(self.xy)
        return csr_matrix((values[built], self.pairs[built].T), shape=(n, n))


def make_network(land: Land, towns: Settlements, population: Ints, rng: np.random.Generator) -> Network:
    """Build the roads: crossings first, then the great roads, then all villages joined, then loops."""
    xy, pairs, border = _with_borders(land, towns, rng)
    crossing = _crossings(land, xy, pairs, population)
    keep = crossing != "wet"
    pairs, crossing = pairs[keep], crossing[keep]
    lines = _winding_lines(land, xy, pairs, crossing, rng)
    length = shapely.length(lines)
    cost = climb_costs(xy, pairs, land) + np.where(crossing == "ferry", 15_000.0, 0.0)
    ways = _Ways(xy, pairs, length / 1000.0, cost)
    heads = _heads(towns)
    road_class, route = _great_roads(ways, heads, border)
    _join_everything(ways, road_class, crossing)
    _add_loops(ways, road_class)
    _rank_small_roads(ways, road_class, crossing, population, heads[towns.table["township"]])
    slope = _slope(land, lines)
    speed = np.array([SPEED_KMH.get(c, 1.0) for c in road_class]) * slope_factor(slope)
    minutes = length / 1000.0 / speed * 60.0 + np.where(crossing == "ferry", 10.0, 0.0)
    return Network(xy, pairs, lines, cost, crossing, road_class, route, minutes, speed, slope)


def slope_factor(slope: Floats) -> Floats:
    """Return how much of its speed a car keeps on a mean slope (rise over run): 1 on the flat, 0.5 at the least."""
    return np.clip(1.0 - 4.0 * slope, 0.5, 1.0)


@dataclass(frozen=True, eq=False)
class _Ways:
    xy: Floats
    pairs: Ints
    km: Floats
    cost: Floats

    def paths_from(self, start: int, built: Bools) -> tuple[Floats, Ints]:
        """Return cost and predecessor of every node; built roads cost little more than half."""
        return dijkstra(
            self.matrix(np.where(built, 0.6, 1.0) * self.cost), directed=False, indices=start, return_predecessors=True
        )

    def matrix(self, values: Floats) -> csr_matrix:
        n = len(self.xy)
        return csr_matrix((values, self.pairs.T), shape=(n, n))

    def edges_of(self, predecessor: Ints, end: int) -> Ints:
        """Return the edges on the way back from `end`."""
        found = []
        while predecessor[end] >= 0:
            found.append(self.between(end, int(predecessor[end])))
            end = int(predecessor[end])
        return np.array(found, dtype=int)

    @cached_property
    def _edge(self) -> dict[tuple[int, int], int]:
        return {(int(a), int(b)): k for k, (a, b) in enumerate(self.pairs)}

    def between(self, a: int, b: int) -> int:
        """Return the position of the way between two nodes."""
        return self._edge[(min(a, b), max(a, b))]


def _heads(towns: Settlements) -> Ints:
    blocks = towns.table[towns.table["kind"] != "village"]
    return blocks.groupby("township").head(1).index.to_numpy()


def _with_borders(land: Land, towns: Settlements, rng: np.random.Generator) -> tuple[Floats, Ints, Ints]:
    """Add 16 places where roads leave the county, each beside the settlement that lies nearest to the border there."""
    ring = land.boundary.exterior
    distance = shapely.distance(ring, shapely.points(towns.xy))
    position = shapely.line_locate_point(ring, shapely.points(towns.xy)) / ring.length
    ends, pairs, used = [], [], []
    starts = (np.arange(N_BORDER) + rng.uniform(0, 0.35)) / N_BORDER
    for start in starts:
        offset = (position - start) % 1.0
        order = np.argsort(np.where(offset < 0.7 / N_BORDER, distance, np.inf))
        for k in order:
            point = ring.interpolate(position[k] * ring.length)
            way = LineString([towns.xy[k], point.coords[0]])
            if not way.intersects(land.river) and k not in used:
                break
        used.append(int(k))
        ends.append(point.coords[0])
        pairs.append((int(k), len(towns.xy) + len(ends) - 1))
    xy = np.vstack([towns.xy, ends])
    return xy, np.vstack([towns.pairs, pairs]), np.arange(len(towns.xy), len(xy))


def _crossings(land: Land, xy: Floats, pairs: Ints, population: Ints) -> Array:
    """Mark which ways cross the river: nine bridges and three ferries along its course, the others fall away."""
    lines = shapely.linestrings(xy[pairs])
    meets = shapely.intersection(lines, land.river)
    times = shapely.get_num_geometries(meets) * ~shapely.is_empty(meets)
    kind = np.where(times > 0, "wet", "").astype("<U6")
    once = np.flatnonzero((times == 1) & (shapely.length(lines) > 5 * _SPAN_M) & (shapely.length(lines) < 3500))
    where = shapely.line_locate_point(land.river, meets[once])
    town = shapely.line_locate_point(land.river, shapely.points(xy[0]))
    step = land.river.length / (N_BRIDGES + N_FERRIES)
    wanted = (town + step * np.arange(N_BRIDGES + N_FERRIES)) % land.river.length
    taken: list[int] = []
    for goal in wanted:
        near = np.abs(where - goal) + 2.0 * shapely.length(lines[once])
        near[np.isin(once, taken)] = np.inf
        taken.append(int(once[np.argmin(near)]))
    people = np.array([_people_near(meets[k], xy[: len(population)], population) for k in taken])
    kind[taken] = "bridge"
    kind[np.array(taken)[np.argsort(people, kind="stable")[:N_FERRIES]]] = "ferry"
    return kind


def _people_near(point: shapely.Point, xy: Floats, population: Ints) -> int:
    return int(population[np.hypot(xy[:, 0] - point.x, xy[:, 1] - point.y) < 3500.0].sum())


def _winding_lines(land: Land, xy: Floats, pairs: Ints, crossing: Array, rng: np.random.Generator) -> Array:
    """Draw ways that wind (midpoints pushed aside, finer and finer), straight where they would leave or get wet."""
    start, end = xy[pairs[:, 0]], xy[pairs[:, 1]]
    points = np.stack([start, end], axis=1)
    reach = np.hypot(*(end - start).T)
    push = np.where(reach > 700.0, 0.13, 0.05)
    for level in range(3):
        step = np.diff(points, axis=1)
        aside = np.stack([-step[..., 1], step[..., 0]], axis=-1) * rng.normal(0, 1, step.shape[:2])[..., None]
        middle = (points[:, :-1] + points[:, 1:]) / 2 + np.clip(aside, -1.6 * np.abs(step).max(), None) * push[
            :, None, None
        ]
        woven = np.empty((len(points), 2 * points.shape[1] - 1, 2))
        woven[:, ::2], woven[:, 1::2] = points, middle
        points = woven
        push = push * (0.9 if level == 0 else 1.0)
    lines = shapely.linestrings(points)
    straight = shapely.linestrings(xy[pairs])
    spoilt = shapely.intersects(lines, land.river) | ~shapely.covered_by(lines, land.boundary) | (crossing != "")
    return np.where(spoilt, straight, lines)


def _great_roads(ways: _Ways, heads: Ints, border: Ints) -> tuple[Array, Array]:
    """Lay out national, provincial and county roads as least-cost paths of about the wanted length."""
    road_class, route = np.full(len(ways.pairs), "", dtype="<U10"), np.full(len(ways.pairs), "", dtype="<U4")
    nothing = road_class != ""
    _, back = ways.paths_from(heads[0], nothing)
    paths = {int(b): ways.edges_of(back, int(b)) for b in border}
    national = _best_ends(ways, paths, nothing, 2, SHARES["national"] * TOTAL_KM)
    for b in national:
        road_class[paths[b]], route[paths[b]] = "national", "G901"
    built = road_class != ""
    _, back = ways.paths_from(heads[0], built)
    paths = {int(b): ways.edges_of(back, int(b)) for b in border if b not in national}
    provincial = _best_ends(ways, paths, built, 3, SHARES["provincial"] * TOTAL_KM)
    for n, b in enumerate(provincial):
        new = paths[b][road_class[paths[b]] == ""]
        road_class[new], route[new] = "provincial", f"S{911 + n}"
    _county_roads(ways, heads, border, road_class, route)
    return road_class, route


def _best_ends(ways: _Ways, paths: dict[int, Ints], built: Bools, n: int, wanted_km: float) -> tuple[int, ...]:
    """Return the `n` border crossings, well apart, whose paths add nearest to the wanted length."""

    def miss(ends: tuple[int, ...]) -> float:
        edges = np.unique(np.concatenate([paths[b] for b in ends]))
        apart = min(np.hypot(*(ways.xy[a] - ways.xy[b])) for a, b in combinations(ends, 2))
        return abs(ways.km[edges[~built[edges]]].sum() - wanted_km) + max(0.0, 30.0 - apart / 1000.0)

    return min(combinations(paths, n), key=miss)


def _county_roads(ways: _Ways, heads: Ints, border: Ints, road_class: Array, route: Array) -> None:
    """Join every seat to the great roads, then seats and borders with each other, as far as the wanted length goes."""
    gaps = np.hypot(*(ways.xy[heads][:, None] - ways.xy[np.r_[heads, border]][None]).transpose(2, 0, 1))
    wishes = [(int(heads[0]), int(s)) for s in heads[1:]]
    near = sorted((gaps[a, b], int(heads[a]), int(np.r_[heads, border][b])) for a in range(9) for b in range(a + 1, 25))
    wishes += [(a, b) for _, a, b in near]
    left = SHARES["county"] * TOTAL_KM
    for n, (start, end) in enumerate(wishes):
        _, back = ways.paths_from(start, road_class != "")
        edges = ways.edges_of(back, end)
        new = edges[road_class[edges] == ""]
        if len(new) and (ways.km[new].sum() <= left + 3.0 or n < 8):
            road_class[new], route[new] = "county", f"X{931 + n:03d}"
            left -= ways.km[new].sum()


def _join_everything(ways: _Ways, road_class: Array, crossing: Array) -> None:
    """Join every settlement and border crossing by the cheapest tree that uses what is built, and all crossings."""
    road_class[(crossing != "") & (road_class == "")] = "village"
    tree = minimum_spanning_tree(ways.matrix(np.where(road_class != "", 1e-3, ways.cost))).tocoo()
    edges = [ways.between(int(a), int(b)) for a, b in zip(tree.row, tree.col, strict=True)]
    road_class[[e for e in edges if road_class[e] == ""]] = "village"
    assert connected_components(ways.matrix((road_class != "") * 1.0), directed=False)[0] == 1  # noqa: S101


def _add_loops(ways: _Ways, road_class: Array) -> None:
    """Add the ways that spare the longest detours until the wanted length is reached."""
    for _ in range(40):
        left = TOTAL_KM - ways.km[road_class != ""].sum()
        free = np.flatnonzero(road_class == "")
        built = ways.matrix(np.where(road_class != "", ways.km, 0.0))
        built.eliminate_zeros()
        starts = np.unique(ways.pairs[free, 0])
        around = dijkstra(built, directed=False, indices=starts)
        detour = around[np.searchsorted(starts, ways.pairs[free, 0]), ways.pairs[free, 1]] / ways.km[free]
        order = free[np.argsort(-detour, kind="stable")]
        fitting = order[np.cumsum(ways.km[order]) <= max(min(left, 40.0), 0.0)]
        if not len(fitting):
            return
        road_class[fitting] = "village"


def _rank_small_roads(ways: _Ways, road_class: Array, crossing: Array, population: Ints, seat: Ints) -> None:
    """Call the small roads that carry most people to their seat township roads, the others village roads."""
    built = ways.matrix(np.where(road_class != "", ways.cost, 0.0))
    built.eliminate_zeros()
    load = np.zeros(len(ways.pairs))
    for head in np.unique(seat):
        _, back = dijkstra(built, directed=False, indices=head, return_predecessors=True)
        for k in np.flatnonzero(seat == head):
            load[ways.edges_of(back, int(k))] += population[k]
    small = np.flatnonzero(road_class == "village")
    small = small[np.argsort(-load[small], kind="stable")]
    part = SHARES["township"] / (SHARES["township"] + SHARES["village"])
    road_class[small[np.cumsum(ways.km[small]) <= part * ways.km[small].sum()]] = "township"
    road_class[(crossing == "ferry")] = "village"


def _slope(land: Land, lines: Array) -> Floats:
    """Return the mean slope of each line, from heights at nine points along it."""
    along = np.linspace(0, 1, 9)
    points = shapely.get_coordinates(shapely.line_interpolate_point(lines[:, None], along, normalized=True))
    heights = land.elevation(points).reshape(len(lines), 9)
    return np.abs(np.diff(heights, axis=1)).sum(axis=1) / shapely.length(lines)


def road_table(network: Network, land: Land) -> gpd.GeoDataFrame:
    """Return one row a road section; what crosses the river is three: approach, bridge or ferry, approach."""
    rows = []
    for k in np.flatnonzero(network.road_class != ""):
        row = {
            "road_class": str(network.road_class[k]),
            "name": str(network.route[k]),
            "speed_kmh": round(float(network.speed[k]), 1),
            "slope": round(float(network.slope[k]), 3),
        }
        for crossing, line in _sections(network.lines[k], str(network.crossing[k]), land.river):
            rows.append(row | {"crossing": crossing, "geometry": line})
    table = gpd.GeoDataFrame(pd.DataFrame(rows), geometry="geometry")
    ferry = table["crossing"] == "ferry"
    table.loc[ferry, "road_class"] = "ferry"
    table.loc[ferry, "speed_kmh"] = SPEED_KMH["ferry"]
    return table.assign(
        bridge=table["crossing"] == "bridge",
        ferry=ferry,
        oneway=False,
        opens=np.where(ferry, FERRY_HOURS[0], ""),
        closes=np.where(ferry, FERRY_HOURS[1], ""),
    ).drop(columns="crossing")


def _sections(line: LineString, crossing: str, river: LineString) -> list[tuple[str, LineString]]:
    if not crossing:
        return [("", line)]
    middle = line.project(line.intersection(river))
    first, last = max(middle - _SPAN_M, 1.0), min(middle + _SPAN_M, line.length - 1.0)
    return [
        ("", substring(line, 0, first)),
        (crossing, substring(line, first, last)),
        ("", substring(line, last, line.length)),
    ]
