"""Calls drawn at random, by place, hour of the week and kind of work: what simulations are fed with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, check_number, check_seed, check_type
from patrolgeo._typing import Array, Floats
from patrolgeo.errors import DataError

HOURS = 168


def sample_calls(
    rates: Any,
    weeks: float = 52.0,
    *,
    minutes: Any = 40.0,
    rhythm: Any = None,
    priorities: Mapping[Any, float] | None = None,
    units: Mapping[int, float] | None = None,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Which calls may come in so many weeks, by place and hour?

    A Poisson process whose rate follows the hour of the week, the same rhythm at every place; calls that bring further
    calls along (a storm, a match) are not in it.

    Parameters
    ----------
    rates
        Calls an hour on average, by place: Series or array.
    weeks
        How long, from Monday 00:00.
    minutes
        Work of a call: a mean (drawn exponentially), or a list of recorded minutes, drawn as they are.
    rhythm
        Relative rate by hour, 24 or 168 from Monday 00:00; even by default.
    priorities
        Shares by label of priority.
    units
        Shares of calls by how many units they take, such as ``{1: 0.9, 2: 0.1}``; drawn for each call by itself,
        whatever its priority. One unit a call by default.
    random_state
        Seed.

    Returns
    -------
    DataFrame with `time` (minutes from Monday 00:00), `place`, `minutes` and, where shares are given, `priority`
    and `units`.

    Raises
    ------
    DataError
        When rates, rhythm, minutes or shares cannot be used, or `units` names anything but whole numbers of 1 or more.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import sample_calls
    >>> calls = sample_calls(pd.Series({"north": 1.0, "south": 3.0}), weeks=10, priorities={1: 0.2, 2: 0.8})
    >>> len(calls), calls["priority"].value_counts().to_dict()
    (6752, {2: 5391, 1: 1361})
    """
    check_number(weeks, "weeks", above=0)
    each = _positive(rates, "rates")
    places = rates.index if isinstance(rates, pd.Series) else pd.RangeIndex(len(each))
    rng = np.random.default_rng(check_seed(random_state))
    time = _times(each.sum(), _rhythm(rhythm), weeks * HOURS, rng)
    place = np.searchsorted(np.cumsum(each) / each.sum(), rng.random(len(time)), side="right")
    table = {
        "time": time,
        "place": places[np.minimum(place, len(places) - 1)],
        "minutes": _work(minutes, len(time), rng),
    }
    if priorities is not None:
        table["priority"] = _labels(priorities, "priorities", len(time), rng)
    if units is not None:
        for n in units:
            check_number(n, "units", least=1, whole=True)
        table["units"] = _labels(units, "units", len(time), rng)
    return pd.DataFrame(table)


def _labels(shares: Mapping[Any, float], name: str, n: int, rng: np.random.Generator) -> pd.Index:
    check_type(shares, Mapping, name)
    share = _positive(list(shares.values()), name)
    at = np.searchsorted(np.cumsum(share) / share.sum(), rng.random(n), side="right")
    return pd.Index(list(shares))[np.minimum(at, len(share) - 1)]


def _times(rate: float, rhythm: Floats, hours: float, rng: np.random.Generator) -> Floats:
    """Return ascending minutes of a Poisson process: even in its own time, then bent by the rhythm."""
    whole = np.r_[0.0, np.cumsum(np.tile(rhythm, int(np.ceil(hours / HOURS))))]
    end = float(np.interp(hours, np.arange(len(whole)), whole)) * rate
    at = np.sort(rng.random(rng.poisson(end))) * end / rate
    return 60.0 * np.interp(at, whole, np.arange(len(whole)))


def _rhythm(rhythm: Any) -> Floats:
    if rhythm is None:
        return np.ones(HOURS)
    values = _positive(rhythm, "rhythm")
    if len(values) not in (24, HOURS):
        raise DataError(f"rhythm must have 24 or {HOURS} hours, got {len(values)}.")
    return np.tile(values / values.mean(), HOURS // len(values))


def _work(minutes: Any, n: int, rng: np.random.Generator) -> Array:
    if np.ndim(minutes) == 0:
        check_number(minutes, "minutes", above=0)
        return rng.exponential(float(minutes), n)
    return rng.choice(_positive(minutes, "minutes"), n)


def _positive(values: Any, name: str) -> Floats:
    numbers = as_floats(values, name)
    if (
        numbers.ndim != 1
        or not len(numbers)
        or not np.isfinite(numbers).all()
        or (numbers < 0).any()
        or not numbers.sum()
    ):
        raise DataError(f"{name} must be a list of finite numbers, 0 or more and not all 0.")
    return numbers
