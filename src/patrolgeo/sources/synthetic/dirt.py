"""What a records system does to the truth, planted in known amounts: every row remembers what befell it."""

import numpy as np
import pandas as pd

from patrolgeo.sources.datum import from_wgs84
from patrolgeo.sources.synthetic.calendar import START
from patrolgeo.sources.synthetic.land import to_lonlat

VILLAGE_ONLY, DUPLICATES = 0.25, 0.015
GCJ_TOWNSHIP = 2
_NIGHT_WORK = ("burglary", "ebike_theft", "farm_theft")
KINDS = {
    "village_only": "no coordinates, only the names of the natural village and of the township",
    "gcj02": "longitude and latitude in GCJ-02 instead of WGS84, about 500 m off: all rows of one township",
    "duplicate": "a second record of the same incident: under its id, or under a new id up to ten minutes off",
    "overnight": "time and time_end are the evening before and the morning after; the true time lies between",
    "fraud_at_station": "telecom fraud, recorded at the point of the station where it was reported",
    "officer": "found by officers on patrol: says where patrols were; origin is 'officer'",
}


def make_dirty(recorded: pd.DataFrame, stations: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Return the rows of the records system, in order of time, with a column of truth beside each dirty one.

    `recorded` has time, category, origin, x, y, township; the answer adds id, time_end, lon, lat, `true_*` and one
    column of 0 and 1 for every kind of `KINDS`.
    """
    rows = recorded.reset_index(drop=True).assign(true_time=recorded["time"].to_numpy(), time_end=pd.NaT)
    rows[["true_lon", "true_lat"]] = to_lonlat(rows[["x", "y"]].to_numpy())
    rows["lon"], rows["lat"] = rows["true_lon"], rows["true_lat"]
    rows["officer"] = (rows["origin"] == "officer").astype(int)
    rows["fraud_at_station"] = (rows["category"] == "fraud").astype(int)
    rows = _overnight(rows, rng)
    rows = _fraud_at_station(rows, stations)
    rows = _village_only(rows, rng)
    rows = _gcj02(rows)
    rows = rows.sort_values(["time", "category", "x"], kind="stable").reset_index(drop=True)
    rows["id"] = [f"LJ{t.year}{n:06d}" for n, t in enumerate(rows["time"], start=1)]
    return _duplicates(rows, rng)


def _overnight(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    hour = rows["time"].dt.hour
    hit = rows["category"].isin(_NIGHT_WORK) & ((hour >= 20) | (hour < 6)) & (rng.uniform(size=len(rows)) < 0.85)
    hit &= rows["time"] >= START + pd.Timedelta(hours=12)
    evening = (rows["time"] - pd.Timedelta(hours=12)).dt.normalize()
    start = evening + pd.to_timedelta(rng.integers(17 * 60 + 30, 20 * 60, len(rows)), unit="min")
    end = evening + pd.to_timedelta(rng.integers(30 * 60, 33 * 60, len(rows)), unit="min")
    return rows.assign(time=rows["time"].where(~hit, start), time_end=end.where(hit), overnight=hit.astype(int))


def _fraud_at_station(rows: pd.DataFrame, stations: pd.DataFrame) -> pd.DataFrame:
    station = to_lonlat(stations[["x", "y"]].to_numpy())[rows["township"]]
    hit = rows["fraud_at_station"] == 1
    return rows.assign(lon=rows["lon"].where(~hit, station[:, 0]), lat=rows["lat"].where(~hit, station[:, 1]))


def _village_only(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Blank the coordinates of a quarter of all rows, those of duplicates to come counted in."""
    eligible = np.flatnonzero((rows["officer"] == 0) & (rows["fraud_at_station"] == 0))
    number = round(VILLAGE_ONLY * (len(rows) + _n_duplicates(len(rows))))
    hit = np.isin(np.arange(len(rows)), rng.choice(eligible, number, replace=False))
    blank = np.where(hit, np.nan, 1.0)
    return rows.assign(lon=rows["lon"] * blank, lat=rows["lat"] * blank, village_only=hit.astype(int))


def _gcj02(rows: pd.DataFrame) -> pd.DataFrame:
    hit = ((rows["township"] == GCJ_TOWNSHIP) & rows["lon"].notna()).to_numpy()
    lon, lat = np.round(from_wgs84(rows["lon"].to_numpy(), rows["lat"].to_numpy(), "GCJ02"), 5)
    return rows.assign(lon=np.where(hit, lon, rows["lon"]), lat=np.where(hit, lat, rows["lat"]), gcj02=hit.astype(int))


def _n_duplicates(n: int) -> int:
    return round(n * DUPLICATES / (1 - DUPLICATES))


def _duplicates(rows: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    """Record some placed rows twice: every second one under its own id again, the others under a new id and time."""
    number = _n_duplicates(len(rows))
    chosen = np.sort(rng.choice(np.flatnonzero(rows["lon"].notna()), number, replace=False))
    again = rows.iloc[chosen].assign(duplicate=1, original=rows["id"].to_numpy()[chosen])
    renamed = np.arange(number) % 2 == 1
    shift = pd.to_timedelta(np.where(renamed, rng.integers(1, 11, number), 0), unit="min")
    again["time"] = again["time"] + shift
    again["id"] = np.where(renamed, [f"LJ{t.year}9{n:05d}" for n, t in enumerate(again["time"], start=1)], again["id"])
    both = pd.concat([rows.assign(duplicate=0, original=""), again], ignore_index=True)
    return both.sort_values(["time", "id", "duplicate"], kind="stable").reset_index(drop=True)
