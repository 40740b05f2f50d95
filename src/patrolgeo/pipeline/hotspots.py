"""Hotspots in a run: where more is recorded than the people there explain."""

from __future__ import annotations

import pandas as pd

from patrolgeo.config import Plan
from patrolgeo.hotspots.getis_ord import GetisOrd
from patrolgeo.pipeline.results import Ground


def find_hotspots(plan: Plan, panel: pd.DataFrame, ground: Ground) -> pd.DataFrame:
    """Hold what was recorded against what the people there let expect; correct for the number of cells."""
    model = GetisOrd(alpha=plan.analysis.alpha)
    patrollable = ground.patrollable_cells
    label = model.fit_predict(panel[patrollable], exposure=ground.exposure[patrollable])
    return pd.DataFrame({"hotspot_z": model.statistic_, "hotspot_p": model.p_value_, "hotspot_q": model.p_adjusted_,
                         "hotspot_label": label}).reindex(panel.columns)  # fmt: skip
