"""Warnings of what rises, by kind and grade: many series judged together, and how many false ones to expect."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import align, check_choice, check_number, check_panel, check_share, check_type
from patrolgeo._typing import Array, Bools, Floats
from patrolgeo.alerts._announce import announce
from patrolgeo.alerts._families import SPREAD, families
from patrolgeo.alerts._monitor import check_no_gap, positions
from patrolgeo.alerts._negbin import tail
from patrolgeo.alerts._steps import recording_steps
from patrolgeo.alerts.detector import Detector
from patrolgeo.risk.refusals import refuse_target

log = logging.getLogger("patrolgeo")
COLUMNS = ["period", "place", "kind", "what", "grade", "observed", "expected", "p", "q", "recurrence_years",
           "by_chance_a_year", "first_seen", "state", "recording"]  # fmt: skip
GRADES = (20.0, 5.0, 1.0)  # years between chance alerts like this one, from which on the grade is 1, 2, 3
YEAR = pd.Timedelta(days=365.25)
RECENT = 4  # periods for which a rise of a place lets its neighbours be watched for spread


def raise_alerts(
    panel: pd.DataFrame,
    detector: Detector,
    *,
    by: Any = "cell",
    fdr: float | None = 0.05,
    test: Any = 1,
    exposure: Any = None,
    neighbors: Any = None,
    what: str | None = None,
    area_km2: float = 0.0,
) -> pd.DataFrame:
    """What is rising, of which kind, how unusual is it, and since when?

    Series of four kinds are judged together: a kind of crime in the whole area (`crime_kind`), a place (`place`), a
    time of day (`time_of_day`), and the ring around a place that rose in the last four periods (`spread`). The kinds
    are our own. An alert is an alarm of the detector that stays when the false-discovery rate over all series of the
    period is held at `fdr`. How many alerts a period would bring if nothing rose is said in the log and stands in
    ``attrs["false_alarms"]``, a dict by period, shared out among the kinds in ``attrs["by_kind"]``, such a dict for
    each kind: it is computed from what was known before the period.

    Parameters
    ----------
    panel
        Whole counts, shape (n_periods, n_columns). Columns are places; or levels named among `category`, `hours` and
        `cell` (the places).
    detector
        Anything with `monitor`. One that corrects for all its places itself, as `ProspectiveScan` does, and says in
        ``attrs["false_alarms"]`` how many alarms chance brings by period, is taken at its word: `fdr` has no say.
    by
        "cell": the columns as they are; or the area of each cell (a Series), to which counts are summed.
    fdr
        Share of false ones among the alerts. None: every alarm of the detector, which is many false ones on many
        cells: their number is announced.
    test
        Periods to judge, as in `monitor`; how many of the last ones. None: all.
    exposure
        What counts go with over time, by period: days open, the share of records that have arrived (`arrived_share`).
    neighbors
        Who touches whom, a sparse matrix in the order of the places; without it there is no `spread`.
    what
        Category of the counts where the panel names none.
    area_km2
        Size of the smallest place: sensitive kinds are warned of on townships (30 km²) and larger only.

    Returns
    -------
    One row an alert, by period and p: `period`, `place` (empty for the whole area), `kind`, `what` (category or hours),
    `grade` (1 is the rarest, 4 the most common: by the years between chance alerts like it anywhere, 20, 5 and 1),
    `observed`, `expected`, `p`, `q`, `recurrence_years`, `by_chance_a_year` (alerts of this one series that chance
    brings in a year), `first_seen`, `state` ("continuing" or "over" in the last period judged) and `recording` (it
    looks like a change of recording: all places rose alike and stayed).

    Raises
    ------
    DataError
        When the panel holds no counts, a period is missing between the first and the last, or a category is one that
        nobody is warned of: petitions, assemblies, religious
        or political events anywhere, sensitive kinds below the size of a township.
    AlignmentError
        When `by` or `exposure` lack labels.

    Notes
    -----
    The p-value is that of the negative binomial with the `usual` mean and `variance` of the detector, which hold the
    doubt about the parameters, not of its bound. With n series in a period, an alert recurs by chance every
    1 / (n p) periods. The announced number counts, over all series, the chance of the counts that would be alerts; with
    `fdr` the number of rejections is that of a Poisson process of small p-values.

    References
    ----------
    Benjamini and Hochberg 1995; Kleinman, Lazarus and Platt 2004, doi:10.1093/aje/kwh029 (recurrence interval).

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import NegBinEwma, raise_alerts
    >>> weeks = pd.date_range("2024-01-01", periods=60, freq="7D", name="period")
    >>> panel = pd.DataFrame(np.random.default_rng(0).poisson(0.5, (60, 30)), weeks, [f"v{k}" for k in range(30)])
    >>> panel.iloc[-1, 4] = 9
    >>> found = raise_alerts(panel, NegBinEwma())
    >>> found[["place", "kind", "grade", "observed", "state"]].to_dict("records")
    [{'place': 'v4', 'kind': 'place', 'grade': 1, 'observed': 9.0, 'state': 'continuing'}]
    >>> max(found.attrs["false_alarms"].values()) < 0.05
    True
    """
    check_panel(panel)
    check_no_gap(panel, "panel")
    check_number(area_km2, "area_km2", least=0)
    if fdr is not None:
        check_share(fdr, "fdr")
    places = _summed(panel, by)
    _refuse(places, what, area_km2)
    series, rings = families(places, neighbors, what)
    tested = positions(test, pd.DatetimeIndex(panel.index))
    found = detector.monitor(series, exposure, test=tested)
    judged = _Judged(found, series.iloc[tested])
    always = np.asarray(series.columns.get_level_values("kind") != SPREAD)  # rings open later
    told, alone = announce(judged.usual, judged.variance, judged.least, always, judged.n_usual, fdr)
    if judged.announced is not None:
        told, alone = judged.announced, _shared(judged.announced, judged.p)
    said = pd.Series(told, series.index[tested], name="false_alarms")
    if len(said):
        log.info("%.3g false alerts a period are expected when nothing rises.", said.mean())
    hits, q, n = _decide(judged, series.columns, rings, fdr)
    table = _table(judged, series.iloc[tested], hits, q, n, places, alone)
    # Plain dicts: pandas compares attrs when it joins tables, and cannot tell whether two Series are equal.
    table.attrs["false_alarms"] = said.to_dict()
    table.attrs["by_kind"] = _by_kind(said, pd.DataFrame(alone, said.index, series.columns)).to_dict()
    return table


class _Judged:
    """What the detector says, as arrays of shape (n_tested, n_series)."""

    def __init__(self, found: pd.DataFrame, counts: pd.DataFrame) -> None:
        self.count = counts.to_numpy(float)
        self.expected, self.alarm = found["expected"].to_numpy(float), found["alarm"].to_numpy(bool)
        self.p: Floats = found["p_value"].to_numpy(float)
        full = {"usual", "variance", "least"} <= set(found.columns.get_level_values(0))
        self.n_usual = np.isfinite(self.p).sum(axis=1)
        blank = np.full(self.p.shape, np.nan)
        self.usual, self.variance, self.least = (
            (found[name].to_numpy(float) if full else blank) for name in ("usual", "variance", "least")
        )
        if full:
            known = np.isfinite(self.least) & np.isfinite(self.usual)
            safe = [np.where(known, part, 1.0) for part in (self.usual, self.variance)]
            self.p = np.where(known, tail(self.count, *safe), np.nan)
        own = found.attrs.get("false_alarms")  # of a detector that corrects for all its places itself
        self.announced = None if own is None else np.array([own[period] for period in found.index], float)


def _shared(announced: Floats, p: Floats) -> Floats:
    """Return by series its share of the alarms that chance brings, the same for each that is judged."""
    known = np.isfinite(p)
    return np.where(known, (announced / np.maximum(known.sum(axis=1), 1))[:, None], np.nan)


def _by_kind(said: pd.Series, alone: pd.DataFrame) -> pd.DataFrame:
    """Share the announced number of each period out among the kinds of series."""
    kinds = alone.T.groupby(level="kind", sort=False).sum().T.drop(columns=SPREAD, errors="ignore")
    return kinds.div(kinds.sum(axis=1).where(lambda total: total > 0), axis=0).mul(said, axis=0).fillna(0.0)


def _summed(panel: pd.DataFrame, by: Any) -> pd.DataFrame:
    """Return the panel with its places summed to areas."""
    check_type(by, (str, pd.Series), "by")
    if isinstance(by, str):
        check_choice(by, ["cell"], "by")
        return panel
    cells = panel.columns.get_level_values("cell" if panel.columns.nlevels > 1 else 0)
    area = align(by, pd.Index(cells.unique()), "by").reindex(cells).to_numpy()
    if panel.columns.nlevels == 1:
        return panel.T.groupby(pd.Index(area, name="cell"), sort=True).sum().T
    keys = [panel.columns.get_level_values(name) for name in panel.columns.names if name != "cell"]
    return panel.T.groupby([*keys, pd.Index(area, name="cell")], sort=True).sum().T


def _refuse(panel: pd.DataFrame, what: str | None, area_km2: float) -> None:
    named = panel.columns.get_level_values("category").unique() if "category" in panel.columns.names else []
    for name in [*named, *([what] if what else [])]:
        refuse_target(str(name), area_km2)


def _decide(
    judged: _Judged, columns: pd.MultiIndex, rings: dict[int, Array], fdr: float | None
) -> tuple[Bools, Floats, Array]:
    """Return which series are alerts in each period, their q, and how many series were judged."""
    if judged.announced is not None:
        return judged.alarm, judged.p, np.ones(len(judged.p), int)
    hits, q = np.zeros(judged.p.shape, bool), np.full(judged.p.shape, np.nan)
    is_ring = columns.get_level_values("kind") == SPREAD
    n = np.zeros(len(judged.p), int)
    for t in range(len(judged.p)):
        open_ = ~is_ring
        for ring, own in rings.items():
            open_[ring] = hits[max(t - RECENT, 0) : t, own].any()
        open_ &= np.isfinite(judged.p[t])
        n[t] = open_.sum()
        q[t, open_] = adjusted(judged.p[t, open_])
        hits[t] = judged.alarm[t] & open_ & (True if fdr is None else q[t] <= fdr)
    return hits, q, n


def adjusted(p: Floats) -> Floats:
    """Return q-values of Benjamini and Hochberg."""
    order = np.argsort(p)
    ranked = p[order] * len(p) / np.arange(1, len(p) + 1)
    q = np.empty(len(p))
    q[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return q


def _table(
    judged: _Judged, counts: pd.DataFrame, hits: Bools, q: Floats, n: Array, places: pd.DataFrame, alone: Floats
) -> pd.DataFrame:
    step = _period_years(pd.DatetimeIndex(places.index))
    steps = recording_steps(places)
    rows = []
    for t, s in np.argwhere(hits):
        kind, place, what = counts.columns[s]
        run = t - int(np.argmax(~hits[: t + 1, s][::-1])) + 1 if not hits[: t + 1, s].all() else 0
        end = t + int(np.argmax(~hits[t:, s])) if not hits[t:, s].all() else len(hits)
        years = step / max(n[t] * judged.p[t, s], 1e-300)
        rows.append([
            counts.index[t], place, kind, what, 1 + sum(years < limit for limit in GRADES), judged.count[t, s],
            judged.expected[t, s], judged.p[t, s], q[t, s], min(years, 1e6), alone[t, s] / step, counts.index[run],
            "continuing" if end == len(hits) else "over", kind != SPREAD and steps(counts.index[run], what),
        ])  # fmt: skip
    table = pd.DataFrame(rows, columns=COLUMNS)
    for name in ("period", "first_seen"):
        table[name] = pd.to_datetime(table[name])
    table = table.astype({"kind": str, "what": str, "grade": int, "recording": bool})
    return table.sort_values(["period", "p", "kind", "place", "what"], ignore_index=True)


def _period_years(periods: pd.DatetimeIndex) -> float:
    return float(np.median(np.diff(periods)) / YEAR) if len(periods) > 1 else 7 / 365.25
