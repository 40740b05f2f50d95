"""Values by cell on a folium map, for notebooks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import check_columns
from patrolgeo.errors import DataError
from patrolgeo.escape import escape
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.maps.layers import RAMPS, upper_edges

if TYPE_CHECKING:
    import folium


def map_cells(
    values: gpd.GeoDataFrame | pd.Series,
    column: str | None = None,
    m: folium.Map | None = None,
    *,
    caption: str | None = None,
    opacity: float = 0.75,
) -> folium.Map:
    """Show values by cell as one layer of coloured hexagons with a legend.

    The colours part the values above zero at 50, 80, 95 and 99 % of their cells, since most cells of a city hold
    little and few hold much. The map has no tiles: it needs no internet, and `save_html` writes it as one file.
    Above some 20,000 cells use `write_plan_page`, which is 12 times smaller.

    Parameters
    ----------
    values
        GeoDataFrame with a geometry by cell (`HexGrid.to_gdf`), or a Series by H3 cell.
    column
        The column to show; may be left out for a Series and for a table with one numeric column beside `area_km2`.
    m
        A map to add the layer to; by default a new one.
    caption
        Title of the legend; by default the column's name.
    opacity
        Of the fill, 0 to 1.

    Returns
    -------
    folium.Map

    Examples
    --------
    >>> import pandas as pd
    >>> risk = pd.Series([0.5, 0.0], index=["89309c00003ffff", "89309c00007ffff"], name="risk")
    >>> m = map_cells(risk)
    >>> "risk" in m.get_root().render()
    True
    """
    import folium
    from branca.colormap import StepColormap

    table, column = _as_table(values, column)
    numbers = table[column].astype(float)
    edges = upper_edges(numbers)
    low, high = min(0.0, float(numbers.min())), float(numbers.max())
    steps = [low, *[float(e) for e in edges], max(high, low + 1e-9)]
    colours = RAMPS["risk"][-(len(steps) - 1) :]
    colormap = StepColormap(list(colours), index=sorted(steps), vmin=low, vmax=steps[-1], caption=caption or column)
    shapes = crs.to_lonlat(table, "values").geometry
    layer = folium.GeoJson(
        _features(shapes, numbers),
        name=escape(caption or column),
        style_function=lambda feature: _style(feature["properties"]["value"], colormap, opacity),
        tooltip=folium.GeoJsonTooltip(["cell", "value"], ["cell", escape(column)]),
        embed=True,
    )
    m = new_map(shapes) if m is None else m
    layer.add_to(m)
    add_legend(m, f"<b>{escape(caption or column)}</b>{_bar(colormap)}")
    return m


def _features(shapes: gpd.GeoSeries, numbers: pd.Series) -> dict[str, Any]:
    """Return GeoJSON with six decimals, a tenth of a metre: half the size of all of them; ids are positions."""
    texts = shapely.to_geojson(shapely.transform(shapes.to_numpy(), lambda xy: xy.round(6)))
    values = [None if np.isnan(v) else float(f"{v:.6g}") for v in numbers]
    features = [
        {"type": "Feature", "id": i, "geometry": json.loads(text), "properties": {"cell": escape(cell), "value": value}}
        for i, (text, cell, value) in enumerate(zip(texts, shapes.index, values, strict=True))
    ]
    return {"type": "FeatureCollection", "features": features}


def _as_table(values: Any, column: str | None) -> tuple[gpd.GeoDataFrame, str]:
    if isinstance(values, pd.Series):
        name = column or str(values.name or "value")
        return HexGrid.from_cells(values.index).to_gdf(values.rename(name)), name
    if not isinstance(values, gpd.GeoDataFrame):
        raise DataError(f"values must be a GeoDataFrame or a Series by cell, got {type(values).__name__}.")
    if column is None:
        numeric = [c for c in values.select_dtypes("number").columns if c != "area_km2"]
        if len(numeric) != 1:
            raise DataError(f"Name the column to show; the numeric ones are {', '.join(map(str, numeric)) or 'none'}.")
        column = str(numeric[0])
    check_columns(values, [column], "values")
    return values, column


def _style(value: float | None, colormap: Any, opacity: float) -> dict[str, Any]:
    if value is None or np.isnan(value):
        return {"fillColor": "#c9c3d6", "fillOpacity": opacity / 2, "weight": 0}
    return {"fillColor": RAMPS["risk"][0] if value == 0 else colormap(value), "fillOpacity": opacity, "weight": 0}


def _bar(colormap: Any) -> str:
    ends = zip(colormap.index[:-1], colormap.index[1:], colormap.colors, strict=True)
    return "".join(
        f'<div><span style="display:inline-block;width:1.2em;height:.9em;background:{_hex(colour)}"></span> '
        f"{low:.3g} – {high:.3g}</div>"
        for low, high, colour in ends
    )


def _hex(rgba: tuple[float, ...]) -> str:
    return "#" + "".join(f"{round(255 * part):02x}" for part in rgba[:3])


def new_map(layer: gpd.GeoDataFrame | gpd.GeoSeries) -> folium.Map:
    """Return an empty map without tiles, fitted to a layer in longitude and latitude."""
    import folium

    west, south, east, north = layer.total_bounds
    m = folium.Map(tiles=None, prefer_canvas=True, control_scale=True)
    m.fit_bounds([[south, west], [north, east]])
    return m


def add_legend(m: folium.Map, html: str) -> None:
    """Put a legend, HTML from escaped text, into the lower right corner; it needs no script."""
    import folium

    box = (
        '<div class="patrolgeo-legend" style="position:fixed;right:12px;bottom:28px;z-index:1000;padding:8px 10px;'
        f'background:#ffffffe6;border:1px solid #0003;font:13px/1.4 sans-serif">{html}</div>'
    )
    figure: Any = m.get_root()
    figure.html.add_child(folium.Element(box))
