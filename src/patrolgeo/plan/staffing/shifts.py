"""From units by hour to shifts: a weekly roster with rest and days off, near the least hours of duty."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_count, check_number, check_seed
from patrolgeo._typing import Ints
from patrolgeo.errors import DataError
from patrolgeo.plan.optimise.roster_bounds import greedy_lines, least_hours
from patrolgeo.plan.optimise.rosters import DAYS, WEEK, Rules, anneal
from patrolgeo.plan.outcome import Outcome
from patrolgeo.plan.staffing.shift_plan import ShiftPlan
from patrolgeo.solver import HEURISTIC, OPTIMAL

DAY, YEAR_HOURS = 24, 8760.0
# moves a line, and hours of duty that a missing unit costs in the search, run by run: quick ones first
SEARCH = ((30_000, 2.0), (30_000, 2.5), (100_000, 2.2), (300_000, 2.0), (300_000, 2.3), (300_000, 5.0))
FEWEST_MOVES, MOST_MOVES = 300_000, 6_000_000  # of one run
MOST_UNITS = 2_000  # wanted at one hour
ENOUGH = 0.01  # a gap below which no further run is made


def staff_shifts(
    required: Any,
    *,
    lengths: Sequence[int] = (8, 10, 12),
    rest_hours: float = 11.0,
    days_off: int = 2,
    week_hours: float = 40.0,
    vary_hours: int = 3,
    people: Mapping[str, int] | int = 2,
    hours_worked: float = 1760.0,
    effort: int = 6,
    random_state: Any = 0,
) -> ShiftPlan:
    """Which shifts cover the units wanted at each hour of the week with the least hours of duty?

    A line works as many days a week as fit into `week_hours` (40: five of 8 hours, four of 10, three of 12), with
    `days_off` free days in a row, at least `rest_hours` between any two duties, around Sunday night too, and starts
    that differ by `vary_hours` at most. The week repeats itself. The bound is that of a linear program without rest
    and with lines in parts (HiGHS), rounded up to whole lines; the roster is found by annealing from a greedy one, in
    several runs until the gap is at most 1 % or the effort is spent. One force does not stand in for another.

    Parameters
    ----------
    required
        Units wanted by hour of the week (0 = Monday 00:00), whole numbers: array of 168, Series by hour, or a table
        with a column a kind of force.
    lengths
        Whole hours that a shift may have.
    rest_hours
        Least hours between the end of a duty and the begin of the next of a line.
    days_off
        Least free days in a row each week.
    week_hours
        Most hours of duty a week of a line.
    vary_hours
        Most hours by which starts of a line differ within the week.
    people
        People in a unit: one number, or by force.
    hours_worked
        Hours a year that one person really works, without leave, training and sickness.
    effort
        Most runs of the search.
    random_state
        Seed.

    Returns
    -------
    ShiftPlan; `objective` is the hours of duty a week of all units.

    Raises
    ------
    DataError
        When `required` is not one whole number for each of 168 hours, or no line can keep all rules at once.

    References
    ----------
    Dantzig 1954, doi:10.1287/opre.2.3.339 (covering by shifts). EU directive 2003/88, art. 3 (11 hours of rest).

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo import staff_shifts
    >>> wanted = np.tile([5, 5, 5, 5, 5, 5, 5, 6, 7, 7, 8, 8, 8, 8, 9, 9, 9, 9, 8, 8, 8, 7, 7, 6], 7)
    >>> plan = staff_shifts(wanted)
    >>> bool((plan.staffed["unit"] >= wanted).all()), plan.gap <= 0.015
    (True, True)
    """
    begin, seed = time.process_time(), check_seed(random_state)
    need = _read_required(required)
    rules = _rules(lengths, rest_hours, days_off, week_hours, vary_hours)
    runs = check_count(effort, "effort")
    crew = _crew(people, need.columns)
    check_number(hours_worked, "hours_worked", above=0, most=YEAR_HOURS)
    found = {force: _one_force(need[force].to_numpy(np.int64), rules, runs, seed) for force in need}
    tables = [_duties(force, rules, *lines) for force, (lines, _) in found.items()]
    roster = pd.concat(tables, ignore_index=True)
    staffed = pd.DataFrame({force: on_duty(roster[roster["force"] == force]) for force in need}, index=need.index)
    value = float(roster["hours"].sum())
    bound = float(sum(low for _, low in found.values()))
    outcome = Outcome(objective=value, bound=bound, runtime=time.process_time() - begin,
                      status=OPTIMAL if value <= bound else HEURISTIC)  # fmt: skip
    return ShiftPlan(
        **vars(outcome), roster=roster, required=need, staffed=staffed,
        people=_people(roster, need, crew, hours_worked),
    )  # fmt: skip


def on_duty(roster: pd.DataFrame) -> Ints:
    """Return how many units are on duty at each hour of the week, shape (168,)."""
    count = np.zeros(WEEK, np.int64)
    for day, start, hours in roster[["day", "start", "hours"]].to_numpy(int):
        np.add.at(count, (24 * day + start + np.arange(hours)) % WEEK, 1)
    return count


def _read_required(required: Any) -> pd.DataFrame:
    hours = pd.RangeIndex(WEEK, name="hour")
    if isinstance(required, pd.Series):
        required = required.to_frame("unit")
    if isinstance(required, pd.DataFrame):
        if required.columns.has_duplicates or not required.shape[1]:
            raise DataError("required must have one column a kind of force, each once.")
        table = align(required, hours, "required", "hours")
        values = np.column_stack([as_floats(table[force], f"required[{force!r}]") for force in table])
        names = required.columns
    else:
        values, names = as_floats(required, "required")[..., None], pd.Index(["unit"])
    if len(values) != WEEK or values.ndim != 2:
        raise DataError(
            f"required must hold {WEEK} hours, 0 = Monday 00:00, got {values.shape[:-1]}; a day is repeated by "
            "numpy.tile(day, 7)."
        )
    if not (np.isfinite(values) & (values >= 0) & (values % 1 == 0) & (values <= MOST_UNITS)).all():
        raise DataError(f"required must hold whole numbers of units, 0 to {MOST_UNITS:,}.")
    return pd.DataFrame(values.astype(np.int64), hours, names.rename("force"))


def _rules(lengths: Sequence[int], rest: float, days_off: int, week_hours: float, vary: int) -> Rules:
    check_number(rest, "rest_hours", least=0, most=WEEK - DAY)
    check_number(week_hours, "week_hours", above=0, most=WEEK)
    off, vary = check_count(days_off, "days_off", least=0), check_count(vary, "vary_hours", least=0)
    hours = [check_count(length, "lengths") for length in lengths]
    if not hours or len(set(hours)) < len(hours) or max(hours) > DAY:
        raise DataError(f"lengths={lengths!r} must name lengths of a shift from 1 to 24 hours, none twice.")
    days = [min(int(week_hours // length), DAYS - off) for length in hours]
    known = [_patterns(length, worked, rest, off) for length, worked in zip(hours, days, strict=True)]
    for length, worked, patterns in zip(hours, days, known, strict=True):
        if not patterns:
            raise DataError(
                f"No line of {length}-hour shifts can keep the rules: {max(worked, 0)} days a week in week_hours="
                f"{week_hours:g} and days_off={off}, rest_hours={rest:g}. Change one, or leave {length} out of lengths."
            )
    table = np.zeros((len(hours), max(map(len, known))), np.int64)
    for k, patterns in enumerate(known):
        table[k, : len(patterns)] = patterns
    worked = np.array(hours) * np.array(days, float)
    return Rules(np.array(hours), worked, table, np.array([len(p) for p in known]), float(rest), vary)


def _patterns(length: int, worked: int, rest: float, off: int) -> list[int]:
    """Return the patterns of days, as bits, that leave rest between duties and so many free days in a row."""
    found = []
    for days in combinations(range(DAYS), worked) if worked > 0 else ():
        gaps = np.diff([*days, days[0] + DAYS])
        if (DAY * gaps - length >= rest).all() and gaps.max() - 1 >= off:
            found.append(sum(1 << d for d in days))
    return found


def _crew(people: Mapping[str, int] | int, forces: pd.Index) -> pd.Series:
    """Return the people in a unit by force."""
    if isinstance(people, Mapping):
        crew = align(pd.Series(people), forces, "people", "forces")
        return crew.map(lambda n: check_count(n, "people"))
    return pd.Series(check_count(people, "people"), forces)


def _duties(force: Any, rules: Rules, kinds: Ints, rows: Ints) -> pd.DataFrame:
    """Return a row a duty; lines are numbered in the order of their length, days and starts."""
    order = np.lexsort([*rows.T[::-1], rules.lengths[kinds]])
    line, day = np.nonzero(rows[order] >= 0)
    return pd.DataFrame({
        "force": force, "line": line + 1, "day": day, "start": rows[order][line, day],
        "hours": rules.lengths[kinds[order]][line],
    })  # fmt: skip


def _people(roster: pd.DataFrame, need: pd.DataFrame, crew: pd.Series, hours_worked: float) -> pd.DataFrame:
    by_force = roster.groupby("force")
    lines = by_force["line"].nunique().reindex(need.columns, fill_value=0)
    hours = by_force["hours"].sum().reindex(need.columns, fill_value=0)
    return pd.DataFrame({
        "lines": lines, "duty_hours": hours, "required_hours": need.sum(), "people": lines * crew,
        "relief_factor": YEAR_HOURS / hours_worked,
        "employed": (hours * crew * YEAR_HOURS / WEEK / hours_worked).clip(lower=lines * crew),
    })  # fmt: skip


def _one_force(need: Ints, rules: Rules, runs: int, seed: int) -> tuple[tuple[Ints, Ints], float]:
    """Return lines (kinds and starts by day) and the bound."""
    low = least_hours(need, rules)
    kinds, rows = greedy_lines(need, rules)
    most = len(kinds) + 10
    for run in range(runs):
        value = rules.hours[kinds].sum()
        if value - low <= ENOUGH * value:
            break
        new_kinds, new_rows = np.zeros(most, np.int64), np.full((most, DAYS), -1)
        start = len(kinds) * (run % 2)  # every other run begins with the best so far, the others with none
        new_kinds[:start], new_rows[:start] = kinds[:start], rows[:start]
        a_line, penalty = SEARCH[min(run, len(SEARCH) - 1)]
        moves = int(np.clip(a_line * low / rules.hours.mean(), FEWEST_MOVES, MOST_MOVES))
        n = anneal(-need, rules, new_kinds, new_rows, start, penalty, moves, seed + run)
        if n >= 0 and rules.hours[new_kinds[:n]].sum() < value:
            kinds, rows = new_kinds[:n], new_rows[:n]
    return (kinds, rows), low
