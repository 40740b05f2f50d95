"""The space-time scan: where and since when are there more cases than expected, and is it still so?"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_choice, check_count, check_panel, check_seed, check_time, check_type
from patrolgeo._typing import Floats, Ints
from patrolgeo.errors import DataError
from patrolgeo.hotspots._local import shares
from patrolgeo.hotspots._scan import Draw, Scan, find_clusters, null_maxima, permute_times, spread_cases
from patrolgeo.hotspots._scan_kernel import EXPECTATION, POISSON
from patrolgeo.hotspots._scan_units import label_order, scan_units
from patrolgeo.hotspots.scan import check_limits
from patrolgeo.hotspots.scan_result import ScanResult, cluster, scan_result
from patrolgeo.panel.events import check_total, incident_size

MODELS = ("poisson", "permutation", "expectation")


def space_time_scan(
    panel: pd.DataFrame,
    exposure: Any = None,
    *,
    coords: Any = None,
    grid: Any = None,
    shape: str = "circle",
    max_share: float = 0.5,
    max_units: int | None = None,
    max_periods: int | None = None,
    start_at: Any = None,
    model: str = "poisson",
    prospective: bool = False,
    most: int = 10,
    n_permutations: int = 999,
    early_stop: int | None = 20,
    incident: Any = None,
    random_state: int | None = 0,
) -> ScanResult:
    """Where, from when and until when, are there more cases than expected?

    Every zone (as in `scan_statistic`) is looked at over every window of periods; a cluster is a place and a time. With
    `prospective` only windows that last until the end of the panel count: what is going on now.

    Parameters
    ----------
    panel
        Counts (or sums of weights), shape (n_periods, n_units).
    exposure
        Residents or another exposure by unit, or by period and unit. Without it "poisson" goes by the area of the
        cells. For ``model="expectation"`` the baseline: the number of cases expected in each period and unit (a Series:
        in every period alike). "permutation" needs none.
    coords, grid, shape, max_share, max_units
        As in `scan_statistic`; the share is of the exposure of all periods.
    max_periods
        Longest window; None: half of the periods (all of them for baselines).
    start_at
        Earliest start of a window, for example ``"2024-06-01"``.
    model
        "poisson": given their number, cases fall by the exposure, evenly over time. "permutation": given how many there
        are in each unit and each period, units and periods have nothing to do with each other (Kulldorff et al. 2005):
        lasting hot spots and busy weeks are allowed for. "expectation": cases are Poisson with the baseline as mean.
    prospective
        Only windows that end with the panel; the result then has `recurrence_interval`.
    most, n_permutations, early_stop, incident, random_state
        As in `scan_statistic`. With weights "permutation" draws effective cases by the sums of units and periods.

    Returns
    -------
    Clusters, best first, as `scan_statistic`, with `start` and `end`: the first and last period. They share no unit.

    Raises
    ------
    AlignmentError
        When `exposure`, `coords` or `grid` do not fit the panel.
    DataError
        When counts are not whole and `incident` is not given, there are cases where none are expected, no window starts
        at or after `start_at`, or a setting is out of range.

    References
    ----------
    Kulldorff, Athas, Feuer, Miller and Key 1998; Kulldorff 2001 (prospective); Kulldorff et al. 2005,
    doi:10.1371/journal.pmed.0020059 (permutation); Neill 2009 (expectation); Kleinman, Lazarus and Platt 2004
    (recurrence interval).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import space_time_scan
    >>> weeks = pd.date_range("2024-01-01", periods=12, freq="7D", name="period")
    >>> panel = pd.DataFrame(1.0, index=weeks, columns=[f"v{i}" for i in range(25)])
    >>> panel.iloc[-3:, [6, 10, 11, 12, 16]] = 6.0
    >>> places = np.column_stack([np.arange(25) % 5, np.arange(25) // 5]) * 1000.0
    >>> found = space_time_scan(panel, coords=places, model="permutation", prospective=True)
    >>> found.members[0], str(found.start[0])[:10], found.p_value[0].round(3).item()
    (['v10', 'v11', 'v12', 'v16', 'v6'], '2024-03-04', 0.001)
    """
    check_choice(model, MODELS, "model")
    check_limits(max_share, max_units, most, n_permutations, early_stop)
    if max_periods is not None:
        check_count(max_periods, "max_periods")
    data = _read(panel, exposure, model, incident, grid)
    first, windows = _windows(data.periods, max_periods, start_at, prospective, model)
    order = label_order(data.labels)
    units = scan_units(data.labels, coords, grid, labelled=True).take(order)
    data = replace(data, labels=data.labels[order], counts=data.counts[order], means=data.means[order])
    window = pd.DataFrame(columns=["start", "end"] + ["recurrence_interval"] * prospective)
    if not data.counts.any():
        return scan_result([], window, units, data.size)
    share = data.means.sum(axis=1) / data.means.sum()
    zones = units.zones(shape, share, max_share, max_units)
    rng = np.random.default_rng(check_seed(random_state))
    late = slice(first, len(data.periods))
    total = np.inf if model == "expectation" else data.counts.sum()
    scan = Scan(
        zones, data.counts[:, late], data.means[:, late], windows - first, np.full(len(windows), total),
        EXPECTATION if model == "expectation" else POISSON, _null(data, model, late),
    )  # fmt: skip
    found = find_clusters(scan, most)
    drawn = null_maxima(scan, n_permutations, rng, found[0].llr, early_stop) if found else np.empty(0)
    clusters = [cluster(f, scan, drawn, n_permutations) for f in found]
    ends = windows[[c.window for c in clusters]].reshape(-1, 2) - [0, 1]
    window = pd.DataFrame({"start": data.periods[ends[:, 0]], "end": data.periods[ends[:, 1]]})
    if prospective:
        window["recurrence_interval"] = [1 / np.fmin(c.p_value, c.gumbel_p_value) for c in clusters]
    return scan_result(clusters, window, units, data.size)


@dataclass(frozen=True)
class _Data:
    """Effective cases and expectations by unit and period, shape (n, n_periods)."""

    labels: pd.Index
    periods: pd.DatetimeIndex
    counts: Floats
    means: Floats
    size: float


def _read(panel: pd.DataFrame, exposure: Any, model: str, incident: Any, grid: Any) -> _Data:
    check_panel(panel)
    if exposure is not None:
        check_type(exposure, (pd.Series, pd.DataFrame), "exposure")
    check_total(panel.to_numpy(float), "panel")
    size = incident_size(panel, incident)
    counts = panel.to_numpy(float).T / size
    if model == "permutation":
        means = np.outer(counts.sum(axis=1), counts.sum(axis=0)) / max(counts.sum(), 1e-300)
    else:
        means = _expected(panel, exposure, model, grid)
        means = means / size if model == "expectation" else means * counts.sum()
    foul = (counts > 0) & (means <= 0)
    if foul.any():
        unit, period = np.argwhere(foul)[0]
        raise DataError(
            f"{foul.sum()} cells of the panel have cases where none are expected (first: {panel.columns[unit]!r} in "
            f"{panel.index[period]:%Y-%m-%d}); give an exposure above 0 there."
        )
    return _Data(panel.columns, pd.DatetimeIndex(panel.index), counts, means, size)


def _expected(panel: pd.DataFrame, exposure: Any, model: str, grid: Any) -> Floats:
    """Return the baseline, or the share of each unit and period in the exposure; shape (n, n_periods)."""
    if model == "expectation" and exposure is None:
        raise DataError("model='expectation' needs exposure=, the cases expected by period and unit (a baseline).")
    if isinstance(exposure, pd.DataFrame):
        table = align(align(exposure, panel.index, "exposure", "periods").T, panel.columns, "exposure")
        values = table.to_numpy(float)
    elif model == "expectation":
        values = np.repeat(align(exposure, panel.columns, "exposure").to_numpy(float)[:, None], len(panel), axis=1)
    else:
        values = np.repeat(shares(panel.columns, exposure, grid)[:, None], len(panel), axis=1)
    if not (np.isfinite(values).all() and (values >= 0).all()) or (values.size and not values.any()):
        raise DataError("exposure holds negative or missing values, or nothing but 0; put 0 only where nobody is.")
    return values if model == "expectation" else values / max(values.sum(), 1e-300)


def _windows(
    periods: pd.DatetimeIndex, max_periods: int | None, start_at: Any, prospective: bool, model: str
) -> tuple[int, Ints]:
    """Return the first period of any window, and the windows as positions of their first period and their end."""
    n = len(periods)
    longest = min(max_periods or (n if model == "expectation" else max(n // 2, 1)), n)
    first = 0 if start_at is None else int(np.searchsorted(periods, check_time(start_at, "start_at")))
    if n and first >= n:
        raise DataError(f"start_at={start_at!r} lies after the last period of the panel ({periods[-1]:%Y-%m-%d}).")
    pairs = [(a, b) for a in range(first, n) for b in range(a + 1, n + 1) if b - a <= longest]
    pairs = [(a, b) for a, b in pairs if b == n] if prospective else pairs
    windows = np.array(pairs, np.int64).reshape(-1, 2)
    return int(windows[:, 0].min(initial=n)), windows


def _null(data: _Data, model: str, late: slice) -> Draw:
    """Return how maps without a pattern are drawn, the periods of `late` alone."""
    if model == "permutation" and data.size == 1:
        return permute_times(np.rint(data.counts).astype(np.int64), late)
    total = data.means.sum()
    return spread_cases(data.means[None, :, late] / total, np.array([total]), random_totals=model == "expectation")
