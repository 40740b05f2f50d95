"""Trips between places by the gravity model, on ordinary days, market days, and hour by hour."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, as_floats, check_choice, check_columns, check_positive, check_time
from patrolgeo._typing import Floats
from patrolgeo.errors import DataError

BALANCE_ROUNDS = 200
BALANCE_TOLERANCE = 1e-9
# per cent of the day's trips that start in each hour, from midnight on (planning values)
HOURS = {
    "workday": {
        "out": [0, 0, 0, 0, 1, 3, 8, 16, 14, 9, 7, 5, 4, 6, 7, 6, 5, 4, 2, 2, 1, 0, 0, 0],
        "home": [1, 0, 0, 0, 0, 0, 1, 2, 2, 3, 5, 9, 7, 4, 4, 6, 10, 16, 12, 7, 5, 3, 2, 1],
    },
    "market": {
        "out": [0, 0, 0, 0, 1, 5, 13, 19, 20, 15, 9, 5, 3, 3, 2, 2, 1, 1, 1, 0, 0, 0, 0, 0],
        "home": [0, 0, 0, 0, 0, 0, 1, 2, 4, 8, 13, 18, 17, 12, 8, 5, 4, 3, 2, 1, 1, 1, 0, 0],
    },
}


def gravity_flows(
    minutes: pd.DataFrame,
    produced: pd.Series,
    attracted: pd.Series | None = None,
    *,
    decay: str = "power",
    exponent: float = 2.0,
    offset: float = 2.0,
    scale: float = 20.0,
    balanced: bool = False,
) -> pd.Series:
    """How many trips go from each place to each other place?

    The gravity model: trips rise with what the origin produces and the destination attracts, and fall with travel time.
    It is a planning value. Where gates count traffic, hold it against them (`calibrate_flows`).

    Parameters
    ----------
    minutes
        Travel minutes, origins x destinations, as `travel_time` gives them; `inf` where there is no way.
    produced
        Trips that each origin sends (or residents, when only shares matter), Series by origin label.
    attracted
        Trips that each destination draws, Series by destination label; `produced` by default.
    decay
        "power": ``(minutes + offset) ** -exponent``; "exponential": ``exp(-minutes / scale)``.
    balanced
        Doubly constrained: row sums equal `produced`, column sums equal `attracted` scaled to the same total. Without,
        row sums alone equal `produced`.
    exponent, offset
        Of the power decay: how steeply trips fall, and minutes added to every way so that short ways do not rule.
    scale
        Of the exponential decay: minutes after which 37 % of the trips are left.

    Returns
    -------
    Series named "flow" with the MultiIndex (origin, destination); pairs without a way and a place with itself are
    left out. An origin that reaches no other place sends nothing.

    Raises
    ------
    AlignmentError
        When `produced` or `attracted` lacks a label of `minutes`.
    DataError
        When a mass is negative or missing, or the margins cannot be met.

    References
    ----------
    Wilson (1967), A statistical theory of spatial distribution models, doi:10.1016/0041-1647(67)90035-4.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import gravity_flows
    >>> minutes = pd.DataFrame([[0, 8, 18], [8, 0, 8], [18, 8, 0]], index=list("abc"), columns=list("abc"))
    >>> gravity_flows(minutes, pd.Series({"a": 100.0, "b": 100.0, "c": 100.0})).round(1).to_dict()
    {('a', 'b'): 80.0, ('a', 'c'): 20.0, ('b', 'a'): 50.0, ('b', 'c'): 50.0, ('c', 'a'): 20.0, ('c', 'b'): 80.0}
    """
    check_choice(decay, ["power", "exponential"], "decay")
    attracted = produced if attracted is None else attracted
    sent = _mass(produced, minutes.index, "produced")
    drawn = _mass(attracted, minutes.columns, "attracted")
    pull = _decay(minutes.to_numpy(float), decay, exponent, offset, scale)
    pull[minutes.index.to_numpy()[:, None] == minutes.columns.to_numpy()[None, :]] = 0.0
    trips = _balance(pull, sent, drawn) if balanced else _share_out(pull * drawn, sent)
    row, column = np.nonzero(trips > 0)
    pairs = pd.MultiIndex.from_arrays(
        [minutes.index[row], minutes.columns[column]], names=["origin", "destination"]
    )  # fmt: skip
    return pd.Series(trips[row, column], index=pairs, name="flow")


def _mass(values: pd.Series, labels: pd.Index, name: str) -> Floats:
    mass = as_floats(align(values, labels, name, "places"), name)
    if not (np.isfinite(mass) & (mass >= 0)).all():
        raise DataError(f"{name} holds negative or missing values; fill them with 0 if they mean none.")
    return mass


def _decay(minutes: Floats, decay: str, exponent: float, offset: float, scale: float) -> Floats:
    reached = np.isfinite(minutes)
    pull = np.zeros(minutes.shape)
    if decay == "power":
        check_positive(offset, "offset")
        pull[reached] = (minutes[reached] + offset) ** -exponent
    else:
        check_positive(scale, "scale")
        pull[reached] = np.exp(-minutes[reached] / scale)
    return pull


def _share_out(attraction: Floats, sent: Floats) -> Floats:
    total = attraction.sum(axis=1)
    return attraction * np.divide(sent, total, out=np.zeros_like(sent), where=total > 0)[:, None]


def _balance(pull: Floats, sent: Floats, drawn: Floats) -> Floats:
    """Fit row and column sums in turn (Furness; iterative proportional fitting)."""
    if drawn.sum() <= 0:
        raise DataError("attracted is 0 everywhere; trips need somewhere to go.")
    drawn = drawn * (sent.sum() / drawn.sum())
    trips = pull * drawn
    for _ in range(BALANCE_ROUNDS):
        trips = _share_out(trips, sent)
        if np.abs(trips.sum(axis=0) - drawn).max() <= BALANCE_TOLERANCE * max(1.0, sent.sum()):
            return trips
        trips = _share_out(trips.T, drawn).T
    off = float(np.abs(trips.sum(axis=1) - sent).max())
    if off > 0.01 * max(1.0, float(sent.max())):
        raise DataError(
            f"balanced=True: rows still miss `produced` by up to {off:.3g} trips after {BALANCE_ROUNDS} rounds; a "
            "place sends more than those it reaches can draw. Use balanced=False or check the masses."
        )
    return trips


def market_attraction(
    places: pd.DataFrame, markets: pd.DataFrame, day: Any, factor: float = 3.0, *, seats: pd.Series | None = None
) -> pd.Series:
    """What does each place draw on a given day, when markets are held?

    Residents draw trips; where a market is held on that day, `factor` times as many (a planning value; visitors
    counted at a market are better).

    Parameters
    ----------
    places
        Table with `population` and `township`.
    markets
        Table with `township` and `date`: one row a market day.
    day
        The day.
    factor
        How many times its residents a place with a market draws.
    seats
        Series by place: whether the township's market is held there; by default its most populous place.

    Returns
    -------
    Series named "attraction" by place, for `attracted` of `gravity_flows` or `attraction` of `plan_checkpoints`.

    Raises
    ------
    MissingColumnError
        When `places` or `markets` lacks a column.
    DataError
        When `factor` is not positive or `day` is not a date.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import market_attraction
    >>> places = pd.DataFrame({"population": [900, 200, 700], "township": ["Ford", "Ford", "Hill"]})
    >>> markets = pd.DataFrame({"township": ["Ford", "Hill"], "date": ["2023-01-05", "2023-01-06"]})
    >>> market_attraction(places, markets, "2023-01-05").tolist()
    [2700.0, 200.0, 700.0]
    """
    check_columns(places, ["population", "township"], "places")
    check_columns(markets, ["township", "date"], "markets")
    check_positive(factor, "factor")
    people = places["population"].astype(float)
    open_today = markets.loc[pd.to_datetime(markets["date"]) == check_time(day, "day").normalize(), "township"]
    if seats is None:
        seats = people.groupby(places["township"]).rank(method="first", ascending=False) == 1
    busy = places["township"].isin(open_today) & seats.reindex(places.index, fill_value=False)
    return people.where(~busy, factor * people).rename("attraction")


def hourly_flows(flows: pd.Series, hours: str | pd.DataFrame = "workday") -> pd.DataFrame:
    """How does a day's traffic spread over its hours?

    Every trip out brings a trip home: at hour h the pair (a, b) carries ``flow(a, b) out(h) + flow(b, a) home(h)``.

    Parameters
    ----------
    flows
        Trips out by (origin, destination), a day.
    hours
        "workday" or "market" (planning values: to market in the morning, home from noon), or a table of your own, for
        example from counts at gates: index = hours of the day, columns `out` and `home`, each adding up to 1.

    Returns
    -------
    DataFrame, pairs x hours: trips. Its sum is twice that of `flows`.

    Raises
    ------
    DataError
        When `hours` is not a known word, or its shares do not add up to 1.
    MissingColumnError
        When the table of hours lacks `out` or `home`.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import hourly_flows
    >>> by_hour = hourly_flows(pd.Series({("mill", "town"): 100.0}), "market")
    >>> by_hour.sum(axis=1).to_dict(), int(by_hour.sum().idxmax())
    ({('mill', 'town'): 100.0, ('town', 'mill'): 100.0}, 8)
    """
    if isinstance(hours, str):
        check_choice(hours, HOURS, "hours")
        hours = pd.DataFrame(HOURS[hours], index=pd.RangeIndex(24, name="hour")) / 100.0
    check_columns(hours, ["out", "home"], "hours")
    off = (hours[["out", "home"]].sum() - 1.0).abs().max()
    if not (hours[["out", "home"]].to_numpy() >= 0).all() or off > 1e-6:
        raise DataError(f"hours: `out` and `home` must be shares of 0 or more that add up to 1 (off by {off:.2g}).")
    back = flows.swaplevel().set_axis(flows.index.swaplevel().set_names(flows.index.names))
    pairs = flows.index.union(back.index, sort=False)
    out, home = (side.reindex(pairs, fill_value=0.0).to_numpy() for side in (flows, back))
    trips = np.outer(out, hours["out"]) + np.outer(home, hours["home"])
    return pd.DataFrame(trips, index=pairs, columns=hours.index)
