"""The panels of a study: every set counted on its units, and checked to be long enough for its origins."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo.config.read_study import kept_names
from patrolgeo.config.study import Study, StudySet
from patrolgeo.errors import DataError
from patrolgeo.grid.areal import interpolate
from patrolgeo.grid.units import Units
from patrolgeo.panel.counts import count_incidents
from patrolgeo.pipeline.study.gather import Kept, incidents_of
from patrolgeo.pipeline.study.ground import lay_units
from patrolgeo.risk.history import next_periods


@dataclass(frozen=True)
class Counted:
    """A set ready to be forecast: its units, its counts on them, and the residents where they are known."""

    set: StudySet
    units: Units
    panel: pd.DataFrame
    exposure: pd.Series | None


def count_sets(study: Study, kept: Kept) -> list[Counted]:
    """Count every set of a study.

    Raises
    ------
    DataError
        When a set is too short for its origins; the message says what would do.
    """
    names = kept_names({"data": {name: vars(table) for name, table in study.data.items()}})

    @cache
    def rows(data: str) -> gpd.GeoDataFrame:
        return incidents_of(kept, names[data, "file"])

    @cache
    def ground(data: str, units: str) -> tuple[Units, pd.Series | None]:
        grid = lay_units(gpd.read_parquet(kept.read(names[data, "area"])), units)
        if study.data[data].population is None:
            return grid, None
        people = gpd.read_parquet(kept.read(names[data, "population"]))
        return grid, interpolate(people, grid, "population")["population"]

    def counted() -> Iterator[Counted]:
        for one in study.sets:
            grid, exposure = ground(one.data, one.units)
            panel = _count(study, one, rows(one.data), grid)
            _check_length(study, one, len(panel))
            yield Counted(one, grid, panel, exposure)

    return list(counted())


def _count(study: Study, one: StudySet, rows: gpd.GeoDataFrame, grid: Units) -> pd.DataFrame:
    known = rows["category"].unique()
    if one.category is not None and one.category not in known:
        raise DataError(
            f"{study.path}: data.{one.data}: no incident is a {one.category!r}{nearest(one.category, known)}"
        )
    try:
        return count_incidents(rows, grid, one.freq, category=one.category)
    except DataError as problem:
        raise DataError(f"{study.path}: {one.name}: {problem}") from None


def _check_length(study: Study, one: StudySet, periods: int) -> None:
    test = study.test
    last = periods - one.horizon - one.window + 1  # periods known at the newest origin
    found = max((last - test.min_train) // test.step + 1, 0)
    if found < test.origins:
        needed = test.min_train + (test.origins - 1) * test.step + one.horizon + one.window - 1
        raise DataError(
            f"{study.path}: {one.name} has {periods} whole periods of {one.freq}, enough for {found} of {test.origins} "
            f"origins; it needs {needed}. Ask for fewer origins or shorter periods, or bring more records."
        )


def span_of(panel: pd.DataFrame) -> tuple[pd.Timestamp, pd.Timestamp]:
    """Return the first moment that a panel counts, and the first that it does not."""
    return panel.index[0], next_periods(panel.index, 1)[0]
