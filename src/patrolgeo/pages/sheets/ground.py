"""The map of a sheet in black and grey: streets, names, neighbours, posts, stops; true to a round scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.collections import LineCollection, PathCollection
from matplotlib.figure import Figure
from matplotlib.path import Path

from patrolgeo.escape import printable
from patrolgeo.pages.plan_page.features import MINOR_ROAD, ROAD_RANKS
from patrolgeo.pages.sheets.paper import MM, POINT, width
from patrolgeo.pages.sheets.printed import Printed

ROUND = (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5)
ROADS = ((1.5, "#6b6b6b"), (1.1, "#808080"), (0.7, "#949494"), (0.4, "#b0b0b0"))  # points wide, grey, by rank
NAME, CODE = 6.0, 6.5  # points
HALO = "#ffffff"


@dataclass(frozen=True)
class Mark:
    """A thing on the map: its place in metres, its code, its sign: "s" post, "^" checkpoint, "D" booth, "o" stop."""

    x: float
    y: float
    code: str
    sign: str


@dataclass
class Frame:
    """Where metres lie on paper, and what of the map is written on already."""

    left: float  # mm from the left edge of the paper
    top: float
    wide: float
    high: float
    scale: float  # one to so many
    west: float
    south: float
    taken: list[tuple[float, float, float, float]] = field(default_factory=list)

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """West, south, east, north in metres."""
        mm = self.scale / 1000
        return (self.west, self.south, self.west + self.wide * mm, self.south + self.high * mm)

    def free(self, x: float, y: float, wide: float, high: float) -> bool:
        """Take the room of a text with its middle at x, y (mm in the map), where it is free; return whether it was."""
        box = (x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        if box[0] < 0 or box[1] < 0 or box[2] > self.wide or box[3] > self.high:
            return False
        if any(box[0] < b[2] and b[0] < box[2] and box[1] < b[3] and b[1] < box[3] for b in self.taken):
            return False
        self.taken.append(box)
        return True

    def mm(self, x: float, y: float) -> tuple[float, float]:
        """Return where metres lie in the map, in mm from its lower left corner."""
        return (x - self.west) * 1000 / self.scale, (y - self.south) * 1000 / self.scale


def frame_of(shape: Any, left: float, top: float, wide: float, high: float) -> Frame:
    """Return the frame that shows a shape at the largest round scale."""
    x0, y0, x1, y1 = shapely.bounds(shape)
    least = max((x1 - x0) / (wide - 8), (y1 - y0) / (high - 8), 0.5) * 1000
    step = 10 ** np.floor(np.log10(least))
    scale = float(next(s * step for s in (*ROUND, 10) if s * step >= least))
    west, south = (x0 + x1) / 2 - wide * scale / 2000, (y0 + y1) / 2 - high * scale / 2000
    return Frame(left, top, wide, high, scale, float(west), float(south))


def draw_ground(figure: Figure, frame: Frame, printed: Printed, area: int | None, marks: Sequence[Mark]) -> None:
    """Draw one area, or all where `area` is None, with what lies in it and beside it."""
    ax = _axes(figure, frame)
    frame.taken += [(frame.wide - 11, frame.high - 20, frame.wide, frame.high), (0, 0, frame.wide / 5 + 8, 10)]
    window = shapely.box(*frame.extent)
    areas = printed.layers["areas"]
    own = areas if area is None else areas[areas["area"] == area]
    beside = areas if area is None else areas[areas["area"] != area]
    _fill(ax, beside, facecolor="#ececec" if area is not None else "none", edgecolor="none")
    spots = printed.layer("hot_spots")
    if spots is not None:
        _fill(ax, spots, facecolor="none", edgecolor="#444444", hatch="//////", linewidth=0.8)
    _roads(ax, printed.layer("roads"), window)
    if (rivers := printed.layer("barriers")) is not None:
        _lines(ax, rivers, linewidth=1.6, color="#9a9a9a", linestyle=(0, (6, 1.5)))
    _fill(ax, areas, facecolor="none", edgecolor="#555555", linewidth=0.8)
    _fill(ax, own, facecolor="none", edgecolor="black", linewidth=2.2 if area is not None else 1.4)
    _mark(ax, frame, marks)
    if spots is not None:
        _names(ax, frame, _at(spots, "spot", printed.edition.table["sheet_spot_code"]), CODE, weight="bold")
    called = own if area is None else beside.clip(window)
    _names(ax, frame, _at(called, "name"), NAME + 2, weight="bold", color="#333333")
    named = {"roads": "italic", "barriers": "italic"} | ({} if area is None else {"villages": "normal"})
    for layer, style in named.items():
        if (table := printed.layer(layer)) is not None and "name" in table:
            _names(ax, frame, _at(table[table.intersects(window)], "name"), NAME, style=style)
    _north_and_bar(ax, frame, printed.edition.table["sheet_north"])


def _axes(figure: Figure, frame: Frame) -> Any:
    wide, high = figure.get_size_inches() / MM
    box = (frame.left / wide, 1 - (frame.top + frame.high) / high, frame.wide / wide, frame.high / high)
    ax = figure.add_axes(box)
    west, south, east, north = frame.extent
    ax.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[])
    return ax


def _fill(ax: Any, table: gpd.GeoDataFrame, **look: Any) -> None:
    paths = [_path(shape) for shape in table.geometry if shape is not None and not shape.is_empty]
    ax.add_collection(PathCollection(paths, **look), autolim=False)


def _path(shape: Any) -> Path:
    rings = [shapely.get_coordinates(ring) for part in shapely.get_parts(shape) for ring in shapely.get_rings(part)]
    return Path.make_compound_path(*(Path(ring, closed=True) for ring in rings))


def _lines(ax: Any, table: gpd.GeoDataFrame, **look: Any) -> None:
    shapes = table.geometry.to_numpy()
    parts = shapely.get_parts(np.where(shapely.get_dimensions(shapes) == 2, shapely.boundary(shapes), shapes))
    ax.add_collection(LineCollection([shapely.get_coordinates(line) for line in parts], **look), autolim=False)


def _roads(ax: Any, roads: gpd.GeoDataFrame | None, window: Any) -> None:
    if roads is None:
        return
    seen = roads[roads.intersects(window)]
    rank = seen["road_class"].map(ROAD_RANKS).fillna(MINOR_ROAD) if "road_class" in seen else 2 + 0 * seen.index
    for level in (3, 2, 1, 0):
        thick, grey = ROADS[level]
        _lines(ax, seen[np.asarray(rank) == level], linewidth=thick, color=grey)


def _at(table: gpd.GeoDataFrame, column: str, pattern: str = "{n}") -> Iterable[tuple[float, float, str]]:
    """Yield where the name of each thing may stand; of things with one name the first."""
    known = table[table[column].notna() & (table[column].astype(str) != "")].drop_duplicates(column)
    points = known.geometry.representative_point()
    for x, y, name in zip(points.x, points.y, known[column], strict=True):
        yield float(x), float(y), pattern.replace("{n}", str(name))


def _names(ax: Any, frame: Frame, things: Iterable[tuple[float, float, str]], size: float, **look: Any) -> None:
    """Write each name where there is room; the lists of the sheet name all."""
    high = size * POINT * 1.15
    for x, y, name in things:
        across, up = frame.mm(x, y)
        wide = width(name, size) * (1.1 if look.get("weight") == "bold" else 1) + 0.8
        if frame.free(across, up, wide, high):
            ax.text(x, y, printable(name), size=size, ha="center", va="center", parse_math=False, clip_on=True, **look)


def _mark(ax: Any, frame: Frame, marks: Sequence[Mark]) -> None:
    for mark in marks:
        across, up = frame.mm(mark.x, mark.y)
        if not (0 <= across <= frame.wide and 0 <= up <= frame.high):
            continue
        ax.plot(mark.x, mark.y, mark.sign, ms=5, mfc="white" if mark.sign == "o" else "black", mec="black", mew=1.0)
        frame.taken.append((across - 1, up - 1, across + 1, up + 1))
    for mark in marks:  # beside its sign, where there is room
        across, up = frame.mm(mark.x, mark.y)
        wide, high = width(mark.code, CODE) * 1.1 + 0.6, CODE * POINT * 1.1
        shifts = ((1.3 + wide / 2, 0), (-1.3 - wide / 2, 0), (0, 1.2 + high / 2), (0, -1.2 - high / 2),
                  (1.3 + wide / 2, 2), (1.3 + wide / 2, -2), (-1.3 - wide / 2, 2), (-1.3 - wide / 2, -2))  # fmt: skip
        for right, above in shifts:
            if frame.free(across + right, up + above, wide, high):
                per_mm = frame.scale / 1000
                ax.text(mark.x + right * per_mm, mark.y + above * per_mm, mark.code, size=CODE, weight="bold",
                        ha="center", va="center", parse_math=False)  # fmt: skip
                break


def _north_and_bar(ax: Any, frame: Frame, north: str) -> None:
    """Draw the arrow to the north, which is up, and a bar of a round number of kilometres."""
    west, south, east, top = frame.extent
    mm = frame.scale / 1000
    ax.annotate("", (east - 6 * mm, top - 3 * mm), (east - 6 * mm, top - 13 * mm),
                arrowprops={"arrowstyle": "-|>", "color": "black", "lw": 1.5})  # fmt: skip
    box = {"facecolor": HALO, "edgecolor": "none", "pad": 0.8}
    ax.text(east - 6 * mm, top - 16 * mm, north, size=9, ha="center", va="center", weight="bold", bbox=box)
    km = frame.wide / 5 * frame.scale / 1e6
    step = 10 ** np.floor(np.log10(km))
    long = max(s * step for s in (1, 2, 5) if s * step <= km)
    x, y = west + 4 * mm, south + 4 * mm
    ax.plot([x, x + long * 1000], [y, y], color="black", lw=2.5, solid_capstyle="butt")
    ax.text(x, y + 1.2 * mm, f"{long:g} km · 1:{frame.scale:,.0f}", size=7, va="bottom", bbox=box)
