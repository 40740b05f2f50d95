"""A plan on a folium map, for notebooks: patrol areas and sites."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd

from patrolgeo.errors import DataError
from patrolgeo.escape import escape
from patrolgeo.maps.canvas import drawable, new_map
from patrolgeo.maps.colours import area_tints
from patrolgeo.plan.sites.site_plan import SitePlan
from patrolgeo.words.messages import number

if TYPE_CHECKING:
    import folium


def map_plan(areas: Any = None, sites: Any = None, m: folium.Map | None = None) -> folium.Map:
    """Draw patrol areas as outlined, coloured polygons and sites as circles.

    Parameters
    ----------
    areas
        GeoDataFrame of polygons by area label, or a plan with `to_gdf()`.
    sites
        GeoDataFrame of points: of a plan of sites ``plan.to_gdf(points)``, where `points` are those of the candidates.
    m
        A map to draw on, for example of `map_cells`; by default a new one without tiles.

    Returns
    -------
    folium.Map

    Raises
    ------
    DataError
        When neither areas nor sites are given, one is empty or not a table with geometry, or a row has no geometry.
    CRSError
        When a table has no coordinate reference system.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> squares = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    >>> m = map_plan(gpd.GeoDataFrame(geometry=squares, index=["north", "south"], crs="EPSG:4326"))
    >>> "south" in m.get_root().render()
    True
    """
    layers = {name: _layer(layer, name) for name, layer in (("areas", areas), ("sites", sites)) if layer is not None}
    if not layers:
        raise DataError("Give areas, sites or both.")
    tint = 0.15 if m is None else 0.0  # what lies below keeps its colours
    m = new_map(next(iter(layers.values()))) if m is None else m
    if "areas" in layers:
        _draw_areas(layers["areas"], m, tint)
    if "sites" in layers:
        _draw_sites(layers["sites"], m)
    return m


def _layer(layer: Any, name: str) -> gpd.GeoDataFrame:
    if isinstance(layer, SitePlan):
        raise DataError(f"{name}: a plan of sites does not know where they are; give plan.to_gdf(points).")
    table = layer.to_gdf() if hasattr(layer, "to_gdf") else layer
    if not isinstance(table, gpd.GeoDataFrame):
        raise DataError(f"{name} must be a GeoDataFrame or a plan with to_gdf(), got {type(layer).__name__}.")
    return drawable(table, name)


def _draw_areas(areas: gpd.GeoDataFrame, m: folium.Map, tint: float) -> None:
    import folium

    colours = area_tints(areas.geometry)
    for (label, row), shape, colour in zip(areas.iterrows(), areas.geometry, colours, strict=True):
        folium.GeoJson(
            shape.__geo_interface__,
            style_function=lambda _, c=colour: {"color": c, "weight": 3, "fillColor": c, "fillOpacity": tint},
            tooltip=_text(label, row, areas.geometry.name),
        ).add_to(m)


def _draw_sites(sites: gpd.GeoDataFrame, m: folium.Map) -> None:
    import folium

    for (label, row), point in zip(sites.iterrows(), sites.geometry.representative_point(), strict=True):
        folium.CircleMarker(
            [point.y, point.x], radius=7, color="#fff", weight=2, fill_color="#0b4f86", fill_opacity=1,
            tooltip=_text(label, row, sites.geometry.name),
        ).add_to(m)  # fmt: skip


def _text(label: Any, row: Any, shape: str) -> str:
    values = row.drop(shape).dropna()
    parts = [f"{c}: {number(v) if isinstance(v, (int, float)) else v}" for c, v in values.items()]
    return "<br>".join(escape(line) for line in [label, *parts])
