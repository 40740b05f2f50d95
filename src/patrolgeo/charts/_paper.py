"""What all charts share: the axes they draw on, fonts that know Chinese, colours that print in grey."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.text import Text

from patrolgeo.errors import DataError
from patrolgeo.words.messages import load_words

INK, PALE, LOUD, BAND = "#0b4f86", "#a9b6c2", "#b3261e", "#d7e3ee"
RAMP = "Blues"
_CHINESE = ("Noto Sans CJK SC", "Source Han Sans SC", "Microsoft YaHei", "SimHei", "PingFang SC", "WenQuanYi Zen Hei",
            "WenQuanYi Micro Hei", "Noto Serif CJK SC", "SimSun")  # fmt: skip


@cache
def fonts() -> list[str]:
    """Return the fonts to write with: the usual one, then those with Chinese letters that are installed."""
    there = {font.name for font in font_manager.fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _CHINESE if name in there)]


@contextmanager
def chart(ax: Any, language: str, title: str, size: tuple[float, float]) -> Iterator[tuple[Any, dict[str, str]]]:
    """Give the axes to draw on, new ones when `ax` is None, and the words; title and fonts are set."""
    words = load_words(language)
    if ax is not None and not hasattr(ax, "plot"):
        raise DataError(f"ax must be matplotlib axes, or None for new ones, got {type(ax).__name__}.")
    with mpl.rc_context({"font.family": fonts(), "font.size": 9, "axes.unicode_minus": False}):
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.subplots(figsize=size, layout="constrained")[1]
        ax.set_title(words[title], loc="left", fontweight="bold")
        yield ax, words
    ax.tick_params(labelfontfamily=fonts())
    for text in ax.findobj(Text):  # axes that were made elsewhere have titles and labels of their own
        text.set_fontfamily(fonts())


def bare(ax: Any) -> None:
    """Leave out the frame and the ticks of a table or heat map."""
    for side in ax.spines.values():
        side.set_visible(False)
    ax.tick_params(length=0)


def light(ax: Any) -> None:
    """Leave out the frame above and to the right, and start at zero."""
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)
    ax.set_ylim(bottom=0)
