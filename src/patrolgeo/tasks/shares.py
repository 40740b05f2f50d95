"""How many tasks were issued, taken, reported back and done, by area and shift."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import special

from patrolgeo._checks import align, check_choice, check_columns, check_share
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

BY = ("area", "shift", "kind", "week")
STEPS = ("issued", "taken", "reported", "done")


def task_shares(
    tasks: pd.DataFrame, reports: pd.DataFrame, *, by: Sequence[str] = ("area", "shift"), level: float = 0.95
) -> pd.DataFrame:
    """Which share of the tasks was issued, taken, reported back and done, by area and shift?

    By place and time, never by unit or officer. The share issued is of all tasks, the others are of those issued.

    Parameters
    ----------
    tasks
        As `make_tasks` or `read_tasks` gives them.
    reports
        As `read_reports` gives them.
    by
        Of "area", "shift", "kind" and "week" (of `start`, from its Monday); none for all together.
    level
        Of the intervals (Wilson 1927).

    Returns
    -------
    DataFrame by group: `tasks`, and of `issued`, `taken`, `reported` and `done` the number, its `_share` and the
    bounds `_low` and `_high`; `minutes` (of the tasks) and `minutes_done` (of those reported).

    Raises
    ------
    MissingColumnError, AlignmentError
        When a column is missing, or `reports` lacks tasks.
    DataError
        When a word of `by` is not known.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import read_reports, task_shares
    >>> tasks = pd.DataFrame({"task": ["S-1", "S-2", "S-3"], "area": [1, 1, 2], "shift": "day", "minutes": 12.0})
    >>> came = read_reports(pd.DataFrame({"task": ["S-1", "S-2"], "done": ["yes", "no"]}), tasks)
    >>> task_shares(tasks, came, by=["area"])[["tasks", "reported", "done_share"]]
          tasks  reported  done_share
    area
    1         2         2         0.5
    2         1         0         0.0
    """
    check_share(level, "level")
    for word in by:
        check_choice(word, BY, "by")
    check_columns(tasks, ["task", *("start" if word == "week" else word for word in by)], "tasks")
    check_columns(reports, ["task", *STEPS, "minutes_done"], "reports")
    came = align(
        reports.set_index(reports["task"].astype(str)), pd.Index(tasks["task"].astype(str)), "reports", "tasks"
    )
    rows = came[[*STEPS, "minutes_done"]].reset_index(drop=True)
    rows["taken"], rows["reported"], rows["done"] = (rows[name] & rows["issued"] for name in STEPS[1:])
    rows = rows.assign(tasks=1, minutes=tasks["minutes"].to_numpy(float) if "minutes" in tasks else np.nan)
    groups = [_group(tasks, word) for word in by] or [pd.Series("all", rows.index, name="all")]
    sums = rows.groupby(groups, dropna=False)[["tasks", *STEPS, "minutes", "minutes_done"]].sum()
    for step in STEPS:
        n = sums["tasks" if step == "issued" else "issued"].to_numpy(float)
        sums[f"{step}_share"], sums[f"{step}_low"], sums[f"{step}_high"] = _wilson(sums[step].to_numpy(float), n, level)
    return sums


def _group(tasks: pd.DataFrame, word: str) -> pd.Series:
    if word != "week":
        return tasks[word].reset_index(drop=True)
    start = pd.to_datetime(tasks["start"]).reset_index(drop=True).dt.normalize()
    if start.isna().any():
        raise DataError(f"tasks: {int(start.isna().sum())} have no start, so that their week is not known.")
    return (start - pd.to_timedelta(start.dt.day_of_week, unit="D")).rename("week")


def _wilson(k: Floats, n: Floats, level: float) -> tuple[Floats, Floats, Floats]:
    """Return shares and their bounds; missing where there is nothing to take a share of."""
    z2 = special.ndtri(0.5 + level / 2) ** 2
    n = np.where(n > 0, n, np.nan)
    middle = (k + z2 / 2) / (n + z2)
    half = np.sqrt(z2 * (k * (n - k) / n + z2 / 4)) / (n + z2)
    return k / n, np.where(k == 0, 0.0, middle - half) + 0 * n, np.where(k == n, 1.0, middle + half) + 0 * n
