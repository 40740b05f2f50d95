"""What a plan of areas has to say of itself: what it could not keep, what it had to assume, what was done by hand."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from patrolgeo._typing import Floats
from patrolgeo.plan.areas.components import Group
from patrolgeo.plan.areas.measures import AreaMeasures
from patrolgeo.roads.hexagons import CellGraph
from patrolgeo.words.note import Note


def workload_notes(weight: Floats) -> Iterator[Note]:
    """Say that there is no workload."""
    if not weight.sum() > 0:
        yield Note("areas_no_workload")


def part_notes(travel: CellGraph, groups: list[Group]) -> Iterator[Note]:
    """Say which parts of the study area were joined, and how many areas each got."""
    if travel.n_parts > 1:
        shares = "; ".join(f"{g.n_areas}: {len(g.units):,}" for g in groups)
        km = float(travel.links["km"].max()) if len(travel.links) else 0.0
        yield Note("areas_parts", {"n": travel.n_parts, "links": len(travel.links), "km": km, "shares": shares})


def balance_notes(measures: AreaMeasures, tolerance: float | None, weight: Floats) -> Iterator[Note]:
    """Say how far the heaviest area lies beyond the wanted balance."""
    if tolerance is None:
        return
    if measures.max_over_mean > 1 + tolerance + 1e-9:
        yield Note("areas_heavy", {
            "share": measures.max_over_mean, "wanted": 1 + tolerance,
            "heaviest": float(weight.max() * len(measures.by_area) / weight.sum()),
        })  # fmt: skip
    elif measures.min_over_mean < 1 - tolerance - 1e-9:
        yield Note("areas_light", {"share": measures.min_over_mean, "wanted": 1 - tolerance})


def hand_notes(
    moved: Mapping[Any, tuple[Any, Any]], measures: AreaMeasures, tolerance: float | None
) -> Iterator[Note]:  # fmt: skip
    """Say what was moved by hand, and which rules the areas no longer keep."""
    units = ", ".join(f"{unit}: {before} -> {now}" for unit, (before, now) in moved.items())
    yield Note("areas_by_hand", {"n": len(moved), "units": units or "-"})
    split = measures.by_area.index[measures.by_area["pieces"] > 1]
    if len(split):
        yield Note("areas_split", {"areas": ", ".join(map(str, split))})
    if tolerance is not None and measures.max_over_mean > 1 + tolerance + 1e-9:
        heaviest, share = measures.by_area["over_mean"].idxmax(), measures.max_over_mean
        yield Note("areas_overloaded", {"area": heaviest, "share": share, "wanted": 1 + tolerance})
