"""What a plan of routes is: stops by unit with their times, how good it is proved to be, and draws of other plans."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._checks import align, check_count, check_time
from patrolgeo._show import Rows
from patrolgeo._typing import Floats, Ints
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.routes.route_pool import RoutePool, draw_from, make_pool
from patrolgeo.plan.routes.route_problem import RouteProblem

STOP, BREAK = "stop", "break"


@dataclass(frozen=True, kw_only=True, repr=False)
class RoutePlan(Outcome):
    """Routes of units with timed stops, and the means to draw another plan nearly as good for every day.

    Parameters
    ----------
    stops
        DataFrame, a row a stop: `id` (unit and order; a drawn plan has its date in front), `unit`, `order` (from 1),
        `place`, `activity` ("stop" or "break"), `arrive` and `leave` in minutes after the plan's zero (the stop begins
        and ends; who is early waits before), `prize` (what this visit is worth). A drawn plan has `begins` and `ends`
        as clock times too. Stops of a crew at places, never at a person's or a household's.
    problem
        What was asked for.
    tours
        The visits of each unit, as positions.
    seed, effort
        Of the search, and of the pool of plans that `draw` takes from.
    date
        Day of a drawn plan, None for the best plan.

    Examples
    --------
    >>> from patrolgeo import design_routes
    >>> minutes = [[0, 5, 9], [5, 0, 6], [9, 6, 0]]
    >>> plan = design_routes([0, 10, 20], minutes, 1, 60, 12, base=0)
    >>> plan.stops[["id", "place", "arrive", "leave"]].values.tolist()
    [['1-01', 2, 9.0, 21.0], ['1-02', 1, 27.0, 39.0]]
    >>> plan.objective, plan.status
    (30.0, 'optimal')
    """

    stops: pd.DataFrame
    problem: RouteProblem
    tours: tuple[Ints, ...]
    seed: int
    effort: float
    date: pd.Timestamp | None = None

    def _head(self) -> str:
        day = "" if self.date is None else f" for {self.date:%Y-%m-%d}"
        return f"{len(self.stops)} stops of {len(self.tours)} units{day}, value {self.objective:,.6g}, {self.status}"

    def _rows(self) -> Rows:
        told = self.summary()
        return [
            *self.proof(), ("places", f"{told['places']:,} of {told['possible']:,} that are worth a visit"),
            ("minutes", f"{told['stop_minutes']:,.0f} at stops, {told['travel_minutes']:,.0f} on the way"),
            ("longest shift", f"{told['longest_minutes']:,.1f} minutes"),
        ]  # fmt: skip

    def summary(self) -> dict[str, Any]:
        """Return the numbers of the plan as one dictionary."""
        routes = self.routes
        halts = self.stops[self.stops["activity"] == STOP]
        return {
            "units": len(self.tours), "stops": len(halts), "places": int(halts["place"].nunique()),
            "possible": int((self.problem.prizes[:, 0] > 0).sum()), "objective": self.objective, "bound": self.bound,
            "gap": self.gap, "status": self.status, "stop_minutes": float((halts["leave"] - halts["arrive"]).sum()),
            "travel_minutes": float(routes["travel"].sum()), "longest_minutes": float(routes["minutes"].max()),
        }  # fmt: skip

    @cached_property
    def routes(self) -> pd.DataFrame:
        """Return a row a unit: `start`, `finish`, `stops`, `leave`, `back`, `minutes` (of the shift) and `travel`."""
        visits, places, n = self.problem.visits, self.problem.places, len(self.problem.place)
        units, rows = len(self.tours), []
        for k, tour in enumerate(self.tours):
            at = np.r_[n + k, tour, n + units + k]
            legs = (
                visits.travel[visits.kind[k]][visits.spot[at[:-1]], visits.spot[at[1:]]] if len(tour) else np.zeros(1)
            )
            mine = self.stops[self.stops["unit"] == self.problem.units[k]]
            leave = visits.early[n + k] if mine.empty else mine["arrive"].iloc[0] - legs[0]
            back = leave if mine.empty else mine["leave"].iloc[-1] + legs[-1]
            start, finish = (places[visits.spot[i]] for i in (at[0], at[-1]))
            rows.append([start, finish, len(tour), leave, back, back - visits.early[n + k], legs.sum()])
        names = ["start", "finish", "stops", "leave", "back", "minutes", "travel"]
        return pd.DataFrame(rows, pd.Index(self.problem.units, name="unit"), names)

    def to_gdf(self, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return the stops with the point of their place, by the order of `stops`."""
        points = align(geometry, pd.Index(self.stops["place"].unique()), "geometry", "places")
        return gpd.GeoDataFrame(
            self.stops.copy(), geometry=points.loc[self.stops["place"]].to_numpy(), crs=geometry.crs
        )

    def legs(self) -> pd.DataFrame:
        """Return the ways between stops, a row a way: `unit`, `origin`, `destination`, base to base."""
        places, n, units, rows = self.problem.places, len(self.problem.place), len(self.tours), []
        for k, tour in enumerate(self.tours):
            at = places[self.problem.visits.spot[np.r_[n + k, tour, n + units + k].astype(np.int64)]]
            rows += [(self.problem.units[k], a, b) for a, b in pairwise(at)] if len(tour) else []
        return pd.DataFrame(rows, columns=["unit", "origin", "destination"])

    def lines(self, geometry: gpd.GeoSeries) -> gpd.GeoDataFrame:
        """Return a line a unit, straight from its start through its stops to its end; `legs` tells the ways."""
        places, n, made = self.problem.places, len(self.problem.place), []
        spots, units = self.problem.visits.spot, len(self.tours)
        for k, tour in enumerate(self.tours):
            at = places[spots[np.r_[n + k, tour, n + units + k].astype(np.int64)]]
            points = align(geometry, pd.Index(at.unique()), "geometry", "places").loc[at]
            made.append(shapely.LineString(shapely.get_coordinates(points.to_numpy())))
        return gpd.GeoDataFrame(self.routes, geometry=made, crs=geometry.crs)

    @cached_property
    def pool(self) -> RoutePool:
        """Return the near-best plans that `draw` takes from, with their weights; made when first used."""
        return make_pool(self.problem, self.tours, self.effort, self.seed)

    def draw(self, date: Any, seed: int = 0) -> RoutePlan:
        """Return the plan of a day, drawn from the pool so that nobody can foresee it.

        The same date and seed give the same plan. With `week_minutes` a week is drawn from its Monday on, and what has
        used up a place's minutes is left out.

        Parameters
        ----------
        date
            The day on which the plan's zero lies.
        seed
            A number that only the planner knows; who knows it can draw the same plans.

        Returns
        -------
        RoutePlan of that day, worth at least 97 % of this one unless a cap on minutes takes stops away.
        """
        day, seed = check_time(date, "date").normalize(), check_count(seed, "seed", least=0)
        tours = draw_from(self.pool, self.problem, day, seed)
        stops = stops_of(self.problem, tours)
        zero = day + pd.Timedelta(minutes=_zero(self.problem))
        for column, minutes in (("begins", "arrive"), ("ends", "leave")):
            stops[column] = zero + pd.to_timedelta(stops[minutes].round(6), unit="min")
        stops["id"] = pd.Series([f"{day:%Y-%m-%d}-{label}" for label in stops["id"]], stops.index, dtype=object)
        return replace(
            self, stops=stops, tours=tours, objective=float(stops["prize"].sum()), status="heuristic", date=day
        )


def _zero(problem: RouteProblem) -> float:
    begins = problem.rules.day_begins
    return 0.0 if begins is None else 60.0 * int(begins.split(":")[0]) + int(begins.split(":")[1])


def stops_of(problem: RouteProblem, tours: tuple[Ints, ...]) -> pd.DataFrame:
    """Return the table of stops: each as early as windows and ways allow."""
    which, order, visit, begin, end = times_of(problem, tours)
    units, digits = problem.units[which], max(2, len(str(max(order, default=0))))
    stops = pd.DataFrame({
        "id": [f"{unit}-{nth:0{digits}d}" for unit, nth in zip(units, order, strict=True)], "unit": units,
        "order": order, "place": problem.places[problem.place[visit]],
        "activity": np.where(problem.is_break[visit], BREAK, STOP), "arrive": begin, "leave": end, "visit": visit,
    })  # fmt: skip
    stops["prize"] = _prizes(problem, stops)
    return stops.drop(columns="visit")


def times_of(problem: RouteProblem, tours: tuple[Ints, ...]) -> tuple[Ints, Ints, Ints, Floats, Floats]:
    """Return unit, order, visit, begin and end of each stop: each as early as windows and ways allow."""
    v, n, rows = problem.visits, len(problem.place), []
    for k, tour in enumerate(tours):
        at, now, way = n + k, float(v.early[n + k]), v.travel[v.kind[k]]
        for order, i in enumerate(tour.tolist(), 1):
            begin = max(now + float(way[v.spot[at], v.spot[i]]), float(v.early[i]))
            at, now = i, begin + float(v.stay[i])
            rows.append((k, order, i, begin, now))
    table = np.array(rows, float).reshape(-1, 5)
    whole = table[:, :3].astype(np.int64)
    return whole[:, 0], whole[:, 1], whole[:, 2], table[:, 3], table[:, 4]


def _prizes(problem: RouteProblem, stops: pd.DataFrame) -> pd.Series:
    """Return what each stop is worth: of the visits of a place the earliest is the first."""
    group = pd.Series(problem.visits.group[stops["visit"].to_numpy()], stops.index)
    nth = stops.assign(group=group).sort_values(["arrive", "unit"], kind="stable").groupby("group").cumcount()
    return pd.Series(problem.prizes[group.to_numpy(), nth.reindex(stops.index).to_numpy()], stops.index, dtype=float)
