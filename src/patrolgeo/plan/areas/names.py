"""Names and radio codes of patrol areas, from the stations and settlements in them."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import align
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.area_plan import AreaPlan

_STATION = re.compile(r"\s*(?:派出所|police station|station)$", re.IGNORECASE)
MAJORITY = 0.5  # an area of today gives its name only to what is mostly the same ground
FIRST_CODE, CODES = 100, 900  # three digits that do not begin with a nought


def name_areas(
    plan: AreaPlan, settlements: gpd.GeoDataFrame | None = None, stations: gpd.GeoDataFrame | None = None,
    current: pd.Series | None = None, streets: gpd.GeoDataFrame | None = None, numbered: str = "Area {}",
) -> pd.DataFrame:  # fmt: skip
    """What shall the areas be called, in words and on the radio?

    An area is called after the station in it, else after its largest settlement, else after the area of today when
    more than half of the workload of each lies in the other, else after its longest street; else it has a number.
    Areas that were given as words keep them. No name occurs twice: the larger place has it, the other area takes its
    next one. The radio code comes from the name alone, so that it stays when areas are numbered anew or their borders
    move a little.

    Parameters
    ----------
    plan
        The areas, with outlines.
    settlements
        Points or polygons with `name` and `population`; names without a letter are passed over.
    stations
        Points with `name`, and `officers` when known; "police station" and 派出所 are left off.
    current
        Name of the area of today of each unit (Series by unit).
    streets
        Lines with `name`.
    numbered
        How an area without a name is called; ``{}`` is its number from 1.

    Returns
    -------
    DataFrame by area with `name` and `radio_code` (three digits, as text), each of them unique.

    Raises
    ------
    DataError
        When there are more areas than codes.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import design_areas, name_areas
    >>> boxes = [shapely.box(108 + i / 100, 22, 108.01 + i / 100, 22.01) for i in range(4)]
    >>> units = gpd.GeoDataFrame(index=list("abcd"), geometry=boxes, crs="EPSG:4326")
    >>> plan = design_areas(pd.Series(1.0, index=units.index), None, 2, units=units)
    >>> towns = gpd.GeoDataFrame({"name": ["Ash", "Elm", "Oak"], "population": [90, 400, 20]},
    ...                          geometry=units.representative_point().iloc[[0, 1, 3]].to_numpy(), crs="EPSG:4326")
    >>> name_areas(plan, towns).to_dict("list")
    {'name': ['Elm', 'Oak'], 'radio_code': ['735', '593']}
    """
    areas = plan.measures.by_area.index
    if len(areas) > CODES:
        raise DataError(f"{len(areas)} areas are more than the {CODES} radio codes of three digits.")
    names: dict[Any, str] = {area: area for area in areas if isinstance(area, str)}
    if len(names) < len(areas):
        _take(names, _inside(plan, stations, "officers"))
        _take(names, _inside(plan, settlements, "population"))
        _take(names, _of_today(plan, current))
        _take(names, _streets(plan, streets))
        _take(names, ((area, numbered.format(int(area) + 1)) for area in areas if area not in names))
    table = pd.Series(names).reindex(areas)
    return pd.DataFrame({"name": table, "radio_code": radio_codes(table)}, index=areas)


def radio_codes(names: pd.Series) -> pd.Series:
    """Return three digits for each name, from the name alone; where two names meet the later in order moves up one."""
    taken: dict[int, str] = {}
    for name in sorted(names):
        code = zlib.crc32(name.encode()) % CODES
        while code in taken:
            code = (code + 1) % CODES
        taken[code] = name
    code_of = {name: str(FIRST_CODE + code) for code, name in taken.items()}
    return names.map(code_of).rename("radio_code")


def _take(names: dict[Any, str], offers: Iterable[tuple[Any, str]]) -> None:
    """Give each area without a name the first one offered that is still free."""
    used = set(names.values())
    for area, name in offers:
        if area not in names and name not in used:
            names[area] = name
            used.add(name)


def _inside(plan: AreaPlan, places: gpd.GeoDataFrame | None, size: str) -> list[tuple[Any, str]]:
    """Return the area and name of each place, the largest place first."""
    if places is None or not len(places) or "name" not in places:
        return []
    outlines = plan.measures.outlines
    points = shapely.point_on_surface(crs.to_lonlat(places, "places").geometry.to_numpy())
    place, area = shapely.STRtree(outlines.to_numpy()).query(points, predicate="intersects")
    known = places[size] if size in places else pd.Series(0.0, index=places.index)
    table = pd.DataFrame(
        {"area": outlines.index[area], "name": places["name"].fillna("").astype(str).to_numpy()[place]}
    )
    table["size"] = pd.to_numeric(known, errors="coerce").fillna(0.0).to_numpy()[place]
    table["name"] = table["name"].str.replace(_STATION, "", regex=True)
    table = table[table["name"].str.contains(r"[^\W\d_]", regex=True)]
    table = table.sort_values(["size", "name"], ascending=[False, True], kind="stable")
    return list(table[["area", "name"]].itertuples(index=False, name=None))


def _of_today(plan: AreaPlan, current: pd.Series | None) -> list[tuple[Any, str]]:
    """Return the areas that are one of today's by more than half of the workload, seen from either side."""
    if current is None:
        return []
    today = align(current, plan.labels.index, "current").astype(str)
    weight = plan.workload + plan.workload.sum() * 1e-9 + 1e-12
    shared = weight.groupby([plan.labels, today]).sum().unstack(fill_value=0.0)
    of_area, of_today = shared.div(shared.sum(axis=1), axis=0), shared.div(shared.sum(axis=0), axis=1)
    kept = ((of_area > MAJORITY) & (of_today > MAJORITY)).stack()
    return [(area, str(name)) for area, name in kept.index[kept]]


def _streets(plan: AreaPlan, streets: gpd.GeoDataFrame | None) -> list[tuple[Any, str]]:
    """Return the areas with the names of the streets in them, the longest piece of a street first."""
    if streets is None or "name" not in streets or not len(streets):
        return []
    named = streets[streets["name"].fillna("").astype(str).str.contains(r"[^\W\d_]", regex=True)]
    if not len(named):
        return []
    outlines = plan.measures.outlines
    west, south, east, north = outlines.total_bounds
    middle = ((west + east) / 2, (south + north) / 2)
    areas = crs.to_local(
        gpd.GeoDataFrame({"area": outlines.index}, geometry=outlines.to_numpy(), crs=crs.LONLAT), middle
    )
    lines = crs.to_local(named[["name", named.geometry.name]], middle)
    inside = gpd.overlay(lines, areas, how="intersection", keep_geom_type=True)
    metres = inside.length.groupby([inside["area"], inside["name"].astype(str)]).sum().rename("metres").reset_index()
    metres = metres.sort_values(["metres", "name"], ascending=[False, True], kind="stable")
    return list(metres[["area", "name"]].itertuples(index=False, name=None))
