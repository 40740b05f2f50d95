"""One treated place, many others: a weighted mean of the others that ran alike before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import nnls

from patrolgeo._checks import check_choice, check_count, check_share
from patrolgeo._show import Rows
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.evaluation.impact._design import read_design
from patrolgeo.evaluation.impact.effect import Effect


@dataclass(frozen=True, eq=False, repr=False)
class SyntheticControl(Effect):
    """A treated place against its synthetic control; `synthetic_control` makes it.

    `effect` is the mean gap after the start, `p_value` that of the placebo test (rank over units).

    Parameters
    ----------
    weights
        Of the donors, largest first; they sum to 1. Only those above 0.
    gap
        By period, treated less synthetic.
    by_period
        The gap after the start by period, with its interval: effect, low, high.
    rmspe_before
        Root mean squared gap before the start: how well the synthetic control fits.
    ratio, rank
        Of that after to that before, and its rank among all units treated in turn as if they were treated (1 is the
        largest).
    placebos
        The ratio of each unit, largest first.
    """

    weights: pd.Series | None = None
    gap: pd.Series | None = None
    by_period: pd.DataFrame | None = None
    rmspe_before: float = np.nan
    ratio: float = np.nan
    rank: int = 0
    placebos: pd.Series | None = None

    def _rows(self) -> Rows:
        weights = pd.Series(dtype=float) if self.weights is None else self.weights
        donors = ", ".join(f"{unit} {share:.2f}" for unit, share in weights.head(4).items())
        return [
            ("donors", donors),
            ("fit before", f"{self.rmspe_before:,.4g} root mean squared gap"),
            (
                "placebos",
                f"rank {self.rank} of {0 if self.placebos is None else len(self.placebos)}, p {self.p_value:.3g}",
            ),
        ]


def synthetic_control(
    outcomes: pd.DataFrame, treated: object, start: object, *, n_placebo: int | None = None, alpha: float = 0.05
) -> SyntheticControl:
    """What would the treated place have been, said by others that ran as it did?

    Weights of 0 or more that sum to 1, fitted on the outcomes before the start. Trust it only where it fits before.
    Every other unit is then treated in turn as if it had been treated; how far out the real one lies is the evidence.

    Parameters
    ----------
    outcomes
        Shape (n_periods, n_units), periods in order.
    treated
        The label of the treated unit.
    start
        First treated period.
    n_placebo
        How many donors are tried as placebos, the first ones; by default all.
    alpha
        1 - coverage of the interval: the mean gaps of the placebos, each over its misfit before, tell how far a gap
        goes without treatment. It needs 1 / alpha - 1 placebos (19 for 95 %), else it is NaN.

    Returns
    -------
    SyntheticControl

    Raises
    ------
    DataError
        When there are fewer than two donors or two periods before, or the unit is not in the table.

    References
    ----------
    Abadie, Diamond and Hainmueller 2010, doi:10.1198/jasa.2009.ap08746.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import synthetic_control
    >>> table = pd.DataFrame({"here": [1.0, 2, 3, 2], "a": [0.0, 2, 4, 6], "b": [2.0, 2, 2, 2]})
    >>> found = synthetic_control(table, "here", 3)
    >>> found.weights.round(3).to_dict(), round(float(found.gap[3]), 3)
    ({'a': 0.5, 'b': 0.5}, -2.0)
    """
    check_share(alpha, "alpha")
    if not isinstance(outcomes, pd.DataFrame):
        raise DataError(f"outcomes must be a DataFrame, periods x units, got {type(outcomes).__name__}.")
    check_choice(treated, outcomes.columns, "treated")
    design = read_design(outcomes, [treated], start, None, None, None, counts=False)
    at, n_before = int(np.flatnonzero(design.treated)[0]), design.starts[0]
    donors = np.flatnonzero(~design.treated)
    if len(donors) < 2 or n_before < 2:
        raise DataError(
            f"{len(donors)} other units and {n_before} periods before; a synthetic control needs 2 of each."
        )
    shares = _weights(design.values[donors, :n_before].T, design.values[at, :n_before])
    gap = design.values[at] - shares @ design.values[donors]
    tried = donors if n_placebo is None else donors[: check_count(n_placebo, "n_placebo", 0)]
    gaps = np.array([gap, *(_placebo(design.values, int(one), donors, n_before) for one in tried)])
    return _result(outcomes, gaps, [treated, *outcomes.columns[tried]], pd.Series(shares, outcomes.columns[donors]),
                   n_before, alpha)  # fmt: skip


def _placebo(values: Floats, one: int, donors: Any, n_before: int) -> Floats:
    """Return the gap of a donor against the other donors; the treated unit stays out."""
    others = donors[donors != one]
    return values[one] - _weights(values[others, :n_before].T, values[one, :n_before]) @ values[others]


def _weights(others: Floats, own: Floats) -> Floats:
    """Return weights of 0 or more that sum to 1 and bring `others` (periods x donors) nearest to `own`.

    With the sum in reach, own - others @ w = -(others - own) @ w. Non-negative least squares of that on 0, with the
    sum on 1, has the direction of the answer: along a ray its value depends on the misfit alone and rises with it.
    """
    apart = others - own[:, None]
    apart = apart / max(np.abs(apart).max(), 1e-300)
    rows = np.vstack([apart, np.ones(others.shape[1])])
    found = nnls(rows, np.append(np.zeros(len(own)), 1.0), maxiter=100 * others.shape[1])[0]
    return np.asarray(found / found.sum(), np.float64)


def _result(
    outcomes: pd.DataFrame, gaps: Floats, units: list[Any], weights: pd.Series, n_before: int, alpha: float
) -> SyntheticControl:
    before, after = (np.sqrt((part**2).mean(axis=1)) for part in (gaps[:, :n_before], gaps[:, n_before:]))
    dust = 1e-9 * np.abs(outcomes.to_numpy(float)).max()
    before, after = (np.where(part > dust, part, 0.0) for part in (before, after))
    ratios = np.divide(after, before, out=np.where(after > 0, np.inf, 0.0), where=before > 0)
    rank = 1 + int((ratios[1:] >= ratios[0]).sum())  # a placebo as far off counts against the unit
    means = gaps[:, n_before:].mean(axis=1)
    half = _reach(means, before, alpha)
    halves = np.array([_reach(gaps[:, at], before, alpha) for at in range(n_before, gaps.shape[1])])
    effect = float(means[0])
    post = gaps[0, n_before:]
    table = pd.DataFrame({"effect": post, "low": post - halves, "high": post + halves}, outcomes.index[n_before:])
    placebos = pd.Series(ratios, pd.Index(units, name="unit"), name="ratio").sort_values(ascending=False, kind="stable")
    others = weights[weights > 1e-9].sort_values(ascending=False, kind="stable").rename("weight")
    return SyntheticControl(
        effect, np.nan, np.nan, effect - half, effect + half, rank / len(units), alpha, weights=others,
        gap=pd.Series(gaps[0], outcomes.index, name="gap"), by_period=table, rmspe_before=float(before[0]),
        ratio=float(ratios[0]), rank=rank, placebos=placebos,
    )  # fmt: skip


def _reach(found: Floats, misfit: Floats, alpha: float) -> float:
    """Return how far a gap goes without treatment: of the placebos' gaps over misfits the quantile that counts ours."""
    n = len(found) - 1
    if n < 1 / alpha - 1 - 1e-9 or not misfit[1:].all():
        return np.nan
    sizes = np.sort(np.abs(found[1:]) / misfit[1:])
    return float(sizes[int(np.ceil((n + 1) * (1 - alpha) - 1e-9)) - 1] * misfit[0])
