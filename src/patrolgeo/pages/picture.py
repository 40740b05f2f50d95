"""The plan as one vector picture: areas, hot spots, posts and checkpoints, told apart without colour."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from markupsafe import Markup

from patrolgeo import crs
from patrolgeo._typing import Floats
from patrolgeo.pages.findings import Findings
from patrolgeo.pages.templating import render
from patrolgeo.words.messages import say

WIDTH, MARGIN, TALLEST = 900.0, 12.0, 1000.0
SMALLEST = 0.6  # of a picture's unit; finer bends of a line are not drawn
FONT = 13
SPOTS = 20  # hot spots that carry their rank


def plan_picture(found: Findings, words: Mapping[str, str]) -> Markup | None:
    """Draw areas with their names, ranked hot spots, posts and checkpoints; None without outlines of areas.

    Shapes and hatching tell the layers apart, so that the picture can be printed in black and white. The scale bar is
    true in the middle of the picture.

    Parameters
    ----------
    found
        Of it are drawn `areas`, `boundary`, `spots`, `sites` and `checkpoints`, those that are there.
    words
        The words of the edition.

    Returns
    -------
    SVG that may stand in a page.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from patrolgeo.pages.edition import Edition
    >>> areas = gpd.GeoDataFrame({"name": ["Elm"]}, geometry=[shapely.box(119.9, 31.7, 120, 31.8)], crs="EPSG:4326")
    >>> "Elm" in plan_picture(Findings(areas=areas), Edition("Longhe").table)
    True
    """
    areas = found.areas
    if not isinstance(areas, gpd.GeoDataFrame) or not len(areas):
        return None
    paper = _Paper(areas if found.boundary is None else found.boundary)
    names = areas["name"] if "name" in areas else areas.index.astype(str)
    labels = list(_labels(paper.shapes(areas), [str(name) for name in names], paper))
    spots = [] if found.spots is None else list(_spots(paper.shapes(found.spots)))
    return render(
        "picture.svg", title=words["picture_title"], width=f"{WIDTH:.0f}", height=f"{paper.height:.0f}", font=FONT,
        boundary=[] if found.boundary is None else [_path(s) for s in paper.shapes(found.boundary)],
        areas=[_path(shape) for shape in paper.shapes(areas)], labels=labels, spots=spots,
        sites=_points(paper, found.sites), checkpoints=_points(paper, _normal(found.checkpoints)),
        bar=paper.bar(), legend=_legend(found, words),
    )  # fmt: skip


class _Paper:
    """Where longitude and latitude lie on the picture."""

    def __init__(self, extent: gpd.GeoDataFrame) -> None:
        west, south, east, north = crs.to_lonlat(extent).total_bounds
        self.middle = ((west + east) / 2, (south + north) / 2)
        x0, y0, x1, y1 = crs.to_local(extent, self.middle).total_bounds
        self.scale = min((WIDTH - 2 * MARGIN) / max(x1 - x0, 1e-9), (TALLEST - 2 * MARGIN) / max(y1 - y0, 1e-9))
        self.corner = np.array([x0 - (WIDTH - 2 * MARGIN - (x1 - x0) * self.scale) / 2 / self.scale, y1])
        self.height = (y1 - y0) * self.scale + 2 * MARGIN + 3 * FONT

    def shapes(self, layer: gpd.GeoDataFrame) -> list[Any]:
        """Return the shapes of a layer in units of the picture."""
        local = crs.to_local(layer, self.middle).geometry.to_numpy()
        on_paper = shapely.transform(local, lambda xy: (xy - self.corner) * [self.scale, -self.scale] + MARGIN)
        return list(shapely.simplify(on_paper, SMALLEST))

    def bar(self) -> dict[str, str]:
        """Return a scale bar of a round number of kilometres, a sixth of the picture at most."""
        km = WIDTH / 6 / self.scale / 1000
        step = 10 ** np.floor(np.log10(km))
        length = max(s * step for s in (1, 2, 5) if s * step <= km)
        return {"km": f"{length:g} km", "to": f"{MARGIN + length * 1000 * self.scale:.1f}"}


def _path(shape: Any) -> str:
    """Return the rings or lines of a shape as an SVG path."""
    lines = shapely.get_parts(shapely.boundary(shape) if shapely.get_dimensions(shape) == 2 else shape)
    return "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(line)) for line in lines)


def _labels(shapes: list[Any], names: list[str], paper: _Paper) -> Iterator[dict[str, str]]:
    """Yield the name of each area where it fits, moved away from names that stand there already."""
    taken: list[tuple[float, float, float, float]] = []
    for shape, name in zip(shapes, names, strict=True):
        middle = shapely.point_on_surface(shape)
        wide = FONT * sum(1.0 if ord(c) > 0x2E7F else 0.56 for c in name)  # a Chinese sign is as wide as high
        x = float(np.clip(middle.x, wide / 2 + 1, WIDTH - wide / 2 - 1))
        for step in (0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6, 7, -7, 8, -8):
            y = float(np.clip(middle.y + step * (FONT + 2), FONT, paper.height - 3 * FONT))
            box = (x - wide / 2, y - FONT, x + wide / 2, y + 3)
            if not any(_overlap(box, other) for other in taken):
                break
        taken.append(box)
        yield {"x": f"{x:.1f}", "y": f"{y:.1f}", "text": name}


def _overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _spots(shapes: list[Any]) -> Iterator[dict[str, str]]:
    for rank, shape in enumerate(shapes, start=1):
        middle = shapely.point_on_surface(shape)
        yield {
            "path": _path(shape), "rank": str(rank) if rank <= SPOTS else "", "x": f"{middle.x:.1f}",
            "y": f"{middle.y:.1f}",
        }  # fmt: skip


def _points(paper: _Paper, layer: Any) -> list[dict[str, str]]:
    if not isinstance(layer, gpd.GeoDataFrame):
        return []
    xy: Floats = shapely.get_coordinates(paper.shapes(layer))
    return [{"x": f"{x:.1f}", "y": f"{y:.1f}"} for x, y in xy]


def _normal(checkpoints: Any) -> Any:
    """Return the checkpoints of normal duty; those of higher grades stand only for a time."""
    if checkpoints is None or "grade" not in checkpoints:
        return checkpoints
    return checkpoints[checkpoints["grade"] == "normal"]


def _legend(found: Findings, words: Mapping[str, str]) -> list[dict[str, str]]:
    shown = {"spot": found.spots, "site": found.sites, "checkpoint": _normal(found.checkpoints)}
    there = [(kind, len(layer)) for kind, layer in shown.items() if layer is not None and len(layer)]
    return [
        {"kind": kind, "x": f"{190 + 235 * i}", "text": say(words, f"picture_{kind}", n=n)}
        for i, (kind, n) in enumerate(there)
    ]
