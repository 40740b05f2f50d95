"""Small pictures in SVG, made by hand: no plotting library, no script."""

from collections.abc import Sequence

from patrolgeo.escape import escape

WIDTH, LABEL, ROW = 640, 190, 30
INK, BAR, PALE, WHISKER = "#1d2733", "#0b4f86", "#a9b6c2", "#c8342b"


def interval_bars(rows: Sequence[tuple[str, float, float | None, float | None]], title: str) -> str:
    """Draw one bar a row, with its interval as a whisker; the first row is the one that matters.

    Parameters
    ----------
    rows
        Label, value, lower and upper end of the interval (None when unknown); shares between 0 and 1.
    title
        What a screen reader says.

    Examples
    --------
    >>> interval_bars([("forecast", 0.4, 0.3, 0.5)], "hit rate").startswith("<svg")
    True
    """
    top = max([v for _, value, _, high in rows for v in (value, high or 0.0)], default=0.0) or 1.0
    scale = (WIDTH - LABEL - 70) / top
    parts = [_bar(i, row, scale) for i, row in enumerate(rows)]
    height = ROW * len(rows) + 6
    return (
        f'<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="{escape(title)}" font-size="14">'
        f"{''.join(parts)}</svg>"
    )


def _bar(i: int, row: tuple[str, float, float | None, float | None], scale: float) -> str:
    label, value, low, high = row
    y = ROW * i + 4
    drawn = [
        f'<text x="{LABEL - 10}" y="{y + 16}" text-anchor="end" fill="{INK}">{escape(label)}</text>',
        f'<rect x="{LABEL}" y="{y}" width="{value * scale:.1f}" height="{ROW - 8}" fill="{BAR if i == 0 else PALE}"/>',
    ]
    end = value
    if low is not None and high is not None:
        end = max(high, value)
        middle = y + (ROW - 8) / 2
        x0, x1 = LABEL + low * scale, LABEL + high * scale
        drawn.append(
            f'<path d="M{x0:.1f} {middle}H{x1:.1f}M{x0:.1f} {middle - 5}v10M{x1:.1f} {middle - 5}v10" '
            f'stroke="{WHISKER}" stroke-width="2" fill="none"/>'
        )
    drawn.append(f'<text x="{LABEL + end * scale + 8:.1f}" y="{y + 16}" fill="{INK}">{value:.1%}</text>')
    return "".join(drawn)
