"""When: a calendar of days, and hours by weekday."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns
from patrolgeo.charts._paper import RAMP, bare, chart
from patrolgeo.errors import DataError
from patrolgeo.panel.clock import hour_known
from patrolgeo.panel.counts import hour_of_week, refuse_months, wall_clock

WEEKS = 53


def plot_calendar(incidents: pd.DataFrame, *, ax: Any = None, language: str = "en") -> Any:
    """Which days of the last year stand out? Weeks from left to right, weekdays from top to bottom.

    Parameters
    ----------
    incidents
        Table with `time`; the last 53 weeks of it are shown.
    ax
        Matplotlib axes to draw on; new ones by default.
    language
        "en" or "zh".

    Returns
    -------
    The axes.

    Raises
    ------
    MissingColumnError, DataError
        When there is no column `time`, no incident, or a time is missing; when of some only the month is known.

    Examples
    --------
    >>> import matplotlib.figure, pandas as pd
    >>> from patrolgeo import plot_calendar
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> plot_calendar(pd.DataFrame({"time": pd.date_range("2024-01-01", periods=90)}), ax=ax).get_title(loc="left")
    'Incidents a day'
    """
    check_columns(incidents, ["time"], "incidents")
    if "time_precision" in incidents.columns:
        refuse_months(incidents["time_precision"], "a calendar of days")
    days = wall_clock(incidents["time"]).dt.normalize()
    if not len(days):
        raise DataError("There is no incident to show on a calendar.")
    last = days.max()
    end = last + pd.Timedelta(days=6 - last.day_of_week)
    start = max(days.min() - pd.Timedelta(days=days.min().day_of_week), end - pd.Timedelta(days=7 * WEEKS - 1))
    every = pd.date_range(start, end)
    counts = days.value_counts().reindex(every, fill_value=0).astype(float)
    counts[(every < days.min()) | (every > last)] = np.nan
    with chart(ax, language, "chart_calendar", (9, 2.2)) as (axes, words):
        shown = axes.imshow(counts.to_numpy().reshape(-1, 7).T, cmap=RAMP, vmin=0, aspect="equal")
        axes.set_yticks(range(7), words["chart_days_of_week"].split())
        firsts = [k for k in range(len(every) // 7) if every[7 * k].day <= 7]
        axes.set_xticks(firsts, [f"{every[7 * k]:%Y-%m}" for k in firsts], rotation=45, ha="right")
        bare(axes)
        axes.figure.colorbar(shown, ax=axes, shrink=0.8, pad=0.01)
    return axes


def plot_hour_week(incidents: pd.DataFrame, *, ax: Any = None, language: str = "en") -> Any:
    """At which hours of the week do incidents happen? Those whose hour is not known stand apart.

    A date alone is often stored as midnight; counted as an hour it would make a false peak. See `hour_known`.

    Parameters
    ----------
    incidents
        Table with `time`, and `time_end` and `time_precision` where known.
    ax, language
        As in `plot_calendar`.

    Returns
    -------
    The axes; the column at the right holds the incidents of each weekday whose hour is not known.

    Raises
    ------
    MissingColumnError, DataError
        When there is no column `time`, or a time is missing.

    Examples
    --------
    >>> import matplotlib.figure, pandas as pd
    >>> from patrolgeo import plot_hour_week
    >>> ax = matplotlib.figure.Figure().subplots()
    >>> times = pd.date_range("2024-01-01", periods=90, freq="7h")
    >>> plot_hour_week(pd.DataFrame({"time": times}), ax=ax).get_xlabel()
    'hour'
    """
    known = hour_known(incidents)
    hours = hour_of_week(incidents[known]).to_numpy()
    weekday = wall_clock(incidents["time"][~known]).dt.day_of_week
    unknown = np.bincount(weekday, minlength=7)[:, None].astype(float)
    table = np.hstack([hours, np.full((7, 1), np.nan), unknown])
    with chart(ax, language, "chart_hours", (9, 3)) as (axes, words):
        axes.imshow(
            np.where(np.arange(26) < 24, table, np.nan), cmap=RAMP, vmin=0, vmax=max(hours.max(), 1), aspect="auto"
        )
        for (row, column), value in np.ndenumerate(table):
            if value > 0:
                dark = column < 24 and value > 0.6 * hours.max()
                axes.text(
                    column, row, f"{value:,.0f}", ha="center", va="center", fontsize=7, color="w" if dark else "k"
                )
        axes.set_yticks(range(7), words["chart_days_of_week"].split())
        axes.set_xticks([*range(0, 24, 3), 25], [*map(str, range(0, 24, 3)), words["chart_unknown"]])
        axes.set_xlabel(words["chart_hour"])
        bare(axes)
    return axes
