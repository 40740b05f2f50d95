"""Where is little told? Places whose recorded rate is low against calls, neighbours and what else is known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse, stats

from patrolgeo._checks import align, as_floats
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError

NEIGHBORS = "neighbors"


def under_reporting(
    recorded: pd.Series, known: Mapping[str, pd.Series], *, connectivity: Any = None, size: str | None = None
) -> pd.DataFrame:
    """Which places tell the police less than their calls for help, their neighbours and their size let expect?

    Each thing that is known (calls that are no crimes, residents, victims of a survey) lets expect a number of records
    at a place: its share of that thing. The place's own ratio is drawn towards 1 as far as the spread of all places
    says that it is chance (gamma-Poisson; Clayton and Kaldor 1987), and the logarithms are averaged over what is known.
    **It leads to outreach, not to patrols**: a low place is one to talk with, not one to search.

    Parameters
    ----------
    recorded
        Records that citizens started, by place, over the whole time.
    known
        By name, a Series by place: what rises with what happens there but not with the will to report it.
    connectivity
        Neighbours of each place (sparse matrix in the order of `recorded`): then the rate of the neighbours, to the
        first thing known, lets expect a number too.
    size
        Name of the thing known by which a place must be at least of size 1 to be judged; the first by default.

    Returns
    -------
    DataFrame by place, the lowest first: `recorded`, `expected_NAME` by thing known, `ratio_NAME` (drawn towards 1),
    `score` (mean of the logarithms: below 0 less is told than expected), `p_value` (of so few records or fewer, at the
    mean of what is expected and the spread of all places), `p_adjusted` (Benjamini-Hochberg), `reason` ("" or why a
    place is not judged). Places that are not judged come last.

    Raises
    ------
    AlignmentError
        When places differ.
    DataError
        When numbers are negative or missing, nothing is known, or a thing known is 0 everywhere.

    References
    ----------
    Clayton and Kaldor (1987), doi:10.2307/2532003; Benjamini and Hochberg (1995).

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import under_reporting
    >>> places = list("abcdef")
    >>> recorded = pd.Series([20, 22, 18, 4, 21, 19], index=places)
    >>> calls = pd.Series([100, 110, 95, 105, 100, 90], index=places)
    >>> found = under_reporting(recorded, {"calls": calls, "residents": pd.Series(1000, index=places)})
    >>> found.index[0], round(float(found["score"].iloc[0]), 2)
    ('d', -0.57)
    """
    if not isinstance(known, Mapping) or not known:
        raise DataError("known must name at least one thing, such as {'calls': calls_by_place}.")
    places = recorded.index if isinstance(recorded, pd.Series) else pd.Index([])
    y = _numbers(align(recorded, places, "recorded", "places"), "recorded")
    things = {str(n): _numbers(align(s, places, f"known[{n!r}]", "places"), f"known[{n!r}]") for n, s in known.items()}
    for name, values in things.items():
        if not values.sum() > 0:
            raise DataError(f"known[{name!r}] is 0 at every place, so nothing can be expected from it.")
    if NEIGHBORS in things:
        raise DataError(f"known holds {NEIGHBORS!r}, which is the name of what connectivity= gives.")
    first = next(iter(things)) if size is None else size
    if first not in things:
        raise DataError(f"size={size!r} is nothing that is known: {', '.join(things)}.")
    expected = {name: values * y.sum() / values.sum() for name, values in things.items()}
    if connectivity is not None:
        expected[NEIGHBORS] = _of_neighbors(y, things[first], connectivity)
    return _table(places, y, expected, np.where(things[first] >= 1, "", f"no {first}"))


def _numbers(values: pd.Series, name: str) -> Floats:
    numbers = as_floats(values, name)
    if not (np.isfinite(numbers).all() and (numbers >= 0).all()):
        raise DataError(f"{name} holds negative or missing numbers; put 0 where there is nothing.")
    return numbers


def _of_neighbors(y: Floats, thing: Floats, connectivity: Any) -> Floats:
    """Return what the rate of the neighbours lets expect; the rate of all where there are none."""
    around = sparse.csr_matrix(connectivity, dtype=float)
    if around.shape != (len(y), len(y)):
        raise AlignmentError(f"connectivity has the shape {around.shape}, but there are {len(y)} places.")
    theirs, size = around @ y, around @ thing
    rate = y.sum() / thing.sum()
    return np.asarray(thing * np.divide(theirs, size, out=np.full(len(y), rate), where=size > 0))


def _table(places: pd.Index, y: Floats, expected: dict[str, Floats], reasons: Any) -> pd.DataFrame:
    judged = reasons == ""
    table = pd.DataFrame({"recorded": y}, index=places)
    logs = []
    for name, numbers in expected.items():
        ratio = _drawn_in(y, numbers, _spread(y[judged], numbers[judged]))
        table[f"expected_{name}"], table[f"ratio_{name}"] = numbers, np.where(judged, ratio, np.nan)
        logs.append(np.log(ratio))
    table["score"] = np.where(judged, np.mean(logs, axis=0), np.nan)
    mean = np.mean(list(expected.values()), axis=0)
    p = _chance_of_so_few(y, mean, _spread(y[judged], mean[judged]))
    table["p_value"] = np.where(judged, p, np.nan)
    table["p_adjusted"] = np.nan
    if judged.any():
        table.loc[judged, "p_adjusted"] = stats.false_discovery_control(p[judged])
    return table.assign(reason=reasons).sort_values("score", kind="stable", na_position="last")


def _spread(y: Floats, e: Floats) -> float:
    """Return the variance of the true ratios by moments: what the counts vary more than chance lets them."""
    total = e.sum()
    if not total > 0:
        return 0.0
    return max(0.0, float((((y - e) ** 2) - y).sum() / (e**2).sum()))


def _drawn_in(y: Floats, e: Floats, spread: float) -> Floats:
    """Return the mean ratio of each place after its count is seen; half a record where nothing tells them apart."""
    shape = 1.0 / spread if spread > 1e-6 else 1e6
    return np.asarray((y + shape) / (e + shape))


def _chance_of_so_few(y: Floats, e: Floats, spread: float) -> Floats:
    if spread <= 1e-6:
        return np.asarray(stats.poisson.cdf(y, e))
    shape = 1.0 / spread
    return np.asarray(stats.nbinom.cdf(y, shape, shape / (shape + e)))
