"""How many, how concentrated, how unlike: weeks with their band, the Lorenz curve, the funnel."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns, check_type
from patrolgeo.charts._paper import BAND, INK, LOUD, PALE, chart, light
from patrolgeo.escape import printable
from patrolgeo.hotspots.concentration import Concentration

NAMED = 12  # areas of a funnel that are named


def plot_weeks(weeks: pd.DataFrame, *, ax: Any = None, language: str = "en") -> Any:
    """Which weeks were unusual for their season?

    Parameters
    ----------
    weeks
        As from `weekly_band`.
    ax, language
        As in `plot_calendar`.

    Returns
    -------
    The axes.

    Raises
    ------
    MissingColumnError
        When `weeks` lacks a column.

    Examples
    --------
    >>> import matplotlib.figure, pandas as pd
    >>> from patrolgeo import plot_weeks, weekly_band
    >>> times = pd.DataFrame({"time": pd.date_range("2024-01-01", "2024-06-30 23:00", freq="8h")})
    >>> plot_weeks(weekly_band(times), ax=matplotlib.figure.Figure().subplots()).get_title(loc="left")
    'Incidents a week'
    """
    check_columns(weeks, ["observed", "expected", "low", "high", "unusual"], "weeks")
    with chart(ax, language, "chart_weeks", (9, 3)) as (axes, words):
        axes.fill_between(weeks.index, weeks["low"], weeks["high"], color=BAND, lw=0, label=words["chart_band"])
        axes.plot(weeks.index, weeks["expected"], color=PALE, lw=1.5, label=words["chart_expected"])
        axes.plot(weeks.index, weeks["observed"], color=INK, lw=1, label=words["chart_observed"])
        odd = weeks[weeks["unusual"] != ""]
        axes.plot(odd.index, odd["observed"], "o", color=LOUD, ms=4, label=words["chart_unusual"])
        axes.legend(frameon=False, ncols=2, fontsize=8)
        light(axes)
    return axes


def plot_lorenz(found: Concentration, *, ax: Any = None, language: str = "en") -> Any:
    """In how small a share of the places do most incidents lie?

    Parameters
    ----------
    found
        As from `concentration`.
    ax, language
        As in `plot_calendar`.

    Returns
    -------
    The axes; dots mark where a quarter, half and four fifths of the incidents are reached.

    Raises
    ------
    DataError
        When `found` is no `Concentration`.

    Examples
    --------
    >>> import matplotlib.figure, pandas as pd
    >>> from patrolgeo import concentration, plot_lorenz
    >>> found = concentration(pd.Series([80.0, 10, 5, 5] + [0] * 96, index=range(100)))
    >>> plot_lorenz(found, ax=matplotlib.figure.Figure().subplots()).get_ylabel()
    'share of incidents'
    """
    check_type(found, Concentration, "found", "give what concentration() returns")
    with chart(ax, language, "chart_lorenz", (4.5, 4)) as (axes, words):
        axes.plot([0, 1], [0, 1], color=PALE, lw=1, label=words["chart_even"])
        axes.plot(np.r_[0, found.curve["base"]], np.r_[0, found.curve["incidents"]], color=INK, lw=1.5)
        marks = found.shares["base"].dropna()
        axes.plot(marks, marks.index, "o", color=INK, ms=4)
        for share, base in marks.items():
            axes.annotate(f"{share:.0%}: {base:.1%}", (base, share), (6, -3), textcoords="offset points", fontsize=8)
        axes.set_xlabel(words["chart_lorenz_base"])
        axes.set_ylabel(words["chart_lorenz_incidents"])
        axes.legend(frameon=False, fontsize=8, loc="lower right")
        axes.set_xlim(0, 1)
        light(axes)
    return axes


def plot_funnel(areas: pd.DataFrame, *, ax: Any = None, language: str = "en") -> Any:
    """Which areas differ from the rest by more than their size lets chance explain?

    Parameters
    ----------
    areas
        As from `funnel`; the index names the areas.
    ax, language
        As in `plot_calendar`.

    Returns
    -------
    The axes; areas beyond the wide limits are named, at most twelve.

    Raises
    ------
    MissingColumnError
        When `areas` lacks a column.

    Examples
    --------
    >>> import matplotlib.figure, pandas as pd
    >>> from patrolgeo import funnel, plot_funnel
    >>> found = funnel(pd.Series({"a": 40, "b": 12, "c": 95}), pd.Series({"a": 800, "b": 250, "c": 700}))
    >>> plot_funnel(found, ax=matplotlib.figure.Figure().subplots()).get_xlabel()
    'expected incidents'
    """
    limits = ["low_95", "high_95", "low_998", "high_998"]
    check_columns(areas, ["expected", "ratio", *limits, "outside"], "areas")
    known = areas[areas["expected"] > 0].sort_values("expected", kind="stable")
    with chart(ax, language, "chart_funnel", (7, 4)) as (axes, words):
        for width, style in (("95", "--"), ("998", "-")):
            for side in ("low", "high"):
                name = words[f"chart_limit_{width}"] if side == "low" else None
                axes.plot(known["expected"], known[f"{side}_{width}"], style, color=PALE, lw=1, label=name)
        axes.axhline(1, color=PALE, lw=0.8)
        axes.plot(known["expected"], known["ratio"], "o", color=INK, ms=4)
        odd = known[known["outside"] != ""]
        axes.plot(odd["expected"], odd["ratio"], "o", color=LOUD, ms=5)
        far = odd.loc[(odd["ratio"] - 1).abs().sort_values(ascending=False, kind="stable").index[:NAMED]]
        for name, row in far.iterrows():
            at = (row["expected"], row["ratio"])
            axes.annotate(_plain(name), at, (5, 3), textcoords="offset points", fontsize=8, parse_math=False)
        axes.set_xlabel(words["chart_funnel_expected"])
        axes.set_ylabel(words["chart_funnel_ratio"])
        axes.legend(frameon=False, fontsize=8)
        light(axes)
    return axes


def _plain(name: Any) -> str:
    return printable(name)[:40]
