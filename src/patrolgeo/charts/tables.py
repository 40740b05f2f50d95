"""Tables as pictures: Knox bands, and the ten hot spots with most beyond what is expected."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_columns, check_type
from patrolgeo.charts._paper import bare, chart
from patrolgeo.escape import printable
from patrolgeo.hotspots.near_repeat import KnoxResult

TEN = 10
WIDEST = 28  # letters of a text in a table


def plot_knox(found: KnoxResult, *, ax: Any = None, language: str = "en") -> Any:
    """How soon and how near do incidents follow each other more often than by chance?

    Parameters
    ----------
    found
        As from `knox`.
    ax, language
        As in `plot_calendar`.

    Returns
    -------
    The axes; each field tells the ratio, in bold where p, corrected for all fields, is at most 0.05.

    Raises
    ------
    DataError
        When `found` is no `KnoxResult`.

    Examples
    --------
    >>> import matplotlib.figure, numpy as np
    >>> from patrolgeo import knox, plot_knox
    >>> xy = np.random.default_rng(0).uniform(0, 500, (60, 2))
    >>> found = knox(xy, np.arange(60), [0, 100, 200], [0, 7, 14], n_permutations=9)
    >>> plot_knox(found, ax=matplotlib.figure.Figure().subplots()).get_ylabel()
    'metres'
    """
    check_type(found, KnoxResult, "found", "give what knox() returns")
    shade = np.log2(np.nan_to_num(found.ratio, nan=1.0).clip(1 / 8, 8))
    with chart(ax, language, "chart_knox", (6, 4)) as (axes, words):
        axes.imshow(shade, cmap="RdBu_r", vmin=-2, vmax=2, aspect="auto")
        for (row, column), value in np.ndenumerate(found.ratio):
            sure = found.p_adjusted[row, column] <= 0.05
            text = "–" if np.isnan(value) else f"{value:.2f}"
            weight = "bold" if sure else "normal"
            axes.text(
                column,
                row,
                text,
                ha="center",
                va="center",
                fontweight=weight,
                color="w" if abs(shade[row, column]) > 1.4 else "k",
            )
        axes.set_yticks(range(len(shade)), _bands(found.distance_bands))
        axes.set_xticks(range(shade.shape[1]), _bands(found.day_bands))
        axes.set_ylabel(words["chart_metres"])
        axes.set_xlabel(f"{words['chart_days']}\n{words['chart_knox_note']}")
        bare(axes)
    return axes


def _bands(edges: Any) -> list[str]:
    return [f"{low:g}–{high:g}".replace("inf", "∞") for low, high in pairwise(edges)]


def plot_top_ten(spots: pd.DataFrame, *, ax: Any = None, language: str = "en") -> Any:
    """Which hot spots come first: in which area, near what, with how much beyond what is expected?

    Parameters
    ----------
    spots
        Ranked hot spots, the first rows are shown: `incidents`, `expected`, `ratio` as from `join_hot_spots`, and
        `area_name` and `near` (nearest named place) where known.
    ax, language
        As in `plot_calendar`.

    Returns
    -------
    The axes.

    Raises
    ------
    MissingColumnError
        When `spots` lacks a column.

    Examples
    --------
    >>> import matplotlib.figure, pandas as pd
    >>> from patrolgeo import plot_top_ten
    >>> spots = pd.DataFrame({"near": ["market"], "incidents": [40.0], "expected": [12.5], "ratio": [3.2]}, index=[1])
    >>> plot_top_ten(spots, ax=matplotlib.figure.Figure().subplots()).tables[0].get_celld()[1, 1].get_text().get_text()
    'market'
    """
    check_columns(spots, ["incidents", "expected", "ratio"], "spots")
    shown = pd.DataFrame(spots).head(TEN)
    columns = [name for name in _COLUMNS if name in shown]
    rows = [[str(k + 1), *(_COLUMNS[c](v) for c, v in row.items())] for k, row in enumerate(
        shown[columns].to_dict("records"))]  # fmt: skip
    with chart(ax, language, "chart_top", (9, 0.35 * len(shown) + 1)) as (axes, words):
        axes.set_axis_off()
        heads = [words["spot_rank"], *(words[f"spot_{c}"] for c in columns)]
        table = axes.table(rows or [[""] * len(heads)], colLabels=heads, loc="upper center", cellLoc="left")
        table.auto_set_font_size(False)
        table.auto_set_column_width(range(len(heads)))
        for cell in table.get_celld().values():
            cell.set_linewidth(0.3)
            cell.get_text().set_parse_math(False)
    return axes


def _short(text: Any) -> str:
    words = "" if pd.isna(text) else printable(text)
    return words if len(words) <= WIDEST else words[: WIDEST - 1] + "…"


_COLUMNS: dict[str, Callable[[Any], str]] = {
    "area_name": _short, "near": _short, "incidents": lambda v: f"{v:,.0f}", "expected": lambda v: f"{v:,.1f}",
    "ratio": lambda v: "–" if pd.isna(v) else f"{v:.1f}", "kinds": _short, "peaks": _short,
}  # fmt: skip
