"""What can be done for border places that are not reached from both sides."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_positive
from patrolgeo.kernels import within
from patrolgeo.plan.checkpoints.shared_borders import JointPlan

STATION, POST, AGREEMENT = "station", "post", "agreement"
WORTH = 2  # a post that brings help to one place alone is seldom worth its people
COLUMNS = ["place", "side", "of_area", "proposal", "by", "minutes", "demand"]


def border_proposals(
    plan: JointPlan, site_minutes: pd.DataFrame, post_minutes: pd.DataFrame, site_area: pd.Series, max_cost: float
) -> pd.DataFrame:
    """What lets the border places that lack a side be reached from it: a station, a post, or an agreement?

    For each missing side, what costs least comes first: a station of a third area that is within reach (ask it); else a
    post at a border place of that side, where one post helps two places or more; else an agreement with the nearest
    station of that side, with the minutes that it takes. Posts are chosen one after another by what they help most.

    Parameters
    ----------
    plan
        Answer of `joint_coverage`.
    site_minutes
        Travel minutes, sites of the plan x places.
    post_minutes
        Travel minutes, places x places: from a post that might stand at one of them.
    site_area
        Series by site: its area.
    max_cost
        The wanted minutes.

    Returns
    -------
    DataFrame, a row a place and missing side, most demand first: `place`, `side` ("own" or "neighbour"), `of_area`
    (whose help is missing), `proposal` ("station", "post" or "agreement"), `by` (label of the station, or of the place
    with the post; missing where nobody can come), `minutes`, `demand`.

    Raises
    ------
    AlignmentError
        When the minutes lack places, or `site_area` sites.
    DataError
        When `max_cost` is not positive.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import border_proposals, joint_coverage
    >>> minutes = pd.DataFrame([[5, 9, 30], [12, 8, 6]], index=["east", "west"], columns=["mill", "ferry", "well"])
    >>> side = pd.Series({"east": "E", "west": "W", "mill": "E", "ferry": "E", "well": "W"})
    >>> plan = joint_coverage(minutes, 2, 10, side[:2], side[2:])
    >>> posts = pd.DataFrame([[0, 4, 9], [4, 0, 25], [9, 25, 0]], index=plan.places.index, columns=plan.places.index)
    >>> border_proposals(plan, minutes, posts, side[:2], 10)[["place", "proposal", "by", "minutes"]].values.tolist()
    [['mill', 'agreement', 'west', 12.0], ['well', 'agreement', 'east', 30.0]]
    """
    check_positive(max_cost, "max_cost")
    places = plan.places
    sites = align(align(site_minutes.T, places.index, "site_minutes", "places").T, plan.sites, "site_minutes", "sites")
    area = align(site_area.dropna(), plan.sites, "site_area", "sites")
    posts = align(
        align(post_minutes, places.index, "post_minutes", "places").T, places.index, "post_minutes", "places"
    ).T
    rows = _missing(places)
    answers = [_third(places.loc[row.place], row.side, sites[row.place], area, max_cost) for row in rows.itertuples()]
    open_rows = [k for k, answer in enumerate(answers) if answer is None]
    for k, label, minutes in _posts(rows.iloc[open_rows], places, posts, max_cost):
        answers[open_rows[k]] = (POST, label, minutes)
    for k, row in enumerate(rows.itertuples()):
        answers[k] = answers[k] or _agreement(places.loc[row.place], row.side)
    table = pd.DataFrame([a or () for a in answers], rows.index, columns=["proposal", "by", "minutes"])
    return rows.join(table)[COLUMNS].reset_index(drop=True)


def _missing(places: pd.DataFrame) -> pd.DataFrame:
    """Return a row a place and side that nobody reaches in time, most demand first."""
    parts = []
    for side, reached, of_area in (("own", "own", "area"), ("neighbour", "other", "neighbour")):
        lack = places[~places[reached]]
        parts.append(pd.DataFrame({"place": lack.index, "side": side, "of_area": lack[of_area].to_numpy(),
                                   "demand": lack["demand"].to_numpy()}))  # fmt: skip
    return pd.concat(parts).sort_values("demand", ascending=False, kind="stable").reset_index(drop=True)


def _third(
    place: pd.Series, side: str, minutes: pd.Series, area: pd.Series, most: float
) -> tuple[str, Any, float] | None:
    """Return the nearest station of an area that is neither the own one nor the named neighbour, when within reach."""
    if side == "own":
        return None
    others = minutes[~area.isin([place["area"], place["neighbour"]]).to_numpy()]
    if others.empty or not others.min() <= within(most):
        return None
    return STATION, others.idxmin(), float(others.min())


def _posts(
    rows: pd.DataFrame, places: pd.DataFrame, minutes: pd.DataFrame, most: float
) -> list[tuple[int, Any, float]]:
    """Return which rows a post helps, where it stands and how long it takes, post after post by the demand it helps."""
    at = places.index.get_indexer(rows["place"])
    table = minutes.to_numpy(float)[:, at]  # posts x rows
    own = places["area"].to_numpy(object)[:, None] == rows["of_area"].to_numpy(object)[None, :]
    helps = (table <= within(most)) & own
    left, demand = np.ones(len(rows), bool), rows["demand"].to_numpy(float)
    answers: list[tuple[int, Any, float]] = []
    while left.any():
        worth = ((helps & left) @ demand) * ((helps & left).sum(axis=1) >= WORTH)
        best = int(worth.argmax()) if len(worth) else 0
        if not len(worth) or worth[best] <= 0:
            return answers
        helped = np.flatnonzero(helps[best] & left).tolist()
        answers += [(k, places.index[best], float(table[best, k])) for k in helped]
        left &= ~helps[best]
    return answers


def _agreement(place: pd.Series, side: str) -> tuple[str, Any, float]:
    """Return the nearest station of the missing side, whatever it takes."""
    name = "own" if side == "own" else "other"
    minutes = float(place[f"{name}_minutes"])
    return AGREEMENT, place[f"{name}_site"], minutes if np.isfinite(minutes) else np.nan
