"""Counts that may be published: small ones suppressed together with others, so that nothing can be subtracted back.

Every count (category, period, cell) is put into a block. A block is a single count that is 0 or large enough, or
several counts whose sum is large enough. A number is published only when it is a sum of whole blocks, whatever table it
stands in: children, parents, totals by period or category. So all that is published together tells the sums of the
blocks and nothing more: a suppressed count can be anything from 0 to its block's sum.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import h3.api.numpy_int as h3
import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice, check_count, check_panel
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.grid.neighbors import h3_numbers
from patrolgeo.privacy.merging import ancestor_levels, merge_upward
from patrolgeo.privacy.register import join_earlier, write_release

MARGINS = ("period", "category", "cell")


@dataclass(frozen=True, repr=False)
class SuppressedCounts(Shown):
    """What may be published of a panel; missing where suppressed.

    Parameters
    ----------
    leaves
        One row for each count: `category`, `period`, `cell`, its `block`.
    sums
        The sum of each block, shape (n_blocks,); missing where it may not be published.
    threshold
        The least sum of a block.
    """

    leaves: pd.DataFrame
    sums: Array
    threshold: int

    def _head(self) -> str:
        numbers = self.summary()
        return f"{numbers['suppressed']:,.0f} of {numbers['counts']:,.0f} counts suppressed, threshold {self.threshold}"

    def _rows(self) -> Rows:
        return [("shown by cell", f"{self.summary()['share_shown_by_cell']:.1%} of what is published")]

    @property
    def counts(self) -> pd.DataFrame:
        """The panel with suppressed counts missing, columns (category, cell), or cell when there is one category."""
        values = self._published(np.arange(len(self.leaves)))
        return _as_panel(self.leaves.assign(value=values), "cell")

    def parents(self, resolution: int) -> pd.DataFrame:
        """Return the counts of the parent cells at a coarser resolution, missing where suppressed."""
        cells = self.leaves["cell"].unique()
        up = [h3.int_to_str(h3.cell_to_parent(c, resolution)) for c in h3_numbers(cells)]
        lifted = self.leaves.assign(cell=self.leaves["cell"].map(dict(zip(cells, up, strict=True))))
        return _as_panel(self._summed(lifted, [*MARGINS]), "cell")

    def totals(self, by: str | Sequence[str]) -> pd.Series:
        """Return totals by "period", "category", "cell" or several of them, missing where suppressed."""
        by = [by] if isinstance(by, str) else list(by)
        for name in by:
            check_choice(name, MARGINS, "by")
        return self._summed(self.leaves, by).set_index(by)["value"].sort_index()

    def summary(self) -> pd.Series:
        """Return how many counts are published and suppressed, and what share of what is published stands by cell."""
        shown = self._published(np.arange(len(self.leaves)))
        total = np.nansum(self.sums)
        return pd.Series(
            {
                "counts": len(shown),
                "suppressed": int(np.isnan(shown).sum()),
                "share_shown_by_cell": float(np.nansum(shown) / total) if total else 1.0,
                "threshold": self.threshold,
            },
            name="suppression",
        )

    def _summed(self, labelled: pd.DataFrame, by: list[str]) -> pd.DataFrame:
        group = labelled.groupby(by, sort=True).ngroup().to_numpy()
        first = pd.Series(np.arange(len(group))).groupby(group).first()
        return labelled.iloc[first][by].assign(value=self._published(group)).reset_index(drop=True)

    def _published(self, group: Ints) -> Array:
        """Return the sum of each group of leaves, missing where it cuts a block or holds one that is withheld."""
        block = self.leaves["block"].to_numpy()
        pairs = pd.DataFrame({"block": block, "group": group}).drop_duplicates()
        cut = pairs["block"].duplicated(keep=False).to_numpy()
        return np.bincount(pairs["group"], np.where(cut, np.nan, self.sums[pairs["block"]]))


def suppress_small_counts(
    panel: pd.DataFrame | pd.Series, threshold: int = 5, *, register: str | Path | None = None
) -> SuppressedCounts:
    """Which counts may be published without telling a small one?

    Counts from 1 to `threshold` - 1 are suppressed, and others with them (first in the parent cell, then farther up,
    then across periods, then across categories) until the suppressed ones together reach the threshold. Zeros beside
    them are suppressed too, so that "suppressed" does not mean "not zero". What is left out of one table is left out of
    all: parents and totals appear only where they tell nothing new.

    Parameters
    ----------
    panel
        Counts, shape (n_periods, n_cells), or with columns (category, cell); or a Series by cell.
    threshold
        The smallest count that may be told.
    register
        File (Parquet) that remembers what was published. Given the same file, a later release of the same counts joins
        its blocks with the earlier ones, and repeats a sum that has changed by less than the threshold, so that two
        releases cannot be differenced. The file is written before the function returns; publish what it returns.

    Returns
    -------
    SuppressedCounts with `counts`, `parents(resolution)`, `totals(by)` and `summary()`.

    Raises
    ------
    DataError
        When counts are negative or missing, the columns are not H3 cells, or the register holds a release with other
        periods, categories or resolution that would cut across this one.

    Notes
    -----
    The promise holds against somebody who knows every published table and that counts are not negative: no suppressed
    count can be bounded to a range narrower than the threshold. It does not hold against somebody who knows single
    counts already (the victim of the only burglary knows that one).

    References
    ----------
    Hundepool, A. et al. (2012). Statistical Disclosure Control. Wiley.

    Examples
    --------
    >>> import pandas as pd
    >>> from h3 import cell_to_children
    >>> from patrolgeo import suppress_small_counts
    >>> counts = pd.Series([0, 2, 9, 30, 4, 0, 12], index=sorted(cell_to_children("88309c4de3fffff", 9)))
    >>> released = suppress_small_counts(counts, threshold=5)
    >>> released.counts.iloc[0].tolist()
    [nan, nan, 9.0, 30.0, nan, nan, 12.0]
    >>> released.parents(8).iloc[0].tolist()
    [57.0]
    """
    threshold = check_count(threshold, "threshold")
    leaves, counts = _leaves(panel)
    block = merge_upward(counts, _levels(leaves), threshold, with_zeros=True)
    if register is None:
        sums = np.bincount(block, counts, minlength=len(counts))
        return SuppressedCounts(leaves.assign(block=block), _publishable(sums, threshold), threshold)
    block, sums = join_earlier(register, leaves, block, counts, threshold)
    release = SuppressedCounts(leaves.assign(block=block), sums, threshold)
    write_release(register, release.leaves, sums)
    return release


def _publishable(sums: Array, threshold: float) -> Array:
    return np.where((sums > 0) & (sums < threshold), np.nan, sums)


def _leaves(panel: pd.DataFrame | pd.Series) -> tuple[pd.DataFrame, Floats]:
    if isinstance(panel, pd.Series):
        panel = panel.to_frame(pd.Timestamp(0)).T.rename_axis(index="period")
    if not check_panel(panel).size:
        raise DataError("There are no counts to release.")
    columns = panel.columns.to_frame(index=False)
    cell = columns.iloc[:, -1]
    category = columns.iloc[:, 0] if columns.shape[1] > 1 else pd.Series("", index=cell.index)
    n = len(panel)
    leaves = pd.DataFrame(
        {
            "category": np.tile(category.to_numpy(object), n),
            "period": panel.index.repeat(len(cell)),
            "cell": np.tile(cell.to_numpy(object), n),
        }
    )
    return leaves, panel.to_numpy(float).ravel()


def _levels(leaves: pd.DataFrame) -> list[Ints]:
    """Groups of relatives: cells of one parent, farther up, all cells; then all periods; then all categories."""
    cell, names = pd.factorize(leaves["cell"])
    kind = pd.factorize(leaves["category"])[0].astype(np.int64)
    when = pd.factorize(leaves["period"])[0] + kind * leaves["period"].nunique()
    near = [when * len(names) + up[cell] for up in ancestor_levels(h3_numbers(names))]
    return [*near, kind, np.zeros(len(leaves), np.int64)]


def _as_panel(table: pd.DataFrame, cell: str) -> pd.DataFrame:
    one = table["category"].nunique() <= 1
    return table.pivot(index="period", columns=cell if one else ["category", cell], values="value").sort_index(axis=1)
