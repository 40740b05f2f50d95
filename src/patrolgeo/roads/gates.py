"""Flows that agree with what camera gates counted."""

from __future__ import annotations

import numpy as np
import pandas as pd

from patrolgeo._checks import as_floats, by_label, check_type
from patrolgeo.errors import AlignmentError, DataError
from patrolgeo.roads.paths import FlowPaths


def calibrate_flows(
    flows: pd.Series, paths: FlowPaths, counts: pd.Series, *, rounds: int = 500, tolerance: float = 1e-6
) -> pd.Series:
    """Which flows, closest to the given ones, agree with what was counted at gates?

    The maximum-entropy estimate: each gate gets a factor, and a flow is multiplied with the factors of the gates on its
    (quickest) way until every gate shows its count. Flows that pass no gate stay as they are.

    Parameters
    ----------
    flows
        Series by (origin, destination).
    paths
        Their ways; each flow counts on its quickest.
    counts
        Vehicles (in the unit of the flows) by site label.
    rounds
        Most passes over all gates.
    tolerance
        Largest difference at a gate, as a share of its count.

    Returns
    -------
    Series named "flow" by (origin, destination), in the order of the paths.

    Raises
    ------
    DataError
        When a gate with a count is passed by no flow, or gates contradict each other.

    References
    ----------
    Van Zuylen and Willumsen (1980), The most likely trip matrix estimated from traffic counts,
    doi:10.1016/0191-2615(80)90008-9.

    Examples
    --------
    >>> import geopandas as gpd, pandas as pd, shapely
    >>> from patrolgeo import RoadGraph, calibrate_flows, flow_paths
    >>> road = gpd.GeoSeries([shapely.LineString([(119.90, 31.70), (119.92, 31.70)]),
    ...                       shapely.LineString([(119.92, 31.70), (119.94, 31.70)])], crs="EPSG:4326")
    >>> flows = pd.Series({(0, 2): 30.0, (0, 1): 10.0})
    >>> paths = flow_paths(RoadGraph.from_lines(road, speed=40), flows)
    >>> calibrate_flows(flows, paths, pd.Series({0: 80.0})).tolist()
    [60.0, 20.0]
    """
    check_type(counts, pd.Series, "counts")
    if counts.index.has_duplicates:
        raise DataError(f"counts names the gate {counts.index[counts.index.duplicated()][0]!r} twice; add them up.")
    at = paths.labels.get_indexer(counts.index)
    if (at < 0).any():
        raise AlignmentError(f"counts: {counts.index[at < 0].tolist()[0]!r} is not a site of the paths.")
    _, first = np.unique(paths.flow, return_index=True)
    gates = paths.passes[first].tocsc()[:, at]
    value, wanted = by_label(flows, paths.pairs, "flows", "flows with paths").copy(), as_floats(counts, "counts")
    if not (np.isfinite(wanted) & (wanted >= 0)).all():
        raise DataError("counts holds negative or missing values; leave those gates out.")
    for _ in range(rounds):
        worst = 0.0
        for g in range(len(at)):
            on = gates.indices[gates.indptr[g] : gates.indptr[g + 1]]
            seen = value[on].sum()
            if seen <= 0 < wanted[g]:
                raise DataError(
                    f"counts: no flow passes the gate {counts.index[g]!r}, where {wanted[g]:g} were counted."
                )
            worst = max(worst, abs(seen - wanted[g]) / max(wanted[g], 1e-12) if seen > 0 else 0.0)
            value[on] *= wanted[g] / seen if seen > 0 else 1.0
        if worst <= tolerance:
            return pd.Series(value, index=paths.pairs, name="flow")
    raise DataError(f"counts: after {rounds} rounds a gate is still {worst:.1%} off; the counts contradict each other.")
