"""Self-exciting risk: what happened raises the risk at and near its place for a while."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.spatial import cKDTree

from patrolgeo import crs
from patrolgeo._checks import as_floats, check_count, check_positive
from patrolgeo._typing import Bools, Floats, Ints
from patrolgeo.compiled import kernel
from patrolgeo.errors import DataError
from patrolgeo.risk.history import History
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.smoothing import cell_spacing, smooth


@dataclass(frozen=True)
class SelfExcitation:
    """How events set off events.

    Parameters
    ----------
    theta_near, theta_same
        Events that one event sets off nearby, and at its own place.
    decay
        Rate per day at which the effect fades (mean delay 1 / decay).
    sigma
        Standard deviation of the distance to what is set off, in metres.
    background
        Expected number of events of each background component that nothing before them explains.
    """

    theta_near: float
    theta_same: float
    decay: float
    sigma: float
    background: Floats


def fit_hawkes(
    xy: Floats,
    days: Floats,
    background: Floats,
    *,
    same_within: float = 1.0,
    same_area: float | None = None,
    reach: float = 600.0,
    memory: float = 120.0,
    min_sigma: float = 20.0,
    steps: int = 50,
) -> SelfExcitation:
    """How much do incidents repeat, near and at the same place?

    Events come from a background and from earlier events: each sets off `theta_near` others at normal distances and
    exponential delays, and `theta_same` at its own place. The same-place term keeps `sigma` from shrinking to nothing
    where addresses are snapped to corners. Expectation and maximisation over close pairs only; what events would set
    off after the last day, or beyond `reach` and `memory`, is allowed for.

    Parameters
    ----------
    xy
        Places in metres, shape (n, 2).
    days
        Times in days, shape (n,), in any order.
    background
        Densities at the events, shape (n, n_components): each integrates to 1 over the area (m2) and the time (days).
        Their masses are estimated (pooled over all events).
    same_within, same_area
        Metres within which two events are at the same place, and the m2 that a place stands for.
    reach, memory
        Metres and days beyond which events set off nothing.
    min_sigma
        Least `sigma`; half a cell where places are cell centres.
    steps
        Steps of expectation and maximisation.

    Returns
    -------
    What was found: `theta_near`, `theta_same`, `decay` (a day), `sigma` (metres), `background` (events by component).

    Raises
    ------
    DataError
        When shapes differ, a value is missing, or a number lies outside its range.

    Warns
    -----
    PatrolgeoWarning
        When `xy` or `reach` look like degrees.

    References
    ----------
    Mohler, Short, Brantingham, Schoenberg and Tita 2011, doi:10.1198/jasa.2011.ap09546.

    Examples
    --------
    >>> import numpy as np
    >>> from patrolgeo.risk.hawkes import fit_hawkes
    >>> rng = np.random.default_rng(0)
    >>> even = np.full((500, 1), 1 / (1e4**2 * 365))
    >>> fit_hawkes(rng.random((500, 2)) * 1e4, rng.random(500) * 365, even).theta_near < 0.05
    True
    """
    xy, days, background = _checked_events(xy, days, background)
    for name, value in {"same_within": same_within, "reach": reach, "memory": memory, "min_sigma": min_sigma}.items():
        check_positive(value, name)
    if same_area is not None:
        check_positive(same_area, "same_area")
    check_count(steps, "steps")
    crs.warn_of_degrees(reach, "reach")
    crs.warn_of_lonlat(xy, "xy")
    order = np.argsort(days, kind="stable")
    places, times = xy[order], days[order]
    late, gap, distance2 = earlier_pairs(places, times, reach, memory)
    same = distance2 <= same_within**2
    place = 1.0 / (np.pi * same_within**2 if same_area is None else same_area)
    left = np.minimum(times[-1] - times, memory)
    components = np.ascontiguousarray(background[order])
    near, here, decay, variance, masses = _em(
        late, gap, distance2, same, components, left, place, reach**2, max(memory / 4, 1e-9), min_sigma**2, steps
    )
    return SelfExcitation(near, here, decay, float(np.sqrt(variance)), masses)


def _checked_events(xy: Any, days: Any, background: Any) -> tuple[Floats, Floats, Floats]:
    """Return places, times and background densities of the events as arrays that fit each other."""
    places, times, density = as_floats(xy, "xy"), as_floats(days, "days"), as_floats(background, "background")
    n = len(times) if times.ndim == 1 else -1
    if places.shape != (n, 2) or density.ndim != 2 or len(density) != n:
        raise DataError(
            f"xy, days and background must have the shapes (n, 2), (n,) and (n, n_components); got {places.shape}, "
            f"{times.shape} and {density.shape}."
        )
    if not n:
        raise DataError("There is no event to learn from.")
    if not (np.isfinite(places).all() and np.isfinite(times).all() and (density >= 0).all()):
        raise DataError("xy, days and background must be finite, and background not negative.")
    if not (np.isfinite(density).all() and (density.sum(axis=1) > 0).all()):
        raise DataError("background must be finite and above 0 in some component at every event.")
    return places, times, density


def earlier_pairs(xy: Floats, days: Floats, reach: float, memory: float) -> tuple[Ints, Floats, Floats]:
    """Return for each pair of events close in space and time: the later one, days between them, squared distance.

    `days` ascend; events at the same instant are not a pair.
    """
    box = cKDTree(np.column_stack([xy, days * (reach / memory)]))
    pairs = box.query_pairs(reach, p=np.inf, output_type="ndarray")
    late, early = pairs.max(axis=1), pairs.min(axis=1)
    gap, distance2 = days[late] - days[early], ((xy[late] - xy[early]) ** 2).sum(axis=1)
    keep = (gap > 0) & (distance2 <= reach**2)
    return late[keep], gap[keep], distance2[keep]


@kernel
def _em(
    late: Ints,
    gap: Floats,
    distance2: Floats,
    same: Bools,
    components: Floats,
    left: Floats,
    place: float,
    reach2: float,
    delay: float,
    min_variance: float,
    steps: int,
) -> tuple[float, float, float, float, Floats]:
    """Return theta_near, theta_same, decay, variance and background masses after `steps` of EM."""
    n, n_components = components.shape
    near, here, decay, variance = 0.2, 0.1 if same.any() else 0.0, 1.0 / delay, max(reach2 / 16, min_variance)
    masses = np.full(n_components, 0.7 * n / n_components)
    near_of, here_of, total = np.empty(len(gap)), np.empty(len(gap)), np.empty(n)
    for _ in range(steps):
        total[:] = components @ masses
        peak = near * decay / (2 * np.pi * variance)
        for q in range(len(gap)):
            fade = np.exp(-decay * gap[q])
            near_of[q] = peak * fade * np.exp(-distance2[q] / (2 * variance))
            here_of[q] = here * decay * place * fade if same[q] else 0.0
            total[late[q]] += near_of[q] + here_of[q]
        sum_near = sum_here = waited = moved = 0.0
        for q in range(len(gap)):
            share_near, share_here = near_of[q] / total[late[q]], here_of[q] / total[late[q]]
            sum_near += share_near
            sum_here += share_here
            waited += (share_near + share_here) * gap[q]
            moved += share_near * distance2[q]
        # what could be seen: delays cut at the last day and at memory, distances cut at reach
        unseen = np.exp(-decay * left)
        seen = (1 - unseen).sum()
        outside = np.exp(-reach2 / (2 * variance))
        masses = masses * (components.T @ (1 / total))
        decay = (sum_near + sum_here) / max(waited + (near + here) * (left * unseen).sum(), 1e-12)
        near, here = sum_near / max(seen * (1 - outside), 1e-12), sum_here / max(seen, 1e-12)
        if sum_near > 1e-9:
            variance = max((moved / sum_near + reach2 * outside / (1 - outside)) / 2, min_variance)
        decay = min(max(decay, 1e-6), 1e3)
    return near, here, decay, variance, masses


@dataclass(eq=False)
class Hawkes(BaseRisk):
    """Self-exciting forecast: a lasting background and, for a while, more where something has just happened.

    The background is a pooled mixture of an even surface, two kernel smooths and the cells' own means, so that places
    that are always busy are not mistaken for repetition. Learned on cells and periods: a repeat within one period is
    not seen, and periods of a month teach nothing about days. `excitation_` says what was found. On most city data
    the lasting part carries nearly all of the forecast.

    Parameters
    ----------
    memory
        Days after which an event sets off nothing.

    Examples
    --------
    >>> import h3, numpy as np, pandas as pd
    >>> from patrolgeo import Hawkes
    >>> cells = sorted(h3.grid_disk("8930e1d8d03ffff", 3))
    >>> weeks = pd.date_range("2024-01-01", periods=30, freq="7D")
    >>> counts = np.random.default_rng(1).poisson(1.0, (30, len(cells)))
    >>> model = Hawkes().fit(pd.DataFrame(counts, index=weeks, columns=cells))
    >>> model.predict().sum(axis=1).round(-1).tolist()
    [40.0]
    """

    memory: float = 120.0

    def _check_settings(self) -> None:
        super()._check_settings()
        check_positive(self.memory, "memory")

    def _fit(self, history: History) -> None:
        self.surfaces_ = _background(history)
        n_periods = len(history.counts)
        period, cell = np.nonzero(history.counts)
        repeats = np.maximum(np.rint(history.counts[period, cell]), 1).astype(int)
        period, cell = np.repeat(period, repeats), np.repeat(cell, repeats)
        self.excitation_ = SelfExcitation(0.0, 0.0, 1.0, cell_spacing(history) / 2, np.zeros(len(self.surfaces_)))
        if len(period):
            cell_m2 = history.area * 1e6
            density = _without_itself(self.surfaces_, history)[:, cell].T / (
                cell_m2[cell, None] * n_periods * history.days
            )
            self.excitation_ = fit_hawkes(
                history.grid.xy[cell],
                period.astype(float) * history.days,
                density,
                same_area=float(np.median(cell_m2)),
                reach=4 * cell_spacing(history),
                memory=self.memory,
                min_sigma=cell_spacing(history) / 2,
            )

    def _took(self) -> str:
        found = self.excitation_
        lasting = found.background.sum() / max(self.history_.counts.sum(), 1.0)
        return (
            f"{lasting:.0%} a lasting background; an incident sets off {found.theta_near:.2f} nearby and "
            f"{found.theta_same:.2f} at its place; {len(self.history_.counts)} periods"
        )

    def _expected(self, horizon: int) -> Floats:
        past, found = self.history_, self.excitation_
        n_periods = len(past.counts)
        lasting = found.background @ self.surfaces_ / n_periods
        waiting = past.days * np.arange(n_periods, 0, -1)
        fade = np.where(waiting <= self.memory, found.decay * past.days * np.exp(-found.decay * waiting), 0.0)
        echo = fade @ past.counts
        raised = found.theta_same * echo + found.theta_near * smooth(echo[None], past, found.sigma)[0]
        later = np.exp(-found.decay * past.days * np.arange(horizon))
        return lasting + later[:, None] * raised


def _background(history: History) -> Floats:
    """Return shares of the background by cell, each summing to 1: even, smoothed twice, the cells' own."""
    mean = history.counts.mean(axis=0)
    even = history.area / history.area.sum()
    if mean.sum() == 0:
        return np.tile(even, (4, 1))
    spacing = cell_spacing(history)
    surfaces = np.array([even, *(smooth(mean[None], history, k * spacing)[0] for k in (2.0, 1.0)), mean])
    return surfaces / surfaces.sum(axis=1, keepdims=True)


def _without_itself(surfaces: Floats, history: History) -> Floats:
    """Return the surfaces as seen by an event of the cell: its own count leaves the cells' own means."""
    total = history.counts.sum()
    own = np.maximum(history.counts.sum(axis=0) - 1, 0) / max(total - 1, 1)
    return np.vstack([surfaces[:-1], own])
