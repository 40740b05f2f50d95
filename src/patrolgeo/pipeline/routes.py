"""Routes in a run: the best plan of a shift, a plan drawn for each day, and how well a watcher could guess."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo.config import Plan
from patrolgeo.config.routes import RouteWish
from patrolgeo.errors import DataError
from patrolgeo.pipeline.events import bound_on_routes
from patrolgeo.pipeline.excluded import NO_PATROL, excluded_ground, lies_in, of_kind
from patrolgeo.pipeline.results import Forecast, Ground, Place, Routes
from patrolgeo.pipeline.shifts import cells_by_hour
from patrolgeo.pipeline.traffic import of_kinds
from patrolgeo.plan.routes.design_routes import design_routes
from patrolgeo.plan.routes.risk_windows import risk_windows
from patrolgeo.plan.routes.route_plan import STOP, RoutePlan
from patrolgeo.plan.routes.route_rules import RouteRules
from patrolgeo.plan.routes.watcher import watch_routes
from patrolgeo.roads.paths import flow_paths
from patrolgeo.roads.travel import travel_time

WATCHED, NIGHTS = 30, 90  # days that a watcher looks back, and days that are tried


def place_routes(
    plan: Plan, place: Place, ground: Ground, forecast: Forecast, records: gpd.GeoDataFrame
) -> Routes | None:
    """Design the routes of a shift and draw one plan a day. None when not wished."""
    wish = plan.routes
    if wish is None:
        return None
    spots = _spots(plan, wish, place, ground, forecast)
    graph = ground.travel if place.graph is None else place.graph
    minutes = travel_time(graph, spots.geometry, spots.geometry, as_sparse=False)
    rules = RouteRules(
        mandatory=spots.index[spots["must"]].tolist(), visits=spots["visits"], gap_minutes=wish.gap_minutes,
        break_minutes=wish.break_minutes, break_window=_break_window(wish), day_begins=wish.begins,
        visit_range=(0.0, wish.often),
        windows=_windows(plan, wish, spots, forecast, records),
    )  # fmt: skip
    bases = spots.index[spots["base"]]

    def designed(n: int) -> RoutePlan:
        return design_routes(
            spots["prize"], minutes, n, wish.shift_minutes, spots["stay"],
            base=[bases[k % len(bases)] for k in range(n)], rules=rules, effort=wish.effort, random_state=plan.seed,
        )  # fmt: skip

    best = designed(wish.n)
    days = pd.date_range(forecast.period, periods=wish.days, freq="D")
    bound = {day: bound_on_routes(plan.events, wish, day) for day in days}
    units = [wish.n - sum(there.values()) for there in bound.values()]
    of_size = {n: best if n == wish.n else designed(n) for n in sorted(set(units))}
    drawn = [of_size[n].draw(day, plan.seed) for day, n in zip(days, units, strict=True)]
    guess = watch_routes(best, days=WATCHED, n_days=NIGHTS, random_state=plan.seed)
    fewer = {f"{day:%Y-%m-%d}": there for day, there in bound.items() if there}
    return Routes(best, tuple(drawn), guess, spots, _lines(drawn[0], place, spots), fewer)


def _spots(plan: Plan, wish: RouteWish, place: Place, ground: Ground, forecast: Forecast) -> gpd.GeoDataFrame:
    """Return where a stop may be, and the bases: `prize`, `stay`, `visits`, `must`, `base`, `name` and a point.

    Stops are cells by expected risk, and places of the wanted kinds; the label says which: a cell, or "place 12".
    """
    risk = forecast.planned[ground.patrollable_cells].sort_values(ascending=False, kind="stable").head(wish.cells)
    risk = risk[risk > 0]
    cells = gpd.GeoDataFrame(
        {"prize": risk, "stay": wish.stop_minutes, "visits": wish.visits, "must": False, "base": False, "name": ""},
        geometry=ground.grid.centroids[risk.index],
    )  # fmt: skip
    parts, places = [cells], place["places"]
    if wish.kinds is not None and places is not None:
        wanted = of_kinds(plan.path, places, "routes.kinds", wish.kinds)
        parts.append(_points(wanted[_inside(plan, place, ground, wanted)], "place", wish, must=True))
    stations = place.stations
    if stations is not None and len(stations):
        parts.append(
            _points(stations[ground.grid.positions(stations.geometry.x, stations.geometry.y) >= 0], "base", wish)
        )
    if sum(part["base"].sum() for part in parts) == 0:
        parts.append(cells.iloc[:1].rename(index=lambda cell: f"base {cell}").assign(prize=0.0, base=True))
    if risk.empty:
        raise DataError(f"{plan.path}: [routes] finds no cell with expected risk in the area.")
    return gpd.GeoDataFrame(pd.concat([part.to_crs(cells.crs) for part in parts]), geometry="geometry", crs=cells.crs)


def _break_window(wish: RouteWish) -> tuple[float, float] | None:
    """Return the middle half of the shift, in minutes; None where the break does not fit into it."""
    quarter = wish.shift_minutes / 4
    return (quarter, 3 * quarter) if wish.break_minutes <= 2 * quarter else None


def _windows(
    plan: Plan, wish: RouteWish, spots: gpd.GeoDataFrame, forecast: Forecast, records: gpd.GeoDataFrame
) -> pd.DataFrame | None:
    """Return when a cell is worth a stop: the hours that hold the wanted share of its risk; None when not wished."""
    if wish.risk_share is None:
        return None
    by_hour = cells_by_hour(forecast, records)
    if by_hour is None:
        raise DataError(
            f"{plan.path}: routes.risk_share = {wish.risk_share:g} needs incidents with a time of day, and none has "
            "one. Take the line out, or name the column with the times."
        )
    risk = by_hour.reindex(spots.index[spots["prize"] > 0], fill_value=0.0)
    return risk_windows(risk, wish.begins, wish.shift_minutes, share=wish.risk_share, stop_minutes=wish.stop_minutes)


def _inside(plan: Plan, place: Place, ground: Ground, points: gpd.GeoDataFrame) -> np.ndarray:
    inside = ground.grid.positions(points.geometry.x, points.geometry.y) >= 0
    return inside & ~lies_in(points.geometry, of_kind(excluded_ground(plan, place), NO_PATROL))


def _points(points: gpd.GeoDataFrame, what: str, wish: RouteWish, *, must: bool = False) -> gpd.GeoDataFrame:
    """Return spots of a layer: called by their own names, a number where these are missing or come twice."""
    names = points["name"].fillna("").astype(str) if "name" in points else pd.Series("", points.index)
    numbered = pd.Series([f"{what} {label}" for label in points.index], points.index)
    return gpd.GeoDataFrame(
        {"prize": 0.0, "stay": wish.stop_minutes, "visits": 1, "must": must, "base": not must,
         "name": names.to_numpy()},
        index=names.where((names != "") & ~names.duplicated(keep=False), numbered).to_numpy(),
        geometry=points.geometry.to_numpy(), crs=points.crs,
    )  # fmt: skip


def _lines(plan: RoutePlan, place: Place, spots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the routes of a day as lines: the roads that they take, or straight where none are known."""
    straight = plan.lines(spots.geometry)
    if place.graph is None:
        return straight
    legs = plan.legs()
    pairs = legs[legs["origin"] != legs["destination"]].drop_duplicates(["origin", "destination"])
    keys = pd.MultiIndex.from_frame(pairs[["origin", "destination"]])
    ways = flow_paths(place.graph, pd.Series(1.0, keys), spots.geometry)
    road = place.graph.edges.geometry.to_numpy()
    of_pair = {
        keys[f]: road[ways.step[a:b]] for f, a, b in zip(ways.flow, ways.start[:-1], ways.start[1:], strict=True)
    }
    merged = []
    for unit in straight.index:
        mine = legs.loc[legs["unit"] == unit, ["origin", "destination"]].itertuples(index=False, name=None)
        pieces = [of_pair[leg] for leg in mine if leg in of_pair and len(of_pair[leg])]
        merged.append(
            shapely.line_merge(shapely.union_all(np.concatenate(pieces))) if pieces else straight.geometry[unit]
        )
    return straight.set_geometry(gpd.GeoSeries(merged, straight.index, crs=straight.crs))


def routes_summary(wish: RouteWish, routes: Routes) -> dict[str, Any]:
    """Return the numbers of the routes: of the best plan, the days drawn, the pool, and the watcher."""
    best, pool = routes.best.summary(), routes.best.pool
    share = [p.objective for p in routes.drawn if f"{p.date:%Y-%m-%d}" not in routes.fewer]
    value = routes.best.objective or 1.0
    wanted = pool.chance["high"] < 1
    return {
        **best, "begins": wish.begins, "shift_minutes": wish.shift_minutes, "days": len(routes.drawn),
        "tasks": int(sum((drawn.stops["activity"] == STOP).sum() for drawn in routes.drawn)),
        "of_bound": None if not routes.best.bound else routes.best.objective / routes.best.bound,
        "least_drawn": min(share, default=value) / value, "plans": len(pool.plans), "entropy_bits": pool.entropy,
        "risk_share": wish.risk_share, "often": wish.often, "too_often": int((wanted & ~pool.chance["reached"]).sum()),
        "needed": int((wanted & ~pool.chance["reached"] & pool.chance["needed"]).sum()),
        "watcher": routes.guess.summary(),
        "fewer": [
            {"day": day, "event": name, "bound": n} for day, at in routes.fewer.items() for name, n in at.items()
        ],
    }  # fmt: skip


def stops_table(routes: Routes, days: int | None = None) -> gpd.GeoDataFrame:
    """Return a row a stop of the first days drawn (all of them): its point, and what is expected there."""
    parts = []
    for plan in routes.drawn[:days]:
        stops = plan.to_gdf(routes.spots.geometry)
        stops.insert(1, "day", f"{plan.date:%Y-%m-%d}")
        parts.append(stops)
    table = pd.concat(parts, ignore_index=True)
    table["from"], table["to"] = (table[column].dt.strftime("%H:%M") for column in ("begins", "ends"))
    table["name"] = routes.spots["name"].reindex(table["place"]).to_numpy()
    table["expected"] = routes.spots["prize"].reindex(table["place"]).to_numpy()
    columns = ["id", "day", "unit", "order", "activity", "from", "to", "place", "name", "expected", "geometry"]
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs=routes.spots.crs)


def lines_table(routes: Routes) -> gpd.GeoDataFrame:
    """Return a row a unit: its route of the first day."""
    lines = routes.lines.reset_index()[["unit", "stops", "minutes", "travel", "geometry"]]
    return gpd.GeoDataFrame(lines, geometry="geometry", crs=routes.lines.crs)
