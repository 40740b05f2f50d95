"""What a public version may show: the one place that decides it. Pages and files print what they get from here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from patrolgeo.errors import DataError
from patrolgeo.grid.hexgrid import HexGrid
from patrolgeo.pages.findings import TABLES, Findings
from patrolgeo.privacy.held import Held, two_digits
from patrolgeo.privacy.merging import FEW_RESIDENTS, merge_small_cells
from patrolgeo.privacy.suppression import suppress_small_counts
from patrolgeo.words.note import Note

COUNTED = ("incidents", "population", "hotspots", "risk", "workload", "areas")  # sections that hold results
WISHES = frozenset(
    {"alpha", "max_km2", "cell_km2", "origins", "origins_wished", "n", "area", "weights", "shift_hours", "by_area"}
)
OPEN = ("area_km2", "road_km", "patrollable", "area", "area_name", "geometry")  # columns that say nothing of few people
# tables of which something may be shown; a table that is not named here is internal
OPEN_TABLES = frozenset({"cells", "areas", "places", "roads", "boundary", "top_cells", "scores"})
# what tells where the police stands, how strong it is and what its units have to do
INTERNAL_SOURCES = ("forces", "existing", "gates", "shifts", "patrols")
INTERNAL_NUMBERS = (
    "excluded", "sites", "checkpoints", "strength", "since", "posts", "blind_spots", "weak_links", "cameras", "rings",
    "patrols", "harm", "equity", "consultation",
    "staffing", "events", "rising", "response", "routes",
)  # fmt: skip
INTERNAL_SETTINGS = (
    "areas", "sites", "checkpoints", "strength", "posts", "tiers", "weak", "cameras", "cordon", "staffing", "events",
    "watch", "response", "routes",
)  # fmt: skip
OPEN_OVERLAYS = ("barriers", "excluded", "rivers", "villages")  # layers of which anybody may see name and shape
RELEASED = ("population", "households", "risk", "risk_low", "risk_high", "incidents", "hotspot", "unit", "withheld")
INTERNAL_PARTS = {
    "incidents": ("officer_kinds", "sensitive_by_township"), "hotspots": ("visits_a_shift", "problems", "terrain"),
    "areas": ("shifts",),
}  # fmt: skip
INTERNAL_WISHES = "staff_"  # of the wishes that cannot be met: those that tell how strong the police is
OVER_MEAN = frozenset({"max_over_mean", "min_over_mean"})  # 1 is even: what is beyond it counts
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
    cells, held = found.cells, Held(register)
    if cells is not None and grid is not None:
        cells = public_cells(cells, grid, register, held=held)
    released = grid is not None
    summary = public_summary(found.summary, held if released else None)
    ledgers = None if found.ledgers is None else public_sources(found.ledgers)
    if ledgers is not None and released:
        ledgers = {role: _rows(told, held, role) for role, told in ledgers.items()}
    held.save()
    internal: dict[str, Any] = {name: None for name in TABLES if name not in OPEN_TABLES}
    return replace(
        found, **internal, sheets=(),
        cells=_only(cells, (*OPEN, *RELEASED)), areas=_areas(found.areas, cells if released else None),
        overlays={key: _only(found.overlays[key], ("name",)) for key in OPEN_OVERLAYS if key in found.overlays},
        top_cells=None if grid is not None else found.top_cells,
        summary=summary, ledgers=ledgers,
        scores=_scores(found.scores) if released else found.scores,
        origins=None if released else found.origins,
        notes=public_notes(found.notes), released=True,
    )  # fmt: skip


def _only(table: Any, columns: Iterable[str]) -> Any:
    """Return the columns of a table that may be shown, and its geometry."""
    if table is None:
        return None
    known = {*columns, *([table.geometry.name] if isinstance(table, gpd.GeoDataFrame) else [])}
    return table[[column for column in table.columns if column in known]]


def _areas(areas: gpd.GeoDataFrame | None, cells: gpd.GeoDataFrame | None) -> gpd.GeoDataFrame | None:
    """Return what may be told of areas; their people are the sums of what is told of cells."""
    if areas is None:
        return None
    shown = _only(areas, OPEN_AREAS)
    if cells is not None and "population" in shown and "area" in cells:
        shown = shown.assign(population=cells.groupby("area")["population"].sum().reindex(shown.index).round())
    return shown


def _rows(ledger: Any, held: Held, role: str) -> dict[str, Any]:
    """Return how many rows of a file were read and kept, in steps, without the reasons."""
    told = ledger.to_dict() if hasattr(ledger, "to_dict") else dict(ledger)
    return {**{key: int(held.about(f"rows.{role}.{key}", told[key])) for key in ("read", "kept")}, "set_aside": {}}


def _scores(scores: pd.DataFrame | None) -> pd.DataFrame | None:
    """Return the scores with two digits: from more of them counts could be worked out."""
    if scores is None:
        return None
    numbers = scores.select_dtypes("number").columns
    return scores.assign(**{name: scores[name].map(two_digits) for name in numbers})


def public_cells(
    cells: gpd.GeoDataFrame, grid: HexGrid, register: Path | None = None, *, held: Held | None = None
) -> gpd.GeoDataFrame:
    """Return the table of cells as it may be published.

    Cells with few residents show the mean of the unit they are merged into (column `unit`), those that no unit can
    hold are `withheld`; recorded counts appear where `suppress_small_counts` lets them; the risk is that of a whole
    block of counts, with two digits; a hotspot is named only where the cell stands for itself and its count is shown.
    With a `register`, everything is held against what earlier releases published: units stay as they were, people are
    told again when 30 have come or gone, risk and hotspots when the count of the block is told anew.

    Parameters
    ----------
    cells
        By cell: `population`, `incidents`, `risk`, `hotspot`, perhaps `households`.
    grid
        The study area.
    register
        File in which releases remember the counts they published.
    held
        What was published beside the counts; by default read from beside the register, and written back.

    Raises
    ------
    DataError
        When nothing is known of residents: then nobody can say which cells point at a few people.
    """
    if "population" not in cells:
        raise DataError("A public version needs [population]: without it nobody can say which cells hold few people.")
    numbers = Held(register) if held is None else held
    units = _units(cells, grid, numbers)
    released = suppress_small_counts(cells["incidents"], register=register)
    leaves = released.leaves.set_index("cell")["block"].reindex(cells.index)
    sums = pd.Series(released.sums[leaves], cells.index)
    counts = released.counts.iloc[0].reindex(cells.index)
    people = cells["population"].groupby(units).transform("sum")
    size = units.groupby(units).transform("size")
    told = {
        u: numbers.about(f"people {u}", n, FEW_RESIDENTS) if n >= 0.5 else 0.0
        for u, n in people.groupby(units).first().items()
    }
    alone = (size == 1) & counts.notna()
    flags = [bool(numbers.same(f"hot {cell} {n}", bool(hot))) if a else False
             for cell, n, hot, a in zip(cells.index, counts, cells["hotspot"], alone, strict=True)]  # fmt: skip
    shown = pd.DataFrame({
        "population": units.map(told) / size, "risk": _risk(cells["risk"], units, leaves, sums, numbers),
        "incidents": counts, "hotspot": flags, "unit": units, "withheld": units.isna(),
    })  # fmt: skip
    if held is None:
        numbers.save()
    return cells[[c for c in OPEN if c in cells]].join(shown)


def _units(cells: gpd.GeoDataFrame, grid: HexGrid, held: Held) -> pd.Series:
    """Return the unit that each cell is shown with: that of the first release, missing where too few have stayed."""
    fresh = merge_small_cells(grid, residents=cells["population"], households=cells.get("households"))
    known = held.same("units", {cell: None if pd.isna(unit) else unit for cell, unit in fresh.items()})
    if set(known) != set(cells.index):
        raise DataError("An earlier release shows other cells; release the same area and resolution as before.")
    units = pd.Series(known, name="unit", dtype="str").reindex(fresh.index)
    if units.equals(fresh):
        return fresh
    people = cells["population"].groupby(units).transform("sum")
    return units.where(~people.between(0.5, FEW_RESIDENTS, inclusive="left"))


def _risk(risk: pd.Series, units: pd.Series, blocks: pd.Series, sums: pd.Series, held: Held) -> pd.Series:
    """Return the mean risk of what is shown together, people and counts; the same while the counts are the same."""
    names = [f"unit {u}" for u in units.fillna("none")], [f"block {b}" for b in blocks]
    group = pd.Series(_joined(*names), risk.index)
    table = pd.DataFrame({"risk": risk, "sum": sums, "cell": risk.index.astype(str)}).groupby(group)
    means = {
        g: held.same(f"risk {part['cell'].min()} {len(part)} {sorted(part['sum'].fillna(-1).unique())}",
                     two_digits(float(part["risk"].mean())))
        for g, part in table
    }  # fmt: skip
    return group.map(means).where(units.notna())


def _joined(one: list[str], other: list[str]) -> Any:
    """Number the rows so that rows that share either label get the same number."""
    codes = pd.factorize(pd.Series([*one, *other]))[0]
    n, most = len(one), codes.max() + 1
    graph = sparse.coo_matrix((np.ones(n), (codes[:n], codes[n:])), shape=(most, most))
    return connected_components(graph, directed=False)[1][codes[:n]]


def public_summary(summary: Mapping[str, Any], held: Held | None = None) -> dict[str, Any]:
    """Return the summary without sites, checkpoints, strength, and without work and radio codes of single areas.

    With `held`, what was counted is told in steps and repeated while it has changed by less than a step.
    """
    shown = {section: numbers for section, numbers in summary.items() if section not in INTERNAL_NUMBERS}
    for part, internal in INTERNAL_PARTS.items():
        if part in shown:
            shown[part] = {k: v for k, v in shown[part].items() if k not in internal}
    if "unmet" in shown:
        shown["unmet"] = [row for row in shown["unmet"] if not str(row["wish"]).startswith(INTERNAL_WISHES)]
    if "by_area" in shown.get("areas", {}):
        rows = [{key: row[key] for key in OPEN_BY_AREA} for row in shown["areas"]["by_area"]]
        shown["areas"] = {**shown["areas"], "by_area": rows}
    if held is not None:
        for section in COUNTED:
            if isinstance(shown.get(section), Mapping):
                told = held.all_about(_from_even(shown[section], -1), section, WISHES)
                shown[section] = _from_even(told, 1)
    return shown


def _from_even(numbers: Mapping[str, Any], by: int) -> dict[str, Any]:
    """Return the ratios to the mean as what they have beyond 1, of which two digits are told, or the other way."""
    return {
        key: _from_even(value, by) if isinstance(value, Mapping)
        else round(value + by, 6) if key in OVER_MEAN and value is not None else value
        for key, value in numbers.items()
    }  # fmt: skip


def public_sources(by_role: Mapping[str, Any]) -> dict[str, Any]:
    """Return what is told of the files, without those that count the police."""
    return {role: told for role, told in by_role.items() if role not in INTERNAL_SOURCES}


def public_manifest(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the manifest without the files that count the police, what was wished of areas and sites, row counts."""
    settings = {part: said for part, said in manifest["settings"].items() if part not in INTERNAL_SETTINGS}
    inputs = {
        role: {key: value for key, value in told.items() if key not in ("read", "kept", "set_aside", "notes")}
        for role, told in public_sources(manifest["inputs"]).items()
    }
    kept = {key: value for key, value in manifest.items() if key not in ("changed_by_hand", "previous")}
    return {**kept, "inputs": inputs, "settings": settings}


def public_notes(notes: Iterable[str]) -> list[str]:
    """Return the notes without those on files: they count single rows and name single places."""
    return [n for n in notes if not (isinstance(n, Note) and "role" in n.values)]
