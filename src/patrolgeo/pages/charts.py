"""Small pictures in SVG: no plotting library, no script."""

from collections.abc import Sequence

from markupsafe import Markup

from patrolgeo.pages.templating import render

WIDTH, LABEL, ROW = 640, 190, 30
BAR, PALE = "#0b4f86", "#a9b6c2"


def interval_bars(rows: Sequence[tuple[str, float, float | None, float | None]], title: str) -> Markup:
    """Draw one bar a row, with its interval as a whisker; the first row is the one that matters.

    Parameters
    ----------
    rows
        Label, value, lower and upper end of the interval (None when unknown); shares between 0 and 1.
    title
        What a screen reader says.

    Returns
    -------
    The picture as SVG that may stand in a page.

    Examples
    --------
    >>> interval_bars([("forecast", 0.4, 0.3, 0.5)], "hit rate").startswith("<svg")
    True
    """
    top = max([v for _, value, _, high in rows for v in (value, high or 0.0)], default=0.0) or 1.0
    scale = (WIDTH - LABEL - 70) / top
    bars = [_bar(i, row, scale) for i, row in enumerate(rows)]
    return render("bars.svg", title=title, rows=bars, width=WIDTH, height=ROW * len(rows) + 6, label=LABEL, row=ROW)


def _bar(i: int, row: tuple[str, float, float | None, float | None], scale: float) -> dict[str, object]:
    label, value, low, high = row
    y, end, whisker = ROW * i + 4, value, ""
    if low is not None and high is not None:
        end = max(high, value)
        middle = y + (ROW - 8) / 2
        x0, x1 = LABEL + low * scale, LABEL + high * scale
        whisker = f"M{x0:.1f} {middle}H{x1:.1f}M{x0:.1f} {middle - 5}v10M{x1:.1f} {middle - 5}v10"
    return {
        "label": label, "y": y, "width": f"{value * scale:.1f}", "fill": BAR if i == 0 else PALE, "whisker": whisker,
        "end": f"{LABEL + end * scale + 8:.1f}", "value": f"{value:.1%}",
    }  # fmt: skip
