"""What the box forecasts of Plainfield caught: counted by box, by area and time, and by minute of patrol."""

import numpy as np
import pandas as pd

SIDE_KM = 0.15  # of a box


def caught(_, files, *, forecasts):
    """Return what was in a forecast box, and what a single forecast can be expected to hold."""
    crimes = pd.read_parquet(files["crimes"])
    inside, right = int(crimes["in_forecast_box"].sum()), int(crimes["right_type"].sum())
    kinds = crimes[crimes["forecastable"]]
    boxed = int(kinds["in_forecast_box"].sum())
    rows = [
        ("crimes recorded", len(crimes), np.nan),
        ("in a box while it was forecast", inside, inside / len(crimes)),
        ("of the kind that was forecast there", right, right / len(crimes)),
        ("crimes of the kinds that are forecast", len(kinds), np.nan),
        ("of these in a box while it was forecast", boxed, boxed / len(kinds)),
        ("forecasts of a box in that time", forecasts, np.nan),
        ("crimes of the right kind for each forecast", right / forecasts, np.nan),
        ("crimes of any kind for each forecast", inside / forecasts, np.nan),
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=["what", "number", "share"])


def density(_, files, *, forecasts, hours, city_km2):
    """Return crimes in boxes for each km2 and hour that was forecast, beside those of the whole city (the PAI)."""
    crimes = pd.read_parquet(files["crimes"])
    days = (crimes["datetime"].max().normalize() - crimes["datetime"].min().normalize()).days + 1
    inside, whole = int(crimes["in_forecast_box"].sum()), city_km2 * days * 24
    rows = []
    for length in hours:
        flagged = forecasts * SIDE_KM**2 * length
        hit_rate, share = inside / len(crimes), flagged / whole
        rows.append((length, flagged, whole, share, hit_rate, hit_rate / share))
    names = ["hours of a forecast", "km2 hours forecast", "km2 hours of the city", "area_share", "hit rate", "PAI"]
    return pd.DataFrame(rows, columns=names)


def minutes(_, files):
    """Return what the log of stops tells of patrols that were really there, and how little it can say."""
    stops = pd.read_csv(files["stops"], parse_dates=["start", "end"])
    crimes = pd.read_parquet(files["crimes"])
    there = stops.dropna(subset=["lon", "lat", "start", "end"])
    there = there[there["start"].between(crimes["datetime"].min(), crimes["datetime"].max())]
    near = sum(_within(crimes, stop) for stop in there.itertuples())
    patrolled = float(there["minutes"].sum())
    return pd.DataFrame([
        ("stops logged in the span of the crimes", len(there)), ("minutes of patrol", patrolled),
        ("crimes within 150 m and the time of a stop", near),
        ("crimes for each 1,000 minutes of patrol", 1000 * near / patrolled if patrolled else np.nan),
    ], columns=["what", "number"])  # fmt: skip


def _within(crimes, stop):
    """Count crimes within 150 m of a stop while it lasted."""
    north = (crimes["lat"] - stop.lat) * 111.2
    east = (crimes["lon"] - stop.lon) * 111.2 * np.cos(np.radians(stop.lat))
    during = crimes["datetime"].between(stop.start, stop.end)
    return int((during & (np.hypot(north, east) <= SIDE_KM)).sum())
