"""What other methods say of the hot spots of a run, and how places changed: scan, clusters, classes of change."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import stats

from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.hotspots.emerging import classify_change
from patrolgeo.hotspots.hierarchical import nearest_neighbor_clusters
from patrolgeo.hotspots.scan import scan_statistic
from patrolgeo.pipeline.results import Counts, Ground

STRETCHES = 12  # parts of the records in which places are hot, cold or neither
BY_AREA = 0.05  # of the incidents happen where nobody lives
ZONE_SHARE, ZONE_CELLS, ZONES = 0.1, 200, 25  # at most of the people and cells in a zone of the scan, and zones
REPLICATES = 99  # the Gumbel p of so many is as good as that of thousands
HALF = 0.5  # of the incidents of a spot must lie in what another method found


def look_again(counts: Counts, ground: Ground, alpha: float, dispersion: float) -> pd.DataFrame:
    """Return by patrollable cell `scan_cluster`, `clustered` and `hotspot_change`.

    `scan_cluster` is the number of the significant zone of the scan that holds the cell, 0 for none; `clustered` how
    many of its incidents lie in a cluster nearer to each other than the people explain; `hotspot_change` the class of
    change, missing where the records are too short.
    """
    cells = ground.patrollable_cells
    panel, people = counts.panel[cells], ground.exposure[cells]
    area = ground.grid.area_km2[cells]
    base = (1 - BY_AREA) * people / people.sum() + BY_AREA * area / area.sum()
    return pd.DataFrame({
        "scan_cluster": _scanned(panel, base, alpha, dispersion),
        "clustered": _clustered(counts.records, base, ground.grid, alpha),
        "hotspot_change": _changes(panel, people, alpha),
    }, index=cells)  # fmt: skip


def found_by(cells: pd.DataFrame, incidents: pd.Series, of_cell: pd.Series) -> pd.DataFrame:
    """Return by spot whether the scan and clusters of incidents found it too: `by_scan`, `by_clusters`."""
    inside = of_cell[of_cell > 0]
    held = pd.DataFrame({
        "by_scan": incidents.where(cells["scan_cluster"] > 0, 0.0), "by_clusters": cells["clustered"], "all": incidents,
    }).loc[inside.index].groupby(inside).sum()  # fmt: skip
    return pd.DataFrame({name: held[name] >= HALF * held["all"] for name in ("by_scan", "by_clusters")})


def _scanned(panel: pd.DataFrame, base: pd.Series, alpha: float, dispersion: float) -> pd.Series:
    """Return the number of the significant zone of each cell; bursts make an effective incident of several."""
    found = scan_statistic(
        panel.sum(), base, max_share=ZONE_SHARE, max_units=ZONE_CELLS, most=ZONES, n_permutations=REPLICATES,
        incident=dispersion,
    )  # fmt: skip
    zone = pd.Series(0, index=panel.columns)
    for number, (members, p) in enumerate(zip(found.members, found.gumbel_p_value, strict=True), 1):
        zone[members] = number if p <= alpha else 0
    return zone


def _clustered(records: gpd.GeoDataFrame, base: pd.Series, grid: HexGrid, alpha: float) -> pd.Series:
    """Return how many incidents of each cell lie in a cluster of more than chance makes anywhere.

    By chance about pi / 4 others lie within the mean distance to the nearest.
    """
    known = records[records["cell"].isin(base.index)]
    if len(known) < STRETCHES:
        return pd.Series(0, index=base.index)
    fewest = int(stats.poisson.isf(alpha / len(known), np.pi / 4)) + 2
    area = grid.geometry[base.index]
    label = nearest_neighbor_clusters(known, area, exposure=base, min_incidents=fewest).labels["order_1"]
    return known["cell"][label >= 0].value_counts().reindex(base.index, fill_value=0)


def _changes(panel: pd.DataFrame, people: pd.Series, alpha: float) -> pd.Series:
    """Return the class of change of each cell over twelve parts of the records, each with its own total."""
    if len(panel) < STRETCHES or not panel.to_numpy().any():
        return pd.Series(None, index=panel.columns, dtype=object)
    parts = np.array_split(np.arange(len(panel)), STRETCHES)
    start = panel.index[[part[0] for part in parts]]
    sums = pd.DataFrame([panel.iloc[part].sum() for part in parts], index=start)
    exposure = pd.DataFrame(np.outer(sums.sum(axis=1), people), index=start, columns=panel.columns)
    return classify_change(sums, exposure, alpha=alpha, incident=1.0)["change"]
