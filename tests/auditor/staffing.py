"""What a report says of staffing and of dated events: units by hour, the roster, and what is thinner meanwhile."""

import math
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

from auditor.control import layer, needs
from auditor.sentences import says

STRETCH, WEEK = 4, 168
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORST = {"within_share": -1, "committed_share": 1}  # which way the service gets worse


# ---- the workbooks


@cache
def roster(path):
    """Return every duty of the week: date, shift, force, place, call sign, people, and its hours of the week."""
    days = pd.read_excel(path / "roster.xlsx", sheet_name=None, engine="openpyxl")
    rows = pd.concat([sheet.iloc[:, :6] for sheet in list(days.values())[1:]], ignore_index=True)
    rows.columns = ["date", "shift", "force", "place", "sign", "people"]
    rows["at"] = [_hours(pd.Timestamp(date), shift) for date, shift in zip(rows["date"], rows["shift"], strict=True)]
    return rows.assign(hours=rows["at"].map(len))


def _hours(date, shift):
    start, end = (int(clock[:2]) for clock in shift.split("-"))
    return (24 * date.day_of_week + start + np.arange((end - start) % 24 or 24)) % WEEK


def duties(f, force):
    rows = roster(f.path)
    return rows[rows["force"] == f.words[f"force_{force}"]]


def stand(rows):
    """Return how many units are on duty at each hour of the week."""
    return np.bincount(np.concatenate([*rows["at"], np.array([], int)]).astype(int), minlength=WEEK)


def in_areas(f):
    """Return the units on duty by area and hour of the week."""
    rows = duties(f, "patrol")
    names = f.areas["name"].astype(str)
    assert set(rows["place"].astype(str)) <= set(names)
    return {name: stand(rows[rows["place"].astype(str) == name]) for name in names}


def by_hour(f):
    """Return units wanted and on duty by hour: the workbook, the roster and the summary have to agree."""
    sheet = pd.read_excel(f.path / "plan.xlsx", sheet_name=f.words["table_unit_hours"], engine="openpyxl")
    wanted, there = sheet.iloc[:, 2].to_numpy(), stand(duties(f, "patrol"))
    assert list(sheet.iloc[:, 3]) == list(there) == f.told("staffing", "on_duty")
    assert list(wanted) == f.told("staffing", "units")
    return wanted, there


# ---- sentences of the staffing


def told(f, *keys):
    return {key: f.told("staffing", key) for key in keys}


def wish(f):
    return f.json("manifest.json")["settings"]["staffing"]


@says("staffing_asked")
def _(f, said, state):
    wished = {key: wish(f)[key] for key in ("share", "within_minutes")}
    return told(f, "asked_a_week", "busy_minutes") | wished


@says("staffing_units")
def _(f, said, state):
    wanted, there = by_hour(f)
    assert (there >= wanted).all()
    return {"least": wanted.min(), "most": wanted.max()} if wanted.min() < wanted.max() else None


@says("staffing_units_even")
def _(f, said, state):
    wanted, _ = by_hour(f)
    return {"most": wanted.max()} if wanted.min() == wanted.max() else None


@says("staffing_service")
def _(f, said, state):
    """The calls of a week, with their minutes, stand against the hours of duty of the roster."""
    numbers, (_, there) = told(f, "within_share", "committed_share", "committed_share_most"), by_hour(f)
    committed = f.told("staffing", "asked_a_week") * f.told("staffing", "busy_minutes") / 60 / there.sum()
    assert wish(f)["administrative_share"] or abs(committed - numbers["committed_share"]) < 1e-5
    assert numbers["committed_share"] <= numbers["committed_share_most"]
    return numbers | {"within_minutes": wish(f)["within_minutes"]}


@says("staffing_bands")
def _(f, said, state):
    watch, few = f.told("staffing", "hours_watch"), f.told("staffing", "hours_too_few")
    most = f.told("staffing", "committed_share_most")
    assert (most >= 0.5) == (watch + few > 0)
    assert (most > 0.6) == (few > 0)
    return {"watch": watch, "few": few} if watch + few else None


@says("staffing_interval")
def _(f, said, state):
    return {"hours": f.told("staffing", "patrol_interval_hours")}


@says("staffing_without")
def _(f, said, state):
    units = in_areas(f)
    return {"n": sum((hours == 0).sum() for hours in units.values()), "of": WEEK * len(units)}


@says("staffing_shifts", holds=("proof", None))
def _(f, said, state):
    rows = f.told("staffing", "roster_forces")
    required = sum(row["required_hours"] for row in rows.values())
    assert rows["patrol"]["required_hours"] == by_hour(f)[0].sum()
    hours = roster(f.path)["hours"].sum()
    assert f.told("staffing", "roster_bound") <= hours + 1e-6
    return {"hours": hours, "required": required}


@says("staffing_optimal")
def _(f, said, state):
    return {} if f.told("staffing", "roster_status") == "optimal" else None


@says("staffing_bound")
def _(f, said, state):
    hours, bound = roster(f.path)["hours"].sum(), f.told("staffing", "roster_bound")
    return {"bound": bound, "gap": 1 - bound / hours}


@says("unmet_staff_roster")
def _(f, said, state):
    wanted = math.ceil(sum(people(f, force)["employed"] for force in f.told("staffing", "roster_forces")) - 1e-9)
    assert {"wish": "staff_roster", "wanted": wanted, "can": f.told("staffing", "employed_there")} in f.told("unmet")
    return {"wanted": wanted, "can": f.told("staffing", "employed_there")}


# ---- tables of the staffing


def people(f, force):
    """Return lines, hours and people of a force by the roster, and those employed for them, by the relief factor."""
    rows, factor = duties(f, force), f.told("staffing", "roster_forces", force, "relief_factor")
    officer_hours = (rows["hours"] * rows["people"]).sum()
    on_roster = rows.drop_duplicates("sign")["people"].sum()
    return {
        "lines": rows["sign"].nunique(), "hours": rows["hours"].sum(), "people": on_roster,
        "employed": max(officer_hours * factor / WEEK, on_roster),
    }  # fmt: skip


def unit_hours(f, heads, words):
    days = [words[f"weekday_{day}"] for day in DAYS]
    if list(heads) != [words["hours"], *days]:
        return None
    wanted, there = (units.reshape(7, -1, STRETCH) for units in by_hour(f))
    most, fewest = wanted.max(axis=2), there.min(axis=2)
    return [
        {words["hours"]: f"{STRETCH * k:02d}:00-{STRETCH * (k + 1):02d}:00"}
        | {day: [most[d, k], fewest[d, k]] for d, day in enumerate(days)}
        for k in range(24 // STRETCH)
    ]


def forces(f, heads, words):
    if not needs(heads, words, "roster_lines", "roster_employed"):
        return None
    rows = []
    for force in f.told("staffing", "roster_forces"):
        known = people(f, force)
        rows.append({words["force"]: words[f"force_{force}"]} | {words[f"roster_{key}"]: known[key] for key in known})
    return [*rows, {words["roster_employed"]: f.told("staffing", "employed_there")}]


# ---- events


def events(f):
    """Return what the summary says of each event, together with what the plan file asks for."""
    wished = {event["name"]: event for event in f.json("manifest.json")["settings"]["events"]}
    return [{**row, "wish": wished[row["name"]]} for row in f.told("events")]


def hours_of(wished):
    """Return the starts of the hours that an event touches."""
    first, end = pd.Timestamp(wished["start"]).floor("h"), pd.Timestamp(wished["end"])
    hours = pd.date_range(first, end, freq="h", inclusive="left")
    days = wished["weekdays"] or DAYS
    return [hour for hour in hours if DAYS[hour.day_of_week] in days and _open(hour, wished["hours"])]


def _open(hour, clocks):
    """Whether a minute of the hour lies between the two clock times, over midnight too."""
    if clocks is None:
        return True
    first, end = (60 * int(clock[:-3]) + int(clock[-2:]) for clock in clocks)
    minutes = 60 * hour.hour + np.arange(60)
    return bool((((minutes - first) % 1440) < ((end - first) % 1440 or 1440)).any())


def posts_of(f, event):
    posts = layer(f, "event_posts")
    return posts[posts["event"] == event["name"]] if len(posts) else posts


@says("event_text")
def _(f, said, state):
    key = ("place", "start", "end")
    found = [e for e in events(f) if all(e["wish"][k] == said[k] for k in key)]
    found = [e for e in found if f.words[f"event_{e['kind'].replace(' ', '_')}"] == said["kind"]]
    if not found:
        return None
    event = state["event"] = found[0]
    posts, wished = posts_of(f, event), event["wish"]
    assert not len(posts) or set(posts["near_place"]) == {wished["place"]}
    calls = {*f.areas["name"].astype(str), *f.areas.get("radio_code", pd.Series(dtype=str)).astype(str)}
    assert any(call in event["area"] for call in calls)
    return {"hours": len(hours_of(wished)), "expected": wished["people"], "area": event["area"],
            "kind": said["kind"], **{k: wished[k] for k in key}}  # fmt: skip


@says("event_posts_text")
def _(f, said, state):
    posts, hours = posts_of(f, state["event"]), len(hours_of(state["event"]["wish"]))
    kinds = posts["event_post"].value_counts()
    assert kinds.to_dict() == state["event"]["wish"]["posts"]
    parts = [f"{f.words[f'event_post_{kind}']} {kinds[kind]}" for kind in state["event"]["posts"]]
    people = posts["people"].sum()
    return {"posts": f.words["list_semicolon"].join(parts), "officers": people, "hours": people * hours}


def own_units(f, event):
    """Return the fewest units that answer the calls of the event as wanted, by the formula of Erlang."""
    busy = f.told("staffing", "busy_minutes")
    load, within = event["wish"]["calls"] * busy / 60, wish(f)["within_minutes"] / busy
    served = (n for n in range(math.floor(load) + 1, 1000) if _within(n, load, within) >= wish(f)["share"])
    return next(served) if load else 0


def _within(n, load, within):
    """Return the share of calls for which one of n units is free in time (in service times)."""
    terms = np.cumprod([1.0, *(load / k for k in range(1, n + 1))])
    queue = terms[n] * n / (n - load)
    return 1 - queue / (terms[:n].sum() + queue) * math.exp(-(n - load) * within)


@says("event_own")
def _(f, said, state):
    return {"calls": state["event"]["wish"]["calls"], "units": own_units(f, state["event"])}


def thinnest(f, event):
    """Return the units on duty and left at the hour of the event with the fewest, by the roster."""
    units = fewest(stand(duties(f, "patrol")), event)
    return int(units), int(units - math.ceil(event["wish"]["units_share"] * units - 1e-9))


def fewest(hours, event):
    return hours[[24 * hour.day_of_week + hour.hour for hour in hours_of(event["wish"])]].min()


@says("event_thinner")
def _(f, said, state):
    event = state["event"]
    units, left = thinnest(f, event)
    shares = {f"{name}{when}": event[f"{name}{when}"] for name in WORST for when in ("", "_meanwhile")}
    for name, way in WORST.items():
        assert way * (shares[f"{name}_meanwhile"] - shares[name]) >= 0, name
    return shares | {"units": units, "left": left, "bound": units - left}


@says("event_redrawn")
def _(f, said, state):
    """Every cell lies in one of the areas drawn anew; those that keep a unit keep their cells; work by cells."""
    drawn = layer(f, "event_areas")
    drawn = drawn[drawn["event"] == state["event"]["name"]]
    middle = gpd.GeoDataFrame(f.cells.drop(columns="geometry"), geometry=f.cells.to_crs(4326).representative_point())
    inside = gpd.sjoin(middle, drawn[["name", "units", "geometry"]].to_crs(4326), predicate="within")
    assert len(inside) == len(f.cells)
    assert not inside.index.has_duplicates
    of_area = f.areas.set_index("area")["name"].astype(str)
    usual = inside["area"].map(of_area)
    given = sorted(set(usual) - set(drawn["name"]))
    assert (inside["name"] == usual)[~usual.isin(given)].all()
    assert (drawn["units"] >= 1).all()
    assert drawn["units"].sum() == thinnest(f, state["event"])[1]
    work = inside.groupby("name")["workload"].sum()
    told = state["event"]["redrawn"]
    assert sorted(told["handed_over"]) == given
    return {"areas": f.words["list_comma"].join(told["handed_over"]), "n": len(drawn),
            "heaviest": work.max() / work.mean(), "minutes": drawn["mean_minutes"].max()}  # fmt: skip


@says("unmet_staff_event")
def _(f, said, state):
    event = {e["name"]: e for e in events(f)}[said["event"]]
    units, left = thinnest(f, event)
    wanted = own_units(f, event)
    return {"event": said["event"], "wanted": wanted, "can": units - left} if wanted > units - left else None


def thinner(f, heads, words):
    """The areas of the event whose name stands over the table."""
    if not needs(heads, words, "event_units", "event_left", "event_meanwhile"):
        return None
    event = {e["name"]: e for e in events(f)}[f.heading]
    units, rows = in_areas(f), []
    for row in event["areas"]:
        assert row["left"] <= row["units"], row
        assert row["minutes"] <= row["minutes_meanwhile"], row
        rows.append({
            words["col_area"]: row["name"], words["event_units"]: fewest(units[row["name"]], event),
            words["event_left"]: row["left"], words["event_minutes"]: row["minutes"],
            words["event_meanwhile"]: row["minutes_meanwhile"],
        })  # fmt: skip
    return rows


TABLES = (unit_hours, forces, thinner)
