"""Why here: the kinds of places near which more is recorded than elsewhere in the same part of the area."""

from __future__ import annotations

import warnings
from typing import Any

import pandas as pd

from patrolgeo.errors import PatrolgeoWarning
from patrolgeo.hotspots._at_places import is_dwelling
from patrolgeo.pipeline.results import Counts, Ground, Place, Results
from patrolgeo.risk.refusals import may_explain
from patrolgeo.risk.terrain import RiskTerrain


def risk_terrain(place: Place, counts: Counts, ground: Ground) -> RiskTerrain | None:
    """Return the risk terrain of the kinds of [places]; None without them.

    Homes explain nothing, and kinds that lead to people who must be left in peace are never asked about.
    """
    places, cells = place["places"], ground.patrollable_cells
    if places is None:
        return None
    kinds = {
        str(kind): layer
        for kind, layer in places.groupby("kind")
        if may_explain(str(kind)) and not is_dwelling(str(kind))
    }
    with warnings.catch_warnings():  # what is thin is said of the forecast
        warnings.simplefilter("ignore", PatrolgeoWarning)
        return RiskTerrain().fit(counts.panel[cells], exposure=ground.exposure[cells], covariates=kinds)


def factors_of_spots(results: Results) -> pd.DataFrame | None:
    """Return which layers hold in the cells of each hot spot: `spot` and the columns of `relative_risk_`."""
    if results.terrain is None:
        return None
    of_cell = results.hotspots.spots.of_cell
    told = results.terrain.story(of_cell.index[of_cell > 0])
    return told.assign(spot=told["cell"].map(of_cell))


def terrain_summary(terrain: RiskTerrain | None) -> dict[str, Any] | None:
    """Return how many kinds and layers were looked at, and the factors that entered."""
    if terrain is None:
        return None
    return {
        "kinds": len(terrain.history_.places),
        "layers": terrain.n_layers_,
        "factors": terrain.relative_risk_.to_dict("records"),
    }
