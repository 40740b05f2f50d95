"""What was asked of a plan of routes, checked and aligned once: places and units by label, visits as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, by_label, check_count
from patrolgeo._typing import Array, Bools, Floats, Ints
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError
from patrolgeo.plan.optimise.routes.visits import Visits
from patrolgeo.plan.routes.drone_ways import DRONE, without_homes
from patrolgeo.plan.routes.route_rules import RouteRules, position

GOLDEN = (5**0.5 - 1) / 2
FAR = 1e7  # minutes of a way that is not there; sums of two such are still exact


@dataclass(frozen=True)
class RouteProblem:
    """A checked problem.

    `place` is the place of each visit (position in `places`), `is_break` whether it is a break; `must` the places that
    have to be visited, `bonus` what the first visit of such a place counts more in the search.
    """

    places: pd.Index
    units: pd.Index
    visits: Visits
    place: Ints
    is_break: Bools
    must: Ints
    bonus: float
    rules: RouteRules

    @property
    def prizes(self) -> Floats:
        """Return what the visits of each group are worth, the bonus of those that must be made taken off."""
        worth = self.visits.worth.copy()
        worth[self.forced, 0] -= self.bonus
        return worth

    @property
    def forced(self) -> Bools:
        """Return which groups must be visited: mandatory places, and breaks."""
        groups = np.zeros(len(self.visits.worth), bool)
        groups[self.visits.group[np.isin(self.place, self.must) | self.is_break]] = True
        return groups


@dataclass(frozen=True)
class Crew:
    """The units: when each begins and ends its shift, where, and which table of ways it takes."""

    names: pd.Index
    begin: Floats
    end: Floats
    start_at: Ints
    end_at: Ints
    kind: Ints


def read_problem(
    prizes: Any, travel: Any, n_units: Any, shift_minutes: Any, stop_minutes: Any, base: Any, start: Any, end: Any,
    rules: RouteRules,
) -> RouteProblem:  # fmt: skip
    """Check and align what `design_routes` was given."""
    kinds, ways, places, labelled = _ways(travel)
    prize = by_label(prizes, places, "prizes", "places", labelled=labelled).copy()
    stay = _by_place(stop_minutes, places, "stop_minutes", labelled)
    if not (np.isfinite(prize).all() and (prize >= 0).all()):
        raise DataError("prizes holds negative or missing values; a place that is worth nothing has 0.")
    for at in (k for k, kind in enumerate(kinds) if kind == DRONE):
        ways[at] = without_homes(ways[at], places, rules, FAR)
    crew = _crew(places, kinds, n_units, shift_minutes, base, start, end, rules)
    must = np.array(sorted({position(places, p, "mandatory") for p in _listed(rules.mandatory, "mandatory")}), int)
    control = np.array([position(places, p, "control") for p in _listed(rules.control, "control")], int)
    if both := sorted(set(must.tolist()) & set(control.tolist())):
        raise InfeasibleError(f"{places[both[0]]!r} is both mandatory and control; a control place gets no visit.")
    prize[control] = 0.0
    return _problem(rules, places, ways, prize, stay, crew, must)


def _problem(
    rules: RouteRules, places: pd.Index, ways: Floats, prize: Floats, stay: Floats, crew: Crew, must: Ints
) -> RouteProblem:
    units, horizon = len(crew.names), float(crew.end.max())
    wanted = np.flatnonzero((prize > 0) | np.isin(np.arange(len(places)), must))
    worth = rules.worth(prize, places)
    windows = rules.windows_by(places, horizon)
    windows[:, 1] = np.minimum(windows[:, 1], horizon)
    spot, group, early, late = _bands(wanted, worth, windows, stay, rules.gap_minutes, must)
    rest = units if rules.break_minutes > 0 else 0
    n, groups = len(spot) + rest, len(wanted) + rest
    table = np.zeros((groups, max(worth.shape[1], 1)))
    table[: len(wanted)] = worth[wanted]
    bonus = 1.0 + 2.0 * float(table.sum())
    table[: len(wanted), 0] += bonus * np.isin(wanted, must)
    table[len(wanted) :, 0] += bonus
    able = np.ones((units, n), bool)
    if rest:
        low, high = _break_times(rules, crew)
        spot, group = np.r_[spot, crew.end_at], np.r_[group, len(wanted) + np.arange(units)]
        early, late = np.r_[early, low], np.r_[late, high - rules.break_minutes]
        able[:, n - units :] = np.eye(units, dtype=bool)
    length = np.r_[stay[spot[: n - rest]], np.full(rest, float(rules.break_minutes)), np.zeros(2 * units)]
    visits = Visits(
        travel=np.ascontiguousarray(ways), spot=np.r_[spot, crew.start_at, crew.end_at].astype(np.int64),
        group=group.astype(np.int64), worth=table, stay=length, early=np.r_[early, crew.begin, crew.begin],
        late=np.r_[late, crew.end, crew.end], load=np.zeros(n), able=able, kind=crew.kind,
        room=np.full(units, np.inf), alike=_alike(crew, rest > 0), toll=0.0,
    )  # fmt: skip
    return RouteProblem(places, crew.names, visits, spot.astype(np.int64), np.arange(n) >= n - rest, must, bonus, rules)


def _bands(
    wanted: Ints, worth: Floats, windows: Floats, stay: Floats, gap: float, must: Ints
) -> tuple[Ints, Ints, Floats, Floats]:
    """Return place, group, earliest and latest begin of each visit.

    The window of a place that may be visited r times is cut into r bands a gap apart, one a visit, so that no two
    visits can come too near each other whoever makes them. Where r do not fit, there are as many as do. The cuts lie
    earlier at some places and later at others (a golden-ratio sequence, which spreads evenly), so that units are never
    idle because all places wait for their gap at once.
    """
    spot, group, early, late = [], [], [], []
    for g, p in enumerate(wanted):
        low, high = windows[p]
        times = max(int((worth[p] > 0).sum()), 1)
        if gap + stay[p] > 0:
            times = max(1, min(times, int((high - low + gap) / (gap + stay[p]) * (1 + 1e-12))))
        band = (high - low - gap * (times - 1)) / times
        if band < stay[p] - 1e-9:
            if p in must:
                raise InfeasibleError(
                    f"The window of a mandatory place has {high - low:g} minutes, less than its stop of {stay[p]:g}."
                )
            continue
        room = min(band / 2, band - stay[p]) if times > 1 else 0.0
        cuts = band * np.arange(times + 1) + np.r_[0.0, np.full(times - 1, (2 * (g * GOLDEN % 1) - 1) * room), 0.0]
        for j in range(times):
            spot.append(p)
            group.append(g)
            early.append(low + cuts[j] + j * gap)
            late.append(low + cuts[j + 1] + j * gap - stay[p])
    return np.array(spot, np.int64), np.array(group, np.int64), np.array(early, float), np.array(late, float)


def _break_times(rules: RouteRules, crew: Crew) -> tuple[Floats, Floats]:
    if rules.break_window is None:
        return crew.begin, crew.end
    low, high = rules.window(rules.break_window, "break_window")
    begin, end = np.maximum(low, crew.begin), np.minimum(high, crew.end)
    short = end - begin < rules.break_minutes
    if short.any():
        unit = crew.names[int(np.argmax(short))]
        raise InfeasibleError(
            f"break_window={rules.break_window}: the shift of unit {unit!r} has less than the break of it."
        )
    return begin, end


def _alike(crew: Crew, own_break: bool) -> Ints:
    """Return the first unit that is the same; with breaks of their own all units differ."""
    if own_break:
        return np.arange(len(crew.names))
    rows = np.column_stack([crew.begin, crew.end, crew.start_at, crew.end_at, crew.kind])
    _, first, which = np.unique(rows, axis=0, return_index=True, return_inverse=True)
    return first[which.reshape(-1)].astype(np.int64)


def _ways(travel: Any) -> tuple[list[Any], Floats, pd.Index, bool]:
    """Return the kinds of units, their minutes (kinds, places, places), the places, and whether they have labels."""
    tables = dict(travel) if isinstance(travel, Mapping) else {None: travel}
    if not tables:
        raise DataError("travel is empty; it holds a table of minutes, or one by kind of unit.")
    found: list[Floats] = []
    first = pd.Index([])
    for kind, table in tables.items():
        name = "travel" if kind is None else f"travel[{kind!r}]"
        values = as_floats(table, name)
        if values.ndim != 2 or values.shape[0] != values.shape[1] or not len(values):
            raise DataError(f"{name} must be a square table, places x places; got shape {values.shape}.")
        if isinstance(table, pd.DataFrame) and not table.index.equals(table.columns):
            raise AlignmentError(f"{name}: rows and columns must be the same places in the same order.")
        labels = table.index if isinstance(table, pd.DataFrame) else pd.RangeIndex(len(values))
        if labels.has_duplicates:
            raise DataError(f"{name} holds the place {labels[labels.duplicated()][0]!r} twice.")
        if found and not labels.equals(first):
            raise AlignmentError(f"{name} must have the same places in the same order as the other tables.")
        if (values < 0).any():
            raise DataError(f"{name} holds negative minutes (lowest: {np.nanmin(values):g}).")
        first = labels
        found.append(np.minimum(np.where(np.isnan(values), np.inf, values), FAR))
    ways = np.array(found)
    ways[:, np.arange(len(first)), np.arange(len(first))] = 0.0
    return list(tables), ways, first, isinstance(next(iter(tables.values())), pd.DataFrame)


def _crew(
    places: pd.Index, kinds: list[Any], n_units: Any, shift_minutes: Any, base: Any, start: Any, end: Any,
    rules: RouteRules,
) -> Crew:  # fmt: skip
    n = check_count(n_units, "n_units")
    names = pd.RangeIndex(1, n + 1) if rules.unit_names is None else pd.Index(_listed(rules.unit_names, "unit_names"))
    if len(names) != n or names.has_duplicates:
        raise DataError(f"unit_names must be {n} distinct names, one a unit; got {len(names)}.")
    shift = _by_unit(shift_minutes, names, "shift_minutes")
    if not (shift > 0).all():
        raise DataError(f"shift_minutes must be above 0 for every unit; the least is {shift.min():g}.")
    given = rules.shift_begins
    begins = given if isinstance(given, (list, tuple, np.ndarray, pd.Series)) else [given] * n
    if len(begins) != n:
        raise DataError(f"shift_begins has {len(begins)} times for {n} units.")
    begin = np.array([rules.minutes(time, "shift_begins") for time in begins])
    start = base if start is None else start
    end = (start if base is None else base) if end is None else end
    if start is None:
        raise DataError("Say where the units begin: base=, or start= and end=.")
    wanted = [kinds[0]] * n if rules.unit_kinds is None else _listed(rules.unit_kinds, "unit_kinds")
    unknown = [k for k in wanted if k not in kinds]
    if len(wanted) != n or unknown:
        raise DataError(f"unit_kinds must name one of {kinds} for each of {n} units; got {wanted}.")
    return Crew(
        names, begin, begin + shift, _spots(places, start, n, "start"), _spots(places, end, n, "end"),
        np.array([kinds.index(k) for k in wanted], np.int64),
    )  # fmt: skip


def _spots(places: pd.Index, given: Any, n: int, name: str) -> Ints:
    """Return the position of one place for all units, or of one a unit."""
    many = isinstance(given, (list, np.ndarray, pd.Series, pd.Index))
    labels = list(given) if many else [given] * n
    if len(labels) != n:
        raise DataError(f"{name} names {len(labels)} places for {n} units; give one place, or one a unit.")
    return np.array([position(places, label, name) for label in labels], np.int64)


def _by_place(values: Any, places: pd.Index, name: str, labelled: bool) -> Floats:
    if np.ndim(values) == 0:
        values = np.full(len(places), values)
    found = by_label(values, places, name, "places", labelled=labelled)
    if not (np.isfinite(found).all() and (found >= 0).all()):
        raise DataError(f"{name} must be minutes of 0 or more for every place.")
    return found.copy()


def _by_unit(values: Any, units: pd.Index, name: str) -> Floats:
    if np.ndim(values) == 0:
        values = np.full(len(units), values)
    found = by_label(values, units, name, "units", labelled=isinstance(values, pd.Series))
    if not np.isfinite(found).all():
        raise DataError(f"{name} must be a finite number of minutes for every unit.")
    return found


def _listed(values: Any, name: str) -> list[Any]:
    if isinstance(values, str) or not np.iterable(values):
        raise DataError(f"{name}={values!r} must be a list.")
    found: Array | list[Any] = values.tolist() if hasattr(values, "tolist") else list(values)
    return list(found)
