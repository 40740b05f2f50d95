"""What fairness costs: the most hits that can be had while one group bears at most so many times what the rest does."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo._checks import align, as_floats, check_number
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.solver import OPTIMAL, solve_milp


def equity_frontier(
    hits: pd.Series, residents: pd.Series, group_share: pd.Series, cells: int, caps: Sequence[float]
) -> pd.DataFrame:
    """How many hits must be given up so that a group bears at most `cap` times what the rest of the people bear?

    A linear program chooses how much of each cell is patrolled, x in [0, 1], at most `cells` in all, so that::

        sum(x * group) / sum(group) <= cap * sum(x * rest) / sum(rest)

    Parameters
    ----------
    hits
        Expected incidents by cell.
    residents
        People by cell.
    group_share
        Share of them in the group, 0 to 1.
    cells
        How many cells can be patrolled.
    caps
        Most times that the group bears what the rest bears. A first row without a cap is always told.

    Returns
    -------
    DataFrame, the row without a cap first, then from the loosest to the tightest: `cap` (infinite in the first),
    `hits`, `bound`, `kept_share` (of the hits without a cap), `ratio`, `lost` (hits given up), `status`. Columns of the
    choice itself: ``attrs["chosen"]``, a DataFrame of cells x caps.

    Raises
    ------
    AlignmentError
        When cells differ.
    DataError
        When numbers are negative or missing, a cap is not positive, or the group or the rest is empty.

    References
    ----------
    Wheeler (2020), doi:10.1080/07418825.2019.1630471. The program is solved by HiGHS.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import equity_frontier
    >>> labels = list("abcd")
    >>> hits = pd.Series([4.0, 3.0, 2.0, 1.0], index=labels)
    >>> share = pd.Series([0.8, 0.6, 0.2, 0.1], index=labels)
    >>> table = equity_frontier(hits, pd.Series(100, index=labels), share, 2, [1.0])
    >>> table["hits"].round(3).tolist(), table["ratio"].round(3).tolist()
    ([7.0, 5.357], [3.157, 1.0])
    """
    index = hits.index if isinstance(hits, pd.Series) else pd.Index([])
    worth, people, share = (
        _numbers(align(values, index, name, "cells"), name)
        for name, values in (("hits", hits), ("residents", residents), ("group_share", group_share))
    )
    if (share > 1 + 1e-9).any():
        raise DataError("group_share must hold shares of 0 to 1.")
    check_number(cells, "cells", least=1, most=len(worth), whole=True)
    limits = sorted({_cap(cap) for cap in np.atleast_1d(np.asarray(caps, dtype=object))}, reverse=True)
    group, rest = people * share, people * (1 - share)
    if not (group.sum() > 0 and rest.sum() > 0):
        raise DataError("Nobody lives in the group, or everybody does: there is nothing to compare.")
    group, rest = group / group.sum(), rest / rest.sum()
    answers = [_most_hits(worth, group, rest, int(cells), cap) for cap in (np.inf, *limits)]
    best = answers[0][1]
    rows = [
        {"cap": cap, "hits": got, "bound": got, "kept_share": got / best if best else 1.0,
         "ratio": _ratio(x, group, rest), "lost": best - got, "status": OPTIMAL}
        for cap, (x, got) in zip((np.inf, *limits), answers, strict=True)
    ]  # fmt: skip
    table = pd.DataFrame(rows)
    table.attrs["chosen"] = pd.DataFrame(
        {row["cap"]: x for row, (x, _) in zip(rows, answers, strict=True)}, index=index
    )
    return table


def _most_hits(worth: Floats, group: Floats, rest: Floats, cells: int, cap: float) -> tuple[Floats, float]:
    """Return the choice and its hits; without a cap, the cells with most hits."""
    rows, upper = [np.ones(len(worth))], [float(cells)]
    if np.isfinite(cap):
        rows.append(group - cap * rest)
        upper.append(0.0)
    answer = solve_milp(
        worth, sparse.csr_matrix(np.array(rows)), np.full(len(rows), -np.inf), np.array(upper),
        integer=np.zeros(len(worth), bool), maximize=True,
    )  # fmt: skip
    if answer.values is None or answer.status != OPTIMAL:  # x = 0 is always a choice
        raise DataError(
            f"The program for cap={cap:g} was not solved ({answer.status}); look at the size of the numbers."
        )
    return answer.values, answer.objective


def _ratio(x: Floats, group: Floats, rest: Floats) -> float:
    one, other = float(x @ group), float(x @ rest)
    return one / other if other > 0 else (np.inf if one > 0 else np.nan)


def _cap(cap: object) -> float:
    check_number(cap, "caps", above=0, hint="1 means the group bears no more than the rest")
    return float(cap)  # type: ignore[arg-type]


def _numbers(values: pd.Series, name: str) -> Floats:
    numbers = as_floats(values, name)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise DataError(f"{name} holds negative or missing numbers; put 0 where there is nothing.")
    return numbers
