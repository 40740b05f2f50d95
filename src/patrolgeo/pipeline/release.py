"""What a public version may show of the cells: nothing that points at a few people, no small counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.privacy.merging import merge_small_cells
from patrolgeo.privacy.suppression import suppress_small_counts

HIDDEN = ("sites", "checkpoints", "strength", "since")
SUMMED = ("population", "risk")
OPEN = ("area_km2", "road_km", "patrollable", "area", "geometry")


def public_cells(cells: gpd.GeoDataFrame, grid: HexGrid, register: Path | None = None) -> gpd.GeoDataFrame:
    """Return the table of cells as it may be published.

    Cells with few residents show the mean of the unit they are merged into (column `unit`), those that no unit can
    hold are `withheld`; recorded counts appear where `suppress_small_counts` lets them; a hotspot is named only where
    the cell stands for itself. With a `register`, counts are held against what earlier releases published, and the file
    is brought up to date.

    Raises
    ------
    DataError
        When nothing is known of residents: then nobody can say which cells point at a few people.
    """
    if "population" not in cells:
        raise DataError("A public version needs [population]: without it nobody can say which cells hold few people.")
    units = merge_small_cells(grid, residents=cells["population"], households=cells.get("households"))
    alone = units.map(units.value_counts()) == 1
    means = cells[list(SUMMED)].groupby(units).transform("mean")
    counts = suppress_small_counts(cells["incidents"], register=register).counts.iloc[0].reindex(cells.index)
    shown = pd.DataFrame(
        {**means, "incidents": counts, "hotspot": cells["hotspot"] & alone, "unit": units, "withheld": units.isna()}
    )
    return cells[[c for c in OPEN if c in cells]].join(shown)


def public_summary(summary: dict[str, Any]) -> dict[str, Any]:
    """Return the summary without what is not public: sites, checkpoints, work and radio codes of single areas."""
    shown = {section: numbers for section, numbers in summary.items() if section not in HIDDEN}
    by_area = [{key: row[key] for key in ("area", "name", "spoken_border")} for row in summary["areas"]["by_area"]]
    return {**shown, "areas": {**summary["areas"], "by_area": by_area}}
