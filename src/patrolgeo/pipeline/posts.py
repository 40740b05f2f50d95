"""Existing places as posts: which of them, for which force, in which shift, and whether there are people for them."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._typing import Bools
from patrolgeo.config import Plan
from patrolgeo.config.forces import PostWish
from patrolgeo.errors import InfeasibleError
from patrolgeo.pipeline.consultation import is_refused
from patrolgeo.pipeline.excluded import NO_PATROL, NO_POST, excluded_ground, lies_in, of_kind
from patrolgeo.pipeline.forces import Posts
from patrolgeo.pipeline.results import Counts, Forecast, Ground, Place
from patrolgeo.pipeline.shifts import check_shifts, expected_by_shift, hours_of, on_duty
from patrolgeo.pipeline.traffic import of_kinds
from patrolgeo.plan.sites.posts import PostRule, plan_posts
from patrolgeo.roads.travel import travel_time


def check_posts(plan: Plan, place: Place, ground: Ground) -> None:
    """Raise when a post asks for a shift or kind of place that there is not, or for more places than there are."""
    wish, shifts, places = plan.posts, place["shifts"], place["places"]
    if wish is None or shifts is None or places is None:
        return
    free = places[_free(plan, place, places, ground)]
    for force in wish.forces:
        check_shifts(plan, shifts, force.n, f"posts.forces.n of {force.kind!r}")
        of_kinds(plan.path, places, "posts.forces.places", force.places)
        able = int(free["kind"].isin(force.places).sum())
        for shift, n in force.n.items():
            if n > able:
                raise InfeasibleError(
                    f"{plan.path}: posts.forces.n.{shift} = {n} posts of {force.kind!r}, but the study area has {able} "
                    "places of these kinds."
                )


def place_posts(plan: Plan, place: Place, ground: Ground, counts: Counts, forecast: Forecast) -> Posts | None:
    """Choose in each shift the places from which most of what is expected then is reached. None when not wished."""
    wish, shifts, places = plan.posts, place["shifts"], place["places"]
    if wish is None or shifts is None or places is None:
        return None
    kinds = [kind for force in wish.forces for kind in force.places]
    able = places[places["kind"].isin(kinds).to_numpy() & _free(plan, place, places, ground)]
    wanted = _wanted(wish)
    demand = expected_by_shift(forecast, counts.records, shifts.loc[list(wanted)])
    reach = {force.kind: wish.reach(force.kind) for force in wish.forces}
    graph = ground.travel if place.graph is None else place.graph
    minutes = travel_time(graph, able.geometry, ground.grid, max(reach.values()), as_sparse=False)
    posts = plan_posts(able, minutes, demand, _rules(wish), wanted, reach)
    answers = posts.attrs["shifts"]
    posts = posts.assign(adds_share=posts["gain"] / posts["shift"].map(demand.sum()))
    posts = posts.join(able[["name", "geometry"]], on="place")
    return Posts(posts, answers, demand.sum(), _spots(able), _people(wish, posts, shifts, place["forces"]))


def _spots(places: pd.DataFrame) -> int:
    """Return at how many spots the places stand: two schools in one building are one."""
    return len(np.unique(shapely.get_coordinates(places["geometry"].to_numpy()), axis=0))


def _free(plan: Plan, place: Place, places: gpd.GeoDataFrame, ground: Ground) -> Bools:
    """Return which places lie in the study area, and not where the plan wants no post."""
    inside = ground.grid.positions(places.geometry.x, places.geometry.y) >= 0
    inside &= ~is_refused(plan, places, ground.grid.locate(places))
    return inside & ~lies_in(places.geometry, of_kind(excluded_ground(plan, place), NO_POST, NO_PATROL))


def _rules(wish: PostWish) -> dict[str, list[PostRule]]:
    rules: dict[str, list[PostRule]] = {}
    for force in wish.forces:
        for kind in force.places:
            rules.setdefault(kind, []).append(PostRule(force.kind, tuple(force.n)))
    return rules


def _wanted(wish: PostWish) -> dict[str, dict[str, int]]:
    """Return the most posts of each force by shift."""
    names = dict.fromkeys(shift for force in wish.forces for shift in force.n)
    return {name: {force.kind: force.n[name] for force in wish.forces if name in force.n} for name in names}


def _people(wish: PostWish, posts: pd.DataFrame, shifts: pd.DataFrame, forces: gpd.GeoDataFrame | None) -> pd.DataFrame:
    """Return by shift and force the posts, the people they take, and those of that force on duty through the shift."""
    rows = []
    for force in wish.forces:
        for shift in force.n:
            n = int(((posts["shift"] == shift) & (posts["force"] == force.kind)).sum())
            there = None
            if forces is not None and "officers" in forces:
                on = on_duty(forces, shifts.loc[[shift]])[shift] & (forces["kind"] == force.kind)
                there = int(pd.to_numeric(forces["officers"], errors="coerce")[on].sum())
            rows.append([shift, hours_of(shifts.loc[shift]), force.kind, n, n * force.officers, there])
    return pd.DataFrame(rows, columns=["shift", "hours", "force", "posts", "people", "there"]).astype(object)


def posts_summary(wish: PostWish, posts: Posts) -> dict[str, Any]:
    """Return the numbers of the posts: by shift what they reach, by shift and force the people."""
    return {
        "n": len(posts.table),
        "places": _spots(posts.table),
        "possible": posts.possible,
        "people": int(posts.people["people"].sum()),
        "reach_minutes": {force.kind: wish.reach(force.kind) for force in wish.forces},
        "by_shift": [_told(str(shift), answer, posts) for shift, answer in posts.answers.items()],
        "by_force": posts.people.to_dict("records"),
    }


def _told(shift: str, answer: dict[str, Any], posts: Posts) -> dict[str, Any]:
    total = float(posts.expected[shift]) or 1.0
    return {
        "shift": shift, "posts": int((posts.table["shift"] == shift).sum()), "covered_share": answer["value"] / total,
        "bound": None if answer["bound"] is None else answer["bound"] / total, "gap": answer["gap"],
        "status": answer["status"],
    }  # fmt: skip


def posts_unmet(posts: Posts | None) -> list[dict[str, Any]]:
    """Return the forces that lack people for the posts of a shift."""
    rows = [] if posts is None else posts.people.to_dict("records")
    return [
        {
            "wish": "staff_posts",
            "force": row["force"],
            "shift": row["shift"],
            "wanted": row["people"],
            "can": row["there"],
        }
        for row in rows
        if row["there"] is not None and row["there"] < row["people"]
    ]


def posts_table(wish: PostWish, posts: Posts, area: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return one row a post and shift, shift by shift in the order of what they add."""
    hours = posts.people.drop_duplicates("shift").set_index("shift")["hours"]
    officers = {force.kind: force.officers for force in wish.forces}
    table = posts.table.assign(hours=posts.table["shift"].map(hours), people=posts.table["force"].map(officers))
    columns = ["shift", "rank", "name", "kind", "force", "hours", "people", "adds_share", "geometry"]
    return gpd.GeoDataFrame(table[columns], geometry="geometry", crs=area.crs)
