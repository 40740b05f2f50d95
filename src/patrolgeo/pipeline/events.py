"""Dated events of a plan: their posts and people, the units they bind, what is thinner elsewhere, and their end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo import crs
from patrolgeo._checks import nearest
from patrolgeo._typing import Bools
from patrolgeo.config import Plan
from patrolgeo.config.routes import RouteWish
from patrolgeo.config.staffing import GATHERINGS, EventWish, StaffingWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline.areas import area_middles
from patrolgeo.pipeline.forces import Event, Staffing
from patrolgeo.pipeline.forecast import VALID
from patrolgeo.pipeline.results import AreaSheet, Ground, Place
from patrolgeo.plan.areas.design import AreaPlan
from patrolgeo.plan.staffing.events import bind_units, event_spots, hand_over
from patrolgeo.plan.staffing.units import measure_units, staff_units
from patrolgeo.risk.refusals import REFUSED, rule_of


def check_events(plan: Plan, place: Place) -> None:
    """Raise when an event has no place, lies outside the weeks of the plan, or is a gathering by its name."""
    newest = place.incidents["time"].max()
    for wish in plan.events:
        where = f"{plan.path}: events {wish.name!r}"
        if wish.kind not in GATHERINGS and rule_of(wish.name) == REFUSED:
            raise DataError(
                f"{where}: by its name it is an assembly, a religious or a political gathering, not {wish.kind!r}. "
                f"Name its kind ({', '.join(map(repr, GATHERINGS))}): only safety posts are offered then."
            )
        _site(plan, place, wish)
        if pd.Timestamp(wish.end) <= newest or pd.Timestamp(wish.start) > newest + VALID:
            raise DataError(
                f"{where}: it lasts from {wish.start} to {wish.end}, but the plan holds from {newest:%Y-%m-%d} to "
                f"{newest + VALID:%Y-%m-%d}. Take it out, or plan with newer records."
            )
        if not len(hours_of_event(wish)):
            raise DataError(f"{where}: no hour between {wish.start} and {wish.end} is within its hours and weekdays.")


def plan_events(
    plan: Plan,
    place: Place,
    ground: Ground,
    workload: pd.Series,
    areas: AreaPlan,
    sheet: AreaSheet,
    staffing: Staffing | None,
) -> tuple[Event, ...]:
    """Plan every event that the plan names."""
    return tuple(_planned(plan, place, ground, workload, areas, sheet, staffing, wish) for wish in plan.events)


def _planned(
    plan: Plan, place: Place, ground: Ground, workload: pd.Series, areas: AreaPlan,
    sheet: AreaSheet, staffing: Staffing | None, wish: EventWish,
) -> Event:  # fmt: skip
    site = _site(plan, place, wish)
    cell = ground.grid.locate(site).iloc[0]
    hours = hours_of_event(wish)
    at_week = np.unique(hours.day_of_week * 24 + hours.hour)
    own = 0
    by_hour, by_area, drawn = pd.DataFrame(), pd.DataFrame(), gpd.GeoDataFrame()
    if staffing is not None and plan.staffing is not None:
        own = _own_units(plan.staffing, wish, staffing)
        if wish.units_share:
            minutes = _minutes_by_area(ground, workload, areas, sheet)
            duty = staffing.on_duty.loc[at_week]
            left = bind_units(duty, minutes[cell], wish.units_share)
            by_hour, by_area = _thinner(plan.staffing, workload, sheet, staffing, minutes, duty, left)
            drawn = _drawn_anew(wish, ground, workload, sheet, minutes, left)
    posts = _posts(place, site, wish)
    return Event(wish, sheet.call(sheet.of_cell[cell]), posts, hours, own, by_hour, by_area, drawn)


def _minutes_by_area(ground: Ground, workload: pd.Series, areas: AreaPlan, sheet: AreaSheet) -> pd.DataFrame:
    """Return minutes from the middle of each area, by its name, to every cell."""
    middle = ground.grid.cells[area_middles(ground, workload, areas, sheet)]
    label = np.unique(sheet.of_cell)
    return ground.travel.travel_minutes(middle.to_numpy()).set_axis(sheet.names.loc[label, "name"], axis=0)


def _drawn_anew(
    wish: EventWish, ground: Ground, workload: pd.Series, sheet: AreaSheet, minutes: pd.DataFrame, left: pd.DataFrame
) -> gpd.GeoDataFrame:
    """Return the areas for the hours of an event where some have no unit at its thinnest hour: they are handed over."""
    there = left.loc[left.sum(axis=1).idxmin(), minutes.index]
    keeps = (there > 0).to_numpy()
    if keeps.all() or not keeps.any():
        return gpd.GeoDataFrame()
    cells = ground.grid.cells
    area = minutes.index.get_indexer(sheet.of_cell.map(sheet.names["name"])[cells])
    work = workload.reindex(cells).fillna(0.0).to_numpy()
    table = minutes[cells].to_numpy()
    new = hand_over(area, keeps, ground.grid.adjacency(1), work, table)
    load = np.bincount(new, work, len(keeps))
    away = np.bincount(new, (work + 1e-12) * table[new, np.arange(len(new))], len(keeps))
    size = np.bincount(new, work + 1e-12, len(keeps))
    shapes = gpd.GeoSeries(ground.grid.geometry.to_numpy(), crs=crs.LONLAT).groupby(new).apply(lambda s: s.union_all())
    kept = np.flatnonzero(keeps)
    return gpd.GeoDataFrame(
        {"event": wish.name, "name": minutes.index[kept], "units": there.to_numpy()[kept],
         "over_mean": load[kept] / load[kept].mean(), "mean_minutes": away[kept] / size[kept],
         "starts": wish.start, "valid_until": wish.end},
        geometry=shapes.loc[kept].to_numpy(), crs=crs.LONLAT,
    )  # fmt: skip


def bound_on_routes(events: Sequence[EventWish], wish: RouteWish, day: pd.Timestamp) -> dict[str, int]:
    """Return by event how many of the units that drive the routes of a day it binds; at least one drives on."""
    begins = day + pd.Timedelta(f"{wish.begins}:00")
    end = begins + pd.Timedelta(minutes=wish.shift_minutes)
    shift = pd.date_range(begins.floor("h"), end, freq="h", inclusive="left")
    bound, left = {}, wish.n
    for event in events:
        n = min(left - 1, int(np.ceil(event.units_share * wish.n - 1e-9)))
        if n and hours_of_event(event).isin(shift).any():
            bound[event.name], left = n, left - n
    return bound


def _site(plan: Plan, place: Place, wish: EventWish) -> gpd.GeoDataFrame:
    """Return the place of an event, one row."""
    places = place["places"]
    names = [] if places is None or "name" not in places else places["name"].dropna().astype(str)
    if places is None or wish.place not in set(names):
        raise DataError(
            f"{plan.path}: events {wish.name!r}: place = {wish.place!r} is no name in [places]"
            f"{nearest(wish.place, names)}"
        )
    return places[places["name"] == wish.place].iloc[:1]


def hours_of_event(wish: EventWish) -> pd.DatetimeIndex:
    """Return the starts of the whole hours that an event touches."""
    start, end = pd.Timestamp(wish.start), pd.Timestamp(wish.end)
    hours = pd.date_range(start.floor("h"), end, freq="h", inclusive="left")
    if wish.weekdays is not None:
        days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
        hours = hours[hours.day_of_week.isin([days.index(day) for day in wish.weekdays])]
    if wish.hours is not None:
        first, last = (int(h[:-3]) * 60 + int(h[-2:]) for h in wish.hours)
        minute = hours.hour * 60
        hours = hours[_touches(minute, first, last)]
    return hours


def _touches(minute: Any, first: int, last: int) -> Bools:
    """Return which hours of the day lie between two clock times, over midnight too."""
    if last > first:
        return (minute + 60 > first) & (minute < last)
    return (minute + 60 > first) | (minute < last)


def _posts(place: Place, site: gpd.GeoDataFrame, wish: EventWish) -> gpd.GeoDataFrame:
    """Return the posts of an event: at the place, and at road nodes around it where roads are known."""
    middle = site.geometry.representative_point()
    center = (float(middle.x.iloc[0]), float(middle.y.iloc[0]))
    points = middle if place.graph is None else pd.concat([middle, place.graph.nodes.geometry])
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    away = crs.local_xy(lon, lat, center)
    near = np.flatnonzero(np.hypot(*away.T) <= wish.reach_m)
    kinds = [kind for kind, n in wish.posts.items() for _ in range(n)]
    at = near[event_spots(away[near], kinds)]
    return gpd.GeoDataFrame(
        {"event": wish.name, "event_post": kinds, "near_place": wish.place, "people": wish.officers,
         "starts": wish.start, "valid_until": wish.end},
        geometry=gpd.points_from_xy(lon[at], lat[at]), crs=crs.LONLAT,
    )  # fmt: skip


def _own_units(staff: StaffingWish, wish: EventWish, staffing: Staffing) -> int:
    """Return how many units the event's own calls need for the service of the plan."""
    if not wish.calls:
        return 0
    asked = staff_units(
        [wish.calls], mean_service_hours=staffing.busy_hours, share=staff.share,
        within_hours=staff.within_minutes / 60,
    )  # fmt: skip
    return int(asked.iloc[0])


def _thinner(
    staff: StaffingWish, workload: pd.Series, sheet: AreaSheet, staffing: Staffing, minutes: pd.DataFrame,
    duty: pd.DataFrame, left: pd.DataFrame,
) -> tuple[pd.DataFrame, pd.DataFrame]:  # fmt: skip
    """Return by hour and by area what is left while units are bound at the event."""
    service = [_service(staff, staffing, table.sum(axis=1)) for table in (duty, left)]
    by_hour = pd.DataFrame({"units": duty.sum(axis=1), "left": left.sum(axis=1)})
    for name in ("within_share", "committed_share"):
        by_hour[name], by_hour[f"{name}_meanwhile"] = (table[name] for table in service)
    of_cell = sheet.of_cell.map(sheet.names["name"])
    usual, worst = (_mean_minutes(table, minutes, of_cell, workload) for table in (duty, left))
    by_area = pd.DataFrame({"units": duty.min(), "left": left.min(), "minutes": usual, "minutes_meanwhile": worst})
    return by_hour, by_area[(left < duty).any()]


def _service(wish: StaffingWish, staffing: Staffing, units: pd.Series) -> pd.DataFrame:
    return measure_units(
        units, staffing.rates["rate"].loc[units.index], mean_service_hours=staffing.busy_hours,
        within_hours=wish.within_minutes / 60, administrative_share=wish.administrative_share,
    )  # fmt: skip


def _mean_minutes(duty: pd.DataFrame, minutes: pd.DataFrame, of_cell: pd.Series, work: pd.Series) -> pd.Series:
    """Return by area the mean minutes, by work, from the nearest area with a unit, in the worst of the hours."""
    weight = work.reindex(of_cell.index).fillna(0.0) + 1e-9
    worst = pd.Series(0.0, duty.columns)
    for there in np.unique(duty.to_numpy() > 0, axis=0):
        nearest_unit = minutes.loc[duty.columns[there], of_cell.index].min() if there.any() else np.inf
        mean = (weight * nearest_unit).groupby(of_cell).sum() / weight.groupby(of_cell).sum()
        worst = np.maximum(worst, mean.reindex(worst.index))
    return worst


def events_table(events: tuple[Event, ...]) -> gpd.GeoDataFrame | None:
    """Return one row a post of an event; None without any."""
    posts = [event.posts for event in events if len(event.posts)]
    return gpd.GeoDataFrame(pd.concat(posts, ignore_index=True), crs=crs.LONLAT) if posts else None


def event_areas_table(events: tuple[Event, ...]) -> gpd.GeoDataFrame | None:
    """Return one row a patrol area drawn anew for the hours of an event; None without any."""
    drawn = [event.areas for event in events if len(event.areas)]
    return gpd.GeoDataFrame(pd.concat(drawn, ignore_index=True), crs=crs.LONLAT) if drawn else None


def events_summary(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """Return the numbers of each event."""
    return [_told(event) for event in events]


def _told(event: Event) -> dict[str, Any]:
    wish, hours, people = event.wish, event.by_hour, len(event.posts) * event.wish.officers
    fewest = hours.loc[hours["units"].idxmin()] if len(hours) else hours  # there fewest are bound and left too
    thin: dict[str, Any] = {} if hours.empty else {
        "units": int(fewest["units"]), "left": int(fewest["left"]),
        "bound": int(fewest["units"] - fewest["left"]),
        **{f"{name}{when}": float(hours[f"{name}{when}"].agg(worst))
           for name, worst in (("within_share", "min"), ("committed_share", "max")) for when in ("", "_meanwhile")},
    }  # fmt: skip
    if len(event.areas):
        kept = set(event.areas["name"])
        thin["redrawn"] = {
            "handed_over": [str(name) for name in event.by_area.index if name not in kept], "areas": len(kept),
            "heaviest": float(event.areas["over_mean"].max()), "minutes": float(event.areas["mean_minutes"].max()),
        }  # fmt: skip
    return {
        "name": wish.name, "kind": wish.kind, "gathering": wish.kind in GATHERINGS, "place": wish.place,
        "area": event.area, "start": wish.start, "end": wish.end, "hours": len(event.hours), "expected": wish.people,
        "calls": wish.calls, "own_units": event.own_units, "posts": dict(wish.posts), "officers": people,
        "officer_hours": people * len(event.hours), **thin,
        "areas": [{"name": str(name), **row} for name, row in event.by_area.to_dict("index").items()],
    }  # fmt: skip


def events_unmet(events: tuple[Event, ...]) -> list[dict[str, Any]]:
    """Return the events whose own calls need more units than they bind."""
    rows = []
    for event in events:
        bound = 0 if event.by_hour.empty else int((event.by_hour["units"] - event.by_hour["left"]).min())
        if event.own_units > bound:
            rows.append({"wish": "staff_event", "event": event.wish.name, "wanted": event.own_units, "can": bound})
    return rows
