"""The forecast of a run, and how good such forecasts were."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.errors import PatrolgeoWarning
from patrolgeo.evaluation.backtest import backtest
from patrolgeo.evaluation.compare import evaluate, summarise_scores
from patrolgeo.evaluation.metrics import hit_rate, pai, pei, pei_ceiling
from patrolgeo.pipeline.results import Forecast, Ground
from patrolgeo.risk.baselines import Ewma, ExposureMap, HistoricalMean
from patrolgeo.risk.kernel import KernelRisk
from patrolgeo.risk.protocol import BaseRisk
from patrolgeo.risk.stack import RiskStack

MODEL = "stack"


def forecast_risk(plan: Plan, panel: pd.DataFrame, ground: Ground) -> Forecast:
    """Forecast the next period, and say how good such forecasts were at the last origins, beside two naive maps."""
    models: dict[str, BaseRisk] = {
        MODEL: RiskStack(), "kernel": KernelRisk(), "ewma": Ewma(), "past_counts": HistoricalMean(),
        "population": ExposureMap(),
    }  # fmt: skip
    known, exposure = panel[ground.patrollable_cells], ground.exposure[ground.patrollable_cells]
    forecasts = backtest(models, known, exposure=exposure, n_origins=plan.analysis.origins)
    metrics = {
        f"{name}_{share:g}": partial(metric, area_share=share)
        for share in plan.analysis.area_shares
        for name, metric in {"hit_rate": hit_rate, "pai": pai, "pei": pei}.items()
    }
    scores = evaluate(known, forecasts, metrics)
    _warn_of_few_origins(plan, len(forecasts))
    model = models[MODEL].fit(known, exposure=exposure)
    return Forecast(
        model=MODEL,
        by_cell=_next_period(model, plan.analysis.area_shares[0], plan.seed).reindex(panel.columns),
        period=model.predict().index[0],
        scores=scores,
        summary=summarise_scores(scores, random_state=plan.seed).set_index(["model", "metric"]),
        ceiling=_ceilings(forecasts[MODEL], ground, plan),
    )


def _warn_of_few_origins(plan: Plan, ran: int) -> None:
    if ran < plan.analysis.origins:
        warnings.warn(
            f"{plan.path}: analysis.origins = {plan.analysis.origins}, but this past allows {ran}: the first origin "
            f"needs half of the periods before it. The forecast was tested at {ran}.",
            PatrolgeoWarning, stacklevel=2,
        )  # fmt: skip


def _next_period(model: BaseRisk, area_share: float, seed: int) -> pd.DataFrame:
    bounds = model.predict_interval().iloc[0]
    return pd.DataFrame({
        "risk": model.predict().iloc[0],
        "risk_low": bounds["low"],
        "risk_high": bounds["high"],
        "top_probability": model.top_probability(area_share, random_state=seed),
    })  # fmt: skip


def _ceilings(forecasts: pd.DataFrame, ground: Ground, plan: Plan) -> dict[float, float]:
    """Return by area share the mean PEI that the forecasts would reach if they were the truth."""
    area = ground.grid.area_km2[forecasts.columns].to_numpy()
    return {
        share: float(np.mean([pei_ceiling(row, share, area, random_state=plan.seed) for row in forecasts.to_numpy()]))
        for share in plan.analysis.area_shares
    }
