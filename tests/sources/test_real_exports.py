"""Real exports, read here and once more by plain pandas: the same rows, the same values, the same reasons."""

import json

import numpy as np
import pandas as pd
import pytest

from patrolgeo import MissingColumnError, read_incidents, read_population

pytestmark = pytest.mark.real


@pytest.fixture
def exports(real_data):
    return real_data / "exports"


def check(incidents, ledger, plain, time, lon, lat):
    """Compare with `plain`, the rows of pandas that should be kept, in order."""
    assert len(incidents) == ledger.kept == len(plain)
    assert incidents["time"].tolist() == time.tolist()
    assert incidents.geometry.x.tolist() == pytest.approx(lon.tolist())
    assert incidents.geometry.y.tolist() == pytest.approx(lat.tolist())


def test_philadelphia_agrees_with_pandas(exports):
    path = exports / "philadelphia" / "incidents_2024_2025.csv.gz"
    columns = {"time": "dispatch_date_time", "category": "text_general_code", "lon": "point_x", "lat": "point_y"}
    incidents, ledger = read_incidents(
        path, columns=columns, tz="America/New_York", place_bound=False, return_ledger=True
    )
    plain = pd.read_csv(path)
    assert ledger.read == len(plain) == 230_103
    feet = plain["point_x"].abs() > 180  # some rows hold state plane feet instead of degrees
    zero = plain["point_x"] == 0
    reasons = {"zero_place": zero, "bad_place": feet, "missing_place": plain["point_x"].isna()}
    assert ledger.set_aside == {name: int(rows.sum()) for name, rows in reasons.items()}
    kept = plain[plain["point_x"].notna() & ~feet & ~zero]
    local = pd.to_datetime(kept["dispatch_date_time"], utc=True).dt.tz_convert("America/New_York").dt.tz_localize(None)
    check(incidents, ledger, kept, local, kept["point_x"], kept["point_y"])
    clock = pd.to_datetime(kept["dispatch_date"] + " " + kept["dispatch_time"])
    assert (incidents["time"].to_numpy() == clock.to_numpy()).mean() > 0.999


def test_people_of_philadelphia_agree_with_pandas(exports):
    path = exports / "philadelphia" / "tracts.geojson"
    people = read_population(path, columns={"population": "total_pop"})
    plain = json.loads(path.read_text("utf-8"))["features"]
    assert people["population"].sum() == sum(f["properties"]["total_pop"] or 0 for f in plain)


def test_police_uk_agrees_with_pandas(exports):
    paths = sorted(exports.glob("police_uk_*.csv"))
    incidents, ledger = read_incidents(paths, return_ledger=True)
    plain = pd.concat([pd.read_csv(p) for p in paths], ignore_index=True)
    placed = plain.dropna(subset=["Longitude", "Latitude"])
    facts = ["Crime ID", "Month", "Crime type", "Longitude", "Latitude"]
    copies = placed["Crime ID"].notna() & placed.duplicated(facts)
    assert ledger.to_dict() == {
        "read": 1_862,
        "kept": len(placed) - int(copies.sum()),
        "set_aside": {"missing_place": len(plain) - len(placed), "duplicate_id": int(copies.sum())},
    }
    kept = placed[~copies]
    check(incidents, ledger, kept, pd.to_datetime(kept["Month"]), kept["Longitude"], kept["Latitude"])


def test_seattle_agrees_with_pandas(exports):
    path = exports / "seattle_911.csv.gz"
    names = {"date": "date", "hour": "hour", "minute": "minute", "ampm": "ampm", "category": "group"}
    columns = {field: f"event_clearance_{name}" for field, name in names.items()}
    with pytest.raises(MissingColumnError) as error:
        read_incidents(path)
    assert {f: error.value.proposed[f] for f in ("date", "hour", "minute", "ampm")} == {
        f: c for f, c in columns.items() if f != "category"
    }
    incidents, ledger = read_incidents(path, columns=columns, return_ledger=True)
    plain = pd.read_csv(path)
    known = plain.dropna(subset=["event_clearance_date"])
    text = (
        known["event_clearance_date"] + " " + known["event_clearance_hour"].astype(int).astype(str) + ":"
        + known["event_clearance_minute"].astype(int).astype(str) + " " + known["event_clearance_ampm"]
    )  # fmt: skip
    time = pd.to_datetime(text, format="%Y-%m-%d %I:%M %p")
    assert ledger.to_dict() == {"read": 3_000, "kept": 2_979, "set_aside": {"missing_time": 21}}
    check(incidents, ledger, known, time, known["longitude"], known["latitude"])


def test_the_log_of_a_campus_agrees_with_pandas(exports):
    path = exports / "campus_log.csv"
    incidents, ledger = read_incidents(path, return_ledger=True)
    plain = pd.read_csv(path, dtype=str)
    first = plain["Date Occurred"].str.split("-").str[0].str.strip()
    day = pd.to_datetime(first, format="%m/%d/%Y", errors="coerce").fillna(
        pd.to_datetime(first, format="%m/%d/%y", errors="coerce")
    )
    clock = pd.to_timedelta(plain["Time Occurred"].str.extract(r"^\s*(\d{1,2}:\d\d)(?=\s*(?:-\s*\d|$))")[0] + ":00")
    time = (day + clock.fillna(pd.Timedelta(0))).where(day > "1950")
    assert ledger.read == len(plain) == 309
    found = pd.Series(incidents["time"].to_numpy(), index=incidents["id"])
    plain = pd.Series(time.to_numpy(), index=plain["Case Number"])
    same = (found == plain.reindex(found.index)).mean()
    assert len(found) == plain.notna().sum() == 305
    assert same == 1


def test_baltimore_agrees_with_pandas(exports):
    path = exports / "baltimore.csv"
    incidents, ledger = read_incidents(path, return_ledger=True)
    plain = pd.read_csv(path)
    clock = plain["crimeTime"].str.replace(r"^(\d\d)(\d\d)$", r"\1:\2:00", regex=True)
    time = pd.to_datetime(plain["crimeDate"]) + pd.to_timedelta(clock)
    check(incidents, ledger, plain, time, plain["longitude"], plain["latitude"])
    assert incidents["category"].tolist() == plain["crimeCode"].tolist()
    assert np.isfinite(plain["longitude"]).all()
