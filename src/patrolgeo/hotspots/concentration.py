"""How concentrated are incidents: over area, over people, over units?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_number, check_once, check_seed
from patrolgeo._show import Rows, Shown
from patrolgeo._typing import Array, Floats
from patrolgeo.errors import DataError
from patrolgeo.panel.events import check_total, incident_size

_DRAWS = 400  # resampled maps behind an interval


@dataclass(frozen=True, repr=False)
class Concentration(Shown):
    """The Lorenz curve of incidents over units and what is read from it.

    Parameters
    ----------
    curve
        Cumulated shares, one row per unit from the busiest down: `base` (area, people or units) and `incidents`.
    gini
        0 when incidents follow the base exactly, near 1 when one unit has all.
    gini_corrected
        The same, less what scatter alone gives: with fewer incidents than units even an even risk leaves most units
        empty.
    gini_interval
        95 % interval of `gini_corrected`.
    expected_by_chance
        Mean Gini of incidents that follow the base, the total kept.
    incidents
        Their number (or sum of weights).
    shares
        Table: the smallest share of the base that holds 25, 50 and 80 % of incidents, with a 95 % interval, and what
        chance gives.
    """

    curve: pd.DataFrame
    gini: float
    gini_corrected: float
    gini_interval: tuple[float, float]
    expected_by_chance: float
    incidents: float
    shares: pd.DataFrame

    def _head(self) -> str:
        return self.summary()

    def _rows(self) -> Rows:
        if not self.incidents:
            return [("units", f"{len(self.curve):,}")]
        low, high = self.gini_interval
        held = [
            (f"{share:.0%} lie in", f"{row['base']:.1%} of the base ({row['low']:.1%} to {row['high']:.1%}; by chance "
             f"{row['chance']:.1%})")
            for share, row in self.shares.to_dict("index").items()
        ]  # fmt: skip
        return [
            ("incidents", f"{self.incidents:,.6g} in {len(self.curve):,} units"), *held,
            ("Gini", f"{self.gini:.3f}, by chance {self.expected_by_chance:.3f}"),
            ("corrected", f"{self.gini_corrected:.3f} ({low:.3f} to {high:.3f})"),
        ]  # fmt: skip

    def incident_share(self, base_share: float) -> float:
        """Return the share of incidents in the busiest units that hold `base_share` of the base."""
        x, y = np.r_[0.0, self.curve["base"]], np.r_[0.0, self.curve["incidents"]]
        return float(np.interp(base_share, x, y))

    def summary(self) -> str:
        """Return one line for a report."""
        if not self.incidents:
            return "no incident is recorded: there is nothing to concentrate"
        half = self.shares.loc[0.5]
        return (
            f"half of the incidents lie in {half['base']:.1%} of the base ({half['low']:.1%} to {half['high']:.1%}; "
            f"by chance {half['chance']:.1%}); corrected Gini {self.gini_corrected:.2f}"
        )


def concentration(
    counts: pd.Series | pd.DataFrame,
    base: pd.Series | None = None,
    *,
    incident: Any = None,
    random_state: int | None = 0,
) -> Concentration:
    """In how small a share of area, people or places do most incidents lie?

    Parameters
    ----------
    counts
        Incidents (or harm) by unit: cells, villages, street segments; a panel is summed.
    base
        What the units are shares of: area, residents, length. By default each unit counts the same.
    incident
        For sums of weights: the weights of the incidents, or the size of one, as in `GetisOrd.fit`. Chance then spreads
        as many effective incidents; a constant factor changes nothing.
    random_state
        Seed of the intervals (incidents resampled) and of what chance gives.

    Returns
    -------
    The Lorenz curve, the Gini with what chance gives, and shares with intervals.

    Raises
    ------
    AlignmentError
        When `base` lacks units of `counts`.
    DataError
        When numbers are negative, missing or too large, `base` is 0 throughout, or `counts` are not whole and
        `incident` is not given.

    Notes
    -----
    With few incidents the busiest units are partly luck: compare `shares` with its `chance` column, and never two
    areas with different numbers of incidents by the plain Gini.

    References
    ----------
    Bernasco and Steenbeek 2017, doi:10.1007/s10940-016-9324-7; Mohler, Brantingham, Carter and Short 2019;
    Weisburd 2015 (law of concentration).

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import concentration
    >>> found = concentration(pd.Series([80.0, 10, 5, 5] + [0] * 96, index=range(100)))
    >>> found.summary()
    'half of the incidents lie in 0.6% of the base (0.6% to 0.7%; by chance 20.1%); corrected Gini 0.96'
    """
    totals, values, weight, size = _read(counts, base, incident)
    if not len(values) or values.sum() == 0:
        return _nothing(totals.index, weight)
    rng = np.random.default_rng(check_seed(random_state))
    levels = np.array([0.25, 0.5, 0.8])
    events = max(round(values.sum() / size), 1)
    boot = _ginis_and_shares(rng.multinomial(events, values / values.sum(), _DRAWS), weight, levels)
    chance = _ginis_and_shares(rng.multinomial(events, weight / weight.sum(), _DRAWS), weight, levels)
    own = _ginis_and_shares(values[None, :], weight, levels)
    scatter = chance[0].mean()
    corrected = (np.r_[own[0], boot[0]] - scatter) / max(1 - scatter, 1e-12)
    low, high = _around(corrected[:1], corrected[1:, None])
    return Concentration(
        curve=_curve(totals, weight),
        gini=float(own[0][0]),
        gini_corrected=float(corrected[0]),
        gini_interval=(float(max(low[0], -1.0)), float(min(high[0], 1.0))),
        expected_by_chance=float(scatter),
        incidents=float(values.sum()),
        shares=_share_table(levels, own[1][0], boot[1], chance[1]),
    )


def eighty_twenty(
    counts: pd.Series | pd.DataFrame,
    base: pd.Series | None = None,
    *,
    top: Sequence[float] = (0.01, 0.05, 0.1, 0.2, 0.5),
    incident: Any = None,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """How many of the incidents lie in the busiest fifth of the areas or streets?

    The rows of an 80-20 table: what the busiest places hold, beside what they would hold by chance. The last place
    counts in part, so that the share of the base is met exactly.

    Parameters
    ----------
    counts, base, incident
        As in `concentration`: incidents by area or segment, and what they are shares of (length for streets).
    top
        Shares of the base, above 0 and up to 1.
    random_state
        Seed of the intervals and of what chance gives.

    Returns
    -------
    DataFrame by share of the base: `places` (how many, the last in part counted), `incidents`, `incident_share` with a
    95 % interval (`low`, `high`), `chance`.

    Raises
    ------
    AlignmentError, DataError
        As in `concentration`; when a share does not lie between 0 and 1.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import eighty_twenty
    >>> eighty_twenty(pd.Series([60.0, 20, 5, 5, 10] + [0] * 5), top=[0.2])[["places", "incident_share"]]
          places  incident_share
    base
    0.2        2             0.8
    """
    _, values, weight, size = _read(counts, base, incident)
    for share in top:
        check_number(share, "top", above=0, most=1)
    levels = np.asarray(list(top), float)
    index = pd.Index(levels, name="base")
    columns = ["places", "incidents", "incident_share", "low", "high", "chance"]
    if not len(values) or values.sum() == 0:
        return pd.DataFrame(np.nan, index=index, columns=columns)
    rng = np.random.default_rng(check_seed(random_state))
    events = max(round(values.sum() / size), 1)
    boot = _held(rng.multinomial(events, values / values.sum(), _DRAWS), weight, levels)
    chance = _held(rng.multinomial(events, weight / weight.sum(), _DRAWS), weight, levels).mean(axis=0)
    own = _held(values[None, :], weight, levels)[0]
    low, high = _around(own, boot)
    gone = _cumulated(values[None, :], weight)[0][0]
    places = np.minimum(np.searchsorted(gone, levels * (1 - 1e-12)) + 1, len(values))
    known = (places, own * values.sum(), own, np.maximum(low, 0), np.minimum(high, 1), chance)
    return pd.DataFrame(dict(zip(columns, known, strict=True)), index=index)


def _held(maps: Array, weight: Floats, levels: Floats) -> Floats:
    """Return the share of the incidents of each map (rows) that the busiest `levels` of the base hold."""
    x, y = (np.pad(part, ((0, 0), (1, 0))) for part in _cumulated(maps, weight))
    return np.array([np.interp(levels, a, b) for a, b in zip(x, y, strict=True)])


def _read(
    counts: pd.Series | pd.DataFrame, base: pd.Series | None, incident: Any
) -> tuple[pd.Series, Floats, Floats, float]:
    """Return counts by unit, the same as numbers, the base, and what one incident adds; all checked.

    Units come in the order of their labels, so that maps by chance do not hang on the order of the rows.
    """
    totals = counts.sum(axis=0) if isinstance(counts, pd.DataFrame) else counts
    check_once(totals.index, "counts", "units")
    totals = totals.iloc[np.argsort(totals.index.astype(str), kind="stable")]
    values = as_floats(totals, "counts")
    weight = np.ones(len(values)) if base is None else as_floats(align(base, totals.index, "base"), "base")
    _check(values, weight)
    return totals, values, weight, incident_size(counts, incident, "counts")


def _check(values: Floats, weight: Floats) -> None:
    for name, numbers in (("counts", values), ("base", weight)):
        if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
            raise DataError(f"{name} holds negative or missing values; put 0 where there is nothing.")
        check_total(numbers, name)
    if len(weight) and weight.sum() == 0:
        raise DataError("base is 0 in every unit, so no share of it can be named.")


def _order(values: Array, weight: Floats) -> Array:
    """Return the units from the highest rate down; incidents where the base is 0 come first."""
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.where(weight > 0, values / weight, np.where(values > 0, np.inf, -1.0))
    return np.argsort(-rate, axis=-1, kind="stable")


def _cumulated(values: Array, weight: Floats) -> tuple[Floats, Floats]:
    order = _order(values, weight)
    x = np.cumsum(weight[order], axis=-1) / weight.sum()
    y = np.cumsum(np.take_along_axis(values, order, axis=-1), axis=-1)
    return x, y / y[..., -1:]


def _ginis_and_shares(maps: Array, weight: Floats, levels: Floats) -> tuple[Floats, Floats]:
    """Return the Gini of each map (rows) and the share of the base that holds each level of its incidents."""
    x, y = _cumulated(maps, weight)
    x, y = np.pad(x, ((0, 0), (1, 0))), np.pad(y, ((0, 0), (1, 0)))
    ginis = np.asarray(2 * np.trapezoid(y, x, axis=1) - 1)
    shares = np.array([np.interp(levels, b, a) for a, b in zip(x, y, strict=True)])
    return ginis, shares


def _around(own: Floats, boot: Floats) -> Floats:
    """Return the 95 % interval: the spread of resampled maps, moved to the map at hand.

    A resampled map is more concentrated than the one it comes from, so its quantiles themselves would lie aside.
    """
    return own + np.quantile(boot - boot.mean(axis=0), [0.025, 0.975], axis=0)


def _share_table(levels: Floats, own: Floats, boot: Floats, chance: Floats) -> pd.DataFrame:
    low, high = _around(own, boot)
    table = {"base": own, "low": np.maximum(low, 0), "high": np.minimum(high, 1), "chance": chance.mean(axis=0)}
    return pd.DataFrame(table, index=pd.Index(levels, name="incidents"))


def _curve(totals: pd.Series, weight: Floats) -> pd.DataFrame:
    values = totals.to_numpy(float)
    x, y = _cumulated(values, weight)
    return pd.DataFrame({"base": x, "incidents": y}, index=totals.index[_order(values, weight)])


def _nothing(index: pd.Index, weight: Floats) -> Concentration:
    """Return the answer where no incident is recorded: every number missing."""
    share = np.cumsum(weight) / weight.sum() if len(weight) else weight
    curve = pd.DataFrame({"base": share, "incidents": np.full(len(index), np.nan)}, index=index)
    empty = pd.DataFrame(
        np.nan, index=pd.Index([0.25, 0.5, 0.8], name="incidents"), columns=["base", "low", "high", "chance"]
    )
    return Concentration(curve, np.nan, np.nan, (np.nan, np.nan), np.nan, 0.0, empty)
