"""Fulcrums: which existing places become posts, for which forces, at which hours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_columns
from patrolgeo.errors import DataError, InfeasibleError
from patrolgeo.plan.sites.max_coverage import max_coverage
from patrolgeo.plan.sites.rules import SiteRules

COLUMNS = ["place", "kind", "force", "shift", "rank", "gain", "covered_share"]


class PostRule(NamedTuple):
    """What a kind of place can be: for which force, and in which shifts it is open.

    Parameters
    ----------
    force
        Kind of force, for example "dedicated", "social", "volunteer".
    shifts
        Names of the shifts, as the columns of the demand.

    Examples
    --------
    >>> from patrolgeo import PostRule
    >>> PostRule("volunteer", ("late", "night")).shifts
    ('late', 'night')
    """

    force: str
    shifts: tuple[str, ...]


def plan_posts(
    places: pd.DataFrame,
    minutes: pd.DataFrame,
    demand: pd.DataFrame,
    rules: Mapping[str, PostRule | Sequence[PostRule]],
    n_posts: Mapping[str, int | Mapping[str, int]],
    max_minutes: float | Mapping[str, float],
) -> pd.DataFrame:
    """Which places become posts of which force in which shift?

    In each shift the places that are open then compete, all forces at once; the most demand of that shift within
    reach of any post decides (`max_coverage` under `SiteRules`). A place holds one force a shift, and a post that would
    add nothing is not opened. Stations and booths that work anyway are named by rules like any other kind.

    Parameters
    ----------
    places
        Column `kind`; index = place labels.
    minutes
        Travel minutes, places x cells.
    demand
        Expected demand, cells x shifts.
    rules
        By kind of place: the force it can hold and the shifts it is open, a `PostRule`, or several when any of several
        forces may stand there. Other kinds are left out.
    n_posts
        Most posts by shift: a number, or numbers by force when each force brings its own people. A force that is not
        named has no post in that shift.
    max_minutes
        Reach of a post: one number, or by force (a foot patrol reaches less than a car).

    Returns
    -------
    DataFrame, one row a post and shift: `place`, `kind`, `force`, `shift`, `rank`, `gain` (demand it adds to those
    before it), `covered_share` (of the shift's demand, all its posts together). Its `attrs["shifts"]` holds by shift
    the value, bound, gap and status of the choice.

    Raises
    ------
    InfeasibleError
        When fewer places are open in a shift, or may hold a force then, than posts are wanted.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import PostRule, plan_posts
    >>> places = pd.DataFrame({"kind": ["market", "school"]}, index=["m1", "s1"])
    >>> minutes = pd.DataFrame([[1.0, 9.0], [9.0, 1.0]], index=places.index, columns=["x", "y"])
    >>> demand = pd.DataFrame({"day": [5.0, 9.0], "night": [5.0, 1.0]}, index=["x", "y"])
    >>> rules = {"market": [PostRule("volunteers", ("day", "night")), PostRule("auxiliaries", ("day",))],
    ...          "school": PostRule("auxiliaries", ("day",))}
    >>> wanted = {"day": {"auxiliaries": 1, "volunteers": 1}, "night": 1}
    >>> plan_posts(places, minutes, demand, rules, wanted, 5)[["place", "force", "shift"]].values.tolist()
    [['s1', 'auxiliaries', 'day'], ['m1', 'volunteers', 'day'], ['m1', 'volunteers', 'night']]
    """
    check_columns(places, ["kind"], "places")
    check_columns(demand, n_posts, "demand")
    align(minutes, places.index, "minutes", "places")
    tables, answers = [], {}
    for shift, wanted in n_posts.items():
        options = _options(places["kind"], rules, shift)
        _check_enough(options, wanted, shift)
        cost = pd.DataFrame(minutes.loc[options["place"]].to_numpy(float), columns=minutes.columns)
        reach = _reach(max_minutes, options["force"])
        plan = max_coverage(cost, _total(wanted), reach, demand[shift], rules=_site_rules(options, wanted))
        gain = plan.gain[plan.gain > 0]
        chosen = options.loc[gain.index]
        rank = np.arange(1, len(chosen) + 1)
        tables.append(chosen.assign(shift=shift, rank=rank, gain=gain, covered_share=plan.covered_share))
        answers[shift] = {"value": plan.objective, "bound": plan.bound, "gap": plan.gap, "status": plan.status}
    posts = pd.concat(tables, ignore_index=True)[COLUMNS] if tables else pd.DataFrame(columns=COLUMNS)
    posts.attrs["shifts"] = answers
    return posts


def _options(kinds: pd.Series, rules: Mapping[str, Any], shift: str) -> pd.DataFrame:
    """Return what could be opened in a shift: one row a place and force."""
    rows = []
    for place, kind in kinds.items():
        given = rules.get(str(kind), ())
        several = (given,) if isinstance(given, PostRule) else given
        rows += [(place, kind, rule.force) for rule in several if shift in rule.shifts]
    return pd.DataFrame(rows, columns=["place", "kind", "force"])


def _total(wanted: int | Mapping[str, int]) -> int:
    return sum(wanted.values()) if isinstance(wanted, Mapping) else int(wanted)


def _check_enough(options: pd.DataFrame, wanted: int | Mapping[str, int], shift: str) -> None:
    open_now = options["place"].nunique()
    if _total(wanted) > open_now:
        raise InfeasibleError(
            f"{_total(wanted)} posts are wanted in shift {shift!r}, but {open_now} places are open then."
        )
    for force, n in wanted.items() if isinstance(wanted, Mapping) else ():
        places = options["place"][options["force"] == force].nunique()
        if n > places:
            raise InfeasibleError(
                f"{n} posts of {force!r} are wanted in shift {shift!r}, but {places} places may hold them then."
            )


def _site_rules(options: pd.DataFrame, wanted: int | Mapping[str, int]) -> SiteRules | None:
    """One force a place, and so many posts of each force; candidates are the rows of `options`; None needs no rule."""
    if options["place"].is_unique and (not isinstance(wanted, Mapping) or options["force"].nunique() == 1):
        return None
    both = pd.merge(options.reset_index(), options.reset_index(), on="place")
    apart = both.loc[both["index_x"] < both["index_y"], ["index_x", "index_y"]]
    if not isinstance(wanted, Mapping):
        return SiteRules(apart=apart)
    forces = options["force"].unique()
    return SiteRules(apart=apart, kind=options["force"], most={force: wanted.get(force, 0) for force in forces})


def _reach(max_minutes: float | Mapping[str, float], force: pd.Series) -> Any:
    if not isinstance(max_minutes, Mapping):
        return float(max_minutes)
    unknown = sorted(set(force) - set(max_minutes))
    if unknown:
        raise DataError(f"max_minutes names no reach for the force(s) {', '.join(map(repr, unknown))}.")
    return force.map(max_minutes).astype(float)
