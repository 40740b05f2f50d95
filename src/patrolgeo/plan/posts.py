"""Fulcrums: which existing places become posts, for which force, at which hours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo.errors import AlignmentError, InfeasibleError
from patrolgeo.plan.sites_cover import max_coverage


class PostRule(NamedTuple):
    """What a kind of place can be: for which force, and in which shifts it is open."""

    force: str
    shifts: tuple[str, ...]


def plan_posts(
    places: pd.DataFrame,
    minutes: pd.DataFrame,
    demand: pd.DataFrame,
    rules: Mapping[str, PostRule],
    n_posts: Mapping[str, int],
    max_minutes: float,
) -> pd.DataFrame:
    """Which places become posts of which force in which shift?

    In each shift the places that are open then compete; the most demand of that shift within reach decides
    (`max_coverage`). Stations and booths that work anyway are named by rules like any other kind.

    Parameters
    ----------
    places
        Column `kind`; index = place labels.
    minutes
        Travel minutes, places x cells.
    demand
        Expected demand, cells x shifts.
    rules
        By kind of place: the force it can hold and the shifts it is open, a `PostRule`. Other kinds are left out.
    n_posts
        Posts by shift.
    max_minutes
        Reach of a post.

    Returns
    -------
    DataFrame, one row a post and shift: `place`, `kind`, `force`, `shift`, `rank`, `gain` (demand it adds to those
    before it), `covered_share` (of the shift's demand, all its posts together).

    Raises
    ------
    InfeasibleError
        When fewer places are open in a shift than posts are wanted.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import PostRule, plan_posts
    >>> places = pd.DataFrame({"kind": ["market", "school"]}, index=["m1", "s1"])
    >>> minutes = pd.DataFrame([[1.0, 9.0], [9.0, 1.0]], index=places.index, columns=["x", "y"])
    >>> demand = pd.DataFrame({"day": [5.0, 9.0], "night": [5.0, 1.0]}, index=["x", "y"])
    >>> rules = {"market": PostRule("volunteers", ("day", "night")), "school": PostRule("auxiliaries", ("day",))}
    >>> posts = plan_posts(places, minutes, demand, rules, {"day": 1, "night": 1}, 5)
    >>> posts[["place", "force", "shift"]].values.tolist()
    [['s1', 'auxiliaries', 'day'], ['m1', 'volunteers', 'night']]
    """
    check_columns(places, ["kind"], "places")
    check_columns(demand, n_posts, "demand")
    missing = places.index.difference(minutes.index)
    if len(missing):
        raise AlignmentError(f"minutes lacks {len(missing)} of {len(places)} places (first: {missing[0]!r}).")
    rows = []
    for shift, wanted in n_posts.items():
        open_now = places.index[[k in rules and shift in rules[k].shifts for k in places["kind"]]]
        if wanted > len(open_now):
            raise InfeasibleError(
                f"{wanted} posts are wanted in shift {shift!r}, but {len(open_now)} places are open then."
            )
        plan = max_coverage(minutes.loc[open_now], wanted, max_minutes, demand[shift])
        for rank, (place, gain) in enumerate(plan.gain.items(), start=1):
            kind = places["kind"][place]
            rows.append((place, kind, rules[kind].force, shift, rank, gain, plan.covered_share))
    return pd.DataFrame(rows, columns=["place", "kind", "force", "shift", "rank", "gain", "covered_share"])
