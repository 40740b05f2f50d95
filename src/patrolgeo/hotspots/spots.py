"""Hot spots that a shift can visit: neighbouring significant cells joined, cut to size, ranked by what is too much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_positive
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.units import Units


@dataclass(frozen=True, repr=False)
class HotSpots(Shown):
    """Ranked hot spots, and which cell belongs to which.

    Parameters
    ----------
    table
        A row a spot, index `spot` from 1, the largest excess first: `cells`, `incidents`, `expected`, `excess`,
        `ratio`, `area_km2` (`length_km` of street segments), geometry (EPSG:4326).
    of_cell
        Number of the spot of each cell, 0 for none.
    wider
        Cells of the raised ground that are in no spot.
    """

    table: gpd.GeoDataFrame
    of_cell: pd.Series
    wider: pd.Series

    def _head(self) -> str:
        cells = int((self.of_cell > 0).sum())
        return f"{len(self)} hot spots, {cells} of {len(self.of_cell)} cells"

    def _rows(self) -> Rows:
        of = "area_km2" if "area_km2" in self.table else "length_km"
        return [
            (f"spot {spot}", f"{row['cells']} cells, {row['incidents']:,.6g} incidents, {row['expected']:,.3g} "
             f"expected, {row[of]:.2f} {of.rpartition('_')[2]}")
            for spot, row in self.table.drop(columns="geometry").to_dict("index").items()
        ]  # fmt: skip

    def __len__(self) -> int:
        """Return how many spots there are."""
        return len(self.table)


def join_hot_spots(
    hot: pd.Series,
    observed: pd.Series,
    expected: pd.Series,
    grid: Units,
    *,
    seeds: pd.Series | None = None,
    max_km2: float = 0.25,
    max_km: float = 1.0,
    most: int | None = None,
) -> HotSpots:
    """Which small places are worth a visit?

    Significant cells often touch, and together they can cover a quarter of a city. A spot starts at the cell with the
    largest excess (observed less expected) and takes the touching significant cell with the largest excess as long as
    it stays within `max_km2`; then the next one starts. Only cells with an excess of their own are taken: a quiet cell
    in a busy neighbourhood is raised ground, not a spot. A cell that is larger than `max_km2` is a spot by itself.

    Parameters
    ----------
    hot
        True where a cell is significant, by cell of the grid (as `GetisOrd` labels "hot").
    observed, expected
        Incidents recorded and expected in each cell alone, in the same periods: `panel.sum()` and its total shared out
        by residents. Not `observed_` and `expected_` of `GetisOrd`, which are sums over neighbourhoods.
    grid
        The study area.
    seeds
        True where a spot may start, for example where the cell's own count is significant; None: at any hot cell.
    max_km2
        Largest area of a spot of several cells.
    max_km
        Largest length of a spot of several street segments, km.
    most
        How many spots at most, for example as many as a shift can visit; None for all.

    Returns
    -------
    `HotSpots`: the spots, the spot of each cell, and the wider raised ground.

    Raises
    ------
    AlignmentError
        When a Series lacks cells of the grid.
    DataError
        When `expected` is negative or missing, or a limit is not above 0.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import HexGrid, join_hot_spots
    >>> grid = HexGrid.from_cells(h3.grid_disk("89309c4de37ffff", 2))
    >>> observed = pd.Series(1.0, index=grid.cells)
    >>> observed[["89309c4de37ffff", "89309c4de33ffff"]] = [40.0, 20.0]
    >>> spots = join_hot_spots(observed >= 20, observed, pd.Series(4.0, index=grid.cells), grid)
    >>> spots.table[["cells", "incidents", "excess"]].to_dict("records")
    [{'cells': 2, 'incidents': 60.0, 'excess': 52.0}]
    """
    check_positive(max_km2, "max_km2")
    check_positive(max_km, "max_km")
    if most is not None and most < 0:
        raise DataError(f"most={most!r} must be 0 or more spots, or None for all.")
    marked = align(hot, grid.cells, "hot").to_numpy(bool)
    counts, base = (
        align(s, grid.cells, n).to_numpy(float) for s, n in ((observed, "observed"), (expected, "expected"))
    )
    if not (np.isfinite(base).all() and (base >= 0).all()):
        raise DataError("expected must hold numbers of at least 0 for every cell.")
    start = marked if seeds is None else marked & align(seeds, grid.cells, "seeds").to_numpy(bool)
    of_cell = _grown(marked, start, counts - base, grid, max_km if grid.are_lines else max_km2, most)
    labels = pd.Series(of_cell, index=grid.cells, name="hot_spot")
    return HotSpots(_table(labels, counts, base, grid), labels, pd.Series(marked & (of_cell == 0), grid.cells))


def _grown(marked: Bools, start: Bools, excess: Floats, grid: Units, room: float, most: int | None) -> Ints:
    """Return the number of the spot of each cell, by rank of excess; 0 for none."""
    touching, size = grid.adjacency(), grid.size.to_numpy()
    free = marked & (excess > 0)
    spots: list[list[int]] = []
    for seed in np.argsort(-np.where(free & start, excess, -np.inf), kind="stable"):
        if not (free[seed] and start[seed]):
            continue  # taken by an earlier spot, or not significant
        spots.append(_one(int(seed), free, excess, touching, size, room))
    of_cell = np.zeros(len(excess), np.int64)
    ranked = sorted(spots, key=lambda cells: (-excess[cells].sum(), cells[0]))
    for number, cells in enumerate(ranked[:most], start=1):
        of_cell[cells] = number
    return of_cell


def _one(seed: int, free: Bools, excess: Floats, touching: Any, size: Floats, room: float) -> list[int]:
    """Grow one spot from `seed`, and take its cells out of `free`."""
    cells, room = [seed], room - size[seed]
    free[seed] = False
    while True:
        around = np.unique(touching[cells].indices)
        around = around[free[around] & (size[around] <= room)]
        if not len(around):
            return cells
        best = int(around[np.argmax(excess[around])])
        cells.append(best)
        room -= size[best]
        free[best] = False


def _table(of_cell: pd.Series, observed: Floats, expected: Floats, grid: Units) -> gpd.GeoDataFrame:
    inside = of_cell.to_numpy() > 0
    known = pd.DataFrame(
        {"cells": 1, "incidents": observed, "expected": expected, grid.size.name: grid.size.to_numpy()},
        index=grid.cells,
    )[inside]
    sums = known.groupby(of_cell[inside]).sum().rename_axis("spot")
    sums.insert(3, "excess", sums["incidents"] - sums["expected"])
    sums.insert(4, "ratio", (sums["incidents"] / sums["expected"]).where(sums["expected"] > 0))
    shapes = grid.dissolve(of_cell.where(inside))
    return gpd.GeoDataFrame(sums, geometry=shapes.reindex(sums.index).to_numpy(), crs=grid.geometry.crs)
