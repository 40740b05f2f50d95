"""The forecast of a run: which map it is made from, what it says for the plan's weeks, and how good such maps were."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pandas as pd
from scipy import special

from patrolgeo._typing import Floats
from patrolgeo.config import Plan
from patrolgeo.errors import DataError, PatrolgeoWarning
from patrolgeo.evaluation.backtest import backtest
from patrolgeo.evaluation.compare import compare, summarise_scores
from patrolgeo.evaluation.efficiency import pei, pei_ceiling
from patrolgeo.evaluation.evaluate import evaluate
from patrolgeo.evaluation.hits import hit_rate, pai
from patrolgeo.pipeline.results import Forecast, Ground
from patrolgeo.risk.baselines import Ewma, ExposureMap, HistoricalMean
from patrolgeo.risk.history import next_periods
from patrolgeo.risk.kernel import KernelRisk
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.stack import RiskStack

VALID = pd.Timedelta(weeks=13)  # how long a plan is valid
LEVEL = 0.9


def forecast_risk(plan: Plan, panel: pd.DataFrame, ground: Ground) -> Forecast:
    """Forecast the next period and the plan's weeks from the map that did best, and say how good such maps were."""
    by_exposure = "area" if ground.population is None else "population"
    simple = ("past_counts", by_exposure)  # maps that anyone can draw
    models: dict[str, BaseRisk] = {
        "stack": RiskStack(), "kernel": KernelRisk(), "ewma": Ewma(), "past_counts": HistoricalMean(),
        by_exposure: ExposureMap(),
    }  # fmt: skip
    known, exposure = panel[ground.patrollable_cells], ground.exposure[ground.patrollable_cells]
    forecasts = backtest(models, known, exposure=exposure, n_origins=plan.analysis.origins)
    scores = evaluate(known, forecasts, _metrics(plan))
    _warn_of_few_origins(plan, len(forecasts))
    summary = summarise_scores(scores, random_state=plan.seed).set_index(["model", "metric"])
    against = stack_against(scores, simple, plan.seed)
    name, reason = choose_model(plan.analysis.model, against, summary)
    if name not in models:
        raise DataError(f'{plan.path}: analysis.model = "{name}" needs {_NEEDS[name]}.')
    model = models[name].fit(known, exposure=exposure)
    periods = _valid_periods(known.index)
    return Forecast(
        model=name,
        reason=reason,
        by_cell=_by_cell(model, known, len(periods), plan).reindex(panel.columns),
        periods=periods,
        end=next_periods(known.index, 2)[1],
        scores=scores,
        summary=summary,
        against=against,
        ceiling=_ceilings(forecasts[name], ground, plan),
        history=model.history_,
        took=model.took_,
    )


def _metrics(plan: Plan) -> dict[str, partial[float]]:
    return {
        f"{name}_{share:g}": partial(metric, area_share=share)
        for share in plan.analysis.area_shares
        for name, metric in {"hit_rate": hit_rate, "pai": pai, "pei": pei}.items()
    }


_NEEDS = {"population": "[population]", "area": "a plan without [population]"}


def stack_against(scores: pd.DataFrame, simple: tuple[str, ...], seed: int) -> pd.DataFrame:
    """Return by simple map and area share how much more the stack caught, with its 95 % interval."""
    columns = ["model", "period", *[c for c in scores if c.startswith("hit_rate_")]]
    tables = []
    for name in simple:
        pair = scores.loc[scores["model"].isin(["stack", name]), columns]
        tables.append(compare(pair, reference=name, random_state=seed).assign(rival=name))
    return pd.concat(tables).set_index(["rival", "metric"])[["value", "low", "high"]]


def choose_model(wish: str, against: pd.DataFrame, summary: pd.DataFrame) -> tuple[str, str]:
    """Return the map that the plan is made from, and why.

    The stack is taken when it caught more than each simple map at one share of the area at least (interval above 0)
    and at none of them less. Otherwise a map that anyone can draw serves as well: the one that caught most.
    """
    if wish != "auto":
        return wish, "wished"
    by_rival = against.groupby(level="rival")
    better = bool((by_rival["low"].max() > 0).all())
    worse = bool((against["high"] < 0).any())
    if better and not worse:
        return "stack", "better"
    shares = against.index.get_level_values("metric").unique()
    caught = {name: float(summary.loc[name].loc[shares, "value"].mean()) for name in by_rival.groups}
    return max(caught, key=lambda name: (caught[name], name == "past_counts")), "not better"


def _warn_of_few_origins(plan: Plan, ran: int) -> None:
    if ran < plan.analysis.origins:
        warnings.warn(
            f"{plan.path}: analysis.origins = {plan.analysis.origins}, but this past allows {ran}: the first origin "
            f"needs half of the periods before it. The forecast was tested at {ran}.",
            PatrolgeoWarning, stacklevel=2,
        )  # fmt: skip


def _valid_periods(past: pd.DatetimeIndex) -> pd.DatetimeIndex:
    """Return the coming periods that begin while the plan is valid, at least one."""
    ahead = next_periods(past, 1 + int(VALID / (past[1] - past[0])) if len(past) > 1 else 1)
    return ahead[ahead < ahead[0] + VALID]


def _by_cell(model: BaseRisk, known: pd.DataFrame, n_periods: int, plan: Plan) -> pd.DataFrame:
    ahead = model.predict(n_periods)
    risk, spread = ahead.iloc[0], model.dispersion()
    low, high = rate_interval(risk.to_numpy(), len(known), spread)
    return pd.DataFrame({
        "risk": risk, "risk_low": low, "risk_high": high, "chance": chance_of_one(risk.to_numpy(), spread),
        "risk_plan": ahead.mean(),
        "top_probability": model.top_probability(plan.analysis.area_shares[0], random_state=plan.seed),
    })  # fmt: skip


def rate_interval(rate: Floats, periods: int, dispersion: float) -> tuple[Floats, Floats]:
    """Return the 90 % interval of rates a period: exact Poisson bounds for the events that stand behind each rate.

    A rate seen for `periods` periods stands on rate x periods events. Where counts of a period vary more than Poisson
    (variance = mean + dispersion x mean squared) they count for less. The interval is that of the mean rate, not of
    the count of one period, and always holds its rate, also where nothing was recorded (Garwood 1936).
    """
    weight = rate * periods / (1 + dispersion * rate)
    scale = np.divide(rate, weight, out=np.full(len(rate), 1.0 / periods), where=weight > 0)
    low = special.gammaincinv(np.maximum(weight, 1e-12), (1 - LEVEL) / 2) * scale
    high = special.gammaincinv(weight + 1, (1 + LEVEL) / 2) * scale
    return np.where(weight > 0, np.minimum(low, rate), 0.0), np.maximum(high, rate)


def chance_of_one(rate: Floats, dispersion: float) -> Floats:
    """Return the probability of at least one incident in a period, counts being negative binomial around the rate."""
    none = np.exp(-rate) if dispersion < 1e-9 else (1 + dispersion * rate) ** (-1 / dispersion)
    return 1 - none


def _ceilings(forecasts: pd.DataFrame, ground: Ground, plan: Plan) -> dict[float, float]:
    """Return by area share the mean PEI that the forecasts would reach if they were the truth."""
    area = ground.grid.area_km2[forecasts.columns].to_numpy()
    return {
        share: float(np.mean([pei_ceiling(row, share, area, random_state=plan.seed) for row in forecasts.to_numpy()]))
        for share in plan.analysis.area_shares
    }
