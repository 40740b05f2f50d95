"""The tables of a run, a line a table: where it comes from, what its columns are, how it is drawn.

A new table is a line in `TABLES` and its words in ``tables.toml`` of every language: ``table_KEY``, and for each new
column ``field_COLUMN`` (heading) and ``field_COLUMN_is`` (meaning), or ``field_KEY_COLUMN`` where this table means
something of its own. It is then a layer of ``plan.gpkg`` where it has shapes, a sheet of ``plan.xlsx``, and stands in
``docs/outputs.md``. What a public version may show is decided before, in `patrolgeo.pages.release`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import geopandas as gpd
import pandas as pd

from patrolgeo.pages.findings import Findings
from patrolgeo.pages.office import gathered
from patrolgeo.pages.office.gathered import named
from patrolgeo.pages.office.styles import Style


@dataclass(frozen=True, eq=False)
class OfficeTable:
    """One table of the files of the office.

    `of` takes it from the findings, None where there is none. `columns` holds the unit of each column in the order of
    the sheet, its index first; those that end in ``_`` stand for all that begin so. `files` also hold the table, each
    alone. A layer has a `style`; its points and borders go to navigation devices under the word `sign`. Layers without
    a `sheet` are drawn only.
    """

    key: str
    of: Callable[[Findings], pd.DataFrame | None]
    columns: Mapping[str, str]
    files: tuple[str, ...] = ()
    style: Style = field(default_factory=Style)
    sign: str = ""
    sheet: bool = True

    def order(self, column: str) -> int:
        """Return where a column stands on the sheet; one that is not listed stands last."""
        known = list(self.columns)
        begins = (i for i, name in enumerate(known) if name.endswith("_") and column.startswith(name))
        return known.index(column) if column in known else next(begins, len(known))

    def table(self, found: Findings) -> pd.DataFrame | None:
        """Return the table with its index as columns; None where there is none."""
        known = self.of(found)
        if known is None or not len(known):
            return None
        return known.reset_index() if any(name is not None for name in known.index.names) else known


def office_tables(found: Findings) -> list[tuple[OfficeTable, pd.DataFrame]]:
    """Return the tables that there are, in their order."""
    made = [(spec, spec.table(found)) for spec in TABLES]
    return [(spec, table) for spec, table in made if table is not None]


def is_layer(table: pd.DataFrame) -> bool:
    """Return whether the table has shapes."""
    return isinstance(table, gpd.GeoDataFrame)


AREA = {"area": "", "area_name": ""}
HARM = {"harm": "number", "rank_by_count": "", "rank_by_harm": ""}
STOP = {
    "id": "", "day": "", "unit": "", "order": "n", "activity": "word", "from": "", "to": "", "place": "", "name": "",
    "expected": "a_period",
}  # fmt: skip
DELIVERED = {
    "minutes": "minutes",
    "visits": "n",
    "planned": "minutes",
    "delivered": "minutes",
    "done": "minutes",
    "done_share": "share",
    "low": "share",
    "high": "share",
    "beyond": "minutes",
    "outside": "minutes",
    "cells": "n",
    "never": "n",
}
TABLES = (
    OfficeTable("areas", gathered.areas, {
        "area": "", "name": "", "radio_code": "", "spoken_border": "", "population": "people",
        "incidents": "incidents", **HARM, "risk": "a_period", "risk_plan": "a_period", "workload": "work",
        "work_": "work",
        "over_mean": "times", "mean_minutes": "minutes", "worst_minutes": "minutes", "minutes_today": "minutes",
        "mostly": "", "mostly_share": "share", "area_km2": "km2", "perimeter_km": "km", "units": "n", "center": "",
        "pieces": "n", "border": "n", "inertia": "number", "enclaves": "n", "necks": "n", "polsby_popper": "index",
    }, files=("areas.gpkg",), style=Style("outline", "#1f2937", width=0.9, label="name"), sign="area"),
    OfficeTable("hot_spots", named("spots"), {
        "spot": "", "near": "", **AREA, "incidents": "incidents", "expected": "incidents", "excess": "incidents",
        "ratio": "times", "ratio_places": "times", **HARM, "kinds": "", "peak_workdays": "hours",
        "peak_workdays_share": "share", "peak_weekend": "hours", "peak_weekend_share": "share", "hours_known": "share",
        "residents": "people", "places": "n", "repeat_share": "share", "repeat_by_chance": "share", "years_above": "n",
        "years": "n", "by_scan": "yes_no", "by_clusters": "yes_no", "cells": "n", "area_km2": "km2",
    }, files=("hot_spots.geojson",), style=Style("outline", "#b3122f", width=0.7, dash=True, label="spot")),
    OfficeTable("sites", named("sites"), {
        "rank": "", "name": "", "kind": "word", **AREA, "gain": "a_period", "adds_share": "share", "cell": "",
    }, files=("sites.geojson",), style=Style("points", "#0b4f86", shape="circle", width=3.6, label="rank"),
       sign="short_post"),
    OfficeTable("checkpoints", named("checkpoints"), {
        "rank": "", "name": "", "road": "", "kind": "word", "grade": "word", **AREA, "passes_share": "share",
        "adds_share": "share", "staff_hours": "hours_a_day",
    }, files=("checkpoints.geojson",), style=Style("points", "#5a1f7a", shape="triangle", width=4.2, label="rank"),
       sign="short_checkpoint"),
    OfficeTable("posts", named("posts"), {
        "shift": "", "rank": "", "name": "", "kind": "word", "force": "word", "hours": "hours", "people": "n",
        "adds_share": "share",
    }, files=("posts.geojson",), style=Style("points", "#2f9e68", shape="pentagon", width=3.0), sign="posts_sign"),
    OfficeTable("routes", named("routes"), {"unit": "", "stops": "n", "minutes": "minutes", "travel": "minutes"},
                files=("routes.geojson",), style=Style("lines", "#0b4f86", width=1.2, label="unit")),
    OfficeTable("stops", named("stops"), STOP, files=("stops.geojson",),
                style=Style("points", "#0b4f86", shape="cross", width=2.4)),
    OfficeTable("day_stops", named("day_stops"), STOP, files=("day_stops.geojson",),
                style=Style("points", "#0b4f86", shape="cross2", width=3.0, label="id"), sign="stop_sign", sheet=False),
    OfficeTable("cameras", named("cameras"), {
        "rank": "", "camera": "", "name": "", "roads": "", "sees_m": "number", "adds_share": "share", "consulted": "",
    }, files=("cameras.geojson",), style=Style("points", "#5b6672", shape="diamond", width=2.8)),
    OfficeTable("event_posts", named("event_posts"), {
        "event": "", "event_post": "word", "near_place": "", "people": "n", "starts": "", "valid_until": "",
    }, files=("event_posts.geojson",), style=Style("points", "#7a1f5a", shape="hexagon", width=3.0),
       sign="event_post"),
    OfficeTable("event_areas", named("event_areas"), {
        "event": "", "name": "", "units": "n", "over_mean": "times", "mean_minutes": "minutes", "starts": "",
        "valid_until": "",
    }, files=("event_areas.geojson",), style=Style("outline", "#7a1f5a", width=0.7, dash=True, label="name")),
    OfficeTable("rings", named("rings"), {
        "ring": "", "name": "", "road_class": "", "near_place": "", "gate": "yes_no", "cost": "number", "basis": "",
        "valid_until": "",
    }, files=("rings.geojson",), style=Style("lines", "#a3121f", width=1.4, dash=True)),
    OfficeTable("border_villages", named("border_villages"), {
        "name": "", "side": "word", "of_area": "", "proposal": "word", "by": "", "minutes_away": "minutes",
        "residents": "people",
    }, files=("border_villages.geojson",), style=Style("points", "#b35900", shape="square", width=2.4)),
    OfficeTable("blind_spots", named("blind_spots"), {
        "tier": "", "within_minutes": "minutes", "shift": "", "hours": "hours", "forces": "n", "blind_share": "share",
        "residents": "people", "cells": "n", "near_place": "",
    }, files=("blind_spots.geojson",), style=Style("outline", "#15202b", width=0.5, dash=True)),
    OfficeTable("weak_units", named("weak_units"), {"name": "", "kind": "word", "lost_share": "share"},
                files=("weak_units.geojson",), style=Style("points", "#b35900", shape="star", width=3.6)),
    OfficeTable("weak_roads", named("weak_roads"), {
        "name": "", "road_class": "", "near_place": "", "lost_share": "share",
    }, files=("weak_roads.geojson",), style=Style("lines", "#b35900", width=1.4)),
    OfficeTable("excluded", named("excluded"), {"name": "", "kind": "word"},
                style=Style("outline", "#6b7280", width=0.5, dash=True, label="name")),
    OfficeTable("cells", named("cells"), {
        "cell": "", "area_name": "", "area": "", "radio_code": "", "village": "", "shift_area_": "",
        "population": "people", "households": "households",
        "incidents": "incidents", "harm": "number", "risk": "a_period", "risk_low": "a_period", "risk_high": "a_period",
        "chance": "share", "risk_plan": "a_period", "top_probability": "share", "hotspot": "yes_no",
        "hotspot_label": "word", "hotspot_role": "word", "hot_spot": "", "hotspot_change": "word",
        "scan_cluster": "", "clustered": "incidents", "workload": "work",
        "minutes_to_site": "minutes", "response_": "minutes", "patrollable": "yes_no", "road_km": "km",
        "area_km2": "km2",
        "officer_records": "incidents", "patrol_minutes": "minutes", "patrol_visits": "n", "planned_minutes": "minutes",
        "hotspot_z": "number", "hotspot_p": "probability", "hotspot_q": "probability",
        "unit": "", "withheld": "yes_no", "excluded": "word", "excluded_name": "",
    }, files=("cells.parquet",), style=Style("cells", by="risk", ramp="risk")),
    OfficeTable("area_hours", gathered.area_hours, {**AREA, "hour": "", "expected": "a_period"}),
    OfficeTable("cell_steps", gathered.cell_steps, {
        "cell": "", "first": "date", "last": "date", "incidents": "incidents",
    }, files=("cell_steps.parquet",), sheet=False),
    OfficeTable("roads", gathered.roads, {
        "name": "", "road_class": "", "speed_kmh": "kmh", "oneway": "yes_no",
    }, style=Style("lines", "#6b7280", width=0.3), sheet=False),
    OfficeTable("villages", named("villages"), {"name": "", "kind": "word", "township": "", "population": "people"},
                style=Style("points", "#6b7280", shape="half_square", width=1.4, label="name"), sheet=False),
    OfficeTable("barriers", named("barriers"), {"name": ""}, style=Style("lines", "#9db4c6", width=0.6), sheet=False),
    OfficeTable("traffic", named("flows"), {"trips": "trips"},
                style=Style("lines", "#374151", by="trips", width=2.2), sheet=False),
    OfficeTable("duty", gathered.duty, {
        "hours": "", "forces": "n", "officers": "n", "reached_share": "share", "with_posts_share": "share",
    }),
    OfficeTable("strength", gathered.strength, {
        "use": "word", "wanted": "n", "staffed": "n", "officer_shifts_day": "n", "officers": "decimal", "vehicles": "n",
    }),
    OfficeTable("shifts", gathered.shifts, {
        "shift": "", "officers_wanted": "n", "officers_on_duty": "decimal", "vehicles_wanted": "n",
        "vehicles_on_duty": "n",
    }),
    OfficeTable("patrol_weeks", gathered.patrols("weeks"), {"week": "", **DELIVERED}),
    OfficeTable("patrol_areas", gathered.patrols("by_area"), {**AREA, **DELIVERED}),
    OfficeTable("patrol_shifts", gathered.patrols("by_shift"), {"shift": "", **DELIVERED}),
    OfficeTable("patrol_tasks", gathered.patrols("tasks"), {
        "week": "", "tasks": "n", "issued": "n", "taken": "n", "reported": "n", "done": "n", "minutes": "minutes",
        "minutes_done": "minutes",
    }),
    OfficeTable("roster", named("roster"), {
        "date": "date", "shift": "", "force": "word", "area_name": "", "call_sign": "", "people": "n", "vehicles": "n",
        "posts": "",
    }, files=("roster.xlsx",)),
    OfficeTable("unit_hours", gathered.unit_hours, {
        "weekday": "word", "hour": "", "units": "n", "on_duty": "n",
    }),
    OfficeTable("scores", gathered.scores, {
        "model": "word", "metric": "word", "area_share": "share", "value": "index", "low": "index", "high": "index",
        "n": "n", "n_effective": "n",
    }),
    OfficeTable("past_scores", named("past_scores"), {
        "model": "word", "period": "date", "hit_rate_": "share", "pai_": "times", "pei_": "share",
    }, files=("scores.csv",)),
    OfficeTable("files", gathered.files, {"role": "word", "finding": "word", "rows": "n"}),
)  # fmt: skip
