"""The whole county from a seed."""

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._show import Shown
from patrolgeo._typing import Array, Floats
from patrolgeo.crs import LONLAT
from patrolgeo.errors import DataError
from patrolgeo.sources.synthetic import calendar, dirt, forces, names
from patrolgeo.sources.synthetic.calls import make_calls
from patrolgeo.sources.synthetic.categories import PLACED
from patrolgeo.sources.synthetic.incidents import make_incidents
from patrolgeo.sources.synthetic.intensity import Truth, make_truth
from patrolgeo.sources.synthetic.land import Land, geometry_to_lonlat, make_land, to_lonlat
from patrolgeo.sources.synthetic.people import make_people
from patrolgeo.sources.synthetic.places import make_places
from patrolgeo.sources.synthetic.points import make_points
from patrolgeo.sources.synthetic.roads import Network, make_network, road_table
from patrolgeo.sources.synthetic.settlements import Settlements, make_settlements

_TOWNSHIPS = np.array([names.TOWN[0], *(name for name, _ in names.SEATS)], dtype=object)


@dataclass(frozen=True, eq=False, repr=False)
class County(Shown):
    """A synthetic rural county: tables as a police office would hold them, and the truth behind them.

    Attributes
    ----------
    area, river, townships, village_areas, roads, borders
        GeoDataFrames in EPSG:4326. `townships` are the jurisdictions of the nine stations.
    villages, places, forces, shifts, markets, seasons, checkpoints, gates
        DataFrames; points as `lon`, `lat` in degrees.
    incidents, calls
        What was recorded, dirt included.
    incidents_truth
        One row for each of `incidents`, in the same order: true place and time, and a column of 0 and 1 for each kind
        of dirt.
    truth_points, weekly_intensity, weekly_recorded
        Points where incidents happen (`lon`, `lat`, `kind`, `township`, `reporting`), and arrays of shape (points,
        weeks): expected incidents, and expected records, of the reported categories that have a place.
    weeks
        First days (Mondays) of the weeks.
    reporting
        Share of incidents that become a record, by administrative village.
    dirt
        The planted dirt: counts and rules.
    """

    area: gpd.GeoDataFrame
    river: gpd.GeoDataFrame
    townships: gpd.GeoDataFrame
    village_areas: gpd.GeoDataFrame
    roads: gpd.GeoDataFrame
    borders: gpd.GeoDataFrame
    villages: pd.DataFrame
    places: pd.DataFrame
    forces: pd.DataFrame
    shifts: pd.DataFrame
    markets: pd.DataFrame
    seasons: pd.DataFrame
    checkpoints: pd.DataFrame
    gates: pd.DataFrame
    incidents: pd.DataFrame
    calls: pd.DataFrame
    incidents_truth: pd.DataFrame
    truth_points: pd.DataFrame
    weekly_intensity: Floats
    weekly_recorded: Floats
    weeks: pd.DatetimeIndex
    reporting: pd.DataFrame
    dirt: dict[str, Any]


def make_county(seed: int = 1) -> County:
    """Make a believable rural county, in the manner of the hill counties of Guangxi, from a seed.

    All names are invented and no record is real. The same seed gives the same county. It takes some seconds.

    Parameters
    ----------
    seed
        Any whole number; the committed sample is 1.

    Returns
    -------
    County: its tables as attributes, and what really happened (`truth`) beside what was recorded.

    Raises
    ------
    DataError
        When `seed` is not a whole number of 0 or more.

    Examples
    --------
    >>> from patrolgeo import make_county
    >>> county = make_county(seed=1)
    >>> int(county.villages["population"].sum()), len(county.calls)
    (143000, 18000)
    """
    if not isinstance(seed, int) or seed < 0:
        raise DataError(f"seed={seed!r} must be a whole number from 0 on.")
    draw = [np.random.default_rng([seed, stage]) for stage in range(11)]
    land = make_land(draw[0])
    towns = make_settlements(land, draw[1])
    people = make_people(towns, draw[2])
    residents = people["residents"].to_numpy()
    network = make_network(land, towns, residents, draw[3])
    places = make_places(towns, residents, draw[4])
    stations = forces.make_stations(towns, draw[5])
    minutes = forces.travel_minutes(network, stations)
    patterns = calendar.market_patterns(towns.xy[stations["settlement"]])
    to_station = minutes[towns.table["township"], np.arange(len(towns.xy))]
    points = make_points(land, towns, residents, places, network, draw[6])
    truth = make_truth(towns, points, patterns, to_station, draw[6])
    happened = make_incidents(truth, draw[7])
    calls = make_calls(points, happened, minutes, draw[8])
    rows = dirt.make_dirty(happened[happened["recorded"]], stations, draw[9])
    intensity, records = _weekly(truth)
    force_table = forces.make_forces(towns, stations, places, residents, draw[5])
    return County(
        area=_layer({"name": [names.COUNTY[0]], "pinyin": [names.COUNTY[1]]}, [land.boundary]),
        river=_layer({"name": [names.RIVER[0]], "pinyin": [names.RIVER[1]], "width_m": [120]}, [land.river]),
        townships=_townships(towns, stations, residents, patterns),
        village_areas=_village_areas(towns, residents),
        roads=_roads(network, land),
        borders=_in_degrees(forces.border_table(land.boundary, network, np.array(names.NEIGHBOURS))),
        villages=_villages(towns, people),
        places=_points(places.drop(columns="settlement")),
        forces=_points(force_table),
        shifts=forces.SHIFTS.copy(),
        markets=_markets(patterns),
        seasons=calendar.season_table(),
        checkpoints=_points(forces.make_checkpoints(network, stations)),
        gates=_points(forces.make_gates(network, draw[10])),
        incidents=_incidents(rows, towns, truth, stations),
        calls=_calls(calls),
        incidents_truth=_incidents_truth(rows),
        truth_points=_truth_points(truth),
        weekly_intensity=intensity,
        weekly_recorded=records,
        weeks=calendar.WEEKS,
        reporting=_reporting(towns, truth),
        dirt=_dirt(rows, happened),
    )


def _weekly(truth: Truth) -> tuple[Floats, Floats]:
    """Return expected incidents and expected records of the reported categories that have a place."""
    intensity = np.add.reduce([truth.weekly(category) for category in PLACED])
    return intensity, intensity * truth.points["reporting"].to_numpy()[:, None]


def _layer(columns: dict[str, Any], geometry: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(columns, geometry=geometry_to_lonlat(np.array(geometry)), crs=LONLAT)


def _in_degrees(table: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return table.set_geometry(
        gpd.GeoSeries(geometry_to_lonlat(table.geometry.to_numpy()), index=table.index), crs=LONLAT
    )


def _points(table: pd.DataFrame) -> pd.DataFrame:
    """Turn metres into degrees, and positions of townships into names."""
    degrees = to_lonlat(table[["x", "y"]].to_numpy(float))
    table = table.drop(columns=["x", "y"]).assign(lon=degrees[:, 0], lat=degrees[:, 1])
    return table.assign(township=_TOWNSHIPS[table["township"]]) if "township" in table else table


def _townships(towns: Settlements, stations: pd.DataFrame, residents: Array, patterns: Array) -> gpd.GeoDataFrame:
    points = _points(stations.drop(columns="township"))
    return _layer(
        {
            "name": _TOWNSHIPS,
            "pinyin": [names.TOWN[1], *(pinyin for _, pinyin in names.SEATS)],
            "station": stations["name"],
            "station_lon": points["lon"],
            "station_lat": points["lat"],
            "population": np.bincount(towns.table["township"], residents, 9).astype(int),
            "market_pattern": [calendar.PATTERNS[p] for p in patterns],
        },
        towns.township_areas,
    )


def _village_areas(towns: Settlements, residents: Array) -> gpd.GeoDataFrame:
    table = towns.committees
    return _layer(
        {
            "name": table["name"],
            "pinyin": table["pinyin"],
            "township": _TOWNSHIPS[table["township"]],
            "population": np.bincount(towns.table["committee"], residents, len(table)).astype(int),
        },
        towns.committee_areas,
    )


def _roads(network: Network, land: Land) -> gpd.GeoDataFrame:
    table = road_table(network, land)
    table.insert(0, "length_m", table.geometry.length.round(1))
    return _in_degrees(table)


def _villages(towns: Settlements, people: pd.DataFrame) -> pd.DataFrame:
    degrees = to_lonlat(towns.xy)
    return pd.DataFrame(
        {
            "name": towns.table["name"],
            "pinyin": towns.table["pinyin"],
            "kind": towns.table["kind"],
            "lon": degrees[:, 0],
            "lat": degrees[:, 1],
            "village": towns.committees["name"].to_numpy()[towns.table["committee"]],
            "township": _TOWNSHIPS[towns.table["township"]],
            "population": people["residents"],
            **{c: people[c] for c in ("registered", "in_migrants", "out_migrants", "households")},
        }
    )


def _markets(patterns: Array) -> pd.DataFrame:
    lunar = calendar.lunar_day(calendar.DAYS)
    parts = []
    for name, pattern in zip(_TOWNSHIPS, patterns, strict=True):
        open_ = calendar.is_market_day(pattern, calendar.DAYS) == 1
        parts.append(
            pd.DataFrame(
                {
                    "township": name,
                    "pattern": calendar.PATTERNS[pattern],
                    "date": calendar.DAYS[open_].strftime("%Y-%m-%d"),
                    "lunar_day": lunar[open_],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _incidents(rows: pd.DataFrame, towns: Settlements, truth: Truth, stations: pd.DataFrame) -> pd.DataFrame:
    home = towns.table.loc[truth.points["settlement"].to_numpy()[rows["point"]]]
    return pd.DataFrame(
        {
            "id": rows["id"],
            "time": rows["time"].dt.strftime("%Y-%m-%d %H:%M"),
            "time_end": rows["time_end"].dt.strftime("%Y-%m-%d %H:%M"),
            "category": rows["category"],
            "lon": rows["lon"],
            "lat": rows["lat"],
            "village": home["name"].to_numpy(),
            "township": _TOWNSHIPS[rows["township"]],
            "station": stations["name"].to_numpy()[rows["township"]],
            "origin": rows["origin"],
        }
    )


def _incidents_truth(rows: pd.DataFrame) -> pd.DataFrame:
    flags = rows[list(dirt.KINDS)]
    time = rows["true_time"].dt.strftime("%Y-%m-%d %H:%M")
    return rows[["id", "original"]].assign(time=time, lon=rows["true_lon"], lat=rows["true_lat"]).join(flags)


def _calls(calls: pd.DataFrame) -> pd.DataFrame:
    degrees = to_lonlat(calls[["x", "y"]].to_numpy())
    times = {c: calls[c].dt.strftime("%Y-%m-%d %H:%M:%S") for c in ("received", "dispatched", "arrived", "cleared")}
    return pd.DataFrame(
        {
            "id": [f"C{n:06d}" for n in range(1, len(calls) + 1)],
            **times,
            **{c: calls[c] for c in ("priority", "category", "units", "origin")},
            "lon": degrees[:, 0],
            "lat": degrees[:, 1],
            "township": _TOWNSHIPS[calls["township"]],
        }
    )


def _truth_points(truth: Truth) -> pd.DataFrame:
    degrees = to_lonlat(truth.points[["x", "y"]].to_numpy())
    return truth.points[["kind", "settlement", "township", "reporting"]].assign(lon=degrees[:, 0], lat=degrees[:, 1])


def _reporting(towns: Settlements, truth: Truth) -> pd.DataFrame:
    committee = towns.table["committee"].to_numpy()[truth.points["settlement"]]
    rate = pd.Series(truth.points["reporting"].to_numpy()).groupby(committee).first()
    return pd.DataFrame(
        {
            "village": towns.committees["name"],
            "township": _TOWNSHIPS[towns.committees["township"]],
            "reporting_rate": rate,
        }
    )


def _dirt(rows: pd.DataFrame, happened: pd.DataFrame) -> dict[str, Any]:
    counts = {kind: int(rows[kind].sum()) for kind in dirt.KINDS}
    return {
        "rows": len(rows),
        "happened": len(happened),
        "unreported": int((~happened["recorded"]).sum()),
        "counts": counts,
        "meaning": dirt.KINDS,
        "gcj02_township": names.SEATS[dirt.GCJ_TOWNSHIP - 1][0],
        "duplicates_same_id": int(((rows["duplicate"] == 1) & (rows["id"] == rows["original"])).sum()),
        "duplicates_new_id": int(((rows["duplicate"] == 1) & (rows["id"] != rows["original"])).sum()),
        "reporting_rate": [0.35, 0.9],
    }
