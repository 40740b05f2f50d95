"""What it cost: an incident prevented, what it was worth, and what the next step buys."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy import special

from patrolgeo._checks import as_floats, check_columns, check_number, check_share
from patrolgeo._show import Rows, Shown
from patrolgeo.errors import DataError


@dataclass(frozen=True, eq=False, repr=False)
class CostBenefit(Shown):
    """Cost of an incident prevented, and what was gained; `cost_benefit` makes it.

    Parameters
    ----------
    cost
        What was spent.
    prevented, prevented_low, prevented_high
        Incidents prevented (or harm), with interval; below zero there were more.
    per_incident, low, high
        Cost of one prevented; `high` is infinite where the interval of the effect holds 0. NaN where none can be said.
    benefit, benefit_low, benefit_high
        What the prevented incidents were worth, in the unit of `value`; NaN without one.
    value
        Of an incident; None where none was brought.
    """

    cost: float
    prevented: float
    prevented_low: float
    prevented_high: float
    per_incident: float
    low: float
    high: float
    benefit: float
    benefit_low: float
    benefit_high: float
    value: float | None

    @property
    def unbounded(self) -> bool:
        """Whether the cost of an incident prevented has no upper end: that nothing was prevented is not ruled out."""
        return bool(np.isinf(self.high))

    @property
    def net(self) -> tuple[float, float, float]:
        """Benefit less cost, with its interval."""
        return self.benefit - self.cost, self.benefit_low - self.cost, self.benefit_high - self.cost

    def _head(self) -> str:
        high = "unbounded" if self.unbounded else f"{self.high:,.6g}"
        return f"{self.per_incident:,.6g} an incident prevented [{self.low:,.6g}, {high}]"

    def _rows(self) -> Rows:
        rows = [
            ("cost", f"{self.cost:,.6g}"),
            ("prevented", f"{self.prevented:,.4g} [{self.prevented_low:,.4g}, {self.prevented_high:,.4g}]"),
        ]
        if self.value is not None:
            rows.append(("benefit", f"{self.benefit:,.6g} [{self.benefit_low:,.6g}, {self.benefit_high:,.6g}]"))
        return rows


def cost_benefit(
    effect: float, cost: float, standard_error: float, *, value: float | None = None, alpha: float = 0.05
) -> CostBenefit:
    """What did an incident prevented cost, and was it worth it?

    The interval of the effect, turned into money: where it holds 0, an incident prevented may have cost any sum, and
    the upper end is said to be unbounded. What an incident is worth (harm weight or money) the user brings; nothing is
    assumed.

    Parameters
    ----------
    effect
        Change in incidents (or harm) through the measure; below zero they were fewer.
    cost
        What the measure cost.
    standard_error
        Of the effect.
    value
        What one incident costs (or harm is worth).
    alpha
        1 - coverage of the intervals.

    Returns
    -------
    CostBenefit

    Raises
    ------
    DataError
        When a number is missing, negative where it cannot be, or no number.

    Examples
    --------
    >>> from patrolgeo import cost_benefit
    >>> found = cost_benefit(-40, 120_000, 22.4)
    >>> found.per_incident, round(found.low, 2), found.unbounded
    (3000.0, 1430.22, True)
    """
    check_number(effect, "effect")
    check_number(cost, "cost", least=0)
    check_number(standard_error, "standard_error", above=0, hint="an effect without spread tells nothing of its cost")
    check_share(alpha, "alpha")
    half = float(special.ndtri(1 - alpha / 2)) * standard_error
    return cost_of(-effect, (-effect - half, -effect + half), cost, value)


def cost_of(prevented: float, span: tuple[float, float], cost: float, value: float | None = None) -> CostBenefit:
    """Return what follows of a number of incidents prevented and its interval, which need not lie around it."""
    if value is not None:
        check_number(value, "value", least=0)
    few, many = span
    per = cost / prevented if prevented > 0 else np.nan
    low = cost / many if many > 0 else np.nan
    high = np.nan if np.isnan(low) else cost / few if few > 0 else np.inf
    worth = np.nan if value is None else value
    return CostBenefit(
        cost, prevented, few, many, per, low, high, worth * prevented, worth * few, worth * many, value
    )  # fmt: skip


def marginal_value(curve: pd.DataFrame, cost: float, *, number: str, gain: str) -> pd.DataFrame:
    """What does one more officer hour, post or area buy?

    Parameters
    ----------
    curve
        A row a number of posts, areas or units, as `marginal_curve` and `areas_curve` give them.
    cost
        Of one more.
    number, gain
        Columns: how many there are, and what is gained (covered demand, minutes saved); more is better.

    Returns
    -------
    DataFrame, a row a step: `number`, `gain`, `more` (than the step before, for one more), `cost` of a unit of gain at
    this step; infinite where the step gains nothing.

    Raises
    ------
    DataError
        When numbers stand twice or are missing, or there are fewer than two rows.
    MissingColumnError
        When the curve lacks a column.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import marginal_value
    >>> curve = pd.DataFrame({"n_sites": [1, 2, 3], "covered": [50.0, 70.0, 75.0]})
    >>> marginal_value(curve, 1000, number="n_sites", gain="covered")["cost"].tolist()
    [50.0, 200.0]
    """
    check_number(cost, "cost", least=0)
    check_columns(curve, [number, gain], "curve")
    table = pd.DataFrame({name: as_floats(curve[name], name) for name in (number, gain)}).sort_values(number)
    steps = table.diff().iloc[1:]
    if len(table.columns) < 2:
        raise DataError(f"number and gain are both {number!r}; name two columns.")
    if len(table) < 2 or not np.isfinite(table).all(axis=None) or not (steps[number] > 0).all():
        raise DataError(f"curve needs two rows or more, each {number} once and nothing missing.")
    more = steps[gain] / steps[number]
    price = (cost / more.where(more > 0)).fillna(np.inf)
    return table.iloc[1:].assign(more=more, cost=price).reset_index(drop=True)


def yearly_costs(measures: Any, *, alpha: float = 0.05) -> pd.DataFrame:
    """Which measures go on, which change: the table for the yearly adjustment.

    Parameters
    ----------
    measures
        A row a measure: `measure`, `cost`, `effect` (change in incidents), `standard_error`.
    alpha
        1 - coverage of the intervals.

    Returns
    -------
    DataFrame, cheapest incident first: `measure`, `cost`, `prevented`, `per_incident`, `low`, `high` (infinite:
    unbounded), and `said`: "fewer", "more" or "no evidence", which is not "no effect".

    Raises
    ------
    DataError
        When numbers are missing or out of range.
    MissingColumnError
        When a column is missing.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import yearly_costs
    >>> year = pd.DataFrame({"measure": ["posts", "lights"], "cost": [9e4, 2e4], "effect": [-40.0, -30.0],
    ...                      "standard_error": [22.0, 9.0]})
    >>> yearly_costs(year)[["measure", "said"]].values.tolist()
    [['lights', 'fewer'], ['posts', 'no evidence']]
    """
    check_columns(measures, ["measure", "cost", "effect", "standard_error"], "measures")
    rows = []
    numbers = [as_floats(measures[name], name) for name in ("effect", "cost", "standard_error")]
    for measure, *given in zip(measures["measure"], *numbers, strict=True):
        one = cost_benefit(*map(float, given), alpha=alpha)
        said = "fewer" if one.prevented_low > 0 else "more" if one.prevented_high < 0 else "no evidence"
        rows.append((measure, one.cost, one.prevented, one.per_incident, one.low, one.high, said))
    names = ["measure", "cost", "prevented", "per_incident", "low", "high", "said"]
    return pd.DataFrame(rows, columns=names).sort_values("per_incident", kind="stable", ignore_index=True)
