"""What a report says of routes: the best plan, the plans drawn, who watches them, and the stops of the first day."""

import pytest
import shapely

from auditor.control import layer
from auditor.sentences import says
from patrolgeo import read_tasks


@says("routes_text")
def _(f, said, state):
    told, days = f.told("routes"), layer(f, "stops")
    assert told["places"] <= told["stops"]
    units = told["units"]
    if len(days):
        assert layer(f, "routes")["minutes"].max() <= told["shift_minutes"] + 1e-6
        first = days["day"].min()
        units = len(layer(f, "routes")) + sum(row["bound"] for row in told["fewer"] if row["day"] == first)
    return {"begins": told["begins"], "shift_minutes": told["shift_minutes"], "units": units,
            "stops": told["stops"], "places": told["places"]}  # fmt: skip


@says("routes_bound")
def _(f, said, state):
    told = f.told("routes")
    return {"share": told["objective"] / told["bound"]}


@says("routes_hours")
def _(f, said, state):
    """One half of a shift always holds half of the risk: whole hours round that up by less than one at each end."""
    told, stops = f.told("routes"), layer(f, "stops")
    halts = stops[(stops["activity"] == "stop") & stops["expected"].gt(0)]
    begin, (hour, minute) = halts["from"].map(lambda at: 60 * at.hour + at.minute), told["begins"].split(":")
    at = ((begin - 60 * int(hour) - int(minute)) % 1440).groupby(halts["place"].to_numpy())
    most = told["shift_minutes"] * (0.5 if told["risk_share"] <= 0.5 else 1.0) + 120
    assert (at.max() - at.min()).max() <= most
    return {"share": told["risk_share"]}


@says("routes_draws")
def _(f, said, state):
    told, stops = f.told("routes"), layer(f, "stops")
    days = stops["day"].nunique() if len(stops) else told["days"]
    return {"days": days, "plans": told["plans"], "least": told["least_drawn"]}


@says("routes_fewer")
def _(f, said, state):
    """Fewer units drive on that day than on days without an event."""
    told, stops = f.told("routes"), layer(f, "stops")
    bound = {row["day"]: row for row in told["fewer"] if row["event"] == said["event"]}[said["day"]]
    there = sum(row["bound"] for row in told["fewer"] if row["day"] == said["day"])
    assert not len(stops) or stops[stops["day"] == said["day"]]["unit"].nunique() <= told["units"] - there
    return bound


@says("routes_tasks")
def _(f, said, state):
    tasks, stops = read_tasks(f.path / "tasks.csv"), layer(f, "stops")
    halts = stops[stops["activity"] == "stop"]
    assert tasks["task"].is_unique
    assert tasks["minutes"].sum() == pytest.approx(_minutes(halts), abs=len(halts))  # clock times are whole minutes
    cells = f.cells.set_index("cell").loc[tasks["cell"]]
    assert (cells["area_name"].to_numpy() == tasks["area"].to_numpy()).all()
    shapes, at = cells.to_crs(4326).geometry.to_numpy(), shapely.points(tasks["lon"], tasks["lat"])
    assert shapely.dwithin(shapes, at, 1e-7).all()
    return {"n": len(halts) if len(halts) == len(tasks) else None}


def _minutes(halts):
    begin, end = (halts[name].map(lambda at: 60 * at.hour + at.minute) for name in ("from", "to"))
    return ((end - begin) % 1440).sum()


@says("routes_too_often")
def _(f, said, state):
    told = f.told("routes")
    assert told["needed"] <= told["too_often"] <= told["possible"]
    return {"n": told["too_often"], "often": told["often"], "needed": told["needed"]}


@says("routes_watcher")
def _(f, said, state):
    told = f.told("routes", "watcher")
    return told | {"ratio": told["hit_rate"] / told["reference"]}


def first_day(f, heads, words):
    """The stops of the first day, as the layer has them, which is the first day of the layer of all days."""
    if not all(words[key] in heads for key in ("route_id", "route_from", "route_activity")):
        return None
    stops, every = layer(f, "day_stops"), layer(f, "stops")
    assert stops["id"].tolist() == every.loc[every["day"] == every["day"].min(), "id"].tolist()
    return [
        {words["route_id"]: row["id"], words["route_from"]: f"{row['from']:%H:%M}",
         words["route_to"]: f"{row['to']:%H:%M}", words["route_activity"]: words[f"activity_{row['activity']}"],
         words["route_place"]: row["place"], words["route_name"]: row["name"],
         words["route_expected"]: row["expected"]}
        for row in stops.head(30).to_dict("records")
    ]  # fmt: skip


TABLES = (first_day,)
