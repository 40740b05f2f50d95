"""What every folium map of this room stands on: a map without tiles, a legend, layers that can be drawn."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import geopandas as gpd

from patrolgeo import crs
from patrolgeo.errors import DataError
from patrolgeo.escape import escape

if TYPE_CHECKING:
    import folium

SWATCH = "display:inline-block;width:1.2em;height:.9em;background:{}"
LONGEST = 30  # rows of a legend


def drawable(layer: Any, what: str) -> Any:
    """Return a layer in longitude and latitude; one without rows, or a row without geometry, is an error."""
    if not len(layer):
        raise DataError(f"{what} is empty; there is nothing to draw.")
    nowhere = layer.index[(layer.geometry.isna() | layer.geometry.is_empty).to_numpy()]
    if len(nowhere):
        raise DataError(
            f"{what}: {len(nowhere)} of {len(layer)} rows have no geometry (first: {nowhere[0]!r}). "
            "Drop them, or say where they are."
        )
    return crs.to_lonlat(layer, what)


def new_map(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> folium.Map:
    """Return an empty map without tiles, fitted to a layer in longitude and latitude."""
    import folium

    west, south, east, north = layer.total_bounds
    m = folium.Map(tiles=None, prefer_canvas=True, control_scale=True)
    m.fit_bounds([[south, west], [north, east]])
    return m


def add_legend(m: folium.Map, title: str, rows: Iterable[tuple[str, str]]) -> None:
    """Put a legend into the lower right corner: a title, and style and words of each row. It needs no script."""
    import folium

    lines = [f'<div><span style="{style}"></span> {escape(text)}</div>' for style, text in rows]
    if len(lines) > LONGEST:
        lines[LONGEST:] = [f"<div>+ {len(lines) - LONGEST}</div>"]
    box = (
        '<div class="patrolgeo-legend" style="position:fixed;right:12px;bottom:28px;z-index:1000;padding:8px 10px;'
        f'background:#ffffffe6;border:1px solid #0003;font:13px/1.4 sans-serif"><b>{escape(title)}</b>'
        f"{''.join(lines)}</div>"
    )
    figure: Any = m.get_root()
    figure.html.add_child(folium.Element(box))
