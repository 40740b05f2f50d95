"""Which places are treated: drawn by lot, within blocks of equal risk, with room between them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.spatial import KDTree

from patrolgeo._checks import as_floats, check_count, check_number, check_seed, check_type
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError, InfeasibleError
from patrolgeo.evaluation.impact._few import assignments
from patrolgeo.grid.units import Units


@dataclass(frozen=True, eq=False, repr=False)
class Assignment(Shown):
    """Places of a trial, drawn by lot; `assign_treatment` makes it.

    Parameters
    ----------
    table
        By unit, highest risk first: `risk`, `block`, `arm` ("treated" or "control").
    """

    table: pd.DataFrame

    @property
    def treated(self) -> pd.Index:
        """Labels of the treated units."""
        return self.table.index[self.table["arm"] == "treated"]

    @property
    def control(self) -> pd.Index:
        """Labels of the control units."""
        return self.table.index[self.table["arm"] == "control"]

    def balance(self, values: pd.Series, random_state: Any = 0) -> float:
        """Return p that another draw gives arms at least as far apart in the mean of `values`.

        Over many trials it is uniform; a small one now and then is luck, and no reason to draw again.

        Parameters
        ----------
        values
            Series by unit.
        random_state
            Seed or Generator of the draws, where there are too many to try all.
        """
        check_type(values, pd.Series, "values")
        if values.index.has_duplicates:
            raise AlignmentError("values holds a unit twice.")
        lone = self.table.index.difference(values.index)
        if len(lone):
            raise AlignmentError(f"values lacks {len(lone)} units of the trial (first: {lone[0]!r}).")
        known = as_floats(values.reindex(self.table.index), "values")
        if not np.isfinite(known).all():
            raise DataError("values is missing or infinite for a unit of the trial.")
        treated = (self.table["arm"] == "treated").to_numpy()
        ways = assignments(treated, self.table["block"].to_numpy(), np.random.default_rng(check_seed(random_state)))
        apart = np.abs(_apart(ways, known))
        return float((apart >= abs(_apart(treated[None] * 1.0, known)[0]) * (1 - 1e-12)).mean())

    def _head(self) -> str:
        return f"{len(self.treated)} treated, {len(self.control)} control in {self.table['block'].nunique()} blocks"

    def _rows(self) -> Rows:
        means = self.table.groupby("arm")["risk"].mean()
        return [("mean risk", f"{means['treated']:,.3g} treated, {means['control']:,.3g} control")]


def _apart(ways: Floats, values: Floats) -> Floats:
    treated = ways.sum(axis=1)
    return ways @ values / treated - (1 - ways) @ values / (ways.shape[1] - treated)


def assign_treatment(
    risk: pd.Series,
    n: int,
    *,
    blocks: int | None = None,
    buffer: float = 0.0,
    units: Units | None = None,
    random_state: Any = None,
) -> Assignment:
    """Which of the places with the highest risk are treated, and which are their controls?

    The riskiest places that lie far enough apart are taken, twice as many as are to be treated, and cut by risk into
    blocks; half of each block is drawn by lot. What is treated and what is compared then differ by chance only.

    Parameters
    ----------
    risk
        Series by unit: what is expected there without treatment. From the past only.
    n
        How many are treated; as many are controls.
    blocks
        How many blocks; by default `n`, which are pairs.
    buffer
        Metres between the middles of any two places of the trial, so that what moves next door stays out of the
        comparison; needs `units`.
    units
        The grid.
    random_state
        Seed or Generator; None draws a fresh seed. Write the seed down before the start.

    Returns
    -------
    Assignment

    Raises
    ------
    InfeasibleError
        When there are not twice `n` places with risk that lie far enough apart; the message says how many there are.
    DataError
        When an argument is out of range.
    AlignmentError
        When `units` lacks places.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import assign_treatment
    >>> drawn = assign_treatment(pd.Series({"a": 9.0, "b": 8.0, "c": 3.0, "d": 2.0, "e": 0.1}), 2, random_state=1)
    >>> drawn.table["block"].tolist(), len(drawn.treated), sorted(drawn.treated.union(drawn.control))
    ([0, 0, 1, 1], 2, ['a', 'b', 'c', 'd'])
    """
    check_type(risk, pd.Series, "risk")
    check_count(n, "n")
    check_number(buffer, "buffer", least=0)
    n_blocks = n if blocks is None else check_count(blocks, "blocks")
    if n_blocks > n:
        raise DataError(f"blocks={n_blocks} are more than the {n} places to treat; each block needs one.")
    values = as_floats(risk, "risk")
    if not np.isfinite(values).all() or (values < 0).any() or risk.index.has_duplicates:
        raise DataError("risk must hold one number of 0 or more for each unit.")
    order = pd.Series(values, risk.index).sort_values(ascending=False, kind="stable")
    order = order[order > 0]
    chosen = order.index[: 2 * n] if not buffer else _far_apart(order.index, units, buffer, 2 * n)
    if len(chosen) < 2 * n:
        raise InfeasibleError(
            f"{n} treated and {n} control places were wanted; only {len(chosen)} have a risk above 0 and lie "
            f"{buffer:g} m apart. Treat fewer places, or take a smaller buffer."
        )
    rng = np.random.default_rng(check_seed(random_state))
    block = np.repeat(np.arange(n_blocks), [2 * len(part) for part in np.array_split(np.arange(n), n_blocks)])
    arm = np.full(2 * n, "control", object)
    for one in range(n_blocks):
        members = np.flatnonzero(block == one)
        arm[rng.choice(members, len(members) // 2, replace=False)] = "treated"
    table = pd.DataFrame({"risk": order[chosen], "block": block, "arm": pd.array(arm, "str")}, chosen)
    return Assignment(table.rename_axis(risk.index.name))


def _far_apart(labels: pd.Index, units: Units | None, buffer: float, n: int) -> pd.Index:
    """Return the first `n` labels in order of which none lies within the buffer of an earlier one."""
    if units is None:
        raise DataError("buffer needs units=, the grid that says where the places lie.")
    at = units.cells.get_indexer(labels)
    if (at < 0).any():
        raise AlignmentError(f"units lacks {int((at < 0).sum())} of the places (first: {labels[at < 0][0]!r}).")
    tree = KDTree(units.xy[at])
    free, taken = np.ones(len(at), bool), []
    for place in range(len(at)):
        if free[place]:
            taken.append(place)
            free[tree.query_ball_point(tree.data[place], buffer)] = False
        if len(taken) == n:
            break
    return labels[taken]
