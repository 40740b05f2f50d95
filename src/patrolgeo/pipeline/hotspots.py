"""Hotspots in a run: where more is recorded than expected, and the spots that a shift can visit."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse

from patrolgeo.config import Plan
from patrolgeo.hotspots.getis_ord import GetisOrd
from patrolgeo.hotspots.problem import describe_spots
from patrolgeo.hotspots.spots import HotSpots, join_hot_spots
from patrolgeo.pipeline.results import Counts, Ground, Hotspots
from patrolgeo.pipeline.second_looks import found_by, look_again

STOP_SHARE = 0.4  # of a shift that is left for stops at hot spots when half of it goes to calls
BETWEEN_MINUTES = 5.0  # from one stop to the next
VISITS = 2  # a spot is visited about every two hours of its peak (Koper 1995)


def find_hotspots(plan: Plan, counts: Counts, ground: Ground) -> Hotspots:
    """Hold what was recorded against what the people there explain; join what is too much into spots to visit."""
    patrollable = ground.patrollable_cells
    panel, exposure = counts.panel[patrollable], ground.exposure[patrollable]
    cells, dispersion = hold_against_expected(panel, exposure, plan.analysis.alpha)
    cells = cells.join(look_again(counts, ground, plan.analysis.alpha, dispersion)).reindex(counts.panel.columns)
    observed = counts.panel.sum()
    expected = (ground.exposure / ground.exposure.sum() * observed.sum()).where(ground.patrollable, 0.0)
    visits = plan.hot_spots.n if plan.hot_spots.n is not None else visits_a_shift(plan)
    hot = cells["hotspot_label"] == "hot"
    spots = join_hot_spots(
        hot, observed, expected, ground.grid, seeds=cells["hotspot_role"] == "itself",
        max_km2=plan.hot_spots.max_km2, most=visits,
    )  # fmt: skip
    facts = _facts(counts.records, spots, observed.sum()).join(found_by(cells, observed, spots.of_cell))
    return Hotspots(cells, spots, facts, visits)


def hold_against_expected(panel: pd.DataFrame, exposure: pd.Series, alpha: float) -> tuple[pd.DataFrame, float]:
    """Return the test of each cell with its neighbours, whether it is hot itself or its surrounding is, and bursts."""
    around = GetisOrd(alpha=alpha)
    label = around.fit_predict(panel, exposure, incident=1.0)  # weights only share incidents out over villages
    nobody = sparse.csr_matrix((panel.shape[1], panel.shape[1]))
    alone = GetisOrd(alpha=alpha, connectivity=nobody, alone=False)
    itself = alone.fit_predict(panel, exposure, incident=1.0) == "hot"
    role = pd.Series(np.where(itself, "itself", "surrounding"), index=label.index).where(label == "hot")
    return pd.DataFrame({
        "hotspot_z": around.statistic_, "hotspot_p": around.p_value_, "hotspot_q": around.p_adjusted_,
        "hotspot_label": label, "hotspot_role": role,
    }), around.dispersion_  # fmt: skip


def visits_a_shift(plan: Plan) -> int:
    """Return how many spots the units of a shift can visit twice, one unit an area."""
    wish = plan.areas
    each = STOP_SHARE * 60 * wish.shift_hours / (wish.stop_minutes + BETWEEN_MINUTES) / VISITS
    return max(int(each * wish.n), 1)


def _facts(records: gpd.GeoDataFrame, spots: HotSpots, total: float) -> pd.DataFrame:
    """Return what happens at each spot and when; empty without spots."""
    share = spots.table["expected"] / total if total else spots.table["expected"]
    if not len(share):
        return pd.DataFrame(index=share.index)
    spot = records["cell"].map(spots.of_cell).astype(int)
    return describe_spots(records, spot, share)
