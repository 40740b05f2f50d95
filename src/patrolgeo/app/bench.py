"""A finished plan on the bench: what a planner does to it, one step after another, and how good it stays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from patrolgeo._typing import Floats
from patrolgeo.errors import DataError
from patrolgeo.plan.areas.draft import AreaDraft
from patrolgeo.words.note import Note

MOST_POINTS = 10_000  # of an outline that is drawn by hand
NEXT = 1e-9  # minutes more than the reach that still count


@dataclass(frozen=True)
class Ring:
    """Ground that a planner leaves out: corners as (longitude, latitude)."""

    corners: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class State:
    """What a planner has made of a plan: a draft of its areas, ground left out, cells with a post."""

    draft: AreaDraft
    rings: tuple[Ring, ...] = ()
    posts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reach:
    """What posts are to be near: expected incidents by cell, and the minutes that a post may reach."""

    risk: Floats
    minutes: float

    def share(self, draft: AreaDraft, posts: tuple[str, ...]) -> float:
        """Return the share of the risk that lies within reach of a post, by the plan's own ways between cells."""
        travel = draft.plan.travel
        at = travel.cells.get_indexer(pd.Index(posts))
        if not len(at) or not self.risk.sum():
            return 0.0
        limit = self.minutes + NEXT
        near = dijkstra(travel.minutes, directed=False, indices=at, limit=limit, min_only=True) <= limit
        return float(self.risk[near].sum() / self.risk.sum())


@dataclass
class Bench:
    """A plan while it is changed, and every state before.

    `village` is the village of each cell where villages were divided: they move and are locked as a whole. `reach` is
    None without posts. `roads` and `barriers` are those of the plan, None without.
    """

    folder: Path
    names: dict[int, str]
    now: State
    code: str
    village: pd.Series | None = None
    reach: Reach | None = None
    roads: Any = None
    barriers: Any = None
    wishes: Mapping[str, Any] = field(default_factory=dict)
    before: list[State] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.start = self.now

    @property
    def draft(self) -> AreaDraft:
        """The areas now."""
        return self.now.draft

    def do(self, step: Mapping[str, Any]) -> None:
        """Take one step: move, lock, unlock, exclude, post or undo; a wrong one is an error and changes nothing."""
        what = step.get("do") if isinstance(step, Mapping) else None
        if what == "undo":
            if self.before:
                self.now = self.before.pop()
            return
        if what not in STEPS:
            raise DataError(Note("app_step", {"what": f"{what!r}", "steps": ", ".join(STEPS)}))
        now = STEPS[what](self, step)
        if now.draft is not self.now.draft or (now.rings, now.posts) != (self.now.rings, self.now.posts):
            self.before.append(self.now)  # a step that changes nothing is none to be undone
            self.now = now

    def cells_of(self, step: Mapping[str, Any]) -> list[str]:
        """Return the cells that a step names, with all others of their villages."""
        cells = step.get("cells")
        if not isinstance(cells, list) or not cells or not all(isinstance(cell, str) for cell in cells):
            raise DataError(Note("app_cells"))
        if self.village is None:
            return cells
        known = self.village.reindex(cells)
        if known.isna().any():
            raise DataError(Note("app_no_village", {"cell": f"{cells[int(np.argmax(known.isna()))]!r}"}))
        return self.village.index[self.village.isin(known)].tolist()

    def moved(self) -> dict[str, int]:
        """Return what is elsewhere than in the plan, by cell, or by village where villages were divided."""
        moved = {unit: int(now) for unit, (_, now) in self.draft.moved.items()}
        return moved if self.village is None else {str(self.village[cell]): now for cell, now in moved.items()}

    def told(self) -> dict[str, Any]:
        """Return what the page shows: who is where else than in the plan, balance, minutes, proof, posts."""
        draft, start = self.draft, self.draft.plan.measures.by_area
        beside = draft.by_area.join(start[["over_mean", "mean_minutes"]].add_suffix("_before"))
        asked = {"over_mean": "over_mean", "mean": "mean_minutes", "worst": "worst_minutes"}
        asked |= {"over_mean_before": "over_mean_before", "mean_before": "mean_minutes_before"}
        rows = [
            {"area": int(area), "name": self.names[area], "units": int(row["units"]), "pieces": int(row["pieces"])}
            | {key: float(row[column]) for key, column in asked.items()}
            for area, row in zip(beside.index, beside.to_dict("records"), strict=True)
        ]
        total = draft.state.weight.sum()
        return {
            "moved": {unit: int(now) for unit, (_, now) in draft.moved.items()}, "n_moved": len(self.moved()),
            "locked": sorted(draft.locked), "areas": rows, "heaviest": draft.max_over_mean, "gap": draft.gap,
            "minutes": draft.objective / total, "rings": [ring.corners for ring in self.now.rings],
            "posts": self._posts(), "steps": len(self.before),
        }  # fmt: skip

    def _posts(self) -> dict[str, Any] | None:
        if self.reach is None:
            return None
        own, now = self.start.posts, self.now.posts
        return {
            "cells": list(now), "new": sorted(set(now) - set(own)), "gone": sorted(set(own) - set(now)),
            "share": self.reach.share(self.draft, now), "share_before": self.reach.share(self.draft, own),
            "within": self.reach.minutes,
        }  # fmt: skip


def _move(bench: Bench, step: Mapping[str, Any]) -> State:
    if type(step.get("to")) is not int:
        raise DataError(Note("app_unnamed"))
    return replace(bench.now, draft=bench.draft.move(dict.fromkeys(bench.cells_of(step), step.get("to"))))


def _lock(bench: Bench, step: Mapping[str, Any]) -> State:
    return replace(bench.now, draft=bench.draft.lock(bench.cells_of(step)))


def _unlock(bench: Bench, step: Mapping[str, Any]) -> State:
    return replace(bench.now, draft=bench.draft.unlock(bench.cells_of(step)))


def _exclude(bench: Bench, step: Mapping[str, Any]) -> State:
    """Leave out ground within an outline."""
    corners: Any = step.get("ring")
    good = isinstance(corners, list) and 3 <= len(corners) <= MOST_POINTS
    if not good or not all(is_point(corner) for corner in corners):
        raise DataError(Note("app_ring", {"most": MOST_POINTS}))
    ring = Ring(tuple((float(lon), float(lat)) for lon, lat in corners))
    return replace(bench.now, rings=(*bench.now.rings, ring))


def _post(bench: Bench, step: Mapping[str, Any]) -> State:
    """Place a post in a cell, or take the one away that is there."""
    cell, posts = step.get("cell"), bench.now.posts
    if bench.reach is None:
        raise DataError(Note("app_no_posts"))
    if not isinstance(cell, str) or cell not in bench.draft.labels.index:
        raise DataError(Note("app_not_cell", {"cell": f"{cell!r}"}))
    if posts == (cell,):
        raise DataError(Note("app_last_post"))
    return replace(bench.now, posts=tuple(c for c in posts if c != cell) if cell in posts else (*posts, cell))


def is_point(corner: Any) -> bool:
    """Return whether this is [longitude, latitude]."""
    numbers = isinstance(corner, list) and len(corner) == 2 and all(type(value) in (int, float) for value in corner)
    return numbers and abs(corner[0]) <= 180 and abs(corner[1]) <= 90


STEPS = {"move": _move, "lock": _lock, "unlock": _unlock, "exclude": _exclude, "post": _post}
