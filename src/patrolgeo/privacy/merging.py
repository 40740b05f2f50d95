"""Small groups merge upward: cells where few people live are released only together with their neighbours."""

from collections.abc import Sequence

import geopandas as gpd
import h3.api.numpy_int as h3
import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_columns
from patrolgeo._typing import Array, CellIds, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid

FEW_HOUSEHOLDS, FEW_RESIDENTS = 10, 30  # fewer than these, but some, are never shown by themselves


def merge_upward(amount: Floats, levels: Sequence[Ints], threshold: float, *, with_zeros: bool = False) -> Ints:
    """Put what is small into blocks with the smallest of its relatives until each block reaches the threshold.

    Small is above 0 and below `threshold`. Level by level, the small blocks of one group join, and with them the
    smallest others of the group until they reach the threshold; what stays small goes on to the next level.

    Parameters
    ----------
    amount
        Shape (n,), not negative.
    levels
        Groups of the relatives, near ones first, each of shape (n,); each level is a coarsening of the one before.
    threshold
        The least amount of a block.
    with_zeros
        Take the zeros of a group into its block at the first level, so that being in a block does not tell "not 0".

    Returns
    -------
    The block of each element as the position of its first member, shape (n,). Only what no level could lift to the
    threshold is in a block that stays small.
    """
    block = np.arange(len(amount))
    for step, group in enumerate(levels):
        total = np.bincount(block, amount, minlength=len(amount))
        heads = np.unique(block)
        heads = heads if with_zeros and step == 0 else heads[total[heads] > 0]
        small = (total[heads] > 0) & (total[heads] < threshold)
        heads = heads[np.isin(group[heads], group[heads[small]])]
        if not len(heads):
            continue
        heads = heads[np.lexsort((heads, total[heads], group[heads]))]
        joins = (total[heads] < threshold) | (_before_in_group(total[heads], group[heads]) < threshold)
        joined, into = heads[joins], group[heads[joins]]
        target = np.full(len(amount), -1)
        target[joined] = _first_of_each(joined, into)
        block = np.where(target[block] >= 0, target[block], block)
    return block


def _before_in_group(amount: Array, group: Ints) -> Array:
    """Sum of the earlier amounts of the same group; the groups stand together."""
    before = np.cumsum(amount) - amount
    start = np.flatnonzero(np.r_[True, group[1:] != group[:-1]])
    return before - np.repeat(before[start], np.diff(np.r_[start, len(group)]))


def _first_of_each(members: Ints, group: Ints) -> Ints:
    labels, inverse = np.unique(group, return_inverse=True)
    first = np.full(len(labels), np.iinfo(np.int64).max)
    np.minimum.at(first, inverse, members)
    return first[inverse]


def ancestor_levels(ids: CellIds) -> list[Ints]:
    """Return groups of cells by their H3 ancestors, from the parents up to all cells together."""
    levels = []
    for resolution in range(h3.get_resolution(ids[0]) - 1, -1, -1):
        ids = np.array([h3.cell_to_parent(c, resolution) for c in ids], np.uint64)
        levels.append(np.unique(ids, return_inverse=True)[1])
        if levels[-1].max() == 0:
            return levels
    return [*levels, np.zeros(len(ids), np.int64)]


def merge_small_cells(
    grid: HexGrid, residents: pd.Series | None = None, households: pd.Series | None = None
) -> pd.Series:
    """Which cells may be shown by themselves, and which only together?

    A cell with 1 to 9 households (1 to 29 residents where households are unknown) points at people, so it joins the
    inhabited cells of its parent with the fewest people until 10 households (30 residents) are together, or those of
    its grandparent, and so on. Cells without residents (a market, a car park) are shown.

    Parameters
    ----------
    grid
        The study area.
    residents, households
        By cell; at least one of them. Households rule; residents fill in where households are missing. Amounts are
        rounded, so a cell with less than half a resident has none.

    Returns
    -------
    Series of H3 strings by cell, named "unit": the cell itself, or the first cell of those it is shown with; missing
    where even all cells together are too few.

    Raises
    ------
    DataError
        When neither residents nor households are known for a cell.
    AlignmentError
        When a Series lacks cells of the grid.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import HexGrid, merge_small_cells
    >>> from h3 import cell_to_children
    >>> grid = HexGrid.from_cells(cell_to_children("88309c4de3fffff", 9))
    >>> people = pd.Series([0, 4, 50, 400, 12, 0, 90], index=grid.cells)
    >>> people.groupby(merge_small_cells(grid, residents=people)).sum().tolist()
    [0, 66, 400, 0, 90]
    """
    enough = np.full(len(grid), np.nan)
    for counts, least, name in ((residents, FEW_RESIDENTS, "residents"), (households, FEW_HOUSEHOLDS, "households")):
        if counts is not None:
            share = np.rint(align(counts, grid.cells, name).to_numpy(float, na_value=np.nan)) / least
            enough = np.where(np.isfinite(share), share, enough)
    if np.isnan(enough).any():
        raise DataError(
            f"Neither residents nor households are known for {np.isnan(enough).sum()} of {len(grid)} cells; without "
            "them nothing can be released. Give residents by cell, 0 where nobody lives."
        )
    block = merge_upward(enough, ancestor_levels(grid.ids), 1.0)
    total = np.bincount(block, enough, minlength=len(grid))[block]
    units = np.where((total > 0) & (total < 1.0), None, grid.cells.to_numpy(object)[block])
    return pd.Series(units, index=grid.cells, name="unit", dtype="str")


def release_cells(
    table: pd.DataFrame, grid: HexGrid, units: pd.Series, columns: Sequence[str] | None = None
) -> gpd.GeoDataFrame:
    """Make the table by cell that may be released: one row for each unit of `merge_small_cells`, its cells dissolved.

    Parameters
    ----------
    table
        By cell.
    grid
        The study area.
    units
        Series by cell, from `merge_small_cells`.
    columns
        Columns that may be summed (counts, expected incidents, people); by default every column of numbers. Other
        columns (labels, p-values, rates) do not carry over: work them out again from the sums.

    Returns
    -------
    GeoDataFrame by unit with `n_cells`, `area_km2`, the sums and the outline. Cells without a unit are left out and
    counted in ``attrs["withheld_cells"]``.

    Raises
    ------
    MissingColumnError
        When the table lacks one of `columns`.
    AlignmentError
        When `units` lacks cells of the grid.

    Examples
    --------
    >>> import pandas as pd
    >>> from h3 import cell_to_children
    >>> from patrolgeo import HexGrid, merge_small_cells, release_cells
    >>> grid = HexGrid.from_cells(cell_to_children("88309c4de3fffff", 9))
    >>> people = pd.Series([0, 4, 50, 400, 12, 0, 90], index=grid.cells)
    >>> table = pd.DataFrame({"incidents": 1.0}, index=grid.cells)
    >>> release_cells(table, grid, merge_small_cells(grid, residents=people))["incidents"].sum()
    np.float64(7.0)
    """
    columns = list(table.select_dtypes("number").columns) if columns is None else list(columns)
    check_columns(table, columns, "the table to release")
    unit = align(units, grid.cells, "units")
    kept = unit.notna()
    rows = table.reindex(grid.cells)[[c for c in columns if c != "area_km2"]]
    sums = rows.assign(area_km2=grid.area_km2, n_cells=1)[kept].groupby(unit[kept]).sum()
    released = gpd.GeoDataFrame(sums, geometry=grid.dissolve(unit.rename("unit")))
    released.attrs["withheld_cells"] = int((~kept).sum())
    return released
