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
from patrolgeo.errors import DataError
from patrolgeo.sources.synthetic.land import Land
from patrolgeo.sources.synthetic.settlements import Settlements, climb_costs

TOTAL_KM = 2_000.0
SHARES = {"national": 0.04, "provincial": 0.07, "county": 0.15, "township": 0.40, "village": 0.34}
SPEED_KMH = {"national": 80.0, "provincial": 60.0, "county": 45.0, "township": 30.0, "village": 18.0, "ferry": 1.5}
N_BRIDGES, N_FERRIES, N_BORDER = 9, 3, 16
FERRY_HOURS = ("07:00", "19:00")
_SPAN_M = 110.0  # half a bridge or ferry


@dataclass(frozen=True, eq=False)
class Network:
    """Ways between settlements and border crossings (metres); `chosen` are those that are roads.

    Nodes are the settlements, then the 16 border crossings.
    """

    xy: Floats
    pairs: Ints
    lines: Array
    crossing: Array  # "", "bridge", "ferry"
    road_class: Array  # "" where no road was built
    route: Array  # name of the road, or ""
    minutes: Floats
    speed: Floats
    slope: Floats

    @property
    def border(self) -> Ints:
        """Positions of the border crossings."""
        return np.arange(len(self.xy) - N_BORDER, len(self.xy))

    def matrix(self, values: Floats) -> csr_matrix:
        """Return built roads as a sparse matrix of `values` between nodes."""
        built = self.road_class != ""
        n = len(self.xy)
        return csr_matrix((values[built], self.pairs[built].T), shape=(n, n))


def make_network(land: Land, towns: Settlements, population: Ints, rng: np.random.Generator) -> Network:
    """Build the roads: crossings first, then the great roads, then all villages joined, then loops."""
    xy, pairs, border = _with_borders(land, towns, rng)
    crossing = _crossings(land, xy, pairs, population)
    pairs, crossing = pairs[crossing != "wet"], crossing[crossing != "wet"]
    links = _links_of_the_cut_off(land, xy, pairs)
    pairs, crossing = np.vstack([pairs, links]), np.append(crossing, np.full(len(links), ""))
    lines = _winding_lines(land, xy, pairs, crossing, rng)
    length = shapely.length(lines)
    cost = climb_costs(xy, pairs, land) + np.where(crossing == "ferry", 40_000.0, 0.0)
    ways = _Ways(xy, pairs, length / 1000.0, cost)
    heads = _heads(towns)
    built_up = np.append(towns.table["kind"] != "village", np.zeros(N_BORDER, dtype=bool))
    road_class, route = _great_roads(ways, heads, border)
    _join_everything(ways, road_class, crossing, built_up)
    _add_loops(ways, road_class)
    _rank_small_roads(ways, road_class, crossing, population, heads[towns.table["township"]])
    slope = _slope(land, lines)
    speed = np.array([SPEED_KMH.get(c, 1.0) for c in road_class]) * slope_factor(slope)
    minutes = length / 1000.0 / speed * 60.0 + np.where(crossing == "ferry", 10.0, 0.0)
    return Network(xy, pairs, lines, crossing, road_class, route, minutes, speed, slope)


def slope_factor(slope: Floats) -> Floats:
    """Return how much of its speed a car keeps on a mean slope (rise over run): 1 on the flat, 0.6 at the least."""
    return np.clip(1.0 - 3.0 * slope, 0.6, 1.0)


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


def _links_of_the_cut_off(land: Land, xy: Floats, pairs: Ints) -> Ints:
    """Return the shortest dry way out for settlements that the river's bends cut off from their neighbours."""
    links: list[tuple[int, int]] = []
    while True:
        ends = np.vstack([pairs, np.array(links, dtype=int).reshape(-1, 2)])
        number, part = connected_components(
            csr_matrix((np.ones(len(ends)), ends.T), shape=(len(xy),) * 2), directed=False
        )
        if number == 1:
            return np.array(links, dtype=int).reshape(-1, 2)
        lonely = np.flatnonzero(part == np.argmin(np.bincount(part)))
        links.append(_shortest_dry_way(land, xy, lonely, np.flatnonzero(part != part[lonely[0]])))


def _shortest_dry_way(land: Land, xy: Floats, here: Ints, there: Ints) -> tuple[int, int]:
    ways = np.array([(a, b) for a in here for b in there[np.argsort(np.hypot(*(xy[there] - xy[a]).T))[:60]]])
    lines = shapely.linestrings(xy[ways])
    fit = ~shapely.intersects(lines, land.river) & shapely.covered_by(lines, land.boundary)
    if not fit.any():
        raise DataError("This seed puts a village where no road can reach it; take another seed.")
    a, b = ways[fit][np.argmin(shapely.length(lines[fit]))]
    return min(a, b), max(a, b)


def _people_near(point: shapely.Point, xy: Floats, population: Ints) -> int:
    return int(population[np.hypot(xy[:, 0] - point.x, xy[:, 1] - point.y) < 3500.0].sum())


def _winding_lines(land: Land, xy: Floats, pairs: Ints, crossing: Array, rng: np.random.Generator) -> Array:
    """Draw ways that wind (midpoints pushed aside, finer and finer), straight where they would get wet or meet."""
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
    lines = np.where(spoilt, straight, lines)
    for _ in range(3):  # straightening a way may bring it across another
        lines = np.where(_across(lines), straight, lines)
    return lines


def _across(lines: Array) -> Bools:
    """Return which lines cross another one where they have no junction."""
    return np.isin(np.arange(len(lines)), shapely.STRtree(lines).query(lines, predicate="crosses"))


def _great_roads(ways: _Ways, heads: Ints, border: Ints) -> tuple[Array, Array]:
    """Lay out national, provincial and county roads as least-cost paths of about the wanted length."""
    road_class, route = np.full(len(ways.pairs), "", dtype="<U10"), np.full(len(ways.pairs), "", dtype="<U4")
    nothing = road_class != ""
    _, back = ways.paths_from(heads[0], nothing)
    paths = {int(b): ways.edges_of(back, int(b)) for b in border}
    national = _best_ends(ways, paths, nothing, 2, "national", apart_km=50.0)
    for b in national:
        road_class[paths[b]], route[paths[b]] = "national", "G901"
    built = road_class != ""
    _, back = ways.paths_from(heads[0], built)
    paths = {int(b): ways.edges_of(back, int(b)) for b in border if b not in national}
    provincial = _best_ends(ways, paths, built, 4, "provincial", apart_km=20.0)
    for n, b in enumerate(provincial):
        new = paths[b][road_class[paths[b]] == ""]
        road_class[new], route[new] = "provincial", f"S{911 + n}"
    _county_roads(ways, heads, border, road_class, route)
    return road_class, route


def _best_ends(
    ways: _Ways, paths: dict[int, Ints], built: Bools, n: int, road_class: str, apart_km: float
) -> tuple[int, ...]:
    """Return the `n` border crossings, well apart, whose paths add up nearest to the length wanted of their class."""
    wanted_km = SHARES[road_class] * TOTAL_KM

    def miss(ends: tuple[int, ...]) -> float:
        edges = np.unique(np.concatenate([paths[b] for b in ends]))
        apart = min(np.hypot(*(ways.xy[a] - ways.xy[b])) for a, b in combinations(ends, 2))
        return abs(ways.km[edges[~built[edges]]].sum() - wanted_km) + max(0.0, apart_km - apart / 1000.0)

    return min(combinations(paths, n), key=miss)


def _county_roads(ways: _Ways, heads: Ints, border: Ints, road_class: Array, route: Array) -> None:
    """Join every seat to the great roads, near seats to each other, some abroad; then reach out to the far villages."""
    to_seat = [(int(heads[0]), int(seat)) for seat in heads[1:]]
    wanted = [*to_seat, *_by_gap(ways, heads, heads)[:6], *_by_gap(ways, heads, border)[:7]]
    left, number = SHARES["county"] * TOTAL_KM, 931
    for start, end in wanted:
        _, back = ways.paths_from(start, road_class != "")
        edges = ways.edges_of(back, end)
        left -= _build(ways, edges[road_class[edges] == ""], f"X{number}", road_class, route)
        number += 1
    while left > 1.0:
        edges = _way_to_the_farthest(ways, road_class, border)
        fitting = edges[np.cumsum(ways.km[edges]) <= left]
        if not len(fitting):
            return
        left -= _build(ways, fitting, f"X{number}", road_class, route)
        number += 1


def _build(ways: _Ways, edges: Ints, name: str, road_class: Array, route: Array) -> float:
    road_class[edges], route[edges] = "county", name
    return float(ways.km[edges].sum())


def _way_to_the_farthest(ways: _Ways, road_class: Array, border: Ints) -> Ints:
    """Return the ways, outwards, from the great roads to the settlement that lies farthest from them."""
    on_road = np.unique(ways.pairs[road_class != ""])
    far, back, _ = dijkstra(
        ways.matrix(ways.cost), directed=False, indices=on_road, min_only=True, return_predecessors=True
    )
    far[border] = 0.0
    return ways.edges_of(back, int(np.argmax(far)))[::-1]


def _by_gap(ways: _Ways, heads: Ints, ends: Ints) -> list[tuple[int, int]]:
    """Return pairs of a head and its nearest others of `ends`, the shortest gap first."""
    gaps = np.hypot(*(ways.xy[heads][:, None] - ways.xy[ends][None]).transpose(2, 0, 1))
    near = [(gaps[a, b], int(heads[a]), int(ends[b])) for a in range(len(heads)) for b in np.argsort(gaps[a])[:3]]
    return [(a, b) for _, a, b in sorted(near) if a != b]


def _join_everything(ways: _Ways, road_class: Array, crossing: Array, built_up: Bools) -> None:
    """Join every settlement and border crossing by the cheapest tree that uses streets, crossings and what is built."""
    streets = built_up[ways.pairs].all(axis=1) & (ways.km < 0.75) & (crossing == "")
    road_class[((crossing != "") | streets) & (road_class == "")] = "village"
    tree = minimum_spanning_tree(ways.matrix(np.where(road_class != "", 1e-3, ways.cost))).tocoo()
    edges = [ways.between(int(a), int(b)) for a, b in zip(tree.row, tree.col, strict=True)]
    road_class[[e for e in edges if road_class[e] == ""]] = "village"


def _add_loops(ways: _Ways, road_class: Array) -> None:
    """Add the ways that spare the longest detours until the wanted length is reached."""
    for _ in range(10):
        left = TOTAL_KM - ways.km[road_class != ""].sum()
        free = np.flatnonzero(road_class == "")
        built = ways.matrix(np.where(road_class != "", ways.km, 0.0))
        built.eliminate_zeros()
        starts = np.unique(ways.pairs[free, 0])
        around = dijkstra(built, directed=False, indices=starts, limit=25.0)
        detour = around[np.searchsorted(starts, ways.pairs[free, 0]), ways.pairs[free, 1]] / ways.km[free]
        order = free[np.argsort(-detour, kind="stable")]
        fitting = order[np.cumsum(ways.km[order]) <= max(0.0, left if left < 40.0 else left / 2.0)]
        if not len(fitting):
            return
        road_class[fitting] = "village"


def _rank_small_roads(ways: _Ways, road_class: Array, crossing: Array, population: Ints, seat: Ints) -> None:
    """Call the small roads that carry most people to their seat, or cross the border, township roads."""
    built = ways.matrix(np.where(road_class != "", ways.cost, 0.0))
    built.eliminate_zeros()
    load = np.zeros(len(ways.pairs))
    for head in np.unique(seat):
        _, back = dijkstra(built, directed=False, indices=head, return_predecessors=True)
        for k in np.flatnonzero(seat == head):
            load[ways.edges_of(back, int(k))] += population[k]
    load[(ways.pairs >= len(population)).any(axis=1)] = np.inf
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
