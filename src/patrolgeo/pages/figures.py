"""Charts as SVG text: the same numbers give the same bytes, and letters stay letters, whatever fonts are installed."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from io import StringIO
from typing import Any


def svg_of(draw: Callable[[Any], Any], size: tuple[float, float]) -> str:
    """Return what `draw` draws on the axes it is given, as SVG; no window is opened.

    Examples
    --------
    >>> from patrolgeo.pages.figures import svg_of
    >>> text = svg_of(lambda ax: ax.plot([0, 1], [0, 1]), (2, 2))
    >>> text.startswith("<svg"), text == svg_of(lambda ax: ax.plot([0, 1], [0, 1]), (2, 2))
    (True, True)
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context({"svg.fonttype": "none", "svg.hashsalt": "patrolgeo"}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph")  # the reader's own font has it
        figure = Figure(figsize=size, layout="constrained")
        draw(figure.subplots())
        text = StringIO()
        figure.savefig(text, format="svg", metadata={"Date": None})
    whole = text.getvalue()
    return whole[whole.index("<svg") :]
