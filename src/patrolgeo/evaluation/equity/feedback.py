"""Records that patrols make themselves: what they do to a map, simulated, and in one's own panel."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, check_count, check_number, check_panel, check_seed, check_share
from patrolgeo._show import Rows, Shown, some_of
from patrolgeo._typing import Floats
from patrolgeo.errors import AlignmentError, DataError, PatrolgeoWarning

BANDS = (0.05, 0.95)
DRIVES = 0.2  # officer-initiated share of a kind, or changed share of the top places, from which a map is driven by it


def simulate_feedback(
    rates: Any,
    *,
    days: int = 1000,
    start: float = 1.0,
    corrected: bool = False,
    reported: float = 0.0,
    n_runs: int = 1000,
    random_state: int | None = 0,
) -> pd.DataFrame:
    """Where do records go when patrols go where records are, and every patrol finds some?

    Each day one patrol goes to a place drawn with the chance of its share in the record, and finds an incident there
    with the rate of the place, which becomes a record: a Pólya urn (Ensign et al. 2018), in which one place runs away
    from the others whatever is true. ``corrected=True`` keeps a found incident with a chance in inverse proportion to
    that of having sent a patrol there, so that the shares go to the true ones. ``reported`` mixes in what citizens
    report, wherever patrols are.

    Parameters
    ----------
    rates
        Chance that a day's patrol at a place finds an incident, 0 to 1: a Series by place or a list, two at least.
    days
        Days that are played.
    start
        Records that each place has at the beginning.
    corrected
        Whether found incidents are thinned by the chance of the patrol.
    reported
        Chance that an incident of the day is reported by a citizen instead of found, 0 to 1; such a report comes from a
        place in proportion to its rate.
    n_runs
        How often it is played.
    random_state
        Seed.

    Returns
    -------
    DataFrame by place: `true_share` (of the rates), `share` (mean share of the records added), `sd`, and `low` and
    `high` (5 and 95 % of the runs).

    Raises
    ------
    DataError
        When there are fewer than two places, or a rate lies outside 0 to 1.

    References
    ----------
    Ensign, Friedler, Neville, Scheidegger and Venkatasubramanian (2018), Runaway feedback loops in predictive policing,
    PMLR 81:160-171.

    Examples
    --------
    >>> from patrolgeo import simulate_feedback
    >>> naive = simulate_feedback([0.2, 0.1], days=2000, start=5, n_runs=200)
    >>> fair = simulate_feedback([0.2, 0.1], days=2000, start=5, n_runs=200, corrected=True)
    >>> bool(naive["share"][0] > 0.8), bool(abs(fair["share"][0] - 2 / 3) < 0.02)
    (True, True)
    """
    chance = as_floats(rates, "rates")
    if chance.ndim != 1 or len(chance) < 2 or not ((chance >= 0) & (chance <= 1)).all() or not chance.sum() > 0:
        raise DataError("rates must hold two chances or more, each from 0 to 1 and not all of them 0.")
    days, n_runs = check_count(days, "days"), check_count(n_runs, "n_runs", least=2)
    check_number(start, "start", above=0)
    check_number(reported, "reported", least=0, most=1)
    added = _play(chance, days, float(start), corrected, float(reported), n_runs, check_seed(random_state))
    total = added.sum(axis=1)
    share = added[total > 0] / total[total > 0, None]
    if not len(share):
        raise DataError("No run added a record; give more days or higher rates.")
    low, high = np.quantile(share, BANDS, axis=0)
    index = rates.index if isinstance(rates, pd.Series) else pd.RangeIndex(len(chance))
    return pd.DataFrame(
        {"true_share": chance / chance.sum(), "share": share.mean(axis=0), "sd": share.std(axis=0), "low": low,
         "high": high}, index=index.rename("place"),
    )  # fmt: skip


def _play(chance: Floats, days: int, start: float, corrected: bool, reported: float, runs: int, seed: int) -> Floats:
    """Return the records added, runs x places."""
    rng, n, each = np.random.default_rng(seed), len(chance), np.arange(runs)
    record = np.full((runs, n), start)
    for _ in range(days):
        share = record / record.sum(axis=1, keepdims=True)
        sent = _drawn(share, rng.random(runs))
        found = rng.random(runs) < chance[sent]
        if corrected:
            found &= rng.random(runs) < share.min(axis=1) / share[each, sent]
        if reported:
            told = rng.random(runs) < reported
            sent = np.where(told, _drawn(np.tile(chance / chance.sum(), (runs, 1)), rng.random(runs)), sent)
            found = np.where(told, rng.random(runs) < chance.mean(), found)
        record[each, sent] += found
    return record - start


def _drawn(share: Floats, uniform: Floats) -> Any:
    return np.minimum((np.cumsum(share, axis=1) < uniform[:, None]).sum(axis=1), share.shape[1] - 1)


@dataclass(frozen=True, eq=False, repr=False)
class FeedbackAudit(Shown):
    """What the records that officers started do to a map; `feedback_audit` makes it.

    Parameters
    ----------
    by_kind
        A row a kind and a last one "all": `records`, `officer`, `officer_share` with its interval (`low`, `high`;
        Wilson), and `drives`: whether that share is at least 20 %.
    by_place
        By place the forecast with all records (`all`) and without those that officers started (`without`), both as
        shares of the whole, and whether it is among the first places of either (`top`, `top_without`).
    top_changed
        Share of the first places that are others without such records.
    area_share
        Share of the places that count as first.
    """

    by_kind: pd.DataFrame
    by_place: pd.DataFrame
    top_changed: float
    area_share: float

    @property
    def drives(self) -> bool:
        """Whether records that officers started drive the map: a fifth of all records, or of the first places."""
        return bool(self.by_kind.loc["all", "drives"] or self.top_changed >= DRIVES)

    def _head(self) -> str:
        said = "they drive the map" if self.drives else "they do not drive the map"
        return f"officers started {self.by_kind.loc['all', 'officer_share']:.0%} of the records; {said}"

    def _rows(self) -> Rows:
        driven = self.by_kind.index[self.by_kind["drives"]].drop("all", errors="ignore")
        return [("kinds", f"a fifth or more: {some_of(driven)}"),
                ("first places", f"{self.top_changed:.0%} are others without such records")]  # fmt: skip


def feedback_audit(
    panel: pd.DataFrame, officer: pd.DataFrame, *, model: Any = None, area_share: float = 0.05, level: float = 0.95
) -> FeedbackAudit:
    """Do the records that officers started themselves drive the map, which then sends officers there again?

    Parameters
    ----------
    panel
        Counts of all records, periods x places; with kinds, the columns have two levels, kind and place.
    officer
        Those of them that officers started (stops, checks, what patrols found), the same columns and periods.
    model
        A risk model with `fit` and `predict`, for the places; by default the mean of the past.
    area_share
        Share of the places that count as first: those that would be patrolled.
    level
        Probability of the intervals.

    Returns
    -------
    FeedbackAudit; a `PatrolgeoWarning` is raised where `drives` is true.

    Raises
    ------
    AlignmentError
        When the two panels have other periods or places.
    DataError
        When officers started more records than there are, or there is none.

    Examples
    --------
    >>> import pandas as pd
    >>> from patrolgeo import feedback_audit
    >>> weeks = pd.date_range("2024-01-01", periods=4, freq="7D")
    >>> panel = pd.DataFrame({"a": [5, 6, 5, 4], "b": [3, 3, 4, 3], "c": [1, 0, 1, 0]}, index=weeks)
    >>> found = feedback_audit(panel, panel * [0.05, 0.0, 0.0], area_share=0.34)
    >>> round(float(found.by_kind.loc["all", "officer_share"]), 3), found.drives
    (0.029, False)
    """
    check_share(area_share, "area_share")
    check_share(level, "level", "0.95 means 95 %")
    check_panel(panel)
    check_panel(officer, "officer")
    if not (panel.index.equals(officer.index) and panel.columns.equals(officer.columns)):
        raise AlignmentError(
            "panel and officer must have the same periods and columns in one order; use .reindex_like."
        )
    if (officer.to_numpy(float) > panel.to_numpy(float) + 1e-9).any():
        raise DataError("officer holds more records than panel somewhere; it must be a part of it.")
    if model is not None and not (hasattr(model, "fit") and hasattr(model, "predict")):
        raise DataError(f"model must have fit and predict, as HistoricalMean() does; got {type(model).__name__}.")
    if panel.columns.nlevels > 2 or (panel.columns.nlevels == 2 and "all" in panel.columns.get_level_values(0)):
        raise DataError(
            "The columns must be places, or kinds and places, with no kind named 'all': that is every kind."
        )
    if not panel.to_numpy(float).sum() > 0:
        raise DataError("panel holds no record; nothing can be said of it.")
    by_kind = _by_kind(panel, officer, level)
    places = [_by_place(table) for table in (panel, panel - officer)]
    maps = [_as_share(_forecast(table, model)) for table in places]
    n = max(1, round(area_share * len(maps[0])))
    tops = [_first(shares, n) for shares in maps]
    table = pd.DataFrame({"all": maps[0], "without": maps[1], "top": tops[0], "top_without": tops[1]})
    changed = float((table["top"] & ~table["top_without"]).sum() / n)
    found = FeedbackAudit(by_kind, table.rename_axis("place"), changed, area_share)
    if found.drives:
        share = by_kind.loc["all", "officer_share"]
        warnings.warn(
            f"Officers started {share:.0%} of the records, and {changed:.0%} of the first places are others without "
            "them: such a map sends patrols where patrols were. Leave these kinds out of the forecast.",
            PatrolgeoWarning, stacklevel=3,
        )  # fmt: skip
    return found


def _by_kind(panel: pd.DataFrame, officer: pd.DataFrame, level: float) -> pd.DataFrame:
    sums = pd.DataFrame({"records": panel.sum(), "officer": officer.sum()})
    parts = [] if panel.columns.nlevels == 1 else [sums.groupby(level=0).sum()]
    table = pd.concat([*parts, pd.DataFrame([sums.sum()], index=["all"])]).rename_axis("kind")
    share = table["officer"] / table["records"].where(table["records"] > 0)
    low, high = _wilson(share.to_numpy(float), table["records"].to_numpy(float), level)
    return table.assign(officer_share=share, low=low, high=high, drives=share >= DRIVES)


def _wilson(share: Floats, n: Floats, level: float) -> tuple[Floats, Floats]:
    from scipy import stats

    z = float(stats.norm.ppf((1 + level) / 2))
    n = np.where(n > 0, n, np.nan)
    middle = (share + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2))
    return np.maximum(middle - half, 0.0), np.minimum(middle + half, 1.0)


def _by_place(table: pd.DataFrame) -> pd.DataFrame:
    return table if table.columns.nlevels == 1 else table.T.groupby(level=1).sum().T


def _forecast(table: pd.DataFrame, model: Any) -> pd.Series:
    return table.mean() if model is None else pd.Series(model.fit(table).predict(1).iloc[0])


def _as_share(values: pd.Series) -> pd.Series:
    total = float(values.sum())
    return values / total if total > 0 else values * 0.0


def _first(values: pd.Series, n: int) -> pd.Series:
    """Return which places are the first `n`; of equal ones that with the first label."""
    order = np.lexsort((np.argsort(np.argsort(values.index.astype(str))), -values.to_numpy(float)))
    first = np.zeros(len(values), bool)
    first[order[:n]] = True
    return pd.Series(first, values.index)
