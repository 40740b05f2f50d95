"""Values by cell on a folium map, for notebooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from patrolgeo._checks import check_columns
from patrolgeo.errors import DataError
from patrolgeo.escape import escape
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.maps.canvas import SWATCH, add_legend, drawable, new_map
from patrolgeo.maps.colours import MISSING, class_edges, label_colours, scale_of

if TYPE_CHECKING:
    import folium


def map_cells(
    values: gpd.GeoDataFrame | pd.Series,
    column: str | None = None,
    m: folium.Map | None = None,
    *,
    caption: str | None = None,
    bins: Sequence[float] | None = None,
    opacity: float = 0.75,
) -> folium.Map:
    """Show values by cell as one layer of coloured hexagons with a legend.

    The colours part the values that are not zero at 50, 80, 95 and 99 % of their cells, since most cells of a city hold
    little and few hold much. Where some values are negative, blue stands below zero and red above it, at the same
    distances from zero. Texts and truth values, such as the labels of hotspots, get a colour each. The map has no
    tiles: it needs no internet, and `save_html` writes it as one file. Above some 20,000 cells use `write_plan_page`,
    which is 12 times smaller.

    Parameters
    ----------
    values
        GeoDataFrame with a geometry by cell (`HexGrid.to_gdf`), or a Series by H3 cell: numbers, texts or truth values.
        Missing values are grey.
    column
        The column to show; may be left out for a Series and for a table with one numeric column beside `area_km2`, or
        with one column altogether.
    m
        A map to add the layer to; by default a new one.
    caption
        Title of the legend; by default the column's name.
    bins
        Edges of the classes in ascending order, in the unit of the values; a class holds its lower edge. Give two maps
        the same edges (`shared_bins`) to compare their colours.
    opacity
        Of the fill, 0 to 1.

    Returns
    -------
    folium.Map

    Raises
    ------
    DataError
        When there are no cells or a cell has no geometry, the column to show is not clear, its values are infinite or
        neither numbers nor labels, or `bins` are not ascending numbers.
    MissingColumnError
        When `values` lacks `column`.
    CRSError
        When the geometry has no coordinate reference system.

    Examples
    --------
    >>> import pandas as pd
    >>> risk = pd.Series([0.5, 0.0], index=["89309c00003ffff", "89309c00007ffff"], name="risk")
    >>> m = map_cells(risk)
    >>> "risk" in m.get_root().render()
    True
    """
    import folium

    if not 0 <= opacity <= 1:
        raise DataError(f"opacity={opacity!r} must lie between 0 and 1.")
    table, column = _as_table(values, column)
    shapes = drawable(table, "values").geometry
    shown, colours, rows = _coloured(table[column], column, bins)
    layer = folium.GeoJson(
        _features(shapes, shown),
        name=escape(caption or column),
        style_function=lambda feature: _style(colours[feature["id"]], opacity),
        tooltip=folium.GeoJsonTooltip(["cell", "value"], ["cell", escape(column)]),
        embed=True,
    )
    m = new_map(shapes) if m is None else m
    layer.add_to(m)
    add_legend(m, caption or column, [(SWATCH.format(colour), text) for colour, text in rows])
    return m


def shared_bins(*values: pd.Series) -> list[float]:
    """Return edges of classes that fit several maps, so that one colour means the same on all of them.

    Parameters
    ----------
    *values
        Numbers by cell, a Series a map.

    Returns
    -------
    Edges in ascending order, in the unit of the values: those that `map_cells` would take for all values together.

    Raises
    ------
    DataError
        When nothing is given, a value is infinite or not a number, or all are 0 or missing.

    Examples
    --------
    >>> import pandas as pd
    >>> shared_bins(pd.Series([1.0, 2.0, 4.0]), pd.Series([8.0, 0.0]))
    [4.0, 8.0]
    """
    if not values:
        raise DataError("shared_bins needs the values of at least one map.")
    edges = class_edges(np.concatenate([_numbers(pd.Series(one), f"map {i}") for i, one in enumerate(values, start=1)]))
    if not len(edges):
        raise DataError("The values are all 0, missing or alike above 0; they need no classes.")
    return [float(edge) for edge in edges]


def _as_table(values: Any, column: str | None) -> tuple[gpd.GeoDataFrame, str]:
    if isinstance(values, pd.Series) and not isinstance(values, gpd.GeoSeries):
        if not len(values):
            raise DataError("values is empty; there is nothing to draw.")
        name = column or str("value" if values.name is None else values.name)
        return HexGrid.from_cells(values.index).to_gdf(values.rename(name)), name
    if not isinstance(values, gpd.GeoDataFrame):
        raise DataError(f"values must be a GeoDataFrame or a Series by cell, got {type(values).__name__}.")
    if column is None:
        others = [c for c in values.columns if c not in ("area_km2", values.geometry.name)]
        numeric = [c for c in others if pd.api.types.is_numeric_dtype(values[c])]
        clear = others if len(others) == 1 else numeric
        if len(clear) != 1:
            raise DataError(f"Name the column to show; the numeric ones are {', '.join(map(str, numeric)) or 'none'}.")
        column = clear[0]
    check_columns(values, [column], "values")
    return values, column


def _coloured(
    values: pd.Series, column: str, bins: Sequence[float] | None
) -> tuple[list[Any], list[str], list[tuple[str, str]]]:
    """Return what is shown of each cell, its colour, and colour and words of every row of the legend."""
    missing = values.isna().to_numpy()
    if _are_labels(values):
        if bins is not None:
            raise DataError(f"bins part numbers; {column!r} holds labels.")
        known = label_colours(values)
        shown: list[Any] = [None if no else str(label) for no, label in zip(missing, values, strict=True)]
        colours = [MISSING if label is None else known[label] for label in shown]
        rows = [(colour, label) for label, colour in known.items()]
    else:
        numbers = _numbers(values, column)
        scale = scale_of(numbers, bins)
        shown = [None if no else float(f"{value:.6g}") for no, value in zip(missing, numbers, strict=True)]
        colours = [scale.colour(None if no else value) for no, value in zip(missing, numbers, strict=True)]
        rows = scale.rows()
    return shown, colours, [*rows, (MISSING, "?")] if missing.any() else rows


def _are_labels(values: pd.Series) -> bool:
    kind = pd.api.types.infer_dtype(values, skipna=True)
    return kind in ("string", "boolean", "categorical") and not values.isna().all()


def _numbers(values: pd.Series, column: str) -> Any:
    try:
        numbers = values.astype(float if values.dtype.kind != "c" else str).astype(float).to_numpy()
    except (TypeError, ValueError):
        raise DataError(f"{column!r} must hold numbers, texts or truth values, got {values.dtype}.") from None
    if np.isinf(numbers).any():
        raise DataError(f"{column!r} is infinite in {np.isinf(numbers).sum()} of {len(numbers)} cells; leave them out.")
    return numbers


def _features(shapes: gpd.GeoSeries, shown: Sequence[Any]) -> dict[str, Any]:
    """Return GeoJSON with six decimals, a tenth of a metre: half the size of all of them; ids are positions."""
    texts = shapely.to_geojson(shapely.transform(shapes.to_numpy(), lambda xy: xy.round(6)))
    values = [escape(value) if isinstance(value, str) else value for value in shown]
    features = [
        {"type": "Feature", "id": i, "geometry": json.loads(text), "properties": {"cell": escape(cell), "value": value}}
        for i, (text, cell, value) in enumerate(zip(texts, shapes.index, values, strict=True))
    ]
    return {"type": "FeatureCollection", "features": features}


def _style(colour: str, opacity: float) -> dict[str, Any]:
    return {"fillColor": colour, "fillOpacity": opacity / 2 if colour == MISSING else opacity, "weight": 0}
