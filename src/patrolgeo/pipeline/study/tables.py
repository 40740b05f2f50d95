"""Further tables of a study: ours by name, the author's by import path."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from inspect import signature
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely

from patrolgeo import crs
from patrolgeo._checks import check_choice
from patrolgeo.config.study import Study
from patrolgeo.errors import DataError
from patrolgeo.hotspots.near_repeat import knox
from patrolgeo.pipeline.study.own_code import is_own, load

Incidents = Mapping[str, gpd.GeoDataFrame]
Made = Callable[[Incidents, Mapping[str, Path]], pd.DataFrame]


def near_repeats(
    incidents: Incidents,
    _: Mapping[str, Path],
    *,
    data: str,
    distance_bands: list[float],
    day_bands: list[float],
    metric: str = "euclidean",
    n_permutations: int = 999,
    random_state: int = 0,
) -> pd.DataFrame:
    """Return the Knox table of one source: pairs of incidents by band of metres and of days, against chance."""
    check_choice(data, incidents, "data")
    rows = incidents[data]
    middle = tuple(shapely.get_coordinates(rows.geometry.to_numpy()).mean(axis=0))
    coords = shapely.get_coordinates(crs.to_local(rows, middle).geometry.to_numpy())
    found = knox(
        coords, rows["time"], distance_bands, day_bands, metric=metric, n_permutations=n_permutations,
        random_state=random_state,
    )  # fmt: skip
    return found.to_frame()


_OURS = {"knox": near_repeats}


def make_tables(study: Study, folder: Path) -> dict[str, Made]:
    """Return the tables of a study by name, ready to be made from its incidents (by source) and its files.

    Raises
    ------
    DataError
        When a name is not known, an import path leads nowhere, or a setting is not one of the function's.
    """
    return {name: _bound(dict(entry), f"{study.path}: [tables.{name}]", folder) for name, entry in study.tables.items()}


def _bound(settings: dict[str, Any], where: str, folder: Path) -> Made:
    use = settings.pop("use")
    if not is_own(use):
        check_choice(use, _OURS, f"{where} use")
    function = load(use, folder) if is_own(use) else _OURS[use]
    try:
        signature(function).bind({}, {}, **settings)
    except (TypeError, ValueError) as problem:
        raise DataError(f"{where}: {use} cannot be made with these settings: {problem}.") from None
    return partial(_made, function, where, settings)


def _made(
    function: Any, where: str, settings: Mapping[str, Any], incidents: Incidents, files: Mapping[str, Path]
) -> pd.DataFrame:
    try:
        table = function(incidents, files, **settings)
    except Exception as problem:
        raise DataError(f"{where} failed: {type(problem).__name__}: {problem}") from problem
    if not isinstance(table, pd.DataFrame):
        raise DataError(f"{where} must give a table, got {type(table).__name__}.")
    return table
