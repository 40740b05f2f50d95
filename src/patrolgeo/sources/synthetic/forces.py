"""Who patrols: nine stations, one patrol unit, village auxiliaries, social posts, volunteer groups, two checkpoints."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse.csgraph import dijkstra
from shapely.ops import substring

from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.sources.synthetic.roads import Network
from patrolgeo.sources.synthetic.settlements import Settlements, shares

VOLUNTEER_HOURS = ("19:30", "22:30")
PATROL_UNIT = (24, 6)  # officers, vehicles
SOCIAL_POSTS = 60
DAILY_VEHICLES = {"national": 3200, "provincial": 1500}  # at a camera gate, both ways together
SHIFTS = pd.DataFrame(
    [
        ("early", "06:00", "14:00", "daily"),
        ("late", "14:00", "22:00", "daily"),
        ("night", "22:00", "06:00", "daily"),
        ("evening", *VOLUNTEER_HOURS, "daily"),
        ("day", "08:00", "18:00", "daily"),
        ("all", "00:00", "24:00", "daily"),
    ],
    columns=["name", "start", "end", "days"],
)
_GUARDED = (
    "primary school",
    "middle school",
    "hospital",
    "bank",
    "market",
    "bus station",
    "petrol station",
    "supermarket",
)
_COLUMNS = [
    "name",
    "role",
    "kind",
    "base",
    "station",
    "x",
    "y",
    "shift",
    "start",
    "end",
    "officers",
    "vehicles",
    "speed_kmh",
]


def make_stations(towns: Settlements, rng: np.random.Generator) -> pd.DataFrame:
    """Return the nine stations, one to a township, a street away from its centre."""
    heads = towns.table[towns.table["kind"] != "village"].groupby("township").head(1)
    xy = towns.xy[heads.index] + rng.uniform(60, 160, (9, 2)) * rng.choice([-1, 1], (9, 2))
    names = [name.rstrip("0123456789街") + "派出所" for name in heads["name"]]
    table = pd.DataFrame({"name": names, "township": range(9), "settlement": heads.index})
    return table.assign(x=xy[:, 0], y=xy[:, 1])


def make_forces(
    towns: Settlements, stations: pd.DataFrame, places: pd.DataFrame, residents: Ints, rng: np.random.Generator
) -> pd.DataFrame:
    """Return every force with its kind (dedicated, social, volunteer), base, shift, size and speed."""
    station_of = stations["name"].to_numpy()
    villages = towns.committees.assign(station=station_of[towns.committees["township"]])
    villages[["x", "y"]] = towns.xy[villages["centre"]]
    posts = _guarded_places(places)
    posts = posts.assign(station=station_of[posts["township"]])
    forces = pd.concat(
        [
            _station_cars(stations, towns, residents),
            _patrol_unit(stations.iloc[[0]]),
            _based(
                villages, "驻村辅警", role="village auxiliary", kind="dedicated", shift="day", officers=1, speed_kmh=20
            ),
            _based(
                posts, "安保岗", role="social post", kind="social", shift="day", officers=rng.integers(1, 4, len(posts))
            ),
            _based(
                villages,
                "护村队",
                role="volunteer group",
                kind="volunteer",
                shift="evening",
                officers=rng.integers(4, 9, len(villages)),
            ),
        ],
        ignore_index=True,
    )
    hours = SHIFTS.set_index("name")[["start", "end"]]
    return forces.join(hours, on="shift")[_COLUMNS]


def _based(bases: pd.DataFrame, suffix: str, speed_kmh: int = 5, **columns: object) -> pd.DataFrame:
    """Return a force without vehicles at each of the bases, named after it."""
    forces = bases[["station", "x", "y"]].assign(name=bases["name"] + suffix, base=bases["name"])
    return forces.assign(vehicles=0, speed_kmh=speed_kmh, **columns)


def _station_cars(stations: pd.DataFrame, towns: Settlements, residents: Ints) -> pd.DataFrame:
    served = np.bincount(towns.table["township"], weights=residents, minlength=9)
    return stations[["name", "x", "y"]].assign(
        base=stations["name"],
        station=stations["name"],
        role="station",
        kind="dedicated",
        shift="all",
        officers=6 + shares(np.sqrt(served), 90),
        vehicles=[4] + [2] * 8,
        speed_kmh=40,
    )


def _patrol_unit(town_station: pd.DataFrame) -> pd.DataFrame:
    officers, vehicles = PATROL_UNIT
    return pd.DataFrame(
        {
            "name": "县巡警大队",
            "role": "patrol unit",
            "kind": "dedicated",
            "base": town_station["name"],
            "station": town_station["name"],
            "x": town_station["x"] + 120,
            "y": town_station["y"],
            "shift": "all",
            "officers": officers,
            "vehicles": vehicles,
            "speed_kmh": 50,
        }
    )


def _guarded_places(places: pd.DataFrame) -> pd.DataFrame:
    """Return the 60 guarded places: the first of each kind, then the second, and so on; town and seats come first."""
    guarded = places[places["kind"].isin(_GUARDED)]
    rank = guarded["kind"].map({kind: n for n, kind in enumerate(_GUARDED)})
    in_turn = guarded.assign(turn=guarded.groupby("kind").cumcount(), rank=rank)
    return in_turn.sort_values(["turn", "rank"]).head(SOCIAL_POSTS)


def make_checkpoints(network: Network, stations: pd.DataFrame) -> pd.DataFrame:
    """Return the two fixed checkpoints, where the national road is two kilometres from the border."""
    national = network.road_class == "national"
    road = shapely.get_coordinates(shapely.segmentize(network.lines[national], 100.0))
    ends = np.intersect1d(network.border, network.pairs[national])
    points = np.array([road[np.argmin(np.abs(np.hypot(*(road - network.xy[end]).T) - 2000.0))] for end in ends])
    gap = np.hypot(*(stations[["x", "y"]].to_numpy()[:, None] - points[None]).transpose(2, 0, 1))
    return pd.DataFrame(
        {
            "name": ["一号公安检查站", "二号公安检查站"],
            "x": points[:, 0],
            "y": points[:, 1],
            "road_class": "national",
            "station": stations["name"].to_numpy()[gap.argmin(axis=0)],
            "start": "00:00",
            "end": "24:00",
            "officers": 4,
        }
    )


def make_gates(network: Network, rng: np.random.Generator) -> pd.DataFrame:
    """Return the camera gates: on the main roads that cross the border, with the vehicles that they count in a day."""
    edge = [int(np.flatnonzero((network.pairs == k).any(axis=1))[0]) for k in network.border]
    classes = network.road_class[edge]
    main = np.flatnonzero(np.isin(classes, list(DAILY_VEHICLES)))
    usual = np.array([DAILY_VEHICLES[name] for name in classes[main]])
    points = network.xy[network.border[main]]
    return pd.DataFrame(
        {
            "name": [f"{k + 1:02d}号卡口" for k in range(len(main))],
            "x": points[:, 0],
            "y": points[:, 1],
            "road_class": classes[main],
            "count": (10 * np.round(usual * rng.uniform(0.8, 1.2, len(main)) / 10)).astype(int),
        }
    )


def border_table(boundary: shapely.Polygon, network: Network, names: Array) -> gpd.GeoDataFrame:
    """Return the borders with the three neighbour counties (lines) and the places where roads cross them (points)."""
    ring = boundary.exterior
    cuts = ring.length * np.array([0.08, 0.41, 0.74])
    arcs = [_arc(ring, a, b) for a, b in zip(cuts, np.roll(cuts, -1), strict=True)]
    points = shapely.points(network.xy[network.border])
    edge = [int(np.flatnonzero((network.pairs == k).any(axis=1))[0]) for k in network.border]
    side = [int(np.argmin([arc.distance(p) for arc in arcs])) for p in points]
    lines = gpd.GeoDataFrame(
        {"kind": "border", "name": [n[0] for n in names], "neighbour": [n[0] for n in names], "geometry": arcs}
    )
    crossings = gpd.GeoDataFrame(
        {
            "kind": "crossing",
            "name": [f"{names[s][0]}界{n + 1:02d}" for n, s in enumerate(side)],
            "neighbour": [names[s][0] for s in side],
            "road_class": network.road_class[edge],
            "road": network.route[edge],
            "geometry": points,
        }
    )
    return gpd.GeoDataFrame(pd.concat([lines, crossings], ignore_index=True)).fillna({"road_class": "", "road": ""})


def _arc(ring: shapely.LinearRing, start: float, end: float) -> shapely.LineString:
    line = shapely.LineString(ring.coords)
    if start < end:
        return substring(line, start, end)
    parts = substring(line, start, line.length), substring(line, 0, end)
    return shapely.LineString([*parts[0].coords, *parts[1].coords[1:]])


def travel_minutes(network: Network, stations: pd.DataFrame) -> Floats:
    """Return minutes on the roads from each station's settlement to every node, (9, n)."""
    return dijkstra(network.matrix(network.minutes), directed=False, indices=stations["settlement"].to_numpy())
