"""The first hot spots of a run as problems that others than the police can change."""

from __future__ import annotations

from typing import Any

import pandas as pd

from patrolgeo.hotspots.problem_sheet import ProblemSheet, problem_sheets
from patrolgeo.pipeline.results import Results
from patrolgeo.pipeline.terrain import factors_of_spots
from patrolgeo.risk.history import next_periods

FACTOR = ("kind", "operation", "reach_m", "factor", "low", "high")
SHEETS = 5  # hot spots that are worked on at a time


def sheets_of(results: Results) -> list[ProblemSheet]:
    """Return the problem sheets of the hot spots with the largest excess."""
    hotspots, times = results.hotspots, results.counts.panel.index
    spots = hotspots.spots.table.join(hotspots.facts).head(SHEETS)
    if not len(spots):
        return []
    days = (next_periods(times, 1)[0] - times[0]) / pd.Timedelta(days=1)
    last = results.place.incidents["time"].max()
    factors = factors_of_spots(results)
    return problem_sheets(spots, results.place["places"], found_on=last, days=days, factors=factors)


def problems_summary(sheets: list[ProblemSheet]) -> list[dict[str, Any]]:
    """Return the sheets as plain numbers and codes."""
    return [
        {
            "spot": int(sheet.spot),
            "reasons": list(sheet.reasons),
            "partners": list(sheet.partners),
            "near": [{"name": name, "kind": kind, "metres": round(metres)} for name, kind, metres in sheet.near],
            "factors": [dict(zip(FACTOR, factor, strict=True)) for factor in sheet.factors],
            "assess_on": f"{sheet.assess_on:%Y-%m-%d}",
            "usual": sheet.usual,
            "fewer_than": sheet.fewer_than,
        }
        for sheet in sheets
    ]
