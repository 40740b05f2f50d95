"""What pages print: the tables and numbers of a run, which may also be given one by one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, TypedDict

import geopandas as gpd
import pandas as pd

from patrolgeo._checks import nearest
from patrolgeo._show import Shown
from patrolgeo.errors import DataError
from patrolgeo.hotspots.problem_sheet import ProblemSheet
from patrolgeo.pages.edition import Edition

DAYS = {"day": 1.0, "week": 7.0, "month": 30.44, "year": 365.25, "period": 28.0, "shift": 1 / 3}  # of a period


TABLES = ("cells", "areas", "spots", "sites", "places", "forces", "roads", "checkpoints", "flows", "boundary",
          "top_cells", "scores", "past_scores", "roster", "counts")  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class Findings(Shown):
    """The results of a plan as tables and numbers for people; what is not known is left out of every page.

    Parameters
    ----------
    summary
        The content of ``summary.json``: nested mappings `incidents`, `population`, `grid`, `hotspots`, `risk`,
        `areas`, `workload`, `sites`, `checkpoints`. A score is a number or ``{"value", "low", "high"}``.
    cells
        One row a cell, index of H3 strings, hexagons as geometry (`HexGrid.to_gdf`). Of these columns those that are
        there become layers or lines of a cell's card: `risk` (expected count of the next period, with `risk_low` and
        `risk_high`), `hotspot` (bool, after correction), `workload`, `minutes_to_site` (missing beyond reach),
        `population`, `incidents` (recorded count of `n_periods`); `area` (label of `areas`), `patrollable` (bool:
        False is shown, not scored), `households` or `withheld` (bool, in place of our rule) for few households.
    areas
        Polygons by area label (`AreaPlan.to_gdf`). A column `name` is printed instead of the label; `radio_code`,
        `over_mean`, `mean_minutes` and `worst_minutes` go into the list beside the map; `radio_code` and
        `spoken_border` stand on the card of a cell.
    spots
        Polygons of hot spots, the largest excess first.
    sheets
        Problem sheets of the first of them (`problem_sheets`).
    sites, places, forces
        Points. `name` and `kind` head the card, further columns of sites are listed on it.
    roads
        Lines (`read_roads`); `road_class` sets the width.
    checkpoints
        Points (`CheckpointPlan.to_gdf`); their columns are listed on the card.
    flows
        Lines with the column `trips`: what passes, shown by width.
    boundary
        Outline of the study area.
    overlays
        Further layers of the map by key: points, lines or polygons. `pages/plan_page/specs.py` has a row for each key;
        a public page shows those that `pages/release.py` names.
    counts
        Recorded counts step by step, the newest last: index (`first`, `last` day of each), columns the labels of
        `cells`. The map steps through them.
    n_periods, period
        Number of periods counted and their name ("week", "day", "month", "year", "shift"), for the bound at zero.
    workload_unit
        "minutes", or "index": shown as per cent of the whole.
    ledgers
        By source, a ledger (with `to_dict()`) or ``{"read", "kept", "set_aside": {reason: rows}}``.
    top_cells, scores
        Tables of the report, at most 30 rows printed; the index is the first column, known columns get their words.
    past_scores
        How well each map did in each past period, a row a model and period; for the files, never printed.
    roster
        Who stands where on which day, a row a duty (`roster_sheet`).
    figures
        Further figures of the report by heading, as SVG text or data URL of an image.
    data_span
        First and last day of the records.
    origins
        Rows by who started the record ("citizen", "officer").
    changes
        What was changed by hand, one sentence each.
    notes
        Remarks of the run, each a `Note` or a sentence, printed under "What is weak".
    sentences
        What must be read first, in place of `patrolgeo.pages.caveats.caveats`.
    released
        Whether `patrolgeo.pages.release.public` has already left out what is not public.

    Examples
    --------
    >>> import h3, pandas as pd
    >>> from patrolgeo import Findings, HexGrid
    >>> grid = HexGrid.from_cells(h3.grid_disk("89309c4de37ffff", 1))
    >>> cells = grid.to_gdf(pd.Series(2.0, index=grid.cells, name="risk"))
    >>> findings = Findings(summary={"incidents": {"read": 120, "kept": 118}}, cells=cells)
    >>> len(findings.cells), findings.areas is None
    (7, True)
    """

    summary: Mapping[str, Any] = field(default_factory=dict)
    cells: gpd.GeoDataFrame | None = None
    areas: pd.DataFrame | None = None
    spots: gpd.GeoDataFrame | None = None
    sheets: Sequence[ProblemSheet] = ()
    sites: pd.DataFrame | None = None
    places: gpd.GeoDataFrame | None = None
    forces: gpd.GeoDataFrame | None = None
    roads: gpd.GeoDataFrame | None = None
    checkpoints: gpd.GeoDataFrame | None = None
    flows: gpd.GeoDataFrame | None = None
    boundary: gpd.GeoDataFrame | None = None
    overlays: Mapping[str, gpd.GeoDataFrame] = field(default_factory=dict)
    counts: pd.DataFrame | None = None
    n_periods: int | None = None
    period: str = "week"
    workload_unit: str = "index"
    ledgers: Mapping[str, Any] | None = None
    top_cells: pd.DataFrame | None = None
    scores: pd.DataFrame | None = None
    past_scores: pd.DataFrame | None = None
    roster: pd.DataFrame | None = None
    figures: Mapping[str, str] | None = None
    data_span: tuple[str, str] | None = None
    origins: Mapping[str, int] | None = None
    changes: Sequence[str] = ()
    notes: Iterable[str] = ()
    sentences: Sequence[str] | None = None
    released: bool = False

    def __post_init__(self) -> None:
        """Refuse a plan where its layer is wanted."""
        for name in TABLES:
            table = getattr(self, name)
            if table is not None and not isinstance(table, pd.DataFrame):
                how = "; give the table that its to_gdf returns." if hasattr(table, "to_gdf") else "."
                raise DataError(f"{name} must be a table, got {type(table).__name__}{how}")


class Older(TypedDict, total=False):
    """Keywords that pages took before there were `Findings` and `Edition`: the fields of both."""

    title: str
    language: str
    words: Mapping[str, str] | None
    audience: str
    valid_until: str | None
    synthetic: bool
    marking: str | None
    subtitle: str
    attribution: str
    made: str
    summary: Mapping[str, Any]
    cells: gpd.GeoDataFrame
    areas: pd.DataFrame | None
    spots: gpd.GeoDataFrame | None
    sheets: Sequence[ProblemSheet]
    sites: pd.DataFrame | None
    places: gpd.GeoDataFrame | None
    forces: gpd.GeoDataFrame | None
    roads: gpd.GeoDataFrame | None
    checkpoints: gpd.GeoDataFrame | None
    flows: gpd.GeoDataFrame | None
    boundary: gpd.GeoDataFrame | None
    overlays: Mapping[str, gpd.GeoDataFrame]
    counts: pd.DataFrame | None
    n_periods: int | None
    period: str
    workload_unit: str
    ledgers: Mapping[str, Any] | None
    top_cells: pd.DataFrame | None
    scores: pd.DataFrame | None
    past_scores: pd.DataFrame | None
    roster: pd.DataFrame | None
    figures: Mapping[str, str] | None
    data_span: tuple[str, str] | None
    origins: Mapping[str, int] | None
    changes: Sequence[str]
    notes: Iterable[str]
    sentences: Sequence[str] | None


def given(
    found: Findings | Mapping[str, Any] | None, edition: Edition | None, older: Mapping[str, Any]
) -> tuple[Findings, Edition]:
    """Return findings and edition, made from the older keywords where they were not given whole.

    Raises
    ------
    TypeError
        When a keyword is not known, given beside the object that holds it, or there is no title.
    """
    of_edition = {f.name for f in fields(Edition)}
    known = set(Older.__annotations__)
    for name in older:
        if name not in known:
            raise TypeError(f"unexpected keyword {name!r}{nearest(name, known)}")
        whole = edition if name in of_edition else found if isinstance(found, Findings) else None
        if whole is not None:
            raise TypeError(f"{name!r} is part of the {type(whole).__name__}; say it there.")
    if edition is None:
        if "title" not in older:
            raise TypeError("an Edition is missing, or at least title='…'.")
        edition = Edition(**{name: value for name, value in older.items() if name in of_edition})
    if not isinstance(found, Findings):
        parts = {name: value for name, value in older.items() if name not in of_edition}
        found = Findings(**({"summary": found} if found is not None else {}) | parts)
    return found, edition
