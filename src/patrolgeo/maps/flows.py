"""Traffic as lines whose width tells how much passes, for folium maps and for the page of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._checks import align
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.escape import escape
from patrolgeo.maps.canvas import add_legend, drawable, new_map
from patrolgeo.words.messages import number

if TYPE_CHECKING:
    import folium

WIDTHS = (1.0, 2.2, 3.8, 6.0, 9.0)  # pixels; class k holds the pieces above the share (k / 5) squared of the busiest
LEAST = 0.01  # what carries a smaller share of the busiest piece is left out
COLOUR = "#7a3e9d"
COLOURS, SHARES, MET = (COLOUR, "#c98bdc", "#e08a2e"), (0.3, 0.8), ("80 % and more", "30 to 80 %", "less than 30 %")
FAINT = {"color": "#b4bac1", "weight": 0.8}


def map_flows(
    load: pd.Series,
    roads: gpd.GeoSeries | gpd.GeoDataFrame,
    m: folium.Map | None = None,
    *,
    met: pd.Series | None = None,
    caption: str = "Trips",
) -> folium.Map:
    """Show how much traffic each piece of road carries, by the width of its line.

    Pieces that carry less than a hundredth of the busiest one are thin grey lines.

    Parameters
    ----------
    load
        Series by road piece, for example ``paths.load(flows)``.
    roads
        Lines by the same labels, for example ``graph.edges``.
    m
        A map to add the layer to; by default a new one without tiles.
    met
        Series by road piece: how much of its traffic is intercepted somewhere, for example
        ``paths.load(flows.where(plan.intercepted, 0))``; shown by colour.
    caption
        Title of the layer and its legend.

    Returns
    -------
    folium.Map; put sites on it with ``map_plan(sites=..., m=m)``.

    Raises
    ------
    AlignmentError
        When `roads` lacks pieces of `load`.
    DataError
        When `load` is 0 everywhere, or a road has no geometry.
    CRSError
        When `roads` has no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> roads = gpd.GeoSeries([shapely.LineString([(0, 0), (1, 0)]), shapely.LineString([(1, 0), (2, 1)])],
    ...                       index=["pass", "lane"], crs="EPSG:4326")
    >>> m = map_flows(pd.Series({"pass": 900.0, "lane": 40.0}), roads)
    >>> "324 to 576" in m.get_root().render(), "576 to 900" in m.get_root().render()
    (False, True)
    """
    import folium

    lines = drawable(roads, "roads").geometry
    align(lines, load.index, "roads", "pieces of load")
    m = new_map(lines) if m is None else m
    trips = load.reindex(lines.index, fill_value=0.0)
    width, ends = width_classes(trips.to_numpy(float))
    share = _colour_classes(trips, met)
    layer = folium.FeatureGroup(name=escape(caption))
    rows: list[tuple[str, str]] = []
    for k in range(-1, len(WIDTHS)):
        text = f"{number(ends[k])} to {number(ends[k + 1])}" if k >= 0 else f"below {number(ends[0])}"
        for c in np.unique(share[width == k]):
            style = {"color": COLOURS[c], "weight": WIDTHS[k], "opacity": 0.85} if k >= 0 else FAINT
            said = text if met is None else f"{text}; intercepted: {MET[c]}"
            shape = shapely.multilinestrings(_lines(lines[(width == k) & (share == c)]))
            folium.GeoJson(
                shapely.transform(shape, lambda xy: xy.round(6)).__geo_interface__,
                style_function=lambda _, style=style: style, tooltip=f"{escape(caption)}: {said}",
            ).add_to(layer)  # fmt: skip
        if (width == k).any():
            rows.insert(0, _legend_row({"color": COLOUR, "weight": WIDTHS[k]} if k >= 0 else FAINT, text))
    if met is not None:
        shares = zip(COLOURS, MET, strict=True)
        rows += [_legend_row({"color": colour, "weight": 4}, f"{text} intercepted") for colour, text in shares]
    layer.add_to(m)
    add_legend(m, caption, rows)
    return m


def _colour_classes(trips: pd.Series, met: pd.Series | None) -> Ints:
    """Return the class of colour of each piece by the share of its traffic that is intercepted (the first: most)."""
    if met is None:
        return np.zeros(len(trips), np.int64)
    share = np.divide(met.reindex(trips.index, fill_value=0.0), trips, out=np.zeros(len(trips)), where=trips > 0)
    classes: Ints = len(COLOURS) - 1 - np.searchsorted(SHARES, np.asarray(share), side="right")
    return classes


def _lines(shapes: gpd.GeoSeries) -> Any:
    return shapely.get_parts(shapes.to_numpy())


def _legend_row(style: dict[str, Any], text: str) -> tuple[str, str]:
    border = f"border-top:{style['weight']}px solid {style['color']}"
    return f"display:inline-block;width:2em;vertical-align:middle;{border}", text


def width_classes(load: Floats) -> tuple[Ints, Floats]:
    """Return the class of width of each piece (-1: too little to show), and the ends of the classes."""
    most = load.max(initial=0.0)
    if not most > 0:
        raise DataError("load is 0 everywhere; there is no traffic to show.")
    ends = most * (np.arange(len(WIDTHS) + 1) / len(WIDTHS)) ** 2
    ends[0] = LEAST * most
    return np.searchsorted(ends[:-1], load, side="right") - 1, ends
