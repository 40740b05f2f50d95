"""What a public version may show: the one place that decides it. Pages and files print what they get from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd

from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pages.findings import Findings
from patrolgeo.privacy.merging import merge_small_cells
from patrolgeo.privacy.suppression import suppress_small_counts
from patrolgeo.words.note import Note

SUMMED = ("population", "risk")
OPEN = ("area_km2", "road_km", "patrollable", "area", "area_name", "geometry")  # columns that say nothing of few people
# what tells where the police stands, how strong it is and what its units have to do
INTERNAL_SOURCES = ("forces", "existing")
INTERNAL_NUMBERS = ("sites", "checkpoints", "strength", "since")
INTERNAL_SETTINGS = ("areas", "sites", "checkpoints", "strength")
RELEASED = ("population", "households", "risk", "risk_low", "risk_high", "incidents", "hotspot", "unit", "withheld")
INTERNAL_INCIDENTS = ("officer_kinds", "sensitive_by_township")
OPEN_AREAS = ("name", "spoken_border", "population", "area_km2", "geometry")
OPEN_BY_AREA = ("area", "name", "spoken_border")


def public(found: Findings, grid: HexGrid | None = None, register: Path | None = None) -> Findings:
    """Return the findings as they may be published: no sites, checkpoints, traffic, forces, strength or work of areas.

    With the `grid` small cells are merged and small counts suppressed (`public_cells`); without it cells keep their
    numbers, and pages withhold those of few people. What was released already stays as it is.

    Parameters
    ----------
    found
        The results of a plan.
    grid
        The cells of `found.cells`.
    register
        File in which releases remember the counts they published.

    Returns
    -------
    The same findings without what is not public, marked as released.

    Raises
    ------
    DataError
        When cells are to be merged and nothing is known of residents.
    """
    if found.released:
        return found
    cells = found.cells
    if cells is not None and grid is not None:
        cells = public_cells(cells, grid, register)
    return replace(
        found,
        cells=_only(cells, (*OPEN, *RELEASED)), areas=_only(found.areas, OPEN_AREAS),
        sites=None, checkpoints=None, flows=None, forces=None, spots=None,
        top_cells=None if grid is not None else found.top_cells,
        summary=public_summary(found.summary),
        ledgers=None if found.ledgers is None else public_sources(found.ledgers),
        notes=public_notes(found.notes), released=True,
    )  # fmt: skip


def _only(table: Any, columns: Iterable[str]) -> Any:
    """Return the columns of a table that may be shown, and its geometry."""
    if table is None:
        return None
    known = {*columns, *([table.geometry.name] if isinstance(table, gpd.GeoDataFrame) else [])}
    return table[[column for column in table.columns if column in known]]


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


def public_summary(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Return the summary without sites, checkpoints, strength, and without work and radio codes of single areas."""
    shown = {section: numbers for section, numbers in summary.items() if section not in INTERNAL_NUMBERS}
    if "incidents" in shown:
        shown["incidents"] = {k: v for k, v in shown["incidents"].items() if k not in INTERNAL_INCIDENTS}
    if "by_area" in shown.get("areas", {}):
        rows = [{key: row[key] for key in OPEN_BY_AREA} for row in shown["areas"]["by_area"]]
        shown["areas"] = {**shown["areas"], "by_area": rows}
    return shown


def public_sources(by_role: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of the files, without those that count the police."""
    return {role: told for role, told in by_role.items() if role not in INTERNAL_SOURCES}


def public_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest without the files that count the police, and without what was wished of areas and sites."""
    settings = {part: said for part, said in manifest["settings"].items() if part not in INTERNAL_SETTINGS}
    return {**manifest, "inputs": public_sources(manifest["inputs"]), "settings": settings}


def public_notes(notes: Iterable[str]) -> list[str]:
    """Return the notes without those on files that count the police."""
    return [n for n in notes if not (isinstance(n, Note) and n.values.get("role") in INTERNAL_SOURCES)]
