"""Where people live: the county town, eight township seats and 950 natural villages in the valleys."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra
from scipy.spatial import Delaunay, cKDTree
from shapely import MultiPoint, MultiPolygon, Polygon

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.sources.synthetic.land import Land
from patrolgeo.sources.synthetic.names import COMMITTEES, SEATS, TOWN, village_names

N_VILLAGES = 950
N_COMMITTEES = 97  # administrative villages and, in the town, neighbourhood committees
_TOWN_BLOCKS, _SEAT_BLOCKS = 26, 4
_GROUND_POINTS = 4_000
_MINIMUM_GAP_M, _BANK_M = 380.0, 300.0


@dataclass(frozen=True, eq=False)
class Settlements:
    """Settlements (table and metres), which of them are neighbours, and the polygons around them.

    The table has `kind` (town, seat, village), `name`, `pinyin`, `committee` (position of the administrative village)
    and `township` (position of the township; 0 is the town's).
    """

    table: pd.DataFrame
    xy: Floats
    pairs: Ints
    committees: pd.DataFrame
    committee_areas: Array
    township_areas: Array


def make_settlements(land: Land, rng: np.random.Generator) -> Settlements:
    """Place the settlements, and divide them into townships and administrative villages."""
    seats = _seats(land, rng)
    centres = _village_centres(land, seats, rng)
    blocks = [_town_blocks(seats[0], land, rng), *(_seat_blocks(seat, land, rng) for seat in seats[1:])]
    xy = np.vstack([*blocks, centres])
    kind = np.repeat(["town", "seat", "village"], [len(blocks[0]), sum(map(len, blocks[1:])), len(centres)])
    seat_of_block = np.repeat(np.arange(9), [len(b) for b in blocks])
    heads = np.array([np.flatnonzero(seat_of_block == s)[0] for s in range(9)])
    ground = np.vstack([xy, _inside(land.boundary, _GROUND_POINTS, rng)])
    costs = _walking_costs(ground, land)
    township = _nearest(costs, heads)
    township[: len(seat_of_block)] = seat_of_block
    committee, committees = _committees(ground, kind, township, costs, rng)
    table = pd.DataFrame({"kind": kind, "committee": committee[: len(xy)], "township": township[: len(xy)]})
    table[["name", "pinyin"]] = _names(table, rng)
    committees[["name", "pinyin"]] = _committee_names(committees, table)
    areas = _merge(_around(ground, land.boundary), committee, len(committees))
    townships = _merge(areas, committees["township"].to_numpy(), 9)
    return Settlements(table, xy, neighbours(xy, land), committees, areas, townships)


def _seats(land: Land, rng: np.random.Generator) -> Floats:
    """Return the town, by the river in the middle, then eight seats in valleys, far from each other."""
    middle = land.river.length * np.linspace(0.4, 0.6, 41)
    banks = shapely.get_coordinates(land.river.interpolate(middle)) + rng.choice([-1, 1]) * np.array([0.0, 1100.0])
    town = banks[np.argmin(np.hypot(*(banks - shapely.get_coordinates(land.boundary.centroid)).T))]
    candidates = _inside(land.boundary.buffer(-5500), 1500, rng)
    candidates = candidates[land.relief(candidates) < 90]
    candidates = candidates[land.from_river(candidates) > 500]
    chosen = [town]
    for _ in range(8):
        gap = cKDTree(np.array(chosen)).query(candidates)[0]
        chosen.append(candidates[np.argmax(gap * rng.uniform(0.75, 1.0, len(gap)))])
    return np.array(chosen)


def _inside(polygon: Polygon | MultiPolygon, n: int, rng: np.random.Generator) -> Floats:
    west, south, east, north = polygon.bounds
    drawn = rng.uniform([west, south], [east, north], (2 * n, 2))
    return drawn[shapely.contains_xy(polygon, drawn[:, 0], drawn[:, 1])][:n]


def _village_centres(land: Land, seats: Floats, rng: np.random.Generator) -> Floats:
    """Draw villages that prefer low ground and the neighbourhood of seats, and keep their distance."""
    drawn = _inside(land.banks(_BANK_M), 16_000, rng)
    near_seat = np.exp(-cKDTree(seats).query(drawn)[0] / 5000.0)
    liking = np.exp(-land.relief(drawn) / 85.0) * (0.35 + near_seat) + 0.004
    order = np.argsort(np.log(rng.uniform(size=len(drawn))) / liking)[::-1]
    too_near = cKDTree(seats).query(drawn)[0] < np.where(cKDTree(seats).query(drawn)[1] == 0, 2900.0, 900.0)
    blocked, tree, chosen = too_near, cKDTree(drawn), []
    for k in order:
        if not blocked[k]:
            chosen.append(k)
            blocked[tree.query_ball_point(drawn[k], _MINIMUM_GAP_M)] = True
        if len(chosen) == N_VILLAGES:
            break
    return drawn[np.array(chosen)]


def _town_blocks(centre: Floats, land: Land, rng: np.random.Generator) -> Floats:
    """Return neighbourhoods of the town around its centre; the last two stand apart, by the factories."""
    drawn = centre + rng.normal(0, 800.0, (600, 2))
    dry = drawn[land.from_river(drawn) > 160.0]
    core = _spread(np.vstack([centre, dry]), _TOWN_BLOCKS - 2, 260.0)
    ring = centre + 2500.0 * np.column_stack([np.cos(np.linspace(0, 6.2, 48)), np.sin(np.linspace(0, 6.2, 48))])
    ring = ring[land.from_river(ring) > 300.0]
    first = ring[rng.integers(len(ring))]
    second = ring[np.argmax(np.hypot(*(ring - first).T))]
    return np.vstack([core, first, second])


def _seat_blocks(centre: Floats, land: Land, rng: np.random.Generator) -> Floats:
    drawn = centre + rng.normal(0, 260.0, (200, 2))
    dry = drawn[land.from_river(drawn) > 150.0]
    return _spread(np.vstack([centre, dry]), _SEAT_BLOCKS, 180.0)


def _spread(points: Floats, n: int, gap: float) -> Floats:
    """Return the first `n` points that keep `gap` metres from each other."""
    chosen = [points[0]]
    for point in points[1:]:
        if len(chosen) < n and min(np.hypot(*(np.array(chosen) - point).T)) >= gap:
            chosen.append(point)
    return np.array(chosen)


def neighbours(xy: Floats, land: Land) -> Ints:
    """Return pairs of points that see each other (Delaunay) inside the county, at most 9 km apart."""
    pairs = _sight(xy)
    lines = shapely.linestrings(xy[pairs])
    return pairs[shapely.covered_by(lines, land.boundary) & (shapely.length(lines) < 9000.0)]


def _sight(xy: Floats) -> Ints:
    corners = Delaunay(xy).simplices
    sides = np.vstack([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [0, 2]]])
    return np.unique(np.sort(sides, axis=1), axis=0)


def climb_costs(xy: Floats, pairs: Ints, land: Land) -> Floats:
    """Return the cost of a way between each pair: metres, and twelve more for every metre of rise or fall."""
    along = np.linspace(0, 1, 7)[:, None, None]
    points = xy[pairs[:, 0]] * (1 - along) + xy[pairs[:, 1]] * along
    heights = land.elevation(points.reshape(-1, 2)).reshape(7, -1)
    return np.hypot(*(xy[pairs[:, 0]] - xy[pairs[:, 1]]).T) + 12.0 * np.abs(np.diff(heights, axis=0)).sum(axis=0)


def _walking_costs(xy: Floats, land: Land) -> csr_matrix:
    """Return the matrix of costs between neighbouring points; through the river or abroad costs six kilometres more."""
    pairs = _sight(xy)
    lines = shapely.linestrings(xy[pairs])
    hard = shapely.intersects(land.river, lines) | ~shapely.covered_by(lines, land.boundary)
    return csr_matrix((climb_costs(xy, pairs, land) + 6000.0 * hard, pairs.T), shape=(len(xy), len(xy)))


def _nearest(costs: csr_matrix, centres: Ints) -> Ints:
    """Return for each point the position of the centre it reaches at the least cost, so that parts hang together."""
    _, _, source = dijkstra(costs, directed=False, indices=centres, min_only=True, return_predecessors=True)
    return np.argmax(source[:, None] == centres, axis=1)


def _committees(
    xy: Floats, kind: Array, township: Ints, costs: csr_matrix, rng: np.random.Generator
) -> tuple[Ints, pd.DataFrame]:
    """Divide each township into administrative villages, the town besides into its neighbourhood committees."""
    committee = np.full(len(xy), -1)
    rows: list[dict[str, int]] = []
    town = np.flatnonzero(kind == "town")
    rural = np.bincount(township[: len(kind)][kind != "town"], minlength=9)
    for t, n in enumerate(shares(rural, N_COMMITTEES - len(COMMITTEES))):
        members = np.flatnonzero((township[: len(kind)] == t) & (kind != "town"))
        centres = members[_far_apart(xy[members], n, rng)]
        if t == 0:
            core = town[:-2]
            centres = np.r_[core[_far_apart(xy[core], len(COMMITTEES) - 2, rng)], town[-2:], centres]
        inside = np.flatnonzero(township == t)
        committee[inside] = len(rows) + _nearest(costs[inside][:, inside], np.searchsorted(inside, centres))
        rows += [{"township": t, "centre": int(c)} for c in centres]
    return committee, pd.DataFrame(rows)


def shares(weights: Array, total: int) -> Ints:
    """Return whole numbers in proportion to `weights` that sum to `total` (largest remainders)."""
    exact = weights / weights.sum() * total
    whole = np.floor(exact).astype(int)
    whole[np.argsort(whole - exact, kind="stable")[: total - whole.sum()]] += 1
    return whole


def _far_apart(xy: Floats, n: int, rng: np.random.Generator) -> Ints:
    """Return `n` positions spread over the points: the first is the head, each next one far from all before."""
    chosen = [0]
    for _ in range(n - 1):
        gap = cKDTree(xy[chosen]).query(xy)[0] * rng.uniform(0.7, 1.0, len(xy))
        chosen.append(int(np.argmax(gap)))
    return np.array(chosen)


def _names(table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    names = pd.DataFrame(village_names(N_VILLAGES, rng), columns=["name", "pinyin"])
    names["name"] += "屯"
    heads = [TOWN, *SEATS]
    blocks = table[table["kind"] != "village"]
    number = blocks.groupby("township").cumcount() + 1
    streets = pd.DataFrame(
        {
            "name": [f"{heads[t][0][:-1]}{n}街" for t, n in zip(blocks["township"], number, strict=True)],
            "pinyin": [f"{heads[t][1]} {n} Jie" for t, n in zip(blocks["township"], number, strict=True)],
        }
    )
    return pd.concat([streets, names], ignore_index=True)


def _committee_names(committees: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Name an administrative village after its central settlement; four belong to the town."""
    central = table.loc[committees["centre"]]
    rural = [
        (name.rstrip("0123456789街屯") + "村", pinyin.split()[0])
        for name, pinyin in zip(central["name"], central["pinyin"], strict=True)
    ]
    return pd.DataFrame([*COMMITTEES, *rural[len(COMMITTEES) :]], columns=["name", "pinyin"])


def _around(xy: Floats, boundary: Polygon) -> Array:
    """Return the part of the county nearest to each point."""
    cells = shapely.get_parts(shapely.voronoi_polygons(MultiPoint(xy), extend_to=boundary, ordered=True))
    return shapely.intersection(cells, boundary)


def _merge(cells: Array, label: Ints, n: int) -> Array:
    return np.array([shapely.union_all(cells[label == k]) for k in range(n)])
