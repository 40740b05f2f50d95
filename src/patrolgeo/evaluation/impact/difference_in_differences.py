"""Did the treated places change in another way than the others? Differences in differences."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from patrolgeo._checks import check_choice, check_seed, check_share
from patrolgeo._show import Rows
from patrolgeo._typing import Floats
from patrolgeo.evaluation.impact._contrast import Contrast, log_ratio, mean_change, plain_errors, spread
from patrolgeo.evaluation.impact._design import Design, read_design
from patrolgeo.evaluation.impact._few import assignments, wild
from patrolgeo.evaluation.impact._staggered import group_times, joined, overall
from patrolgeo.evaluation.impact.effect import Effect, reach, two_sided

FEW, FEW_IN_ARM = 6, 3  # clusters, in all and in an arm; with fewer no interval is offered: it would be too short


@dataclass(frozen=True, eq=False, repr=False)
class Impact(Effect):
    """Effect on treated places; `difference_in_differences` makes it.

    `effect`, `low` and `high` are incidents a place and period (linear) or the relative change (Poisson: -0.2 is a
    fifth fewer); `standard_error` and `z` belong to the difference or to the log ratio.

    Parameters
    ----------
    model
        "poisson" or "linear".
    by_period
        By period relative to the start (0 is the first treated one): effect, standard_error, low, high. Before the
        start they should lie around 0.
    group_time
        For staggered starts by `start` and `period`: the same; None for a common start.
    rings
        By ring, in order: the same columns, and p_value: what happened next to the treated places. None without rings.
    plain
        Of a linear model with a common start, by arm: effect, se_hc1 (all dummies counted), se_cluster (clusters
        over clusters less 1, as programs print it); else None.
    prevented
        Incidents prevented in all treated places and periods: value, low, high.
    n_clusters
        How many clusters stand behind it, control and treated.
    degrees
        Of freedom of Student's t.
    mark
        Why there is no interval, or "" where there is one.
    """

    model: str = "poisson"
    by_period: pd.DataFrame | None = None
    group_time: pd.DataFrame | None = None
    rings: pd.DataFrame | None = None
    plain: pd.DataFrame | None = None
    prevented: tuple[float, float, float] = (np.nan, np.nan, np.nan)
    n_clusters: tuple[int, int] = (0, 0)
    degrees: float = np.nan
    mark: str = ""

    def _head(self) -> str:
        beside = ""
        if self.rings is not None:  # what moved next door is said before what was won
            told = [f"{ring} {row.effect:+.3g} [{row.low:.3g}, {row.high:.3g}]" for ring, row in self.rings.iterrows()]
            beside = f"beside: {', '.join(told)}; treated "
        return beside + super()._head()

    def _rows(self) -> Rows:
        value, low, high = self.prevented
        rows = [
            ("model", f"{self.model}, {self.n_clusters[0]} control and {self.n_clusters[1]} treated clusters"),
            ("prevented", f"{value:,.4g} incidents [{low:,.4g}, {high:,.4g}]"),
            *super()._rows(),
        ]
        return [*rows, ("no interval", self.mark)] if self.mark else rows


def difference_in_differences(
    panel: pd.DataFrame,
    treated: Any,
    start: object,
    *,
    model: str = "poisson",
    cluster: Any = None,
    rings: Any = None,
    base: str | None = None,
    inference: str = "cluster",
    blocks: Any = None,
    alpha: float = 0.05,
    random_state: Any = 0,
) -> Impact:
    """How did treated places change, compared with the others over the same time?

    Without treatment both would have changed alike: by as many incidents (linear), or by the same factor (Poisson, the
    default: counts of places differ by a factor, seldom by a number). Errors hold for any dependence within a cluster.
    A comparison of treated places with themselves before, without others, is refused: hot places cool by themselves.

    Parameters
    ----------
    panel
        Counts, shape (n_periods, n_units), periods in order; no gap.
    treated
        Which units are treated: their labels, or a Series of truth values by unit.
    start
        First treated period, a label of the rows; a Series by treated unit where starts are staggered. Places that
        start later, or never, are then the comparison (group-time effects), never places that have started already.
    model
        "poisson" (ratio of ratios) or "linear" (difference of mean changes).
    cluster
        Series by unit: what varies together (a district). By default each unit by itself.
    rings
        Series by unit: the ring around treated places that an untreated unit lies in, or missing; such units are no
        control, and get effects of their own. See `displacement_rings`.
    base
        What later periods are held against: "all" periods before the start, or the "last" one (the published way for
        staggered starts: periods before the start then are held against the one before each). By default "last" for
        staggered linear, else "all".
    inference
        "cluster" (Student's t, degrees of freedom of Welch and Satterthwaite), "wild" (bootstrap under the null),
        "randomisation" (p only: how often another draw of treated clusters gives as much). With fewer than six
        clusters, or two in an arm, no interval is offered, and p is that of randomisation.
    blocks
        Series by unit: within what treatment was drawn; for randomisation.
    alpha
        1 - coverage of the intervals.
    random_state
        Seed or Generator of the draws.

    Returns
    -------
    Impact

    Raises
    ------
    DataError
        When nothing was counted before the start, there is no untreated unit, or a setting is not known.
    AlignmentError
        When labels do not fit the panel.

    References
    ----------
    Callaway and Sant'Anna 2021, doi:10.1016/j.jeconom.2020.12.001; Cameron, Gelbach and Miller 2008,
    doi:10.1162/rest.90.3.414; Bell and McCaffrey 2002; Webb 2023, doi:10.1111/caje.12661.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from patrolgeo import difference_in_differences
    >>> rng = np.random.default_rng(0)
    >>> panel = pd.DataFrame(rng.poisson(4, (20, 40)))
    >>> panel.iloc[10:, :20] = rng.poisson(2, (10, 20))
    >>> found = difference_in_differences(panel, range(20), 10)
    >>> found.finding, round(float(found.effect), 1)
    ('fewer', -0.4)
    """
    check_choice(model, ("poisson", "linear"), "model")
    check_choice(base, (None, "all", "last"), "base")
    check_choice(inference, ("cluster", "wild", "randomisation"), "inference")
    check_share(alpha, "alpha")
    seed = check_seed(random_state)
    design = read_design(panel, treated, start, cluster, rings, blocks, counts=model == "poisson")
    base = base or ("last" if model == "linear" and design.staggered else "all")
    main = overall(design, model, base)
    times, periods = group_times(design, model, base)
    found = _judged(main, design, model, alpha)
    tables = {
        "by_period": _table(periods, design, model, alpha, "period"),
        "group_time": _table(times, design, model, alpha, ("start", "period")) if design.staggered else None,
        "rings": _rings(design, model, alpha) if design.rings else None,
        "plain": _plain(design) if model == "linear" and not design.staggered else None,
    }
    found = replace(found, **tables)
    if inference != "cluster" or found.mark:
        found = _drawn(found, main, design, inference, np.random.default_rng(seed))
    return replace(found, prevented=_prevented(found, design))


def _judged(main: Contrast, design: Design, model: str, alpha: float) -> Impact:
    """Return the estimate with the interval by cluster, or the mark why there is none."""
    errors, degrees = spread(main.influence, design.cluster, design.arm, design.weight(model))
    value, error, freedom = float(main.value[0]), float(errors[0]), float(degrees[0])
    counts = design.n_clusters
    mark = ""
    if sum(counts) < FEW or min(counts) < FEW_IN_ARM:
        mark = f"{counts[0]} control and {counts[1]} treated clusters: fewer than {FEW}, or than {FEW_IN_ARM} in an arm"
    elif not (np.isfinite(value) and error > 0):
        mark = "too few incidents, or none that differ"
    low, high = _interval(value, error if not mark else np.nan, reach(alpha, freedom), model)
    z = value / error if error > 0 else np.nan
    return Impact(
        float(_said(value, model)), error, z, low, high, two_sided(z, freedom), alpha, model=model,
        n_clusters=counts, degrees=freedom, mark=mark,
    )  # fmt: skip


def _said(value: Any, model: str) -> Any:
    return np.expm1(value) if model == "poisson" else value


def _interval(value: Any, error: Any, half: Any, model: str) -> tuple[Any, Any]:
    return _said(value - half * error, model), _said(value + half * error, model)


def _table(
    parts: dict[Any, Contrast], design: Design, model: str, alpha: float, names: str | tuple[str, ...]
) -> pd.DataFrame:
    """Return effects with intervals, a row a part."""
    every = joined(list(parts.values()))
    errors, degrees = spread(every.influence, design.cluster, design.arm, design.weight(model))
    errors = np.where(errors > 0, errors, np.nan)
    half = np.array([reach(alpha, freedom) for freedom in degrees])
    low, high = _interval(every.value, errors, half, model)
    index = (
        pd.Index(list(parts), name=names) if isinstance(names, str) else pd.MultiIndex.from_tuples(parts, names=names)
    )
    columns = {"effect": _said(every.value, model), "standard_error": errors, "low": low, "high": high}
    p_value = [two_sided(v / e, f) for v, e, f in zip(every.value, errors, degrees, strict=True)]
    return pd.DataFrame(columns | {"p_value": p_value}, index)


def _rings(design: Design, model: str, alpha: float) -> pd.DataFrame:
    before, after = design.means()
    contrast = log_ratio if model == "poisson" else lambda old, new, *arms: mean_change(new - old, *arms)
    parts = {
        name: contrast(before[:, None], after[:, None], design.arm == design.ring_code(name), design.control)
        for name in design.rings
    }
    return _table(parts, design, model, alpha, "ring")


def _plain(design: Design) -> pd.DataFrame:
    hc1, by_cluster = plain_errors(design.values, design.after, design.arm, design.cluster)
    before, after = design.means()
    change = after - before
    names = ["treated", *design.rings]
    effects = [change[design.arm == code].mean() - change[design.control].mean() for code in range(1, len(names) + 1)]
    return pd.DataFrame({"effect": effects, "se_hc1": hc1, "se_cluster": by_cluster}, pd.Index(names, name="arm"))


def _drawn(found: Impact, main: Contrast, design: Design, inference: str, rng: np.random.Generator) -> Impact:
    """Return the same with p (and interval) from draws over clusters; staggered starts and mixed clusters have none."""
    if design.staggered or design.mixed:
        if inference != "cluster":
            raise design.no_draws(inference)
        return replace(found, p_value=np.nan)
    sums = design.cluster_sums()
    treated = sums["treated"].astype(bool)
    if inference == "wild" and not found.mark:
        size = sums["before"] + sums["after"] if found.model == "poisson" else sums["size"]
        outcome = sums["after"] if found.model == "poisson" else sums["after"] - sums["before"]
        draws, seen = wild(outcome, size, treated, rng)
        low, high = _interval(
            float(main.value[0]), found.standard_error, np.quantile(draws, 1 - found.alpha), found.model
        )
        p_value = (1 + (draws >= abs(seen)).sum()) / (1 + len(draws))
        return replace(found, low=low, high=high, p_value=float(p_value))
    ways = assignments(treated, sums["block"].astype(np.int64), rng)
    values = np.abs(_under(ways, sums, found.model))
    seen = np.abs(_under(treated[None].astype(float), sums, found.model))[0]
    p_value = float((values >= seen * (1 - 1e-12)).mean()) if np.isfinite(seen) else np.nan
    if inference == "randomisation":
        return replace(found, low=np.nan, high=np.nan, p_value=p_value, mark=found.mark or "asked for p only")
    return replace(found, p_value=p_value)


def _under(ways: Floats, sums: dict[str, Floats], model: str) -> Floats:
    """Return the estimate under each way to treat clusters."""
    new, old, size = (ways @ sums[name] for name in ("after", "before", "size"))
    other = {name: sums[name].sum() for name in ("after", "before", "size")}
    with np.errstate(divide="ignore", invalid="ignore"):
        if model == "poisson":
            value = np.log(new / old) - np.log((other["after"] - new) / (other["before"] - old))
        else:
            rest = other["after"] - other["before"] - (new - old)
            value = (new - old) / size - rest / (other["size"] - size)
    return np.where(np.isnan(value), np.inf, value)


def _prevented(found: Impact, design: Design) -> tuple[float, float, float]:
    """Return how many incidents were prevented among the treated after their start."""
    ends = np.array([found.effect, found.high, found.low])
    if found.model == "linear":
        few = -ends * design.treated_after.sum()
    else:
        seen = float((design.values * design.treated_after).sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            few = seen / (1 + ends) - seen
    return float(few[0]), float(few[1]), float(few[2])
